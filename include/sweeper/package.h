/* SPDX-License-Identifier: Apache-2.0 */
/*
 * package.h - which packages of which version an object declares.
 *
 * A reader looks at the path (label) and the content of ONE object: an installed
 * package's own description, a lock file, a list of requirements, a workflow, a
 * container recipe, a file name that says it all. It opens nothing, it follows
 * nothing, and it does not judge: comparing with the known bad versions is the
 * caller's, with the comparisons below, each as its ecosystem does it.
 *
 * Runs in:  readers: engine. Names and comparisons: both processes.
 * Threads:  any; no state.
 * Owns:     nothing. Formats are static. The views of a struct sw_package live
 *           until the callback returns.
 * Trusts:   nothing: path and content are hostile. Time is linear in the content,
 *           nothing recurses. Nothing is allocated, except that a UTF-16 file (a
 *           requirements.txt from PowerShell) is read from a copy of half its size.
 * Fails:    SW_SKIP content too large, or no memory for that copy;
 *           SW_PART the format broke off: what stood before has been reported.
 *           Broken package files are ordinary (tests of package managers are full
 *           of them); whether to mention one is the caller's decision.
 *           What the callback returns, when it is not SW_OK, ends the reading.
 *
 * The same package may be reported more than once: from each place where the
 * object names it.
 */
#ifndef SWEEPER_PACKAGE_H
#define SWEEPER_PACKAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/status.h"

/* X(constant, name in records and indicators) */
#define SW_ECOSYSTEM_TABLE(X)                                                                      \
    X(PYPI, "pypi")                                                                                \
    X(NPM, "npm")                                                                                  \
    X(GITHUB_ACTIONS, "github-actions")                                                            \
    X(OPENVSX, "openvsx")                                                                          \
    X(CONTAINER, "container")                                                                      \
    X(BINARY, "binary")

enum sw_ecosystem {
#define SW_ECOSYSTEM_ENUM(constant, name) SW_ECOSYSTEM_##constant,
    SW_ECOSYSTEM_TABLE(SW_ECOSYSTEM_ENUM)
#undef SW_ECOSYSTEM_ENUM
        SW_ECOSYSTEM_COUNT
};

const char *sw_ecosystem_name(enum sw_ecosystem ecosystem);
/* False when no ecosystem has this name. */
bool sw_ecosystem_find(const char *name, enum sw_ecosystem *ecosystem);

/*
 * How far the package has come.
 *   INSTALLED  its own description lies unpacked here: dist-info, node_modules,
 *              an extension folder, an image in a container store. A package.json
 *              outside node_modules counts too: its name and version are then those of
 *              the tree that lies around it (an unpacked tarball, a checkout).
 *   LOCKED     a lock file resolved to it: it was, or will be, installed somewhere.
 *   REQUESTED  somebody asks for exactly this version, and nothing says it came.
 *   CACHED     the archive it comes in: wheel, sdist, vsix.
 */
#define SW_PACKAGE_USE_TABLE(X)                                                                    \
    X(INSTALLED, "installed")                                                                      \
    X(LOCKED, "locked")                                                                            \
    X(REQUESTED, "requested")                                                                      \
    X(CACHED, "cached")

enum sw_package_use {
#define SW_PACKAGE_USE_ENUM(constant, name) SW_PACKAGE_##constant,
    SW_PACKAGE_USE_TABLE(SW_PACKAGE_USE_ENUM)
#undef SW_PACKAGE_USE_ENUM
        SW_PACKAGE_USE_COUNT
};

const char *sw_package_use_name(enum sw_package_use use);

/*
 * Containers that are packages, as hops of a chain say it.
 * X(constant, form in records, ecosystem in records)
 */
#define SW_PARCEL_TABLE(X)                                                                         \
    X(WHEEL, "wheel", "pypi")                                                                      \
    X(EGG, "egg", "pypi")                                                                          \
    X(SDIST, "sdist", "pypi")                                                                      \
    X(NPM, "npm", "npm")                                                                           \
    X(VSIX, "vsix", "openvsx")                                                                     \
    X(CONDA, "conda", "conda")                                                                     \
    X(GEM, "gem", "gem")                                                                           \
    X(DEB, "deb", "deb")                                                                           \
    X(RPM, "rpm", "rpm")                                                                           \
    X(JAR, "jar", "maven")

enum sw_parcel_form {
#define SW_PARCEL_ENUM(constant, form, ecosystem) SW_PARCEL_##constant,
    SW_PARCEL_TABLE(SW_PARCEL_ENUM)
#undef SW_PARCEL_ENUM
        SW_PARCEL_FORM_COUNT
};
const char *sw_parcel_form_name(enum sw_parcel_form form);
/* SW_PARCEL_FORM_COUNT when no form has this name. */
enum sw_parcel_form sw_parcel_form_find(const char *name);
const char *sw_parcel_form_ecosystem(enum sw_parcel_form form);

