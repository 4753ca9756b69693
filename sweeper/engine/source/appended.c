/* SPDX-License-Identifier: Apache-2.0 */
/*
 * appended.c - what is appended to a program or to a zip: a script that unpacks what stands
 * behind its last line (makeself and the like), an ELF or PE file with an archive
 * behind its last section (AppImages, installers).
 *
 * Where the program ends is read from its headers, or is the first line that begins
 * as an archive does. What follows is one member, "(from byte N on)", and goes round
 * as any other. zip, 7z and rar find their own beginnings and bid for themselves.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/source/archive_probe.h"
#include "engine/source/bytes.h"
#include "engine/source/sources.h"

enum {
    WEAK = 20,              /* bits: there is something, which is read when it is opened */
    PADDING_MAX = 4096,     /* bytes of zeros between a program and what is appended */
    PAYLOAD_MIN = 20,       /* bytes */
    PAYLOAD_HEAD = 65536,   /* bytes of it that are looked at */
    PIECE = 256 * 1024,     /* bytes */
    PROGRAM_HEADERS = 256,  /* that are looked at */
    PROGRAM_SECTIONS = 256, /* the same */
};
#define NOWHERE UINT64_MAX

/* --- what may follow --- */

/* Only what begins like this is asked for at the auction. */
static const struct {
    const char *bytes;
    uint16_t size;
    uint16_t at;
    bool bids; /* finds its own beginning behind ELF and PE, where the head shows it */
    bool zip;  /* the same, by its end, unless that is too far from the end of all */
} magics[] = {
    {"\x1f\x8b\x08", 3, 0, false, false},
    {"BZh", 3, 0, false, false},
    {"\xfd"
     "7zXZ",
     5, 0, false, false},
    {"\x28\xb5\x2f\xfd", 4, 0, false, false},
    {"\x04\x22\x4d\x18", 4, 0, false, false},
    {"\x5d\0\0", 3, 0, false, false},
    {"LZIP", 4, 0, false, false},
    {"\x1f\x9d", 2, 0, false, false},
    {"ustar", 5, 257, false, false},
    {"0707", 4, 0, false, false},
    {"!<arch>\n", 8, 0, false, false},
    {"MSCF", 4, 0, false, false},
    {"hsqs", 4, 0, false, false},
    {"7z\xbc\xaf\x27\x1c", 6, 0, true, false},
    {"Rar!", 4, 0, true, false},
    {"PK\3\4", 4, 0, false, true},
};

/* The bits that a container verifies at the beginning of `head`. */
static unsigned payload_bits(struct sw_view head, uint64_t size, bool script, bool zip)
{
    struct sw_probe probe = {.head = head, .size = size};
    struct sw_bid bids[SW_BIDS_MAX];
    bool known = false;
    for (size_t i = 0; i < sizeof magics / sizeof magics[0] && !known; i++)
        known = (magics[i].zip ? zip : script || !magics[i].bids) &&
                sw_bytes_at(head, magics[i].at, magics[i].bytes, magics[i].size);
    if (!known || sw_source_auction(&probe, bids) == 0)
        return 0;
    return bids[0].bits >= SW_BID_GOOD ? bids[0].bits : 0;
}

/* --- scripts --- */

/* The first line that begins as a container does, before any that is no text. */
static uint64_t script_end(struct sw_view head, uint64_t size, bool zip, unsigned *bits)
{
    size_t at = 0;
    while (at < head.size) {
        const uint8_t *line = head.data + at;
        const uint8_t *end = memchr(line, '\n', head.size - at);
        if (at != 0) {
            *bits = payload_bits((struct sw_view){line, head.size - at}, size - at, true, zip);
            if (*bits != 0)
                return at;
        }
        if (end == NULL || memchr(line, 0, (size_t)(end - line)) != NULL)
            break;
        at = (size_t)(end - head.data) + 1;
    }
    return NOWHERE;
}

/* --- programs --- */

static uint64_t later(uint64_t end, uint64_t offset, uint64_t size)
{
    uint64_t other = 0;
    if (size == 0 || __builtin_add_overflow(offset, size, &other))
        return end;
    return other > end ? other : end;
}

