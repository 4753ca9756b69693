/* SPDX-License-Identifier: Apache-2.0 */
/* document.c - see document.h: which document it is, and what it says. */
#include "engine/image/document.h"

#include <stdio.h>

#include "common/view.h"
#include "engine/image/fields.h"

enum {
    PLATFORM_MAX = 256, /* bytes of each of the words in it */
    LABEL_MAX = 256,    /* bytes of the name of one */
    LABELS_MAX = 512,
    END_SIZE = 256, /* bytes that what stands behind the lists takes */
    /* Where lists end of which there is more than one, so that each has its room. */
    DIFF_IDS_END = 1 << 20,
    COMMAND_END = DIFF_IDS_END + (256 << 10),
    ENVIRONMENT_END = COMMAND_END + (512 << 10),
    LABELS_END = ENVIRONMENT_END + (512 << 10),
    LISTS_END = SW_IMAGE_DOCUMENT_MAX - END_SIZE,
};

struct document {
    struct sw_image_out out;
    size_t bad;
    bool cut;
    bool ambiguous;
};

static const char *const names[] = {
    [SW_IMAGE_KIND_OTHER] = "other",         [SW_IMAGE_KIND_DAMAGED] = "damaged",
    [SW_IMAGE_KIND_TOO_LARGE] = "too_large", [SW_IMAGE_KIND_UNREAD] = "unread",
    [SW_IMAGE_KIND_INDEX] = "index",         [SW_IMAGE_KIND_MANIFEST] = "manifest",
    [SW_IMAGE_KIND_CONFIG] = "config",       [SW_IMAGE_KIND_DOCKER] = "docker",
    [SW_IMAGE_KIND_LAYOUT] = "layout",       [SW_IMAGE_KIND_REPOSITORIES] = "repositories",
};

const char *sw_image_kind_name(enum sw_image_kind kind)
{
    return names[kind];
}

bool sw_image_document_starts(struct sw_view head)
{
    while (head.size > 0 && sw_is_blank(head.data[0]))
        head = sw_view_skip(head, 1);
    return head.size > 0 && (head.data[0] == '{' || head.data[0] == '[');
}

/* --- values ----------------------------------------------------------------------- */

#define TEXT(name)                                                                                 \
    {                                                                                              \
        .key = (name), .type = SW_JSON_STRING                                                      \
    }
#define WORD(name)                                                                                 \
    {                                                                                              \
        .key = (name), .type = SW_JSON_SCALAR                                                      \
    }
#define OBJECT(name)                                                                               \
    {                                                                                              \
        .key = (name), .type = SW_JSON_OBJECT                                                      \
    }
#define LIST(name)                                                                                 \
    {                                                                                              \
        .key = (name), .type = SW_JSON_ARRAY                                                       \
    }
#define COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

/* The wanted members of an object that need not be there. */
static void take(struct document *document, struct sw_view object, struct sw_image_field *fields,
                 size_t count)
{
    if (object.data != NULL)
        document->bad += sw_image_fields(object, fields, count);
}

static void put_text(struct document *document, const char *key, struct sw_view raw)
{
    sw_image_put(&document->out, key);
    sw_image_put_text(&document->out, raw);
}

static void put_size(struct document *document, const char *key, struct sw_view number)
{
    sw_image_put(&document->out, key);
    document->bad += sw_image_put_size(&document->out, number) ? 0 : 1;
}

static void put_bool(struct document *document, const char *key, bool value)
{
    sw_image_put(&document->out, key);
    sw_image_put(&document->out, value ? "true" : "false");
}

/* --- lists ------------------------------------------------------------------------ */

typedef void element_fn(struct document *document, const struct sw_image_list *element);

/* What does not fit below `size_max` is left out, elements as a whole. */
static void put_elements(struct document *document, struct sw_view list_text,
                         enum sw_json_event type, element_fn *fn, size_t size_max)
{
    struct sw_image_out *out = &document->out;
    struct sw_image_list list = sw_image_list_of(list_text);
    const size_t outer_max = out->size_max;

    out->size_max = size_max < outer_max ? size_max : outer_max;
    for (size_t count = 0; sw_image_list_next(&list); count++) {
        const size_t before = out->text->size;
        if (count < SW_IMAGE_LIST_MAX && count > 0)
            sw_image_put(out, ",");
        if (count < SW_IMAGE_LIST_MAX && list.event == type)
            fn(document, &list);
        else if (count < SW_IMAGE_LIST_MAX)
            sw_image_put(out, type == SW_JSON_OBJECT ? "{}" : "null");
        document->bad += list.event == type ? 0 : 1;
        if (out->full || count == SW_IMAGE_LIST_MAX) {
            document->cut = true;
            out->text->size = before;
            break;
        }
    }
    out->full = false;
    out->size_max = outer_max;
}

