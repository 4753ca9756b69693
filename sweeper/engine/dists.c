/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dists.c - files of Python distributions, for the comparison with their RECORDs: those
 * of a tree go to the supervisor, those of a container are compared when it ends.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "desk.h"
#include "engine/source/sources.h"
#include "sweeper/dist_check.h"
#include "sweeper/package.h"
#include "sweeper/rows.h"
#include "sweeper/text.h"

enum {
    ROWS_BYTES = 48 * 1024,      /* of one message */
    PTH_MAX = 256 * 1024,        /* bytes of a .pth that are looked at */
    ZEROS_MAX = 1 << 20,         /* bytes of a hole that are worth a digest */
    UNRESERVED_MAX = 256 * 1024, /* bytes that are not worth a reservation */
};
#define COMPARED_MAX ((size_t)16 << 20) /* bytes of memory for one worker's comparisons */

static struct sw_view path_of(const struct object *object)
{
    return sw_view_of(object->label.path);
}

static bool is_pth(struct sw_view path)
{
    return sw_view_ends(path, SW_VIEW(".pth"));
}

/* --- which ------------------------------------------------------------------------- */

/* The distribution that a first component below site-packages names: "name",
 * "name.py", "name-1.0.dist-info". */
static struct sw_view name_of(struct sw_view below)
{
    struct sw_view first = sw_view_first(below, sw_view_find(below, '/'));

    if (sw_view_ends(first, SW_VIEW(".dist-info")))
        return sw_view_first(first, sw_view_find(first, '-'));
    if (sw_view_ends(first, SW_VIEW(".py")))
        first.size -= 3;
    return first;
}

bool dists_want(const struct desk *desk, struct sw_view path)
{
    const struct sw_view below = sw_dist_below_site(path);

    if (below.size == 0)
        return false;
    return desk->engine->config.integrity ||
           (desk->engine->matcher != NULL &&
            sw_match_knows_package(desk->engine->matcher, SW_ECOSYSTEM_PYPI, name_of(below)));
}

static enum sw_status on_hit(void *context, const struct sw_indicator_hit *hit)
{
    (void)hit;
    *(bool *)context = true;
    return SW_OK;
}

/* The rows of this RECORD are wanted: all are, or those of a known bad version. */
static bool want_rows(const struct desk *desk, struct sw_view path)
{
    const struct sw_view below = sw_dist_below_site(path);
    const struct sw_view folder = sw_view_first(below, sw_view_find(below, '/'));
    struct sw_package package = {.ecosystem = SW_ECOSYSTEM_PYPI, .name = name_of(below)};
    bool hit = false;

    if (desk->engine->config.integrity)
        return true;
    if (desk->engine->matcher == NULL || !sw_view_ends(folder, SW_VIEW(".dist-info")))
        return false;
    package.version = sw_view_skip(folder, package.name.size + 1);
    if (package.version.size <= sizeof(".dist-info") - 1 || package.name.size == 0)
        return false;
    package.version.size -= sizeof(".dist-info") - 1;
    (void)!sw_match_package(desk->engine->matcher, &package, on_hit, &hit);
    return hit;
}

/* Without --integrity only files below a folder of a known name have a digest: what
 * else the distribution has is not compared. */
static bool want_row(const struct desk *desk, const struct sw_dist_row *row)
{
    return desk->engine->config.integrity ||
           sw_match_knows_package(desk->engine->matcher, SW_ECOSYSTEM_PYPI, name_of(row->path));
}

/* --- content --------------------------------------------------------------------- */

typedef enum sw_status content_fn(void *context, struct sw_view content, bool cut);

/* Where nobody else can change the bytes they are read where they lie. */
static enum sw_status with_view(struct object *object, size_t limit, content_fn *fn, void *context)
{
    const uint8_t *data = NULL;
    struct sw_error error;
    const uint64_t size = object->blob->size;

    if (sw_blob_view(object->blob, &data, &error) != SW_OK)
        return SW_SKIP;
    return fn(context, (struct sw_view){data, size < limit ? (size_t)size : limit}, size > limit);
}

