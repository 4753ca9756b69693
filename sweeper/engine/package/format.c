/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.c - the table of package formats, and the run of one reader.
 *
 * Adding a format is one row here and one function in the file of its family.
 */
#include <stdlib.h>

#include "engine/package/reader.h"

struct sw_package_format {
    const char *name;
    /* The base name: all of it, or how it begins and ends ("" fits). */
    const char *base;
    const char *prefix;
    const char *suffix;
    const char *has;           /* and somewhere in it */
    const char *parent;        /* how the path of its folder ends, at a component; or NULL */
    const char *parent_suffix; /* how that path ends, anywhere; or NULL */
    const char *above;         /* the name of the folder three above; or NULL */
    const char *head;          /* must stand in the first bytes; or NULL */
    sw_package_read_fn *read;
    enum sw_package_use use;
    bool path_only;
};

#define BASE(text)  .name = (text), .base = (text)
#define ENDS(text)  .suffix = (text)
#define IN(text)    .parent = (text)
#define READ(fn, u) .read = (fn), .use = SW_PACKAGE_##u

/* The first row that fits is the format. */
static const struct sw_package_format formats[] = {
    /* Python */
    {BASE("METADATA"), .parent_suffix = ".dist-info", READ(sw_read_python_metadata, INSTALLED)},
    {BASE("PKG-INFO"), .parent_suffix = ".egg-info", READ(sw_read_python_metadata, INSTALLED)},
    {BASE("PKG-INFO"), IN("EGG-INFO"), READ(sw_read_python_metadata, INSTALLED)},
    {BASE("PKG-INFO"), READ(sw_read_python_metadata, CACHED)},
    {BASE("direct_url.json"), .parent_suffix = ".dist-info",
     READ(sw_read_python_direct_url, INSTALLED)},
    {.name = "egg-info", ENDS(".egg-info"), READ(sw_read_python_metadata, INSTALLED)},
    {.name = "wheel name", ENDS(".whl"), READ(sw_read_python_archive, CACHED), .path_only = true},
    {.name = "egg name", ENDS(".egg"), READ(sw_read_python_archive, CACHED), .path_only = true},
    {.name = "sdist name",
     ENDS(".tar.gz"),
     READ(sw_read_python_archive, CACHED),
     .path_only = true},
    {.name = "requirements",
     ENDS(".txt"),
     .has = "requirements",
     READ(sw_read_requirements, REQUESTED)},
    {.name = "requirements",
     ENDS(".txt"),
     .has = "constraints",
     READ(sw_read_requirements, REQUESTED)},
    {.name = "requirements",
     ENDS(".txt"),
     IN("requirements"),
     READ(sw_read_requirements, REQUESTED)},
    {.name = "requirements",
     ENDS(".in"),
     .has = "requirements",
     READ(sw_read_requirements, REQUESTED)},
    {.name = "requirements",
     ENDS(".in"),
     IN("requirements"),
     READ(sw_read_requirements, REQUESTED)},
    {BASE("poetry.lock"), READ(sw_read_python_lock, LOCKED)},
    {BASE("uv.lock"), READ(sw_read_python_lock, LOCKED)},
    {BASE("pdm.lock"), READ(sw_read_python_lock, LOCKED)},
    {BASE("pylock.toml"), READ(sw_read_python_lock, LOCKED)},
    {.name = "pylock.toml", .prefix = "pylock.", ENDS(".toml"), READ(sw_read_python_lock, LOCKED)},
    {BASE("Pipfile.lock"), READ(sw_read_pipfile_lock, LOCKED)},
    {BASE("pyproject.toml"), READ(sw_read_pyproject, REQUESTED)},
    {BASE("Pipfile"), READ(sw_read_pyproject, REQUESTED)},
    {.name = "conda environment",
     .prefix = "environment",
     ENDS(".yml"),
     READ(sw_read_conda_environment, REQUESTED)},
    {.name = "conda environment",
     .prefix = "environment",
     ENDS(".yaml"),
     READ(sw_read_conda_environment, REQUESTED)},
    {.name = "conda environment",
     .prefix = "conda",
     ENDS(".yml"),
     READ(sw_read_conda_environment, REQUESTED)},
    {.name = "conda environment",
     .prefix = "conda",
     ENDS(".yaml"),
     READ(sw_read_conda_environment, REQUESTED)},
    /* npm */
    {BASE("package.json"), READ(sw_read_package_json, INSTALLED)},
    {BASE("package-lock.json"), READ(sw_read_package_lock, LOCKED)},
    {BASE("npm-shrinkwrap.json"), READ(sw_read_package_lock, LOCKED)},
    {BASE(".package-lock.json"), IN("node_modules"), READ(sw_read_package_lock, INSTALLED)},
    {BASE("yarn.lock"), READ(sw_read_yarn_lock, LOCKED)},
    {BASE(".yarn-state.yml"), IN("node_modules"), READ(sw_read_yarn_lock, INSTALLED)},
    {BASE("pnpm-lock.yaml"), READ(sw_read_pnpm_lock, LOCKED)},
    {.name = "pnpm-lock.yaml",
     .base = "lock.yaml",
     IN("node_modules/.pnpm"),
     READ(sw_read_pnpm_lock, INSTALLED)},
    {.name = "index of npm's cache",
     ENDS(""),
     .above = "index-v5",
     READ(sw_read_npm_cache, CACHED)},
    {.name = "index of pnpm's store",
     ENDS("-index.json"),
     .head = "\"integrity\"",
     READ(sw_read_package_json, CACHED)},
    {BASE("bun.lock"), READ(sw_read_bun_lock, LOCKED)},
    /* editor extensions */
    {BASE("extensions.json"), .head = "\"identifier\"", READ(sw_read_vscode_extensions, INSTALLED)},
    {.name = "vsix name", ENDS(".vsix"), READ(sw_read_vsix_name, CACHED), .path_only = true},
    /* workflows and pipelines */
    {.name = "workflow", ENDS(".yml"), IN(".github/workflows"), READ(sw_read_workflow, REQUESTED)},
    {.name = "workflow", ENDS(".yaml"), IN(".github/workflows"), READ(sw_read_workflow, REQUESTED)},
    {.name = "workflow", ENDS(".yml"), IN(".gitea/workflows"), READ(sw_read_workflow, REQUESTED)},
    {.name = "workflow", ENDS(".yaml"), IN(".gitea/workflows"), READ(sw_read_workflow, REQUESTED)},
    {.name = "workflow", ENDS(".yml"), IN(".forgejo/workflows"), READ(sw_read_workflow, REQUESTED)},
    {.name = "workflow",
     ENDS(".yaml"),
     IN(".forgejo/workflows"),
     READ(sw_read_workflow, REQUESTED)},
    {BASE("action.yml"), READ(sw_read_workflow, REQUESTED)},
    {BASE("action.yaml"), READ(sw_read_workflow, REQUESTED)},
    {.name = "GitLab pipeline", ENDS(".gitlab-ci.yml"), READ(sw_read_container_yaml, REQUESTED)},
    {.name = "GitLab pipeline", ENDS(".gitlab-ci.yaml"), READ(sw_read_container_yaml, REQUESTED)},
    {.name = "pipeline",
     .base = "config.yml",
     IN(".circleci"),
     READ(sw_read_container_yaml, REQUESTED)},
    {.name = "pipeline",
     .base = "bitbucket-pipelines.yml",
     READ(sw_read_container_yaml, REQUESTED)},
    {.name = "pipeline", .base = ".drone.yml", READ(sw_read_container_yaml, REQUESTED)},
    /* containers */
    {.name = "compose file",
     .prefix = "docker-compose",
     ENDS(".yml"),
     READ(sw_read_container_yaml, REQUESTED)},
    {.name = "compose file",
     .prefix = "docker-compose",
     ENDS(".yaml"),
     READ(sw_read_container_yaml, REQUESTED)},
    {.name = "compose file",
     .prefix = "compose",
     ENDS(".yml"),
     READ(sw_read_container_yaml, REQUESTED)},
    {.name = "compose file",
     .prefix = "compose",
     ENDS(".yaml"),
     READ(sw_read_container_yaml, REQUESTED)},
    {.name = "Helm values",
     .prefix = "values",
     ENDS(".yaml"),
     READ(sw_read_container_yaml, REQUESTED)},
    {.name = "Helm values",
     .prefix = "values",
     ENDS(".yml"),
     READ(sw_read_container_yaml, REQUESTED)},
    {.name = "Kubernetes manifest",
     ENDS(".yaml"),
     .head = "apiVersion:",
     READ(sw_read_container_yaml, REQUESTED)},
    {.name = "Kubernetes manifest",
     ENDS(".yml"),
     .head = "apiVersion:",
     READ(sw_read_container_yaml, REQUESTED)},
    {.name = "Dockerfile", .prefix = "Dockerfile", ENDS(""), READ(sw_read_dockerfile, REQUESTED)},
    {.name = "Dockerfile", .prefix = "dockerfile", ENDS(""), READ(sw_read_dockerfile, REQUESTED)},
    {.name = "Dockerfile",
     .prefix = "Containerfile",
     ENDS(""),
     READ(sw_read_dockerfile, REQUESTED)},
    {.name = "Dockerfile", ENDS(".Dockerfile"), READ(sw_read_dockerfile, REQUESTED)},
    {.name = "Dockerfile", ENDS(".dockerfile"), READ(sw_read_dockerfile, REQUESTED)},
    {BASE("devcontainer.json"), READ(sw_read_devcontainer, REQUESTED)},
    {.name = "docker images",
     .base = "repositories.json",
     READ(sw_read_docker_repositories, INSTALLED)},
    {.name = "docker archive",
     .base = "manifest.json",
     .head = "\"RepoTags\"",
     READ(sw_read_docker_manifest, CACHED)},
    {.name = "OCI index",
     .base = "index.json",
     .head = "\"manifests\"",
     READ(sw_read_oci_index, CACHED)},
    {.name = "container storage",
     .base = "images.json",
     .parent_suffix = "-images",
     READ(sw_read_storage_images, INSTALLED)},
    {.name = "image blob name",
     ENDS(""),
     IN("blobs/sha256"),
     READ(sw_read_blob_name, CACHED),
     .path_only = true},
    /* the system's own packages */
    {.name = "dpkg status", .base = "status", IN("dpkg"), READ(sw_read_dpkg_status, INSTALLED)},
    {.name = "dpkg status", ENDS(""), IN("dpkg/status.d"), READ(sw_read_dpkg_status, INSTALLED)},
    {.name = "apk installed",
     .base = "installed",
     IN("apk/db"),
     READ(sw_read_apk_installed, INSTALLED)},
    {.name = "control of a deb",
     .base = "control",
     .parent_suffix = "/control.tar",
     READ(sw_read_dpkg_status, CACHED)},
    {.name = "control of a deb",
     .base = "control",
     .parent_suffix = "/control.tar/.",
     READ(sw_read_dpkg_status, CACHED)},
    {.name = "control of a deb",
     .base = "control",
     IN("DEBIAN"),
     READ(sw_read_dpkg_status, CACHED)},
    {.name = "header of an rpm", .base = "%header", READ(sw_read_rpm_header, CACHED)},
    {BASE(".tool-versions"), READ(sw_read_tool_versions, REQUESTED)},
};

