/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk_fetch.c - targets that are no paths: standard input, and what a fetcher brings.
 * They become items like files, with a label instead of a path:
 *
 *   -                                                   standard input
 *   docker:REF                                          the archive that the engine exports
 *   registry:HOST/NAME@sha256:HEX/blobs/sha256/HEX      one document or blob
 *
 * All of them are taken by one walker, one target after the other: what they may spool
 * together is then the same on every run.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/spooled.h"
#include "supervisor/facts_take.h"
#include "supervisor/fetcher.h"
#include "supervisor/temporary.h"
#include "supervisor/walk_private.h"

enum { CHUNK = 256 * 1024, LOOK_UP_MS = 200 };

/* --- Before the walk: is it there? ------------------------------------------------------ */

static enum sw_status no_memory(const struct sw_root *root, struct sw_error *error)
{
    return sw_fail(error, SW_STOP, "walk", ENOMEM, "%s", root->target);
}

static enum sw_status look_at_stdin(struct sw_root *root, struct sw_error *error)
{
    char none;

    if (isatty(STDIN_FILENO) == 1)
        return sw_fail(error, SW_STOP, "walk", 0,
                       "-: standard input is a terminal; a file or a pipe was expected");
    if (read(STDIN_FILENO, &none, 0) != 0)
        return sw_fail(error, SW_STOP, "walk", errno, "-: standard input cannot be read");
    root->path = strdup(root->target);
    return root->path != NULL ? SW_OK : no_memory(root, error);
}

static char *copy_of(struct sw_view text)
{
    return strndup(text.size == 0 ? "" : (const char *)text.data, text.size);
}

/* What the fetcher knows of the image, for the record of the target. */
static enum sw_status keep_image(const struct sw_fetched *image, struct sw_root *root,
                                 struct sw_error *error)
{
    root->image_id = copy_of(image->text);
    root->image_names = calloc(image->row_count + 1, sizeof(char *));
    if (root->image_id == NULL || root->image_names == NULL)
        return no_memory(root, error);
    for (uint32_t i = 0; i < image->row_count; i++) {
        root->image_names[i] = copy_of(image->rows[i]);
        if (root->image_names[i] == NULL)
            return no_memory(root, error);
        root->image_name_count++;
    }
    return SW_OK;
}

/* registry:HOST/NAME@DIGEST, whatever tag was asked for. */
static enum sw_status name_root(struct sw_view digest, struct sw_root *root, struct sw_error *error)
{
    struct sw_reference reference;
    enum sw_status status = SW_OK;

    if (root->kind != SW_TARGET_REGISTRY) {
        root->path = strdup(root->target);
        return root->path != NULL ? SW_OK : no_memory(root, error);
    }
    status = sw_reference_parse(sw_target_rest(root->target), &reference, error);
    if (status != SW_OK || digest.size == 0)
        return sw_fail(error, SW_STOP, "walk", 0, "%s: has no digest", root->target);
    if (asprintf(&root->path, "registry:%s/%s@%.*s", reference.host, reference.name,
                 (int)digest.size, (const char *)digest.data) < 0) {
        root->path = NULL;
        return no_memory(root, error);
    }
    return SW_OK;
}

/* With commas between them. */
static enum sw_status list_platforms(const struct sw_fetch_options *fetch, struct sw_buf *list,
                                     const struct sw_root *root, struct sw_error *error)
{
    enum sw_status status = SW_OK;

    for (size_t i = 0; i < fetch->platform_count && status == SW_OK; i++) {
        if (i != 0)
            status = sw_buf_append_text(list, ",");
        if (status == SW_OK)
            status = sw_buf_append_text(list, fetch->platforms[i]);
    }
    if (status == SW_OK)
        return SW_OK;
    return sw_fail(error, SW_STOP, "walk", 0, "%s: --platform names too many platforms",
                   root->target);
}

static enum sw_status order_fetcher(const struct sw_walk_options *options, struct sw_root *root,
                                    struct sw_root_state *state, struct sw_error *error)
{
    const struct sw_fetch_options *fetch = &options->fetch;
    const char *rest = sw_target_rest(root->target);
    struct sw_buf platforms;
    struct sw_fetch_order order = {
        .kind = root->kind,
        .insecure = fetch->insecure_registry,
        .credential_helpers = fetch->credential_helpers,
        .require_sandbox = fetch->require_sandbox,
        .documents = fetch->documents,
        .timeout_s = fetch->timeout_s,
        .spool_max = fetch->spill_max,
        .file_size_max = options->file_size_max,
        .target = {(const uint8_t *)rest, strlen(rest)},
    };

