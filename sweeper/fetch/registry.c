/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c - all parts of one image, each once, in the order in which they are named. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/view.h"
#include "fetch/registry.h"

#define ACCEPT                                                                                     \
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "        \
    "application/vnd.docker.distribution.manifest.list.v2+json, "                                  \
    "application/vnd.docker.distribution.manifest.v2+json, "                                       \
    "application/vnd.oci.artifact.manifest.v1+json, */*;q=0.1"

enum { PATH_SIZE = 16 + SW_TARGET_DIGEST_MAX + SW_TARGET_TAG_MAX };

/* One image under way. */
struct image {
    struct sw_registry registry;
    struct sw_fetch_parts parts;
    char digest[SW_TARGET_DIGEST_MAX + 1]; /* of the first document */
};

static struct sw_session *session_of(const struct image *image)
{
    return image->registry.session;
}

/* --- One part ----------------------------------------------------------------------- */

/* "blobs/sha256/HEX" of a digest. */
static void name_of(const char *digest, char name[PATH_SIZE])
{
    (void)snprintf(name, PATH_SIZE, "blobs/%s", digest);
    char *colon = strchr(name, ':');
    if (colon != NULL)
        *colon = '/';
}

/* Ready to catch: a file, and a digest that is kept as it comes. */
static enum sw_status catch_init(struct image *image, struct sw_catch *got, struct sw_error *error)
{
    if (sw_digest_new(&got->digest) != SW_OK)
        return sw_fail(error, SW_STOP, "fetch", 0, "no memory for a digest");
    return sw_want_file(session_of(image), &got->file, error);
}

static void catch_done(struct sw_catch *got)
{
    if (got->file.fd >= 0)
        close(got->file.fd);
    sw_digest_free(got->digest);
    *got = (struct sw_catch){.file = {.fd = -1}};
}

/* What has come goes out, and what has not becomes a gap. */
static enum sw_status deliver(struct image *image, const char *digest, const struct sw_catch *got,
                              enum sw_status caught, const struct sw_error *gap,
                              struct sw_error *error)
{
    char name[PATH_SIZE];
    enum sw_status status = SW_OK;

    name_of(digest, name);
    if (caught == SW_OK || got->file.size != 0)
        status = sw_tell_done(session_of(image), name, &got->file, error);
    if (status == SW_OK && caught != SW_OK)
        status = sw_tell_gap(session_of(image), name, gap, error);
    return status;
}

/* The parts that a document names join the list; what is wrong with it is a gap. */
static enum sw_status follow(struct image *image, const char *digest, unsigned depth,
                             const struct sw_catch *got, struct sw_error *error)
{
    struct sw_error gap;
    enum sw_status status;
    char name[PATH_SIZE];

    if (got->kept_cut)
        status = sw_fail_gap(&gap, SW_PART, SW_GAP_LIMIT_SIZE, "fetch", 0,
                             "a manifest of more than %d bytes is not followed", SW_DOCUMENT_MAX);
    else
        status = sw_manifest_parts(sw_buf_view(got->kept), depth, &image->parts, &gap);
    if (status == SW_OK)
        return SW_OK;
    if (status == SW_STOP)
        *error = gap;
    name_of(digest, name);
    return status == SW_STOP ? SW_STOP : sw_tell_gap(session_of(image), name, &gap, error);
}

static enum sw_status tell_part_gap(struct image *image, const struct sw_fetch_part *part,
                                    enum sw_gap reason, const char *text, struct sw_error *error)
{
    struct sw_error gap;
    char name[PATH_SIZE];

    (void)sw_fail_gap(&gap, SW_SKIP, reason, "fetch", 0, "%s", text);
    name_of(part->digest, name);
    return sw_tell_gap(session_of(image), name, &gap, error);
}

/* Into `kept`, too, unless that is NULL; *came: all of it did, and is in there. */
static enum sw_status catch_part(struct image *image, const struct sw_fetch_part *part,
                                 struct sw_catch *got, bool *came, struct sw_error *error)
{
    struct sw_error gap;
    char path[PATH_SIZE];
    long http_status;

    (void)snprintf(path, sizeof(path), "%s/%s", part->document ? "manifests" : "blobs",
                   part->digest);
    enum sw_status status = catch_init(image, got, error);
    if (status != SW_OK)
        return status;
    enum sw_status caught = sw_registry_get(&image->registry, path, part->document ? ACCEPT : NULL,
                                            got, &http_status, &gap);
    *came = caught == SW_OK && !got->kept_cut;
    return deliver(image, part->digest, got, caught, &gap, error);
}

/* What was fetched already, out of turn: it is not fetched again. */
static enum sw_status mark_fetched(struct image *image, const char *digest, bool document,
                                   struct sw_error *error)
{
    struct sw_fetch_part part = {.document = document, .fetched = true, .size = UINT64_MAX};

