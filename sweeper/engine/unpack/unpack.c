/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.c - the stack of open containers. */
#include "engine/unpack/unpack.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/desk.h"
#include "engine/disk/disks.h"
#include "engine/disk_image.h"
#include "engine/source/sources.h"
#include "engine/source/squashfs.h"
#include "engine/unpack/errand.h"
#include "engine/unpack/frame.h"
#include "engine/unpack/readings.h"

enum {
    DISKS_MAX = 4096,    /* inside one file: somebody may put the same one inside itself */
    PASS_MIN = 8 * 1024, /* bytes of a member that is worth the trouble */
    ERRANDS_MAX = 256,   /* of one worker */
    LAYER_MIN = 1 << 20, /* bytes; what is smaller is as soon brought */
    /* Bytes of a member in place that is passed on: one with more names in it than can wait to
     * be told is larger. */
    PASS_MAX = 256 << 20,
};

struct unpack {
    struct desk *desk;
    struct sw_spill spill;
    struct sw_tree tree;
    struct sw_came told; /* out of the errands that were told */
    struct sw_source_setup setup;
    uint64_t step;        /* of the file at hand */
    struct errand *first; /* parts of it that were passed on, in its own order */
    struct errand *last;
    unsigned errand_count;
    unsigned bound_count;   /* of them those that share the limits of the file at hand */
    struct capture nothing; /* where records go that do not hold */
    bool shared;            /* something of it was passed on */
    bool settling;          /* what was passed on is being told */
    bool again;             /* see unpack_begins_again() */
    unsigned depth;         /* open frames */
    unsigned depth_max;     /* containers inside one another, disks not among them */
    unsigned frame_count;
    unsigned disks; /* inside the file at hand, that were to be opened so far */
    struct frame frames[];
};

/* What would be spilled stays where it is. So does what may be a layer that is known: it
 * need not be read but for its digest. */
static uint64_t in_place_min(const struct engine *engine)
{
    return engine->config.layers.size != 0 ? LAYER_MIN : SW_OBJECT_MEMORY_MAX + 1;
}

enum sw_status unpack_new(struct desk *desk, struct unpack **unpack, struct sw_error *error)
{
    struct engine *engine = desk->engine;
    const unsigned frame_count = engine->config.limits.depth_max + SW_DISK_DEPTH_MAX;
    struct unpack *made = calloc(1, sizeof(*made) + frame_count * sizeof(made->frames[0]));

    if (made == NULL)
        return sw_fail(error, SW_STOP, "unpack", 0, "no memory for the stack of containers");
    made->desk = desk;
    made->depth_max = engine->config.limits.depth_max;
    made->frame_count = frame_count;
    made->setup = (struct sw_source_setup){.passwords = engine->passwords,
                                           .password_count = engine->config.password_count,
                                           .window_max = engine->budget.size_max / 4,
                                           .keys = engine->config.keys,
                                           .key_count = engine->config.key_count,
                                           .unallocated = engine->config.unallocated,
                                           .slack = engine->config.slack,
                                           .budget = &engine->budget,
                                           .time_max_s = engine->config.limits.time_max_s,
                                           .in_place_min = in_place_min(engine)};
    capture_init(&made->nothing, &engine->captured);
    made->nothing.spoiled = true;
    sw_spill_open(&made->spill, &engine->spill_purse, engine->spill_folders);
    for (unsigned i = 0; i < frame_count; i++)
        frame_init(&made->frames[i], desk, &made->tree, &made->spill);
    *unpack = made;
    return SW_OK;
}

void unpack_free(struct unpack *unpack)
{
    if (unpack == NULL)
        return;
    for (unsigned i = 0; i < unpack->frame_count; i++)
        frame_done(&unpack->frames[i]);
    sw_spill_close(&unpack->spill);
    free(unpack);
}

/* --- steps ---------------------------------------------------------------------- */

