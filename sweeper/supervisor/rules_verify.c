/* SPDX-License-Identifier: Apache-2.0 */
/* rules_verify.c - `sweeper rules verify`: what is in a pack, and who says so. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/pack_trust.h"
#include "supervisor/rules_check.h"
#include "sweeper/rules_verb.h"
#include "sweeper/text.h"

static void print_file(FILE *out, const struct sw_rule_file *file)
{
    char size[24];
    const char *kind = file->kind == SW_PACK_INDICATORS ? "indicators"
                       : file->include_only             ? "included"
                                                        : "rules";
    fprintf(out, "  %-10s  %8s  ", kind, sw_text_size(file->text_size, size));
    sw_rules_print_text(out, file->root_relative, strlen(file->root_relative));
    fputs("  (", out);
    sw_rules_print_text(out, file->namespace_, strlen(file->namespace_));
    fputs(")\n", out);
}

static void print_signature(FILE *out, const struct sw_trust *trust,
                            const struct sw_pack_signature *signature)
{
    char hex[SW_SHA256_HEX_SIZE];
    const char *path = sw_trust_find(trust, signature->key_id);
    fprintf(out, "  %s  ", sw_pack_hex(signature->key_id, hex));
    if (!path || signature->state == SW_SIGNATURE_UNKNOWN) {
        fputs(path ? "not checked\n" : "not checked: no --trusted-key holds this key\n", out);
        return;
    }
    fputs(signature->state == SW_SIGNATURE_GOOD ? "good: " : "WRONG: ", out);
    sw_rules_print_text(out, path, strlen(path));
    fputc('\n', out);
}

static void print_pack(FILE *out, const char *name, const struct sw_pack *pack,
                       const struct sw_trust *trust)
{
    char count[32];
    sw_rules_print_text(out, name, strlen(name));
    fprintf(out, ": rule pack, format version %d\n", SW_PACK_VERSION);
    fprintf(out, "digest: sha256:%s\n", pack->digest);
    fprintf(out, "signed part: the first %s bytes\n", sw_text_count(pack->covered.size, count));
    fprintf(out, "files: %s\n", sw_text_count(pack->rules->count, count));
    for (size_t i = 0; i < pack->rules->count; i++)
        print_file(out, &pack->rules->files[i]);
    fprintf(out, "signatures: %zu\n", pack->signature_count);
    for (size_t i = 0; i < pack->signature_count; i++)
        print_signature(out, trust, &pack->signatures[i]);
}

static enum sw_status verify(FILE *out, const char *path, const struct sw_trust *trust,
                             struct sw_error *error)
{
    struct sw_pack *pack = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return sw_fail(error, SW_STOP, "pack", errno, "%s", path);
    enum sw_status status = sw_pack_settle_pipe(&fd, path, error);
    if (status == SW_OK)
        status = sw_pack_read(fd, path, &pack, error);
    close(fd);
    if (status == SW_OK) {
        status = sw_trust_judge(trust, pack, path, error);
        print_pack(out, path, pack, trust);
    }
    sw_pack_free(pack);
    return status;
}

enum sw_exit sw_rules_verify(const struct sw_options *options)
{
    struct sw_error error = {.errnum = 0};
    struct sw_trust trust = {NULL, 0, false};
    enum sw_exit exit_code = SW_EXIT_CLEAN;
    /* Who names keys wants to know whether one of them signed. */
    if (sw_trust_load(options->trusted_keys.rows, options->trusted_keys.count,
                      options->trusted_keys.count > 0, &trust, &error) != SW_OK) {
        fprintf(stderr, "sweeper: %s\n", error.text);
        return SW_EXIT_RULES;
    }
    for (size_t i = 0; i < options->targets.count; i++) {
        if (i > 0)
            fputc('\n', stdout);
        if (verify(stdout, options->targets.rows[i], &trust, &error) == SW_OK)
            continue;
        fflush(stdout);
        fprintf(stderr, "sweeper: %s\n", error.text);
        exit_code = SW_EXIT_RULES;
    }
    sw_trust_done(&trust);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("sweeper: cannot write to standard output\n", stderr);
        return SW_EXIT_FAILED;
    }
    return exit_code;
}