enum { FORMAT_COUNT = sizeof(formats) / sizeof(formats[0]) };

static bool fits_base(const struct sw_package_format *format, struct sw_view base)
{
    if (format->base != NULL)
        return sw_view_equal(base, sw_view_of(format->base));
    return sw_view_ends(base, sw_view_of(format->suffix)) &&
           (format->prefix == NULL || sw_view_starts(base, sw_view_of(format->prefix))) &&
           (format->has == NULL || sw_view_has(base, sw_view_of(format->has)));
}

static bool fits_folder(const struct sw_package_format *format, struct sw_view folder)
{
    if (format->parent_suffix != NULL && !sw_view_ends(folder, sw_view_of(format->parent_suffix)))
        return false;
    if (format->above != NULL &&
        !sw_view_equal(sw_path_base(sw_path_parent(sw_path_parent(folder))),
                       sw_view_of(format->above)))
        return false;
    if (format->parent == NULL)
        return true;
    struct sw_view parent = sw_view_of(format->parent);
    return sw_view_ends(folder, parent) &&
           (folder.size == parent.size || folder.data[folder.size - parent.size - 1] == '/');
}

/* The last bytes of every base name that a row can fit, but for those below. */
static const char name_ends[][5] = {"json", "lock", ".yml", "yaml", ".txt", ".in",  "toml",
                                    ".whl", "r.gz", ".egg", "vsix", "info", "DATA", "INFO",
                                    "file", "atus", "lled", "ions", "trol", "ader"};

