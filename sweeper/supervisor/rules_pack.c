/* SPDX-License-Identifier: Apache-2.0 */
/* rules_pack.c - `sweeper rules pack`: sources in, one file out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "supervisor/outfile.h"
#include "supervisor/pack_sign.h"
#include "supervisor/pack_write.h"
#include "supervisor/rules_check.h"
#include "supervisor/rules_gather.h"
#include "sweeper/rules_verb.h"
#include "sweeper/text.h"

struct packing {
    const struct sw_options *options;
    struct sw_key *keys[SW_PACK_SIGNATURES_MAX];
    struct sw_pack_signature signatures[SW_PACK_SIGNATURES_MAX];
    size_t key_count;
    struct sw_rulepack *rules;
    struct sw_buf bytes;
    struct sw_pack *made; /* read back from `bytes` */
    struct sw_error *error;
};

static bool same_file(const char *path, const struct stat *other)
{
    struct stat facts;
    return stat(path, &facts) == 0 && facts.st_dev == other->st_dev &&
           facts.st_ino == other->st_ino;
}

static bool any_is(const struct sw_texts *paths, const struct stat *file)
{
    for (size_t i = 0; i < paths->count; i++)
        if (same_file(paths->rows[i], file))
            return true;
    return false;
}

/* The pack must not be written over what it is made of, least of all a key. */
static enum sw_status check_out(const struct packing *packing)
{
    const struct sw_options *options = packing->options;
    struct stat old;
    if (sw_outfile_is_standard(options->out) || stat(options->out, &old) != 0 ||
        !S_ISREG(old.st_mode))
        return SW_OK;
    if (any_is(&options->sign_keys, &old) || any_is(&options->rules, &old) ||
        any_is(&options->indicators, &old) || any_is(&options->targets, &old))
        return sw_fail(packing->error, SW_STOP, "pack", 0,
                       "%s: --out would overwrite what the pack is made of", options->out);
    return SW_OK;
}

static enum sw_status read_keys(struct packing *packing)
{
    const struct sw_texts *paths = &packing->options->sign_keys;
    if (paths->count > SW_PACK_SIGNATURES_MAX)
        return sw_fail(packing->error, SW_STOP, "pack", 0, "more than %d keys to sign with",
                       SW_PACK_SIGNATURES_MAX);
    for (size_t i = 0; i < paths->count; i++) {
        struct sw_key *key = NULL;
        bool exposed = false;
        if (sw_key_read_private(paths->rows[i], &key, &exposed, packing->error) != SW_OK)
            return SW_STOP;
        packing->keys[packing->key_count++] = key;
        for (size_t k = 0; k < i; k++)
            if (memcmp(sw_key_id(packing->keys[k]), sw_key_id(key), SW_KEY_ID_SIZE) == 0)
                return sw_fail(packing->error, SW_STOP, "pack", 0, "%s: the same key as %s",
                               paths->rows[i], paths->rows[k]);
        if (exposed) {
            fputs("sweeper: ", stderr);
            sw_rules_print_text(stderr, paths->rows[i], strlen(paths->rows[i]));
            fputs(": warning: others than its owner may use this private key; chmod 600\n", stderr);
        }
    }
    return SW_OK;
}

static enum sw_status gather(struct packing *packing)
{
    enum sw_status status = sw_rules_gather(packing->options, &packing->rules, packing->error);
    if (status == SW_OK && packing->rules->pack_count > 0)
        status = sw_fail(packing->error, SW_STOP, "pack", 0,
                         "%s: a rule pack already; a pack is made of sources, not of packs",
                         packing->rules->packs[0].name);
    return status;
}

static void print_diagnoses(const struct sw_diagnoses *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct sw_diagnosis *row = &list->rows[i];
        if (row->level != SW_DIAGNOSIS_ERROR)
            continue;
        sw_rules_print_text(stderr, row->file, strlen(row->file));
        fprintf(stderr, ":%d: error: ", row->line);
        sw_rules_print_text(stderr, row->text, strlen(row->text));
        fputc('\n', stderr);
    }
}

static bool has_rules(const struct sw_rulepack *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rules->files[i].kind == SW_PACK_RULES)
            return true;
    return false;
}