static void put_list(struct document *document, const char *key, struct sw_view list,
                     enum sw_json_event type, element_fn *fn, size_t size_max)
{
    sw_image_put(&document->out, key);
    sw_image_put(&document->out, "[");
    if (list.data != NULL)
        put_elements(document, list, type, fn, size_max);
    sw_image_put(&document->out, "]");
}

static void put_word(struct document *document, const struct sw_image_list *element)
{
    sw_image_put_text(&document->out, element->value);
}

static void put_texts(struct document *document, const char *key, struct sw_view list,
                      size_t size_max)
{
    put_list(document, key, list, SW_JSON_STRING, put_word, size_max);
}

/* --- index and manifest ----------------------------------------------------------- */

static void put_platform(struct document *document, const char *key, struct sw_view os,
                         struct sw_view architecture, struct sw_view variant)
{
    struct sw_image_out *out = &document->out;

    sw_image_put(out, key);
    const bool sane = os.size <= PLATFORM_MAX && architecture.size <= PLATFORM_MAX &&
                      variant.size <= PLATFORM_MAX;
    document->bad += sane ? 0 : 1;
    if (!sane || (os.data == NULL && architecture.data == NULL)) {
        sw_image_put(out, "null");
        return;
    }
    sw_image_put(out, "\"");
    sw_image_put_part(out, os);
    sw_image_put(out, "/");
    sw_image_put_part(out, architecture);
    if (variant.size > 0)
        sw_image_put(out, "/");
    sw_image_put_part(out, variant);
    sw_image_put(out, "\"");
}

static void put_descriptor(struct document *document, struct sw_view object)
{
    struct sw_image_field fields[] = {TEXT("digest"), TEXT("mediatype"), WORD("size")};

    take(document, object, fields, COUNT(fields));
    put_text(document, "{\"digest\":", fields[0].value);
    put_text(document, ",\"media_type\":", fields[1].value);
    put_size(document, ",\"size\":", fields[2].value);
}

/* Of the object that it names, the digest. */
static void put_subject(struct document *document, struct sw_view object)
{
    struct sw_image_field fields[] = {TEXT("digest")};

    take(document, object, fields, COUNT(fields));
    put_text(document, ",\"subject\":", fields[0].value);
}

static void put_descriptor_or_null(struct document *document, const char *key,
                                   struct sw_view object)
{
    sw_image_put(&document->out, key);
    if (object.data == NULL) {
        sw_image_put(&document->out, "null");
        return;
    }
    put_descriptor(document, object);
    sw_image_put(&document->out, "}");
}

static void put_named_manifest(struct document *document, const struct sw_image_list *element)
{
    struct sw_image_field fields[] = {OBJECT("platform"), OBJECT("annotations"),
                                      TEXT("artifacttype")};
    struct sw_image_field platform[] = {TEXT("os"), TEXT("architecture"), TEXT("variant")};
    struct sw_image_field notes[] = {TEXT("org.opencontainers.image.ref.name"),
                                     TEXT("io.containerd.image.name"),
                                     TEXT("vnd.docker.reference.type")};

    put_descriptor(document, element->value);
    take(document, element->value, fields, COUNT(fields));
    take(document, fields[0].value, platform, COUNT(platform));
    take(document, fields[1].value, notes, COUNT(notes));
    put_platform(document, ",\"platform\":", platform[0].value, platform[1].value,
                 platform[2].value);
    put_text(document, ",\"artifact_type\":", fields[2].value);
    put_text(document, ",\"name\":", notes[0].value);
    put_text(document, ",\"full_name\":", notes[1].value);
    put_text(document, ",\"reference_type\":", notes[2].value);
    sw_image_put(&document->out, "}");
}

/* A layer that its maker does not hand on: it lies somewhere else, or nowhere. */
static bool is_foreign(struct sw_view media_type)
{
    return sw_view_has(media_type, SW_VIEW(".foreign.")) ||
           sw_view_has(media_type, SW_VIEW(".nondistributable."));
}

static void put_layer(struct document *document, const struct sw_image_list *element)
{
    struct sw_image_field fields[] = {TEXT("mediatype")};

    put_descriptor(document, element->value);
    (void)sw_image_fields(element->value, fields, COUNT(fields));
    put_bool(document, ",\"foreign\":", is_foreign(fields[0].value));
    sw_image_put(&document->out, "}");
}