/* Behind the last segment and the table of sections; little-endian ones only. */
static uint64_t elf_end(struct sw_view head)
{
    bool wide = head.data[EI_CLASS] == ELFCLASS64;
    if (head.size < sizeof(Elf64_Ehdr) || head.data[EI_DATA] != ELFDATA2LSB)
        return 0;
    const uint8_t *at = head.data;
    uint64_t segments = wide ? sw_little64(at + 32) : sw_little32(at + 28);
    uint64_t sections = wide ? sw_little64(at + 40) : sw_little32(at + 32);
    const uint8_t *sizes = at + (wide ? 54 : 42);
    size_t entry = sw_little16(sizes);
    size_t count = sw_little16(sizes + 2);
    size_t need = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    uint64_t end =
        later(0, sections, (uint64_t)sw_little16(sizes + 4) * (uint64_t)sw_little16(sizes + 6));
    for (size_t i = 0; i < count && i < PROGRAM_HEADERS && entry >= need; i++) {
        uint64_t offset = segments + i * entry;
        if (offset > head.size || head.size - offset < need)
            break;
        const uint8_t *row = at + offset;
        end = wide ? later(end, sw_little64(row + 8), sw_little64(row + 32))
                   : later(end, sw_little32(row + 4), sw_little32(row + 16));
    }
    return end;
}

/* Behind the last section, and behind a signature that follows it. */
static uint64_t pe_end(struct sw_view head)
{
    enum { NEW_HEADER = 0x3c, SECTION = 40, WIDE = 0x20b, SIGNATURE = 4 * 8 };
    uint64_t end = 0;
    if (head.size < NEW_HEADER + 4)
        return 0;
    size_t pe = sw_little32(head.data + NEW_HEADER);
    if (!sw_bytes_at(head, pe, "PE\0\0", 4) || head.size - pe < 26)
        return 0;
    size_t count = sw_little16(head.data + pe + 6);
    size_t optional = pe + 24;
    size_t sections = optional + sw_little16(head.data + pe + 20);
    for (size_t i = 0; i < count && i < PROGRAM_SECTIONS; i++) {
        size_t row = sections + i * SECTION;
        if (row > head.size || head.size - row < SECTION)
            return 0;
        end = later(end, sw_little32(head.data + row + 20), sw_little32(head.data + row + 16));
    }
    size_t directory =
        optional + (sw_little16(head.data + optional) == WIDE ? 112U : 96U) + SIGNATURE;
    if (directory + 8 <= sections && directory + 8 <= head.size &&
        sw_little32(head.data + directory) == end)
        end = later(end, end, sw_little32(head.data + directory + 4));
    return end;
}

static uint64_t program_end(struct sw_view head)
{
    if (head.size >= EI_NIDENT && memcmp(head.data, ELFMAG, SELFMAG) == 0)
        return elf_end(head);
    return sw_bytes_at(head, 0, "MZ", 2) ? pe_end(head) : 0;
}

/* Over zeros; `head` begins at the program's end. */
static size_t padding(struct sw_view head)
{
    size_t size = 0;
    while (size < head.size && size < PADDING_MAX && head.data[size] == 0)
        size++;
    return size;
}

static bool is_program(struct sw_view head)
{
    return sw_bytes_at(head, 0, "#!", 2) || sw_bytes_at(head, 0, "MZ", 2) ||
           sw_bytes_at(head, 0, ELFMAG, SELFMAG);
}

static unsigned probe_appended(const struct sw_probe *probe)
{
    struct sw_view head = probe->head;
    unsigned bits = 0;
    if (probe->size == UINT64_MAX || !is_program(head))
        return 0;
    bool zip = sw_probe_zip(probe) == 0;
    if (sw_bytes_at(head, 0, "#!", 2))
        return script_end(head, probe->size, zip, &bits) == NOWHERE ? 0 : bits;
    uint64_t end = program_end(head);
    if (end == 0 || end >= probe->size || probe->size - end < PAYLOAD_MIN)
        return 0;
    if (end >= head.size || (head.size - end < PAYLOAD_HEAD && head.size < probe->size))
        return WEAK;
    head = (struct sw_view){head.data + end, head.size - (size_t)end};
    size_t zeros = padding(head);
    head = (struct sw_view){head.data + zeros, head.size - zeros};
    return payload_bits(head, probe->size - end - zeros, false, zip);
}

/* --- one member --- */

struct appended {
    struct sw_blob *blob;
    uint64_t start;
    uint64_t offset; /* of the next piece, in the blob */
    bool listed;
    char name[48];
    uint8_t piece[PIECE];
};

static enum sw_status nothing(struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0,
                       "there is no archive behind the program");
}

/* Where it begins. `room`: of SW_PROBE_HEAD_MAX bytes. */
static enum sw_status find_start(struct appended *appended, uint8_t *room, struct sw_error *error)
{
    struct sw_blob *blob = appended->blob;
    unsigned bits = 0;
    size_t got = 0;
    enum sw_status status = sw_blob_read_at(blob, 0, room, SW_PROBE_HEAD_MAX, &got, error);
    struct sw_view head = {room, got};
    if (status != SW_OK)
        return status;
    if (sw_bytes_at(head, 0, "#!", 2)) {
        appended->start = script_end(head, blob->size, true, &bits);
        return appended->start == NOWHERE ? nothing(error) : SW_OK;
    }
    uint64_t end = program_end(head);
    if (end == 0 || end >= blob->size)
        return nothing(error);
    status = sw_blob_read_at(blob, end, room, PAYLOAD_HEAD, &got, error);
    if (status != SW_OK)
        return status;
    size_t zeros = padding((struct sw_view){room, got});
    appended->start = end + zeros;
    head = (struct sw_view){room + zeros, got - zeros};
    return payload_bits(head, blob->size - appended->start, true, true) == 0 ? nothing(error)
                                                                             : SW_OK;
}

