/* SPDX-License-Identifier: Apache-2.0 */
/* walk_dir.c - nodes of directories, and which of them hold a descriptor. */
#include "supervisor/walk_dir.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void sw_dirs_init(struct sw_dirs *dirs, unsigned held_max)
{
    *dirs = (struct sw_dirs){.held_max = held_max};
    pthread_mutex_init(&dirs->lock, NULL);
}

void sw_dirs_done(struct sw_dirs *dirs)
{
    assert(dirs->held == 0);
    pthread_mutex_destroy(&dirs->lock);
}

/* --- Nodes --- */

static void set_path(struct sw_dir *dir)
{
    uint64_t hash = SW_PATH_HASH_START;

    if (dir->parent != NULL) {
        hash = sw_path_hash(dir->parent->path_hash, "/", 1);
        dir->path_size = dir->parent->path_size + 1;
    }
    dir->path_size += dir->name_size;
    dir->path_hash = sw_path_hash(hash, dir->name, dir->name_size);
}

struct sw_dir *sw_dir_new(struct sw_dir *parent, uint32_t root_index, const char *name,
                          size_t name_size)
{
    struct sw_dir *dir = calloc(1, sizeof *dir + name_size + 1);

    if (dir == NULL)
        return NULL;
    assert(name_size <= UINT16_MAX);
    atomic_init(&dir->references, 1);
    dir->fd = -1;
    dir->root_index = root_index;
    dir->name_size = (uint16_t)name_size;
    memcpy(dir->name, name, name_size);
    if (parent != NULL) {
        atomic_fetch_add_explicit(&parent->references, 1, memory_order_relaxed);
        dir->parent = parent;
    }
    set_path(dir);
    return dir;
}

void sw_dir_path(const struct sw_dir *dir, char *out)
{
    size_t end = dir->path_size;

    out[end] = '\0';
    for (; dir != NULL; dir = dir->parent) {
        end -= dir->name_size;
        memcpy(out + end, dir->name, dir->name_size);
        if (dir->parent != NULL)
            out[--end] = '/';
    }
    assert(end == 0);
}

/* --- Held descriptors: everything below runs under the lock --- */

static void unlink_held(struct sw_dirs *dirs, struct sw_dir *dir)
{
    if (dir->newer != NULL)
        dir->newer->older = dir->older;
    else
        dirs->newest = dir->older;
    if (dir->older != NULL)
        dir->older->newer = dir->newer;
    else
        dirs->oldest = dir->newer;
    dir->newer = NULL;
    dir->older = NULL;
}

static void link_newest(struct sw_dirs *dirs, struct sw_dir *dir)
{
    dir->older = dirs->newest;
    if (dirs->newest != NULL)
        dirs->newest->newer = dir;
    else
        dirs->oldest = dir;
    dirs->newest = dir;
}

/* close(2) of a directory that was only read does not wait for a disk. */
static void let_go(struct sw_dirs *dirs, struct sw_dir *dir)
{
    unlink_held(dirs, dir);
    dirs->held--;
    dir->place_lost = !dir->listed;
    close(dir->fd);
    dir->fd = -1;
}

static void let_go_of_oldest(struct sw_dirs *dirs, unsigned keep)
{
    struct sw_dir *dir = dirs->oldest;

    while (dir != NULL && dirs->held > keep) {
        struct sw_dir *newer = dir->newer;

        if (dir->pins == 0)
            let_go(dirs, dir);
        dir = newer;
    }
}

static void let_go_if_done(struct sw_dirs *dirs, struct sw_dir *dir)
{
    if (dir->fd >= 0 && dir->pins == 0 && dir->listed && dir->waiting == 0)
        let_go(dirs, dir);
}

static int pin(struct sw_dirs *dirs, struct sw_dir *dir)
{
    if (dir->fd < 0)
        return -1;
    dir->pins++;
    unlink_held(dirs, dir);
    link_newest(dirs, dir);
    return dir->fd;
}

/* --- The door --- */

int sw_dirs_pin(struct sw_dirs *dirs, struct sw_dir *dir)
{
    int fd;

    pthread_mutex_lock(&dirs->lock);
    fd = pin(dirs, dir);
    pthread_mutex_unlock(&dirs->lock);
    return fd;
}

struct sw_dir *sw_dirs_pin_nearest(struct sw_dirs *dirs, struct sw_dir *dir, int *fd)
{
    pthread_mutex_lock(&dirs->lock);
    while (dir != NULL && dir->fd < 0)
        dir = dir->parent;
    if (dir != NULL)
        *fd = pin(dirs, dir);
    pthread_mutex_unlock(&dirs->lock);
    return dir;
}

int sw_dirs_hold(struct sw_dirs *dirs, struct sw_dir *dir, int fd)
{
    int used;

    pthread_mutex_lock(&dirs->lock);
    if (dir->fd >= 0) {
        close(fd);
        used = pin(dirs, dir);
    } else {
        let_go_of_oldest(dirs, dirs->held_max - 1);
        dir->fd = fd;
        dir->pins = 1;
        link_newest(dirs, dir);
        dirs->held++;
        if (dirs->held > dirs->held_peak)
            dirs->held_peak = dirs->held;
        used = fd;
    }
    pthread_mutex_unlock(&dirs->lock);
    return used;
}

void sw_dirs_unpin(struct sw_dirs *dirs, struct sw_dir *dir)
{
    pthread_mutex_lock(&dirs->lock);
    assert(dir->pins > 0);
    dir->pins--;
    let_go_if_done(dirs, dir);
    let_go_of_oldest(dirs, dirs->held_max);
    pthread_mutex_unlock(&dirs->lock);
}

void sw_dirs_expect(struct sw_dirs *dirs, struct sw_dir *dir, uint32_t count)
{
    pthread_mutex_lock(&dirs->lock);
    dir->waiting += count;
    pthread_mutex_unlock(&dirs->lock);
}

void sw_dirs_arrived(struct sw_dirs *dirs, struct sw_dir *dir)
{
    pthread_mutex_lock(&dirs->lock);
    assert(dir->waiting > 0);
    dir->waiting--;
    let_go_if_done(dirs, dir);
    pthread_mutex_unlock(&dirs->lock);
}

void sw_dirs_listed(struct sw_dirs *dirs, struct sw_dir *dir)
{
    pthread_mutex_lock(&dirs->lock);
    dir->listed = true;
    let_go_if_done(dirs, dir);
    pthread_mutex_unlock(&dirs->lock);
}

bool sw_dirs_take_place_lost(struct sw_dirs *dirs, struct sw_dir *dir)
{
    bool lost;

    pthread_mutex_lock(&dirs->lock);
    lost = dir->place_lost;
    dir->place_lost = false;
    pthread_mutex_unlock(&dirs->lock);
    return lost;
}

void sw_dirs_shed(struct sw_dirs *dirs)
{
    pthread_mutex_lock(&dirs->lock);
    let_go_of_oldest(dirs, 0);
    pthread_mutex_unlock(&dirs->lock);
}

void sw_dir_drop(struct sw_dirs *dirs, struct sw_dir *dir)
{
    /* The last child of a deep tree takes thousands of ancestors along: a
     * loop, not a recursion. */
    while (dir != NULL &&
           atomic_fetch_sub_explicit(&dir->references, 1, memory_order_acq_rel) == 1) {
        struct sw_dir *parent = dir->parent;

        pthread_mutex_lock(&dirs->lock);
        assert(dir->pins == 0);
        if (dir->fd >= 0)
            let_go(dirs, dir);
        pthread_mutex_unlock(&dirs->lock);
        free(dir);
        dir = parent;
    }
}
