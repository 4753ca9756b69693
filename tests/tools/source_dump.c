/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source_dump.c - for tests: what a source hands out, one line a member.
 *
 *   source_dump KIND FILE        members: kind, mode, size, SHA-256, name, target
 *   source_dump facts KIND FILE  members: inode, links, times in nanoseconds (birth, content,
 *                                change, reading), name
 *   source_dump bids FILE        what each source bids on the file
 *   source_dump zip-check FILE   what the check of a zip's structure says
 *
 * Names are escaped as in records. A line that begins with '!' is a failure: its
 * status, its gap and its text; the program then exits with 1. What the program
 * does not know ends it with 64.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "engine/source/zip_check.h"
#include "sweeper/limits.h"
#include "sweeper/source.h"
#include "sweeper/text.h"

static const struct sw_source *find_source(const char *kind)
{
    const struct sw_source *const *source = sw_source_list();
    while (*source != NULL && strcmp((*source)->kind, kind) != 0)
        source++;
    return *source;
}

static void print_escaped(struct sw_view bytes)
{
    struct sw_buf text;
    sw_buf_init(&text, SW_MIB);
    if (sw_text_escape(&text, bytes) == SW_OK && text.size > 0)
        (void)fwrite(text.data, 1, text.size, stdout);
    sw_buf_done(&text);
}

/* ---- zip-check ------------------------------------------------------------- */

static int print_findings(const struct sw_zip_check *check)
{
    printf("entries=%" PRIu64 " front=%" PRIu64 " back=%" PRIu64 "%s%s%s%s\n", check->entry_count,
           check->front_size, check->back_size, check->zip64 ? " zip64" : "",
           check->split ? " split" : "", check->central_hidden ? " hidden" : "",
           check->readings_differ ? " readings-differ" : "");
    for (size_t i = 0; i < check->count; i++) {
        const struct sw_zip_finding *finding = &check->findings[i];
        printf("%s\t%" PRIu64 "\t%" PRIu64 "\t", sw_zip_code_name(finding->code), finding->offset,
               finding->size);
        print_escaped((struct sw_view){finding->name, finding->name_size});
        printf("\t%s\n", finding->text);
    }
    return check->count > 0;
}

/* ---- members --------------------------------------------------------------- */

static int failure(enum sw_status status, const struct sw_error *error)
{
    printf("!\t%d\t%s\t%s\n", (int)status,
           error->reason == SW_GAP_NONE ? "-" : sw_gap_name(error->reason), error->text);
    return 1;
}

/* A hole of more than 4 GiB counts as its size in decimal. */
static void digest_zeros(EVP_MD_CTX *digest, uint64_t count)
{
    char text[32];
    if (count > UINT64_C(4) << 30) {
        int size = snprintf(text, sizeof text, "%" PRIu64, count);
        (void)EVP_DigestUpdate(digest, text, (size_t)size);
        return;
    }
    static const uint8_t zeros[65536];
    while (count > 0) {
        size_t size = count < sizeof zeros ? (size_t)count : sizeof zeros;
        (void)EVP_DigestUpdate(digest, zeros, size);
        count -= size;
    }
}

/* Reads a member's content to its end. */
static int digest_content(const struct sw_source *source, void *state, uint64_t *size, char hex[65])
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    struct sw_piece piece;
    struct sw_error error = {.room = NULL};
    uint8_t bytes[EVP_MAX_MD_SIZE];
    enum sw_status status = SW_OK;
    int failed = 0;
    *size = 0;
    (void)EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    while ((status = source->read(state, &piece, &error)) == SW_OK || status == SW_PART) {
        if (status == SW_PART)
            failed = failure(status, &error);
        digest_zeros(digest, piece.offset - *size);
        (void)EVP_DigestUpdate(digest, piece.data, piece.size);
        *size = piece.offset + piece.size;
    }
    if (status != SW_END)
        failed = failure(status, &error);
    (void)EVP_DigestFinal_ex(digest, bytes, NULL);
    EVP_MD_CTX_free(digest);
    for (size_t i = 0; i < 32; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    return failed;
}

