/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain zips, read by us and by libarchive. Input: an archive.
 *
 * The same members with the same facts, and the same words about what is wrong. Sound
 * content is the same; of damaged content we may give more.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "engine/source/archive_reader.h"
#include "engine/source/zip_members.h"
#include "fuzz.h"

enum { MEMBERS_MAX = 2000, ERRORS_MAX = 64 };
#define CONTENT_MAX ((size_t)4 << 20) /* bytes of one archive */

static const struct sw_source ours = {
    .kind = "zip",
    .open = sw_zip_members_open,
    .next = sw_zip_members_next,
    .read = sw_zip_members_read,
    .close = sw_zip_members_close,
};
static const struct sw_source library = {
    .kind = "zip",
    .open = sw_zip_by_library,
    .next = sw_archive_next,
    .read = sw_archive_read,
    .close = sw_archive_close,
};

struct side {
    const struct sw_source *source;
    void *state;
    enum sw_status status;
    struct sw_error error;
    struct sw_member member;
    struct sw_buf content;
    bool sound;
};

static void same_words(const struct side *a, const struct side *b)
{
    FUZZ_CHECK(a->status == b->status);
    if (a->status == SW_OK || a->status == SW_END)
        return;
    FUZZ_CHECK(a->error.reason == b->error.reason && a->error.reason != SW_GAP_NONE);
    FUZZ_CHECK(strcmp(a->error.text, b->error.text) == 0);
}

static bool same_bytes(struct sw_view a, struct sw_view b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static bool is_ascii(struct sw_view name)
{
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] >= 0x80)
            return false;
    return true;
}

/* The library may bring the letters of a name into another form. */
static void same_member(const struct sw_member *a, const struct sw_member *b)
{
    FUZZ_CHECK(a->kind == b->kind && a->encrypted == b->encrypted);
    FUZZ_CHECK(a->size_known == b->size_known);
    FUZZ_CHECK(same_bytes(a->name, b->name) || !is_ascii(a->name));
    FUZZ_CHECK(same_bytes(a->target, b->target));
    FUZZ_CHECK(a->facts.size == b->facts.size && a->facts.mode == b->facts.mode);
    FUZZ_CHECK(a->facts.uid == b->facts.uid && a->facts.gid == b->facts.gid);
    FUZZ_CHECK(a->facts.link_count == b->facts.link_count);
    FUZZ_CHECK(a->facts.mtime_ns == b->facts.mtime_ns && a->facts.ctime_ns == b->facts.ctime_ns);
    FUZZ_CHECK(a->facts.btime_ns == b->facts.btime_ns);
}

/* All of the content, up to `most`; what went wrong last is kept. */
static void read_content(struct side *side, size_t most)
{
    struct sw_error error = {.reason = SW_GAP_NONE};
    unsigned errors = 0;
    sw_buf_clear(&side->content);
    side->sound = true;
    while (side->content.size < most && errors < ERRORS_MAX) {
        struct sw_piece piece = {.data = NULL};
        side->status = side->source->read(side->state, &piece, &error);
        if (side->status == SW_OK) {
            FUZZ_CHECK(piece.offset == side->content.size);
            size_t size = most - side->content.size;
            size = piece.size < size ? piece.size : size;
            FUZZ_CHECK(sw_buf_append(&side->content, piece.data, size) == SW_OK);
            continue;
        }
        if (side->status == SW_END)
            break;
        side->sound = false;
        side->error = error;
        errors++;
        if (side->status != SW_PART)
            break;
    }
}

static void same_content(struct side *a, struct side *b, size_t most)
{
    read_content(a, most);
    read_content(b, most);
    struct sw_view mine = sw_buf_view(&a->content);
    struct sw_view other = sw_buf_view(&b->content);
    if (mine.size == most || other.size == most)
        return;
    same_words(a, b);
    FUZZ_CHECK(a->sound == b->sound);
    if (!a->sound) {
        FUZZ_CHECK(a->error.reason == b->error.reason);
        FUZZ_CHECK(strcmp(a->error.text, b->error.text) == 0);
        FUZZ_CHECK(mine.size >= other.size);
        mine.size = other.size;
    }
    FUZZ_CHECK(same_bytes(mine, other));
}

static void same_members(struct side *a, struct side *b)
{
    size_t left = CONTENT_MAX;
    for (unsigned i = 0; i < MEMBERS_MAX && left > 0; i++) {
        a->status = a->source->next(a->state, &a->member, &a->error);
        b->status = b->source->next(b->state, &b->member, &b->error);
        same_words(a, b);
        if (a->status == SW_END || a->status == SW_DEAD || a->status == SW_STOP)
            return;
        if (a->status == SW_SKIP)
            continue;
        same_member(&a->member, &b->member);
        /* Some are left before their end. */
        if (a->member.kind == SW_MEMBER_FILE && !a->member.encrypted)
            same_content(a, b, i % 8 == 7 ? 1 : left);
        left -= a->content.size < left ? a->content.size : left;
    }
}

static void begin(struct side *side, const struct sw_source *source, const struct sw_input *input)
{
    static const struct sw_source_setup setup = {.window_max = (uint64_t)16 << 20};
    *side = (struct side){.source = source};
    sw_buf_init(&side->content, CONTENT_MAX);
    side->status = source->open(input, &setup, &side->state, &side->error);
}

static void end(struct side *side)
{
    if (side->status == SW_OK && side->state != NULL)
        side->source->close(side->state);
    sw_buf_done(&side->content);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_blob blob = sw_blob_of_bytes(data, size);
    const struct sw_input input = {.blob = &blob};
    struct side a;
    struct side b;
    (void)setlocale(LC_CTYPE, "C.UTF-8"); /* as in the engine: names depend on it */
    begin(&a, &ours, &input);
    begin(&b, &library, &input);
    same_words(&a, &b);
    if (a.status == SW_OK) {
        same_members(&a, &b);
        a.status = b.status = SW_OK;
    }
    end(&a);
    end(&b);
    sw_blob_close(&blob);
    return 0;
}
