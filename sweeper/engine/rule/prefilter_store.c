/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a prefilter into a descriptor and reads it back, checked and proved. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/rule/prefilter_private.h"
#include "sweeper/buf.h"
#include "sweeper/digest.h"
#include "sweeper/prefilter.h"

/* The file: a block with the payload, then a block with its SHA-256 in
 * hexadecimal. The payload: magic, version, the patterns, the databases (none,
 * when there is a gate, which is made anew, or one). It is
 * read by the program that wrote it, on the same machine, so that the digest
 * guards against accidents and the checks against surprises. */
#define MAGIC           UINT32_C(0x46505753) /* "SWPF" */
#define VERSION         2
#define SIZE_MAX_STORED ((size_t)1 << 30)

static enum sw_status encode(const struct sw_prefilter *prefilter, struct sw_buf *payload,
                             struct sw_error *error)
{
    enum sw_status status = sw_buf_append_u32(payload, MAGIC);

    if (status == SW_OK)
        status = sw_buf_append_u32(payload, VERSION);
    if (status == SW_OK)
        status = sw_patterns_encode(&prefilter->patterns, payload);
    if (status == SW_OK)
        status = sw_buf_append_u8(payload, prefilter->database != NULL);
    if (status != SW_OK)
        return sw_fail(error, SW_STOP, "prefilter", 0, "no memory to store the patterns");
    return prefilter->database == NULL ? SW_OK
                                       : sw_database_encode(prefilter->database, payload, error);
}

static enum sw_status write_at(int fd, const void *data, size_t size, off_t offset,
                               struct sw_error *error)
{
    const uint8_t *rest = data;

    while (size > 0) {
        ssize_t written = pwrite(fd, rest, size, offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return sw_fail(error, SW_STOP, "prefilter", written < 0 ? errno : ENOSPC,
                           "cannot store the pattern database");
        rest += written;
        size -= (size_t)written;
        offset += written;
    }
    return SW_OK;
}

/* A block as sw_buf_append_block() would frame it, without copying it. */
static enum sw_status write_block(int fd, const void *data, size_t size, off_t *offset,
                                  struct sw_error *error)
{
    uint8_t head[4] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16),
                       (uint8_t)(size >> 24)};
    enum sw_status status = write_at(fd, head, sizeof(head), *offset, error);

    if (status == SW_OK)
        status = write_at(fd, data, size, *offset + (off_t)sizeof(head), error);
    *offset += (off_t)(sizeof(head) + size);
    return status;
}

enum sw_status sw_prefilter_save(const struct sw_prefilter *prefilter, int fd,
                                 struct sw_error *error)
{
    char hex[SW_SHA256_HEX_SIZE];
    struct sw_buf payload;
    off_t offset = 0;

    sw_buf_init(&payload, SIZE_MAX_STORED);
    enum sw_status status = encode(prefilter, &payload, error);
    if (status == SW_OK && sw_digest_of(payload.data, payload.size, hex) != SW_OK)
        status = sw_fail(error, SW_STOP, "prefilter", 0, "no memory for a digest");
    if (status == SW_OK)
        status = write_block(fd, payload.data, payload.size, &offset, error);
    if (status == SW_OK)
        status = write_block(fd, hex, sizeof(hex) - 1, &offset, error);
    if (status == SW_OK && ftruncate(fd, offset) != 0)
        status = sw_fail(error, SW_STOP, "prefilter", errno, "cannot store the pattern database");
    sw_buf_done(&payload);
    return status;
}

static enum sw_status read_all(int fd, struct sw_buf *file, struct sw_error *error)
{
    struct stat facts;

    if (fstat(fd, &facts) != 0)
        return sw_fail(error, SW_PART, "prefilter", errno, "cannot read the pattern database");
    if (facts.st_size <= 0 || (uint64_t)facts.st_size > SIZE_MAX_STORED)
        return sw_fail(error, SW_PART, "prefilter", 0, "the pattern database has no fitting size");
    if (sw_buf_reserve(file, (size_t)facts.st_size) != SW_OK)
        return sw_fail(error, SW_STOP, "prefilter", 0, "no memory for the pattern database");
    while (file->size < (size_t)facts.st_size) {
        ssize_t got = pread(fd, file->data + file->size, (size_t)facts.st_size - file->size,
                            (off_t)file->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return sw_fail(error, SW_PART, "prefilter", got < 0 ? errno : 0,
                           "cannot read the pattern database");
        file->size += (size_t)got;
    }
    return SW_OK;
}

/* The payload of a whole, undamaged file. */
static enum sw_status open_payload(const struct sw_buf *file, struct sw_cursor *payload)
{
    struct sw_cursor cursor = sw_cursor_of(sw_buf_view(file));
    struct sw_view body = {0};
    struct sw_view digest = {0};
    char hex[SW_SHA256_HEX_SIZE];
    uint32_t magic = 0;
    uint32_t version = 0;

    if (sw_cursor_block(&cursor, &body) != SW_OK || sw_cursor_block(&cursor, &digest) != SW_OK ||
        !sw_cursor_at_end(&cursor) || digest.size != sizeof(hex) - 1)
        return SW_DEAD;
    if (sw_digest_of(body.data, body.size, hex) != SW_OK ||
        memcmp(hex, digest.data, digest.size) != 0)
        return SW_DEAD;
    *payload = sw_cursor_of(body);
    if (sw_cursor_u32(payload, &magic) != SW_OK || magic != MAGIC ||
        sw_cursor_u32(payload, &version) != SW_OK || version != VERSION)
        return SW_DEAD;
    return SW_OK;
}

static enum sw_status decode(const struct sw_buf *file, struct sw_prefilter *prefilter,
                             struct sw_error *error)
{
    struct sw_cursor payload;
    uint8_t databases = 0;
    enum sw_status status = open_payload(file, &payload);

    if (status == SW_OK)
        status = sw_patterns_decode(&payload, &prefilter->patterns);
    if (status == SW_STOP)
        return sw_fail(error, SW_STOP, "prefilter", 0, "no memory for the patterns");
    if (status == SW_OK)
        status = sw_cursor_u8(&payload, &databases);
    if (status == SW_OK && databases != 0) {
        status = sw_database_decode(&payload, &prefilter->database, error);
        if (status != SW_OK)
            return status;
    }
    if (status != SW_OK || !sw_cursor_at_end(&payload))
        return sw_fail(error, SW_PART, "prefilter", 0, "the stored pattern database is damaged");
    return SW_OK;
}

static enum sw_status load(const struct sw_prefilter_origin *origin, struct sw_prefilter *prefilter,
                           struct sw_prefilter_report *report, struct sw_error *error)
{
    struct sw_buf file;

    sw_buf_init(&file, SIZE_MAX_STORED);
    enum sw_status status = read_all(origin->fd, &file, error);
    if (status == SW_OK)
        status = decode(&file, prefilter, error);
    sw_buf_done(&file);
    return status == SW_OK ? sw_prefilter_approve(prefilter, report, error) : status;
}

enum sw_status sw_prefilter_load(int fd, struct sw_prefilter **prefilter,
                                 struct sw_prefilter_report *report, struct sw_error *error)
{
    const struct sw_prefilter_origin origin = {.fd = fd};

    return sw_prefilter_make(load, &origin, prefilter, report, error);
}
