/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open_container.c - opens one container by the sources of the engine and lists it,
 * one JSON object a line: for tests that compare with other readers, and for
 * measurements.
 *
 *   open-container [OPTION]... FILE
 *     --kind K      the source to use, not the best bid; K+L: L reads what flows out of K
 *     --pull N      the file as a stream in pieces of N bytes
 *     --password P  repeatable
 *     --window N    bytes
 *     --quiet       no names and digests: only the sum of bytes, for measurements
 *     --bids        only what the probes say
 */
#include <fcntl.h>
#include <jansson.h>
#include <locale.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/disk/disks.h"
#include "engine/source/sources.h"

static const struct sw_source *const sources[] = {
    &sw_source_gzip,       &sw_source_bzip2,   &sw_source_xz,   &sw_source_lzma,
    &sw_source_lzip,       &sw_source_zstd,    &sw_source_lz4,  &sw_source_compress,
    &sw_source_uuencode,   &sw_source_tar,     &sw_source_cpio, &sw_source_ar,
    &sw_source_rpm,        &sw_source_lha,     &sw_source_warc, &sw_source_zip,
    &sw_source_zip_stream, &sw_source_7z,      &sw_source_rar,  &sw_source_rar5,
    &sw_source_cab,        &sw_source_iso9660, &sw_source_xar,  &sw_source_ext2,
    &sw_source_ext3,       &sw_source_ext4,
};
enum { SOURCES = sizeof sources / sizeof sources[0], PASSWORDS_MAX = 8 };

static const char *passwords[PASSWORDS_MAX];
static struct sw_source_setup setup = {.passwords = passwords, .window_max = 128 << 20};
static const char *kind;
static size_t pull_size;
static bool quiet;
static bool bids;
static uint64_t total;

static const char *const members[] = {"file", "directory", "link", "special", "disk"};

static void line(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    puts(text != NULL ? text : "{}");
    free(text);
    json_decref(object);
}

static void complain(const char *where, enum sw_status status, const struct sw_error *error)
{
    line(json_pack("{s:s, s:i, s:s, s:s, s:I}", "error", where, "status", (int)status, "reason",
                   error->reason == SW_GAP_NONE ? "none" : sw_gap_name(error->reason), "text",
                   error->text, "offset", (json_int_t)error->offset));
}

/* Latin-1, so that every byte has a character. */
static json_t *text_of(struct sw_view view)
{
    char *text = malloc(view.size * 2 + 1);
    size_t size = 0;
    for (size_t i = 0; text != NULL && i < view.size; i++) {
        if (view.data[i] < 0x80) {
            text[size++] = (char)view.data[i];
        } else {
            text[size++] = (char)(0xc0 | view.data[i] >> 6);
            text[size++] = (char)(0x80 | (view.data[i] & 0x3f));
        }
    }
    json_t *value = json_stringn_nocheck(text, size);
    free(text);
    return value;
}

/* Zeros between pieces count; those of holes past 64 MiB are only added up. */
static void digest_zeros(EVP_MD_CTX *digest, uint64_t count)
{
    static const uint8_t zeros[65536];
    for (uint64_t left = count < (64 << 20) ? count : 0; left > 0;) {
        size_t step = left < sizeof zeros ? (size_t)left : sizeof zeros;
        EVP_DigestUpdate(digest, zeros, step);
        left -= step;
    }
}

static void read_content(const struct sw_source *source, void *state, json_t *object)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    uint8_t sum[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
    unsigned sum_size = 0;
    uint64_t size = 0;
    EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    for (;;) {
        struct sw_piece piece;
        struct sw_error error = {0};
        enum sw_status status = source->read(state, &piece, &error);
        if (status == SW_END)
            break;
        if (status != SW_OK) {
            complain("read", status, &error);
            if (status == SW_PART)
                continue;
            break;
        }
        if (piece.offset < size)
            abort();
        total += piece.size;
        if (!quiet) {
            digest_zeros(digest, piece.offset - size);
            EVP_DigestUpdate(digest, piece.data, piece.size);
        }
        size = piece.offset + piece.size;
    }
    EVP_DigestFinal_ex(digest, sum, &sum_size);
    EVP_MD_CTX_free(digest);
    for (unsigned i = 0; i < sum_size; i++)
        (void)snprintf(hex + (size_t)2 * i, 3, "%02x", sum[i]);
    if (object != NULL) {
        json_object_set_new(object, "length", json_integer((json_int_t)size));
        json_object_set_new(object, "sha256", json_string(hex));
    }
}

static json_t *describe(const struct sw_member *member)
{
    json_t *object = json_pack("{s:s, s:o, s:o, s:b, s:I, s:i, s:I, s:I}", "kind",
                               members[member->kind], "name", text_of(member->name), "target",
                               text_of(member->target), "encrypted", (int)member->encrypted, "size",
                               member->size_known ? (json_int_t)member->facts.size : (json_int_t)-1,
                               "mode", (int)member->facts.mode, "uid",
                               (json_int_t)member->facts.uid, "gid", (json_int_t)member->facts.gid);
    if (member->deleted)
        json_object_set_new(object, "deleted",
                            json_string(member->recovery != NULL ? member->recovery : ""));
    if (member->facts.mtime_ns != SW_TIME_UNKNOWN)
        json_object_set_new(object, "mtime_ns", json_integer((json_int_t)member->facts.mtime_ns));
    return object;
}