/* What the outermost object may hold. */
enum top {
    TOP_VERSION,
    TOP_MEDIA_TYPE,
    TOP_MANIFESTS,
    TOP_LAYERS,
    TOP_CONFIG,
    TOP_ROOTFS,
    TOP_HISTORY,
    TOP_OS,
    TOP_ARCHITECTURE,
    TOP_VARIANT,
    TOP_CREATED,
    TOP_SUBJECT,
    TOP_ARTIFACT_TYPE,
    TOP_LAYOUT,
    TOP_COUNT
};

static void put_index(struct document *document, const struct sw_image_field *top)
{
    put_list(document, ",\"manifests\":", top[TOP_MANIFESTS].value, SW_JSON_OBJECT,
             put_named_manifest, LISTS_END);
    put_subject(document, top[TOP_SUBJECT].value);
}

static void put_manifest(struct document *document, const struct sw_image_field *top)
{
    put_descriptor_or_null(document, ",\"config\":", top[TOP_CONFIG].value);
    put_text(document, ",\"artifact_type\":", top[TOP_ARTIFACT_TYPE].value);
    put_subject(document, top[TOP_SUBJECT].value);
    put_list(document, ",\"layers\":", top[TOP_LAYERS].value, SW_JSON_OBJECT, put_layer, LISTS_END);
}

/* --- configuration ---------------------------------------------------------------- */

static void put_step(struct document *document, const struct sw_image_list *element)
{
    struct sw_image_field fields[] = {TEXT("created_by"), TEXT("created"), TEXT("comment"),
                                      WORD("empty_layer")};

    take(document, element->value, fields, COUNT(fields));
    put_text(document, "{\"created_by\":", fields[0].value);
    put_text(document, ",\"created\":", fields[1].value);
    put_text(document, ",\"comment\":", fields[2].value);
    put_bool(document, ",\"empty_layer\":", sw_view_equal(fields[3].value, SW_VIEW("true")));
    sw_image_put(&document->out, "}");
}

struct label {
    struct sw_view name;
    struct sw_view value;
};

/* Its row among the labels so far, or the next that is free. */
static size_t row_of(const struct label *labels, size_t count, struct sw_view name)
{
    size_t at = 0;

    while (at < count && !sw_view_equal(labels[at].name, name))
        at++;
    return at;
}

/* Names with escapes, or of other bytes than those that print, are none that a tool
 * writes; left out, names are the same only when their bytes are. */
static bool is_label(const struct sw_image_list *element)
{
    const struct sw_view name = element->key;
    bool good = element->event == SW_JSON_STRING && name.size <= LABEL_MAX;

    for (size_t i = 0; i < name.size && good; i++)
        good = name.data[i] >= ' ' && name.data[i] <= '~' && name.data[i] != '\\';
    return good;
}

static size_t gather_labels(struct document *document, struct sw_view object,
                            struct label labels[static LABELS_MAX])
{
    struct sw_image_list list = sw_image_list_of(object);
    size_t count = 0;

    while (sw_image_list_next(&list)) {
        const size_t at = row_of(labels, count, list.key);
        document->bad += is_label(&list) ? 0 : 1;
        document->cut = document->cut || at == LABELS_MAX;
        if (!is_label(&list) || at == LABELS_MAX)
            continue;
        labels[at] = (struct label){list.key, list.value};
        count += at == count ? 1 : 0;
    }
    return count;
}

static void put_labels(struct document *document, struct sw_view object)
{
    struct label labels[LABELS_MAX];
    struct sw_image_out *out = &document->out;
    const size_t outer_max = out->size_max;
    const size_t count = object.data == NULL ? 0 : gather_labels(document, object, labels);

    sw_image_put(out, ",\"labels\":{");
    out->size_max = LABELS_END;
    for (size_t i = 0; i < count && !out->full; i++) {
        const size_t before = out->text->size;
        put_text(document, i == 0 ? "" : ",", labels[i].name);
        put_text(document, ":", labels[i].value);
        if (out->full) {
            out->text->size = before;
            document->cut = true;
        }
    }
    out->full = false;
    out->size_max = outer_max;
    sw_image_put(out, "}");
}

