/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_cache: a response as CacheControl keeps it, form 4, which pip did until 2023
 * (folder "http"): the bytes "cc=4,", and a map in MessagePack whose first value
 * holds the body first. The body is the one thing in it that may be an archive; the
 * headers behind it are searched with the file.
 *
 * A zip is found in any file by its end, so a body that is one is left to that.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "engine/source/bytes.h"
#include "engine/source/input.h"
#include "engine/source/sources.h"

enum { HEAD_MAX = 64 };

struct http_cache {
    struct sw_flow flow;
    size_t shown; /* bytes of the flow that were handed out and are not consumed */
    uint64_t at;  /* in the body */
    uint64_t size;
    bool listed;
};

static bool take(struct sw_view *rest, const char *bytes, size_t size)
{
    if (!sw_bytes_at(*rest, 0, bytes, size))
        return false;
    rest->data += size;
    rest->size -= size;
    return true;
}

/* A binary or, as the first Pythons wrote it, a text: its size. */
static bool take_size(struct sw_view *rest, uint64_t *size)
{
    static const struct {
        uint8_t binary, text, width;
    } forms[] = {{0xc4, 0xd9, 1}, {0xc5, 0xda, 2}, {0xc6, 0xdb, 4}};

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const uint8_t width = forms[i].width;
        if (rest->size <= width ||
            (rest->data[0] != forms[i].binary && rest->data[0] != forms[i].text))
            continue;
        *size = 0;
        for (uint8_t k = 1; k <= width; k++)
            *size = *size << 8 | rest->data[k];
        rest->data += 1 + width;
        rest->size -= 1U + width;
        return true;
    }
    return false;
}

/* Where the body begins, and its size; false: this is no such file. */
static bool body_of(struct sw_view head, uint64_t *start, uint64_t *size)
{
    struct sw_view rest = head;

    if (!take(&rest, "cc=4,", 5) || rest.size == 0 || (rest.data[0] & 0xf0) != 0x80)
        return false;
    (void)take(&rest, (const char *)rest.data, 1);
    if (!take(&rest, "\xa8response", 9) || rest.size == 0 || (rest.data[0] & 0xf0) != 0x80)
        return false;
    (void)take(&rest, (const char *)rest.data, 1);
    if (!take(&rest,
              "\xa4"
              "body",
              5) ||
        !take_size(&rest, size))
        return false;
    *start = (uint64_t)(rest.data - head.data);
    return true;
}

static unsigned http_cache_probe(const struct sw_probe *probe)
{
    uint64_t start, size;

    if (!body_of(probe->head, &start, &size) || size == 0 || start >= probe->head.size ||
        sw_bytes_at(probe->head, (size_t)start, "PK", 2))
        return 0;
    return 8 * (5 + 9 + 5);
}

static void http_cache_close(void *state)
{
    struct http_cache *cache = state;
    sw_flow_done(&cache->flow);
    free(cache);
}

static enum sw_status http_cache_open(const struct sw_input *input,
                                      const struct sw_source_setup *setup, void **state,
                                      struct sw_error *error)
{
    struct http_cache *cache = calloc(1, sizeof *cache);
    uint64_t start = 0;

    (void)setup;
    if (cache == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                           "no memory for http-cache");
    enum sw_status status = sw_flow_init(&cache->flow, input, 0, error);
    if (status == SW_OK)
        status = sw_flow_peek(&cache->flow, HEAD_MAX, error);
    if (status == SW_OK && !body_of(cache->flow.rest, &start, &cache->size))
        status = sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0,
                             "no response as CacheControl keeps it");
    if (status != SW_OK) {
        http_cache_close(cache);
        return status == SW_STOP ? SW_STOP : SW_DEAD;
    }
    sw_flow_take(&cache->flow, (size_t)start);
    *state = cache;
    return SW_OK;
}

static enum sw_status http_cache_next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct http_cache *cache = state;

    (void)error;
    if (cache->listed)
        return SW_END;
    cache->listed = true;
    *member = (struct sw_member){.kind = SW_MEMBER_FILE, .size_known = true};
    member->facts.size = cache->size;
    member->facts.mtime_ns = SW_TIME_UNKNOWN;
    return SW_OK;
}

static enum sw_status http_cache_read(void *state, struct sw_piece *piece, struct sw_error *error)
{
    struct http_cache *cache = state;
    const uint64_t left = cache->size - cache->at;

    sw_flow_take(&cache->flow, cache->shown);
    cache->shown = 0;
    if (left == 0)
        return SW_END;
    enum sw_status status = sw_flow_fill(&cache->flow, error);
    if (status != SW_OK)
        return status;
    if (cache->flow.has_part) {
        cache->flow.has_part = false;
        *error = cache->flow.part;
        return SW_PART;
    }
    if (cache->flow.rest.size == 0)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, "source", 0,
                           "%" PRIu64 " bytes of the cached response are missing", left);
    cache->shown = cache->flow.rest.size < left ? cache->flow.rest.size : (size_t)left;
    *piece = (struct sw_piece){cache->flow.rest.data, cache->shown, cache->at};
    cache->at += cache->shown;
    return SW_OK;
}

const struct sw_source sw_source_http_cache = {
    .kind = "http-cache",
    .sequential = true,
    .stream = true,
    .probe = http_cache_probe,
    .open = http_cache_open,
    .next = http_cache_next,
    .read = http_cache_read,
    .close = http_cache_close,
};
