/* SPDX-License-Identifier: Apache-2.0 */
/* scan_external.c - the external variables of one object; see rule.h. */
#include <stdlib.h>
#include <string.h>

#include "engine/rule/scan_core.h"

static enum sw_status no_memory(struct sw_error *error)
{
    return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "scan", 0,
                       "no memory for external variables");
}

static int set_text(struct sw_scanner *scanner, enum sw_external external, const char *value)
{
    return yr_scanner_define_string_variable(scanner->yara, sw_external_name(external), value);
}

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* "/usr/bin/env" gives "/usr/bin", "/env" gives "/", "env" gives "". NULL on a
 * lack of memory. */
static const char *directory_of(struct sw_scanner *scanner, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t size = slash == NULL ? 0 : (size_t)(slash - path);
    if (slash == path)
        size = 1;
    if (size + 1 > scanner->directory_room) {
        char *grown = realloc(scanner->directory, size + 1);
        if (grown == NULL)
            return NULL;
        scanner->directory = grown;
        scanner->directory_room = size + 1;
    }
    memcpy(scanner->directory, path, size);
    scanner->directory[size] = '\0';
    return scanner->directory;
}

/* With the dot, ASCII letters in lower case. Dots that a name begins with make
 * it hidden and start no extension: ".profile" has none. */
static void extension_of(const char *name, char extension[static 256])
{
    extension[0] = '\0';
    const char *dot = strrchr(name + strspn(name, "."), '.');
    size_t size = dot == NULL ? 0 : strlen(dot);
    if (size >= 256)
        return;
    for (size_t i = 0; i < size; i++)
        extension[i] = dot[i] >= 'A' && dot[i] <= 'Z' ? (char)(dot[i] - 'A' + 'a') : dot[i];
    extension[size] = '\0';
}

static int set_names(struct sw_scanner *scanner)
{
    const struct sw_label *label = scanner->object.label;
    const bool *uses = scanner->setup.uses;
    const char *name = last_component(label->path);
    char extension[256];
    int answer = ERROR_SUCCESS;
    if (uses[SW_EXTERNAL_FILENAME])
        answer = set_text(scanner, SW_EXTERNAL_FILENAME, name);
    if (answer == ERROR_SUCCESS && uses[SW_EXTERNAL_FILEPATH]) {
        const char *directory = directory_of(scanner, label->path);
        answer = directory == NULL ? ERROR_INSUFFICIENT_MEMORY
                                   : set_text(scanner, SW_EXTERNAL_FILEPATH, directory);
    }
    if (answer == ERROR_SUCCESS && uses[SW_EXTERNAL_EXTENSION]) {
        extension_of(name, extension);
        answer = set_text(scanner, SW_EXTERNAL_EXTENSION, extension);
    }
    return answer;
}

/* Each is set for every object that is judged: a value stays until it is replaced. */
static int set_packed(struct sw_scanner *scanner)
{
    const struct sw_label *label = scanner->object.label;
    const struct {
        enum sw_external external;
        const char *value;
    } rows[] = {{SW_EXTERNAL_PACKAGE_NAME, label->package_name},
                {SW_EXTERNAL_PACKAGE_VERSION, label->package_version},
                {SW_EXTERNAL_UNPACK_PARENT, label->unpack_parent},
                {SW_EXTERNAL_UNPACK_CHAIN, label->unpack_chain}};
    int answer = ERROR_SUCCESS;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && answer == ERROR_SUCCESS; i++)
        if (scanner->setup.uses[rows[i].external])
            answer =
                set_text(scanner, rows[i].external, rows[i].value != NULL ? rows[i].value : "");
    return answer;
}

static int set_facts(struct sw_scanner *scanner)
{
    const struct sw_object *object = &scanner->object;
    const bool *uses = scanner->setup.uses;
    struct sw_view head = {object->head, object->head_size};
    int answer = ERROR_SUCCESS;
    if (uses[SW_EXTERNAL_FILETYPE])
        answer = set_text(scanner, SW_EXTERNAL_FILETYPE, sw_filetype_by_signature(head));
    if (answer == ERROR_SUCCESS && uses[SW_EXTERNAL_MIME] && scanner->setup.ident != NULL)
        answer = set_text(scanner, SW_EXTERNAL_MIME, sw_ident_mime(scanner->setup.ident, head));
    if (answer == ERROR_SUCCESS && uses[SW_EXTERNAL_OWNER] && object->label->owner != NULL)
        answer = set_text(scanner, SW_EXTERNAL_OWNER, object->label->owner);
    if (answer == ERROR_SUCCESS && uses[SW_EXTERNAL_MODE])
        answer = yr_scanner_define_integer_variable(
            scanner->yara, sw_external_name(SW_EXTERNAL_MODE), object->label->mode);
    return answer;
}

enum sw_status sw_externals_set(struct sw_scanner *scanner, struct sw_error *error)
{
    int answer = set_names(scanner);
    if (answer == ERROR_SUCCESS)
        answer = set_packed(scanner);
    if (answer == ERROR_SUCCESS)
        answer = set_facts(scanner);
    if (answer == ERROR_SUCCESS)
        return SW_OK;
    if (answer == ERROR_INSUFFICIENT_MEMORY)
        return no_memory(error);
    return sw_fail_gap(error, SW_SKIP, SW_GAP_RULE_ERROR, "scan", 0,
                       "cannot set an external variable: %s", sw_scan_error_name(answer));
}
