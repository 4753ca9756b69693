/* SPDX-License-Identifier: Apache-2.0 */
/*
 * correlate.c - the conductor's end of correlation: what the walk met and what
 * was found goes in, and at the end of each root an incident may come out.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "conductor.h"
#include "supervisor/facts_take.h"
#include "supervisor/record_parts.h"

/* The directory below which a root's objects are named: its own, or that of a
 * target that is a file. Without a slash at its end. What is no path is the label itself. */
static struct sw_view base_of(const struct sw_root *root)
{
    struct sw_view path = sw_view_of_text(root->path);

    if (root->kind != SW_TARGET_PATH)
        return path;
    while (!root->is_directory && path.size > 0 && path.data[path.size - 1] != '/')
        path.size--;
    while (path.size > 0 && path.data[path.size - 1] == '/')
        path.size--;
    return path;
}

enum sw_status correlate_start(struct conductor *conductor, struct sw_error *error)
{
    size_t count = 0;
    const struct sw_root *roots = sw_walk_roots(conductor->walk, &count);
    enum sw_status status = sw_incidents_new(&conductor->incidents, error);

    if (status != SW_OK || conductor->options->exposure == SW_EXPOSURE_OFF)
        return status;
    status = sw_exposure_new(&conductor->exposure, error);
    for (size_t i = 0; i < count && status == SW_OK; i++)
        sw_exposure_root(conductor->exposure, (uint32_t)i, base_of(&roots[i]));
    return status;
}

/* An item's path below its root; empty for the root itself. */
static struct sw_view below_root(const struct conductor *conductor, const struct sw_item *item)
{
    size_t count = 0;
    const struct sw_root *roots = sw_walk_roots(conductor->walk, &count);
    size_t start = base_of(&roots[item->root_index]).size + 1;

    if (item->path_size <= start)
        return (struct sw_view){0};
    return (struct sw_view){(const uint8_t *)item->path + start, item->path_size - start};
}

void correlate_item(struct conductor *conductor, const struct sw_item *item)
{
    caches_item(conductor, item);
    if (conductor->exposure == NULL)
        return;
    const struct sw_view below = below_root(conductor, item);
    if (below.size != 0)
        sw_exposure_note(conductor->exposure, item->root_index, below, &item->facts);
}

void correlate_record(struct conductor *conductor, const struct sw_item *item, const json_t *record)
{
    const char *type = json_string_value(json_object_get(record, "type"));

    if (conductor->incidents != NULL && type != NULL && strcmp(type, "finding") == 0)
        sw_incidents_take(conductor->incidents, item->root_index, record);
}

/* --- What the wiper would ask a live system --------------------------------- */

/* Where systems keep what the wiper asks for; of the language each has one of
 * these, and some have links from one to another. */
static const struct {
    const char *path; /* below the root of a system */
    enum sw_context context;
} context_files[] = {
    {"etc/timezone", SW_CONTEXT_TIMEZONE},   {"etc/default/locale", SW_CONTEXT_LANG},
    {"etc/locale.conf", SW_CONTEXT_LANG},    {"etc/sysconfig/i18n", SW_CONTEXT_LANG},
    {"etc/env.d/02locale", SW_CONTEXT_LANG}, {"etc/environment", SW_CONTEXT_LANG},
};

/* As sw_incidents_context() names them. */
static const char *const context_names[SW_CONTEXT_COUNT] = {
    [SW_CONTEXT_TIMEZONE] = "timezone", [SW_CONTEXT_LANG] = "lang"};

enum sw_context correlate_asks(struct conductor *conductor, const struct sw_item *item)
{
    if (conductor->incidents == NULL)
        return SW_CONTEXT_NONE;
    const struct sw_view below = below_root(conductor, item);
    if (below.data == NULL)
        return SW_CONTEXT_NONE;
    for (size_t i = 0; i < sizeof context_files / sizeof context_files[0]; i++) {
        const struct sw_view path = sw_view_of_text(context_files[i].path);
        if (below.size == path.size && memcmp(below.data, path.data, path.size) == 0)
            return context_files[i].context;
    }
    return caches_ask(item) ? SW_CONTEXT_NPM : SW_CONTEXT_NONE;
}

void correlate_answer(struct conductor *conductor, const struct flight_entry *entry,
                      struct sw_view answer)
{
    char text[SW_CONTEXT_TEXT_MAX + 1];

    if (entry->context == SW_CONTEXT_NPM) {
        caches_answer(conductor, answer);
        return;
    }
    memcpy(text, answer.data, answer.size);
    text[answer.size] = '\0';
    sw_incidents_context(conductor->incidents, entry->item.root_index,
                         context_names[entry->context], text);
}

/* Beneath `root`, as if it were the root directory: links inside, which may
 * point anywhere, stay inside. -1 also where the kernel cannot promise that. */
static int open_inside(int root, const char *path)
{
    const struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                                 .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};

    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

static void ask_localtime(struct conductor *conductor, uint32_t root_index, int root)
{
    char target[PATH_MAX];
    int etc = open_inside(root, "etc");
    ssize_t size = etc < 0 ? -1 : readlinkat(etc, "localtime", target, sizeof target - 1);

    if (etc >= 0)
        close(etc);
    if (size <= 0)
        return;
    target[size] = '\0';
    sw_incidents_context(conductor->incidents, root_index, "localtime", target);
}

static void ask_kubernetes(struct conductor *conductor, uint32_t root_index, int root)
{
    int account = open_inside(root, "var/run/secrets/kubernetes.io/serviceaccount");

    if (account < 0)
        return;
    close(account);
    sw_incidents_context(conductor->incidents, root_index, "kubernetes", "yes");
}

/* No content: the text of one link, and whether one directory exists. */
static void ask_system(struct conductor *conductor, uint32_t root_index, const struct sw_root *root)
{
    struct sw_facts facts;
    int fd = root->is_directory ? open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd < 0)
        return;
    if (sw_facts_of_fd(fd, &facts) == 0 && facts.device == root->facts.device &&
        facts.inode == root->facts.inode) {
        ask_localtime(conductor, root_index, fd);
        ask_kubernetes(conductor, root_index, fd);
    }
    close(fd);
}

/* --- The end ------------------------------------------------------------------ */

static void end_root(struct conductor *conductor, uint32_t root_index, const struct sw_root *root)
{
    const struct sw_incident_request request = {
        .incidents = conductor->incidents,
        .exposure = conductor->exposure,
        .mode = conductor->options->exposure,
        .root_index = root_index,
        .path = sw_view_of_text(root->path),
    };
    struct sw_error error;
    json_t *record = NULL;
    enum sw_status status;

    ask_system(conductor, root_index, root);
    status = sw_incident_record(&request, &record, &error);
    if (status == SW_OK)
        settle_record(conductor, record);
    else if (status == SW_STOP)
        settle_failure(conductor, error.text);
}

void correlate_end(struct conductor *conductor)
{
    size_t count = 0;
    const struct sw_root *roots;

    if (conductor->incidents == NULL || conductor->walk == NULL)
        return;
    roots = sw_walk_roots(conductor->walk, &count);
    for (size_t i = 0; i < count; i++)
        end_root(conductor, (uint32_t)i, &roots[i]);
}

void correlate_done(struct conductor *conductor)
{
    sw_incidents_free(conductor->incidents);
    sw_exposure_free(conductor->exposure);
}
