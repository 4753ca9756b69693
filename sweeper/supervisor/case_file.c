/* SPDX-License-Identifier: Apache-2.0 */
/* case_file.c - the form of case files, checked before anything is built. */
#include "supervisor/case_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/case_recipe.h"
#include "supervisor/json_lines.h"

enum {
    PATH_SIZE_MAX = 4095,
    NAME_SIZE_MAX = 1000,
    POINTER_MAX = 768,
    LEVELS_MAX = SW_CASE_NESTING_MAX + 1,
    MODE_DEFAULT = 0644,
};

static const char schema_version[] = "1.0";
static const char *const lists[] = {"hits", "misses"}; /* by `hit`: lists[!hit] */

/* How far the parts of one content have been looked at; the last level is the
 * innermost one. */
struct level {
    const json_t *parts;
    size_t next;
    const char *word; /* encoding of the part at next - 1, when a level follows */
};

struct parser {
    struct sw_case_file *file;
    struct sw_error *error;
    char pointer[POINTER_MAX]; /* to what is being looked at */
};

static enum sw_status no_memory(const struct parser *parser)
{
    return sw_fail(parser->error, SW_STOP, "cases", ENOMEM, "%s", parser->file->name);
}

static enum sw_status wrong(const struct parser *parser, const char *format, ...) SW_PRINTF(2, 3);
static enum sw_status wrong(const struct parser *parser, const char *format, ...)
{
    const struct sw_case_file *file = parser->file;
    size_t line = sw_json_line_of(file->text, file->text_size, parser->pointer);
    char text[400];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return sw_fail(parser->error, SW_SKIP, "cases", 0, "%s:%zu: error: %s", file->name,
                   line > 0 ? line : 1, text);
}

static void point(struct parser *parser, const char *format, ...) SW_PRINTF(2, 3);
static void point(struct parser *parser, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parser->pointer, sizeof(parser->pointer), format, arguments);
    va_end(arguments);
}

/* --- members -------------------------------------------------------------- */

/* Every member's name must be among `known`, which ends in NULL. */
static enum sw_status check_members(const struct parser *parser, json_t *object,
                                    const char *const *known)
{
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], name) != 0)
            i++;
        if (known[i] == NULL)
            return wrong(parser, "unknown member \"%s\"", name);
    }
    return SW_OK;
}

/* A text that has to be there, of 1 to `size_max` bytes. */
static enum sw_status take_text(const struct parser *parser, const json_t *object, const char *name,
                                size_t size_max, const char **text)
{
    const json_t *value = json_object_get(object, name);
    if (value == NULL)
        return wrong(parser, "\"%s\" is missing", name);
    const char *found = json_string_value(value);
    size_t size = json_string_length(value);
    if (found == NULL || size == 0 || size > size_max || strlen(found) != size)
        return wrong(parser, "\"%s\" must be a text of 1 to %zu bytes, none of them NUL", name,
                     size_max);
    *text = found;
    return SW_OK;
}

static enum sw_status take_mode(const struct parser *parser, const json_t *object, uint32_t *mode)
{
    const json_t *value = json_object_get(object, "mode");
    const char *text = json_string_value(value);
    if (value == NULL)
        return SW_OK;
    if (text == NULL || strlen(text) != 4 || strspn(text, "01234567") != 4)
        return wrong(parser, "\"mode\" must be four octal digits: \"0755\"");
    *mode = (uint32_t)strtoul(text, NULL, 8);
    return SW_OK;
}

static enum sw_status take_severity(const struct parser *parser, const json_t *object,
                                    struct sw_case *case_)
{
    const json_t *value = json_object_get(object, "severity");
    if (value == NULL)
        return SW_OK;
    if (!json_is_string(value) || !sw_severity_find(json_string_value(value), &case_->severity))
        return wrong(parser, "\"severity\" must be critical, high, medium, low or info");
    case_->severity_given = true;
    return SW_OK;
}

/* --- content -------------------------------------------------------------- */

/* The pointer to the part that the innermost level is at. */
static void point_part(struct parser *parser, const struct sw_case *case_,
                       const struct level *levels, size_t depth)
{
    point(parser, "/%s/%zu/content", lists[!case_->hit], case_->index);
    for (size_t i = 0; i < depth; i++) {
        size_t used = strlen(parser->pointer);
        bool last = i + 1 == depth;
        snprintf(parser->pointer + used, sizeof(parser->pointer) - used, "/%zu%s%s",
                 levels[i].next - 1, last ? "" : "/", last ? "" : levels[i].word);
    }
}

