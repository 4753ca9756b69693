/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk_parts.c - files beside one another whose names say that they are one object.
 *
 * Only the directory and the table of names (part_name.h) decide what is opened, and
 * each name is opened as any entry of the walk is: beneath the directory, regular files
 * only, never through a symlink.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/view.h"
#include "supervisor/walk_private.h"
#include "sweeper/part_name.h"

enum { PURSE_DELAY_NS = 2000000 };

/* What stands at the name of a part. */
struct found {
    enum sw_part_state state; /* SW_PART_THERE: it may be opened */
    uint64_t size;
};

/* The path of an entry; the caller frees. */
static char *path_of(const struct sw_beside *beside, const char *name)
{
    const size_t size = strlen(name);
    char *path = sw_walk_alloc(beside->path_size + size + 2);

    if (beside->path_size != 0)
        memcpy(path, beside->path, beside->path_size);
    path[beside->path_size] = '/';
    memcpy(path + beside->path_size + 1, name, size + 1);
    return path;
}

static bool is_left_out(const struct sw_beside *beside, const char *name,
                        const struct sw_facts *facts)
{
    const struct sw_walk *walk = beside->walker->walk;

    if (sw_walk_is_own_output(walk, facts))
        return true;
    if (walk->excludes.count == 0)
        return false;
    char *path = walk->excludes.need_path ? path_of(beside, name) : NULL;
    const bool excluded = sw_excludes_match(&walk->excludes, name, path, false);
    free(path);
    return excluded;
}

static struct found look(const struct sw_beside *beside, const char *name)
{
    struct stat found;

    /* What is mounted there may never answer. */
    if (sw_mounts_child(beside->mounts, beside->mount_count, name) != NULL)
        return (struct found){.state = SW_PART_LEFT_OUT};
    if (fstatat(beside->dir, name, &found, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0)
        return (struct found){.state = errno == ENOENT ? SW_PART_ABSENT : SW_PART_UNREADABLE};
    if (!S_ISREG(found.st_mode))
        return (struct found){.state = SW_PART_ABSENT};
    const struct sw_facts facts = {.device = found.st_dev, .inode = found.st_ino};
    return (struct found){.state =
                              is_left_out(beside, name, &facts) ? SW_PART_LEFT_OUT : SW_PART_THERE,
                          .size = (uint64_t)found.st_size};
}

bool sw_walk_is_beside(const struct sw_beside *beside, const char *name)
{
    return look(beside, name).state == SW_PART_THERE;
}

static struct found look_for(const struct sw_beside *beside, const struct sw_part_name *part,
                             uint32_t number)
{
    char name[SW_PART_NAME_MAX + 1];

    return sw_part_name_write(part, number, name) ? look(beside, name)
                                                  : (struct found){.state = SW_PART_ABSENT};
}

/* The second part of a name that others have as well: both must look like what is cut
 * into pieces of one size. */
static bool is_cut(const struct sw_beside *beside, const struct sw_part_name *part,
                   uint64_t lead_size)
{
    const struct found second = look_for(beside, part, 2);

    return part->strong || (second.state == SW_PART_THERE && second.size <= lead_size);
}

/* --- opening -------------------------------------------------------------------------- */

/* Descriptors for the parts; false after a stop, or when there are never that many. The
 * walker holds none of its own while it waits: those who have some can go on. */
static bool take_descriptors(struct sw_walker *walker, struct sw_part_set *set, size_t count)
{
    const struct timespec delay = {.tv_nsec = PURSE_DELAY_NS};

    if (count > sw_part_purse_size())
        return false;
    while (!sw_part_purse_take(count)) {
        sw_walker_flush(walker);
        if (sw_walk_stopped(walker->walk))
            return false;
        nanosleep(&delay, NULL);
    }
    set->taken = count;
    return true;
}

/* A part that is there becomes a descriptor, or what happened to it meanwhile. */
static void open_part(const struct sw_beside *beside, struct sw_part_set *set, size_t at)
{
    struct sw_part *part = &set->parts[at];
    struct sw_facts facts;
    int fd = sw_walk_open_entry(beside->walker, beside->dir, part->name, false, &facts);

    part->state = SW_PART_UNREADABLE;
    if (fd < 0 && (errno == ENOENT || errno == ELOOP))
        part->state = SW_PART_ABSENT;
    if (fd < 0)
        return;
    if (!S_ISREG(facts.mode)) {
        close(fd);
        part->state = SW_PART_ABSENT;
        return;
    }
    part->state = SW_PART_THERE;
    part->fd = fd;
    part->facts = facts;
    set->fd_count++;
}

static void name_part(struct sw_part_set *set, size_t at, const char *name,
                      enum sw_part_state state)
{
    struct sw_part *part = &set->parts[at];