static void put_config(struct document *document, const struct sw_image_field *top)
{
    struct sw_image_field rootfs[] = {LIST("diff_ids")};
    struct sw_image_field run[] = {LIST("entrypoint"), LIST("cmd"), LIST("env"), OBJECT("labels")};

    take(document, top[TOP_ROOTFS].value, rootfs, COUNT(rootfs));
    take(document, top[TOP_CONFIG].value, run, COUNT(run));
    put_platform(document, ",\"platform\":", top[TOP_OS].value, top[TOP_ARCHITECTURE].value,
                 top[TOP_VARIANT].value);
    put_text(document, ",\"created\":", top[TOP_CREATED].value);
    put_texts(document, ",\"diff_ids\":", rootfs[0].value, DIFF_IDS_END);
    put_texts(document, ",\"entrypoint\":", run[0].value, COMMAND_END);
    put_texts(document, ",\"cmd\":", run[1].value, COMMAND_END);
    put_texts(document, ",\"env\":", run[2].value, ENVIRONMENT_END);
    put_labels(document, run[3].value);
    put_list(document, ",\"history\":", top[TOP_HISTORY].value, SW_JSON_OBJECT, put_step,
             LISTS_END);
}

/* --- docker save ------------------------------------------------------------------ */

static void put_saved(struct document *document, const struct sw_image_list *element)
{
    struct sw_image_field fields[] = {TEXT("config"), LIST("repotags"), LIST("layers")};
    const size_t inside = document->out.size_max - END_SIZE;

    take(document, element->value, fields, COUNT(fields));
    put_text(document, "{\"config\":", fields[0].value);
    put_texts(document, ",\"tags\":", fields[1].value, inside - END_SIZE);
    put_texts(document, ",\"layers\":", fields[2].value, inside);
    sw_image_put(&document->out, "}");
}

/* {"name": {"tag": "ID"}}: one row for each tag. */
static void put_repositories(struct document *document, struct sw_view text)
{
    struct sw_image_out *out = &document->out;
    struct sw_image_list names_of = sw_image_list_of(text);
    const size_t outer_max = out->size_max;
    size_t count = 0;

    sw_image_put(out, ",\"images\":[");
    out->size_max = LISTS_END;
    while (!document->cut && sw_image_list_next(&names_of)) {
        struct sw_image_list tags = sw_image_list_of(names_of.value);
        while (!document->cut && sw_image_list_next(&tags)) {
            const size_t before = out->text->size;
            put_text(document, count == 0 ? "{\"name\":" : ",{\"name\":", names_of.key);
            put_text(document, ",\"tag\":", tags.key);
            put_text(document, ",\"id\":", tags.value);
            sw_image_put(out, "}");
            document->cut = out->full || count == SW_IMAGE_LIST_MAX;
            if (document->cut)
                out->text->size = before;
            count++;
        }
    }
    out->full = false;
    out->size_max = outer_max;
    sw_image_put(out, "]");
}

/* Nothing but names of tags with the digests of layers. */
static bool is_repositories(struct sw_view text)
{
    struct sw_image_list outer = sw_image_list_of(text);
    size_t count = 0;

    while (sw_image_list_next(&outer)) {
        if (outer.event != SW_JSON_OBJECT)
            return false;
        struct sw_image_list tags = sw_image_list_of(outer.value);
        for (; sw_image_list_next(&tags); count++)
            if (tags.event != SW_JSON_STRING || tags.value.size != 64 ||
                !sw_view_is_hex(tags.value))
                return false;
    }
    return count > 0;
}

/* A list whose elements have layers. */
static bool is_docker(struct sw_view text)
{
    struct sw_image_list list = sw_image_list_of(text);
    struct sw_image_field fields[] = {TEXT("config"), LIST("layers")};

    if (!sw_image_list_next(&list) || list.event != SW_JSON_OBJECT)
        return false;
    (void)sw_image_fields(list.value, fields, COUNT(fields));
    return fields[0].value.data != NULL && fields[1].value.data != NULL;
}

/* --- which it is ------------------------------------------------------------------ */

static bool is_json(struct sw_view text)
{
    struct sw_json_walk walk = sw_json_walk_of(text);
    enum sw_json_event event;

    do
        event = sw_json_next(&walk);
    while (event != SW_JSON_END && event != SW_JSON_BAD);
    return event == SW_JSON_END;
}

static bool has(const struct sw_image_field *top, enum top what)
{
    return top[what].value.data != NULL;
}

static bool is_index_type(struct sw_view media_type)
{
    return sw_view_has(media_type, SW_VIEW("image.index")) ||
           sw_view_has(media_type, SW_VIEW("manifest.list"));
}

static enum sw_image_kind kind_of_object(struct document *document, struct sw_image_field *top)
{
    const bool manifest = has(top, TOP_LAYERS) && has(top, TOP_CONFIG);

