/* SPDX-License-Identifier: Apache-2.0 */
/* walk_reach.c - a directory's descriptor: held, opened, or opened again from
 * the nearest ancestor that is still open. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "supervisor/walk_private.h"

#define DELAY_FIRST_NS 1000000 /* 1 ms */
#define DELAY_MAX_NS   50000000

/* Out of descriptors: what this thread and the cache can give is given back,
 * then the engine needs time to close those it has. True: try again. */
static bool wait_for_descriptor(struct sw_walker *walker, long *delay_ns)
{
    struct timespec delay;

    if (errno != EMFILE && errno != ENFILE)
        return false;
    sw_walker_flush(walker);
    sw_dirs_shed(&walker->walk->dirs);
    if (sw_walk_stopped(walker->walk)) {
        errno = ECANCELED;
        return false;
    }
    delay = (struct timespec){.tv_nsec = *delay_ns};
    nanosleep(&delay, NULL);
    *delay_ns = *delay_ns * 2 > DELAY_MAX_NS ? DELAY_MAX_NS : *delay_ns * 2;
    return true;
}

int sw_walk_open_entry(struct sw_walker *walker, int dir, const char *name, bool directory,
                       struct sw_facts *facts)
{
    long delay_ns = DELAY_FIRST_NS;
    int fd;

    do {
        fd = sw_open_entry(&walker->opener, dir, name, directory, facts);
    } while (fd < 0 && wait_for_descriptor(walker, &delay_ns));
    return fd;
}

static int open_directory(struct sw_walker *walker, int dir, const char *path,
                          struct sw_facts *facts)
{
    long delay_ns = DELAY_FIRST_NS;
    int fd;

    do {
        fd = sw_open_directory(&walker->opener, dir, path, facts);
    } while (fd < 0 && wait_for_descriptor(walker, &delay_ns));
    return fd;
}

static int open_target_once(struct sw_walker *walker, uint32_t root_index, struct sw_facts *facts)
{
    const struct sw_root *root = &walker->walk->roots[root_index];

    if (walker->walk->states[root_index].followed)
        return sw_open_followed(&walker->opener, root->path, facts);
    if (root->is_directory)
        return sw_open_directory(&walker->opener, AT_FDCWD, root->path, facts);
    return sw_open_entry(&walker->opener, AT_FDCWD, root->path, false, facts);
}

int sw_walk_open_target(struct sw_walker *walker, uint32_t root_index, struct sw_facts *facts)
{
    const struct sw_facts *expected = &walker->walk->roots[root_index].facts;
    long delay_ns = DELAY_FIRST_NS;
    int fd;

    do {
        fd = open_target_once(walker, root_index, facts);
    } while (fd < 0 && wait_for_descriptor(walker, &delay_ns));
    if (fd >= 0 && (facts->device != expected->device || facts->inode != expected->inode)) {
        close(fd);
        errno = ESTALE;
        return -1;
    }
    return fd;
}

static struct sw_dir *open_top(struct sw_walker *walker, struct sw_dir *dir, int *fd)
{
    struct sw_facts facts;

    while (dir->parent != NULL)
        dir = dir->parent;
    *fd = sw_walk_open_target(walker, dir->root_index, &facts);
    if (*fd < 0)
        return NULL;
    *fd = sw_dirs_hold(&walker->walk->dirs, dir, *fd);
    return dir;
}

/* The nodes from `dir` up to, and without, `base`; the nearest to base last. */
static size_t chain_to(struct sw_walker *walker, struct sw_dir *dir, const struct sw_dir *base)
{
    size_t count = 0;

    for (; dir != base; dir = dir->parent) {
        if (count == walker->chain_capacity) {
            size_t capacity = count == 0 ? 64 : count * 2;
            struct sw_dir **chain = sw_walk_alloc(capacity * sizeof(struct sw_dir *));

            if (count > 0)
                memcpy(chain, walker->chain, count * sizeof(struct sw_dir *));
            free(walker->chain);
            walker->chain = chain;
            walker->chain_capacity = capacity;
        }
        walker->chain[count++] = dir;
    }
    return count;
}

/* Takes as many names from the end of the chain as fit in one path. */
static struct sw_dir *chunk_next(struct sw_walker *walker, size_t *count, char path[PATH_MAX])
{
    struct sw_dir *last = NULL;
    size_t size = 0;

    while (*count > 0) {
        struct sw_dir *dir = walker->chain[*count - 1];

        if (size + 1 + dir->name_size > PATH_MAX - 1)
            break;
        if (size > 0)
            path[size++] = '/';
        memcpy(path + size, dir->name, dir->name_size);
        size += dir->name_size;
        last = dir;
        *count -= 1;
    }
    path[size] = '\0';
    return last;
}

/* From `base`, which is pinned as `fd`, down the chain. The directories at the
 * ends of the steps are held too: their other children come next. */
static int descend(struct sw_walker *walker, struct sw_dir *base, int fd, size_t count)
{
    char path[PATH_MAX];

    while (count > 0) {
        struct sw_dir *next = chunk_next(walker, &count, path);
        struct sw_facts facts;
        int opened = -1;
        int saved = ENAMETOOLONG;

        if (next != NULL) {
            opened = open_directory(walker, fd, path, &facts);
            saved = errno;
        }
        sw_dirs_unpin(&walker->walk->dirs, base);
        if (opened >= 0 && (facts.device != next->device || facts.inode != next->inode)) {
            close(opened);
            opened = -1;
            saved = ESTALE;
        }
        if (opened < 0) {
            errno = saved;
            return -1;
        }
        fd = sw_dirs_hold(&walker->walk->dirs, next, opened);
        base = next;
    }
    return fd;
}

int sw_walk_reach(struct sw_walker *walker, struct sw_dir *dir)
{
    int fd = -1;
    struct sw_dir *base = sw_dirs_pin_nearest(&walker->walk->dirs, dir, &fd);

    if (base == dir)
        return fd;
    if (base == NULL)
        base = open_top(walker, dir, &fd);
    if (base == NULL)
        return -1;
    return descend(walker, base, fd, chain_to(walker, dir, base));
}
