/* SPDX-License-Identifier: Apache-2.0 */
/* ext_journal.c - see ext_journal.h. */
#include "ext_journal.h"

#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "engine/source/bytes.h"
#include "sweeper/buf.h"

enum {
    HEAD_SIZE = 12,
    REVOKE_HEAD_SIZE = 16,
    UUID_SIZE = 16,
    SUM_SIZE = 4, /* at the end of a descriptor, and of revoked blocks */
    COMMIT_SUM_AT = 16,
    SUPER_SUM_AT = 0xfc,
    SUPER_SIZE = 1024,
    ROWS_MAX = 1 << 19,
    ROWS_SIZE_MAX = ROWS_MAX * 32,
};
#define MAGIC UINT32_C(0xc03b3998)

enum type { DESCRIPTOR = 1, COMMIT = 2, SUPER_1 = 3, SUPER_2 = 4, REVOKE = 5 };
enum incompat { IS_64BIT = 0x2, SUMS_2 = 0x8, SUMS_3 = 0x10, FAST_COMMIT = 0x20 };
enum tag { ESCAPED = 1, SAME_UUID = 2, LAST = 8 };

/* A block that is newer, or one that is not to be. Transactions are counted from the
 * first one on. */
struct row {
    uint64_t block;
    uint64_t at;
    uint32_t turn;
    uint32_t order;
    bool escaped;
};

struct journal {
    struct sw_ext *ext;
    struct sw_ext_map map;
    uint8_t *block; /* the one at hand */
    uint32_t incompat;
    uint32_t sequence; /* of the first transaction */
    uint32_t start;
    uint32_t first; /* of the blocks that are used in turn */
    uint32_t end;   /* behind the last of them */
    uint32_t seed;
    struct sw_buf rows;
    struct sw_buf revoked;
    bool too_many;
};

/* ---- blocks --------------------------------------------------------------------- */

static bool place_of(struct journal *journal, uint32_t number, uint64_t *place)
{
    struct sw_ext_run run;
    struct sw_error error;

    sw_ext_map(journal->ext, &journal->map, number, &run, &error);
    *place = run.block;
    return run.kind == SW_EXT_DATA;
}

static bool read_block(struct journal *journal, uint32_t number)
{
    const size_t size = journal->ext->super.block_size;
    struct sw_error error;
    uint64_t place = 0;
    size_t got = 0;

    return place_of(journal, number, &place) &&
           sw_ext_read(journal->ext, place, 0, journal->block, size, &got, &error) == SW_OK &&
           got == size;
}

static bool has_sums(const struct journal *journal)
{
    return (journal->incompat & (SUMS_2 | SUMS_3)) != 0;
}

/* Whether the block's checksum fits, which stands at `at`. */
static bool sum_fits(const struct journal *journal, size_t at)
{
    const size_t size = journal->ext->super.block_size;
    static const uint8_t zeros[SUM_SIZE];

    if (!has_sums(journal))
        return true;
    uint32_t sum = sw_ext_sum(journal->seed, journal->block, at);
    sum = sw_ext_sum(sum, zeros, sizeof zeros);
    sum = sw_ext_sum(sum, journal->block + at + SUM_SIZE, size - at - SUM_SIZE);
    return sum == sw_big32(journal->block + at);
}

/* ---- the super block -------------------------------------------------------------- */

static bool read_super(struct journal *journal)
{
    const struct sw_ext *ext = journal->ext;
    const uint8_t *at = journal->block;

    if (!read_block(journal, 0) || sw_big32(at) != MAGIC ||
        (sw_big32(at + 4) != SUPER_1 && sw_big32(at + 4) != SUPER_2) ||
        sw_big32(at + 0xc) != ext->super.block_size)
        return false;
    journal->end = sw_big32(at + 0x10);
    journal->first = sw_big32(at + 0x14);
    journal->sequence = sw_big32(at + 0x18);
    journal->start = sw_big32(at + 0x1c);
    if (sw_big32(at + 4) == SUPER_2) {
        journal->incompat = sw_big32(at + 0x28);
        journal->seed = sw_ext_sum(UINT32_MAX, at + 0x30, UUID_SIZE);
        if (has_sums(journal) &&
            ~sw_crc32c_around(at, SUPER_SIZE, SUPER_SUM_AT) != sw_big32(at + SUPER_SUM_AT))
            return false;
    }
    if (journal->incompat & FAST_COMMIT) {
        const uint32_t fast = sw_big32(at + 0x54) == 0 ? 256 : sw_big32(at + 0x54);
        if (fast >= journal->end)
            return false;
        journal->end -= fast;
    }
    return journal->first > 0 && journal->first < journal->end && journal->start < journal->end &&
           journal->end <= ext->super.block_count;
}