    (void)snprintf(part.digest, sizeof(part.digest), "%s", digest);
    return sw_fetch_parts_add(&image->parts, &part, error);
}

/* Of a manifest that no index gives a platform the configuration knows it: it is fetched
 * before the layers. *fits: they are wanted. */
static enum sw_status ask_config(struct image *image, const struct sw_catch *manifest, bool *fits,
                                 struct sw_error *error)
{
    struct sw_fetch_part config;
    struct sw_buf kept;
    struct sw_catch got = {.file = {.fd = -1}, .kept = &kept};
    struct sw_error full;
    bool came = false;

    *fits = true;
    if (image->parts.platforms.size == 0 || manifest->kept_cut ||
        !sw_manifest_config(sw_buf_view(manifest->kept), &config) ||
        sw_fetch_parts_have(&image->parts, config.digest))
        return SW_OK;
    /* A list that is full says so when it is the configuration's turn. */
    enum sw_status status = mark_fetched(image, config.digest, false, &full);
    if (status != SW_OK)
        return status == SW_STOP ? sw_fail(error, SW_STOP, "fetch", 0, "%s", full.text) : SW_OK;
    sw_buf_init(&kept, SW_DOCUMENT_MAX);
    got.size = config.size;
    status = catch_part(image, &config, &got, &came, error);
    if (status == SW_OK && came)
        *fits = sw_manifest_config_fits(&image->parts, sw_buf_view(&kept));
    catch_done(&got);
    sw_buf_done(&kept);
    return status;
}

/* What a document names, if it is wanted. `chosen`: that is known. */
static enum sw_status follow_wanted(struct image *image, const struct sw_fetch_part *document,
                                    const struct sw_catch *got, struct sw_error *error)
{
    bool fits = true;
    enum sw_status status = SW_OK;

    if (!document->chosen)
        status = ask_config(image, got, &fits, error);
    if (status != SW_OK)
        return status;
    if (!fits)
        sw_fetch_parts_pass(&image->parts, document->digest);
    return fits ? follow(image, document->digest, document->depth, got, error) : SW_OK;
}

static enum sw_status fetch_part(struct image *image, const struct sw_fetch_part *part,
                                 struct sw_error *error)
{
    struct sw_buf kept;
    struct sw_catch got = {.file = {.fd = -1}, .size = part->size};
    bool came;

    sw_buf_init(&kept, SW_DOCUMENT_MAX);
    got.kept = part->document ? &kept : NULL;
    enum sw_status status = catch_part(image, part, &got, &came, error);
    if (status == SW_OK && part->document && got.file.size != 0)
        status = follow_wanted(image, part, &got, error);
    catch_done(&got);
    sw_buf_done(&kept);
    return status;
}

/* Everything that was named, while more is named. This is the one place where it is decided
 * what is fetched, and in which order. */
static enum sw_status fetch_parts(struct image *image, struct sw_error *error)
{
    enum sw_status status = SW_OK;

    for (size_t i = 0; i < image->parts.count && status == SW_OK; i++) {
        const struct sw_fetch_part part = image->parts.rows[i]; /* the list may move */
        if (part.fetched)
            continue;
        if (part.foreign)
            status = tell_part_gap(image, &part, SW_GAP_MISSING_PART,
                                   "a foreign layer: the registry need not have it, and where it "
                                   "is said to be is not asked",
                                   error);
        else if (part.document && part.depth > SW_FETCH_DEPTH_MAX)
            status = tell_part_gap(image, &part, SW_GAP_LIMIT_DEPTH,
                                   "indexes inside one another, deeper than 8", error);
        else
            status = fetch_part(image, &part, error);
    }
    return status;
}

/* --- What refers to the image --------------------------------------------------------- */

/* A list of referrers that has come, unless it is a document that is known. */
static enum sw_status take_referrers(struct image *image, const struct sw_catch *got,
                                     struct sw_error *error)
{
    char digest[SW_TARGET_DIGEST_MAX + 1];

    (void)snprintf(digest, sizeof(digest), "sha256:%s", got->sha256);
    if (sw_fetch_parts_have(&image->parts, digest))
        return SW_OK;
    enum sw_status status = mark_fetched(image, digest, true, error);
    if (status == SW_OK)
        status = deliver(image, digest, got, SW_OK, NULL, error);
    return status == SW_OK ? follow(image, digest, 1, got, error) : status;
}

/* The API's own list first, then the tag that older registries have instead. A registry
 * that has neither has no referrers. */
static enum sw_status fetch_referrers(struct image *image, struct sw_error *error)
{
    struct sw_buf kept;
    struct sw_error gap;
    enum sw_status status = SW_OK;
    long http_status = 404;