    sw_buf_init(&platforms, SW_FETCH_PLATFORMS_MAX);
    enum sw_status status = list_platforms(fetch, &platforms, root, error);
    order.platforms = sw_buf_view(&platforms);
    if (status == SW_OK)
        status = sw_fetcher_start(&order, &state->fetcher, error);
    sw_buf_done(&platforms);
    return status;
}

static enum sw_status start_fetcher(const struct sw_walk_options *options, struct sw_root *root,
                                    struct sw_root_state *state, struct sw_error *error)
{
    const struct sw_fetch_options *fetch = &options->fetch;
    struct sw_fetched image;
    struct sw_error why;

    enum sw_status status = sw_target_check(root->target, error);
    if (status == SW_OK)
        status = order_fetcher(options, root, state, error);
    if (status != SW_OK)
        return status;
    status = sw_fetcher_next(state->fetcher, fetch->interrupted, fetch->context, &image, &why);
    if (status != SW_OK)
        return sw_fail(error, SW_STOP, "walk", 0, "%s: %s", root->target, why.text);
    status = name_root(image.name, root, error);
    return status == SW_OK ? keep_image(&image, root, error) : status;
}

enum sw_status sw_walk_root_elsewhere(const struct sw_walk_options *options, struct sw_root *root,
                                      struct sw_root_state *state, struct sw_error *error)
{
    if (root->kind == SW_TARGET_STDIN)
        return look_at_stdin(root, error);
    return start_fetcher(options, root, state, error);
}

/* --- Items -------------------------------------------------------------------------------- */

struct visit {
    struct sw_walker *walker;
    uint32_t root_index;
    char *label; /* of the item at hand; room for the longest */
    size_t label_size;
};

static const struct sw_root *root_of(const struct visit *visit)
{
    return &visit->walker->walk->roots[visit->root_index];
}

/* The root's own, or of a part below it. */
static void set_label(struct visit *visit, struct sw_view name)
{
    const char *path = root_of(visit)->path;
    size_t size = strlen(path);

    memcpy(visit->label, path, size);
    if (name.size != 0) {
        visit->label[size++] = '/';
        memcpy(visit->label + size, name.data, name.size);
        size += name.size;
    }
    visit->label[size] = '\0';
    visit->label_size = size;
}

static void add_gap(struct visit *visit, enum sw_gap reason, struct sw_view text)
{
    const struct sw_walk_gap gap = {.gap = reason,
                                    .root_index = visit->root_index,
                                    .path = visit->label,
                                    .path_size = visit->label_size};

    sw_walker_add_gap(visit->walker, &gap, "%.*s", (int)text.size, (const char *)text.data);
    sw_walker_flush(visit->walker);
}

static void add_error(struct visit *visit, const struct sw_error *error)
{
    add_gap(visit, error->reason == SW_GAP_NONE ? SW_GAP_IO_ERROR : error->reason,
            (struct sw_view){(const uint8_t *)error->text, strlen(error->text)});
}

/* Takes fd. Each goes out at once: what comes next may take long. */
static void add_object(struct visit *visit, int fd)
{
    struct sw_facts facts;
    struct sw_error error;

    if (sw_facts_of_fd(fd, &facts) != 0) {
        (void)sw_fail_gap(&error, SW_SKIP, SW_GAP_IO_ERROR, "walk", errno, "its copy is lost");
        close(fd);
        add_error(visit, &error);
        return;
    }
    sw_walker_add_object(visit->walker, fd, &facts, visit->root_index, visit->label,
                         visit->label_size, NULL);
    sw_walker_flush(visit->walker);
}

/* --- What a fetcher brings ------------------------------------------------------------------ */

static bool is_stopped(void *context)
{
    return sw_walk_stopped(context);
}

static enum sw_status take_one(struct visit *visit, struct sw_fetcher *fetcher,
                               struct sw_error *error)
{
    struct sw_walk *walk = visit->walker->walk;
    struct sw_fetched fetched;
    enum sw_status status = sw_fetcher_next(fetcher, is_stopped, walk, &fetched, error);

    if (status != SW_OK)
        return status;
    if (fetched.kind == SW_FETCH_END)
        return SW_END;
    set_label(visit, fetched.name);
    if (fetched.kind == SW_FETCH_GAP) {
        add_gap(visit, fetched.reason, fetched.text);
        return SW_OK;
    }
    walk->spool_left -= fetched.size < walk->spool_left ? fetched.size : walk->spool_left;
    add_object(visit, fetched.fd);
    return SW_OK;
}