void unpack_begin(struct unpack *unpack, uint64_t file_size)
{
    unpack->step = 0;
    unpack->disks = 0;
    unpack->shared = false;
    unpack->again = false;
    unpack->told = (struct sw_came){0};
    atomic_store_explicit(&unpack->desk->slot->step, 0, memory_order_release);
    sw_tree_begin(&unpack->tree, &unpack->desk->engine->config.limits, file_size);
}

void unpack_grow(struct unpack *unpack, uint64_t size)
{
    if (unpack->depth == 0 && size > unpack->tree.file_size)
        unpack->tree.file_size = size;
}

bool unpack_step(struct unpack *unpack, struct sw_error *error)
{
    struct desk *desk = unpack->desk;

    atomic_store_explicit(&desk->slot->step, ++unpack->step | (unpack->shared ? SW_STEP_SHARED : 0),
                          memory_order_release);
    for (size_t i = 0; i < desk->skip_count; i++) {
        const struct sw_skip *skip = &desk->skips[i];
        if (skip->step != unpack->step)
            continue;
        /* What has been told of this step before the engine died is not told
         * again; what comes now is new. */
        reporter_catch_up(&desk->reporter, skip->records_seen);
        (void)sw_fail_gap(error, SW_SKIP, skip->reason, "unpack", 0, "%s",
                          skip->reason == SW_GAP_TIMEOUT
                              ? "took longer than --max-time; the rest of the file was looked at"
                              : "the engine died on it twice; the rest of the file was looked at");
        return true;
    }
    return false;
}

bool unpack_may_share(struct unpack *unpack)
{
    if (unpack->desk->alone)
        return false;
    unpack->shared = true;
    return true;
}

/* --- passing on --------------------------------------------------------------------- */

bool unpack_begins_again(const struct unpack *unpack)
{
    return unpack->again;
}

static struct errand *take_first(struct unpack *unpack)
{
    struct errand *errand = unpack->first;

    unpack->first = errand->next;
    if (unpack->first == NULL)
        unpack->last = NULL;
    unpack->errand_count--;
    unpack->bound_count -= errand->own_tree ? 0 : 1;
    return errand;
}

/* What was done of this file is not what one worker alone would have done. */
static void give_up(struct unpack *unpack)
{
    while (unpack->first != NULL) {
        struct errand *errand = take_first(unpack);
        if (!share_reclaim(&unpack->desk->engine->share, &errand->task))
            desk_await(unpack->desk, &errand->task);
        errand_free(errand);
    }
    unpack->again = true;
    unpack->tree.spent = true;
    unpack->desk->reporter.capture = &unpack->nothing;
}

/* As if the owner had come to it just now. */
static enum sw_status look_into(struct unpack *unpack, struct errand *errand)
{
    struct object *member = errand_member(errand);
    const size_t dist_bytes = unpack->desk->dist_bytes;

    /* Whoever does it has the same room for it. */
    unpack->desk->dist_bytes = errand->dist_bytes;
    for (size_t i = 0; i < errand->way_size; i++)
        errand->way[i].desk = unpack->desk;
    enum sw_status status = examine_member(member);
    if (status == SW_OK && !unpack->tree.spent)
        status = unpack_object(unpack, member);
    unpack->desk->dist_bytes = dist_bytes;
    if (image_end(member, status == SW_OK && !unpack->again) == SW_STOP)
        status = SW_STOP;
    return status;
}

/* The owner has gone on, but here it has only what came before the errand: a limit is
 * met where one worker alone would meet it. */
static enum sw_status look_into_first(struct unpack *unpack, struct errand *errand)
{
    const struct sw_tree own = unpack->tree;

    unpack->tree = errand->tree;
    if (!errand->own_tree) {
        unpack->tree.members += unpack->told.members - errand->told.members;
        unpack->tree.bytes += unpack->told.bytes - errand->told.bytes;
    }
    const struct sw_tree before = unpack->tree;
    enum sw_status status = look_into(unpack, errand);
    errand->came = sw_tree_since(&unpack->tree, &before);
    errand->good = (errand->own_tree && !unpack->again) || !unpack->tree.spent;
    unpack->tree = own;
    return status;
}

