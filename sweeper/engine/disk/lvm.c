/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lvm.c - the source of LVM2's physical volumes: what they hand out are the logical
 * volumes of the group, GROUP/VOLUME.
 *
 * Other physical volumes of the group are looked for on the same disk. The first one
 * on it hands out the volumes; the others that have the same description nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/blob_window.h"
#include "engine/disk/disks.h"
#include "engine/disk/lvm_group.h"
#include "engine/disk/lvm_pv.h"

#define ROOM "lvm"

enum {
    FOUND_MAX = 64, /* physical volumes of one disk */
    BITS = 160,     /* two names, a number, a checksum */
};
#define PLACE_STEP ((uint64_t)1 << 20) /* where partitions begin */

enum stage { VISIBLE, HIDDEN, DONE };

struct lvm {
    struct sw_lvm_pv pv;
    struct sw_lvm_group group;
    struct sw_window *windows; /* on other physical volumes, FOUND_MAX of them */
    size_t window_count;
    enum stage stage;
    size_t at;   /* the next logical volume */
    bool others; /* another physical volume hands out what this one would */
    struct sw_buf name;
};

static unsigned probe(const struct sw_probe *probe)
{
    size_t at = 0;
    return sw_lvm_label(probe->head, &at) ? BITS : 0;
}

/* --- the rest of the group --------------------------------------------------------- */

static bool same_text(const struct sw_lvm_pv *a, const struct sw_lvm_pv *b)
{
    return a->text_size == b->text_size && a->text != NULL && b->text != NULL &&
           memcmp(a->text, b->text, a->text_size) == 0;
}

/* A physical volume that begins at `at` of the disk. */
struct place {
    struct sw_blob *disk;
    uint64_t at;
    unsigned own; /* how often the volume at hand was met so far */
    bool others;  /* one that was met before it hands out what this one would */
};

/* Whether a group that another physical volume describes has this one, too. */
static bool lists(const struct sw_lvm_pv *other, const char *uuid)
{
    struct sw_lvm_group group;
    struct sw_error ignored;

    if (other->text == NULL ||
        sw_lvm_group_open(&group, (struct sw_view){other->text, other->text_size}, &ignored) !=
            SW_OK)
        return false;
    bool found = sw_lvm_physical(&group, uuid) != NULL;
    sw_lvm_group_close(&group);
    return found;
}

static void add_window(struct lvm *lvm, const struct place *place, struct sw_lvm_physical *physical)
{
    struct sw_window *window = &lvm->windows[lvm->window_count];
    const uint64_t size = physical->size == 0 ? UINT64_MAX : physical->size;

    if (lvm->window_count == FOUND_MAX)
        return;
    sw_window_init(window, place->disk, place->at, size);
    physical->blob = &window->blob;
    lvm->window_count++;
}

/* What is at this place, if it is a physical volume. */
static void look_at(struct lvm *lvm, struct place *place)
{
    struct sw_window window;
    struct sw_lvm_pv other = {0};
    struct sw_error ignored;

    sw_window_init(&window, place->disk, place->at, UINT64_MAX);
    if (sw_lvm_pv_read(&window.blob, &other, &ignored) != SW_OK)
        return;
    struct sw_lvm_physical *physical = sw_lvm_physical(&lvm->group, other.uuid);
    if (memcmp(other.uuid, lvm->pv.uuid, SW_LVM_UUID_SIZE) == 0)
        place->own++;
    else if (lvm->pv.text == NULL)
        place->others = place->others || lists(&other, lvm->pv.uuid);
    else if (physical != NULL && physical->blob == NULL) {
        place->others = place->others || (place->own == 0 && same_text(&lvm->pv, &other));
        add_window(lvm, place, physical);
    }
    sw_lvm_pv_done(&other);
}

/* Labels where partitions begin: at every MiB that is no hole. */
static void search(struct lvm *lvm, struct sw_blob *disk)
{
    struct place place = {.disk = disk};
    uint8_t head[SW_LVM_LABEL_AREA];
    struct sw_error ignored;

    while (place.at < disk->size) {
        uint64_t start = 0;
        uint64_t end = 0;
        size_t got = 0;
        size_t at = 0;
        sw_blob_extent(disk, place.at, &start, &end);
        if (start >= disk->size)
            break;
        if (start - start % PLACE_STEP > place.at)
            place.at = start - start % PLACE_STEP;
        if (sw_blob_read_at(disk, place.at, head, sizeof(head), &got, &ignored) == SW_OK &&
            sw_lvm_label((struct sw_view){head, got}, &at))
            look_at(lvm, &place);
        place.at += PLACE_STEP;
    }
    /* A copy of a physical volume, or one that others do not find, speaks for itself. */
    lvm->others = place.others && place.own == 1;
}

static size_t missing_count(const struct sw_lvm_group *group)
{
    size_t count = 0;
    for (size_t i = 0; i < group->physical_count; i++)
        count += group->physicals[i].blob == NULL ? 1 : 0;
    return count;
}

/* --- the source ------------------------------------------------------------------- */