static enum sw_status with_copy(struct object *object, size_t limit, content_fn *fn, void *context)
{
    struct sw_buf content;
    struct sw_error error;
    bool cut = false;

    sw_buf_init(&content, limit);
    enum sw_status status = packages_content(object->blob, &content, &cut, &error);
    if (status == SW_OK)
        status = fn(context, sw_buf_view(&content), cut);
    sw_buf_done(&content);
    return status;
}

/* SW_SKIP: it cannot be had. */
static enum sw_status with_content(struct object *object, size_t limit, content_fn *fn,
                                   void *context)
{
    struct sw_memory_budget *budget = &object->desk->engine->budget;
    const struct sw_blob *blob = object->blob;
    struct sw_error error;

    if (blob->size_known && blob->size == 0)
        return fn(context, (struct sw_view){(const uint8_t *)"", 0}, false);
    if (blob->fd < 0 || blob->ours)
        return with_view(object, limit, fn, context);
    if (blob->size_known && blob->size < limit)
        limit = (size_t)blob->size;
    const uint64_t need = limit <= UNRESERVED_MAX ? 0 : limit;
    if (need != 0 && sw_memory_budget_reserve(budget, need, &error) != SW_OK)
        return SW_SKIP;
    enum sw_status status = with_copy(object, limit, fn, context);
    if (need != 0)
        sw_memory_budget_release(budget, need);
    return status;
}

static enum sw_status on_pth(void *context, struct sw_view content, bool cut)
{
    struct object *object = context;

    object->runs = cut || sw_dist_pth_runs(content); /* so long a one holds something */
    return SW_OK;
}

static void say(struct object *object, enum sw_gap reason, const char *text)
{
    struct sw_error error = {0};

    (void)!sw_fail_gap(&error, SW_PART, reason, "integrity", 0, "%s", text);
    examine_gap(object, &error, NULL);
}
#define CUT_TEXT  "RECORD is read from its first 16 MiB only: files were compared with that"
#define LOST_TEXT "RECORD could not be read: no file was compared with it"

/* --- a file of a tree ---------------------------------------------------------------- */

/* Rows on their way to the supervisor. */
struct outgoing {
    struct object *file;
    struct sw_dist_message head;
    struct sw_buf rows;
    struct sw_buf body;
};

static enum sw_status send(struct outgoing *out)
{
    sw_buf_clear(&out->body);
    if (sw_dist_message_encode(&out->head, &out->body) != SW_OK ||
        (out->rows.size != 0 && sw_buf_append(&out->body, out->rows.data, out->rows.size) != SW_OK))
        return SW_STOP;
    sw_buf_clear(&out->rows);
    out->head.row_count = 0;
    return reporter_dist(&out->file->desk->reporter, sw_buf_view(&out->body));
}

static enum sw_status on_row(void *context, const struct sw_dist_row *row)
{
    struct outgoing *out = context;

    if (!want_row(out->file->desk, row))
        return SW_OK;
    if (sw_dist_row_encode(row, &out->rows) != SW_OK)
        return SW_STOP;
    out->head.row_count++;
    return out->rows.size < ROWS_BYTES ? SW_OK : send(out);
}

static enum sw_status on_record(void *context, struct sw_view content, bool cut)
{
    struct outgoing *out = context;
    struct sw_error error;

    out->head.cut = cut;
    if (cut)
        say(out->file, SW_GAP_LIMIT_BYTES, CUT_TEXT);
    return sw_dist_record_read(content, on_row, out, &out->head.bad, &error) == SW_STOP ? SW_STOP
                                                                                        : SW_OK;
}

static struct sw_view printable(const char *text)
{
    const struct sw_view view = sw_view_of(text);

    return view.size <= SW_DIST_TYPE_MAX && sw_text_is_printable(view) ? view : sw_view_of("");
}

/* A file that may have findings of its own: the supervisor is told what it is. */
static enum sw_status tell_supervisor(struct object *file, bool rows)
{
    struct outgoing out = {.file = file, .head = {.item = file->desk->reporter.item}};
    enum sw_status status = SW_OK;

