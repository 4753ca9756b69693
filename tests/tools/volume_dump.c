/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume_dump.c - opens one volume by a source of the engine and says what is in it,
 * one JSON object a line: name, size, and the SHA-256 of the content, read in order
 * and again in pieces of odd sizes from the back. For tests that know what it is.
 *
 *   volume-dump [--key KIND:TEXT | --key file:PATH]... [--time SECONDS] [--memory BYTES] FILE
 *     KIND is pass or recovery
 */
#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/disk/disks.h"
#include "supervisor/option_secret.h"

enum { PIECE = 1 << 20 };
static struct sw_key keys[SW_KEYS_MAX];
static struct sw_source_setup setup = {.window_max = 16 << 20, .keys = keys, .time_max_s = 60};
static struct sw_memory_budget budget;

static void fail(const struct sw_error *error)
{
    fprintf(stderr, "%s\n", error->text);
    exit(2);
}

static void line(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    puts(text != NULL ? text : "{}");
    free(text);
    json_decref(object);
}

static void tell(const char *where, enum sw_status status, const struct sw_error *error)
{
    line(json_pack("{s:s, s:i, s:s, s:s}", "gap", sw_gap_name(error->reason), "status", (int)status,
                   "where", where, "text", error->text));
}

static void hex_of(EVP_MD_CTX *digest, char hex[static 65])
{
    uint8_t sum[32];
    EVP_DigestFinal_ex(digest, sum, NULL);
    for (size_t i = 0; i < sizeof sum; i++)
        sprintf(hex + 2 * i, "%02x", sum[i]);
}

/* Holes read as zeros: what extent() calls one is not read. */
static bool digest_all(struct sw_blob *blob, char hex[static 65], struct sw_error *error)
{
    static uint8_t piece[PIECE];
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    uint64_t at = 0;
    bool good = true;
    EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    while (at < blob->size && good) {
        uint64_t start = 0;
        uint64_t end = 0;
        sw_blob_extent(blob, at, &start, &end);
        if (start < at || (start < blob->size && end <= start) || end > blob->size)
            abort();
        while (at < end && good) {
            const uint64_t limit = at < start ? start : end;
            size_t size = limit - at < PIECE ? (size_t)(limit - at) : PIECE;
            size_t got = size;
            if (at < start)
                memset(piece, 0, size);
            else if (sw_blob_read_at(blob, at, piece, size, &got, error) != SW_OK || got < size)
                good = false;
            EVP_DigestUpdate(digest, piece, got);
            at += got;
        }
    }
    hex_of(digest, hex);
    EVP_MD_CTX_free(digest);
    return good;
}

/* From the back to the front, in pieces of no good size, into memory; up to 64 MiB. */
static bool digest_backwards(struct sw_blob *blob, char hex[static 65])
{
    static const size_t sizes[] = {1, 511, 4097, 65539, 3, 131072, 70001, 512};
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    struct sw_error error;
    uint8_t *all = blob->size <= (64 << 20) ? malloc((size_t)blob->size + 1) : NULL;
    uint64_t at = blob->size;
    bool good = all != NULL;
    for (size_t i = 0; at > 0 && good; i++) {
        size_t size = sizes[i % (sizeof sizes / sizeof sizes[0])];
        size_t got = 0;
        size = size < at ? size : (size_t)at;
        at -= size;
        good = sw_blob_read_at(blob, at, all + at, size, &got, &error) == SW_OK && got == size;
    }
    EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    if (good)
        EVP_DigestUpdate(digest, all, (size_t)blob->size);
    hex_of(digest, hex);
    EVP_MD_CTX_free(digest);
    free(all);
    return good;
}

static void list(const struct sw_source *source, void *state)
{
    for (;;) {
        struct sw_member member = {0};
        struct sw_error error = {0};
        char forward[65] = "";
        char backward[65] = "";
        enum sw_status status = source->next(state, &member, &error);
        if (status == SW_END)
            break;
        if (status != SW_OK)
            tell("next", status, &error);
        if (status <= SW_DEAD)
            break;
        if (status == SW_SKIP)
            continue;
        error = (struct sw_error){0};
        if (!digest_all(member.in_place, forward, &error))
            tell("read", SW_SKIP, &error);
        const bool same =
            digest_backwards(member.in_place, backward) && strcmp(forward, backward) == 0;
        line(json_pack("{s:s%, s:I, s:s, s:b}", "name", (const char *)member.name.data,
                       member.name.size, "size", (json_int_t)member.in_place->size, "sha256",
                       forward, "same", same));
    }
}

static void open_with(const struct sw_source *source, struct sw_blob *blob)
{
    const struct sw_input input = {.blob = blob};
    struct sw_error error = {0};
    void *state = NULL;
    enum sw_status status = source->open(&input, &setup, &state, &error);
    if (status != SW_OK) {
        tell("open", status, &error);
        return;
    }
    list(source, state);
    source->close(state);
}

static void open_best(struct sw_blob *blob)
{
    static uint8_t head[SW_PROBE_HEAD_MAX];
    static uint8_t tail[SW_PROBE_TAIL_MAX];
    struct sw_probe probe = {.size = blob->size};
    struct sw_bid bids[SW_BIDS_MAX];
    struct sw_error error = {0};
    size_t got = 0;
    const size_t tail_size = blob->size < sizeof tail ? (size_t)blob->size : sizeof tail;
    if (sw_blob_read_at(blob, 0, head, sizeof head, &got, &error) != SW_OK)
        fail(&error);
    probe.head = (struct sw_view){head, got};
    if (sw_blob_read_at(blob, blob->size - tail_size, tail, tail_size, &got, &error) != SW_OK)
        fail(&error);
    probe.tail = (struct sw_view){tail, got};
    const size_t count = sw_source_auction(&probe, bids);
    for (size_t i = 0; i < count; i++) {
        line(json_pack("{s:s, s:i}", "kind", bids[i].source->kind, "bits", (int)bids[i].bits));
        if (bids[i].source->disk)
            open_with(bids[i].source, blob);
    }
}

int main(int argc, char **argv)
{
    struct sw_error error = {0};
    struct stat facts;
    sw_source_disk_warm();
    for (int i = 1; i + 1 < argc - 1; i += 2) {
        char *bytes = NULL;
        if (strcmp(argv[i], "--key") == 0 && setup.key_count < SW_KEYS_MAX &&
            sw_option_key("--key", argv[i + 1], &bytes, &keys[setup.key_count++], &error) != SW_OK)
            fail(&error);
        if (strcmp(argv[i], "--time") == 0)
            setup.time_max_s = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--memory") == 0) {
            if (sw_memory_budget_init(&budget, strtoull(argv[i + 1], NULL, 10), &error) != SW_OK)
                fail(&error);
            setup.budget = &budget;
        }
    }
    int fd = argc > 1 ? open(argv[argc - 1], O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0 || fstat(fd, &facts) != 0) {
        fprintf(stderr, "usage: volume-dump [OPTION VALUE]... FILE\n");
        return 2;
    }
    struct sw_blob blob = sw_blob_of_fd(fd, (uint64_t)facts.st_size);
    open_best(&blob);
    sw_blob_close(&blob);
    close(fd);
    return 0;
}