static bool ends_like_one(struct sw_view base)
{
    for (size_t i = 0; i < sizeof(name_ends) / sizeof(name_ends[0]); i++) {
        size_t size = name_ends[i][3] == '\0' ? 3 : 4;
        if (base.size >= size && base.data[base.size - 1] == (uint8_t)name_ends[i][size - 1] &&
            memcmp(base.data + base.size - size, name_ends[i], size) == 0)
            return true;
    }
    return false;
}

enum { NPM_CACHE_NAME = 60 }; /* what is left of a SHA-256 whose first bytes are folders */

static bool is_npm_index(struct sw_view folder)
{
    return folder.size > 6 &&
           sw_view_ends(sw_view_first(folder, folder.size - 6), SW_VIEW("/index-v5"));
}

/* True when some row may fit: nearly every object ends here. Whatever a row of the
 * table asks for, this must let through; a test has one path for each row. */
static bool may_fit(struct sw_view base, struct sw_view folder)
{
    uint8_t first = base.size == 0 ? 0 : sw_lower(base.data[0]);
    return ends_like_one(base) ||
           (first == 'd' && sw_view_starts_fold(base, SW_VIEW("dockerfile"))) ||
           (first == 'c' && sw_view_starts(base, SW_VIEW("Containerfile"))) ||
           (base.size == NPM_CACHE_NAME && is_npm_index(folder)) ||
           (base.size == 64 && sw_view_ends(folder, SW_VIEW("blobs/sha256"))) ||
           sw_view_ends(folder, SW_VIEW("dpkg/status.d"));
}