/* Whoever loads the pack would be told the same, too late. */
static enum sw_status compile(const struct packing *packing)
{
    struct sw_ruleset *set = NULL;
    struct sw_diagnoses diagnoses = {NULL, 0};
    if (!has_rules(packing->rules))
        return SW_OK;
    enum sw_status status = sw_ruleset_compile(packing->rules, &set, &diagnoses, packing->error);
    if (status != SW_OK)
        print_diagnoses(&diagnoses);
    sw_diagnoses_done(&diagnoses);
    sw_ruleset_free(set);
    return status;
}

/* What was written is read as anybody would read it, and each signature tried. */
static enum sw_status read_back(struct packing *packing)
{
    const char *name = packing->options->out;
    uint8_t *copy = malloc(packing->bytes.size);
    if (!copy)
        return sw_fail(packing->error, SW_STOP, "pack", ENOMEM, "%s", name);
    memcpy(copy, packing->bytes.data, packing->bytes.size);
    enum sw_status status =
        sw_pack_decode(copy, packing->bytes.size, name, &packing->made, packing->error);
    for (size_t i = 0; status == SW_OK && i < packing->key_count; i++)
        if (!sw_key_verify(packing->keys[i], packing->made->covered, &packing->signatures[i]))
            status = sw_fail(packing->error, SW_STOP, "pack", 0,
                             "%s: what was signed with it does not verify: a damaged key?",
                             sw_key_path(packing->keys[i]));
    return status;
}

static enum sw_status encode(struct packing *packing)
{
    struct sw_pack_signature sorted[SW_PACK_SIGNATURES_MAX];
    const char *name = packing->options->out;
    enum sw_status status = sw_pack_encode(&packing->bytes, packing->rules, name, packing->error);
    for (size_t i = 0; status == SW_OK && i < packing->key_count; i++)
        status = sw_key_sign(packing->keys[i], sw_buf_view(&packing->bytes),
                             &packing->signatures[i], packing->error);
    memcpy(sorted, packing->signatures, sizeof(sorted));
    if (status == SW_OK)
        status =
            sw_pack_encode_end(&packing->bytes, sorted, packing->key_count, name, packing->error);
    return status == SW_OK ? read_back(packing) : status;
}

/* Where the pack itself goes to standard output, people read the other one. */
static void print_made(const struct packing *packing)
{
    const char *name = packing->options->out;
    FILE *out = sw_outfile_is_standard(name) ? stderr : stdout;
    char text[SW_SHA256_HEX_SIZE];
    sw_rules_print_text(out, name, strlen(name));
    fprintf(out, ": %s file%s", sw_text_count(packing->rules->count, text),
            packing->rules->count == 1 ? "" : "s");
    fprintf(out, ", %s\n", sw_text_size(packing->bytes.size, text));
    fprintf(out, "digest: sha256:%s\n", packing->made->digest);
    for (size_t i = 0; i < packing->key_count; i++)
        fprintf(out, "signed by: %s\n", sw_pack_hex(sw_key_id(packing->keys[i]), text));
    if (packing->key_count == 0)
        fputs("not signed\n", out);
}

enum sw_exit sw_rules_pack(const struct sw_options *options)
{
    struct sw_error error = {.errnum = 0};
    struct packing packing = {.options = options, .error = &error};
    enum sw_exit exit_code = SW_EXIT_RULES;
    sw_buf_init(&packing.bytes, SW_PACK_SIZE_MAX);
    enum sw_status status = check_out(&packing);
    if (status == SW_OK)
        status = read_keys(&packing);
    if (status == SW_OK)
        status = gather(&packing);
    if (status == SW_OK)
        status = compile(&packing);
    if (status == SW_OK)
        status = encode(&packing);
    if (status == SW_OK) {
        exit_code = SW_EXIT_FAILED;
        status = sw_pack_write(options->out, sw_buf_view(&packing.bytes), &error);
    }
    if (status == SW_OK) {
        exit_code = SW_EXIT_CLEAN;
        print_made(&packing);
    } else {
        fprintf(stderr, "sweeper: %s\n", error.text);
    }
    for (size_t i = 0; i < packing.key_count; i++)
        sw_key_free(packing.keys[i]);
    sw_pack_free(packing.made);
    sw_rulepack_free(packing.rules);
    sw_buf_done(&packing.bytes);
    return exit_code;
}
