/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container.c - images: asked for in workflows, pipelines, compose files,
 * manifests and Dockerfiles, and present in image stores. Workflows name actions, too.
 */
#include "engine/package/json.h"
#include "engine/package/reader.h"
#include "engine/package/yaml.h"

/* --- YAML --- */

/* registry:, repository: and tag: of Helm values, in one mapping and in any order. */
struct pair {
    size_t indent;
    struct sw_view registry;
    struct sw_view repository;
    struct sw_view tag;
};

static bool emit_pair(struct sw_package_reader *reader, struct pair *pair)
{
    uint8_t name[2 * SW_PACKAGE_TEXT_MAX + 1];
    struct sw_container_reference reference;
    struct sw_package package = {.ecosystem = SW_ECOSYSTEM_CONTAINER, .use = reader->use};
    const struct pair whole = *pair;
    struct sw_view repository = whole.repository;

    *pair = (struct pair){.indent = 0};
    if (repository.size == 0 || repository.size > SW_PACKAGE_TEXT_MAX || whole.tag.size == 0 ||
        whole.registry.size > SW_PACKAGE_TEXT_MAX)
        return reader->status == SW_OK;
    if (whole.registry.size > 0) {
        memcpy(name, whole.registry.data, whole.registry.size);
        name[whole.registry.size] = '/';
        memcpy(name + whole.registry.size + 1, repository.data, repository.size);
        repository = (struct sw_view){name, whole.registry.size + 1 + repository.size};
    }
    if (!sw_container_reference_of(repository, &reference))
        return reader->status == SW_OK;
    package.name = reference.name;
    package.version = whole.tag;
    return sw_package_emit(reader, package, whole.repository.data);
}

static bool take_pair(struct sw_package_reader *reader, const struct sw_yaml *yaml,
                      struct pair *pair)
{
    bool is_repository = sw_view_equal(yaml->key, SW_VIEW("repository")) ||
                         sw_view_equal(yaml->key, SW_VIEW("newName"));
    bool is_tag =
        sw_view_equal(yaml->key, SW_VIEW("tag")) || sw_view_equal(yaml->key, SW_VIEW("newTag"));
    bool is_registry = sw_view_equal(yaml->key, SW_VIEW("registry"));
    bool is_part = is_repository || is_tag || is_registry;
    bool other_mapping =
        yaml->indent < pair->indent || yaml->is_item || (yaml->indent > pair->indent && is_part);
    if (other_mapping && !emit_pair(reader, pair))
        return false;
    if (is_repository)
        pair->repository = yaml->value;
    else if (is_tag)
        pair->tag = yaml->value;
    else if (is_registry)
        pair->registry = yaml->value;
    if (is_part)
        pair->indent = yaml->indent;
    return true;
}

/* image: REF; image: {name: REF} and services: [REF, {name: REF}] of GitLab. */
static bool names_image(const struct sw_yaml *yaml)
{
    struct sw_view parent = sw_yaml_parent(yaml, 0);
    if (sw_view_equal(yaml->key, SW_VIEW("image")))
        return true;
    if (sw_view_equal(yaml->key, SW_VIEW("name")))
        return sw_view_equal(parent, SW_VIEW("image")) ||
               sw_view_equal(parent, SW_VIEW("services"));
    return yaml->key.size == 0 && sw_view_equal(parent, SW_VIEW("services"));
}

static bool is_local_recipe(struct sw_view value)
{
    return sw_view_equal_fold(value, SW_VIEW("Dockerfile")) ||
           sw_view_ends(value, SW_VIEW("/Dockerfile"));
}

static void read_yaml(struct sw_package_reader *reader, bool is_workflow)
{
    struct pair pair = {.indent = 0};
    struct sw_yaml yaml;
    bool go_on = true;

    sw_yaml_init(&yaml, reader->content);
    while (go_on && sw_yaml_next(&yaml)) {
        bool is_container = is_workflow && sw_view_equal(yaml.key, SW_VIEW("container"));
        if (is_workflow && sw_view_equal(yaml.key, SW_VIEW("uses")))
            go_on = sw_package_emit_action(reader, yaml.value);
        else if (names_image(&yaml) || is_container)
            go_on = is_local_recipe(yaml.value) ||
                    sw_package_emit_image(reader, yaml.value, yaml.value.data);
        else
            go_on = take_pair(reader, &yaml, &pair);
    }
    if (go_on)
        (void)emit_pair(reader, &pair);
}

void sw_read_workflow(struct sw_package_reader *reader)
{
    read_yaml(reader, true);
}

void sw_read_container_yaml(struct sw_package_reader *reader)
{
    read_yaml(reader, false);
}

/* --- image stores --- */

/* docker's repositories.json: {"Repositories": {"a": {"a:1": ID, "a@sha256:..": ID}}} */
void sw_read_docker_repositories(struct sw_package_reader *reader)
{
    static const char *const references[] = {"Repositories", NULL};
    struct sw_loose_json json;
    enum sw_loose_json_kind kind;

    sw_loose_json_init(&json, reader->content);
    while (sw_loose_json_next(&json, &kind))
        if (kind == SW_LOOSE_STRING && sw_loose_json_at(&json, 2, references) &&
            !sw_package_emit_image(reader, json.key, json.key.data))
            return;
    reader->broken = json.broken;
}