const struct sw_package_format *sw_package_format_of(struct sw_view path, struct sw_view head)
{
    size_t slash = sw_view_find_last(path, '/');
    struct sw_view base = slash == path.size ? path : sw_view_skip(path, slash + 1);
    struct sw_view folder = sw_view_first(path, slash == path.size ? 0 : slash);
    if (!may_fit(base, folder))
        return NULL;
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (fits_base(&formats[i], base) && fits_folder(&formats[i], folder) &&
            (formats[i].head == NULL || sw_view_has(head, sw_view_of(formats[i].head))))
            return &formats[i];
    return NULL;
}

/* No name tells it: which document it is, its content does. */
const struct sw_package_format *sw_package_format_image_config(void)
{
    static const struct sw_package_format config = {.name = "image configuration",
                                                    READ(sw_read_image_config, REQUESTED)};

    return &config;
}

const char *sw_package_format_name(const struct sw_package_format *format)
{
    return format->name;
}

bool sw_package_format_needs_content(const struct sw_package_format *format)
{
    return !format->path_only;
}

/* --- one run --- */

/* ASCII from UTF-16; all else becomes '?', which no name has. */
static uint8_t *narrow(struct sw_view wide, bool big_endian)
{
    uint8_t *text = malloc(wide.size / 2 + 1);
    for (size_t i = 0; text != NULL && i < wide.size / 2; i++) {
        uint8_t low = wide.data[2 * i + (big_endian ? 1 : 0)];
        uint8_t high = wide.data[2 * i + (big_endian ? 0 : 1)];
        text[i] = high == 0 && low < 128 ? low : '?';
    }
    return text;
}

enum sw_status sw_packages_read(const struct sw_package_format *format, struct sw_view path,
                                struct sw_view content, sw_package_fn *fn, void *context,
                                struct sw_error *error)
{
    struct sw_package_reader reader = {.path = path,
                                       .content = content,
                                       .use = format->use,
                                       .fn = fn,
                                       .context = context,
                                       .scale = 1};
    uint8_t *copy = NULL;

    if (content.size > SW_PACKAGE_CONTENT_MAX)
        return sw_fail(error, SW_SKIP, "package", 0, "%s has %zu bytes, more than is read",
                       format->name, content.size);
    bool little = sw_view_starts(content, SW_VIEW("\xff\xfe"));
    if (little || sw_view_starts(content, SW_VIEW("\xfe\xff"))) {
        reader.start = reader.scale = 2;
        copy = narrow(sw_view_skip(content, 2), !little);
        if (copy == NULL)
            return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "package", 0,
                               "no memory to read %s", format->name);
        reader.content = (struct sw_view){copy, (content.size - 2) / 2};
    } else if (sw_view_starts(content, SW_VIEW("\xef\xbb\xbf"))) {
        reader.start = 3;
        reader.content = sw_view_skip(content, 3);
    }
    format->read(&reader);
    free(copy);
    if (reader.status == SW_OK && reader.broken)
        return sw_fail(error, SW_PART, "package", 0, "%s breaks off or is no such file",
                       format->name);
    return reader.status;
}
