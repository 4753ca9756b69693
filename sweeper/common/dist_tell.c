/* SPDX-License-Identifier: Apache-2.0 */
/* dist_tell.c - what the files and the rows say together. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/dist_tree.h"
#include "sweeper/text.h"

enum {
    NAME_SHOWN_MAX = 160, /* bytes of a path in a detail */
    HEX_SHOWN = 16,       /* digits of a digest in a detail */
};

static const struct {
    const char *name;
    enum sw_severity severity[2];
    const char *title;
} codes[SW_DIST_CODE_COUNT] = {
#define SW_DIST_ROW(constant, name, wheel, installed, title)                                       \
    [SW_DIST_##constant] = {name, {SW_SEVERITY_##wheel, SW_SEVERITY_##installed}, title},
    SW_DIST_TABLE(SW_DIST_ROW)
#undef SW_DIST_ROW
};

/* Files of one kind and one distribution. */
struct tally {
    uint64_t count;
    uint32_t nodes[SW_DIST_NAMES_MAX]; /* the first by path, in order */
};

struct told {
    struct sw_dist_check *check;
    bool whole;
    struct tally (*tallies)[SW_DIST_CODE_COUNT]; /* of each distribution */
    uint32_t *order;                             /* distributions by the path of RECORD */
    sw_dist_fn *fn;
    void *context;
    struct sw_buf path;
    struct sw_buf first;
    struct sw_buf detail;
};

/* --- what a file is ------------------------------------------------------------------ */

static struct sw_view name_of(const struct told *told, uint32_t node)
{
    return dist_tree_name(told->check, node);
}

static bool is_compiled(struct sw_view name)
{
    return sw_view_ends(name, SW_VIEW(".pyc")) || sw_view_ends(name, SW_VIEW(".pyo"));
}

static bool is_cached(const struct told *told, uint32_t node)
{
    return is_compiled(name_of(told, node)) &&
           sw_view_equal(name_of(told, told->check->nodes[node].parent), SW_VIEW("__pycache__"));
}

/* Beside its source, as Python 2 keeps them; that is listed, or it is not read. */
static bool has_listed_source(const struct told *told, uint32_t node)
{
    struct sw_view name = name_of(told, node);

    if (!is_compiled(name))
        return false;
    name.size--;
    const uint32_t source = dist_tree_child(told->check, told->check->nodes[node].parent, name);
    return source != DIST_NONE && (told->check->nodes[source].flags & DIST_LISTED) != 0;
}

/* What a RECORD cannot list well, and what installers write as they please. */
static bool is_installers(const struct told *told, uint32_t node)
{
    static const char *const names[] = {"RECORD",    "RECORD.jws", "RECORD.p7s",
                                        "INSTALLER", "REQUESTED",  "direct_url.json"};
    const struct sw_dist_check *check = told->check;

    if (!sw_view_ends(name_of(told, check->nodes[node].parent), SW_VIEW(".dist-info")))
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (sw_view_equal(name_of(told, node), sw_view_of(names[i])))
            return true;
    return false;
}

static bool is_quiet(const struct told *told, uint32_t node)
{
    return is_cached(told, node) || is_installers(told, node) || has_listed_source(told, node);
}

/* Python or the system runs it. */
static bool is_code(const struct told *told, uint32_t node)
{
    static const char *const ends[] = {".py",    ".pyw", ".pyc", ".pyo", ".pth", ".pyd", ".dll",
                                       ".dylib", ".so",  ".sh",  ".exe", ".bat", ".js",  ".ps1"};
    const struct sw_view name = name_of(told, node);
    const struct sw_view folder = name_of(told, told->check->nodes[node].parent);

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (sw_view_ends(name, sw_view_of(ends[i])))
            return true;
    return sw_view_has(name, SW_VIEW(".so.")) || sw_view_equal(folder, SW_VIEW("scripts")) ||
           sw_view_equal(folder, SW_VIEW("bin"));
}

/* --- tallies ------------------------------------------------------------------------- */

static void count(struct told *told, uint32_t dist, enum sw_dist_code code, uint32_t node)
{
    struct tally *tally = &told->tallies[dist][code];
    size_t kept = tally->count < SW_DIST_NAMES_MAX ? (size_t)tally->count : SW_DIST_NAMES_MAX;

    tally->count++;
    if (kept == SW_DIST_NAMES_MAX &&
        dist_tree_compare(told->check, node, tally->nodes[kept - 1]) > 0)
        return;
    size_t at = kept < SW_DIST_NAMES_MAX ? kept : kept - 1;
    for (; at > 0 && dist_tree_compare(told->check, node, tally->nodes[at - 1]) < 0; at--)
        tally->nodes[at] = tally->nodes[at - 1];
    tally->nodes[at] = node;
}

/* --- rows ------------------------------------------------------------------------------ */

/* The first of the extras of a node; they are sorted. */
static size_t extras_of(const struct sw_dist_check *check, uint32_t node)
{
    size_t low = 0, high = check->extra_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (check->extras[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_extras(const struct told *told, uint32_t node)
{
    const size_t at = extras_of(told->check, node);

    return at < told->check->extra_count && told->check->extras[at].node == node;
}

static bool row_fits(const struct dist_node *node, enum sw_dist_hash hash, uint64_t size,
                     const uint8_t *sha256)
{
    if (hash == SW_DIST_HASH_SHA256)
        return memcmp(node->found, sha256, SW_SHA256_SIZE) == 0;
    return size == UINT64_MAX || size == node->found_size;
}

/* A compiled module in the folder that Debian's packages fill. */
static bool is_stripped(const struct told *told, uint32_t at, uint32_t dist)
{
    const struct sw_dist_check *check = told->check;
    const uint32_t base = check->dists[dist].base;

    return check->scope == SW_DIST_INSTALLED && sw_view_ends(name_of(told, at), SW_VIEW(".so")) &&
           sw_view_equal(name_of(told, base), SW_VIEW("dist-packages")) &&
           sw_view_equal(name_of(told, check->nodes[base].parent), SW_VIEW("python3"));
}

static enum sw_dist_code altered(const struct told *told, uint32_t at, uint32_t dist)
{
    if (is_stripped(told, at, dist))
        return SW_DIST_ALTERED_NATIVE;
    return is_code(told, at) ? SW_DIST_ALTERED : SW_DIST_ALTERED_DATA;
}

/* One row, against what is there. A file that several rows list need fit one only. */
static void judge_row(struct told *told, uint32_t at, uint32_t dist, bool proven, bool fits)
{
    const struct sw_dist_check *check = told->check;
    const struct dist_node *node = &check->nodes[at];
    const bool inside = dist_tree_is_below(check, at, check->dists[dist].base);

    if ((node->flags & DIST_PRESENT) == 0) {
        if (told->whole && inside && (node->flags & DIST_FOLDER) == 0 &&
            !is_compiled(name_of(told, at)) && !is_installers(told, at))
            count(told, dist, SW_DIST_MISSING, at);
        return;
    }
    if (is_quiet(told, at))
        return;
    if ((node->flags & DIST_KNOWN) != 0 && (!fits || (node->flags & DIST_TWICE) != 0))
        count(told, dist, altered(told, at, dist), at);
    else if (!proven && is_code(told, at))
        count(told, dist, SW_DIST_UNPROVEN, at);
}

/* All rows for one path; rows[0] stands in the node itself. */
struct rows {
    const struct dist_extra *extras; /* sorted by distribution */
    size_t count;
    struct dist_extra first;
};

static struct rows rows_of(const struct told *told, uint32_t at)
{
    const struct sw_dist_check *check = told->check;
    const struct dist_node *node = &check->nodes[at];
    struct rows rows = {.first = {.node = at,
                                  .dist = node->lister,
                                  .hash = (enum sw_dist_hash)node->hash,
                                  .size = node->wanted_size}};
    const size_t from = extras_of(check, at);

    memcpy(rows.first.sha256, node->wanted, SW_SHA256_SIZE);
    if (from == check->extra_count)
        return rows;
    rows.extras = check->extras + from;
    while (from + rows.count < check->extra_count && rows.extras[rows.count].node == at)
        rows.count++;
    return rows;
}

static const struct dist_extra *row_at(const struct rows *rows, size_t index)
{
    return index == 0 ? &rows->first : &rows->extras[index - 1];
}

/* One of them fits; those without a digest say something only when none has one. */
static bool rows_fit(const struct dist_node *node, const struct rows *rows)
{
    bool proven = false, digest_fits = false, size_fits = false;

    for (size_t i = 0; i <= rows->count; i++) {
        const struct dist_extra *row = row_at(rows, i);
        const bool fits = row_fits(node, row->hash, row->size, row->sha256);
        if (row->hash == SW_DIST_HASH_SHA256) {
            proven = true;
            digest_fits = digest_fits || fits;
        } else {
            size_fits = size_fits || fits;
        }
    }
    return proven ? digest_fits : size_fits;
}

/* What one distribution says of the path, in the rows [from, to) of the extras and the
 * first when that is its own: whether with a digest, or with two. */
static void judge_rows_of(struct told *told, uint32_t at, const struct rows *rows, size_t from,
                          size_t to, bool fits)
{
    const uint32_t dist = from < to ? rows->extras[from].dist : rows->first.dist;
    const struct dist_extra *proof = NULL;
    bool ambiguous = false;

    if (rows->first.dist == dist && rows->first.hash == SW_DIST_HASH_SHA256)
        proof = &rows->first;
    for (size_t i = from; i < to; i++) {
        const struct dist_extra *row = &rows->extras[i];
        if (row->hash != SW_DIST_HASH_SHA256)
            continue;
        if (proof != NULL && memcmp(proof->sha256, row->sha256, SW_SHA256_SIZE) != 0)
            ambiguous = true;
        proof = row;
    }
    judge_row(told, at, dist, proof != NULL, fits);
    /* Scripts outside say little, and are listed as often as installers please. */
    if (ambiguous && dist_tree_is_below(told->check, at, told->check->dists[dist].base))
        count(told, dist, SW_DIST_AMBIGUOUS, at);
}

static void judge_listed(struct told *told, uint32_t at)
{
    const struct rows rows = rows_of(told, at);
    const bool fits = rows_fit(&told->check->nodes[at], &rows);
    bool first_judged = false;

    for (size_t from = 0, to; from < rows.count; from = to) {
        for (to = from + 1; to < rows.count && rows.extras[to].dist == rows.extras[from].dist;)
            to++;
        judge_rows_of(told, at, &rows, from, to, fits);
        first_judged = first_judged || rows.extras[from].dist == rows.first.dist;
    }
    if (!first_judged)
        judge_rows_of(told, at, &rows, 0, 0, fits);
}

/* --- what nobody lists ------------------------------------------------------------------ */

/* Of two distributions that may own a folder, the first by name. */
static bool comes_first(const struct told *told, uint32_t dist, uint32_t before)
{
    const struct sw_dist_check *check = told->check;

    return before == DIST_NONE ||
           dist_tree_compare(check, check->dists[dist].record, check->dists[before].record) < 0;
}

static void own(struct told *told, uint32_t folder, uint32_t dist)
{
    struct dist_node *node = &told->check->nodes[folder];

    if (node->owner != dist && comes_first(told, dist, node->owner))
        node->owner = dist;
}

/* A folder in which it lists a file is its own, with all below it. Not so the folder
 * around the *.dist-info, and in a namespace that several share not that above it. */
static void own_by_row(struct told *told, uint32_t at, uint32_t dist)
{
    const uint32_t folder = told->check->nodes[at].parent;
    const uint32_t base = told->check->dists[dist].base;

    if (folder != base && dist_tree_is_below(told->check, folder, base) &&
        !sw_view_equal(name_of(told, folder), SW_VIEW("__pycache__")))
        own(told, folder, dist);
}

static void own_folders(struct told *told)
{
    const struct sw_dist_check *check = told->check;

    for (uint32_t i = 0; i < check->dist_count; i++)
        own(told, check->dists[i].folder, i);
    for (uint32_t i = 1; i < check->node_count; i++)
        if ((check->nodes[i].flags & DIST_LISTED) != 0)
            own_by_row(told, i, check->nodes[i].lister);
    for (size_t i = 0; i < check->extra_count; i++)
        own_by_row(told, check->extras[i].node, check->extras[i].dist);
}

static uint32_t owner_of(const struct told *told, uint32_t at)
{
    const struct sw_dist_check *check = told->check;

    if (check->scope == SW_DIST_WHEEL)
        return told->order[0];
    while (at != 0) {
        at = check->nodes[at].parent;
        if (check->nodes[at].owner != DIST_NONE)
            return check->nodes[at].owner;
    }
    return DIST_NONE;
}

/* Distributions lie in this folder, and none of them may list more than was read. */
static bool is_base(const struct told *told, uint32_t folder)
{
    return (told->check->nodes[folder].flags & (DIST_BASE | DIST_BASE_CUT)) == DIST_BASE;
}

/* In a wheel: where it would land beside the packages. */
static bool is_site_folder(const struct told *told, uint32_t folder)
{
    const struct sw_dist_check *check = told->check;
    const struct sw_view name = name_of(told, folder);

    if (is_base(told, folder))
        return true;
    if (check->scope != SW_DIST_WHEEL || folder == 0)
        return false;
    return sw_view_equal(name, SW_VIEW("site-packages")) ||
           ((sw_view_equal(name, SW_VIEW("purelib")) || sw_view_equal(name, SW_VIEW("platlib"))) &&
            sw_view_ends(name_of(told, check->nodes[folder].parent), SW_VIEW(".data")));
}

static enum sw_status tell(struct told *told, enum sw_dist_code code, uint32_t subject,
                           uint32_t first, uint64_t number)
{
    const struct sw_dist_check *check = told->check;

    if (dist_tree_path(check, subject, 0, &told->path) != SW_OK ||
        dist_tree_path(check, first, 0, &told->first) != SW_OK ||
        sw_buf_terminate(&told->detail) != SW_OK)
        return SW_OK;
    const struct sw_dist_finding finding = {
        .code = code,
        .severity = codes[code].severity[check->scope == SW_DIST_WHEEL ? 0 : 1],
        .name = codes[code].name,
        .title = codes[code].title,
        .detail = (const char *)told->detail.data,
        .record = sw_buf_view(&told->path),
        .first = sw_buf_view(&told->first),
        .count = number};
    return told->fn(told->context, &finding);
}

static bool is_pth(const struct told *told, uint32_t at)
{
    return sw_view_ends(name_of(told, at), SW_VIEW(".pth")) &&
           is_site_folder(told, told->check->nodes[at].parent);
}

/* Files that installers leave beside distributions without listing them, always with
 * the same bytes: of virtualenv, and of setuptools where it is no distribution. */
static bool is_known_pth(const struct told *told, uint32_t at)
{
    static const struct {
        const char *name;
        const char *hex;
    } known[] = {
        {"_virtualenv.pth", "69ac3d8f27e679c81b94ab30b3b56e9cd138219b1ba94a1fa3606d5a76a1433d"},
        {"distutils-precedence.pth",
         "2638ce9e2500e572a5e0de7faed6661eb569d1b696fcba07b0dd223da5f5d224"},
        {"distutils-precedence.pth",
         "7ea7ffef3fe2a117ee12c68ed6553617f0d7fd2f0590257c25c484959a3b7373"},
    };
    const struct dist_node *node = &told->check->nodes[at];
    char hex[2 * SW_SHA256_SIZE + 1];

    if ((node->flags & DIST_KNOWN) == 0)
        return false;
    for (size_t i = 0; i < SW_SHA256_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", node->found[i]);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (sw_view_equal(name_of(told, at), sw_view_of(known[i].name)) &&
            strcmp(hex, known[i].hex) == 0)
            return true;
    return false;
}

static enum sw_status tell_pth(struct told *told, uint32_t at)
{
    const bool runs = (told->check->nodes[at].flags & DIST_RUNS) != 0;

    /* What nobody could read is a gap already; a link has its bytes elsewhere. */
    if ((told->check->nodes[at].flags & DIST_KNOWN) == 0 || is_known_pth(told, at))
        return SW_OK;
    sw_buf_clear(&told->detail);
    if (sw_buf_append_text(&told->detail,
                           runs ? "no RECORD beside it lists it, and it holds code"
                                : "no RECORD beside it lists it; it holds no code") != SW_OK)
        return SW_OK;
    return tell(told, runs ? SW_DIST_UNLISTED_PTH : SW_DIST_UNLISTED_PATHS, at, at, 1);
}

static enum sw_status judge_unlisted(struct told *told, uint32_t at, bool pth)
{
    if (is_pth(told, at))
        return pth ? tell_pth(told, at) : SW_OK;
    const uint32_t dist = pth ? DIST_NONE : owner_of(told, at);
    if (dist != DIST_NONE && !told->check->dists[dist].cut && !is_quiet(told, at))
        count(told, dist, is_code(told, at) ? SW_DIST_UNLISTED : SW_DIST_UNLISTED_DATA, at);
    return SW_OK;
}

/* --- the telling -------------------------------------------------------------------- */

static enum sw_status put_hex(struct sw_buf *out, const uint8_t *sha256)
{
    enum sw_status status = SW_OK;

    for (size_t i = 0; i < (size_t)HEX_SHOWN / 2 && status == SW_OK; i++)
        status = sw_buf_append_format(out, "%02x", sha256[i]);
    return status;
}

static enum sw_status put_name(struct told *told, uint32_t node, uint32_t base)
{
    if (dist_tree_path(told->check, node, base, &told->path) != SW_OK)
        return SW_SKIP;
    const struct sw_view path = sw_buf_view(&told->path);
    enum sw_status status = sw_text_escape(&told->detail, sw_view_first(path, NAME_SHOWN_MAX));
    if (status == SW_OK && path.size > NAME_SHOWN_MAX)
        status = sw_buf_append_text(&told->detail, "...");
    return status;
}

static enum sw_status put_digests(struct told *told, enum sw_dist_code code, uint32_t at)
{
    const struct dist_node *node = &told->check->nodes[at];

    if ((code != SW_DIST_ALTERED && code != SW_DIST_ALTERED_DATA &&
         code != SW_DIST_ALTERED_NATIVE) ||
        node->hash != SW_DIST_HASH_SHA256 || (node->flags & DIST_TWICE) != 0 ||
        has_extras(told, at))
        return SW_OK;
    enum sw_status status = sw_buf_append_text(&told->detail, " (sha256 ");
    if (status == SW_OK)
        status = put_hex(&told->detail, node->found);
    if (status == SW_OK)
        status = sw_buf_append_text(&told->detail, ", not ");
    if (status == SW_OK)
        status = put_hex(&told->detail, node->wanted);
    return status == SW_OK ? sw_buf_append_text(&told->detail, ")") : status;
}

static enum sw_status put_files(struct told *told, uint32_t dist, enum sw_dist_code code,
                                const struct tally *tally)
{
    const uint32_t base = told->check->dists[dist].base;
    enum sw_status status = sw_buf_append_format(
        &told->detail, "%" PRIu64 " file%s: ", tally->count, tally->count == 1 ? "" : "s");

    for (size_t i = 0; i < SW_DIST_NAMES_MAX && i < tally->count && status == SW_OK; i++) {
        if (i != 0)
            status = sw_buf_append_text(&told->detail, ", ");
        if (status == SW_OK)
            status = put_name(told, tally->nodes[i], base);
        if (status == SW_OK)
            status = put_digests(told, code, tally->nodes[i]);
    }
    if (status == SW_OK && tally->count > SW_DIST_NAMES_MAX)
        status = sw_buf_append_format(&told->detail, " and %" PRIu64 " more",
                                      tally->count - SW_DIST_NAMES_MAX);
    return status;
}

static enum sw_status tell_rows(struct told *told, uint32_t index)
{
    const struct dist *dist = &told->check->dists[index];
    enum sw_status status = SW_OK;

    if (dist->outside != 0) {
        sw_buf_clear(&told->detail);
        if (sw_buf_append_format(&told->detail, "%" PRIu64 " row%s: %s", dist->outside,
                                 dist->outside == 1 ? "" : "s", dist->outside_path) == SW_OK)
            status = tell(told, SW_DIST_OUTSIDE, dist->record, dist->record, dist->outside);
    }
    if (status == SW_OK && dist->bad != 0) {
        sw_buf_clear(&told->detail);
        if (sw_buf_append_format(&told->detail, "%" PRIu64 " row%s", dist->bad,
                                 dist->bad == 1 ? "" : "s") == SW_OK)
            status = tell(told, SW_DIST_MALFORMED, dist->record, dist->record, dist->bad);
    }
    return status;
}

static enum sw_status tell_dist(struct told *told, uint32_t index)
{
    const uint32_t record = told->check->dists[index].record;
    enum sw_status status = SW_OK;

    for (int code = 0; code < SW_DIST_CODE_COUNT && status == SW_OK; code++) {
        const struct tally *tally = &told->tallies[index][code];
        sw_buf_clear(&told->detail);
        if (tally->count != 0 && put_files(told, index, (enum sw_dist_code)code, tally) == SW_OK)
            status = tell(told, (enum sw_dist_code)code, record, tally->nodes[0], tally->count);
    }
    return status == SW_OK ? tell_rows(told, index) : status;
}

/* --- all of it ------------------------------------------------------------------------ */

static int by_node(const void *a, const void *b)
{
    const struct dist_extra *left = a, *right = b;

    if (left->node != right->node)
        return left->node < right->node ? -1 : 1;
    if (left->dist != right->dist)
        return left->dist < right->dist ? -1 : 1;
    return memcmp(left->sha256, right->sha256, SW_SHA256_SIZE);
}

static int by_path(const void *a, const void *b, void *context)
{
    const struct sw_dist_check *check = context;
    const uint32_t *left = a, *right = b;

    return dist_tree_compare(check, check->dists[*left].record, check->dists[*right].record);
}

static bool prepare(struct told *told)
{
    struct sw_dist_check *check = told->check;

    sw_buf_init(&told->path, SIZE_MAX / 2);
    sw_buf_init(&told->first, SIZE_MAX / 2);
    sw_buf_init(&told->detail, (size_t)SW_DIST_DETAIL_MAX * 2);
    told->tallies = calloc(check->dist_count, sizeof(*told->tallies));
    told->order = calloc(check->dist_count, sizeof(*told->order));
    if (told->tallies == NULL || told->order == NULL)
        return false;
    for (uint32_t i = 0; i < check->dist_count; i++) {
        told->order[i] = i;
        check->nodes[check->dists[i].base].flags |=
            (uint8_t)(DIST_BASE | (check->dists[i].cut ? DIST_BASE_CUT : 0));
    }
    qsort_r(told->order, check->dist_count, sizeof(*told->order), by_path, check);
    if (check->extra_count != 0)
        qsort(check->extras, check->extra_count, sizeof(*check->extras), by_node);
    return true;
}

static void judge(struct told *told)
{
    struct sw_dist_check *check = told->check;

    for (uint32_t i = 1; i < check->node_count; i++)
        if ((check->nodes[i].flags & DIST_LISTED) != 0)
            judge_listed(told, i);
    if (!told->whole)
        return;
    own_folders(told);
    for (uint32_t i = 1; i < check->node_count; i++)
        if ((check->nodes[i].flags & (DIST_PRESENT | DIST_LISTED)) == DIST_PRESENT)
            (void)!judge_unlisted(told, i, false);
}

/* Each is a finding of its own. */
static enum sw_status tell_all_pth(struct told *told)
{
    const struct sw_dist_check *check = told->check;
    enum sw_status status = SW_OK;

    for (uint32_t i = 1; i < check->node_count && status == SW_OK && told->whole; i++)
        if ((check->nodes[i].flags & (DIST_PRESENT | DIST_LISTED)) == DIST_PRESENT)
            status = judge_unlisted(told, i, true);
    return status;
}

enum sw_status sw_dist_check_end(struct sw_dist_check *check, bool whole, sw_dist_fn *fn,
                                 void *context)
{
    struct told told = {
        .check = check, .whole = whole && !check->full, .fn = fn, .context = context};
    enum sw_status status = SW_OK;

    if (check->dist_count == 0)
        return SW_OK;
    if (prepare(&told)) {
        judge(&told);
        for (size_t i = 0; i < check->dist_count && status == SW_OK; i++)
            status = tell_dist(&told, told.order[i]);
        if (status == SW_OK)
            status = tell_all_pth(&told);
    } else {
        check->full = true;
    }
    free(told.tallies);
    free(told.order);
    sw_buf_done(&told.path);
    sw_buf_done(&told.first);
    sw_buf_done(&told.detail);
    return status;
}
