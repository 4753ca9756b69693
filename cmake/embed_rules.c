/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed_rules.c - build tool: compiles the built-in rules, refuses bad ones,
 * and writes them masked into a C file (see sweeper/common/builtin_rules.h).
 *
 *   embed-rules ROOT OUTPUT.c FILE.yar...
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

#define FILE_SIZE_MAX ((size_t)16 << 20)

struct source {
    const char *path; /* as given */
    const char *name; /* below the root */
    char *text;
    size_t size;
};

struct blob {
    uint8_t *data;
    size_t size;
};

/* What every finding of a built-in rule must be able to say. */
static const char *const meta_names[] = {
    "id",     "title", "family",     "stage",  "severity",        "confidence", "description",
    "author", "date",  "references", "attack", "false_positives", "license",
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
    return strcmp(((const struct source *)a)->name, ((const struct source *)b)->name);
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

static bool check_metas(const struct source *source, const YR_RULE *rule)
{
    bool good = true;
    for (size_t i = 0; i < sizeof(meta_names) / sizeof(meta_names[0]); i++) {
        const YR_META *meta;
        bool found = false;
        yr_rule_metas_foreach(rule, meta)
        {
            if (strcmp(meta->identifier, meta_names[i]) == 0)
                found = meta->type == META_TYPE_STRING && meta->string[0] != '\0';
        }
        if (!found) {
            fprintf(stderr, "%s:1: error: rule %s has no meta \"%s\"\n", source->path,
                    rule->identifier, meta_names[i]);
            good = false;
        }
    }
    return good;
}

/* Each file by itself, as the program will compile it; NULL when it is bad. */
static YR_RULES *compile_source(struct source *source)
{
    YR_COMPILER *compiler = NULL;
    YR_RULES *rules = NULL;
    if (yr_compiler_create(&compiler) != ERROR_SUCCESS)
        return NULL;
    yr_compiler_set_callback(compiler, print_diagnosis, source);
    yr_compiler_set_include_callback(compiler, NULL, NULL, NULL);
    if (define_externals(compiler) && yr_compiler_add_string(compiler, source->text, NULL) == 0 &&
        yr_compiler_get_rules(compiler, &rules) == ERROR_SUCCESS) {
        const YR_RULE *rule;
        bool good = true;
        yr_rules_foreach(rules, rule) good = check_metas(source, rule) && good;
        if (!good) {
            yr_rules_destroy(rules);
            rules = NULL;
        }
    }
    yr_compiler_destroy(compiler);
    return rules;
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
static bool mask_unseen(struct blob *blob, YR_RULES *const *sets, size_t set_count, uint64_t *key)
{
    for (*key = UINT64_C(0x9E3779B97F4A7C15);; *key += 2) {
        int matches = 0;
        mask(blob, *key);
        for (size_t i = 0; i < set_count; i++)
            if (yr_rules_scan_mem(sets[i], blob->data, blob->size, 0, count_match, &matches, 0) !=
                ERROR_SUCCESS)
                return false;
        if (matches == 0)
            return true;
        mask(blob, *key);
    }
}

static bool write_c(const char *path, const struct blob *blob, uint64_t key)
{
    FILE *out = fopen(path, "w");
    if (!out) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    fprintf(out, "/* Generated by embed-rules from rules/yara; do not edit. */\n"
                 "#include \"common/builtin_rules.h\"\n\n"
                 "static const uint8_t data[] = {");
    for (size_t i = 0; i < blob->size; i++)
        fprintf(out, "%s0x%02x,", i % 16 ? " " : "\n    ", (unsigned)blob->data[i]);
    fprintf(out,
            "\n};\n\n"
            "const uint8_t *sw_builtin_rules_data(void)\n{\n    return data;\n}\n\n"
            "size_t sw_builtin_rules_size(void)\n{\n    return sizeof(data);\n}\n\n"
            "uint64_t sw_builtin_rules_key(void)\n{\n    return UINT64_C(0x%016llx);\n}\n",
            (unsigned long long)key);
    bool good = !ferror(out);
    if (fclose(out) != 0 || !good) {
        fprintf(stderr, "%s: cannot be written\n", path);
        return false;
    }
    return true;
}

/* Reads and compiles all; every error of every file is printed. */
static bool load(const char *root, char *const *paths, size_t count, struct source *sources,
                 YR_RULES **sets)
{
    bool good = true;
    size_t root_size = strlen(root);
    for (size_t i = 0; i < count; i++) {
        sources[i].path = paths[i];
        sources[i].name = paths[i] + root_size + 1;
        if (strncmp(paths[i], root, root_size) != 0 || paths[i][root_size] != '/') {
            fprintf(stderr, "%s: not below %s\n", paths[i], root);
            sources[i].name = paths[i];
            good = false;
        }
    }
    qsort(sources, count, sizeof(*sources), compare_sources);
    for (size_t i = 0; i < count; i++) {
        sets[i] = read_source(&sources[i]) ? compile_source(&sources[i]) : NULL;
        good = sets[i] && good;
    }
    return good;
}

static bool embed(const struct source *sources, YR_RULES *const *sets, size_t count,
                  const char *output)
{
    struct blob blob = {NULL, 0};
    uint64_t key = 0;
    bool good = true;
    for (size_t i = 0; good && i < count; i++)
        good = blob_add(&blob, sources[i].name, strlen(sources[i].name)) &&
               blob_add(&blob, sources[i].text, sources[i].size);
    good = good && mask_unseen(&blob, sets, count, &key) && write_c(output, &blob, key);
    free(blob.data);
    return good;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: embed-rules ROOT OUTPUT.c FILE.yar...\n");
        return 1;
    }
    size_t count = (size_t)argc - 3;
    struct source *sources = calloc(count, sizeof(*sources));
    YR_RULES **sets = calloc(count, sizeof(*sets));
    bool good = sources && sets && yr_initialize() == ERROR_SUCCESS &&
                load(argv[1], argv + 3, count, sources, sets) &&
                embed(sources, sets, count, argv[2]);
    for (size_t i = 0; i < count; i++) {
        if (sets && sets[i])
            yr_rules_destroy(sets[i]);
        if (sources)
            free(sources[i].text);
    }
    yr_finalize();
    free(sets);
    free(sources);
    return good ? 0 : 1;
}