static enum sw_status check_number(const struct parser *parser, const json_t *part,
                                   const struct sw_recipe *recipe)
{
    const json_t *value = json_object_get(part, recipe->number);
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 1 || (uint64_t)number > recipe->number_max)
        return wrong(parser, "\"%s\" needs \"%s\", a number from 1 to %llu", recipe->word,
                     recipe->number, (unsigned long long)recipe->number_max);
    return SW_OK;
}

static enum sw_status check_bytes(const struct parser *parser, const json_t *part)
{
    const json_t *value = json_object_get(part, "bytes");
    struct sw_buf bytes;
    sw_buf_init(&bytes, SW_CASE_SIZE_MAX);
    enum sw_status status = SW_DEAD;
    /* Whatever follows a NUL byte would be passed over. */
    if (json_is_string(value) && json_object_size(part) == 1 &&
        strlen(json_string_value(value)) == json_string_length(value))
        status = sw_recipe_bytes(json_string_value(value), &bytes);
    sw_buf_done(&bytes);
    if (status == SW_OK)
        return SW_OK;
    return wrong(parser, "\"bytes\" stands alone and holds pairs of hexadecimal digits");
}

/* A part that is an object. *recipe: its encoding; NULL for raw bytes. */
static enum sw_status check_object(const struct parser *parser, json_t *part,
                                   const struct sw_recipe **recipe)
{
    *recipe = NULL;
    if (json_object_get(part, "bytes") != NULL)
        return check_bytes(parser, part);
    for (void *at = json_object_iter(part); at != NULL && *recipe == NULL;
         at = json_object_iter_next(part, at))
        *recipe = sw_recipe_find(json_object_iter_key(at));
    if (*recipe == NULL)
        return wrong(parser, "a part has one of: %s", sw_recipe_words());
    const char *const known[] = {(*recipe)->word, (*recipe)->number, NULL};
    enum sw_status status = check_members(parser, part, known);
    if (status == SW_OK && !json_is_array(json_object_get(part, (*recipe)->word)))
        status = wrong(parser, "\"%s\" must hold a list of parts", (*recipe)->word);
    if (status == SW_OK && (*recipe)->number != NULL)
        status = check_number(parser, part, *recipe);
    return status;
}

static enum sw_status check_part(struct parser *parser, const struct sw_case *case_,
                                 struct level *levels, size_t *depth)
{
    struct level *level = &levels[*depth - 1];
    json_t *part = json_array_get(level->parts, level->next++);
    const struct sw_recipe *recipe = NULL;
    if (json_is_string(part))
        return SW_OK;
    point_part(parser, case_, levels, *depth);
    if (!json_is_object(part))
        return wrong(parser, "a part is a text or an object");
    enum sw_status status = check_object(parser, part, &recipe);
    if (status != SW_OK || recipe == NULL)
        return status;
    if (*depth == LEVELS_MAX)
        return wrong(parser, "more than %d encodings inside one another", SW_CASE_NESTING_MAX);
    level->word = recipe->word;
    levels[(*depth)++] = (struct level){.parts = json_object_get(part, recipe->word)};
    return SW_OK;
}

static enum sw_status check_content(struct parser *parser, const struct sw_case *case_)
{
    struct level levels[LEVELS_MAX] = {{.parts = case_->content}};
    size_t depth = 1;
    enum sw_status status = SW_OK;
    if (!json_is_array(case_->content))
        return wrong(parser, "\"content\" must be a list of parts");
    while (status == SW_OK && depth > 0) {
        if (levels[depth - 1].next == json_array_size(levels[depth - 1].parts))
            depth--;
        else
            status = check_part(parser, case_, levels, &depth);
    }
    return status;
}

/* --- cases ---------------------------------------------------------------- */

static enum sw_status take_case(struct parser *parser, json_t *object, struct sw_case *case_)
{
    static const char *const hit_members[] = {"name", "path", "content", "mode", "severity", NULL};
    static const char *const miss_members[] = {"name", "why", "path", "content", "mode", NULL};
    const char *why = NULL;

