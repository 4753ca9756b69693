/* SPDX-License-Identifier: Apache-2.0 */
/* mounts.c - the mount table: parsing, and which mounts a path can reach. */
#include "supervisor/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sweeper/buf.h"

#define MOUNTINFO_MAX (64 * SW_MIB)

uint64_t sw_path_hash(uint64_t hash, const char *bytes, size_t size)
{
    for (size_t index = 0; index < size; index++) {
        hash ^= (uint8_t)bytes[index];
        hash *= 0x100000001b3ULL;
    }
    return hash;
}

/* --- One line --- */

static bool is_octal(char digit)
{
    return digit >= '0' && digit <= '7';
}

/* "\040" and its like, in place. */
static void decode_octal(char *text)
{
    char *out = text;

    for (const char *in = text; *in != '\0';) {
        if (in[0] == '\\' && is_octal(in[1]) && is_octal(in[2]) && is_octal(in[3])) {
            *out++ = (char)((in[1] - '0') * 64 + (in[2] - '0') * 8 + (in[3] - '0'));
            in += 4;
        } else {
            *out++ = *in++;
        }
    }
    *out = '\0';
}

/* The next field of a line, or NULL at its end; cuts the line up. */
static char *field_next(char **line)
{
    char *field;

    do {
        field = strsep(line, " ");
    } while (field != NULL && *field == '\0');
    return field;
}

static bool parse_number(const char *text, char stop, unsigned long *value, const char **rest)
{
    char *end;

    errno = 0;
    *value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != stop || *value > INT32_MAX)
        return false;
    *rest = end + (stop != '\0');
    return true;
}

static bool parse_numbers(const char *id, const char *parent, const char *device,
                          struct sw_mount *row)
{
    unsigned long values[4];
    const char *rest;

    if (!parse_number(id, '\0', &values[0], &rest) ||
        !parse_number(parent, '\0', &values[1], &rest) ||
        !parse_number(device, ':', &values[2], &rest) ||
        !parse_number(rest, '\0', &values[3], &rest))
        return false;
    row->id = (int)values[0];
    row->parent_id = (int)values[1];
    row->device = makedev((unsigned)values[2], (unsigned)values[3]);
    return true;
}

static uint64_t subvolume_of(const char *filesystem, const char *super_options)
{
    const char *found = super_options == NULL ? NULL : strstr(super_options, "subvolid=");

    if (found == NULL || strcmp(filesystem, "btrfs") != 0)
        return 0;
    return strtoull(found + strlen("subvolid="), NULL, 10);
}

static bool row_set_texts(struct sw_mount *row, const char *root, const char *path,
                          const char *filesystem)
{
    row->root = strdup(root);
    row->path = strdup(path);
    row->filesystem = strdup(filesystem);
    return row->root != NULL && row->path != NULL && row->filesystem != NULL;
}

static void row_measure(struct sw_mount *row)
{
    char *slash = strrchr(row->path, '/');

    row->class = sw_fstype_class(row->filesystem);
    row->path_size = strlen(row->path);
    row->name = slash + 1;
    row->parent_size = (size_t)(slash - row->path);
    row->parent_hash = sw_path_hash(SW_PATH_HASH_START, row->path, row->parent_size);
    if (row->path_size == 1)
        row->parent_hash = 0; /* nothing is the parent of "/" */
}

/* SW_SKIP: not a line of the table. SW_STOP: no memory. */
static enum sw_status parse_line(char *line, struct sw_mount *row)
{
    char *fields[6]; /* id, parent, device, root, mount point, mount options */
    char *filesystem;
    char *super_options;
    char *field;

    for (size_t index = 0; index < 6; index++) {
        fields[index] = field_next(&line);
        if (fields[index] == NULL)
            return SW_SKIP;
    }
    do { /* optional fields end with "-" */
        field = field_next(&line);
    } while (field != NULL && strcmp(field, "-") != 0);
    filesystem = field_next(&line);
    (void)field_next(&line); /* what is mounted */
    super_options = field_next(&line);
    if (filesystem == NULL || fields[4][0] != '/' ||
        !parse_numbers(fields[0], fields[1], fields[2], row))
        return SW_SKIP;
    decode_octal(fields[3]);
    decode_octal(fields[4]);
    decode_octal(filesystem);
    row->subvolume = subvolume_of(filesystem, super_options);
    if (!row_set_texts(row, fields[3], fields[4], filesystem))
        return SW_STOP;
    row_measure(row);
    return SW_OK;
}

