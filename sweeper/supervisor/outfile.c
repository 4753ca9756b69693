/* SPDX-License-Identifier: Apache-2.0 */
/* Writes records to a destination, whole ones, and says when it cannot. */
#include "supervisor/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/facts_take.h"
#include "supervisor/outwait.h"
#include "sweeper/limits.h"

enum { FLUSH_AT = 64 * 1024, BUFFER_MAX = 1024 * 1024 * 1024 };

struct sw_outfile {
    int fd;
    const char *name; /* for messages */
    char *target;     /* document: where it goes, symlinks resolved; NULL otherwise */
    char *partial;    /* document: where it grows; NULL otherwise */
    struct stat facts;
    struct sw_buf buffer;
    struct sw_digest *digest; /* of all that was appended; NULL: nobody asked */
    uint64_t appended;        /* bytes, likewise */
    bool failed;
};

static enum sw_status fail(const struct sw_outfile *out, int errnum, const char *what,
                           struct sw_error *error)
{
    return sw_fail(error, SW_STOP, "sink", errnum, "%s %s", what, out->name);
}

/* Where a document is to go in the end: the name itself, or what it links to,
 * so that a symlink stays one. Takes /dev/stdout and the like for what they are. */
static enum sw_status target_find(struct sw_outfile *out, const char *file, bool *straight,
                                  struct sw_error *error)
{
    struct stat old;
    *straight = false;
    if (stat(file, &old) == 0) {
        *straight = !S_ISREG(old.st_mode);
        out->target = *straight ? NULL : realpath(file, NULL);
        /* /proc/self/fd/1 and its kin have no name to put a file beside. */
        if (out->target == NULL && !*straight)
            *straight = errno == ENOENT;
        if (*straight || out->target != NULL)
            return SW_OK;
    } else if (errno == ENOENT) {
        out->target = strdup(file);
        if (out->target != NULL)
            return SW_OK;
    }
    return fail(out, errno, "cannot write", error);
}

/* Standard output by another name is standard output: putting a new file in
 * the place of what a shell has redirected to would write beside the reader. */
bool sw_outfile_is_standard(const char *file)
{
    static const char *const names[] = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
    if (file == NULL)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(file, names[i]) == 0)
            return true;
    }
    return false;
}

/* A lock tells a file that somebody is writing from one that was left behind.
 * File systems without locks take every lock. */