    if (!json_is_object(object))
        return wrong(parser, "a case is an object");
    enum sw_status status = check_members(parser, object, case_->hit ? hit_members : miss_members);
    if (status == SW_OK)
        status = take_text(parser, object, "name", NAME_SIZE_MAX, &case_->name);
    if (status == SW_OK && !case_->hit)
        status = take_text(parser, object, "why", NAME_SIZE_MAX, &why);
    if (status == SW_OK)
        status = take_text(parser, object, "path", PATH_SIZE_MAX, &case_->path);
    if (status == SW_OK && case_->path[strlen(case_->path) - 1] == '/')
        status = wrong(parser, "\"path\" must name a file, not a directory");
    if (status == SW_OK)
        status = take_mode(parser, object, &case_->mode);
    if (status == SW_OK && case_->hit)
        status = take_severity(parser, object, case_);
    if (status != SW_OK)
        return status;
    case_->content = json_object_get(object, "content");
    return check_content(parser, case_);
}

static enum sw_status take_list(struct parser *parser, bool hit)
{
    struct sw_case_file *file = parser->file;
    const json_t *list = json_object_get(file->json, lists[!hit]);
    enum sw_status status = SW_OK;

    for (size_t i = 0; status == SW_OK && i < json_array_size(list); i++) {
        struct sw_case *case_ = &file->cases[file->count++];
        *case_ = (struct sw_case){.hit = hit, .index = i, .mode = MODE_DEFAULT};
        point(parser, "/%s/%zu", lists[!hit], i);
        status = take_case(parser, json_array_get(list, i), case_);
    }
    return status;
}

static enum sw_status take_lists(struct parser *parser)
{
    struct sw_case_file *file = parser->file;
    size_t count = 0;

    for (unsigned i = 0; i < 2; i++) {
        const json_t *list = json_object_get(file->json, lists[i]);
        if (!json_is_array(list))
            return wrong(parser, "\"%s\" must be there, a list of cases", lists[i]);
        count += json_array_size(list);
    }
    file->cases = calloc(count + 1, sizeof(*file->cases));
    if (file->cases == NULL)
        return no_memory(parser);
    enum sw_status status = take_list(parser, true);
    return status == SW_OK ? take_list(parser, false) : status;
}

static enum sw_status take_file(struct parser *parser)
{
    static const char *const members[] = {"schema", "rule", "hits", "misses", NULL};
    struct sw_case_file *file = parser->file;
    const char *schema = "";
    json_error_t trouble;

    file->json =
        json_loadb(file->text, file->text_size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &trouble);
    if (file->json == NULL && json_error_code(&trouble) == json_error_out_of_memory)
        return no_memory(parser);
    if (file->json == NULL)
        return sw_fail(parser->error, SW_SKIP, "cases", 0, "%s:%d: error: %s", file->name,
                       trouble.line > 0 ? trouble.line : 1, trouble.text);
    if (!json_is_object(file->json))
        return wrong(parser, "a case file is an object");
    enum sw_status status = check_members(parser, file->json, members);
    if (status == SW_OK)
        status = take_text(parser, file->json, "schema", NAME_SIZE_MAX, &schema);
    if (status == SW_OK && strcmp(schema, schema_version) != 0)
        status = wrong(parser, "\"schema\" must be \"%s\"", schema_version);
    if (status == SW_OK)
        status = take_text(parser, file->json, "rule", NAME_SIZE_MAX, &file->rule);
    return status == SW_OK ? take_lists(parser) : status;
}

enum sw_status sw_case_file_parse(const char *name, const char *text, size_t size,
                                  struct sw_case_file **file, struct sw_error *error)
{
    struct sw_case_file *made = calloc(1, sizeof(*made));
    struct parser parser = {.file = made, .error = error};

    if (made != NULL) {
        made->name = strdup(name);
        made->text = malloc(size + 1);
        made->text_size = size;
    }
    if (made == NULL || made->name == NULL || made->text == NULL) {
        sw_case_file_free(made);
        return sw_fail(error, SW_STOP, "cases", ENOMEM, "%s", name);
    }
    memcpy(made->text, text, size);
    made->text[size] = '\0';
    enum sw_status status = take_file(&parser);
    if (status == SW_OK)
        *file = made; /* the caller's from here on */
    else
        sw_case_file_free(made);
    return status;
}

void sw_case_file_free(struct sw_case_file *file)
{
    if (file == NULL)
        return;
    free(file->name);
    free(file->text);
    free(file->cases);
    json_decref(file->json);
    free(file);
}

size_t sw_case_line(const struct sw_case_file *file, const struct sw_case *case_)
{
    char pointer[64] = "/rule";
    if (case_ != NULL)
        snprintf(pointer, sizeof(pointer), "/%s/%zu", lists[!case_->hit], case_->index);
    size_t line = sw_json_line_of(file->text, file->text_size, pointer);
    return line > 0 ? line : 1;
}
