/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.h - what the readers of package formats share: one run over one object,
 * the way out for what is found, and the small grammars that several formats use.
 *
 * A reader is a function over a struct sw_package_reader. It fills in a struct
 * sw_package and emits it; when an emit says false, it returns. It never fails:
 * what it cannot read it leaves out, and it marks a text that breaks off as broken.
 */
#ifndef SWEEPER_ENGINE_PACKAGE_READER_H
#define SWEEPER_ENGINE_PACKAGE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/view.h"
#include "sweeper/package.h"

struct sw_package_reader {
    struct sw_view path;
    struct sw_view content;  /* what the reader reads */
    enum sw_package_use use; /* of the format, for what is not said otherwise */
    bool broken;             /* set by the reader */
    /* For emit alone. */
    sw_package_fn *fn;
    void *context;
    unsigned scale; /* bytes of the object for one byte of content: 1, or 2 for UTF-16 */
    unsigned start; /* bytes of the object before the content: a byte order mark */
    enum sw_status status;
};

typedef void sw_package_read_fn(struct sw_package_reader *reader);

/* Gives the package to the caller when its texts are sound; a commit or digest that is
 * none is left out. `at` is the byte of the
 * content where it stands, or NULL. False when reading is to end. */
bool sw_package_emit(struct sw_package_reader *reader, struct sw_package package,
                     const uint8_t *at);
/* The same for a container reference as it stands in the content, and for an
 * action "owner/repo[/path]@ref" or "docker://reference". */
bool sw_package_emit_image(struct sw_package_reader *reader, struct sw_view text,
                           const uint8_t *at);
bool sw_package_emit_action(struct sw_package_reader *reader, struct sw_view text);
/* An extension, by both of its names. `id` is "publisher.name". */
bool sw_package_emit_extension(struct sw_package_reader *reader, struct sw_package package,
                               struct sw_view id, const uint8_t *at);

/* --- paths --- */

/* The last component, and the path above it (empty at the top). */
struct sw_view sw_path_base(struct sw_view path);
struct sw_view sw_path_parent(struct sw_view path);

/* --- lines --- */

/* Lines of a text, without their ends (LF or CRLF). */
struct sw_lines {
    struct sw_view rest;
};
bool sw_lines_next(struct sw_lines *lines, struct sw_view *line);
/* Spaces and tabs in front. */
size_t sw_line_indent(struct sw_view line);

/* --- Python --- */

/* One requirement (PEP 508, or a URL or path of a requirements file) that asks for
 * exactly one version or commit. The views borrow from `text`. */
bool sw_python_requirement(struct sw_view text, struct sw_package *package);
/* name-version of a wheel, egg or sdist, by its file name. */
bool sw_python_file_name(struct sw_view base, struct sw_package *package);
/* Reads "1.2.3" off "== 1.2.3" and "===1.2.3"; false for all else. */
bool sw_python_exact(struct sw_view specifier, struct sw_view *version);
/* The commit that a Git URL names: after the last '@', '#' or '='. */
bool sw_git_commit(struct sw_view url, struct sw_view *commit);

/* --- npm --- */

/* "name@what" at its first '@' behind the scope; `what` is empty without one. */
struct sw_view sw_npm_name(struct sw_view text, struct sw_view *what);
/* What a lock file or a dependency says instead of a range: "1.2.3", "npm:other@1.2.3"
 * (which changes the name), a URL with a commit. False for ranges and all else. */
bool sw_npm_resolve(struct sw_view what, struct sw_package *package);

/* --- the readers --- */

sw_package_read_fn sw_read_python_metadata, sw_read_python_archive, sw_read_python_direct_url,
    sw_read_requirements, sw_read_pipfile_lock, sw_read_python_lock, sw_read_pyproject,
    sw_read_conda_environment;
sw_package_read_fn sw_read_package_json, sw_read_package_lock, sw_read_bun_lock, sw_read_yarn_lock,
    sw_read_pnpm_lock;
sw_package_read_fn sw_read_vscode_extensions, sw_read_vsix_name;
sw_package_read_fn sw_read_workflow, sw_read_container_yaml, sw_read_dockerfile,
    sw_read_docker_repositories, sw_read_docker_manifest, sw_read_oci_index, sw_read_storage_images,
    sw_read_devcontainer, sw_read_blob_name, sw_read_image_config;
sw_package_read_fn sw_read_rpm_header, sw_read_npm_cache;
sw_package_read_fn sw_read_dpkg_status, sw_read_apk_installed, sw_read_tool_versions;

#endif