/* The first errand is told, and what its owner has found behind it. */
static enum sw_status tell_first(struct unpack *unpack, bool looked_into)
{
    struct desk *desk = unpack->desk;
    struct errand *errand = take_first(unpack);
    enum sw_status status = SW_OK;

    desk->reporter.capture = NULL;
    if (!looked_into)
        status = look_into_first(unpack, errand);
    bool good = errand->good;
    if (!errand->own_tree) {
        good = sw_tree_add(&unpack->tree, &errand->came) && good;
        unpack->told.members += errand->came.members;
        unpack->told.bytes += errand->came.bytes;
    }
    if (looked_into) {
        desk->members += errand->members;
        desk->member_bytes += errand->member_bytes;
        if (good)
            status = reporter_replay(&desk->reporter, &errand->findings);
    }
    good = good && !errand->behind.spoiled;
    if (good && status == SW_OK)
        status = reporter_replay(&desk->reporter, &errand->behind);
    errand_free(errand);
    if (unpack->last != NULL)
        desk->reporter.capture = &unpack->last->behind;
    if (!good && status == SW_OK)
        give_up(unpack);
    return status;
}

/* Tells what has come of the errands, from the first on; with `all`, until there is
 * none left. */
static enum sw_status settle(struct unpack *unpack, bool all)
{
    struct share *share = &unpack->desk->engine->share;
    enum sw_status status = SW_OK;

    if (unpack->settling)
        return SW_OK;
    unpack->settling = true;
    while (unpack->first != NULL && status == SW_OK) {
        bool done = share_is_done(share, &unpack->first->task);
        if (!done && !all)
            break;
        if (!done && !share_reclaim(share, &unpack->first->task)) {
            desk_await(unpack->desk, &unpack->first->task);
            done = true;
        }
        status = tell_first(unpack, done);
    }
    unpack->settling = false;
    return status;
}

static bool has_same_place(const struct object *a, const struct object *b)
{
    for (; a != NULL && b != NULL; a = a->parent, b = b->parent)
        if (!sw_view_equal(a->hop.name, b->hop.name))
            return false;
    return a == b;
}

/* Another worker has a member of the same name. Of two parts of an image, or of a store, with
 * one name the later one counts: it has to be the later one here, too. */
static bool is_under_way(const struct unpack *unpack, const struct object *member)
{
    const struct errand *errand = unpack->first;

    while (errand != NULL && !has_same_place(&errand->way[errand->way_size - 1], member))
        errand = errand->next;
    return errand != NULL;
}

/* Content that stays as long as the file: whoever has it may read it. */
static bool is_of_file(const struct frame *frame)
{
    const struct object *file = frame->container;

    while (file->parent != NULL)
        file = file->parent;
    return frame->in_place->fd >= 0 && frame->in_place->fd == file->blob->fd &&
           !frame->source->disk;
}

static bool is_worth_it(const struct frame *frame)
{
    const struct sw_hold *hold = &frame->hold;

    /* What lies in bytes of a disk is told with its place there, which is the source's. */
    for (const struct object *at = frame->container; at != NULL; at = at->parent)
        if (at->hop.raw != NULL)
            return false;
    const bool good = frame->in_place != NULL
                          ? is_of_file(frame) && frame->in_place->size <= PASS_MAX
                          : !hold->spilled && hold->size >= PASS_MIN;

    /* A deb is its own description and one archive: there is nothing to share. Of a layer
     * the digest and the members are told together. Who is told which package it is goes on
     * when it has been told. */
    return good && frame->stream == NULL && strcmp(frame->source->kind, "ar") != 0 &&
           !parcel_is_fact(&frame->member);
}

