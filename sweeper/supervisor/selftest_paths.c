/* SPDX-License-Identifier: Apache-2.0 */
/* selftest_paths.c - see selftest_paths.h. */
#include "supervisor/selftest_paths.h"

#include <stdlib.h>
#include <string.h>

/* The rule wants both ends at their places: half of the text is not the text, and
 * the stored text inside a container is not the container's. */
#define HEAD "sweeper selftest: a harmless text begins here >>>???~~~\n"
#define LINE "It stands for what must not be missed, and goes on long enough to be packed.\n"
#define TAIL "sweeper selftest: the harmless text ends here <<<\n"
#define FOUR LINE LINE LINE LINE

static const char text[] = HEAD FOUR FOUR FOUR FOUR TAIL;

const char *selftest_rule(void)
{
    return "rule " SW_SELFTEST_RULE " {\n"
           "    meta:\n"
           "        severity = \"high\"\n"
           "    strings:\n"
           "        $head = \"sweeper selftest: a harmless text begins here\"\n"
           "        $tail = \"sweeper selftest: the harmless text ends here <<<\\n\"\n"
           "    condition:\n"
           "        $head at 0 and $tail at filesize - 50\n"
           "}\n";
}
_Static_assert(sizeof TAIL - 1 == 50, "the rule says where the tail is");

/* --- which ---------------------------------------------------------------------- */

static void add(struct selftest_paths *paths, unsigned depth, const struct sw_sample_form *a,
                const struct sw_sample_form *b, const struct sw_sample_form *c)
{
    struct selftest_path *rows = NULL;

    if (paths->no_memory)
        return;
    /* Doubled at each power of two. */
    if ((paths->count & (paths->count - 1)) == 0) {
        size_t room = paths->count == 0 ? 1 : 2 * paths->count;
        rows = reallocarray(paths->rows, room, sizeof *rows);
        paths->no_memory = rows == NULL;
        if (rows == NULL)
            return;
        paths->rows = rows;
    }
    paths->rows[paths->count++] = (struct selftest_path){.forms = {a, b, c},
                                                         .form_count = c != NULL   ? 3
                                                                       : b != NULL ? 2
                                                                                   : 1,
                                                         .depth = depth};
}

/* One container with itself, and in turns with each stream. */
static void add_container(struct selftest_paths *paths, const struct sw_sample_form *container)
{
    size_t count = 0;
    const struct sw_sample_form *forms = sw_sample_forms(&count);

    for (unsigned depth = 2; depth <= 8; depth *= 2) {
        add(paths, depth, container, NULL, NULL);
        for (size_t i = 0; i < count; i++)
            if (forms[i].kind == SW_SAMPLE_STREAM && !forms[i].alone)
                add(paths, depth, container, &forms[i], NULL);
    }
}

/* One encoding up to the three layers that are looked into; round a container and in
 * one, of those that are held whole and of those that flow. UTF-16 is of texts. */
static void add_layer(struct selftest_paths *paths, const struct sw_sample_form *layer,
                      const struct sw_sample_form *held, const struct sw_sample_form *flows,
                      const struct sw_sample_form *stream)
{
    const bool of_bytes = strncmp(layer->hop, "utf-16", 6) != 0;

    for (unsigned depth = 2; of_bytes && depth <= 3; depth++)
        add(paths, depth, layer, NULL, NULL);
    if (of_bytes) {
        add(paths, 2, held, layer, NULL);
        add(paths, 2, flows, layer, NULL);
    }
    add(paths, 2, layer, held, NULL);
    add(paths, 2, layer, stream, NULL);
    add(paths, 3, layer, flows, stream);
}

static const struct sw_sample_form *form_named(const char *name)
{
    size_t count = 0;
    const struct sw_sample_form *forms = sw_sample_forms(&count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}

bool selftest_paths_init(struct selftest_paths *paths)
{
    size_t count = 0;
    const struct sw_sample_form *forms = sw_sample_forms(&count);

    *paths = (struct selftest_paths){.rows = NULL};
    for (size_t i = 0; i < count; i++)
        add(paths, 1, &forms[i], NULL, NULL);
    for (size_t i = 0; i < count; i++) {
        if (forms[i].alone)
            continue;
        switch (forms[i].kind) {
        case SW_SAMPLE_CONTAINER:
            add_container(paths, &forms[i]);
            break;
        case SW_SAMPLE_STREAM:
            for (unsigned depth = 2; depth <= 8; depth *= 2)
                add(paths, depth, &forms[i], NULL, NULL);
            break;
        case SW_SAMPLE_LAYER:
            add_layer(paths, &forms[i], form_named("zip-deflate"), form_named("tar-pax"),
                      form_named("gzip"));
            break;
        }
    }
    return !paths->no_memory;
}

void selftest_paths_done(struct selftest_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->rows[i].note);
    free(paths->rows);
    *paths = (struct selftest_paths){.rows = NULL};
}

