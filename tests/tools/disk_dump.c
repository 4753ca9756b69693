/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_dump.c - for tests: the disk that a form of disk image hands out.
 *
 *   disk_dump KIND FILE [PART...]     what is wrong, and of the disk: its size, its
 *                                     SHA-256, and how many bytes are no holes
 *
 * The parts are what lies beside the file. KIND is a source; "any": the best bid. A line that
 * begins with '!' is a gap: its reason and its text. What the program does not know ends it
 * with 64.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "common/view.h"
#include "sweeper/limits.h"
#include "sweeper/source.h"

enum {
    CHUNK = 1000003, /* bytes: no multiple of anything */
    PARTS_MAX = 1000,
};

/* libewf loses what it had made of a chunk that turns out to be damaged; ewf.c bounds that. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libewf_";
}

static void print_gap(const struct sw_error *error)
{
    printf("!\t%s\t%s\n", sw_gap_name(error->reason), error->text);
}

static const struct sw_source *best_bid(struct sw_blob *blob)
{
    const size_t head = blob->size < SW_PROBE_HEAD_MAX ? (size_t)blob->size : SW_PROBE_HEAD_MAX;
    const size_t tail = blob->size < SW_PROBE_TAIL_MAX ? (size_t)blob->size : SW_PROBE_TAIL_MAX;
    uint8_t *bytes = malloc(head + tail + 1);
    struct sw_bid bids[SW_BIDS_MAX];
    struct sw_error error;
    size_t got = 0;

    if (bytes == NULL || sw_blob_read_at(blob, 0, bytes, head, &got, &error) != SW_OK ||
        sw_blob_read_at(blob, blob->size - tail, bytes + head, tail, &got, &error) != SW_OK)
        abort();
    const struct sw_probe probe = {{bytes, head}, {bytes + head, tail}, blob->size};
    const size_t count = sw_source_auction(&probe, bids);
    free(bytes);
    return count == 0 ? NULL : bids[0].source;
}

static const struct sw_source *find_source(const char *kind, struct sw_blob *blob)
{
    const struct sw_source *const *source = sw_source_list();

    if (strcmp(kind, "any") == 0)
        return best_bid(blob);
    while (*source != NULL && strcmp((*source)->kind, kind) != 0)
        source++;
    return *source;
}

static void digest_disk(struct sw_blob *disk)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    uint8_t *chunk = malloc(CHUNK), hash[EVP_MAX_MD_SIZE];
    struct sw_error error;
    uint64_t start = 0, end = 0, data = 0;

    if (chunk == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
        abort();
    for (uint64_t at = 0; at < disk->size;) {
        size_t got = 0, want = disk->size - at < CHUNK ? (size_t)(disk->size - at) : CHUNK;
        if (at >= end) {
            sw_blob_extent(disk, at, &start, &end);
            data += end - start;
        }
        memset(chunk, 0, CHUNK);
        if (at < start) { /* a hole */
            want = start - at < want ? (size_t)(start - at) : want;
        } else {
            want = end - at < want ? (size_t)(end - at) : want;
            if (sw_blob_read_at(disk, at, chunk, want, &got, &error) != SW_OK || got != want)
                print_gap(&error);
        }
        (void)EVP_DigestUpdate(digest, chunk, want);
        at += want;
    }
    (void)EVP_DigestFinal_ex(digest, hash, NULL);
    printf("disk\t%" PRIu64 "\t", disk->size);
    for (size_t i = 0; i < 32; i++)
        printf("%02x", hash[i]);
    printf("\t%" PRIu64 "\n", data);
    EVP_MD_CTX_free(digest);
    free(chunk);
}

static int dump(const struct sw_source *source, const struct sw_input *input)
{
    const struct sw_source_setup setup = {.window_max = 128 * SW_MIB};
    struct sw_error error = {.room = NULL};
    struct sw_member member;
    void *state = NULL;
    enum sw_status status = source->open(input, &setup, &state, &error);

    if (status != SW_OK) {
        print_gap(&error);
        return 1;
    }
    while ((status = source->next(state, &member, &error)) != SW_END) {
        if (status != SW_OK)
            print_gap(&error);
        if (status == SW_DEAD || status == SW_STOP)
            break;
        if (status != SW_SKIP && member.in_place != NULL)
            digest_disk(member.in_place);
    }
    source->close(state);
    return 0;
}

static struct sw_view base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return sw_view_of(slash == NULL ? path : slash + 1);
}

int main(int argc, char **argv)
{
    static struct sw_blob blobs[PARTS_MAX];
    static struct sw_input_part parts[PARTS_MAX];
    const size_t count = argc < 3 ? 0 : (size_t)argc - 2;
    struct stat facts;

    if (count == 0 || count > PARTS_MAX)
        return 64;
    for (size_t i = 0; i < count; i++) {
        int fd = open(argv[i + 2], O_RDONLY | O_CLOEXEC);
        parts[i].name = base_of(argv[i + 2]);
        if (fd < 0 || fstat(fd, &facts) != 0)
            continue; /* it is not there */
        blobs[i] = sw_blob_of_fd(fd, (uint64_t)facts.st_size);
        parts[i].blob = &blobs[i];
    }
    const struct sw_source *source =
        parts[0].blob == NULL ? NULL : find_source(argv[1], parts[0].blob);
    if (source == NULL)
        return 64;
    const struct sw_input input = {.blob = parts[0].blob,
                                   .name = parts[0].name,
                                   .parts = parts,
                                   .part_count = count == 1 ? 0 : count};
    printf("kind\t%s\n", source->kind);
    return dump(source, &input);
}