    const size_t size = strlen(name) + 1;

    part->name = sw_walk_alloc(size);
    memcpy(part->name, name, size);
    part->state = state;
}

static struct sw_part_set *new_set(enum sw_set_role role, size_t count)
{
    unsigned attempts = 0;
    struct sw_part_set *set;

    while ((set = sw_part_set_new(role, count)) == NULL)
        sw_walk_wait_for_memory(&attempts);
    return set;
}

/* --- a part that leads ------------------------------------------------------------------ */

static void say_too_many(const struct sw_beside *beside, const char *name,
                         const struct sw_facts *facts, size_t most)
{
    char *path = path_of(beside, name);
    const struct sw_walk_gap gap = {.gap = SW_GAP_LIMIT_MEMBERS,
                                    .facts = facts,
                                    .root_index = beside->root_index,
                                    .path = path,
                                    .path_size = strlen(path)};

    sw_walker_add_gap(beside->walker, &gap,
                      "its set has more than %zu parts, and no more are opened together", most);
    free(path);
}

/* The number of the last part that is there, in whatever state; 0: none is. */
static uint32_t last_part(const struct sw_beside *beside, const struct sw_part_name *part)
{
    uint32_t last = 0;
    uint32_t missing = 0;

    for (uint32_t n = 1; n <= SW_PARTS_MAX + 1 && missing < SW_PART_AHEAD_MAX; n++) {
        const bool there =
            n == sw_part_name_lead(part) || look_for(beside, part, n).state != SW_PART_ABSENT;
        missing = there ? 0 : missing + 1;
        last = there ? n : last;
    }
    return last;
}

/* Whether the one that leads finds this one: what is further away than it looks is
 * opened by itself. Parts of one set mostly come one after the other. */
static bool is_found(const struct sw_beside *beside, const struct sw_part_name *part,
                     const char *lead)
{
    struct sw_walker *walker = beside->walker;
    char *path = path_of(beside, lead);

    if (walker->set_lead == NULL || strcmp(walker->set_lead, path) != 0) {
        walker->set_last = last_part(beside, part);
        free(walker->set_lead);
        walker->set_lead = path;
    } else {
        free(path);
    }
    return part->number <= walker->set_last;
}

/* The parts in the order in which they are joined, `itself` among them. */
static struct sw_part_set *gather(const struct sw_beside *beside, const struct sw_part_name *part,
                                  uint32_t last, const struct sw_facts *facts)
{
    const uint32_t lead = sw_part_name_lead(part);
    const size_t all = last + (lead == 0 ? 1U : 0U);
    const size_t count = all < SW_PARTS_MAX ? all : SW_PARTS_MAX;
    struct sw_part_set *set = new_set(SW_SET_LEAD, count);
    char name[SW_PART_NAME_MAX + 1];
    size_t there = 0;

    for (size_t i = 0; i < count; i++) {
        const uint32_t number = lead == 0 && i + 1 == count ? 0 : (uint32_t)i + 1;
        if (!sw_part_name_write(part, number, name))
            name[0] = '\0';
        const enum sw_part_state state =
            number == part->number ? SW_PART_ITEM : look(beside, name).state;
        name_part(set, i, name, state);
        there += state == SW_PART_THERE ? 1 : 0;
    }
    const size_t purse = sw_part_purse_size();
    if ((all > count || there > purse) && sw_part_name_write(part, part->number, name))
        say_too_many(beside, name, facts, there > purse ? purse : count);
    if (!take_descriptors(beside->walker, set, there)) {
        sw_part_set_free(set);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (set->parts[i].state == SW_PART_THERE)
            open_part(beside, set, i);
    return set;
}

struct sw_part_set *sw_walk_gather(const struct sw_beside *beside, char *const names[],
                                   size_t count)
{
    struct sw_part_set *set = new_set(SW_SET_LEAD, count);

    for (size_t i = 0; i < count; i++)
        name_part(set, i, names[i], i == 0 ? SW_PART_ITEM : SW_PART_THERE);
    if (!take_descriptors(beside->walker, set, count - 1)) {
        sw_part_set_free(set);
        return NULL;
    }
    for (size_t i = 1; i < count; i++)
        open_part(beside, set, i);
    return set;
}

/* --- a part that does not ------------------------------------------------------------------ */

/* One with the part that leads it, or nothing when that cannot be had. */
static struct sw_part_set *follow(const struct sw_beside *beside, const char *lead)
{
    struct sw_part_set *set = new_set(SW_SET_FOLLOWER, 1);

    name_part(set, 0, lead, SW_PART_THERE);
    if (take_descriptors(beside->walker, set, 1))
        open_part(beside, set, 0);
    if (set->fd_count == 1)
        return set;
    sw_part_set_free(set);
    return NULL;
}

/* The first of those that are there says that the one that leads is not. */
static struct sw_part_set *stray(const struct sw_beside *beside, const struct sw_part_name *part,
                                 const char *lead, enum sw_part_state state)
{
    if (!part->missed)
        return NULL;
    for (uint32_t n = part->number; n-- > 1;)
        if (n != sw_part_name_lead(part) && look_for(beside, part, n).state == SW_PART_THERE)
            return NULL;
    struct sw_part_set *set = new_set(SW_SET_ORPHAN, 1);
    name_part(set, 0, lead, state);
    return set;
}

static bool is_target(const struct sw_beside *beside, const struct sw_part_name *part,
                      uint32_t number)
{
    char name[SW_PART_NAME_MAX + 1];
    struct stat found;

    if (!sw_part_name_write(part, number, name) ||
        fstatat(beside->dir, name, &found, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0)
        return false;
    char *path = path_of(beside, name);
    const struct sw_facts facts = {.device = found.st_dev, .inode = found.st_ino};
    const bool target = sw_walk_is_file_target(beside->walker->walk, &facts, path);
    free(path);
    return target;
}

/* A target by itself opens the set, unless one before it does. */
static bool stands_in(const struct sw_beside *beside, const struct sw_part_name *part)
{
    if (!beside->target || is_target(beside, part, sw_part_name_lead(part)))
        return false;
    for (uint32_t n = 1; n < part->number; n++)
        if (is_target(beside, part, n))
            return false;
    return true;
}

struct sw_part_set *sw_walk_parts(const struct sw_beside *beside, const char *name,
                                  const struct sw_facts *facts)
{
    char lead[SW_PART_NAME_MAX + 1];
    struct sw_part_name part;
    uint32_t last;

    if (!sw_part_name_read(sw_view_of(name), &part) ||
        !sw_part_name_write(&part, sw_part_name_lead(&part), lead))
        return NULL;
    if (sw_part_name_leads(&part) && (part.form == SW_PARTS_VMDK || part.form == SW_PARTS_DISK))
        return sw_walk_image(beside, &part, name);
    if (sw_part_name_leads(&part)) {
        last = is_cut(beside, &part, facts->size) ? last_part(beside, &part) : 0;
        return last > sw_part_name_lead(&part) ? gather(beside, &part, last, facts) : NULL;
    }
    const struct found first = look(beside, lead);
    if (first.state != SW_PART_THERE)
        return stray(beside, &part, lead, first.state);
    if (!is_cut(beside, &part, first.size) || !is_found(beside, &part, lead))
        return NULL;
    if (part.form == SW_PARTS_VMDK && beside->target &&
        !is_target(beside, &part, sw_part_name_lead(&part)))
        return NULL; /* an extent by itself */
    if (!stands_in(beside, &part))
        return follow(beside, lead);
    return gather(beside, &part, beside->walker->set_last, facts);
}