/* ---- transactions -------------------------------------------------------------------- */

static void add(struct journal *journal, struct sw_buf *rows, struct row row)
{
    row.order = (uint32_t)(rows->size / sizeof row);
    if (sw_buf_append(rows, &row, sizeof row) != SW_OK)
        journal->too_many = true;
}

static uint32_t behind(const struct journal *journal, uint32_t number)
{
    return number + 1 < journal->end ? number + 1 : journal->first;
}

static size_t tag_size(const struct journal *journal)
{
    if (journal->incompat & SUMS_3)
        return 16;
    return 8 + (size_t)(journal->incompat & SUMS_2 ? 2 : 0) +
           (size_t)(journal->incompat & IS_64BIT ? 4 : 0);
}

/* A descriptor: the blocks that follow it, and whose they are. *number goes on behind
 * them; *left is how many blocks the journal has still. */
static bool read_descriptor(struct journal *journal, uint32_t turn, uint32_t *number,
                            uint32_t *left)
{
    const size_t step = tag_size(journal);
    const size_t end = journal->ext->super.block_size - (has_sums(journal) ? SUM_SIZE : 0);
    const bool wide = (journal->incompat & IS_64BIT) != 0;
    uint32_t flags = 0;

    if (!sum_fits(journal, journal->ext->super.block_size - SUM_SIZE))
        return false;
    for (size_t at = HEAD_SIZE; !(flags & LAST) && at + step <= end; at += step) {
        const uint8_t *tag = journal->block + at;
        struct row row = {.block = sw_big32(tag), .turn = turn};
        flags = journal->incompat & SUMS_3 ? sw_big32(tag + 4) : sw_big16(tag + 6);
        row.escaped = (flags & ESCAPED) != 0;
        if (wide)
            row.block |= (uint64_t)sw_big32(tag + 8) << 32;
        if (!(flags & SAME_UUID))
            at += UUID_SIZE;
        if ((*left)-- == 0 || !place_of(journal, *number, &row.at))
            return false;
        *number = behind(journal, *number);
        if (sw_ext_has_block(journal->ext, row.block) || row.block == 0)
            add(journal, &journal->rows, row);
    }
    return true;
}

static bool read_revoked(struct journal *journal, uint32_t turn)
{
    const size_t size = journal->incompat & IS_64BIT ? 8 : 4;
    const size_t end = sw_big32(journal->block + HEAD_SIZE);

    if (!sum_fits(journal, journal->ext->super.block_size - SUM_SIZE) ||
        end > journal->ext->super.block_size)
        return false;
    for (size_t at = REVOKE_HEAD_SIZE; at + size <= end; at += size) {
        const uint8_t *bytes = journal->block + at;
        const uint64_t block =
            size == 4 ? sw_big32(bytes)
                      : (uint64_t)sw_big32(bytes) << 32 | (uint64_t)sw_big32(bytes + 4);
        add(journal, &journal->revoked, (struct row){.block = block, .turn = turn});
    }
    return true;
}

/* All transactions that were committed: rows of others are taken back. */
static uint32_t read_log(struct journal *journal)
{
    uint32_t number = journal->start;
    uint32_t left = journal->end - journal->first;
    uint32_t turn = 0;
    size_t rows = 0;
    size_t revoked = 0;

    while (left-- > 0 && !journal->too_many && read_block(journal, number)) {
        const uint8_t *at = journal->block;
        bool sound = sw_big32(at) == MAGIC && sw_big32(at + 8) == journal->sequence + turn;
        number = behind(journal, number);
        if (!sound)
            break;
        switch (sw_big32(at + 4)) {
        case DESCRIPTOR:
            sound = read_descriptor(journal, turn, &number, &left);
            break;
        case REVOKE:
            sound = read_revoked(journal, turn);
            break;
        case COMMIT:
            sound = sum_fits(journal, COMMIT_SUM_AT);
            if (!sound)
                break;
            turn++;
            rows = journal->rows.size;
            revoked = journal->revoked.size;
            break;
        default:
            sound = false;
            break;
        }
        if (!sound)
            break;
    }
    journal->rows.size = rows;
    journal->revoked.size = revoked;
    return turn;
}

