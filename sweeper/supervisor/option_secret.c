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

static enum sw_status read_file(const char *shown, const char *path, char **secret,
                                struct sw_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return sw_fail(error, SW_STOP, "options", errno, "%s: cannot open %s", shown, path);
    enum sw_status status = read_line(shown, fd, secret, error);
    close(fd);
    return status;
}

enum sw_status sw_option_secret(const char *shown, const char *value, char **secret,
                                struct sw_error *error)
{
    uint64_t fd = 0;

    if (strncmp(value, "file:", 5) == 0)
        return read_file(shown, value + 5, secret, error);
    if (strncmp(value, "fd:", 3) == 0) {
        if (sw_text_parse_number(value + 3, 0, INT_MAX, &fd) != SW_OK)
            return sw_fail(error, SW_STOP, "options", 0, "%s: %s names no descriptor", shown,
                           value);
        return read_line(shown, (int)fd, secret, error);
    }
    if (strlen(value) > SECRET_MAX)
        return sw_fail(error, SW_STOP, "options", 0, "%s: longer than %d bytes", shown, SECRET_MAX);
    *secret = strdup(value);
    if (*secret == NULL)
        return sw_fail(error, SW_STOP, "options", ENOMEM, "options");
    memset((char *)(uintptr_t)value, 'x', strlen(value));
    return SW_OK;
}