static void close_appended(void *state)
{
    free(state);
}

static enum sw_status open_at(const struct sw_input *input,
                              enum sw_status (*find)(struct appended *appended, uint8_t *room,
                                                     struct sw_error *error),
                              void **state, struct sw_error *error)
{
    struct appended *appended = calloc(1, sizeof *appended);
    uint8_t *room = malloc(SW_PROBE_HEAD_MAX);
    enum sw_status status = SW_SKIP;
    if (appended == NULL || room == NULL) {
        (void)sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                          "no memory to look behind the program");
        goto out;
    }
    appended->blob = input->blob;
    status = find(appended, room, error);
    if (status != SW_OK)
        goto out;
    appended->offset = appended->start;
    snprintf(appended->name, sizeof appended->name, "(from byte %" PRIu64 " on)", appended->start);
    *state = appended;
    appended = NULL;
out:
    free(room);
    free(appended);
    return status == SW_OK || status == SW_STOP ? status : SW_DEAD;
}

static enum sw_status open_appended(const struct sw_input *input,
                                    const struct sw_source_setup *setup, void **state,
                                    struct sw_error *error)
{
    (void)setup;
    return open_at(input, find_start, state, error);
}

static enum sw_status next_appended(void *state, struct sw_member *member, struct sw_error *error)
{
    struct appended *appended = state;
    (void)error;
    if (appended->listed)
        return SW_END;
    appended->listed = true;
    *member = (struct sw_member){
        .kind = SW_MEMBER_FILE,
        .name = {(const uint8_t *)appended->name, strlen(appended->name)},
        .facts = {.size = appended->blob->size - appended->start,
                  .mtime_ns = SW_TIME_UNKNOWN,
                  .ctime_ns = SW_TIME_UNKNOWN,
                  .btime_ns = SW_TIME_UNKNOWN,
                  .atime_ns = SW_TIME_UNKNOWN},
        .size_known = true,
    };
    return SW_OK;
}

static enum sw_status read_appended(void *state, struct sw_piece *piece, struct sw_error *error)
{
    struct appended *appended = state;
    size_t got = 0;
    *piece = (struct sw_piece){0};
    enum sw_status status = sw_blob_read_at(appended->blob, appended->offset, appended->piece,
                                            sizeof appended->piece, &got, error);
    if (status != SW_OK)
        return status < SW_DEAD ? status : SW_DEAD;
    if (got == 0)
        return SW_END;
    *piece = (struct sw_piece){appended->piece, got, appended->offset - appended->start};
    appended->offset += got;
    return SW_OK;
}

/* --- behind a zip --- */

/* Nothing bids with it: whoever has looked at the zip knows that there is something. */
static unsigned probe_behind(const struct sw_probe *probe)
{
    (void)probe;
    return 0;
}

static enum sw_status find_behind(struct appended *appended, uint8_t *room, struct sw_error *error)
{
    struct sw_blob *blob = appended->blob;
    struct sw_archive_range range;
    uint8_t comment[2];
    size_t got = 0;
    enum sw_status status = sw_zip_range(blob, &range, error);
    if (status == SW_OK)
        status = sw_blob_read_at(blob, range.end - 2, comment, 2, &got, error);
    if (status != SW_OK)
        return status;
    appended->start = range.end + (got == 2 ? sw_little16(comment) : 0);
    if (appended->start >= blob->size)
        return nothing(error);
    status = sw_blob_read_at(blob, appended->start, room, PAYLOAD_HEAD, &got, error);
    if (status != SW_OK)
        return status;
    struct sw_view head = {room, got};
    return payload_bits(head, blob->size - appended->start, true, true) == 0 ? nothing(error)
                                                                             : SW_OK;
}

static enum sw_status open_behind(const struct sw_input *input, const struct sw_source_setup *setup,
                                  void **state, struct sw_error *error)
{
    (void)setup;
    return open_at(input, find_behind, state, error);
}

const struct sw_source sw_source_behind = {
    .kind = "appended",
    .stream = true,
    .probe = probe_behind,
    .open = open_behind,
    .next = next_appended,
    .read = read_appended,
    .close = close_appended,
};

const struct sw_source sw_source_appended = {
    .kind = "appended",
    .stream = true,
    .probe = probe_appended,
    .open = open_appended,
    .next = next_appended,
    .read = read_appended,
    .close = close_appended,
};
