/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a config file and cuts it into names and values. */
#include "supervisor/option_config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/option_value.h"
#include "sweeper/buf.h"

/* To the end of the file, or to one byte past the ceiling. */
static enum sw_status read_all(int fd, const char *path, struct sw_buf *buf, struct sw_error *error)
{
    uint8_t block[4096];
    for (;;) {
        ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return sw_fail(error, SW_STOP, "options", errno, "config file %s", path);
        if (got == 0)
            return SW_OK;
        if (buf->size + (size_t)got > SW_CONFIG_SIZE_MAX)
            return sw_fail(error, SW_STOP, "options", 0, "config file %s is larger than 1 MiB",
                           path);
        if (sw_buf_append(buf, block, (size_t)got) != SW_OK)
            return sw_fail(error, SW_STOP, "options", ENOMEM, "config file %s", path);
    }
}

enum sw_status sw_config_read(const char *path, struct sw_options *options, char **text,
                              struct sw_error *error)
{
    enum sw_status status = SW_STOP;
    struct sw_buf buf;
    sw_buf_init(&buf, SW_CONFIG_SIZE_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        status = sw_fail(error, SW_STOP, "options", errno, "config file %s", path);
        goto out;
    }
    if (read_all(fd, path, &buf, error) != SW_OK)
        goto out;
    if (sw_buf_terminate(&buf) != SW_OK) {
        status = sw_fail(error, SW_STOP, "options", ENOMEM, "config file %s", path);
        goto out;
    }
    if (strlen((char *)buf.data) != buf.size) {
        status = sw_fail(error, SW_STOP, "options", 0, "config file %s holds a NUL byte", path);
        goto out;
    }
    char *whole = (char *)buf.data;
    buf.data = NULL; /* belongs to the options from here on */
    status = sw_options_own(options, whole, error);
    if (status == SW_OK)
        *text = whole;
out:
    if (fd >= 0)
        close(fd);
    sw_buf_done(&buf);
    return status;
}

/* Cuts blanks off both ends, in place. */
static char *trimmed(char *text)
{
    static const char blanks[] = " \t\r";
    text += strspn(text, blanks);
    size_t size = strlen(text);
    while (size > 0 && strchr(blanks, text[size - 1]) != NULL)
        size--;
    text[size] = '\0';
    return text;
}

enum sw_status sw_config_next(char **rest, struct sw_config_line *line)
{
    char *text = NULL;
    while ((text = strsep(rest, "\n")) != NULL) {
        line->number++;
        text = trimmed(text);
        if (text[0] == '\0' || text[0] == '#')
            continue;
        char *equals = strchr(text, '=');
        line->value = NULL;
        if (equals != NULL) {
            *equals = '\0';
            line->value = trimmed(equals + 1);
        }
        line->name = trimmed(text);
        return SW_OK;
    }
    return SW_END;
}