static bool is_taken(int fd, int operation)
{
    return flock(fd, operation | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

static enum sw_status fail_taken(const struct sw_outfile *out, struct sw_error *error)
{
    return fail(out, 0, "another sweep, or another output of this one, is writing", error);
}

static bool partial_is_taken(const struct sw_outfile *out)
{
    int fd = open(out->partial, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool taken = is_taken(fd, LOCK_SH);
    (void)close(fd);
    return taken;
}

static void forget_partial(struct sw_outfile *out)
{
    free(out->partial);
    out->partial = NULL;
}

static enum sw_status open_document(struct sw_outfile *out, const char *file,
                                    struct sw_error *error)
{
    enum sw_status status = SW_OK;
    if (asprintf(&out->partial, "%s.partial", out->target) < 0) {
        out->partial = NULL;
        return fail(out, ENOMEM, "cannot write", error);
    }
    /* What an earlier run left behind goes; O_EXCL, so that nobody's link is
     * followed in a directory that others may write to. */
    if (partial_is_taken(out))
        status = fail_taken(out, error);
    else if (unlink(out->partial) != 0 && errno != ENOENT)
        status = fail(out, errno, "cannot replace the unfinished report beside", error);
    if (status == SW_OK) {
        out->fd = open(out->partial, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | O_CLOEXEC, 0600);
        if (out->fd < 0)
            status = sw_fail(error, SW_STOP, "sink", errno, "cannot create %s.partial", file);
        else
            (void)is_taken(out->fd, LOCK_EX);
    }
    if (status != SW_OK)
        forget_partial(out);
    return status;
}

/* Emptied only once it is certain that nobody else is writing it. */
static enum sw_status open_stream(struct sw_outfile *out, const char *file, struct sw_error *error)
{
    struct stat status;
    out->fd = sw_out_open(file, O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC);
    if (out->fd < 0 || fstat(out->fd, &status) != 0)
        return fail(out, errno, "cannot write", error);
    if (!S_ISREG(status.st_mode))
        return SW_OK;
    if (is_taken(out->fd, LOCK_EX))
        return fail_taken(out, error);
    return ftruncate(out->fd, 0) == 0 ? SW_OK : fail(out, errno, "cannot write", error);
}

static enum sw_status open_file(struct sw_outfile *out, const char *file, enum sw_outfile_mode mode,
                                struct sw_error *error)
{
    bool straight = true;
    if (sw_outfile_is_standard(file)) {
        out->fd = STDOUT_FILENO;
        return SW_OK;
    }
    if (mode == SW_OUTFILE_DOCUMENT) {
        enum sw_status status = target_find(out, file, &straight, error);
        if (status != SW_OK)
            return status;
    }
    return straight ? open_stream(out, file, error) : open_document(out, file, error);
}

static void release(struct sw_outfile *out)
{
    if (out->fd > STDERR_FILENO)
        (void)close(out->fd);
    sw_buf_done(&out->buffer);
    sw_digest_free(out->digest);
    free(out->target);
    free(out->partial);
    free(out);
}

enum sw_status sw_outfile_open(const char *file, enum sw_outfile_mode mode,
                               struct sw_outfile **opened, struct sw_error *error)
{
    struct sw_outfile *out = calloc(1, sizeof *out);
    if (out == NULL)
        return sw_fail(error, SW_STOP, "sink", ENOMEM, "no memory for an output");
    out->fd = -1;
    out->name = file == NULL ? "standard output" : file;
    sw_buf_init(&out->buffer, BUFFER_MAX);
    enum sw_status status = open_file(out, file, mode, error);
    if (status == SW_OK && fstat(out->fd, &out->facts) != 0)
        status = fail(out, errno, "cannot write to", error);
    if (status != SW_OK) {
        release(out);
        return status;
    }
    *opened = out;
    return SW_OK;
}

/* A disk that ran full has taken part of a line: cut it off, so that a reader
 * finds whole records. Only a file of our own, never one that a shell shares. */
static void cut_torn_line(struct sw_outfile *out, size_t written)
{
    const uint8_t *data = out->buffer.data;
    size_t whole = written;
    if (!S_ISREG(out->facts.st_mode) || out->fd == STDOUT_FILENO)
        return;
    while (whole > 0 && data[whole - 1] != '\n')
        whole--;
    off_t end = lseek(out->fd, 0, SEEK_CUR);
    if (end >= 0 && whole < written)
        (void)!ftruncate(out->fd, end - (off_t)(written - whole));
}

enum sw_status sw_outfile_flush(struct sw_outfile *out, struct sw_error *error)
{
    size_t written = 0;
    if (out->failed || out->buffer.size == 0)
        return SW_OK;
    int errnum = sw_out_write(out->fd, sw_buf_view(&out->buffer), &written);
    if (errnum != 0) {
        cut_torn_line(out, written);
        out->failed = true;
    }
    if (out->buffer.capacity > 16 * (size_t)FLUSH_AT)
        sw_buf_done(&out->buffer);
    sw_buf_clear(&out->buffer);
    if (errnum == ETIMEDOUT)
        return fail(out, 0, "told to end, and nobody reads", error);
    return errnum == 0 ? SW_OK : fail(out, errnum, "cannot write to", error);
}

static enum sw_status fail_hash(const struct sw_outfile *out, struct sw_error *error)
{
    return fail(out, 0, "no SHA-256 of", error);
}

enum sw_status sw_outfile_hash(struct sw_outfile *out, struct sw_error *error)
{
    if (out->digest == NULL &&
        (sw_digest_new(&out->digest) != SW_OK || sw_digest_start(out->digest) != SW_OK))
        return fail_hash(out, error);
    return SW_OK;
}

enum sw_status sw_outfile_digest(const struct sw_outfile *out, struct sw_view more,
                                 char hex[SW_SHA256_HEX_SIZE], uint64_t *size,
                                 struct sw_error *error)
{
    if (out->digest == NULL || sw_digest_peek(out->digest, more.data, more.size, hex) != SW_OK)
        return fail_hash(out, error);
    *size = out->appended + more.size;
    return SW_OK;
}

enum sw_status sw_outfile_append(struct sw_outfile *out, struct sw_view bytes,
                                 struct sw_error *error)
{
    if (out->failed)
        return SW_OK;
    if (sw_buf_append(&out->buffer, bytes.data, bytes.size) != SW_OK) {
        out->failed = true;
        return fail(out, ENOMEM, "no room to buffer a record for", error);
    }
    out->appended += bytes.size;
    if (out->digest != NULL && sw_digest_update(out->digest, bytes.data, bytes.size) != SW_OK) {
        out->failed = true;
        return fail_hash(out, error);
    }
    return out->buffer.size >= FLUSH_AT ? sw_outfile_flush(out, error) : SW_OK;
}

/* Errors of a disk may show only now: a write into the cache always works. */
enum sw_status sw_outfile_settle(struct sw_outfile *out, struct sw_error *error)
{
    enum sw_status status = sw_outfile_flush(out, error);
    if (status != SW_OK || out->failed || !S_ISREG(out->facts.st_mode) || out->fd == STDOUT_FILENO)
        return status;
    if (fsync(out->fd) == 0 || errno == EINVAL || errno == EROFS)
        return SW_OK;
    out->failed = true;
    return fail(out, errno, "cannot write to", error);
}

/* Two sweeps that begin at one moment both miss the other's lock; the later one
 * then owns the name. */
static bool partial_is_ours(const struct sw_outfile *out)
{
    struct stat status;
    return lstat(out->partial, &status) == 0 && status.st_dev == out->facts.st_dev &&
           status.st_ino == out->facts.st_ino;
}

static enum sw_status place_document(struct sw_outfile *out, bool keep, struct sw_error *error)
{
    bool whole = keep && !out->failed;
    if (!partial_is_ours(out))
        return whole ? fail(out, 0, "somebody removed the unfinished report beside", error) : SW_OK;
    if (whole) {
        if (rename(out->partial, out->target) == 0)
            return SW_OK;
        (void)fail(out, errno, "cannot put the finished report in place as", error);
    }
    (void)unlink(out->partial);
    return whole ? SW_STOP : SW_OK;
}

enum sw_status sw_outfile_close(struct sw_outfile *out, bool keep, struct sw_error *error)
{
    enum sw_status status = SW_OK;
    if (out == NULL)
        return SW_OK;
    if (keep)
        status = sw_outfile_settle(out, error);
    if (out->partial != NULL) {
        enum sw_status placed = place_document(out, keep, error);
        status = placed < status ? placed : status;
    }
    release(out);
    return status;
}

bool sw_outfile_is_terminal(const struct sw_outfile *out)
{
    return isatty(out->fd) == 1;
}

unsigned sw_outfile_width(const struct sw_outfile *out, unsigned otherwise)
{
    struct winsize size = {0};
    if (ioctl(out->fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return otherwise;
    return size.ws_col;
}

bool sw_outfile_has_name(const struct sw_outfile *out)
{
    static const char *const elsewhere[] = {"/dev/fd/", "/proc/self/fd/"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
        if (strncmp(out->name, elsewhere[i], strlen(elsewhere[i])) == 0)
            return false;
    return S_ISREG(out->facts.st_mode) && out->fd != STDOUT_FILENO;
}

void sw_outfile_forget_old(const struct sw_outfile *out)
{
    if (out->target != NULL)
        (void)unlink(out->target);
}

bool sw_outfile_is_dirty(const struct sw_outfile *out)
{
    return out->buffer.size > 0;
}

size_t sw_outfile_identities(const struct sw_outfile *out, struct sw_facts facts[static 2])
{
    size_t count = 0;
    if (out == NULL)
        return 0;
    if (S_ISREG(out->facts.st_mode))
        facts[count++] = sw_facts_of_stat(&out->facts);
    struct stat replaced;
    if (out->partial != NULL && stat(out->target, &replaced) == 0 && S_ISREG(replaced.st_mode))
        facts[count++] = sw_facts_of_stat(&replaced);
    return count;
}
