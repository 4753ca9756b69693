/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files against RECORDs. Input: u8 (bit 0: a wheel, bit 1: all was seen, bit 2: little
 * memory), then steps: u8 what goes in, u8 a digest, a path up to a newline; of a row
 * the path of RECORD too, up to the next.
 *
 * Backwards and twice the same is told; findings are sound; the ceiling holds.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "fuzz.h"
#include "sweeper/dist_check.h"
#include "sweeper/limits.h"
#include "sweeper/text.h"

enum { STEPS_MAX = 256, SMALL = 16 * 1024, LARGE = 4 * 1024 * 1024 };

struct step {
    uint8_t kind, content;
    struct sw_view path, record;
};

struct told {
    size_t count;
    uint64_t sum; /* of findings, in whatever order */
    bool full;
};

static uint64_t hash_of(uint64_t sum, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ at[i]) * UINT64_C(0x100000001b3);
    return sum;
}

static enum sw_status on_finding(void *context, const struct sw_dist_finding *finding)
{
    struct told *told = context;
    const struct sw_view detail = sw_view_of(finding->detail);

    FUZZ_CHECK((unsigned)finding->code < SW_DIST_CODE_COUNT && finding->count > 0);
    FUZZ_CHECK(detail.size > 0 && detail.size <= 2 * SW_DIST_DETAIL_MAX);
    FUZZ_CHECK(sw_text_is_printable(detail));
    uint64_t sum = hash_of(finding->code, finding->record.data, finding->record.size);
    sum = hash_of(sum, finding->first.data, finding->first.size);
    sum = hash_of(sum, &finding->count, sizeof(finding->count));
    /* Which of several rows is the first to come shows in the digests alone. */
    told->sum += sum;
    told->count++;
    return SW_OK;
}

static void go_in(struct sw_dist_check *check, const struct step *step)
{
    const uint8_t sha256[SW_SHA256_SIZE] = {step->content};
    const struct sw_dist_file file = {.path = step->path,
                                      .size = 1,
                                      .sha256 = (step->kind & 8) != 0 ? sha256 : NULL,
                                      .runs = (step->kind & 16) != 0};
    struct sw_dist_row row = {.path = step->path,
                              .hash = (enum sw_dist_hash)(step->kind >> 3 & 3),
                              .size = (step->kind & 32) != 0 ? UINT64_MAX : 1};

    memcpy(row.sha256, sha256, sizeof(sha256));
    if ((step->kind & 3) == 0)
        sw_dist_check_file(check, &file);
    else if ((step->kind & 3) == 1)
        sw_dist_check_record(check, step->record, 0, true);
    else if (row.path.size > 0)
        sw_dist_check_row(check, step->record, &row);
}

static struct told run(uint8_t how, const struct step *steps, size_t count, bool backwards)
{
    const size_t size_max = (how & 4) != 0 ? SMALL : LARGE;
    struct sw_dist_check *check = NULL;
    struct told told = {.count = 0};

    FUZZ_CHECK(sw_dist_check_new((how & 1) != 0 ? SW_DIST_WHEEL : SW_DIST_INSTALLED, size_max,
                                 &check, NULL) == SW_OK);
    for (size_t i = 0; i < count; i++)
        go_in(check, &steps[backwards ? count - 1 - i : i]);
    if (backwards)
        for (size_t i = 0; i < count; i++)
            go_in(check, &steps[i]);
    FUZZ_CHECK(sw_dist_check_size(check) <= 2 * size_max);
    FUZZ_CHECK(sw_dist_check_end(check, (how & 2) != 0, on_finding, &told) == SW_OK);
    told.full = sw_dist_check_is_full(check);
    sw_dist_check_free(check);
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    struct step steps[STEPS_MAX];
    size_t count = 0;
    const uint8_t how = fuzz_u8(&input);

    while (count < STEPS_MAX && input.rest.size > 0) {
        struct step *step = &steps[count++];
        *step = (struct step){.kind = fuzz_u8(&input), .content = fuzz_u8(&input)};
        step->path = fuzz_until(&input, '\n');
        if ((step->kind & 3) != 0)
            step->record = fuzz_until(&input, '\n');
    }
    const struct told first = run(how, steps, count, false);
    const struct told again = run(how, steps, count, true);
    /* An outside row is counted each time it comes; what fits depends on the order. */
    if ((how & 1) == 0 && !first.full && !again.full)
        FUZZ_CHECK(first.count == again.count && first.sum == again.sum);
    return 0;
}