static void list(const struct sw_source *source, void *state)
{
    for (;;) {
        struct sw_member member;
        struct sw_error error = {0};
        enum sw_status status = source->next(state, &member, &error);
        if (status == SW_END)
            return;
        if (status != SW_OK)
            complain("next", status, &error);
        if (status == SW_DEAD || status == SW_STOP)
            return;
        if (status == SW_SKIP)
            continue;
        json_t *object = quiet ? NULL : describe(&member);
        if (member.kind == SW_MEMBER_FILE)
            read_content(source, state, object);
        if (object != NULL)
            line(object);
    }
}

static const struct sw_source *find(const char *name, size_t size)
{
    for (size_t i = 0; i < SOURCES; i++)
        if (strlen(sources[i]->kind) == size && memcmp(sources[i]->kind, name, size) == 0)
            return sources[i];
    return NULL;
}

/* The file as a stream. */
struct pulled {
    struct sw_blob *blob;
    uint64_t offset;
    uint8_t *buffer;
};

static enum sw_status pull_file(void *context, struct sw_view *piece, struct sw_error *error)
{
    struct pulled *pulled = context;
    size_t got = 0;
    enum sw_status status =
        sw_blob_read_at(pulled->blob, pulled->offset, pulled->buffer, pull_size, &got, error);
    *piece = (struct sw_view){pulled->buffer, got};
    pulled->offset += got;
    return status;
}

/* What flows out of one source. */
struct inner {
    const struct sw_source *source;
    void *state;
};

static enum sw_status pull_inner(void *context, struct sw_view *piece, struct sw_error *error)
{
    struct inner *inner = context;
    struct sw_piece content = {0};
    enum sw_status status = inner->source->read(inner->state, &content, error);
    *piece = (struct sw_view){content.data, content.size};
    return status == SW_END ? SW_OK : status;
}

static int open_and_list(const struct sw_source *source, const struct sw_input *input)
{
    void *state = NULL;
    struct sw_error error = {0};
    const char *inner_kind = kind == NULL ? NULL : strchr(kind, '+');
    enum sw_status status = source->open(input, &setup, &state, &error);
    if (status != SW_OK) {
        complain("open", status, &error);
        return 1;
    }
    if (inner_kind == NULL) {
        list(source, state);
    } else {
        struct inner inner = {source, state};
        struct sw_input flow = {.pull = pull_inner, .context = &inner};
        const struct sw_source *other = find(inner_kind + 1, strlen(inner_kind + 1));
        void *other_state = NULL;
        if (other == NULL || other->open(&flow, &setup, &other_state, &error) != SW_OK) {
            complain("open", SW_DEAD, &error);
        } else {
            list(other, other_state);
            other->close(other_state);
        }
    }
    source->close(state);
    if (quiet)
        printf("%llu\n", (unsigned long long)total);
    return 0;
}

/* The best bid, and all of them on standard output where they are asked for. */
static const struct sw_source *choose(struct sw_blob *blob)
{
    const struct sw_source *best = NULL;
    unsigned most = 0;
    size_t head_size = 0;
    size_t tail_size = blob->size < SW_PROBE_TAIL_MAX ? (size_t)blob->size : SW_PROBE_TAIL_MAX;
    uint8_t *head = malloc(SW_PROBE_HEAD_MAX);
    uint8_t *tail = malloc(SW_PROBE_TAIL_MAX);
    if (head == NULL || tail == NULL ||
        sw_blob_read_at(blob, 0, head, SW_PROBE_HEAD_MAX, &head_size, NULL) != SW_OK ||
        sw_blob_read_at(blob, blob->size - tail_size, tail, tail_size, &tail_size, NULL) != SW_OK)
        exit(2);
    struct sw_probe probe = {{head, head_size}, {tail, tail_size}, blob->size};
    for (size_t i = 0; i < SOURCES; i++) {
        unsigned bits = sources[i]->probe(&probe);
        if (bids && bits > 0)
            printf("%s %u\n", sources[i]->kind, bits);
        if (bits > most)
            best = sources[i];
        most = bits > most ? bits : most;
    }
    free(head);
    free(tail);
    return best;
}

int main(int argc, char **argv)
{
    const char *path = NULL;
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--quiet") == 0) {
            quiet = true;
        } else if (strcmp(argv[i], "--bids") == 0) {
            bids = true;
        } else if (strcmp(argv[i], "--kind") == 0) {
            kind = next;
            i++;
        } else if (strcmp(argv[i], "--pull") == 0) {
            pull_size = strtoul(next, NULL, 10);
            i++;
        } else if (strcmp(argv[i], "--window") == 0) {
            setup.window_max = strtoull(next, NULL, 10);
            i++;
        } else if (strcmp(argv[i], "--password") == 0 && setup.password_count < PASSWORDS_MAX) {
            passwords[setup.password_count++] = next;
            i++;
        } else {
            path = argv[i];
        }
    }
    struct stat facts;
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &facts) != 0) {
        fputs("usage: open-container [OPTION]... FILE\n", stderr);
        return 2;
    }
    struct sw_blob blob = sw_blob_of_fd(fd, (uint64_t)facts.st_size);
    const struct sw_source *source = kind == NULL ? choose(&blob) : find(kind, strcspn(kind, "+"));
    if (source == NULL && !bids)
        fputs("nobody bids\n", stderr);
    int code = source == NULL ? 3 : 0;
    if (source != NULL && !bids) {
        struct pulled pulled = {.blob = &blob, .buffer = malloc(pull_size + 1)};
        struct sw_input input = {.blob = &blob};
        if (pull_size > 0)
            input = (struct sw_input){.pull = pull_file, .context = &pulled};
        sw_source_archive_warm();
        code = open_and_list(source, &input);
        free(pulled.buffer);
    }
    sw_blob_close(&blob);
    close(fd);
    return code;
}