    if (file->mime == NULL)
        object_name_type(file);
    out.head.type = printable(file->type);
    out.head.mime = printable(file->mime);
    sw_buf_init(&out.rows, SW_RECORD_MAX);
    sw_buf_init(&out.body, SW_RECORD_MAX);
    if (rows)
        status = with_content(file, SW_PACKAGE_CONTENT_MAX, on_record, &out);
    if (status == SW_SKIP) {
        say(file, SW_GAP_LIMIT_MEMORY, LOST_TEXT);
        out.head.cut = true;
    }
    status = status == SW_STOP ? status : send(&out);
    sw_buf_done(&out.rows);
    sw_buf_done(&out.body);
    return status;
}

enum sw_status dists_file(struct object *file)
{
    const struct sw_view path = path_of(file);
    struct sw_error error;
    bool top = false;

    if (!dists_want(file->desk, path) || object_hash(file, 0, &error) != SW_OK)
        return SW_OK;
    if (is_pth(path)) {
        (void)!with_content(file, PTH_MAX, on_pth, file);
        return tell_supervisor(file, false);
    }
    if (sw_dist_is_record(path, &top) && want_rows(file->desk, path))
        return tell_supervisor(file, true);
    return SW_OK;
}

/* --- a container ---------------------------------------------------------------------- */

/* A member that may have findings when the container ends. */
struct subject {
    char *name; /* exact bytes */
    size_t name_size;
    struct sw_facts facts;
    char hex[SW_DIGEST_HEX_MAX];
    uint64_t size;
    char *type;
    char *mime;
};

struct dists {
    struct desk *desk;
    struct object *container;
    const struct sw_source *source;
    bool wheel;
    struct sw_dist_check *check; /* made with the first member that is compared */
    size_t counted;              /* bytes of it that stand in the desk's account */
    bool digesting;              /* the member whose content comes is compared */
    uint64_t position;           /* in it */
    struct subject *subjects;
    size_t subject_count, subject_capacity;
};

struct dists *dists_open(struct object *container, const struct sw_source *source, size_t reading)
{
    const bool wheel = source == &sw_source_zip && container->wheel;
    struct dists *dists = NULL;

    /* The second reading of an ambiguous container has been told as such. */
    if (source->stream || reading != 0)
        return NULL;
    dists = calloc(1, sizeof(*dists));
    if (dists == NULL) {
        say(container, SW_GAP_LIMIT_MEMORY, "no memory to compare its files with RECORD");
        return NULL;
    }
    dists->desk = container->desk;
    dists->container = container;
    dists->source = source;
    dists->wheel = wheel;
    return dists;
}

void dists_close(struct dists *dists)
{
    if (dists == NULL)
        return;
    dists->desk->dist_bytes -= dists->counted;
    sw_dist_check_free(dists->check);
    for (size_t i = 0; i < dists->subject_count; i++) {
        free(dists->subjects[i].name);
        free(dists->subjects[i].type);
        free(dists->subjects[i].mime);
    }
    free(dists->subjects);
    free(dists);
}

/* In a wheel everything; elsewhere what lies in a tree of distributions. */
static bool is_wanted(const struct dists *dists, const struct object *member)
{
    return dists->wheel || dists_want(dists->desk, path_of(member));
}

void dists_begin(struct dists *dists, const struct object *member)
{
    if (dists == NULL)
        return;
    dists->position = 0;
    dists->digesting = is_wanted(dists, member) &&
                       sw_digest_start(dists->desk->digests[SW_DIGEST_SHA256]) == SW_OK;
}

static bool digest_zeros(struct dists *dists, uint64_t size)
{
    static const uint8_t zeros[4096];

    if (size > ZEROS_MAX)
        return false;
    for (size_t left = (size_t)size; left != 0;) {
        const size_t step = left < sizeof(zeros) ? left : sizeof(zeros);
        if (sw_digest_update(dists->desk->digests[SW_DIGEST_SHA256], zeros, step) != SW_OK)
            return false;
        left -= step;
    }
    return true;
}

