/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c - opening a container, and its members' names. */
#include "engine/unpack/frame.h"

#include <stdio.h>
#include <string.h>

#include "sweeper/part_name.h"

enum {
    COMPLAINTS_MAX = 1000, /* members that cannot be had, in a row */
    NAME_SHOWN_MAX = 4096, /* bytes of a name that are kept: no path is longer */
    NAME_START_MAX = 2048, /* of them, at the beginning of one that is */
    PATH_MAX_SIZE = (SW_DEPTH_MAX + 2) * NAME_SHOWN_MAX,
    PEEK_MAX_SIZE = 1024 * 1024,
    KINDS_MAX_SIZE = (SW_DEPTH_MAX + 2) * 32,
};

void frame_init(struct frame *frame, struct desk *desk, struct sw_tree *tree,
                struct sw_spill *spill)
{
    *frame = (struct frame){.tree = tree};
    frame->member.desk = desk;
    sw_buf_init(&frame->name, (size_t)2 * NAME_SHOWN_MAX);
    sw_buf_init(&frame->path, PATH_MAX_SIZE);
    sw_buf_init(&frame->kinds, KINDS_MAX_SIZE);
    sw_buf_init(&frame->peek, PEEK_MAX_SIZE);
    sw_hold_init(&frame->hold, &desk->engine->budget, &desk->engine->pages, spill);
}

void frame_done(struct frame *frame)
{
    sw_buf_done(&frame->name);
    sw_buf_done(&frame->path);
    sw_buf_done(&frame->kinds);
    sw_buf_done(&frame->peek);
    sw_hold_done(&frame->hold);
}

static struct sw_view base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;

    return (struct sw_view){(const uint8_t *)base, strlen(base)};
}

/* The kinds of the containers, the same for all members of one. */
static enum sw_status make_kinds(struct frame *frame)
{
    const char *outer = frame->container->label.unpack_chain;
    enum sw_status status = SW_OK;

    sw_buf_clear(&frame->kinds);
    if (outer != NULL) {
        status = sw_buf_append_text(&frame->kinds, outer);
        if (status == SW_OK)
            status = sw_buf_append_text(&frame->kinds, "!");
    }
    if (status == SW_OK)
        status = sw_buf_append_text(&frame->kinds, frame->source->kind);
    return status == SW_OK ? sw_buf_terminate(&frame->kinds) : status;
}

enum sw_status frame_open(struct frame *frame, struct object *container, size_t reading,
                          struct frame *below, const struct sw_source_setup *setup,
                          struct sw_error *error)
{
    const struct sw_source *source = container->bids[reading].source;

    container->scan_head = (struct sw_view){0}; /* its members take that room */
    frame->container = container;
    frame->reading = reading;
    frame->flows = below != NULL;
    frame->doubtful = container->bids[reading].bits < SW_BID_GOOD;
    frame->complaints = 0;
    frame->behind = 0;
    frame->long_name = false;
    frame->over = false;
    frame->shelf = (struct shelf){0};
    frame->input = below != NULL ? (struct sw_input){.pull = content_pull, .context = below}
                                 : (struct sw_input){.blob = object_content(container)};
    frame->input.name = base_name(container->label.path);
    frame->input.parts = container->set;
    frame->input.part_count = container->set_count;
    if (container->hop.disk && container->parent != NULL)
        frame->input.around = object_content(container->parent);
    frame->source = source;
    frame->state = NULL;
    frame->dists = NULL;
    frame->stream = NULL;
    frame->layer = NULL;
    frame->volume = NULL;
    if (make_kinds(frame) != SW_OK)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "unpack", 0,
                           "no memory for the names of its formats");
    enum sw_status status = source->open(&frame->input, setup, &frame->state, error);
    if (status == SW_OK && !source->stream)
        parcel_open(container, source->kind);
    if (status == SW_OK)
        frame->dists = dists_open(container, source, reading);
    if (status == SW_OK) {
        frame->stream = image_stream(container, source);
        frame->layer = image_tar(container, source);
        frame->volume = source->disk ? volume_new(source->kind, frame->input.blob) : NULL;
    }
    return status;
}

static void stop_reading_ahead(struct frame *frame)
{
    ahead_free(frame->ahead);
    frame->ahead = NULL;
}

