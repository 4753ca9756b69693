/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target.h - what a TARGET of the command line is: a path, or one of the things
 * that have none.
 *
 *   -                                       standard input
 *   docker:REF, podman:REF                  an image of a container engine on this machine
 *   registry:HOST[:PORT]/NAME[:TAG|@DIGEST] an image of a registry
 *
 * Everything else is a path; a file of the name "docker:x" is "./docker:x".
 *
 * Names in a registry: OCI distribution-spec 1.1, "Pulling manifests"; digests: OCI
 * image-spec 1.1, "Digests". As with other programs a name without a host is one of
 * docker.io, and a name without a slash there is below "library/".
 *
 * Runs in:  supervisor, fetcher.
 * Threads:  any; no state.
 * Owns:     nothing; a reference is a value.
 * Trusts:   nothing of the text.
 * Fails:    SW_STOP with a sentence that quotes the target.
 */
#ifndef SWEEPER_TARGET_H
#define SWEEPER_TARGET_H

#include <stdbool.h>

#include "sweeper/buf.h"
#include "sweeper/status.h"

enum sw_target_kind {
    SW_TARGET_PATH,
    SW_TARGET_STDIN,
    SW_TARGET_DOCKER,
    SW_TARGET_PODMAN,
    SW_TARGET_REGISTRY,
    SW_TARGET_KIND_COUNT
};

enum {
    SW_TARGET_HOST_MAX = 255,   /* bytes, with the port */
    SW_TARGET_NAME_MAX = 255,   /* bytes of a repository's name */
    SW_TARGET_TAG_MAX = 128,    /* bytes */
    SW_TARGET_DIGEST_MAX = 135, /* bytes: "sha512:" and 128 digits */
};

enum sw_target_kind sw_target_kind_of(const char *target);
/* "path", "stdin", "docker", ...: the kind in root records of what is no path. */
const char *sw_target_kind_name(enum sw_target_kind kind);
/* What follows the word and its colon. */
const char *sw_target_rest(const char *target);

/* An image in a registry. */
struct sw_reference {
    char host[SW_TARGET_HOST_MAX + 1];    /* as people call it: "docker.io", "localhost:5000" */
    char connect[SW_TARGET_HOST_MAX + 1]; /* whom to ask: "registry-1.docker.io" */
    char name[SW_TARGET_NAME_MAX + 1];
    char tag[SW_TARGET_TAG_MAX + 1];       /* empty when there is a digest */
    char digest[SW_TARGET_DIGEST_MAX + 1]; /* empty when there is a tag */
};
/* `text` is what follows "registry:". Of TAG and DIGEST together the digest counts. */
enum sw_status sw_reference_parse(const char *text, struct sw_reference *reference,
                                  struct sw_error *error) SW_MUST_CHECK;

/* "sha256:" with 64, or "sha512:" with 128 hexadecimal digits in lower case. */
bool sw_target_is_digest(struct sw_view text);

/* Whether REF may be asked of a container engine: a name or an identifier, of bytes
 * that need no escape in a URL. */
enum sw_status sw_target_check_engine_name(const char *text, struct sw_error *error) SW_MUST_CHECK;
/* Whether the target can be one, as far as its spelling tells. */
enum sw_status sw_target_check(const char *target, struct sw_error *error) SW_MUST_CHECK;

#endif
