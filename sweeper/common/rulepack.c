/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulepack.c - the pack itself: what an include means, and the sealed memory
 * file in which the pack travels from the supervisor to every engine.
 *
 * The memory file: the magic, a u32 count, for each file its name, namespace,
 * text and path below the root as blocks, a u8 kind, two u8 flags and a u64 root index;
 * at the end the digest as a block. Everything is checked on arrival.
 */
#include "sweeper/rulepack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/rulepack_path.h"
#include "common/write_all.h"
#include "sweeper/buf.h"

static const char magic[8] = {'S', 'W', 'R', 'U', 'L', 'E', 'S', '2'};

/* Names and paths travel too: the memory file may be larger than the texts. */
#define SEALED_SIZE_MAX (SW_RULEPACK_SIZE_MAX * 2)
#define SEALS           (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

char *sw_rulepack_join(const char *from, const char *target)
{
    if (target[0] == '/')
        return NULL;
    const char *slash = strrchr(from, '/');
    size_t size = slash ? (size_t)(slash - from) : 0;
    char *path = malloc(size + strlen(target) + 2);
    if (!path)
        return NULL;
    memcpy(path, from, size);
    for (const char *part = target; *part;) {
        size_t part_size = strcspn(part, "/");
        if (part_size == 2 && memcmp(part, "..", 2) == 0) {
            if (size == 0)
                goto leaves;
            while (size > 0 && path[size - 1] != '/')
                size--;
            if (size > 0)
                size--;
        } else if (part_size > 0 && !(part_size == 1 && part[0] == '.')) {
            if (size > 0)
                path[size++] = '/';
            memcpy(path + size, part, part_size);
            size += part_size;
        }
        part += part_size;
        part += strspn(part, "/");
    }
    path[size] = '\0';
    if (size > 0)
        return path;
leaves:
    free(path);
    return NULL;
}

const struct sw_rule_file *sw_rulepack_resolve(const struct sw_rulepack *pack,
                                               const struct sw_rule_file *from, const char *target)
{
    const struct sw_rule_file *found = NULL;
    char *path = sw_rulepack_join(from->root_relative, target);
    for (size_t i = 0; path && !found && i < pack->count; i++) {
        const struct sw_rule_file *file = &pack->files[i];
        if (file->root_index == from->root_index && strcmp(file->root_relative, path) == 0)
            found = file;
    }
    free(path);
    return found;
}

void sw_rulepack_free(struct sw_rulepack *pack)
{
    if (!pack)
        return;
    for (size_t i = 0; i < pack->count; i++) {
        free(pack->files[i].name);
        free(pack->files[i].namespace_);
        free(pack->files[i].text);
        free(pack->files[i].root_relative);
    }
    for (size_t i = 0; i < pack->pack_count; i++)
        free(pack->packs[i].name);
    free(pack->packs);
    free(pack->files);
    free(pack);
}

static enum sw_status encode_file(struct sw_buf *buf, const struct sw_rule_file *file)
{
    enum sw_status status = sw_buf_append_block(buf, file->name, strlen(file->name));
    if (status == SW_OK)
        status = sw_buf_append_block(buf, file->namespace_, strlen(file->namespace_));
    if (status == SW_OK)
        status = sw_buf_append_block(buf, file->text, file->text_size);
    if (status == SW_OK)
        status = sw_buf_append_block(buf, file->root_relative, strlen(file->root_relative));
    if (status == SW_OK)
        status = sw_buf_append_u8(buf, (uint8_t)file->kind);
    if (status == SW_OK)
        status = sw_buf_append_u8(buf, file->builtin);
    if (status == SW_OK)
        status = sw_buf_append_u8(buf, file->include_only);
    if (status == SW_OK)
        status = sw_buf_append_u64(buf, file->root_index);
    return status;
}

static enum sw_status encode(struct sw_buf *buf, const struct sw_rulepack *pack)
{
    enum sw_status status = sw_buf_append(buf, magic, sizeof(magic));
    if (status == SW_OK)
        status = sw_buf_append_u32(buf, (uint32_t)pack->count);
    for (size_t i = 0; status == SW_OK && i < pack->count; i++)
        status = encode_file(buf, &pack->files[i]);
    if (status == SW_OK)
        status = sw_buf_append_block(buf, pack->digest, strlen(pack->digest));
    return status;
}

enum sw_status sw_rulepack_seal(const struct sw_rulepack *pack, int *fd, struct sw_error *error)
{
    struct sw_buf buf;
    enum sw_status status = SW_STOP;
    int memory = -1;
    sw_buf_init(&buf, SEALED_SIZE_MAX);
    if (encode(&buf, pack) != SW_OK) {
        sw_fail(error, SW_STOP, "rulepack", 0, "not enough memory to hand over the rules");
        goto out;
    }
    memory = memfd_create("sweeper-rules", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0 || sw_write_all(memory, sw_buf_view(&buf)) != 0 ||
        fcntl(memory, F_ADD_SEALS, SEALS) != 0) {
        sw_fail(error, SW_STOP, "rulepack", errno, "cannot make a sealed memory file of the rules");
        goto out;
    }
    *fd = memory; /* the caller's from here on */
    memory = -1;
    status = SW_OK;
out:
    if (memory >= 0)
        close(memory);
    sw_buf_done(&buf);
    return status;
}

