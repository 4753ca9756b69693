/* SPDX-License-Identifier: Apache-2.0 */
/* walk_root.c - targets: resolved and looked at before the walk starts. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/facts_take.h"
#include "supervisor/fetcher.h"
#include "supervisor/walk_private.h"

static bool same_object(const struct sw_facts *a, const struct sw_facts *b)
{
    return a->device == b->device && a->inode == b->inode;
}

/* --- One target --- */

/* Takes the facts of whatever stands at a path, without opening it for real. */
static int facts_of_path(const char *path, int flags, struct sw_facts *facts)
{
    int fd = open(path, O_PATH | O_CLOEXEC | flags);
    int failed;
    int saved;

    if (fd < 0)
        return -1;
    failed = sw_facts_of_fd(fd, facts);
    saved = errno;
    close(fd);
    errno = saved;
    return failed;
}

/* The target as it was written, made absolute; the slashes at its end dropped. */
static char *absolute_of(const char *target)
{
    char *directory = NULL;
    char *path = NULL;
    size_t size;

    if (target[0] == '/') {
        path = strdup(target);
    } else {
        directory = getcwd(NULL, 0);
        size = directory == NULL ? 0 : strlen(directory) + strlen(target) + 2;
        path = directory == NULL ? NULL : malloc(size);
        if (path != NULL)
            stpcpy(stpcpy(stpcpy(path, directory), "/"), target);
        free(directory);
    }
    if (path == NULL)
        return NULL;
    for (size = strlen(path); size > 1 && path[size - 1] == '/'; size--)
        path[size - 1] = '\0';
    return path;
}

/* realpath(3), unless it leads elsewhere than the kernel: a magic link such as
 * /proc/PID/root reads "/" but means another machine's, or container's, root.
 * Such a path is kept as it is. */
static enum sw_status resolve(const char *target, struct sw_root *root, struct sw_root_state *state,
                              struct sw_error *error)
{
    struct sw_facts found;

    root->path = realpath(target, NULL);
    if (root->path != NULL && facts_of_path(root->path, O_NOFOLLOW, &found) == 0 &&
        same_object(&found, &root->facts))
        return SW_OK;
    free(root->path);
    root->path = absolute_of(target);
    state->followed = true;
    if (root->path == NULL)
        return sw_fail(error, SW_STOP, "walk", errno, "%s: cannot be resolved", target);
    return SW_OK;
}

static enum sw_status try_to_open(const struct sw_root *root, struct sw_error *error)
{
    int fd = open(root->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return sw_fail(error, SW_STOP, "walk", errno, "%s: cannot be opened", root->target);
    close(fd);
    return SW_OK;
}

static enum sw_status describe_mount(const struct sw_walk *walk, struct sw_root *root,
                                     struct sw_root_state *state, struct sw_error *error)
{
    if (state->followed)
        return SW_OK; /* the table speaks of other paths */
    state->home = sw_mounts_find(&walk->mounts, root->path);
    if (state->home != NULL) {
        root->filesystem = strdup(state->home->filesystem);
        if (root->filesystem == NULL)
            return sw_fail(error, SW_STOP, "walk", ENOMEM, "%s", root->target);
    }
    if (!root->is_directory)
        return SW_OK;
    return sw_mounts_left_out(&walk->mounts, root->path, root->one_file_system, &root->left_out,
                              &root->left_out_count, error);
}

static enum sw_status root_init(const struct sw_walk *walk, int one_file_system,
                                struct sw_root *root, struct sw_root_state *state,
                                struct sw_error *error)
{
    enum sw_status status;