/* ---- what holds ------------------------------------------------------------------------- */

static int by_block(const void *left, const void *right)
{
    const struct row *a = left;
    const struct row *b = right;

    if (a->block != b->block)
        return a->block < b->block ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

/* In order of blocks; of each block only the last one counts. */
static size_t last_ones(struct sw_buf *buf)
{
    struct row *rows = (struct row *)(void *)buf->data;
    const size_t count = buf->size / sizeof *rows;
    size_t kept = 0;

    if (count != 0)
        qsort(rows, count, sizeof *rows, by_block);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || rows[i + 1].block != rows[i].block)
            rows[kept++] = rows[i];
    return kept;
}

/* A block that was revoked in its own transaction, or in a later one, is not newer. */
static bool put_over(struct journal *journal)
{
    const size_t count = last_ones(&journal->rows);
    const size_t revoked_count = last_ones(&journal->revoked);
    const struct row *rows = (const struct row *)(const void *)journal->rows.data;
    const struct row *revoked = (const struct row *)(const void *)journal->revoked.data;
    struct sw_ext *ext = journal->ext;
    size_t at = 0;

    if (count == 0)
        return true;
    ext->newer = malloc(count * sizeof *ext->newer);
    if (ext->newer == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        while (at < revoked_count && revoked[at].block < rows[i].block)
            at++;
        if (at < revoked_count && revoked[at].block == rows[i].block &&
            revoked[at].turn >= rows[i].turn)
            continue;
        ext->newer[ext->newer_count++] = (struct sw_ext_newer){
            .block = rows[i].block, .at = rows[i].at, .escaped = rows[i].escaped};
    }
    return true;
}

/* Fast commits that belong behind the last transaction: little-endian tags, of which the
 * first is a head with the number of that transaction. */
static bool has_fast(struct journal *journal, uint32_t turns)
{
    enum { HEAD = 9, TAG_SIZE = 4 };
    const uint8_t *at = journal->block;

    return journal->incompat & FAST_COMMIT && read_block(journal, journal->end) &&
           sw_little16(at) == HEAD && sw_little32(at + TAG_SIZE + 4) == journal->sequence + turns;
}

static enum sw_ext_journal replay(struct journal *journal)
{
    struct sw_ext *ext = journal->ext;
    struct sw_ext_inode inode;
    struct sw_error error;

    if (sw_ext_inode(ext, ext->super.journal_inode, &inode, &error) != SW_OK)
        return SW_EXT_JOURNAL_DAMAGED;
    journal->map = inode.map;
    if (!read_super(journal))
        return SW_EXT_JOURNAL_DAMAGED;
    const uint32_t turns = journal->start == 0 ? 0 : read_log(journal);
    if (journal->too_many || !put_over(journal))
        return SW_EXT_JOURNAL_LARGE;
    return has_fast(journal, turns) ? SW_EXT_JOURNAL_FAST : SW_EXT_JOURNAL_CLEAN;
}

enum sw_ext_journal sw_ext_journal_replay(struct sw_ext *ext)
{
    struct journal journal = {.ext = ext};

    /* A copy of the super block does not know; a journal that is empty says so itself. */
    if (!(ext->super.incompat & SW_EXT_RECOVER) &&
        !(ext->copied && (ext->super.compat & SW_EXT_HAS_JOURNAL)))
        return SW_EXT_JOURNAL_CLEAN;
    if (ext->super.journal_inode == 0)
        return SW_EXT_JOURNAL_AWAY;
    journal.block = malloc(ext->super.block_size);
    if (journal.block == NULL)
        return SW_EXT_JOURNAL_LARGE;
    sw_buf_init(&journal.rows, ROWS_SIZE_MAX);
    sw_buf_init(&journal.revoked, ROWS_SIZE_MAX);
    enum sw_ext_journal outcome = replay(&journal);
    sw_buf_done(&journal.rows);
    sw_buf_done(&journal.revoked);
    free(journal.block);
    if (ext->newer_count != 0)
        sw_ext_renewed(ext);
    return outcome;
}
