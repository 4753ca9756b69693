/* SPDX-License-Identifier: Apache-2.0 */
/*
 * magic.c - libmagic from memory: the database is mapped once, before the
 * sandbox closes, and every worker's cookie points into the same pages.
 *
 * libmagic keeps pointers into the buffers that it is given and writes only to
 * its own tables (compiled regular expressions), so the pages can be read-only:
 * a write would crash at once instead of corrupting another worker's answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sweeper/ident.h"

#define MAGIC_FILES_MAX 8
#define MAGIC_NUMBER    0xF11E041CU /* first word of a compiled database, native order */

struct sw_magic_database {
    size_t count;
    void *bytes[MAGIC_FILES_MAX];
    size_t sizes[MAGIC_FILES_MAX];
};

struct sw_ident {
    magic_t cookie;
    char mime[256];
};

/* ---- the database ------------------------------------------------------- */

/* One compiled file into memory of our own: the disk may change mid-sweep, and
 * a mapping of the file would change with it. */
static bool database_add(struct sw_magic_database *database, const char *path)
{
    bool added = false;
    void *memory = MAP_FAILED;
    struct stat facts;
    size_t size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_size < 8)
        goto out;
    size = (size_t)facts.st_size;
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        goto out;
    for (size_t done = 0; done < size;) {
        ssize_t count = read(fd, (char *)memory + done, size - done);
        if (count <= 0)
            goto out;
        done += (size_t)count;
    }
    const uint32_t number = MAGIC_NUMBER;
    if (memcmp(memory, &number, sizeof(number)) != 0 || mprotect(memory, size, PROT_READ) != 0)
        goto out;
    database->bytes[database->count] = memory;
    database->sizes[database->count++] = size;
    added = true;
out:
    if (!added && memory != MAP_FAILED)
        munmap(memory, size);
    close(fd);
    return added;
}

/* libmagic's own rule: each entry of the path names FILE.mgc, or is one. */
static void database_add_entry(struct sw_magic_database *database, const char *entry, size_t size)
{
    char path[4096];
    static const char suffix[] = ".mgc";
    if (size == 0 || size + sizeof(suffix) > sizeof(path) || database->count == MAGIC_FILES_MAX)
        return;
    memcpy(path, entry, size);
    memcpy(path + size, suffix, sizeof(suffix));
    if (database_add(database, path))
        return;
    path[size] = '\0';
    database_add(database, path);
}

enum sw_status sw_magic_read(struct sw_magic_database **database, struct sw_error *error)
{
    const char *path = magic_getpath(NULL, 0);
    if (path == NULL)
        return sw_fail(error, SW_STOP, "ident", 0, "libmagic does not say where its database is");
    struct sw_magic_database *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return sw_fail(error, SW_STOP, "ident", errno, "cannot read the magic database");
    for (const char *entry = path; *entry != '\0';) {
        size_t size = strcspn(entry, ":");
        database_add_entry(made, entry, size);
        entry += size + (entry[size] == ':' ? 1 : 0);
    }
    if (made->count == 0) {
        sw_magic_free(made);
        return sw_fail(error, SW_STOP, "ident", 0,
                       "no compiled magic database (magic.mgc) in %s; install libmagic-mgc", path);
    }
    *database = made;
    return SW_OK;
}

void sw_magic_free(struct sw_magic_database *database)
{
    if (database == NULL)
        return;
    for (size_t i = 0; i < database->count; i++)
        munmap(database->bytes[i], database->sizes[i]);
    free(database);
}

/* ---- one worker's cookie ------------------------------------------------ */

enum sw_status sw_ident_new(const struct sw_magic_database *database, struct sw_ident **ident,
                            struct sw_error *error)
{
    struct sw_ident *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return sw_fail(error, SW_STOP, "ident", errno, "cannot start libmagic");
    made->cookie = magic_open(MAGIC_NONE);
    if (made->cookie == NULL) {
        int errnum = errno;
        free(made);
        return sw_fail(error, SW_STOP, "ident", errnum, "cannot start libmagic");
    }
    void *bytes[MAGIC_FILES_MAX];
    size_t sizes[MAGIC_FILES_MAX];
    size_t head_max = SW_IDENT_HEAD_MAX;
    memcpy(bytes, database->bytes, sizeof(bytes));
    memcpy(sizes, database->sizes, sizeof(sizes));
    if (magic_load_buffers(made->cookie, bytes, sizes, database->count) != 0 ||
        magic_setparam(made->cookie, MAGIC_PARAM_BYTES_MAX, &head_max) != 0) {
        const char *text = magic_error(made->cookie);
        sw_fail(error, SW_STOP, "ident", 0, "libmagic refuses its database: %s",
                text == NULL ? "no reason given" : text);
        sw_ident_free(made);
        return SW_STOP;
    }
    *ident = made;
    return SW_OK;
}

void sw_ident_free(struct sw_ident *ident)
{
    if (ident == NULL)
        return;
    magic_close(ident->cookie);
    free(ident);
}

static const char *ask(struct sw_ident *ident, int flags, struct sw_view head, const char *unknown)
{
    size_t size = head.size < SW_IDENT_HEAD_MAX ? head.size : SW_IDENT_HEAD_MAX;
    if (magic_setflags(ident->cookie, flags) != 0)
        return unknown;
    const char *answer =
        magic_buffer(ident->cookie, size == 0 ? "" : (const void *)head.data, size);
    return answer == NULL || answer[0] == '\0' ? unknown : answer;
}

const char *sw_ident_type(struct sw_ident *ident, struct sw_view head)
{
    return ask(ident, MAGIC_NONE, head, "data");
}

const char *sw_ident_mime(struct sw_ident *ident, struct sw_view head)
{
    const char *answer = ask(ident, MAGIC_MIME_TYPE, head, "application/octet-stream");
    /* A few entries of the database end in a charset or list several types. */
    size_t size = strcspn(answer, "; \n\\");
    if (size == 0 || size >= sizeof(ident->mime))
        return "application/octet-stream";
    memcpy(ident->mime, answer, size);
    ident->mime[size] = '\0';
    return ident->mime;
}
