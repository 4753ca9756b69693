/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed_rules.c - build tool: compiles the built-in rules, refuses bad ones
 * (embed_check.h), and writes what travels inside the executable masked into C
 * files (see sweeper/common/builtin_rules.h).
 *
 *   embed-rules PACK.c CASES.c KIND ROOT FILE... [KIND ROOT FILE...]
 *
 * KIND is --rules (YARA; go into the pack), --indicators (JSON; go into the
 * pack) or --cases (JSON; go into the second file).
 *
 * Runs on the build machine only. Errors go to stderr as file:line: error:
 * text, so that editors and CI find them. Ends with 1 on any.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yara.h>

#include "../sweeper/common/builtin_rules.h"
#include "embed_check.h"

#define FILE_SIZE_MAX ((size_t)16 << 20)

struct blob {
    uint8_t *data;
    size_t size;
};

static void print_diagnosis(int level, const char *file, int line, const YR_RULE *rule,
                            const char *message, void *user_data)
{
    const struct source *source = user_data;
    (void)file;
    (void)rule;
    fprintf(stderr, "%s:%d: %s: %s\n", source->path, line,
            level == YARA_ERROR_LEVEL_ERROR ? "error" : "warning", message);
}

static bool read_source(struct source *source)
{
    FILE *in = fopen(source->path, "rb");
    char *text = malloc(FILE_SIZE_MAX + 1);
    bool good = false;
    if (!in || !text) {
        fprintf(stderr, "%s: %s\n", source->path, strerror(errno));
        goto out;
    }
    size_t size = fread(text, 1, FILE_SIZE_MAX, in);
    if (ferror(in) || !feof(in) || memchr(text, '\0', size)) {
        fprintf(stderr, "%s:1: error: unreadable, too large, or not text\n", source->path);
        goto out;
    }
    text[size] = '\0';
    source->text = realloc(text, size + 1);
    source->size = size;
    text = NULL;
    good = source->text != NULL;
out:
    free(text);
    if (in)
        fclose(in);
    return good;
}

static int compare_sources(const void *a, const void *b)
{
    const struct source *left = a;
    const struct source *right = b;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    return strcmp(left->name, right->name);
}

/* Same variables as the program defines; only their types matter here. */
static bool define_externals(YR_COMPILER *compiler)
{
    static const char *const texts[] = {"filename", "filepath", "extension",
                                        "filetype", "mime",     "owner"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (yr_compiler_define_string_variable(compiler, texts[i], "") != ERROR_SUCCESS)
            return false;
    return yr_compiler_define_integer_variable(compiler, "mode", 0) == ERROR_SUCCESS;
}

/* Each file by itself, as the program will compile it. */
static bool compile_source(struct source *source)
{
    YR_COMPILER *compiler = NULL;
    if (yr_compiler_create(&compiler) != ERROR_SUCCESS)
        return false;
    yr_compiler_set_callback(compiler, print_diagnosis, source);
    yr_compiler_set_include_callback(compiler, NULL, NULL, NULL);
    bool good = define_externals(compiler) &&
                yr_compiler_add_string(compiler, source->text, NULL) == 0 &&
                yr_compiler_get_rules(compiler, &source->rules) == ERROR_SUCCESS;
    yr_compiler_destroy(compiler);
    return good && check_metas(source);
}

static bool blob_add(struct blob *blob, const void *data, size_t size)
{
    uint8_t *grown = realloc(blob->data, blob->size + 4 + size);
    if (!grown)
        return false;
    blob->data = grown;
    for (unsigned i = 0; i < 4; i++)
        grown[blob->size + i] = (uint8_t)(size >> (8 * i));
    memcpy(grown + blob->size + 4, data, size);
    blob->size += 4 + size;
    return true;
}

static void mask(struct blob *blob, uint64_t key)
{
    for (size_t i = 0; i < blob->size; i++)
        blob->data[i] ^= sw_builtin_rules_mask(&key);
}

static int count_match(YR_SCAN_CONTEXT *context, int message, void *data, void *user_data)
{
    (void)context;
    (void)data;
    if (message == CALLBACK_MSG_RULE_MATCHING)
        ++*(int *)user_data;
    return CALLBACK_CONTINUE;
}

/* Masks the blob under the first key for which no rule matches the result. */
static bool mask_unseen(struct blob *blob, const struct source *sources, size_t count,
                        uint64_t *key)
{
    for (*key = UINT64_C(0x9E3779B97F4A7C15);; *key += 2) {
        int matches = 0;
        mask(blob, *key);
        for (size_t i = 0; i < count; i++)
            if (sources[i].rules && blob->size > 0 &&
                yr_rules_scan_mem(sources[i].rules, blob->data, blob->size, 0, count_match,
                                  &matches, 0) != ERROR_SUCCESS)
                return false;
        if (matches == 0)
            return true;
        mask(blob, *key);
    }
}

/* `what` is the stem of the functions: builtin_rules or builtin_cases. */
static bool write_c(const char *path, const char *what, const struct blob *blob, uint64_t key)
{
    FILE *out = fopen(path, "w");
    if (!out) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    fprintf(out, "/* Generated by embed-rules from rules; do not edit. */\n"
                 "#include \"common/builtin_rules.h\"\n\n"
                 "static const uint8_t data[] = {");
    for (size_t i = 0; i < blob->size; i++)
        fprintf(out, "%s0x%02x,", i % 16 ? " " : "\n    ", (unsigned)blob->data[i]);
    /* C has no empty arrays: a blob without bytes has one that is not counted. */
    fprintf(out,
            "%s\n};\n\n"
            "const uint8_t *sw_%s_data(void)\n{\n    return data;\n}\n\n"
            "size_t sw_%s_size(void)\n{\n    return %zu;\n}\n\n"
            "uint64_t sw_%s_key(void)\n{\n    return UINT64_C(0x%016llx);\n}\n",
            blob->size == 0 ? "0" : "", what, what, blob->size, what, (unsigned long long)key);
    bool good = !ferror(out);
    if (fclose(out) != 0 || !good) {
        fprintf(stderr, "%s: cannot be written\n", path);
        return false;
    }
    return true;
}

static bool find_kind(const char *word, enum source_kind *kind)
{
    static const char *const words[] = {
        [SOURCE_RULES] = "--rules",
        [SOURCE_INDICATORS] = "--indicators",
        [SOURCE_CASES] = "--cases",
    };
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0) {
            *kind = (enum source_kind)i;
            return true;
        }
    }
    return false;
}