#define SW_PACKAGE_CONTENT_MAX ((size_t)16 << 20) /* bytes of one object that are read */
#define SW_PACKAGE_TEXT_MAX    ((size_t)256)      /* bytes of a name, version, commit, digest */

/* Texts are printable ASCII without blanks, at most SW_PACKAGE_TEXT_MAX bytes. At
 * least one of version, commit and digest is there; the others are empty. */
struct sw_package {
    enum sw_ecosystem ecosystem;
    enum sw_package_use use;
    struct sw_view name;    /* as it stands there; empty when only a digest is known */
    struct sw_view version; /* a version, or the tag of an action or image */
    struct sw_view commit;  /* 40 hex digits, of either case */
    struct sw_view digest;  /* "sha256:" and 64 hex digits, of either case */
    uint64_t offset;        /* where it stands in the content; 0 when the path says it */
};

typedef enum sw_status sw_package_fn(void *context, const struct sw_package *package);

struct sw_package_format;

/* The format of an object, from its base name, its parent folders and, where those
 * are shared with everything else (*.yaml, manifest.json), the first bytes. NULL for
 * nearly all objects, and quick about it: the question is asked for every object.
 * `head` is as much as is at hand; 4 KiB are plenty, none is allowed (then what
 * depends on it is not recognised). Folders are divided by '/'. */
const struct sw_package_format *sw_package_format_of(struct sw_view path, struct sw_view head);

/* The configuration of a container image, which its name does not tell: the steps that
 * built the image, in its history. */
const struct sw_package_format *sw_package_format_image_config(void);

/* A word for people: "poetry.lock", "wheel name", ... */
const char *sw_package_format_name(const struct sw_package_format *format);
/* False when the path says everything: the content need not be read. */
bool sw_package_format_needs_content(const struct sw_package_format *format);

/* Reports every package that the object declares, more or less in the order of the
 * text: a package.json names itself last, since the name may stand anywhere in it. */
enum sw_status sw_packages_read(const struct sw_package_format *format, struct sw_view path,
                                struct sw_view content, sw_package_fn *fn, void *context,
                                struct sw_error *error) SW_MUST_CHECK;

/* --- names --- */

/*
 * The form in which equal names are equal bytes: the key to look a package up by.
 *   pypi            lower case, each run of - _ . is one - (PEP 503)
 *   npm             as it is: scope and name are case-sensitive
 *   github-actions  owner/repo in lower case, without a path below it
 *   openvsx         lower case; publisher.name and name alone are two names, and a
 *                   reader reports both
 *   container       registry/repository without tag and digest, Docker Hub's many
 *                   spellings made one: "trivy" is docker.io/library/trivy
 *   binary          lower case
 * False when the name is empty, too long or, for a container, no reference.
 */
struct sw_package_key {
    char text[SW_PACKAGE_TEXT_MAX + 32]; /* NUL at the end */
    size_t size;
};
bool sw_package_key_of(enum sw_ecosystem ecosystem, struct sw_view name,
                       struct sw_package_key *key) SW_MUST_CHECK;
bool sw_package_name_equal(enum sw_ecosystem ecosystem, struct sw_view a, struct sw_view b);

/* A container reference, taken apart: [registry/]repository[:tag][@digest]. The views
 * borrow from `text`; `tag` is "latest" (static) when neither tag nor digest is given.
 * False when it is no reference, for instance because it holds a variable. */
struct sw_container_reference {
    struct sw_view name;
    struct sw_view tag;
    struct sw_view digest;
};
bool sw_container_reference_of(struct sw_view text,
                               struct sw_container_reference *reference) SW_MUST_CHECK;

/* --- versions --- */

/*
 * Equal as the ecosystem sees it:
 *   pypi       PEP 440: v1.82.7 == 1.82.7 == 1.82.7.0; 1.82.7rc1, .post1, .dev1 and
 *              +local are other versions; what is no such version compares as text
 *   npm, openvsx   Semantic Versioning 2: a leading v or = is ignored, and so is the
 *              build metadata after +; -pre is another version
 *   github-actions exactly: v1 and 1 are two tags
 *   container  exactly
 *   binary     as text, but for one leading v
 */
bool sw_package_version_equal(enum sw_ecosystem ecosystem, struct sw_view a, struct sw_view b);

/* first <= version <= last. False when one of them has no order: names of branches,
 * tags that are no versions. Tags of actions and images, and binaries, are ordered as
 * Semantic Versioning orders them, with a leading v ignored. */
bool sw_package_version_within(enum sw_ecosystem ecosystem, struct sw_view version,
                               struct sw_view first, struct sw_view last);

#endif