/* An errand of another worker's. */
static void run_errand(struct task *task, struct desk *desk)
{
    struct errand *errand = (struct errand *)task;
    struct unpack *unpack = desk->unpack;

    unpack_begin(unpack, errand->tree.file_size);
    unpack->tree = errand->tree;
    unpack->shared = true;
    desk->alone = true;
    desk->documents = false;
    desk->skip_count = 0;
    desk->members = 0;
    desk->member_bytes = 0;
    reporter_begin(&desk->reporter, errand->item);
    desk->reporter.capture = &errand->findings;
    desk_lend(desk, errand->item);
    enum sw_status status = look_into(unpack, errand);
    errand->good = status == SW_OK && (errand->own_tree || !unpack->tree.spent) &&
                   !errand->findings.spoiled && !errand_has_told(errand);
    errand->came = sw_tree_since(&unpack->tree, &errand->tree);
    errand->members = desk->members;
    errand->member_bytes = desk->member_bytes;
    desk->reporter.capture = NULL;
    sw_blob_close(&errand->blob);
    sw_hold_done(&errand->hold);
    desk_rest(desk);
}

/* Passes the member at hand on to whoever has nothing to do. */
static bool pass_on(struct unpack *unpack, struct frame *frame)
{
    struct desk *desk = unpack->desk;
    struct engine *engine = desk->engine;

    /* One in place takes no memory, but long: it does not wait behind others. */
    const uint64_t kept = frame->in_place != NULL ? frame->in_place->size : frame->hold.capacity;
    if (desk->alone || unpack->settling || unpack->tree.spent ||
        unpack->errand_count >= ERRANDS_MAX || !share_wanted(&engine->share, kept) ||
        !is_worth_it(frame))
        return false;
    struct errand *errand =
        errand_new(&frame->member, &frame->hold, frame->in_place, &unpack->tree, &engine->captured);
    if (errand == NULL)
        return false;
    errand->told = unpack->told;
    errand->own_tree = frame_begins_files(frame);
    unpack->bound_count += errand->own_tree ? 0 : 1;
    frame->blob = sw_blob_of_bytes(NULL, 0);
    if (unpack->last == NULL)
        unpack->first = errand;
    else
        unpack->last->next = errand;
    unpack->last = errand;
    unpack->errand_count++;
    unpack->shared = true;
    desk->reporter.capture = &errand->behind;
    errand->task.run = run_errand;
    errand->task.size = errand->hold.capacity;
    share_offer(&engine->share, &errand->task);
    return true;
}

/* --- opening ---------------------------------------------------------------------- */

/* Containers around it; disks have a depth of their own. */
static unsigned hops_of(const struct object *object)
{
    unsigned count = 0;

    for (; object->parent != NULL; object = object->parent)
        count += object->hop.disk ? 0 : 1;
    return count;
}

static struct frame *top_of(struct unpack *unpack)
{
    return &unpack->frames[unpack->depth - 1];
}

static bool may_open(const struct unpack *unpack, const struct object *container)
{
    return unpack->depth < unpack->frame_count && hops_of(container) < unpack->depth_max;
}

/* Whether what the source hands out is all there is in a disk, or a part of one. */
static bool covers(const struct sw_source *source)
{
    return source->disk || source == &sw_source_iso9660 || source == &sw_source_squashfs;
}

/* A disk that nobody could open, or of which nobody knows what it is: its bytes as they lie. */
static bool falls_to_raw(struct object *container)
{
    if (!container->disk || container->covered)
        return false;
    container->covered = true;
    container->bids[0] =
        (struct sw_bid){container->hop.gap ? &sw_source_unallocated : &sw_source_raw, SW_BID_GOOD};
    container->bid_count = 1;
    return true;
}

/* Disks have no other limit on how many there are; told once. */
static bool is_one_too_many(struct unpack *unpack, struct object *container,
                            const struct sw_source *source)
{
    struct sw_error error;

    if (!source->disk || container->parent == NULL || ++unpack->disks <= DISKS_MAX)
        return false;
    if (unpack->disks == DISKS_MAX + 1) {
        (void)sw_fail_gap(&error, SW_DEAD, SW_GAP_LIMIT_MEMBERS, "unpack", 0,
                          "more than %d disks inside one file: the rest was not opened", DISKS_MAX);
        examine_gap(container, &error, NULL);
    }
    return true;
}

/* Opens the container's readings from `reading` on, until one opens. SW_END:
 * none did, and gaps say why. */