void frame_close(struct frame *frame)
{
    content_drop(frame);
    shelf_done(&frame->shelf);
    dists_close(frame->dists);
    frame->dists = NULL;
    volume_free(frame->volume);
    frame->volume = NULL;
    stop_reading_ahead(frame);
    frame->source->close(frame->state);
    frame->source = NULL;
    frame->state = NULL;
}

bool frame_begins_files(const struct frame *frame)
{
    const struct object *object = frame->container;

    /* An image that is itself a file of a file system has to do with that file's limits. */
    while (object->parent != NULL && object->hop.disk &&
           !(object->hop.name.size != 0 && object->hop.name.data[0] == '/'))
        object = object->parent;
    return frame->source->disk && object->parent == NULL;
}

/* --- names ---------------------------------------------------------------------- */

/* What a compressed stream's content is called, when the stream does not say:
 * as the tools call it that unpack it. */
static const struct {
    const char *ending;
    const char *instead;
} endings[] = {
    {".tgz", ".tar"}, {".taz", ".tar"}, {".tbz2", ".tar"}, {".tbz", ".tar"}, {".tb2", ".tar"},
    {".txz", ".tar"}, {".tlz", ".tar"}, {".tzst", ".tar"}, {".tzo", ".tar"}, {".svgz", ".svg"},
    {".gz", ""},      {".bz2", ""},     {".xz", ""},       {".lzma", ""},    {".lz4", ""},
    {".zst", ""},     {".zstd", ""},    {".lz", ""},       {".Z", ""},       {".uu", ""},
    {".uue", ""},
};

static bool ends_with(struct sw_view name, const char *ending)
{
    size_t size = strlen(ending);

    return name.size > size && memcmp(name.data + name.size - size, ending, size) == 0;
}

static enum sw_status derive_name(struct frame *frame)
{
    struct sw_view base = base_name(frame->container->label.path);
    struct sw_part_name part;

    if (frame->container->part_count != 0 && sw_part_name_read(base, &part))
        base = part.stem; /* x.tar.gz.001 */
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (ends_with(base, endings[i].ending)) {
            size_t size = base.size - strlen(endings[i].ending);
            enum sw_status status = sw_buf_append(&frame->name, base.data, size);
            return status == SW_OK ? sw_buf_append_text(&frame->name, endings[i].instead) : status;
        }
    return sw_buf_append_text(&frame->name, "content");
}

/* A name with a NUL in it is shown with all its bytes, but a rule sees it as a
 * text that ends there. */
static enum sw_status make_path(struct frame *frame)
{
    sw_buf_clear(&frame->path);
    const bool rooted = frame->name.size != 0 && frame->name.data[0] == '/';
    enum sw_status status = sw_buf_append_text(&frame->path, frame->container->label.path);
    if (status == SW_OK && !(rooted && frame->source->disk))
        status = sw_buf_append_text(&frame->path, "/");
    if (status == SW_OK)
        status = sw_buf_append(&frame->path, frame->name.data, frame->name.size);
    return status == SW_OK ? sw_buf_terminate(&frame->path) : status;
}

/* Its beginning and its end, and between them how much there was. */
static enum sw_status cut_name(struct frame *frame, struct sw_view name)
{
    char text[64];
    const size_t rest = NAME_SHOWN_MAX - NAME_START_MAX - sizeof(text);

    snprintf(text, sizeof(text), "(%zu bytes left out)", name.size - NAME_START_MAX - rest);
    enum sw_status status = sw_buf_append(&frame->name, name.data, NAME_START_MAX);
    if (status == SW_OK)
        status = sw_buf_append_text(&frame->name, text);
    if (status == SW_OK)
        status = sw_buf_append(&frame->name, name.data + name.size - rest, rest);
    return status;
}

enum sw_status frame_name_member(struct frame *frame, struct sw_view name)
{
    enum sw_status status = SW_OK;

    sw_buf_clear(&frame->name);
    if (name.size > NAME_SHOWN_MAX)
        status = cut_name(frame, name);
    else if (name.size != 0)
        status = sw_buf_append(&frame->name, name.data, name.size);
    else if (!frame->source->disk)
        status = derive_name(frame);
    if (status == SW_OK)
        status = make_path(frame);
    if (status != SW_OK)
        return SW_STOP;
    frame->member.hop.name = sw_buf_view(&frame->name);
    frame->member.label.path = (const char *)frame->path.data;
    return SW_OK;
}