static int dump_member(const struct sw_source *source, void *state, const struct sw_member *member)
{
    static const char kinds[] = "fdls"; /* in the order of enum sw_member_kind */
    char hex[65] = "-";
    uint64_t size = 0;
    int failed = 0;
    struct sw_view target = member->target;
    if (member->kind == SW_MEMBER_FILE && !member->encrypted)
        failed = digest_content(source, state, &size, hex);
    printf("%c\t%o\t%" PRIu32 ":%" PRIu32 "\t%" PRId64 "\t%" PRIu64 "\t%s\t", kinds[member->kind],
           (unsigned)member->facts.mode & 07777, member->facts.uid, member->facts.gid,
           member->facts.mtime_ns == SW_TIME_UNKNOWN ? -1 : member->facts.mtime_ns / 1000000000,
           size, hex);
    print_escaped(member->name);
    printf("\t");
    print_escaped(target);
    printf("%s\n", member->encrypted ? "\tencrypted" : "");
    return failed;
}

static void print_time(int64_t ns)
{
    if (ns == SW_TIME_UNKNOWN)
        printf("-\t");
    else
        printf("%" PRId64 "\t", ns);
}

static int dump_facts(const struct sw_member *member)
{
    printf("%" PRIu64 "\t%" PRIu32 "\t", member->facts.inode, member->facts.link_count);
    print_time(member->facts.btime_ns);
    print_time(member->facts.mtime_ns);
    print_time(member->facts.ctime_ns);
    print_time(member->facts.atime_ns);
    print_escaped(member->name);
    printf("\n");
    return 0;
}

static int dump(const struct sw_source *source, bool facts, struct sw_blob *blob)
{
    const struct sw_source_setup setup = {.window_max = 128 * SW_MIB};
    const struct sw_input input = {.blob = blob};
    struct sw_error error = {.room = NULL};
    struct sw_member member;
    void *state = NULL;
    int failed = 0;
    enum sw_status status = source->open(&input, &setup, &state, &error);
    if (status < SW_PART)
        return failure(status, &error);
    while ((status = source->next(state, &member, &error)) != SW_END) {
        if (status != SW_OK)
            failed = failure(status, &error);
        if (status == SW_DEAD || status == SW_STOP)
            break;
        if (status != SW_SKIP)
            failed |= facts ? dump_facts(&member) : dump_member(source, state, &member);
    }
    source->close(state);
    return failed;
}

/* ---- bids ------------------------------------------------------------------ */

static int print_bids(int fd, uint64_t size)
{
    size_t head = size < SW_PROBE_HEAD_MAX ? (size_t)size : SW_PROBE_HEAD_MAX;
    size_t tail = size < SW_PROBE_TAIL_MAX ? (size_t)size : SW_PROBE_TAIL_MAX;
    uint8_t *bytes = malloc(head + tail + 1);
    if (bytes == NULL || pread(fd, bytes, head, 0) != (ssize_t)head ||
        pread(fd, bytes + head, tail, (off_t)(size - tail)) != (ssize_t)tail) {
        free(bytes);
        return 2;
    }
    const struct sw_probe probe = {{bytes, head}, {bytes + head, tail}, size};
    for (const struct sw_source *const *source = sw_source_list(); *source != NULL; source++)
        printf("%s %u\n", (*source)->kind, (*source)->probe(&probe));
    free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    struct stat facts;
    const bool facts_only = argc == 4 && strcmp(argv[1], "facts") == 0;
    if (facts_only)
        argv++;
    int fd = argc == 3 || facts_only ? open(argv[2], O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0 || fstat(fd, &facts) != 0) {
        (void)fprintf(stderr, "usage: source_dump [facts] KIND|bids|zip-check FILE\n");
        return 64;
    }
    struct sw_blob blob = sw_blob_of_fd(fd, (uint64_t)facts.st_size);
    struct sw_error error = {.room = NULL};
    static struct sw_zip_check check;
    const struct sw_source *source = find_source(argv[1]);
    int code = 64;
    if (source != NULL) {
        code = dump(source, facts_only, &blob);
    } else if (strcmp(argv[1], "bids") == 0) {
        code = print_bids(fd, (uint64_t)facts.st_size);
    } else if (strcmp(argv[1], "zip-check") == 0) {
        enum sw_status status = sw_zip_check(&blob, &check, &error);
        code = status < SW_OK ? failure(status, &error) : 0;
        code |= print_findings(&check);
    }
    sw_blob_close(&blob);
    close(fd);
    return code;
}