static void close_volume(void *state)
{
    struct lvm *lvm = state;

    sw_lvm_group_close(&lvm->group);
    sw_lvm_pv_done(&lvm->pv);
    sw_buf_done(&lvm->name);
    free(lvm->windows);
    free(lvm);
}

static enum sw_status open_group(struct lvm *lvm, const struct sw_input *input,
                                 struct sw_error *error)
{
    const struct sw_view text = {lvm->pv.text, lvm->pv.text_size};
    enum sw_status status = sw_lvm_group_open(&lvm->group, text, error);

    if (status != SW_OK)
        return status;
    struct sw_lvm_physical *own = sw_lvm_physical(&lvm->group, lvm->pv.uuid);
    if (own == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0,
                           "physical volume %s is none of its own volume group", lvm->pv.uuid);
    own->blob = input->blob;
    if (input->around != NULL && missing_count(&lvm->group) != 0)
        search(lvm, input->around);
    return SW_OK;
}

/* A physical volume that keeps no description. */
static enum sw_status open_mute(struct lvm *lvm, const struct sw_input *input,
                                struct sw_error *error)
{
    if (lvm->pv.has_areas)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0,
                           "physical volume %s: no description of its volume group is whole",
                           lvm->pv.uuid);
    if (input->around != NULL)
        search(lvm, input->around);
    if (lvm->others)
        return SW_OK;
    return sw_fail_gap(error, SW_DEAD, SW_GAP_MISSING_PART, ROOM, 0,
                       "physical volume %s: the description of its volume group is on another "
                       "one that is not here",
                       lvm->pv.uuid);
}

static enum sw_status open_volume(const struct sw_input *input, const struct sw_source_setup *setup,
                                  void **state, struct sw_error *error)
{
    struct lvm *lvm = calloc(1, sizeof(*lvm));

    (void)setup;
    if (lvm != NULL)
        lvm->windows = calloc(FOUND_MAX, sizeof(*lvm->windows));
    if (lvm == NULL || lvm->windows == NULL) {
        free(lvm);
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    }
    sw_buf_init(&lvm->name, 2 * SW_LVM_NAME_MAX + 2);
    enum sw_status status = sw_lvm_pv_read(input->blob, &lvm->pv, error);
    if (status == SW_OK)
        status =
            lvm->pv.text != NULL ? open_group(lvm, input, error) : open_mute(lvm, input, error);
    if (status != SW_OK) {
        close_volume(lvm);
        return SW_DEAD;
    }
    lvm->stage = lvm->others ? DONE : VISIBLE;
    *state = lvm;
    return SW_OK;
}

/* The next logical volume; NULL: that was all. First those that are to be seen, then those that
 * nothing that could be put together is made of. */
static struct sw_lvm_logical *next_logical(struct lvm *lvm)
{
    while (lvm->stage != DONE) {
        if (lvm->at == lvm->group.logical_count) {
            lvm->stage = lvm->stage == VISIBLE ? HIDDEN : DONE;
            lvm->at = 0;
            continue;
        }
        struct sw_lvm_logical *logical = &lvm->group.logicals[lvm->at++];
        if (lvm->stage == VISIBLE ? logical->visible : !logical->visible && !logical->used)
            return logical;
    }
    return NULL;
}

static struct sw_view first_of(struct sw_view name)
{
    return sw_view_first(name, SW_LVM_NAME_MAX);
}

static bool make_name(struct lvm *lvm, const struct sw_lvm_logical *logical)
{
    const struct sw_view group = first_of(lvm->group.name);
    const struct sw_view volume = first_of(logical->section->name);

    sw_buf_clear(&lvm->name);
    return sw_buf_append(&lvm->name, group.data, group.size) == SW_OK &&
           sw_buf_append_u8(&lvm->name, '/') == SW_OK &&
           sw_buf_append(&lvm->name, volume.data, volume.size) == SW_OK;
}

static enum sw_status next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct lvm *lvm = state;
    struct sw_lvm_logical *logical = next_logical(lvm);

    if (logical == NULL)
        return SW_END;
    if (!make_name(lvm, logical))
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a name");
    enum sw_status status = sw_lvm_make(&lvm->group, logical, error);
    *member = (struct sw_member){
        .kind = SW_MEMBER_DISK,
        .name = sw_buf_view(&lvm->name),
        .facts = {.size = logical->map.blob.size,
                  .mtime_ns = SW_TIME_UNKNOWN,
                  .ctime_ns = SW_TIME_UNKNOWN,
                  .btime_ns = SW_TIME_UNKNOWN,
                  .atime_ns = SW_TIME_UNKNOWN},
        .size_known = true,
        .in_place = &logical->map.blob,
    };
    return status;
}

static enum sw_status read_nothing(void *state, struct sw_piece *piece, struct sw_error *error)
{
    (void)state;
    (void)piece;
    (void)error;
    return SW_END;
}

const struct sw_source sw_source_lvm = {
    .kind = "lvm",
    .disk = true,
    .probe = probe,
    .open = open_volume,
    .next = next,
    .read = read_nothing,
    .close = close_volume,
};
