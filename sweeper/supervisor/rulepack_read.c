/* SPDX-License-Identifier: Apache-2.0 */
/* rulepack_read.c - see rulepack_read.h. */
#include "supervisor/rulepack_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/rulepack_path.h"
#include "supervisor/pack_file.h"
#include "sweeper/rows.h"

#define COMMON_FLAGS (O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

int sw_rules_open_unlinked(int root, const char *path, int flags)
{
    char part[NAME_MAX + 1];
    int at = root;
    int fd = -1;
    while (*path) {
        size_t size = strcspn(path, "/");
        if (size > NAME_MAX) {
            errno = ENAMETOOLONG;
            break;
        }
        memcpy(part, path, size);
        part[size] = '\0';
        path += size;
        path += strspn(path, "/");
        fd = openat(at, part,
                    (*path ? O_PATH | O_DIRECTORY : flags | COMMON_FLAGS) | O_CLOEXEC | O_NOFOLLOW);
        /* A link in the middle is "not a directory" to the kernel. */
        if (fd < 0 && errno == ENOTDIR && *path)
            errno = ELOOP;
        if (at != root)
            close(at);
        at = fd;
        if (fd < 0 || !*path)
            return fd;
        fd = -1;
    }
    if (at != root && at >= 0)
        close(at);
    return fd;
}

int sw_rules_open_beneath(int root, const char *path, int flags)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | COMMON_FLAGS),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long fd = -1;
    /* EAGAIN: something was renamed while the kernel looked. */
    for (int i = 0; i < 16; i++) {
        fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
        if (fd >= 0 || errno != EAGAIN)
            break;
    }
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return sw_rules_open_unlinked(root, path, flags);
    return (int)fd;
}

/* Reads on to the end or one byte past the limit; -1 and errno on failure. */
static ssize_t read_up_to(int fd, char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, bytes + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

/* How many bytes may come: those of the file, or as many as a pipe may give. */
static enum sw_status size_to_come(int fd, const char *name, size_t *size, bool *pipe,
                                   struct sw_error *error)
{
    struct stat stat;
    if (fstat(fd, &stat) != 0)
        return sw_fail(error, SW_STOP, "rulepack", errno, "%s", name);
    /* A pipe without a writer would read as empty: only one that can be waited for. */
    *pipe = S_ISFIFO(stat.st_mode) && (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
    if (!*pipe && !S_ISREG(stat.st_mode))
        return sw_fail(error, SW_STOP, "rulepack", 0, "%s: not a regular file", name);
    if (!*pipe && (uint64_t)stat.st_size > SW_RULE_FILE_SIZE_MAX)
        return sw_fail(error, SW_STOP, "rulepack", 0, "%s: larger than 16 MiB", name);
    *size = *pipe ? SW_RULE_FILE_SIZE_MAX : (size_t)stat.st_size;
    return SW_OK;
}

enum sw_status sw_rules_read_text(int fd, const char *name, char **text, size_t *size,
                                  struct sw_error *error)
{
    size_t room = 0;
    bool pipe = false;
    enum sw_status status = size_to_come(fd, name, &room, &pipe, error);
    if (status != SW_OK)
        return status;
    room++; /* one byte to notice that there is more; another one is for the NUL */
    char *bytes = malloc(room + 1);
    if (!bytes)
        return sw_fail(error, SW_STOP, "rulepack", ENOMEM, "%s", name);
    status = SW_STOP;
    ssize_t got = read_up_to(fd, bytes, room);
    if (got < 0) {
        sw_fail(error, SW_STOP, "rulepack", errno, "%s", name);
    } else if ((size_t)got == room) {
        sw_fail(error, SW_STOP, "rulepack", 0,
                pipe ? "%s: larger than 16 MiB" : "%s: grew while it was read", name);
    } else if (memchr(bytes, '\0', (size_t)got)) {
        bool pack = (size_t)got >= SW_PACK_MAGIC_SIZE &&
                    memcmp(bytes, SW_PACK_MAGIC, SW_PACK_MAGIC_SIZE) == 0;
        sw_fail(error, SW_STOP, "rulepack", 0,
                pack ? "%s: a rule pack among rules; a pack is taken only when it is named itself"
                     : "%s: not a text: it holds a NUL byte",
                name);
    } else {
        bytes[got] = '\0';
        char *fitting = realloc(bytes, (size_t)got + 1);
        *text = fitting ? fitting : bytes;
        *size = (size_t)got;
        bytes = NULL; /* the caller's from here on */
        status = SW_OK;
    }
    free(bytes);
    return status;
}

bool sw_rules_has_suffix(enum sw_pack_kind kind, const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    const char *dot = strrchr(base, '.');
    if (!dot || dot == base)
        return false;
    if (kind == SW_PACK_INDICATORS)
        return strcmp(dot, ".json") == 0 && strcmp(base, "schema.json") != 0;
    return strcmp(dot, ".yar") == 0 || strcmp(dot, ".yara") == 0;
}

void sw_path_list_done(struct sw_path_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->rows[i]);
    free(list->rows);
    *list = (struct sw_path_list){NULL, 0, 0};
}

/* Takes `path` over, also when it fails. */
static bool path_list_push(struct sw_path_list *list, char *path)
{
    if (!path ||
        !sw_rows_grow(&list->rows, &list->capacity, list->count + 1, sizeof(*list->rows))) {
        free(path);
        return false;
    }
    list->rows[list->count++] = path;
    return true;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_directory(int directory, const struct dirent *entry)
{
    struct stat stat;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(directory, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(stat.st_mode);
}

static char *join_name(const char *path, const char *name)
{
    char *joined = NULL;
    if (asprintf(&joined, "%s%s%s", path, *path ? "/" : "", name) < 0)
        return NULL;
    return joined;
}

/* One directory: its rule files go to `files`, its directories to `pending`. */
static bool list_one(int root, enum sw_pack_kind kind, const char *path, struct sw_path_list *files,
                     struct sw_path_list *pending)
{
    int fd = sw_rules_open_beneath(root, *path ? path : ".", O_RDONLY | O_DIRECTORY);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    bool good = directory != NULL;
    if (!directory && fd >= 0)
        close(fd);
    while (good) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (!entry) {
            good = errno == 0;
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (is_directory(fd, entry))
            good = path_list_push(pending, join_name(path, entry->d_name));
        else if (sw_rules_has_suffix(kind, entry->d_name))
            good = path_list_push(files, join_name(path, entry->d_name));
    }
    if (directory) {
        int errnum = errno;
        closedir(directory);
        errno = errnum;
    }
    return good;
}

enum sw_status sw_rules_list_directory(int root, enum sw_pack_kind kind, const char *name,
                                       struct sw_path_list *list, struct sw_error *error)
{
    struct sw_path_list pending = {NULL, 0, 0};
    struct sw_path_list files = {NULL, 0, 0};
    enum sw_status status = SW_OK;
    bool good = path_list_push(&pending, strdup(""));
    while (good && status == SW_OK && pending.count > 0) {
        char *path = pending.rows[--pending.count];
        if (!list_one(root, kind, path, &files, &pending))
            status = sw_fail(error, SW_STOP, "rulepack", errno, "%s/%s", name, path);
        free(path);
    }
    if (!good)
        status = sw_fail(error, SW_STOP, "rulepack", ENOMEM, "%s", name);
    if (status == SW_OK && files.count > 0)
        qsort(files.rows, files.count, sizeof(*files.rows), compare_paths);
    if (status == SW_OK)
        *list = files; /* the caller's from here on */
    else
        sw_path_list_done(&files);
    sw_path_list_done(&pending);
    return status;
}
