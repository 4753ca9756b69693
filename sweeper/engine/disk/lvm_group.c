/* SPDX-License-Identifier: Apache-2.0 */
/* lvm_group.c - from the description of a volume group to maps of its volumes. */
#include "engine/disk/lvm_group.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/view.h"
#include "engine/disk/lvm_pv.h"

#define ROOM "lvm"

enum { SECTOR = 512, SHOWN = 128 };

static int shown(struct sw_view view)
{
    return (int)(view.size < SHOWN ? view.size : SHOWN);
}

/* --- the group -------------------------------------------------------------------- */

static size_t count_sections(const struct sw_lvm_text *text, const struct sw_lvm_node *section)
{
    size_t count = 0;

    if (section == NULL)
        return 0;
    for (const struct sw_lvm_node *node = sw_lvm_first(text, section); node != NULL;
         node = sw_lvm_next(text, node))
        count += node->kind == SW_LVM_SECTION ? 1 : 0;
    return count;
}

static bool list_has(const struct sw_lvm_text *text, const struct sw_lvm_node *section,
                     const char *name, struct sw_view value)
{
    const struct sw_lvm_node *list = sw_lvm_find(text, section, name, SW_LVM_LIST);

    for (const struct sw_lvm_node *node = list == NULL ? NULL : sw_lvm_first(text, list);
         node != NULL; node = sw_lvm_next(text, node))
        if (node->kind == SW_LVM_TEXT && sw_view_equal(node->text, value))
            return true;
    return false;
}

/* Sectors as bytes; 0 when that is no number, or too large. */
static uint64_t sectors(uint64_t count)
{
    return count > INT64_MAX / SECTOR ? 0 : count * SECTOR;
}

static void read_physicals(struct sw_lvm_group *group, const struct sw_lvm_node *section)
{
    const struct sw_lvm_text *text = &group->text;

    for (const struct sw_lvm_node *node = sw_lvm_first(text, section);
         node != NULL && group->physical_count < SW_LVM_PVS_MAX; node = sw_lvm_next(text, node)) {
        if (node->kind != SW_LVM_SECTION)
            continue;
        const uint64_t start = sw_lvm_number(text, node, "pe_start");
        group->physicals[group->physical_count++] = (struct sw_lvm_physical){
            .name = node->name,
            .id = sw_lvm_string(text, node, "id"),
            .size = sectors(sw_lvm_number(text, node, "dev_size")),
            .data_at = start > INT64_MAX / SECTOR ? UINT64_MAX : start * SECTOR,
        };
    }
}

static void read_logicals(struct sw_lvm_group *group, const struct sw_lvm_node *section)
{
    const struct sw_lvm_text *text = &group->text;

    for (const struct sw_lvm_node *node = sw_lvm_first(text, section);
         node != NULL && group->logical_count < SW_LVM_LVS_MAX; node = sw_lvm_next(text, node)) {
        if (node->kind != SW_LVM_SECTION)
            continue;
        struct sw_lvm_logical *logical = &group->logicals[group->logical_count++];
        logical->section = node;
        logical->visible = list_has(text, node, "status", SW_VIEW("VISIBLE"));
        sw_map_init(&logical->map);
    }
}

/* The one section with an extent size: its name is the group's. */
static const struct sw_lvm_node *find_group(const struct sw_lvm_text *text)
{
    for (const struct sw_lvm_node *node = sw_lvm_first(text, &text->nodes[0]); node != NULL;
         node = sw_lvm_next(text, node))
        if (node->kind == SW_LVM_SECTION && sw_lvm_number(text, node, "extent_size") != UINT64_MAX)
            return node;
    return NULL;
}

enum sw_status sw_lvm_group_open(struct sw_lvm_group *group, struct sw_view text,
                                 struct sw_error *error)
{
    struct sw_lvm_group made = {0};
    enum sw_status status = sw_lvm_parse(text, &made.text, error);

