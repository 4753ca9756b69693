/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.c - see fuzz.h. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

_Noreturn void fuzz_broken(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, condition);
    abort();
}

struct sw_view fuzz_bytes(struct sw_cursor *input, size_t size)
{
    struct sw_view view = {0};
    size = size < input->rest.size ? size : input->rest.size;
    FUZZ_CHECK(sw_cursor_bytes(input, size, &view) == SW_OK);
    return view;
}

struct sw_view fuzz_until(struct sw_cursor *input, uint8_t stop)
{
    const uint8_t *end =
        input->rest.size == 0 ? NULL : memchr(input->rest.data, stop, input->rest.size);
    size_t size = end == NULL ? input->rest.size : (size_t)(end - input->rest.data);
    struct sw_view view = fuzz_bytes(input, size);
    (void)fuzz_bytes(input, 1);
    return view;
}

static uint64_t number(struct sw_cursor *input, size_t size)
{
    struct sw_view bytes = fuzz_bytes(input, size);
    uint64_t value = 0;
    for (size_t i = bytes.size; i > 0; i--)
        value = value << 8 | bytes.data[i - 1];
    return value;
}

uint8_t fuzz_u8(struct sw_cursor *input)
{
    return (uint8_t)number(input, 1);
}

uint32_t fuzz_u16(struct sw_cursor *input)
{
    return (uint32_t)number(input, 2);
}

uint32_t fuzz_u32(struct sw_cursor *input)
{
    return (uint32_t)number(input, 4);
}

uint64_t fuzz_u64(struct sw_cursor *input)
{
    return number(input, 8);
}

uint8_t *fuzz_copy(struct sw_view bytes)
{
    uint8_t *copy = malloc(bytes.size == 0 ? 1 : bytes.size);
    FUZZ_CHECK(copy != NULL);
    if (bytes.size != 0)
        memcpy(copy, bytes.data, bytes.size);
    return copy;
}

char *fuzz_text(struct sw_view bytes)
{
    size_t size = bytes.size == 0 ? 0 : strnlen((const char *)bytes.data, bytes.size);
    char *text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);
    if (size != 0)
        memcpy(text, bytes.data, size);
    text[size] = '\0';
    return text;
}

struct sw_view fuzz_view(const char *text)
{
    return (struct sw_view){(const uint8_t *)text, strlen(text)};
}

int fuzz_memory_file(const void *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    FUZZ_CHECK(fd >= 0);
    for (size_t done = 0; done < size;) {
        ssize_t written = pwrite(fd, (const char *)data + done, size - done, (off_t)done);
        FUZZ_CHECK(written > 0);
        done += (size_t)written;
    }
    return fd;
}

void fuzz_append_line(const char *line)
{
    const char *path = getenv("FUZZ_RECORDS");
    FILE *out = path == NULL ? NULL : fopen(path, "ae");
    FUZZ_CHECK(path == NULL || out != NULL);
    if (out == NULL)
        return;
    FUZZ_CHECK(fprintf(out, "%s\n", line) > 0);
    FUZZ_CHECK(fclose(out) == 0);
}
