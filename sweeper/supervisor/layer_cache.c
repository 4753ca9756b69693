/* SPDX-License-Identifier: Apache-2.0 */
/* layer_cache.c - entries on disk: read with doubt, written whole or not at all. */
#include "supervisor/layer_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/write_all.h"
#include "supervisor/outwait.h"

static const char magic[] = "sweeper layer cache 1\n";

enum {
    HEX = SW_SHA256_HEX_SIZE - 1,
    MAGIC_SIZE = sizeof(magic) - 1,
    HEAD_SIZE = MAGIC_SIZE + HEX + 1,
    MASK = 0xa5,
    LOCK_TRIES = 50, /* of a tenth of a second: whoever takes entries away is soon done */
    ROWS_MAX = 4 * SW_LAYER_KEYS_MAX, /* names that are looked at */
};

struct sw_layer_cache {
    int fd; /* of the context's directory */
    char context[SW_SHA256_HEX_SIZE];
    size_t entry_max; /* bytes */
    struct sw_buf keys;
    struct sw_buf added; /* keys that were stored in this sweep */
    uint64_t added_bytes;
    unsigned serial; /* of files that are being written */
    bool bad_said, write_said;
};

/* --- what is said ----------------------------------------------------------------------- */

void sw_layer_cache_say(const char *what, int error)
{
    if (sw_out_wait(STDERR_FILENO) == 0)
        fprintf(stderr, "sweeper: --layer-cache: %s%s%s\n", what, error != 0 ? ": " : "",
                error != 0 ? strerror(error) : "");
}

static void say_bad(struct sw_layer_cache *cache)
{
    if (!cache->bad_said)
        sw_layer_cache_say("an entry is damaged, or somebody else may write to it: it is not used",
                           0);
    cache->bad_said = true;
}

static void say_unwritten(struct sw_layer_cache *cache, int error)
{
    if (!cache->write_said)
        sw_layer_cache_say("what was swept is not kept", error);
    cache->write_said = true;
}

/* --- whose it is -------------------------------------------------------------------------- */

static bool is_ours(int fd, mode_t type)
{
    struct stat facts;

    return fstat(fd, &facts) == 0 && (facts.st_mode & S_IFMT) == type &&
           facts.st_uid == geteuid() && (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int open_folder(int at, const char *path)
{
    int fd;

    (void)mkdirat(at, path, 0700);
    fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (at == AT_FDCWD ? 0 : O_NOFOLLOW));
    if (fd < 0) {
        sw_layer_cache_say(path, errno);
        return -1;
    }
    if (is_ours(fd, S_IFDIR))
        return fd;
    sw_layer_cache_say(
        "the directory belongs to somebody else, or others may write to it: it is not used", 0);
    close(fd);
    return -1;
}

/* --- one entry ------------------------------------------------------------------------------ */

static bool is_hex(const char *text)
{
    return strspn(text, "0123456789abcdef") == HEX && text[HEX] == '\0';
}

/* Over all that the entry is about: one that was renamed is another one. */
static bool checksum(const struct sw_layer_cache *cache, const char *key, struct sw_view content,
                     char hex[SW_SHA256_HEX_SIZE])
{
    struct sw_digest *digest = NULL;
    const bool made = sw_digest_new(&digest) == SW_OK && sw_digest_start(digest) == SW_OK &&
                      sw_digest_update(digest, cache->context, HEX) == SW_OK &&
                      sw_digest_update(digest, key, HEX) == SW_OK &&
                      sw_digest_update(digest, content.data, content.size) == SW_OK &&
                      sw_digest_finish(digest, hex) == SW_OK;

    sw_digest_free(digest);
    return made;
}

static void mask(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] ^= MASK;
}