    if (status != SW_OK)
        return status;
    const struct sw_lvm_node *section = find_group(&made.text);
    made.extent_size =
        section == NULL ? 0 : sectors(sw_lvm_number(&made.text, section, "extent_size"));
    if (section == NULL || made.extent_size == 0) {
        sw_lvm_group_close(&made);
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0,
                           "the description of a volume group has no group in it");
    }
    const struct sw_lvm_node *physicals =
        sw_lvm_find(&made.text, section, "physical_volumes", SW_LVM_SECTION);
    const struct sw_lvm_node *logicals =
        sw_lvm_find(&made.text, section, "logical_volumes", SW_LVM_SECTION);
    const size_t physical_count = count_sections(&made.text, physicals);
    const size_t logical_count = count_sections(&made.text, logicals);
    made.name = section->name;
    made.id = sw_lvm_string(&made.text, section, "id");
    if (physical_count > SW_LVM_PVS_MAX || logical_count > SW_LVM_LVS_MAX) {
        status = sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMBERS, ROOM, 0,
                             "volume group %.*s has %zu physical and %zu logical volumes",
                             shown(made.name), (const char *)made.name.data, physical_count,
                             logical_count);
        sw_lvm_group_close(&made);
        return status;
    }
    made.physicals = calloc(physical_count + 1, sizeof(*made.physicals));
    made.logicals = calloc(logical_count + 1, sizeof(*made.logicals));
    if (made.physicals == NULL || made.logicals == NULL) {
        sw_lvm_group_close(&made);
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                           "no memory for a volume group");
    }
    if (physicals != NULL)
        read_physicals(&made, physicals);
    if (logicals != NULL)
        read_logicals(&made, logicals);
    *group = made;
    return SW_OK;
}

void sw_lvm_group_close(struct sw_lvm_group *group)
{
    for (size_t i = 0; i < group->logical_count; i++)
        sw_map_done(&group->logicals[i].map);
    free(group->logicals);
    free(group->physicals);
    sw_lvm_text_done(&group->text);
    *group = (struct sw_lvm_group){0};
}

static bool same_uuid(struct sw_view id, const char *uuid)
{
    size_t at = 0;

    for (size_t i = 0; i < id.size; i++) {
        if (id.data[i] == '-')
            continue;
        if (at == SW_LVM_UUID_SIZE || id.data[i] != (uint8_t)uuid[at])
            return false;
        at++;
    }
    return at == SW_LVM_UUID_SIZE;
}

struct sw_lvm_physical *sw_lvm_physical(struct sw_lvm_group *group, const char *uuid)
{
    for (size_t i = 0; i < group->physical_count; i++)
        if (same_uuid(group->physicals[i].id, uuid))
            return &group->physicals[i];
    return NULL;
}

/* --- segments --------------------------------------------------------------------- */

static enum sw_status unlike(const struct sw_lvm_group *group, const struct sw_lvm_logical *logical,
                             enum sw_gap gap, const char *what, struct sw_view more,
                             struct sw_error *error)
{
    const struct sw_view name = logical->section->name;
    return sw_fail_gap(error, SW_SKIP, gap, ROOM, 0, "logical volume %.*s/%.*s: %s%.*s",
                       shown(group->name), (const char *)group->name.data, shown(name),
                       (const char *)name.data, what, shown(more), (const char *)more.data);
}

struct segment {
    const struct sw_lvm_node *section;
    struct sw_view type;
    uint64_t size; /* bytes */
};

/* The segment behind `before` (NULL: the first one). SW_END: there is none. */
static enum sw_status next_segment(const struct sw_lvm_group *group,
                                   const struct sw_lvm_logical *logical,
                                   const struct sw_lvm_node *before, struct segment *segment,
                                   struct sw_error *error)
{
    const struct sw_lvm_text *text = &group->text;
    const struct sw_lvm_node *node =
        before == NULL ? sw_lvm_first(text, logical->section) : sw_lvm_next(text, before);
    const struct sw_view none = {(const uint8_t *)"", 0};
    uint64_t start = 0;

    while (node != NULL && node->kind != SW_LVM_SECTION)
        node = sw_lvm_next(text, node);
    if (node == NULL)
        return SW_END;
    *segment = (struct segment){.section = node, .type = sw_lvm_string(text, node, "type")};
    if (__builtin_mul_overflow(sw_lvm_number(text, node, "extent_count"), group->extent_size,
                               &segment->size) ||
        __builtin_mul_overflow(sw_lvm_number(text, node, "start_extent"), group->extent_size,
                               &start) ||
        segment->size == 0 || start != logical->map.blob.size)
        return unlike(group, logical, SW_GAP_DAMAGED, "its segments do not follow one another",
                      none, error);
    return SW_OK;
}

/* --- volumes of physical ones ------------------------------------------------------- */

static struct sw_lvm_physical *find_physical(const struct sw_lvm_group *group, struct sw_view name)
{
    for (size_t i = 0; i < group->physical_count; i++)
        if (sw_view_equal(group->physicals[i].name, name))
            return &group->physicals[i];
    return NULL;
}