static enum sw_status push(struct unpack *unpack, struct object *container, size_t reading,
                           struct frame *below)
{
    struct sw_error error;

    if (reading == 0 && below == NULL && container->bid_count != 0 &&
        readings_tell(container) == SW_STOP)
        return SW_STOP;
    for (; reading < container->bid_count; reading++) {
        if (!may_open(unpack, container)) {
            (void)sw_fail_gap(&error, SW_DEAD, SW_GAP_LIMIT_DEPTH, "unpack", 0,
                              "a %s inside %u others is not opened (see --max-depth)",
                              container->bids[reading].source->kind, unpack->depth_max);
            examine_gap(container, &error, NULL);
            return SW_END;
        }
        if (is_one_too_many(unpack, container, container->bids[reading].source))
            return SW_END;
        bool left_out = unpack_step(unpack, &error);
        desk_enter(unpack->desk, SW_PHASE_UNPACK);
        if (!left_out && frame_open(&unpack->frames[unpack->depth], container, reading, below,
                                    &unpack->setup, &error) == SW_OK) {
            unpack->depth++;
            container->covered = container->covered || covers(container->bids[reading].source);
            return SW_OK;
        }
        if (left_out || container->bids[reading].bits >= SW_BID_GOOD)
            examine_gap(container, &error, NULL);
        if (below != NULL)
            break; /* the beginning of the stream is gone */
    }
    if (below == NULL && falls_to_raw(container))
        return push(unpack, container, 0, NULL);
    return SW_END;
}

/* Opens the next reading of an object. When nothing more will come out of it, and it is a
 * part of an image, that is told. */
static enum sw_status push_next(struct unpack *unpack, struct object *object, size_t reading)
{
    enum sw_status status = unpack->tree.spent ? SW_END : push(unpack, object, reading, NULL);

    if (status == SW_END && object->parent != NULL)
        return image_end(object, !unpack->again);
    return status == SW_STOP ? SW_STOP : SW_OK;
}

static struct frame *below_of(struct unpack *unpack, const struct frame *frame)
{
    return frame->flows ? &unpack->frames[unpack->depth - 2] : NULL;
}

static enum sw_status look_and_open(struct unpack *unpack, struct frame *frame,
                                    const struct sw_source *but);

/* What `source` has left of the content that flowed into it. */
static enum sw_status look_at_rest(struct unpack *unpack, struct frame *frame, uint64_t from,
                                   const struct sw_source *source)
{
    uint64_t offset;
    char text[64];

    if (!content_rest(frame, from, &offset))
        return SW_OK;
    snprintf(text, sizeof(text), "(from byte %" PRIu64 " on)", offset);
    if (offset != 0 &&
        frame_name_member(frame, (struct sw_view){(const uint8_t *)text, strlen(text)}) != SW_OK)
        return SW_STOP;
    /* What the format could not read it cannot read once more. */
    return look_and_open(unpack, frame, offset == 0 ? source : NULL);
}

/* The frame on top has come to its end (`well`) or to nothing. */
static enum sw_status pop(struct unpack *unpack, bool well)
{
    struct frame *frame = top_of(unpack);
    struct object *container = frame->container;
    struct frame *below = below_of(unpack, frame);
    const struct sw_source *source = frame->source;
    const size_t reading = frame->reading;
    const bool begins_files = frame_begins_files(frame);
    const uint64_t rest = !well ? 0 : frame->behind != 0 ? frame->behind : UINT64_MAX;
    enum sw_status told = dists_end(frame->dists, well && !unpack->tree.spent);

    if (frame->layer != NULL && (!well || unpack->tree.spent))
        image_lost(frame->layer);
    if (frame->volume != NULL && !unpack->desk->documents &&
        volume_tell(frame->volume, container, well && !unpack->tree.spent) == SW_STOP)
        told = SW_STOP;
    frame_close(frame);
    unpack->depth--;
    if (told == SW_STOP)
        return SW_STOP;
    if (begins_files && !unpack->again) { /* that was one file's own */
        unpack->tree.spent = false;
        if (container->parent == NULL && container->blob != NULL && unpack->bound_count == 0)
            sw_tree_begin(&unpack->tree, unpack->tree.limits, object_content(container)->size);
    }
    if (below == NULL)
        return push_next(unpack, container, reading + 1);
    if (unpack->tree.spent)
        return told;
    return look_at_rest(unpack, below, rest, source);
}

