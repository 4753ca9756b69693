/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_context.c - what entries of --layer-cache hold for: a digest of all that changes what is
 * found, and is the same for all layers of a sweep.
 */
#include <link.h>
#include <magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/layer_context.h"
#include "sweeper/digest.h"

enum {
    CONTEXT_MAX = 1024 * 1024, /* bytes of the text that is digested */
    CHUNK = 64 * 1024,
};

static void put_file(struct sw_buf *text, const char *path)
{
    struct stat facts;

    if (stat(path, &facts) == 0)
        (void)!sw_buf_append_format(text, "%s %lld %lld.%09ld\n", path, (long long)facts.st_size,
                                    (long long)facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec);
}

/* The engine is the same executable, with the same libraries. */
static int on_library(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    if (info->dlpi_name != NULL && info->dlpi_name[0] == '/')
        put_file(context, info->dlpi_name);
    return 0;
}

static enum sw_status put_program(struct sw_buf *text, int fd)
{
    struct sw_digest *digest = NULL;
    char hex[SW_SHA256_HEX_SIZE] = "";
    uint8_t *chunk = malloc(CHUNK);
    off_t offset = 0;
    ssize_t got = 1;
    enum sw_status status = chunk != NULL ? sw_digest_new(&digest) : SW_SKIP;

    if (status == SW_OK)
        status = sw_digest_start(digest);
    while (status == SW_OK && got > 0) {
        got = pread(fd, chunk, CHUNK, offset);
        status = got < 0 ? SW_SKIP : sw_digest_update(digest, chunk, (size_t)got);
        offset += got;
    }
    if (status == SW_OK)
        status = sw_digest_finish(digest, hex);
    sw_digest_free(digest);
    free(chunk);
    return status == SW_OK ? sw_buf_append_format(text, "program %s\n", hex) : status;
}

static enum sw_status put_options(struct sw_buf *text, const struct sw_engine_config *config)
{
    enum sw_status status =
        sw_buf_append_format(text,
                             "prefilter %d hash %d decode %d archives %d integrity %d "
                             "unallocated %d slack %d\n",
                             config->prefilter, config->hash_all, config->decode, config->archives,
                             config->integrity, config->unallocated, config->slack);

#define PUT_LIMIT(field, type, value)                                                              \
    if (status == SW_OK)                                                                           \
        status = sw_buf_append_format(text, #field " %llu\n",                                      \
                                      (unsigned long long)config->limits.field);
    SW_LIMIT_TABLE(PUT_LIMIT)
#undef PUT_LIMIT
    for (size_t i = 0; i < config->password_count && status == SW_OK; i++)
        status = sw_buf_append_block(text, config->passwords[i].data, config->passwords[i].size);
    for (size_t i = 0; i < config->key_count && status == SW_OK; i++)
        status = sw_buf_append_block(text, config->keys[i].bytes.data, config->keys[i].bytes.size);
    return status;
}

/* libmagic's own rule: each entry of its path is a database, or names FILE.mgc. What it says
 * of a type stands in findings. */
static void put_types(struct sw_buf *text)
{
    const char *path = magic_getpath(NULL, 0);
    char file[4096];

    while (path != NULL && *path != '\0') {
        const size_t size = strcspn(path, ":");
        snprintf(file, sizeof(file), "%.*s", (int)size, path);
        put_file(text, file);
        snprintf(file, sizeof(file), "%.*s.mgc", (int)size, path);
        put_file(text, file);
        path += size + (path[size] == ':' ? 1 : 0);
    }
}

/* The module has no other name. A rule that only says so is in doubt, too. */
bool layer_context_lasts(const struct sw_rulepack *pack)
{
    for (size_t i = 0; i < pack->count; i++)
        if (pack->files[i].kind == SW_PACK_RULES && strstr(pack->files[i].text, "\"time\"") != NULL)
            return false;
    return true;
}

enum sw_status layer_context(const struct child *child, const struct sw_rulepack *pack,
                             char hex[SW_SHA256_HEX_SIZE])
{
    struct sw_buf text;

    sw_buf_init(&text, CONTEXT_MAX);
    enum sw_status status =
        sw_buf_append_format(&text, "layers 1 of sweeper " SWEEPER_VERSION "\n%s\n", pack->digest);
    if (status == SW_OK)
        status = put_program(&text, child->executable);
    if (status == SW_OK)
        status = put_options(&text, &child->config);
    (void)dl_iterate_phdr(on_library, &text);
    put_types(&text);
    if (status == SW_OK)
        status = sw_digest_of(text.data, text.size, hex);
    sw_buf_done(&text);
    return status;
}
