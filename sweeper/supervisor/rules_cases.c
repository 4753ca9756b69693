/* SPDX-License-Identifier: Apache-2.0 */
/* rules_cases.c - see rules_cases.h. */
#include "supervisor/rules_cases.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/builtin_rules.h"
#include "supervisor/rulepack_read.h"
#include "sweeper/rows.h"

static enum sw_status no_memory(void)
{
    fprintf(stderr, "sweeper: no memory for the cases\n");
    return SW_STOP;
}

/* Told, counted, and gone on. */
static void note_bad(struct sw_case_list *list, const struct sw_error *error)
{
    fprintf(stderr, "%s\n", error->text);
    list->bad++;
}

static enum sw_status add_text(struct sw_case_list *list, const char *name, const char *text,
                               size_t size)
{
    struct sw_case_file *file = NULL;
    struct sw_error error;

    if (!sw_rows_grow(&list->files, &list->capacity, list->count + 1, sizeof(*list->files)))
        return no_memory();
    enum sw_status status = sw_case_file_parse(name, text, size, &file, &error);
    if (status == SW_STOP)
        return no_memory();
    if (status == SW_OK)
        list->files[list->count++] = file; /* ownership moves */
    else
        note_bad(list, &error);
    return SW_OK;
}

/* --- the built-in ones ---------------------------------------------------- */

static enum sw_status add_block(struct sw_case_list *list, struct sw_view path, struct sw_view text)
{
    char *name = NULL;
    if (asprintf(&name, "builtin:%.*s", (int)path.size, (const char *)path.data) < 0)
        return no_memory();
    enum sw_status status = add_text(list, name, (const char *)text.data, text.size);
    free(name);
    return status;
}

static enum sw_status add_builtin(struct sw_case_list *list)
{
    struct sw_cursor cursor;
    uint8_t *bytes = sw_builtin_open(SW_BUILTIN_CASES, &cursor);
    enum sw_status status = bytes != NULL ? SW_OK : no_memory();

    while (status == SW_OK && !sw_cursor_at_end(&cursor)) {
        struct sw_view path;
        struct sw_view text;
        if (sw_cursor_block(&cursor, &path) != SW_OK || sw_cursor_block(&cursor, &text) != SW_OK) {
            fprintf(stderr, "sweeper: the built-in cases are damaged\n");
            status = SW_STOP;
        } else {
            status = add_block(list, path, text);
        }
    }
    free(bytes);
    return status;
}

/* --- those of a path ------------------------------------------------------ */

/* Takes `fd` over; -1 with errno set is a bad file too. */
static enum sw_status add_fd(struct sw_case_list *list, const char *name, int fd)
{
    struct sw_error error;
    char *text = NULL;
    size_t size = 0;

    if (fd < 0) {
        (void)sw_fail(&error, SW_SKIP, "cases", errno, "%s", name);
        note_bad(list, &error);
        return SW_OK;
    }
    enum sw_status status = sw_rules_read_text(fd, name, &text, &size, &error);
    close(fd);
    if (status != SW_OK) {
        note_bad(list, &error);
        return SW_OK;
    }
    status = add_text(list, name, text, size);
    free(text);
    return status;
}

static enum sw_status add_below(struct sw_case_list *list, const char *path, int root)
{
    struct sw_path_list names = {NULL, 0, 0};
    struct sw_error error;

    enum sw_status status = sw_rules_list_directory(root, SW_PACK_INDICATORS, path, &names, &error);
    if (status == SW_OK && names.count == 0)
        status = sw_fail(&error, SW_SKIP, "cases", 0, "%s: no *.json file below it", path);
    if (status != SW_OK) {
        note_bad(list, &error);
        status = SW_OK;
    }
    for (size_t i = 0; status == SW_OK && i < names.count; i++) {
        char *name = NULL;
        bool slash = path[strlen(path) - 1] == '/';
        if (asprintf(&name, "%s%s%s", path, slash ? "" : "/", names.rows[i]) < 0) {
            status = no_memory();
            break;
        }
        status = add_fd(list, name, sw_rules_open_beneath(root, names.rows[i], O_RDONLY));
        free(name);
    }
    sw_path_list_done(&names);
    return status;
}

static enum sw_status add_path(struct sw_case_list *list, const char *path)
{
    struct stat found;
    bool known = stat(path, &found) == 0;

    if (known && S_ISDIR(found.st_mode)) {
        int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (root < 0)
            return add_fd(list, path, -1);
        enum sw_status status = add_below(list, path, root);
        close(root);
        return status;
    }
    /* A pipe, as the shell's <(...) gives it, is waited for. */
    int wait = known && S_ISFIFO(found.st_mode) ? 0 : O_NONBLOCK;
    return add_fd(list, path, open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | wait));
}

enum sw_status sw_case_list_gather(struct sw_case_list *list, bool builtin,
                                   const struct sw_texts *paths)
{
    enum sw_status status = builtin ? add_builtin(list) : SW_OK;

    for (size_t i = 0; status == SW_OK && i < paths->count; i++)
        status = add_path(list, paths->rows[i]);
    return status;
}

void sw_case_list_done(struct sw_case_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        sw_case_file_free(list->files[i]);
    free(list->files);
    *list = (struct sw_case_list){.count = 0};
}