/* Where it does not go by as it comes it is digested when all of it is there. */
void dists_piece(struct dists *dists, const struct sw_piece *piece)
{
    if (dists == NULL || !dists->digesting)
        return;
    dists->digesting = piece->offset >= dists->position &&
                       digest_zeros(dists, piece->offset - dists->position) &&
                       (piece->size == 0 || sw_digest_update(dists->desk->digests[SW_DIGEST_SHA256],
                                                             piece->data, piece->size) == SW_OK);
    dists->position = piece->offset + piece->size;
}

void dists_finish(struct dists *dists, struct object *member, bool all)
{
    if (dists == NULL)
        return;
    member->incomplete = !all;
    if (dists->digesting && all && dists->position == member->blob->size &&
        sw_digest_finish(dists->desk->digests[SW_DIGEST_SHA256], member->hex[SW_DIGEST_SHA256]) ==
            SW_OK)
        member->size = dists->position;
    dists->digesting = false;
}

/* --- what goes in ------------------------------------------------------------------- */

static struct sw_dist_check *check_of(struct dists *dists)
{
    struct desk *desk = dists->desk;
    struct sw_error error;

    if (dists->check != NULL || desk->dist_bytes >= COMPARED_MAX)
        return dists->check;
    if (sw_dist_check_new(dists->wheel ? SW_DIST_WHEEL : SW_DIST_INSTALLED,
                          COMPARED_MAX - desk->dist_bytes, &dists->check, &error) != SW_OK)
        dists->check = NULL;
    return dists->check;
}

static void account(struct dists *dists)
{
    const size_t size = sw_dist_check_size(dists->check);

    dists->desk->dist_bytes += size - dists->counted;
    dists->counted = size;
}

static bool unhex(const char *hex, uint8_t sha256[static SW_SHA256_SIZE])
{
    for (size_t i = 0; i < SW_SHA256_SIZE; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        char *end = NULL;
        sha256[i] = (uint8_t)strtoul(pair, &end, 16);
        if (end != pair + 2)
            return false;
    }
    return true;
}

/* What a finding of this member will say of it. */
static void keep_subject(struct dists *dists, struct object *member)
{
    struct sw_error error;

    if (object_describe(member, &error) != SW_OK ||
        !sw_rows_grow(&dists->subjects, &dists->subject_capacity, dists->subject_count + 1,
                      sizeof(*dists->subjects)))
        return;
    struct subject made = {.name =
                               strndup((const char *)member->hop.name.data, member->hop.name.size),
                           .facts = *member->hop.facts,
                           .size = member->size,
                           .type = strdup(member->type),
                           .mime = strdup(member->mime)};
    memcpy(made.hex, member->hex[SW_DIGEST_SHA256], sizeof(made.hex));
    if (made.name == NULL || made.type == NULL || made.mime == NULL) {
        free(made.name);
        free(made.type);
        free(made.mime);
        return;
    }
    made.name_size = strlen(made.name);
    /* Another worker may look at it yet, with a libmagic of its own. */
    member->described = false;
    member->mime = NULL;
    dists->subjects[dists->subject_count++] = made;
}

struct rows {
    struct dists *dists;
    struct object *record;
};

static enum sw_status on_member_row(void *context, const struct sw_dist_row *row)
{
    struct rows *rows = context;

    if (rows->dists->wheel || want_row(rows->dists->desk, row))
        sw_dist_check_row(rows->dists->check, rows->record->hop.name, row);
    return SW_OK;
}

static enum sw_status on_member_record(void *context, struct sw_view content, bool cut)
{
    struct rows *rows = context;
    uint64_t bad = 0;
    struct sw_error error;

    (void)!sw_dist_record_read(content, on_member_row, rows, &bad, &error);
    sw_dist_check_record(rows->dists->check, rows->record->hop.name, bad,
                         cut || rows->record->incomplete);
    if (cut)
        say(rows->record, SW_GAP_LIMIT_BYTES, CUT_TEXT);
    return SW_OK;
}

static void take_record(struct dists *dists, struct object *member)
{
    struct rows rows = {.dists = dists, .record = member};

    if (with_content(member, SW_PACKAGE_CONTENT_MAX, on_member_record, &rows) != SW_OK) {
        say(member, SW_GAP_LIMIT_MEMORY, LOST_TEXT);
        sw_dist_check_record(dists->check, member->hop.name, 0, true);
    }
}