/* --- members --------------------------------------------------------------------- */

/* Once for a container; of one that flows by the object that it flows out of. */
static enum sw_status tell_long_name(struct frame *frame)
{
    struct object *object = frame->container;

    if (frame->long_name)
        return SW_OK;
    frame->long_name = true;
    while (object->blob == NULL && object->parent != NULL)
        object = object->parent;
    return examine_integrity(
        object, &(struct integrity){.name = "member_name_too_long",
                                    .title = "a member's name is longer than a path is",
                                    .detail = "its middle is left out where it is told",
                                    .member = sw_buf_view(&frame->name),
                                    .severity = SW_SEVERITY_LOW});
}

static enum sw_status begin_member(struct frame *frame, const struct sw_member *member)
{
    struct desk *desk = frame->member.desk;

    frame->facts = member->facts;
    frame->member = (struct object){.desk = desk,
                                    .parent = frame->container,
                                    .hop = {.kind = frame->source->kind,
                                            .facts = &frame->facts,
                                            .stream = frame->source->stream,
                                            .disk = frame->source->disk,
                                            .raw = member->raw,
                                            .placed = member->placed,
                                            .place = member->place,
                                            .gap = member->gap,
                                            .deleted = member->deleted,
                                            .recovery = member->recovery},
                                    .label = {.owner = "",
                                              .mode = member->facts.mode & 07777,
                                              .raw = member->raw != NULL,
                                              .unpack_parent = frame->source->kind,
                                              .unpack_chain = (const char *)frame->kinds.data}};
    frame->in_place = member->in_place;
    frame->member.raw_hits = raw_hits_begin(&frame->raw_hits, member->raw);
    enum sw_status status = frame_name_member(frame, member->name);
    if (status == SW_OK && member->name.size > NAME_SHOWN_MAX)
        status = tell_long_name(frame);
    return status;
}

enum sw_status frame_recall(struct frame *frame, const struct shelf_row *row)
{
    const struct sw_member member = {
        .kind = SW_MEMBER_FILE, .name = sw_buf_view(&row->name), .facts = row->facts};

    content_drop(frame);
    return begin_member(frame, &member);
}

void frame_gap(struct frame *frame, struct object *object, const struct sw_error *error)
{
    const struct frame *below = frame->flows ? frame->input.context : NULL;

    if (error->reason == SW_GAP_TRUNCATED && object == &frame->member)
        frame->cut = true;
    if (error->reason != SW_GAP_TRUNCATED || below == NULL || !below->cut)
        examine_gap(object, error, NULL);
}

/* A gap that has no member: it is the container's. */
static void complain(struct frame *frame, const struct sw_error *error)
{
    if (!frame->doubtful)
        frame_gap(frame, frame->container, error);
    frame->behind = error->offset;
    frame->complaints++;
    if (frame->layer != NULL)
        image_lost(frame->layer);
}

enum sw_status frame_next(struct frame *frame, struct sw_member *member, struct sw_error *error)
{
    enum sw_status status = SW_SKIP;

    content_drop(frame);
    stop_reading_ahead(frame);
    while (status == SW_SKIP) {
        *member = (struct sw_member){0};
        status = frame->source->next(frame->state, member, error);
        if (status == SW_SKIP)
            complain(frame, error);
        if (frame->complaints >= COMPLAINTS_MAX)
            return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "unpack", 0,
                               "%d members in a row cannot be had", COMPLAINTS_MAX);
    }
    if (status != SW_OK && status != SW_PART)
        return status;
    frame->complaints = 0;
    frame->behind = 0;
    enum sw_status named = begin_member(frame, member);
    if (named == SW_OK && frame->layer != NULL)
        named = image_member(frame->layer, member);
    if (named != SW_OK)
        return named;
    if (member->encrypted && status != SW_PART)
        status = sw_fail_gap(error, SW_PART, SW_GAP_ENCRYPTED, "unpack", 0,
                             "is encrypted, and no password fits (see --password)");
    if (status == SW_PART && (!frame->doubtful || member->encrypted))
        frame_gap(frame, &frame->member, error);
    return SW_OK;
}
