/* SPDX-License-Identifier: Apache-2.0 */
/* option_secret.c - reads a secret, and leaves no trace of it in the arguments. */
#include "supervisor/option_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sweeper/text.h"

enum { SECRET_MAX = 1024 }; /* bytes */

/* Reads until the end, a line end, or more than a secret can be. */
static enum sw_status read_line(const char *shown, int fd, char **secret, struct sw_error *error)
{
    char line[SECRET_MAX + 2];
    size_t size = 0;
    ssize_t got = 1;

    while (size < sizeof(line) - 1 && got > 0) {
        got = read(fd, line + size, sizeof(line) - 1 - size);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            size += (size_t)got;
        if (memchr(line, '\n', size) != NULL)
            break;
    }
    if (got < 0)
        return sw_fail(error, SW_STOP, "options", errno, "%s: cannot read the secret", shown);
    line[size] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] == '\0' || strlen(line) > SECRET_MAX)
        return sw_fail(error, SW_STOP, "options", 0,
                       "%s: the secret is empty, or longer than %d bytes", shown, SECRET_MAX);
    *secret = strdup(line);
    explicit_bzero(line, sizeof(line));
    return *secret != NULL ? SW_OK : sw_fail(error, SW_STOP, "options", ENOMEM, "options");
}

static int open_secret(const char *shown, const char *path, struct sw_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        (void)sw_fail(error, SW_STOP, "options", errno, "%s: cannot open %s", shown, path);
    return fd;
}

static enum sw_status read_file(const char *shown, const char *path, char **secret,
                                struct sw_error *error)
{
    int fd = open_secret(shown, path, error);

    if (fd < 0)
        return SW_STOP;
    enum sw_status status = read_line(shown, fd, secret, error);
    close(fd);
    return status;
}

/* fd:N */
static enum sw_status find_fd(const char *shown, const char *value, int *fd, struct sw_error *error)
{
    uint64_t number = 0;

    if (sw_text_parse_number(value + 3, 0, INT_MAX, &number) != SW_OK)
        return sw_fail(error, SW_STOP, "options", 0, "%s: %s names no descriptor", shown, value);
    *fd = (int)number;
    return SW_OK;
}

enum sw_status sw_option_secret(const char *shown, const char *value, char **secret,
                                struct sw_error *error)
{
    int fd = -1;

    if (strncmp(value, "file:", 5) == 0)
        return read_file(shown, value + 5, secret, error);
    if (strncmp(value, "fd:", 3) == 0) {
        enum sw_status status = find_fd(shown, value, &fd, error);
        return status == SW_OK ? read_line(shown, fd, secret, error) : status;
    }
    if (strlen(value) > SECRET_MAX)
        return sw_fail(error, SW_STOP, "options", 0, "%s: longer than %d bytes", shown, SECRET_MAX);
    *secret = strdup(value);
    if (*secret == NULL)
        return sw_fail(error, SW_STOP, "options", ENOMEM, "options");
    memset((char *)(uintptr_t)value, 'x', strlen(value));
    return SW_OK;
}

/* --- keys ------------------------------------------------------------------------- */

/* All that can be read; `key` is left alone when that is nothing, or too much. */
static enum sw_status read_key(const char *shown, int fd, char **bytes, struct sw_key *key,
                               struct sw_error *error)
{
    size_t size = 0;
    ssize_t got = 1;
    char *read_bytes = malloc(SW_KEY_SIZE_MAX + 1);

    if (read_bytes == NULL)
        return sw_fail(error, SW_STOP, "options", ENOMEM, "options");
    while (size <= SW_KEY_SIZE_MAX && got != 0) {
        got = read(fd, read_bytes + size, SW_KEY_SIZE_MAX + 1 - size);
        if (got < 0 && errno != EINTR)
            break;
        size += got > 0 ? (size_t)got : 0;
    }
    enum sw_status status = SW_OK;
    if (got < 0)
        status = sw_fail(error, SW_STOP, "options", errno, "%s: cannot read the key", shown);
    else if (size == 0 || size > SW_KEY_SIZE_MAX)
        status = sw_fail(error, SW_STOP, "options", 0,
                         "%s: the key is empty, or longer than %d bytes", shown, SW_KEY_SIZE_MAX);
    if (status != SW_OK) {
        explicit_bzero(read_bytes, SW_KEY_SIZE_MAX + 1);
        free(read_bytes);
        return status;
    }
    *bytes = read_bytes;
    *key = (struct sw_key){SW_KEY_FILE, {(const uint8_t *)read_bytes, size}};
    return SW_OK;
}

/* The rest of the argument itself. */
static enum sw_status take_key(const char *shown, enum sw_key_kind kind, const char *text,
                               char **bytes, struct sw_key *key, struct sw_error *error)
{
    const size_t size = strlen(text);

    if (size == 0 || size > SECRET_MAX)
        return sw_fail(error, SW_STOP, "options", 0,
                       "%s: the key is empty, or longer than %d bytes", shown, SECRET_MAX);
    *bytes = strdup(text);
    if (*bytes == NULL)
        return sw_fail(error, SW_STOP, "options", ENOMEM, "options");
    memset((char *)(uintptr_t)text, 'x', size);
    *key = (struct sw_key){kind, {(const uint8_t *)*bytes, size}};
    return SW_OK;
}

enum sw_status sw_option_key(const char *shown, const char *value, char **bytes, struct sw_key *key,
                             struct sw_error *error)
{
    int fd = -1;

    if (strncmp(value, "pass:", 5) == 0)
        return take_key(shown, SW_KEY_PASSPHRASE, value + 5, bytes, key, error);
    if (strncmp(value, "recovery:", 9) == 0)
        return take_key(shown, SW_KEY_RECOVERY, value + 9, bytes, key, error);
    if (strncmp(value, "fd:", 3) == 0) {
        enum sw_status status = find_fd(shown, value, &fd, error);
        return status == SW_OK ? read_key(shown, fd, bytes, key, error) : status;
    }
    fd = open_secret(shown, strncmp(value, "file:", 5) == 0 ? value + 5 : value, error);
    if (fd < 0)
        return SW_STOP;
    enum sw_status status = read_key(shown, fd, bytes, key, error);
    close(fd);
    return status;
}