/* The container's own path ends where the member's begins: a RECORD is one by the
 * member's name alone. */
static bool is_record(const struct dists *dists, const struct object *member)
{
    bool top = false;

    if (!sw_dist_is_record(member->hop.name, &top))
        return false;
    return dists->wheel ? top : want_rows(dists->desk, path_of(member));
}

void dists_member(struct dists *dists, struct object *member)
{
    struct sw_dist_file file = {.path = member->hop.name};
    uint8_t sha256[SW_SHA256_SIZE];
    struct sw_error error;

    if (dists == NULL || !is_wanted(dists, member) || check_of(dists) == NULL)
        return;
    if (member->blob != NULL && !member->incomplete && object_hash(member, 0, &error) == SW_OK &&
        unhex(member->hex[SW_DIGEST_SHA256], sha256)) {
        file.sha256 = sha256;
        file.size = member->size;
    }
    if (member->blob != NULL && is_pth(member->hop.name)) {
        (void)!with_content(member, PTH_MAX, on_pth, member);
        file.runs = member->runs;
        keep_subject(dists, member);
    }
    sw_dist_check_file(dists->check, &file);
    if (is_record(dists, member)) {
        if (member->blob == NULL)
            sw_dist_check_record(dists->check, member->hop.name, 0, true);
        else
            take_record(dists, member);
        if (member->blob != NULL)
            keep_subject(dists, member);
    }
    account(dists);
}

/* --- the end -------------------------------------------------------------------------- */

/* Names as the check has them: without a slash in front, empty and "." parts. */
static bool same_path(struct sw_view name, struct sw_view path)
{
    while (name.size != 0) {
        const struct sw_view part = sw_view_first(name, sw_view_find(name, '/'));
        name = sw_view_skip(name, part.size + 1);
        if (part.size == 0 || sw_view_equal(part, SW_VIEW(".")))
            continue;
        if (!sw_view_starts(path, part) || (path.size > part.size && path.data[part.size] != '/'))
            return false;
        path = sw_view_skip(path, part.size + 1);
    }
    return path.size == 0;
}

static const struct subject *find_subject(const struct dists *dists, struct sw_view path)
{
    for (size_t i = dists->subject_count; i-- > 0;) {
        const struct subject *subject = &dists->subjects[i];
        if (same_path((struct sw_view){(const uint8_t *)subject->name, subject->name_size}, path))
            return subject;
    }
    return NULL;
}

static enum sw_status on_finding(void *context, const struct sw_dist_finding *finding)
{
    struct dists *dists = context;
    const struct subject *subject = find_subject(dists, finding->record);
    struct object object = {.desk = dists->desk, .parent = dists->container};
    char name[64];

    snprintf(name, sizeof(name), "%s_%s", dists->wheel ? "wheel" : "installed", finding->name);
    const struct integrity what = {.name = name,
                                   .title = finding->title,
                                   .detail = finding->detail,
                                   .member = finding->first,
                                   .severity = finding->severity};
    /* There was no memory to keep it; a container that flows cannot be described. */
    if (subject == NULL)
        return dists->container->blob != NULL ? examine_integrity(dists->container, &what) : SW_OK;
    object.hop = (struct hop){.kind = dists->source->kind,
                              .name = {(const uint8_t *)subject->name, subject->name_size},
                              .facts = &subject->facts};
    object.label.path = subject->name;
    object.size = subject->size;
    object.described = true;
    memcpy(object.hex[SW_DIGEST_SHA256], subject->hex, sizeof(subject->hex));
    snprintf(object.type, sizeof(object.type), "%s", subject->type);
    object.mime = subject->mime;
    return examine_integrity(&object, &what);
}

enum sw_status dists_end(struct dists *dists, bool whole)
{
    if (dists == NULL || dists->check == NULL)
        return SW_OK;
    enum sw_status status = sw_dist_check_end(dists->check, whole, on_finding, dists);
    if (status != SW_STOP && sw_dist_check_is_full(dists->check))
        say(dists->container, SW_GAP_LIMIT_MEMORY,
            "too many files: not all of them were compared with RECORD");
    return status == SW_STOP ? SW_STOP : SW_OK;
}