/* The next block as a NUL-terminated text of its own, without a NUL inside. */
static char *decode_text(struct sw_cursor *cursor, size_t *size)
{
    struct sw_view view;
    if (sw_cursor_block(cursor, &view) != SW_OK)
        return NULL;
    if (view.size > 0 && memchr(view.data, '\0', view.size))
        return NULL;
    char *text = malloc(view.size + 1);
    if (!text)
        return NULL;
    if (view.size > 0)
        memcpy(text, view.data, view.size);
    text[view.size] = '\0';
    if (size)
        *size = view.size;
    return text;
}

static bool decode_file(struct sw_cursor *cursor, struct sw_rule_file *file)
{
    uint8_t kind = 0;
    uint8_t builtin = 0;
    uint8_t include_only = 0;
    uint64_t root_index = 0;
    file->name = decode_text(cursor, NULL);
    file->namespace_ = file->name ? decode_text(cursor, NULL) : NULL;
    file->text = file->namespace_ ? decode_text(cursor, &file->text_size) : NULL;
    file->root_relative = file->text ? decode_text(cursor, NULL) : NULL;
    if (!file->root_relative || sw_cursor_u8(cursor, &kind) != SW_OK ||
        sw_cursor_u8(cursor, &builtin) != SW_OK || sw_cursor_u8(cursor, &include_only) != SW_OK ||
        sw_cursor_u64(cursor, &root_index) != SW_OK || kind > SW_PACK_INDICATORS || builtin > 1 ||
        include_only > 1)
        return false;
    file->kind = (enum sw_pack_kind)kind;
    file->builtin = builtin == 1;
    file->include_only = include_only == 1;
    file->root_index = (size_t)root_index;
    return true;
}

static bool decode_digest(struct sw_cursor *cursor, char digest[static SW_SHA256_HEX_SIZE])
{
    struct sw_view hex;
    if (sw_cursor_block(cursor, &hex) != SW_OK || hex.size != SW_SHA256_HEX_SIZE - 1)
        return false;
    for (size_t i = 0; i < hex.size; i++) {
        char digit = (char)hex.data[i];
        if ((digit < '0' || digit > '9') && (digit < 'a' || digit > 'f'))
            return false;
        digest[i] = digit;
    }
    digest[hex.size] = '\0';
    return true;
}

static bool decode(struct sw_view bytes, struct sw_rulepack *pack)
{
    struct sw_cursor cursor = sw_cursor_of(bytes);
    struct sw_view view;
    uint32_t count = 0;
    if (sw_cursor_bytes(&cursor, sizeof(magic), &view) != SW_OK ||
        memcmp(view.data, magic, sizeof(magic)) != 0 || sw_cursor_u32(&cursor, &count) != SW_OK)
        return false;
    /* Each file takes more than 16 bytes: count before allocating. */
    if (count > bytes.size / 16)
        return false;
    pack->files = calloc((size_t)count + 1, sizeof(*pack->files));
    if (!pack->files)
        return false;
    while (pack->count < count)
        if (!decode_file(&cursor, &pack->files[pack->count++]))
            return false;
    return decode_digest(&cursor, pack->digest) && sw_cursor_at_end(&cursor);
}

static enum sw_status read_all(int fd, uint8_t **data, size_t *size, struct sw_error *error)
{
    struct stat stat;
    int seals = fcntl(fd, F_GET_SEALS);
    if (fstat(fd, &stat) != 0 || seals < 0)
        return sw_fail(error, SW_STOP, "rulepack", errno, "the rules are not in a memory file");
    if ((seals & SEALS) != SEALS || stat.st_size <= 0 || (uint64_t)stat.st_size > SEALED_SIZE_MAX)
        return sw_fail(error, SW_STOP, "rulepack", 0, "the memory file of the rules is not sealed");
    uint8_t *bytes = malloc((size_t)stat.st_size);
    if (!bytes)
        return sw_fail(error, SW_STOP, "rulepack", ENOMEM, "cannot read the rules");
    for (size_t done = 0; done < (size_t)stat.st_size;) {
        ssize_t got = pread(fd, bytes + done, (size_t)stat.st_size - done, (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            free(bytes);
            return sw_fail(error, SW_STOP, "rulepack", errno, "cannot read the rules");
        }
        done += (size_t)got;
    }
    *data = bytes;
    *size = (size_t)stat.st_size;
    return SW_OK;
}

enum sw_status sw_rulepack_open(int fd, struct sw_rulepack **pack, struct sw_error *error)
{
    uint8_t *data = NULL;
    size_t size = 0;
    enum sw_status status = read_all(fd, &data, &size, error);
    if (status != SW_OK)
        return status;
    struct sw_rulepack *opened = calloc(1, sizeof(*opened));
    if (opened && decode((struct sw_view){data, size}, opened)) {
        *pack = opened;
    } else {
        sw_rulepack_free(opened);
        status = sw_fail(error, SW_STOP, "rulepack", 0, "the memory file of the rules is damaged");
    }
    free(data);
    return status;
}