/* --- what it is ------------------------------------------------------------------ */

const struct sw_sample_form *selftest_form(const struct selftest_path *path, unsigned level)
{
    return path->forms[level % path->form_count];
}

bool selftest_seen(const struct selftest_path *path)
{
    return path->made && path->right == 1;
}

enum sw_status selftest_name(const struct selftest_path *path, struct sw_buf *out)
{
    enum sw_status status = sw_buf_append_text(out, path->forms[0]->name);
    for (unsigned i = 1; status == SW_OK && i < path->form_count; i++)
        status = sw_buf_append_format(out, " in %s", path->forms[i]->name);
    if (status == SW_OK)
        status = sw_buf_append_format(out, ", depth %u", path->depth);
    return status == SW_OK ? sw_buf_terminate(out) : status;
}

enum sw_status selftest_label(size_t index, struct sw_buf *out)
{
    enum sw_status status = sw_buf_append_format(out, "/selftest/%zu", index + 1);
    return status == SW_OK ? sw_buf_terminate(out) : status;
}

enum sw_status selftest_locator(const struct selftest_path *path, size_t index, struct sw_buf *out)
{
    enum sw_status status = selftest_label(index, out);
    for (unsigned level = path->depth; status == SW_OK && level-- > 0;)
        status = sw_buf_append_format(out, "!%s", selftest_form(path, level)->member);
    return status == SW_OK ? sw_buf_terminate(out) : status;
}

enum sw_status selftest_build(const struct selftest_path *path, struct sw_buf *out,
                              struct sw_error *error)
{
    struct sw_buf inner;
    enum sw_status status = SW_OK;

    sw_buf_init(&inner, SW_SAMPLE_SIZE_MAX);
    sw_buf_clear(out);
    if (sw_buf_append(out, text, sizeof text - 1) != SW_OK)
        status = sw_fail(error, SW_SKIP, "selftest", 0, "no memory");
    for (unsigned level = 0; status == SW_OK && level < path->depth; level++) {
        const struct sw_sample_form *form = selftest_form(path, level);
        const struct sw_buf outer = *out;
        *out = inner;
        inner = outer;
        sw_buf_clear(out);
        status = form->make(form, sw_buf_view(&inner), out, error);
    }
    sw_buf_done(&inner);
    return status;
}

/* --- what came back ---------------------------------------------------------------- */

static const char *text_at(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value != NULL ? value : "";
}

/* Outermost first: the file, then each form. */
static bool chain_fits(const struct selftest_path *path, const json_t *chain)
{
    if (json_array_size(chain) != (size_t)path->depth + 1 ||
        strcmp(text_at(json_array_get(chain, 0), "kind"), "file") != 0)
        return false;
    for (unsigned i = 1; i <= path->depth; i++) {
        const struct sw_sample_form *form = selftest_form(path, path->depth - i);
        const json_t *hop = json_array_get(chain, i);
        const char *kind = form->kind == SW_SAMPLE_LAYER ? "decoded" : form->hop;
        if (strcmp(text_at(hop, "kind"), kind) != 0 ||
            strcmp(text_at(hop, "name"), form->member) != 0 ||
            (form->kind == SW_SAMPLE_LAYER && strcmp(text_at(hop, "encoding"), form->hop) != 0))
            return false;
    }
    return true;
}

static bool finding_fits(const struct selftest_path *path, size_t index, const json_t *record)
{
    struct sw_buf locator;
    sw_buf_init(&locator, SW_SAMPLE_SIZE_MAX);
    bool fits = selftest_locator(path, index, &locator) == SW_OK &&
                strcmp(text_at(record, "locator"), (const char *)locator.data) == 0 &&
                chain_fits(path, json_object_get(record, "chain")) &&
                json_integer_value(json_object_get(json_object_get(record, "object"), "size")) ==
                    (json_int_t)(sizeof text - 1);
    sw_buf_done(&locator);
    return fits;
}

void selftest_judge(struct selftest_path *path, size_t index, const json_t *record)
{
    if (strcmp(text_at(record, "type"), "finding") == 0) {
        if (strcmp(text_at(json_object_get(record, "rule"), "name"), SW_SELFTEST_RULE) != 0)
            return;
        *(finding_fits(path, index, record) ? &path->right : &path->other) += 1;
    } else if (path->note == NULL && asprintf(&path->note, "%s: %s", text_at(record, "reason"),
                                              text_at(record, "detail")) < 0) {
        path->note = NULL;
    }
}