/* --- members ----------------------------------------------------------------------- */

/* Takes back the bid of a source that has had its turn. */
static void drop_bid(struct object *object, const struct sw_source *source)
{
    size_t kept = 0;

    for (size_t i = 0; i < object->bid_count; i++)
        if (object->bids[i].source != source)
            object->bids[kept++] = object->bids[i];
    object->bid_count = kept;
}

/* `but`: a format that it is not opened as. */
static enum sw_status look_and_open(struct unpack *unpack, struct frame *frame,
                                    const struct sw_source *but)
{
    struct object *member = &frame->member;
    struct sw_error error;
    bool whole = true;

    if (unpack_step(unpack, &error)) {
        dists_member(frame->dists, member);
        examine_gap(member, &error, NULL);
        return SW_OK;
    }
    if (settle(unpack, is_under_way(unpack, member)) != SW_OK)
        return SW_STOP;
    if (content_hold(frame, &error) != SW_OK) {
        frame_gap(frame, member, &error);
        member->incomplete = true;
        whole = false;
    }
    member->plain = frame->source->disk && frame->in_place != NULL;
    dists_member(frame->dists, member); /* before another worker has it */
    if (frame->volume != NULL && whole && !member->hop.deleted)
        volume_file(frame->volume, member->hop.name, member->blob);
    const bool keep = whole && but == NULL && !frame->source->stream && frame->in_place == NULL &&
                      shelf_wants(&frame->shelf, member);
    if (whole && but == NULL && !keep && pass_on(unpack, frame))
        return SW_OK;
    enum sw_status status = examine_member(member);
    if (status != SW_OK)
        return status;
    if (keep && shelf_keep(&frame->shelf, member, &frame->hold, &frame->blob))
        return SW_OK;
    drop_bid(member, but);
    return push_next(unpack, member, 0);
}

/* A compressed stream: when what flows out of it can be read as it flows, it is
 * not held. */
static enum sw_status let_flow(struct unpack *unpack, struct frame *frame, bool *flows)
{
    struct object *member = &frame->member;
    struct sw_error error;
    enum sw_status status = content_peek(frame, &error);
    const struct sw_probe probe = {.head = sw_buf_view(&frame->peek), .size = UINT64_MAX};

    if (status != SW_OK && frame->doubtful) {
        *flows = true; /* into nothing: it is no such stream */
        return SW_OK;
    }
    frame->doubtful = false;
    if (status != SW_OK)
        frame_gap(frame, member, &error);
    member->bid_count = sw_source_auction(&probe, member->bids);
    *flows = status == SW_OK && member->bid_count == 1 && member->bids[0].bits >= SW_BID_GOOD &&
             may_open(unpack, member);
    if (!*flows)
        return SW_OK;
    status = push(unpack, member, 0, frame);
    if (status != SW_END)
        return status;
    /* It did not open: what it has taken is lost to it, but not to us. */
    return look_at_rest(unpack, frame, 0, member->bids[0].source);
}

/* A disk inside another object, or a part of one. */
static enum sw_status take_disk(struct unpack *unpack, struct object *object,
                                const struct sw_disk_image *image)
{
    struct sw_error error;

    if (unpack_step(unpack, &error)) {
        examine_gap(object, &error, NULL);
        return SW_OK;
    }
    object->blob = top_of(unpack)->in_place;
    object->disk = true;
    if (image != NULL && disk_image_tell(object, &top_of(unpack)->input, image) == SW_STOP)
        return SW_STOP;
    object_probe(object);
    return push_next(unpack, object, 0);
}