    if (has(top, TOP_MANIFESTS) && (manifest || has(top, TOP_LAYERS))) {
        document->ambiguous = true;
        return is_index_type(top[TOP_MEDIA_TYPE].value) ? SW_IMAGE_KIND_INDEX
                                                        : SW_IMAGE_KIND_MANIFEST;
    }
    if (has(top, TOP_MANIFESTS))
        return SW_IMAGE_KIND_INDEX;
    if (manifest)
        return SW_IMAGE_KIND_MANIFEST;
    if (has(top, TOP_LAYOUT))
        return SW_IMAGE_KIND_LAYOUT;
    if (has(top, TOP_ROOTFS) || (has(top, TOP_OS) && has(top, TOP_ARCHITECTURE) &&
                                 (has(top, TOP_CONFIG) || has(top, TOP_HISTORY))))
        return SW_IMAGE_KIND_CONFIG;
    /* It calls itself one, and what would make it one has another type. */
    return document->bad != 0 &&
                   (has(top, TOP_VERSION) || has(top, TOP_MEDIA_TYPE) || has(top, TOP_ARCHITECTURE))
               ? SW_IMAGE_KIND_DAMAGED
               : SW_IMAGE_KIND_OTHER;
}

static void put_end(struct document *document)
{
    char text[48];

    snprintf(text, sizeof(text), ",\"bad\":%zu", document->bad);
    sw_image_put(&document->out, text);
    put_bool(document, ",\"ambiguous\":", document->ambiguous);
    put_bool(document, ",\"cut\":", document->cut);
    put_bool(document, ",\"texts_cut\":", document->out.cut);
    sw_image_put(&document->out, "}");
}

static void put_content(struct document *document, enum sw_image_kind kind, struct sw_view text,
                        const struct sw_image_field *top)
{
    if (kind == SW_IMAGE_KIND_INDEX)
        put_index(document, top);
    else if (kind == SW_IMAGE_KIND_MANIFEST)
        put_manifest(document, top);
    else if (kind == SW_IMAGE_KIND_CONFIG)
        put_config(document, top);
    else if (kind == SW_IMAGE_KIND_LAYOUT)
        put_text(document, ",\"version\":", top[TOP_LAYOUT].value);
    else if (kind == SW_IMAGE_KIND_DOCKER)
        put_list(document, ",\"images\":", text, SW_JSON_OBJECT, put_saved, LISTS_END);
    else
        put_repositories(document, text);
}

enum sw_image_kind sw_image_document(struct sw_view text, enum sw_image_form form,
                                     struct sw_buf *json)
{
    struct document document = {.out = {.text = json, .size_max = SW_IMAGE_DOCUMENT_MAX}};
    struct sw_image_field top[TOP_COUNT] = {
        [TOP_VERSION] = WORD("schemaversion"),
        [TOP_MEDIA_TYPE] = TEXT("mediatype"),
        [TOP_MANIFESTS] = LIST("manifests"),
        [TOP_LAYERS] = LIST("layers"),
        [TOP_CONFIG] = OBJECT("config"),
        [TOP_ROOTFS] = OBJECT("rootfs"),
        [TOP_HISTORY] = LIST("history"),
        [TOP_OS] = TEXT("os"),
        [TOP_ARCHITECTURE] = TEXT("architecture"),
        [TOP_VARIANT] = TEXT("variant"),
        [TOP_CREATED] = TEXT("created"),
        [TOP_SUBJECT] = OBJECT("subject"),
        [TOP_ARTIFACT_TYPE] = TEXT("artifacttype"),
        [TOP_LAYOUT] = TEXT("imagelayoutversion"),
    };
    enum sw_image_kind kind;

    if (!sw_image_document_starts(text))
        return SW_IMAGE_KIND_NONE;
    if (!is_json(text))
        return SW_IMAGE_KIND_DAMAGED;
    text = sw_view_trim(text);
    if (text.data[0] == '[') {
        kind = is_docker(text) ? SW_IMAGE_KIND_DOCKER : SW_IMAGE_KIND_OTHER;
    } else if (form == SW_IMAGE_FORM_REPOSITORIES) {
        kind = is_repositories(text) ? SW_IMAGE_KIND_REPOSITORIES : SW_IMAGE_KIND_OTHER;
    } else {
        take(&document, text, top, TOP_COUNT);
        kind = kind_of_object(&document, top);
    }
    if (kind < SW_IMAGE_KIND_INDEX)
        return kind;
    sw_image_put(&document.out, "{\"kind\":\"");
    sw_image_put(&document.out, names[kind]);
    put_text(&document, "\",\"media_type\":", top[TOP_MEDIA_TYPE].value);
    put_content(&document, kind, text, top);
    put_end(&document);
    return document.out.full || document.out.failed ? SW_IMAGE_KIND_UNREAD : kind;
}