    sw_buf_init(&kept, SW_DOCUMENT_MAX);
    for (size_t i = 0; i < 2 && status == SW_OK && http_status >= 400 && http_status < 500; i++) {
        struct sw_catch got = {.file = {.fd = -1}, .size = UINT64_MAX, .kept = &kept};
        char what[SW_TARGET_DIGEST_MAX + 1], path[PATH_SIZE];
        (void)snprintf(what, sizeof(what), "%s", image->digest);
        if (i == 1)
            *strchr(what, ':') = '-';
        (void)snprintf(path, sizeof(path), i == 0 ? "referrers/%s" : "manifests/%s", what);
        status = catch_init(image, &got, error);
        if (status != SW_OK)
            break;
        enum sw_status caught =
            sw_registry_get(&image->registry, path, ACCEPT, &got, &http_status, &gap);
        if (caught == SW_OK)
            status = take_referrers(image, &got, error);
        else if (http_status < 400 || http_status >= 500)
            status = sw_tell_gap(session_of(image), NULL, &gap, error);
        catch_done(&got);
    }
    sw_buf_done(&kept);
    return status;
}

/* --- The image ------------------------------------------------------------------------- */

static enum sw_status tell_root(struct image *image, struct sw_error *error)
{
    const struct sw_reference *reference = image->registry.reference;
    char name[SW_FETCH_TEXT_MAX];
    struct sw_fetch_message root = {.kind = SW_FETCH_ROOT,
                                    .name = sw_view_of(image->digest),
                                    .text = sw_view_of(image->digest)};

    (void)snprintf(name, sizeof(name), "%s/%s%s%s", reference->host, reference->name,
                   reference->tag[0] != '\0' ? ":" : "@",
                   reference->tag[0] != '\0' ? reference->tag : reference->digest);
    root.rows[root.row_count++] = sw_view_of(name);
    return sw_tell(session_of(image), &root, error);
}

static enum sw_status say_top(const struct sw_reference *reference, long http_status,
                              struct sw_error *error)
{
    const struct sw_error why = *error;

    if (http_status == 404)
        return sw_fail(error, SW_DEAD, "fetch", 0, "%s has no such image", reference->host);
    return sw_fail(error, SW_DEAD, "fetch", 0, "%s: %s", reference->host, why.text);
}

/* The document that the reference names has come. */
static enum sw_status follow_top(struct image *image, const struct sw_catch *top,
                                 struct sw_error *error)
{
    struct sw_fetch_part part = {.document = true};

    (void)snprintf(part.digest, sizeof(part.digest), "%s", image->digest);
    enum sw_status status = mark_fetched(image, image->digest, true, error);
    return status == SW_OK ? follow_wanted(image, &part, top, error) : status;
}

/* The document that the reference names, and then all the rest. */
static enum sw_status fetch_image(struct image *image, struct sw_catch *top, struct sw_error *error)
{
    const struct sw_reference *reference = image->registry.reference;
    bool by_tag = reference->tag[0] != '\0';
    char path[PATH_SIZE];
    long http_status = 0;

    enum sw_status status = sw_registry_greet(&image->registry, error);
    if (status != SW_OK)
        return status == SW_STOP ? SW_STOP : say_top(reference, 0, error);
    status = catch_init(image, top, error);
    if (status != SW_OK)
        return status;
    (void)snprintf(path, sizeof(path), "manifests/%s", by_tag ? reference->tag : reference->digest);
    struct sw_error gap;
    enum sw_status caught =
        sw_registry_get(&image->registry, path, ACCEPT, top, &http_status, &gap);
    if (caught != SW_OK && top->file.size == 0) {
        *error = gap;
        return caught == SW_STOP ? SW_STOP : say_top(reference, http_status, error);
    }
    if (by_tag)
        (void)snprintf(image->digest, sizeof(image->digest), "sha256:%s", top->sha256);
    else
        (void)snprintf(image->digest, sizeof(image->digest), "%s", reference->digest);
    status = tell_root(image, error);
    if (status == SW_OK)
        status = sw_await_go(session_of(image), error);
    if (status == SW_OK)
        status = deliver(image, image->digest, top, caught, &gap, error);
    if (status == SW_OK)
        status = follow_top(image, top, error);
    if (status == SW_OK && !image->parts.documents)
        status = fetch_referrers(image, error);
    return status == SW_OK ? fetch_parts(image, error) : status;
}

enum sw_status sw_registry_fetch(struct sw_session *session, const struct sw_reference *reference,
                                 struct sw_credentials *credentials, struct sw_error *error)
{
    struct image image = {.registry = {.session = session,
                                       .reference = reference,
                                       .credentials = credentials,
                                       .scheme = "https"}};
    struct sw_buf kept;
    struct sw_catch top = {.file = {.fd = -1}, .size = UINT64_MAX, .kept = &kept};

    image.parts.platforms = session->order.platforms;
    image.parts.documents = session->order.documents;
    sw_buf_init(&kept, SW_DOCUMENT_MAX);
    enum sw_status status = fetch_image(&image, &top, error);
    catch_done(&top);
    sw_buf_done(&kept);
    sw_fetch_parts_done(&image.parts);
    sw_registry_forget(&image.registry);
    return status;
}