/* Pairs of a physical volume and an extent; how many, or 0: that is none. */
static size_t read_legs(const struct sw_lvm_group *group, struct sw_lvm_logical *logical,
                        const struct segment *segment,
                        struct sw_map_leg legs[static SW_MAP_LEGS_MAX])
{
    const struct sw_lvm_text *text = &group->text;
    const struct sw_lvm_node *list = sw_lvm_find(text, segment->section, "stripes", SW_LVM_LIST);
    const struct sw_lvm_node *node = list == NULL ? NULL : sw_lvm_first(text, list);
    size_t count = 0;

    while (node != NULL) {
        const struct sw_lvm_node *extent = sw_lvm_next(text, node);
        const struct sw_lvm_physical *physical = find_physical(group, node->text);
        struct sw_map_leg leg = {0};
        if (count == SW_MAP_LEGS_MAX || node->kind != SW_LVM_TEXT || extent == NULL ||
            extent->kind != SW_LVM_NUMBER || physical == NULL ||
            __builtin_mul_overflow(extent->number, group->extent_size, &leg.at) ||
            __builtin_add_overflow(leg.at, physical->data_at, &leg.at) || leg.at > INT64_MAX)
            return 0;
        leg.under = physical->blob;
        if (leg.under == NULL && logical->missing == NULL)
            logical->missing = physical;
        legs[count++] = leg;
        node = sw_lvm_next(text, extent);
    }
    return count;
}

static enum sw_status add_striped(struct sw_lvm_group *group, struct sw_lvm_logical *logical,
                                  const struct segment *segment, struct sw_error *error)
{
    struct sw_map_leg legs[SW_MAP_LEGS_MAX];
    const size_t count = read_legs(group, logical, segment, legs);
    uint64_t stripe = 0;

    if (count > 1) {
        stripe = sectors(sw_lvm_number(&group->text, segment->section, "stripe_size"));
        if (stripe == 0 || stripe > INT64_MAX / SW_MAP_LEGS_MAX ||
            segment->size % (stripe * count) != 0)
            return unlike(group, logical, SW_GAP_DAMAGED,
                          "its stripes make no sense: ", segment->section->name, error);
    }
    if (count == 0)
        return unlike(group, logical, SW_GAP_DAMAGED,
                      "lies on no physical volume: ", segment->section->name, error);
    return sw_map_add(&logical->map, segment->size, stripe, legs, count, error);
}

static bool is_type(const struct segment *segment, const char *type)
{
    return sw_view_equal(segment->type, sw_view_of(type));
}

/* One of segments that need no other logical volume. */
static enum sw_status make_plain(struct sw_lvm_group *group, struct sw_lvm_logical *logical,
                                 struct sw_error *error)
{
    struct segment segment = {0};
    enum sw_status status = SW_OK;

    if (logical->made == SW_LVM_MADE)
        return SW_OK;
    if (logical->made == SW_LVM_FAILED)
        return unlike(group, logical, SW_GAP_DAMAGED, "cannot be put together",
                      (struct sw_view){(const uint8_t *)"", 0}, error);
    logical->made = SW_LVM_FAILED;
    while (status == SW_OK) {
        status = next_segment(group, logical, segment.section, &segment, error);
        if (status != SW_OK)
            break;
        if (is_type(&segment, "striped") || is_type(&segment, "linear"))
            status = add_striped(group, logical, &segment, error);
        else if (is_type(&segment, "zero"))
            status = sw_map_add(&logical->map, segment.size, 0, NULL, 0, error);
        else
            status = unlike(group, logical, SW_GAP_UNSUPPORTED,
                            "segments of this kind: ", segment.type, error);
    }
    if (status != SW_END)
        return status;
    logical->made = SW_LVM_MADE;
    logical->state = sw_map_state(&logical->map);
    return SW_OK;
}

/* --- mirrors ---------------------------------------------------------------------- */

static struct sw_lvm_logical *find_logical(const struct sw_lvm_group *group, struct sw_view name)
{
    for (size_t i = 0; i < group->logical_count; i++)
        if (sw_view_equal(group->logicals[i].section->name, name))
            return &group->logicals[i];
    return NULL;
}

/* The first leg that is whole, or else the first one that can be made. All that could be made
 * count as used. NULL: none can. */