    if (facts_of_path(root->target, 0, &root->facts) != 0)
        return sw_fail(error, SW_STOP, "walk", errno, "%s: cannot be opened", root->target);
    root->is_directory = S_ISDIR(root->facts.mode);
    if (!root->is_directory && !S_ISREG(root->facts.mode))
        return sw_fail(error, SW_STOP, "walk", 0, "%s: is not a regular file or directory",
                       root->target);
    status = resolve(root->target, root, state, error);
    if (status == SW_OK)
        status = try_to_open(root, error);
    if (status != SW_OK)
        return status;
    root->one_file_system =
        one_file_system == 1 || (one_file_system == -1 && strcmp(root->path, "/") == 0);
    return describe_mount(walk, root, state, error);
}

/* --- Targets that overlap --- */

static int compare_identity(const struct sw_identity *a, const struct sw_identity *b)
{
    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    if (a->inode != b->inode)
        return a->inode < b->inode ? -1 : 1;
    return 0;
}

static int compare_file_targets(const void *a, const void *b)
{
    const struct sw_file_target *left = a;
    const struct sw_file_target *right = b;
    int order = compare_identity(&left->identity, &right->identity);

    return order != 0 ? order : strcmp(left->path, right->path);
}

/* The same order, and the targets of one path as they were given. */
static int compare_rows(const void *a, const void *b)
{
    size_t left = ((const struct sw_file_target *)a)->root_index;
    size_t right = ((const struct sw_file_target *)b)->root_index;
    int order = compare_file_targets(a, b);

    return order != 0 ? order : (left > right) - (left < right);
}

bool sw_walk_is_file_target(const struct sw_walk *walk, const struct sw_facts *facts,
                            const char *path)
{
    struct sw_file_target wanted = {.identity = {facts->device, facts->inode}, .path = path};

    return bsearch(&wanted, walk->file_targets, walk->file_target_count, sizeof *walk->file_targets,
                   compare_file_targets) != NULL;
}

static void mark_overlap(struct sw_walk *walk, size_t index)
{
    walk->states[index].overlaps = true;
    sw_tally_add(&walk->tallies[0].excluded[SW_EXCLUDED_SEEN_DIRECTORY], 1);
}

/* Every target that is a directory counts as seen from the start. A walk that
 * comes to it from above leaves it to its own walk, on every run. */
static enum sw_status find_directory_overlaps(struct sw_walk *walk)
{
    for (size_t index = 0; index < walk->root_count; index++) {
        const struct sw_root *root = &walk->roots[index];
        struct sw_identity identity = {root->facts.device, root->facts.inode};
        enum sw_seen_answer answer;

        if (!root->is_directory)
            continue;
        answer = sw_seen_add(&walk->seen, identity);
        if (answer == SW_SEEN_NO_MEMORY)
            return SW_STOP;
        if (answer == SW_SEEN_BEFORE)
            mark_overlap(walk, index);
    }
    return SW_OK;
}

static void list_file_targets(struct sw_walk *walk)
{
    for (size_t index = 0; index < walk->root_count; index++) {
        const struct sw_root *root = &walk->roots[index];

        if (root->is_directory || root->kind != SW_TARGET_PATH)
            continue;
        walk->file_targets[walk->file_target_count++] =
            (struct sw_file_target){{root->facts.device, root->facts.inode}, root->path, index};
    }
}

/* Of file targets that are the same path, the first is walked. */
static enum sw_status find_file_overlaps(struct sw_walk *walk)
{
    size_t kept = 0;

    walk->file_targets = calloc(walk->root_count + 1, sizeof *walk->file_targets);
    if (walk->file_targets == NULL)
        return SW_STOP;
    list_file_targets(walk);
    qsort(walk->file_targets, walk->file_target_count, sizeof *walk->file_targets, compare_rows);
    for (size_t index = 0; index < walk->file_target_count; index++) {
        const struct sw_file_target *row = &walk->file_targets[index];

        if (kept > 0 && compare_file_targets(&walk->file_targets[kept - 1], row) == 0)
            mark_overlap(walk, row->root_index);
        else
            walk->file_targets[kept++] = *row;
    }
    walk->file_target_count = kept;
    return SW_OK;
}

/* Of targets that are no paths and have the same label, the first is read. */
static void find_other_overlaps(struct sw_walk *walk)
{
    for (size_t index = 1; index < walk->root_count; index++)
        for (size_t before = 0; before < index; before++) {
            const struct sw_root *root = &walk->roots[index];

            if (root->kind != SW_TARGET_PATH && walk->roots[before].kind == root->kind &&
                strcmp(walk->roots[before].path, root->path) == 0) {
                mark_overlap(walk, index);
                break;
            }
        }
}

/* --- The door --- */

enum sw_status sw_walk_roots_init(struct sw_walk *walk, const struct sw_walk_options *options,
                                  struct sw_error *error)
{
    enum sw_status status = SW_OK;

    walk->roots = calloc(options->target_count + 1, sizeof *walk->roots);
    walk->states = calloc(options->target_count + 1, sizeof *walk->states);
    if (walk->roots == NULL || walk->states == NULL)
        return sw_fail(error, SW_STOP, "walk", ENOMEM, "%zu targets", options->target_count);
    for (size_t index = 0; status == SW_OK && index < options->target_count; index++) {
        walk->roots[index].target = options->targets[index];
        walk->roots[index].kind = sw_target_kind_of(options->targets[index]);
        walk->root_count = index + 1;
        if (walk->roots[index].kind != SW_TARGET_PATH)
            status =
                sw_walk_root_elsewhere(options, &walk->roots[index], &walk->states[index], error);
        else
            status = root_init(walk, options->one_file_system, &walk->roots[index],
                               &walk->states[index], error);
    }
    if (status != SW_OK)
        return status;
    if (find_directory_overlaps(walk) != SW_OK || find_file_overlaps(walk) != SW_OK)
        return sw_fail(error, SW_STOP, "walk", ENOMEM, "%zu targets", options->target_count);
    find_other_overlaps(walk);
    return SW_OK;
}

void sw_walk_roots_done(struct sw_walk *walk)
{
    for (size_t index = 0; index < walk->root_count; index++) {
        struct sw_root *root = &walk->roots[index];

        sw_left_out_free(root->left_out, root->left_out_count);
        sw_fetcher_free(walk->states[index].fetcher);
        for (size_t name = 0; name < root->image_name_count; name++)
            free(root->image_names[name]);
        free(root->image_names);
        free(root->image_id);
        free(root->filesystem);
        free(root->path);
    }
    free(walk->roots);
    free(walk->states);
    free(walk->file_targets);
}