static bool read_all(const struct sw_layer_cache *cache, int fd, struct sw_buf *content)
{
    struct stat facts;
    ssize_t got = 1;

    if (fstat(fd, &facts) != 0 || facts.st_size < HEAD_SIZE ||
        (uint64_t)facts.st_size > (uint64_t)cache->entry_max + HEAD_SIZE ||
        sw_buf_reserve(content, (size_t)facts.st_size) != SW_OK)
        return false;
    while (content->size < (size_t)facts.st_size && got > 0) {
        got = read(fd, content->data + content->size, (size_t)facts.st_size - content->size);
        content->size += got > 0 ? (size_t)got : 0;
    }
    return content->size == (size_t)facts.st_size;
}

/* Leaves the content alone in the buffer. */
static bool unwrap(const struct sw_layer_cache *cache, const char *key, struct sw_buf *content)
{
    char hex[SW_SHA256_HEX_SIZE], said[HEX];

    if (memcmp(content->data, magic, MAGIC_SIZE) != 0 || content->data[HEAD_SIZE - 1] != '\n')
        return false;
    memcpy(said, content->data + MAGIC_SIZE, HEX);
    content->size -= HEAD_SIZE;
    memmove(content->data, content->data + HEAD_SIZE, content->size);
    mask(content->data, content->size);
    return checksum(cache, key, sw_buf_view(content), hex) && memcmp(hex, said, HEX) == 0;
}