static void visit_fetcher(struct visit *visit, struct sw_fetcher *fetcher)
{
    struct sw_error error;
    enum sw_status status = sw_fetcher_go(fetcher, visit->walker->walk->spool_left, &error);

    while (status == SW_OK)
        status = take_one(visit, fetcher, &error);
    if (status == SW_END || sw_walk_stopped(visit->walker->walk))
        return;
    set_label(visit, (struct sw_view){0});
    add_error(visit, &error);
}

/* --- Standard input --------------------------------------------------------------------------- */

/* A file that was redirected is read where it is. */
static int stdin_as_file(const struct sw_walk *walk)
{
    struct stat facts;

    if (fstat(STDIN_FILENO, &facts) != 0 || !S_ISREG(facts.st_mode) ||
        (uint64_t)facts.st_size > walk->file_size_max || lseek(STDIN_FILENO, 0, SEEK_CUR) != 0)
        return -1;
    return open("/proc/self/fd/0", O_RDONLY | O_CLOEXEC);
}

/* The next piece; 0 at the end, -1 with errno. */
static ssize_t read_stdin(const struct sw_walk *walk, void *chunk)
{
    for (;;) {
        struct pollfd wait = {STDIN_FILENO, POLLIN, 0};
        if (sw_walk_stopped(walk)) {
            errno = ECANCELED;
            return -1;
        }
        if (poll(&wait, 1, LOOK_UP_MS) <= 0)
            continue;
        ssize_t got = read(STDIN_FILENO, chunk, CHUNK);
        if (got >= 0 || (errno != EINTR && errno != EAGAIN))
            return got;
    }
}

static enum sw_status spool_stdin(const struct sw_walk *walk, struct sw_spooled *spooled,
                                  struct sw_error *error)
{
    uint8_t *chunk = malloc(CHUNK);
    enum sw_status status = SW_OK;
    ssize_t got;

    if (chunk == NULL)
        return sw_fail_gap(error, SW_PART, SW_GAP_LIMIT_MEMORY, "walk", ENOMEM, "not read");
    while (status == SW_OK && (got = read_stdin(walk, chunk)) != 0) {
        if (got < 0)
            status = sw_fail_gap(error, SW_PART, SW_GAP_IO_ERROR, "walk", errno,
                                 "cut after %llu bytes", (unsigned long long)spooled->size);
        else
            status = sw_spooled_add(spooled, (struct sw_view){chunk, (size_t)got}, error);
    }
    free(chunk);
    return status;
}

static void visit_stdin(struct visit *visit)
{
    struct sw_walk *walk = visit->walker->walk;
    struct sw_error error;
    int file = stdin_as_file(walk);

    set_label(visit, (struct sw_view){0});
    if (file >= 0) {
        add_object(visit, file);
        return;
    }
    struct sw_spooled spooled = {.fd = sw_temporary_file(),
                                 .spool_max = walk->spool_left,
                                 .file_size_max = walk->file_size_max};
    if (spooled.fd < 0) {
        (void)sw_fail_gap(&error, SW_SKIP, SW_GAP_NO_SPACE, "walk", errno,
                          "cannot make a temporary file in $TMPDIR, /var/tmp or /tmp");
        add_error(visit, &error);
        return;
    }
    enum sw_status status = spool_stdin(walk, &spooled, &error);
    walk->spool_left -= spooled.size;
    if (sw_walk_stopped(walk)) {
        close(spooled.fd);
        return;
    }
    add_object(visit, sw_fetcher_read_only(spooled.fd));
    if (status != SW_OK)
        add_error(visit, &error);
}

/* --- All of them --------------------------------------------------------------------------- */

void sw_walk_visit_elsewhere(struct sw_walker *walker)
{
    struct sw_walk *walk = walker->walk;

    for (size_t index = 0; index < walk->root_count && !sw_walk_stopped(walk); index++) {
        const struct sw_root *root = &walk->roots[index];
        struct visit visit = {.walker = walker, .root_index = (uint32_t)index};

        if (root->kind == SW_TARGET_PATH || walk->states[index].overlaps)
            continue;
        visit.label = sw_walk_alloc(strlen(root->path) + SW_FETCH_TEXT_MAX + 2);
        if (root->kind == SW_TARGET_STDIN)
            visit_stdin(&visit);
        else
            visit_fetcher(&visit, walk->states[index].fetcher);
        free(visit.label);
    }
}