static struct sw_lvm_logical *choose_leg(struct sw_lvm_group *group,
                                         const struct sw_lvm_logical *logical,
                                         const struct sw_lvm_node *list, uint64_t *at)
{
    const struct sw_lvm_text *text = &group->text;
    struct sw_lvm_logical *best = NULL;
    struct sw_error ignored;

    for (const struct sw_lvm_node *node = sw_lvm_first(text, list); node != NULL;
         node = sw_lvm_next(text, node)) {
        struct sw_lvm_logical *leg =
            node->kind == SW_LVM_TEXT ? find_logical(group, node->text) : NULL;
        const struct sw_lvm_node *extent = sw_lvm_next(text, node);
        uint64_t offset = 0;
        if (leg == NULL || leg == logical || make_plain(group, leg, &ignored) != SW_OK)
            continue;
        leg->used = true;
        if (extent != NULL && extent->kind == SW_LVM_NUMBER &&
            __builtin_mul_overflow(extent->number, group->extent_size, &offset))
            continue;
        /* Of RAID 1 the small volumes of states stand between the others. */
        const bool holds = offset < leg->map.blob.size;
        const bool meta = sw_view_has(leg->section->name, SW_VIEW("_rmeta_"));
        const bool whole = leg->state.missing == 0 && leg->state.cut == 0;
        const bool best_whole = best != NULL && best->state.missing == 0 && best->state.cut == 0;
        if (holds && !meta && (best == NULL || (whole && !best_whole))) {
            best = leg;
            *at = offset;
        }
    }
    return best;
}

static enum sw_status make_mirror(struct sw_lvm_group *group, struct sw_lvm_logical *logical,
                                  const char *type, const char *legs, struct sw_error *error)
{
    struct segment segment = {0};
    enum sw_status status = SW_OK;

    logical->made = SW_LVM_FAILED;
    while (status == SW_OK) {
        status = next_segment(group, logical, segment.section, &segment, error);
        if (status != SW_OK)
            break;
        const struct sw_lvm_node *list =
            sw_lvm_find(&group->text, segment.section, legs, SW_LVM_LIST);
        struct sw_map_leg leg = {0};
        struct sw_lvm_logical *chosen = list == NULL || !is_type(&segment, type)
                                            ? NULL
                                            : choose_leg(group, logical, list, &leg.at);
        if (chosen == NULL)
            return unlike(group, logical, SW_GAP_DAMAGED,
                          "none of its legs can be had: ", segment.section->name, error);
        leg.under = &chosen->map.blob;
        status = sw_map_add(&logical->map, segment.size, 0, &leg, 1, error);
        logical->state.missing += chosen->state.missing;
        logical->state.cut += chosen->state.cut;
        if (logical->missing == NULL)
            logical->missing = chosen->missing;
    }
    if (status != SW_END)
        return status;
    logical->made = SW_LVM_MADE;
    logical->state.cut += sw_map_state(&logical->map).cut;
    return SW_OK;
}

/* --- one volume ------------------------------------------------------------------- */

static enum sw_status make_any(struct sw_lvm_group *group, struct sw_lvm_logical *logical,
                               struct sw_error *error)
{
    struct segment segment;

    if (logical->made == SW_LVM_NOT_YET &&
        next_segment(group, logical, NULL, &segment, error) == SW_OK) {
        if (is_type(&segment, "mirror"))
            return make_mirror(group, logical, "mirror", "mirrors", error);
        if (is_type(&segment, "raid1"))
            return make_mirror(group, logical, "raid1", "raids", error);
    }
    return make_plain(group, logical, error);
}

enum sw_status sw_lvm_make(struct sw_lvm_group *group, struct sw_lvm_logical *logical,
                           struct sw_error *error)
{
    const struct sw_view none = {(const uint8_t *)"", 0};

    enum sw_status status = make_any(group, logical, error);
    if (status != SW_OK)
        return SW_SKIP;
    if (logical->state.missing != 0) {
        (void)unlike(group, logical, SW_GAP_MISSING_PART,
                     "not all of it is here; missing is physical volume ",
                     logical->missing == NULL ? none : logical->missing->id, error);
        return logical->state.missing >= logical->map.blob.size ? SW_SKIP : SW_PART;
    }
    if (logical->state.cut != 0) {
        (void)unlike(group, logical, SW_GAP_TRUNCATED,
                     "a part of it lies behind the end of the disk", none, error);
        return logical->state.cut >= logical->map.blob.size ? SW_SKIP : SW_PART;
    }
    return SW_OK;
}