static enum sw_status take_member(struct unpack *unpack, struct frame *frame,
                                  const struct sw_member *member)
{
    struct object *object = &frame->member;
    bool flows = false;

    if (unpack->desk->documents && !frame->source->stream &&
        (member->encrypted || member->kind != SW_MEMBER_FILE ||
         !image_may_be_document(object, member->facts.size)))
        return SW_OK;
    if (member->kind == SW_MEMBER_DISK)
        return take_disk(unpack, object, member->image);
    if (frame->volume != NULL)
        volume_member(frame->volume, member);
    if (member->encrypted || member->kind != SW_MEMBER_FILE) {
        if (member->kind != SW_MEMBER_DIRECTORY)
            dists_member(frame->dists, object);
        return examine_name(object);
    }
    if (frame->source->stream) {
        enum sw_status status = let_flow(unpack, frame, &flows);
        if (status != SW_OK || flows)
            return status;
    }
    return look_and_open(unpack, frame, NULL);
}

/* One of the members that were kept: with its set, or by itself. */
static enum sw_status open_kept(struct unpack *unpack, struct frame *frame,
                                const struct sw_error *left_out)
{
    struct shelf_row *row = shelf_next(&frame->shelf);

    if (frame_recall(frame, row) != SW_OK)
        return SW_STOP;
    if (left_out != NULL) {
        row->done = true;
        examine_gap(&frame->member, left_out, NULL);
        return SW_OK;
    }
    shelf_open(&frame->shelf, row, &frame->member);
    return push(unpack, &frame->member, 0, NULL) == SW_STOP ? SW_STOP : SW_OK;
}

/* The container has come to its end (`well`) or to nothing; what was kept of it is
 * still to be opened. */
static enum sw_status finish(struct unpack *unpack, struct frame *frame, bool well)
{
    frame->over = true;
    frame->well = well;
    return shelf_next(&frame->shelf) != NULL ? SW_OK : pop(unpack, well);
}

/* A file of a file system has limits of its own, as one that the walk has met. */
static enum sw_status begin_file(struct unpack *unpack, const struct sw_member *member)
{
    const enum sw_status status = unpack->bound_count != 0 ? settle(unpack, true) : SW_OK;

    if (!unpack->again)
        sw_tree_begin(&unpack->tree, unpack->tree.limits, member->facts.size);
    return status;
}

static enum sw_status advance(struct unpack *unpack)
{
    struct frame *frame = top_of(unpack);
    struct sw_member member;
    struct sw_error error;
    bool left_out = unpack_step(unpack, &error);

    if (unpack->again || (unpack->tree.spent && !frame_begins_files(frame)))
        return pop(unpack, true);
    desk_enter(unpack->desk, SW_PHASE_UNPACK);
    if (frame->over && shelf_next(&frame->shelf) == NULL)
        return pop(unpack, frame->well);
    if (frame->over)
        return open_kept(unpack, frame, left_out ? &error : NULL);
    enum sw_status status = left_out ? SW_DEAD : frame_next(frame, &member, &error);
    if (status == SW_END)
        return finish(unpack, frame, true);
    if (status == SW_OK) {
        frame->doubtful = frame->doubtful && frame->source->stream;
        status = frame_begins_files(frame) ? begin_file(unpack, &member)
                                           : sw_tree_member(&unpack->tree, &error);
    }
    if (status == SW_OK)
        return take_member(unpack, frame, &member);
    if (left_out || !frame->doubtful)
        frame_gap(frame, frame->container, &error);
    return finish(unpack, frame, false);
}

enum sw_status unpack_object(struct unpack *unpack, struct object *object)
{
    const unsigned floor = unpack->depth;
    enum sw_status status = unpack->tree.spent ? SW_OK : push(unpack, object, 0, NULL);

    if (status == SW_END)
        status = SW_OK;
    while (status == SW_OK && unpack->depth > floor)
        status = advance(unpack);
    while (unpack->depth > floor) { /* nobody listens */
        frame_close(top_of(unpack));
        unpack->depth--;
    }
    if (status == SW_OK && floor == 0 && unpack->bound_count != 0 && unpack->tree.spent)
        give_up(unpack);
    if (status == SW_OK && floor == 0)
        status = settle(unpack, true);
    return status;
}