/* Fills in kind, path and name of each file; returns how many there are. */
static size_t name_sources(char *const *words, size_t count, struct source *sources)
{
    enum source_kind kind = SOURCE_RULES;
    const char *root = NULL;
    size_t named = 0;
    for (size_t i = 0; i < count; i++) {
        if (find_kind(words[i], &kind)) {
            root = ++i < count ? words[i] : NULL;
            continue;
        }
        size_t root_size = root ? strlen(root) : 0;
        if (!root || strncmp(words[i], root, root_size) != 0 || words[i][root_size] != '/') {
            fprintf(stderr, "%s: not below a root\n", words[i]);
            return 0;
        }
        sources[named++] =
            (struct source){.kind = kind, .path = words[i], .name = words[i] + root_size + 1};
    }
    return named;
}

/* Reads and compiles all; every error of every file is printed. */
static bool load(struct source *sources, size_t count)
{
    bool good = count > 0;
    qsort(sources, count, sizeof(*sources), compare_sources);
    for (size_t i = 0; i < count; i++) {
        bool fine = read_source(&sources[i]) &&
                    (sources[i].kind != SOURCE_RULES || compile_source(&sources[i]));
        good = fine && good;
    }
    return good && check_unique(sources, count) && check_unseen(sources, count);
}

/* The cases, or everything else. */
static bool embed(const struct source *sources, size_t count, bool cases, const char *output)
{
    struct blob blob = {NULL, 0};
    uint64_t key = 0;
    bool good = true;
    for (size_t i = 0; good && i < count; i++)
        if ((sources[i].kind == SOURCE_CASES) == cases)
            good = blob_add(&blob, sources[i].name, strlen(sources[i].name)) &&
                   blob_add(&blob, sources[i].text, sources[i].size);
    good = good && mask_unseen(&blob, sources, count, &key) &&
           write_c(output, cases ? "builtin_cases" : "builtin_rules", &blob, key);
    free(blob.data);
    return good;
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: embed-rules PACK.c CASES.c KIND ROOT FILE...\n");
        return 1;
    }
    struct source *sources = calloc((size_t)argc, sizeof(*sources));
    bool good = sources && yr_initialize() == ERROR_SUCCESS;
    size_t count = good ? name_sources(argv + 3, (size_t)argc - 3, sources) : 0;
    good = good && load(sources, count) && embed(sources, count, false, argv[1]) &&
           embed(sources, count, true, argv[2]);
    for (size_t i = 0; i < count; i++) {
        if (sources[i].rules)
            yr_rules_destroy(sources[i].rules);
        free(sources[i].text);
    }
    yr_finalize();
    free(sources);
    return good ? 0 : 1;
}