/* manifest.json of `docker save`: [{"RepoTags": ["a:1"], ...}] */
void sw_read_docker_manifest(struct sw_package_reader *reader)
{
    static const char *const tags[] = {NULL, "RepoTags"};
    struct sw_loose_json json;
    enum sw_loose_json_kind kind;

    sw_loose_json_init(&json, reader->content);
    while (sw_loose_json_next(&json, &kind))
        if (kind == SW_LOOSE_STRING && sw_loose_json_at(&json, 2, tags) &&
            !sw_package_emit_image(reader, json.value, json.value.data))
            return;
    reader->broken = json.broken;
}

struct descriptor {
    struct sw_view digest;
    struct sw_view ref_name;   /* may be a tag alone */
    struct sw_view image_name; /* containerd: always whole */
};

static bool emit_descriptor(struct sw_package_reader *reader, const struct descriptor *descriptor)
{
    struct sw_container_reference reference;
    struct sw_package package = {.ecosystem = SW_ECOSYSTEM_CONTAINER, .use = reader->use};
    const struct sw_view *name =
        descriptor->image_name.size > 0 ? &descriptor->image_name : &descriptor->ref_name;
    bool whole = sw_view_find(*name, '/') < name->size || sw_view_find(*name, ':') < name->size;
    package.digest = descriptor->digest;
    if (whole && sw_container_reference_of(*name, &reference)) {
        package.name = reference.name;
        package.version = reference.tag;
        if (reference.digest.size > 0)
            package.digest = reference.digest;
    }
    return sw_package_emit(reader, package,
                           package.digest.size > 0 ? package.digest.data : name->data);
}

/* index.json of an OCI layout: {"manifests": [{"digest": .., "annotations": {..}}]} */
void sw_read_oci_index(struct sw_package_reader *reader)
{
    static const char *const elements[] = {"manifests"};
    static const char *const element[] = {"manifests", NULL};
    static const char *const annotations[] = {"manifests", NULL, "annotations"};
    const struct descriptor empty = {.digest = {NULL, 0}};
    struct descriptor found = empty;
    struct sw_loose_json json;
    enum sw_loose_json_kind kind;

    sw_loose_json_init(&json, reader->content);
    while (sw_loose_json_next(&json, &kind)) {
        if (kind == SW_LOOSE_CLOSE && sw_loose_json_at(&json, 1, elements)) {
            if (!emit_descriptor(reader, &found))
                return;
            found = empty;
        }
        if (kind != SW_LOOSE_STRING)
            continue;
        if (sw_loose_json_at(&json, 2, element) && sw_loose_json_is(json.key, SW_VIEW("digest")))
            found.digest = json.value;
        else if (!sw_loose_json_at(&json, 3, annotations))
            continue;
        else if (sw_loose_json_is(json.key, SW_VIEW("org.opencontainers.image.ref.name")))
            found.ref_name = json.value;
        else if (sw_loose_json_is(json.key, SW_VIEW("io.containerd.image.name")))
            found.image_name = json.value;
    }
    reader->broken = json.broken;
}

/* images.json of podman, CRI-O and buildah: [{"digest": .., "names": ["a:1"]}] */
void sw_read_storage_images(struct sw_package_reader *reader)
{
    static const char *const image[] = {NULL};
    static const char *const names[] = {NULL, "names"};
    struct sw_loose_json json;
    enum sw_loose_json_kind kind;
    bool go_on = true;

    sw_loose_json_init(&json, reader->content);
    while (go_on && sw_loose_json_next(&json, &kind)) {
        struct sw_package package = {.ecosystem = SW_ECOSYSTEM_CONTAINER, .use = reader->use};
        if (kind != SW_LOOSE_STRING)
            continue;
        if (sw_loose_json_at(&json, 2, names)) {
            go_on = sw_package_emit_image(reader, json.value, json.value.data);
        } else if (sw_loose_json_at(&json, 1, image) &&
                   sw_loose_json_is(json.key, SW_VIEW("digest"))) {
            package.digest = json.value;
            go_on = sw_package_emit(reader, package, json.value.data);
        }
    }
    reader->broken = json.broken;
}

/* devcontainer.json: {"image": REF} */
void sw_read_devcontainer(struct sw_package_reader *reader)
{
    struct sw_loose_json json;
    enum sw_loose_json_kind kind;

    sw_loose_json_init(&json, reader->content);
    while (sw_loose_json_next(&json, &kind))
        if (kind == SW_LOOSE_STRING && json.depth == 1 &&
            sw_loose_json_is(json.key, SW_VIEW("image")) &&
            !sw_package_emit_image(reader, json.value, json.value.data))
            return;
    reader->broken = json.broken;
}

/* blobs/sha256/HEX of OCI layouts and containerd: the name is the digest, of an
 * image's manifest or of one of its parts. */
void sw_read_blob_name(struct sw_package_reader *reader)
{
    uint8_t digest[sizeof("sha256:") - 1 + 64] = "sha256:";
    struct sw_view base = sw_path_base(reader->path);
    if (base.size != 64)
        return;
    memcpy(digest + sizeof("sha256:") - 1, base.data, base.size);
    (void)sw_package_emit(reader,
                          (struct sw_package){.ecosystem = SW_ECOSYSTEM_CONTAINER,
                                              .use = reader->use,
                                              .digest = {digest, sizeof(digest)}},
                          NULL);
}
