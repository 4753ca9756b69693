/* SPDX-License-Identifier: Apache-2.0 */
/* pages.c - a short list under a lock. */
#include "engine/unpack/pages.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

enum sw_status sw_pages_init(struct sw_pages *pages, struct sw_error *error)
{
    *pages = (struct sw_pages){0};
    int errnum = pthread_mutex_init(&pages->lock, NULL);
    return errnum == 0 ? SW_OK : sw_fail(error, SW_STOP, "unpack", errnum, "cannot make a lock");
}

uint8_t *sw_pages_take_kept(struct sw_pages *pages, size_t size)
{
    uint8_t *bytes = NULL;

    pthread_mutex_lock(&pages->lock);
    /* From the end: what was given last is still in the caches. */
    for (size_t i = pages->count; bytes == NULL && i-- > 0;) {
        if (pages->runs[i].size != size)
            continue;
        bytes = pages->runs[i].bytes;
        pages->size -= size;
        pages->count--;
        memmove(&pages->runs[i], &pages->runs[i + 1], (pages->count - i) * sizeof(pages->runs[0]));
    }
    pthread_mutex_unlock(&pages->lock);
    return bytes;
}

uint8_t *sw_pages_take(struct sw_pages *pages, size_t size)
{
    uint8_t *bytes = sw_pages_take_kept(pages, size);

    if (bytes != NULL)
        return bytes;
    void *fresh = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return fresh == MAP_FAILED ? NULL : fresh;
}

static bool keep(struct sw_pages *pages, uint8_t *bytes, size_t size)
{
    const bool is_run =
        size >= SW_PAGES_RUN_MIN && size <= SW_PAGES_RUN_MAX && (size & (size - 1)) == 0;

    if (!is_run)
        return false;
    pthread_mutex_lock(&pages->lock);
    const bool room = pages->count < SW_PAGES_RUNS_MAX && size <= SW_PAGES_MAX - pages->size;
    if (room) {
        pages->runs[pages->count++] = (struct sw_page_run){bytes, size};
        pages->size += size;
    }
    pthread_mutex_unlock(&pages->lock);
    return room;
}

void sw_pages_give(struct sw_pages *pages, uint8_t *bytes, size_t size)
{
    if (bytes != NULL && !keep(pages, bytes, size))
        munmap(bytes, size);
}