static void row_done(struct sw_mount *row)
{
    free(row->path);
    free(row->root);
    free(row->filesystem);
    *row = (struct sw_mount){0};
}

/* --- What can be reached --- */

static int compare_by_parent_id(const void *a, const void *b)
{
    const struct sw_mount *left = a;
    const struct sw_mount *right = b;

    if (left->parent_id != right->parent_id)
        return left->parent_id < right->parent_id ? -1 : 1;
    return strcmp(left->path, right->path);
}

/* A mount on the file system `parent_id` at exactly the first `size` bytes of
 * path, other than `but`. Rows are sorted by (parent_id, path). */
static bool mount_at(const struct sw_mounts *mounts, int parent_id, const char *path, size_t size,
                     const struct sw_mount *but)
{
    size_t low = 0;
    size_t high = mounts->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct sw_mount *row = &mounts->rows[middle];
        int order = row->parent_id != parent_id ? (row->parent_id < parent_id ? -1 : 1)
                                                : strncmp(row->path, path, size);

        if (order < 0 || (order == 0 && row->path_size < size))
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < mounts->count; low++) {
        const struct sw_mount *row = &mounts->rows[low];

        if (row->parent_id != parent_id || row->path_size != size ||
            memcmp(row->path, path, size) != 0)
            return false;
        if (row != but)
            return true;
    }
    return false;
}

/* Something was mounted over a directory on the way to this mount point. */
static bool is_covered(const struct sw_mounts *mounts, const struct sw_mount *row)
{
    for (size_t size = 1; size < row->path_size; size++) {
        size_t above = size == 1 ? 1 : size; /* "/" itself, then each directory */

        if (size > 1 && row->path[size] != '/')
            continue;
        if (row->parent_id != row->id && mount_at(mounts, row->parent_id, row->path, above, row))
            return true;
    }
    return false;
}

static const struct sw_mount *row_of_id(const struct sw_mounts *mounts, int id)
{
    for (size_t index = 0; index < mounts->count; index++) {
        if (mounts->rows[index].id == id)
            return &mounts->rows[index];
    }
    return NULL;
}

static bool is_deleted(const struct sw_mount *row)
{
    static const char mark[] = "//deleted";
    size_t size = sizeof mark - 1;

    return row->path_size > size && strcmp(row->path + row->path_size - size, mark) == 0;
}

/* No path leads to a mount that is covered, or whose parent is, or on whose
 * very mount point another one stands. */
static bool is_reachable(const struct sw_mounts *mounts, const bool *covered, size_t index)
{
    const struct sw_mount *row = &mounts->rows[index];

    if (is_deleted(row) || mount_at(mounts, row->id, row->path, row->path_size, row))
        return false;
    for (size_t steps = 0; row != NULL && steps <= mounts->count; steps++) {
        if (covered[row - mounts->rows])
            return false;
        if (row->parent_id == row->id)
            break;
        row = row_of_id(mounts, row->parent_id);
    }
    return true;
}

static bool *reachable_rows(const struct sw_mounts *mounts)
{
    bool *covered = calloc(mounts->count + 1, sizeof *covered);
    bool *reachable = calloc(mounts->count + 1, sizeof *reachable);

    if (covered == NULL || reachable == NULL) {
        free(covered);
        free(reachable);
        return NULL;
    }
    for (size_t index = 0; index < mounts->count; index++)
        covered[index] = is_covered(mounts, &mounts->rows[index]);
    for (size_t index = 0; index < mounts->count; index++)
        reachable[index] = is_reachable(mounts, covered, index);
    free(covered);
    return reachable;
}

static bool drop_unreachable(struct sw_mounts *mounts)
{
    bool *reachable;
    size_t kept = 0;

    qsort(mounts->rows, mounts->count, sizeof *mounts->rows, compare_by_parent_id);
    reachable = reachable_rows(mounts);
    if (reachable == NULL)
        return false;
    for (size_t index = 0; index < mounts->count; index++) {
        if (reachable[index])
            mounts->rows[kept++] = mounts->rows[index];
        else
            row_done(&mounts->rows[index]);
    }
    mounts->count = kept;
    free(reachable);
    return true;
}

/* --- Order --- */

