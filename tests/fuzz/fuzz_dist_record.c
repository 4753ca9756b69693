/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RECORD. Input: the content.
 *
 * Rows are sound, the same in a second reading, and travel over the wire unchanged; a
 * caller who stops gets the rows before that and no more. The same bytes as a path and
 * as a .pth are asked the small questions.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "fuzz.h"
#include "sweeper/dist_record.h"
#include "sweeper/wire.h"

struct seen {
    size_t count;
    size_t count_max;
    uint64_t sum;
};

static void check_wire(const struct sw_dist_row *row, struct sw_buf *body)
{
    struct sw_dist_row got;
    FUZZ_CHECK(sw_dist_row_encode(row, body) == SW_OK);
    struct sw_cursor cursor = sw_cursor_of(sw_buf_view(body));
    FUZZ_CHECK(sw_dist_row_decode(&cursor, &got) == SW_OK && sw_cursor_at_end(&cursor));
    FUZZ_CHECK(sw_view_equal(got.path, row->path) && got.hash == row->hash);
    FUZZ_CHECK(got.size == row->size);
    FUZZ_CHECK(row->hash != SW_DIST_HASH_SHA256 ||
               memcmp(got.sha256, row->sha256, SW_SHA256_SIZE) == 0);
}

static enum sw_status on_row(void *context, const struct sw_dist_row *row)
{
    struct seen *seen = context;
    struct sw_buf body;

    FUZZ_CHECK(seen->count < seen->count_max);
    FUZZ_CHECK(row->path.size > 0 && row->path.size <= SW_DIST_PATH_MAX);
    FUZZ_CHECK(memchr(row->path.data, 0, row->path.size) == NULL);
    FUZZ_CHECK((unsigned)row->hash < SW_DIST_HASH_COUNT);
    sw_buf_init(&body, 2 * SW_DIST_PATH_MAX);
    check_wire(row, &body);
    for (size_t i = 0; i < body.size; i++)
        seen->sum = seen->sum * 31 + body.data[i];
    sw_buf_done(&body);
    return ++seen->count == seen->count_max ? SW_STOP : SW_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_view content = {fuzz_copy((struct sw_view){data, size}), size};
    struct seen first = {.count_max = SIZE_MAX}, again = {.count_max = SIZE_MAX};
    uint64_t bad = 0, bad_again = 0;
    struct sw_error error = {.room = NULL};
    bool top = false;

    enum sw_status status = sw_dist_record_read(content, on_row, &first, &bad, &error);
    FUZZ_CHECK(status == (bad == 0 ? SW_OK : SW_PART));
    FUZZ_CHECK(bad == 0 || error.room != NULL);
    FUZZ_CHECK(sw_dist_record_read(content, on_row, &again, &bad_again, NULL) == status);
    FUZZ_CHECK(again.count == first.count && again.sum == first.sum && bad == bad_again);
    if (first.count > 0) {
        struct seen part = {.count_max = (first.count + 1) / 2};
        FUZZ_CHECK(sw_dist_record_read(content, on_row, &part, NULL, NULL) == SW_STOP);
        FUZZ_CHECK(part.count == part.count_max);
    }
    (void)sw_dist_pth_runs(content);
    (void)sw_dist_is_record(content, &top);
    FUZZ_CHECK(sw_dist_below_site(content).size <= size);
    free((void *)(uintptr_t)content.data);
    return 0;
}