static bool load(struct sw_layer_cache *cache, const char *key, struct sw_buf *content, bool used)
{
    const int fd = openat(cache->fd, key, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    bool whole = false;

    sw_buf_clear(content);
    if (fd >= 0) {
        whole = is_ours(fd, S_IFREG) && read_all(cache, fd, content) && unwrap(cache, key, content);
        if (whole && used)
            (void)futimens(fd, NULL); /* the ones that nobody used are taken away first */
        close(fd);
    }
    if (!whole)
        say_bad(cache);
    return whole;
}

bool sw_layer_cache_load(struct sw_layer_cache *cache, const char *key, struct sw_buf *content)
{
    return load(cache, key, content, true);
}

static int write_entry(int fd, const struct sw_layer_cache *cache, const char *key,
                       struct sw_buf *content)
{
    char head[HEAD_SIZE + 1], hex[SW_SHA256_HEX_SIZE];

    if (!checksum(cache, key, sw_buf_view(content), hex))
        return ENOMEM;
    snprintf(head, sizeof(head), "%s%s\n", magic, hex);
    mask(content->data, content->size);
    const int error = sw_write_all(fd, (struct sw_view){(const uint8_t *)head, HEAD_SIZE});
    return error != 0 ? error : sw_write_all(fd, sw_buf_view(content));
}

/* Nobody ever sees a part of it. After a crash of the machine it may be empty, which the
 * checksum tells. */
static int put_entry(struct sw_layer_cache *cache, const char *key, struct sw_buf *content)
{
    char name[64];

    snprintf(name, sizeof(name), ".new-%ld-%u", (long)getpid(), cache->serial++);
    (void)unlinkat(cache->fd, name, 0);
    const int fd =
        openat(cache->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    int error = write_entry(fd, cache, key, content);
    if (close(fd) != 0 && error == 0)
        error = errno;
    if (error == 0 && renameat(cache->fd, name, cache->fd, key) != 0)
        error = errno;
    if (error != 0)
        (void)unlinkat(cache->fd, name, 0);
    return error;
}

bool sw_layer_cache_store(struct sw_layer_cache *cache, const char *key, struct sw_buf *content)
{
    const size_t size = content->size;
    int error = EFBIG;

    if (size <= cache->entry_max && size <= SW_LAYER_BYTES_MAX - cache->added_bytes)
        error = put_entry(cache, key, content);
    if (error != 0) {
        say_unwritten(cache, error);
        return false;
    }
    cache->added_bytes += size;
    (void)!sw_buf_append(&cache->added, key, HEX); /* else it is stored again */
    return true;
}

/* --- what is taken away ------------------------------------------------------------------------
 */

static bool is_new(const char *name)
{
    return strncmp(name, ".new-", 5) == 0;
}

static DIR *open_list(int fd)
{
    const int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own >= 0 ? fdopendir(own) : NULL;

    if (folder == NULL && own >= 0)
        close(own);
    return folder;
}

static bool is_entry(int at, const char *name)
{
    char head[MAGIC_SIZE];
    const int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    const bool entry = fd >= 0 && is_ours(fd, S_IFREG) &&
                       read(fd, head, sizeof(head)) == (ssize_t)sizeof(head) &&
                       memcmp(head, magic, sizeof(head)) == 0;

    if (fd >= 0)
        close(fd);
    return entry;
}

/* A context of other rules, say, that nobody has used for long. What is not ours stays. */
static void drop_context(int at, const char *name)
{
    struct stat facts;
    struct dirent *row;
    const int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const bool idle = fd >= 0 && is_ours(fd, S_IFDIR) && fstat(fd, &facts) == 0 &&
                      time(NULL) - facts.st_mtime > SW_LAYER_IDLE_S &&
                      flock(fd, LOCK_EX | LOCK_NB) == 0;
    DIR *folder = idle ? open_list(fd) : NULL;

    while (folder != NULL && (row = readdir(folder)) != NULL)
        if (is_new(row->d_name) || (is_hex(row->d_name) && is_entry(fd, row->d_name)))
            (void)unlinkat(fd, row->d_name, 0);
    if (folder != NULL) {
        closedir(folder);
        (void)unlinkat(at, name, AT_REMOVEDIR);
    }
    if (fd >= 0)
        close(fd);
}

static void drop_contexts(int at, const char *but)
{
    DIR *folder = open_list(at);
    struct dirent *row;

    while (folder != NULL && (row = readdir(folder)) != NULL)
        if (is_hex(row->d_name) && strcmp(row->d_name, but) != 0)
            drop_context(at, row->d_name);
    if (folder != NULL)
        closedir(folder);
}

/* --- all of them ------------------------------------------------------------------------------ */

struct row {
    char key[SW_SHA256_HEX_SIZE];
    struct timespec used;
    uint64_t size;
};

static int by_use(const void *a, const void *b)
{
    const struct timespec *one = &((const struct row *)a)->used;
    const struct timespec *other = &((const struct row *)b)->used;

    if (one->tv_sec != other->tv_sec)
        return one->tv_sec > other->tv_sec ? -1 : 1;
    return one->tv_nsec == other->tv_nsec ? 0 : one->tv_nsec > other->tv_nsec ? -1 : 1;
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, HEX);
}

/* The names of entries, with what is known of them without reading; with `alone` what a sweep
 * was killed at is taken away. */
static bool list(const struct sw_layer_cache *cache, bool alone, struct sw_buf *rows)
{
    DIR *folder = open_list(cache->fd);
    struct dirent *name;
    struct stat facts;
    bool good = folder != NULL;

    while (good && (name = readdir(folder)) != NULL) {
        struct row row = {0};
        if (alone && is_new(name->d_name))
            (void)unlinkat(cache->fd, name->d_name, 0);
        if (!is_hex(name->d_name) || rows->size >= ROWS_MAX * sizeof(row) ||
            fstatat(cache->fd, name->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        memcpy(row.key, name->d_name, sizeof(row.key));
        row.used = facts.st_mtim;
        row.size = (uint64_t)facts.st_size;
        good = sw_buf_append(rows, &row, sizeof(row)) == SW_OK;
    }
    if (folder != NULL)
        closedir(folder);
    return good;
}

/* Those that were used last, as many as there is room for, if they are whole. */
static bool take_keys(struct sw_layer_cache *cache, const struct row *rows, size_t count,
                      bool alone)
{
    struct sw_buf content;
    uint64_t bytes = 0;
    bool good = true;

    sw_buf_init(&content, cache->entry_max + HEAD_SIZE);
    for (size_t i = 0; good && i < count; i++) {
        bytes += rows[i].size;
        if (cache->keys.size < (size_t)SW_LAYER_KEYS_MAX * HEX && bytes <= SW_LAYER_BYTES_MAX) {
            if (load(cache, rows[i].key, &content, false))
                good = sw_buf_append(&cache->keys, rows[i].key, HEX) == SW_OK;
        } else if (alone && is_entry(cache->fd, rows[i].key)) {
            (void)unlinkat(cache->fd, rows[i].key, 0);
        }
    }
    sw_buf_done(&content);
    if (good && cache->keys.size != 0)
        qsort(cache->keys.data, cache->keys.size / HEX, HEX, by_key);
    return good;
}

/* Where there are no locks nothing is taken away. False: somebody has it alone for too long. */
static bool lock(int fd, bool *alone)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    int tries = 0;

    *alone = flock(fd, LOCK_EX | LOCK_NB) == 0;
    while (!*alone && flock(fd, LOCK_SH | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return true;
        if (++tries == LOCK_TRIES)
            return false;
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

static bool look(struct sw_layer_cache *cache)
{
    struct sw_buf rows;
    bool alone = false;

    if (!lock(cache->fd, &alone)) {
        sw_layer_cache_say("another sweep does not let go of it: it is not used", 0);
        return false;
    }
    (void)futimens(cache->fd, NULL);
    sw_buf_init(&rows, ROWS_MAX * sizeof(struct row));
    bool good = list(cache, alone, &rows);
    if (good && rows.size != 0) {
        struct row *row = (struct row *)(void *)rows.data;
        qsort(row, rows.size / sizeof(*row), sizeof(*row), by_use);
        good = take_keys(cache, row, rows.size / sizeof(*row), alone);
    }
    sw_buf_done(&rows);
    if (alone)
        (void)flock(cache->fd, LOCK_SH | LOCK_NB);
    if (!good)
        sw_layer_cache_say("it cannot be read, and is not used", 0);
    return good;
}

struct sw_layer_cache *sw_layer_cache_open(const char *directory,
                                           const char context[SW_SHA256_HEX_SIZE], size_t entry_max)
{
    struct sw_layer_cache *cache = calloc(1, sizeof(*cache));
    const int fd = cache != NULL ? open_folder(AT_FDCWD, directory) : -1;

    if (fd < 0) {
        free(cache);
        return NULL;
    }
    memcpy(cache->context, context, SW_SHA256_HEX_SIZE);
    cache->entry_max = entry_max;
    sw_buf_init(&cache->keys, (size_t)SW_LAYER_KEYS_MAX * HEX);
    sw_buf_init(&cache->added, (size_t)SW_LAYER_KEYS_MAX * HEX);
    cache->fd = open_folder(fd, context);
    drop_contexts(fd, context);
    close(fd);
    if (cache->fd < 0 || !look(cache)) {
        sw_layer_cache_free(cache);
        return NULL;
    }
    return cache;
}

void sw_layer_cache_free(struct sw_layer_cache *cache)
{
    if (cache == NULL)
        return;
    if (cache->fd >= 0)
        close(cache->fd);
    sw_buf_done(&cache->keys);
    sw_buf_done(&cache->added);
    free(cache);
}

struct sw_view sw_layer_cache_keys(const struct sw_layer_cache *cache)
{
    return sw_buf_view(&cache->keys);
}

bool sw_layer_cache_knows(const struct sw_layer_cache *cache, const char *key)
{
    return cache->keys.size != 0 &&
           bsearch(key, cache->keys.data, cache->keys.size / HEX, HEX, by_key) != NULL;
}

bool sw_layer_cache_has(const struct sw_layer_cache *cache, const char *key)
{
    for (size_t at = 0; at < cache->added.size; at += HEX)
        if (memcmp(cache->added.data + at, key, HEX) == 0)
            return true;
    return sw_layer_cache_knows(cache, key);
}