/* Of the mounts of one file system, the first one here is walked first. */
static int compare_by_device(const void *a, const void *b)
{
    const struct sw_mount *left = a;
    const struct sw_mount *right = b;
    size_t left_size = strlen(left->root);
    size_t right_size = strlen(right->root);

    if (left->device != right->device)
        return left->device < right->device ? -1 : 1;
    if (left_size != right_size)
        return left_size < right_size ? -1 : 1;
    return strcmp(left->path, right->path);
}

static int compare_by_parent(const void *a, const void *b)
{
    const struct sw_mount *left = a;
    const struct sw_mount *right = b;

    if (left->parent_hash != right->parent_hash)
        return left->parent_hash < right->parent_hash ? -1 : 1;
    return strcmp(left->name, right->name);
}

static void set_order(struct sw_mounts *mounts)
{
    qsort(mounts->rows, mounts->count, sizeof *mounts->rows, compare_by_device);
    for (size_t index = 1; index < mounts->count; index++)
        mounts->rows[index].later = mounts->rows[index].device == mounts->rows[index - 1].device;
    qsort(mounts->rows, mounts->count, sizeof *mounts->rows, compare_by_parent);
}

/* --- The door --- */

static size_t count_lines(const char *text)
{
    size_t lines = 1;

    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static enum sw_status parse_lines(char *text, struct sw_mounts *mounts)
{
    char *line;

    while ((line = strsep(&text, "\n")) != NULL) {
        struct sw_mount *row = &mounts->rows[mounts->count];
        enum sw_status status = parse_line(line, row);

        if (status == SW_OK)
            mounts->count++;
        else
            row_done(row);
        if (status == SW_STOP)
            return SW_STOP;
    }
    return SW_OK;
}

enum sw_status sw_mounts_parse(const char *text, struct sw_mounts *mounts, struct sw_error *error)
{
    struct sw_mounts made = {0};
    char *copy = strdup(text);

    if (copy == NULL)
        goto out;
    made.rows = calloc(count_lines(copy), sizeof *made.rows);
    if (made.rows == NULL || parse_lines(copy, &made) != SW_OK || !drop_unreachable(&made))
        goto out;
    free(copy);
    set_order(&made);
    *mounts = made;
    return SW_OK;
out:
    free(copy);
    sw_mounts_done(&made);
    return sw_fail(error, SW_STOP, "walk", 0, "no memory for the mount table");
}

static enum sw_status read_all(int fd, struct sw_buf *content)
{
    for (;;) {
        ssize_t got;

        if (sw_buf_reserve(content, 65536) != SW_OK)
            return SW_STOP;
        got = read(fd, content->data + content->size, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0 ? SW_OK : SW_STOP;
        content->size += (size_t)got;
    }
}

enum sw_status sw_mounts_read(struct sw_mounts *mounts, struct sw_error *error)
{
    struct sw_buf content;
    enum sw_status status = SW_OK;
    int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        *mounts = (struct sw_mounts){0};
        return SW_OK;
    }
    sw_buf_init(&content, MOUNTINFO_MAX);
    if (read_all(fd, &content) != SW_OK || sw_buf_terminate(&content) != SW_OK)
        status = sw_fail(error, SW_STOP, "walk", errno, "/proc/self/mountinfo");
    else
        status = sw_mounts_parse((const char *)content.data, mounts, error);
    sw_buf_done(&content);
    close(fd);
    return status;
}

void sw_mounts_done(struct sw_mounts *mounts)
{
    for (size_t index = 0; index < mounts->count; index++)
        row_done(&mounts->rows[index]);
    free(mounts->rows);
    *mounts = (struct sw_mounts){0};
}

const struct sw_mount *sw_mounts_children(const struct sw_mounts *mounts, uint64_t parent_hash,
                                          size_t *count)
{
    size_t low = 0;
    size_t high = mounts->count;
    size_t end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (mounts->rows[middle].parent_hash < parent_hash)
            low = middle + 1;
        else
            high = middle;
    }
    end = low;
    while (end < mounts->count && mounts->rows[end].parent_hash == parent_hash)
        end++;
    *count = end - low;
    return *count == 0 ? NULL : &mounts->rows[low];
}

static int compare_name(const void *key, const void *row)
{
    return strcmp(key, ((const struct sw_mount *)row)->name);
}

const struct sw_mount *sw_mounts_child(const struct sw_mount *rows, size_t count, const char *name)
{
    if (count == 0)
        return NULL;
    return bsearch(name, rows, count, sizeof *rows, compare_name);
}
