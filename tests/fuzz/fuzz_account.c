/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's account of itself: what is taken becomes part of sweep_start,
 * which is written in printable JSON and read again as the same value. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "supervisor/record_order.h"
#include "sweeper/record.h"
#include "sweeper/text.h"

static void check_start(const json_t *account)
{
    static const char *const members[] = {"prefilter", "sandbox", "libraries", "ruleset"};
    const char *target = "/";
    struct sw_options options = {
        .targets = {.rows = &target, .count = 1}, .thread_count = 1, .limits = sw_limits_default()};
    struct sw_start_facts facts = {.options = &options, .engine = account};
    json_t *record = sw_record_sweep_start(&facts);
    struct sw_buf line;

    FUZZ_CHECK(record != NULL);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_t *member = json_deep_copy(json_object_get(record, members[i]));
        /* What the supervisor adds to the engine's ruleset. */
        json_object_del(member, "builtin_digest");
        json_object_del(member, "packs");
        FUZZ_CHECK(json_equal(member, json_object_get(account, members[i])));
        json_decref(member);
    }
    sw_buf_init(&line, 64 * SW_MIB);
    FUZZ_CHECK(sw_record_encode(record, &line) == SW_OK && sw_buf_terminate(&line) == SW_OK);
    FUZZ_CHECK(sw_text_is_printable(sw_buf_view(&line)));
    json_t *again = json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(again != NULL && json_equal(again, record));
    fuzz_append_line((const char *)line.data);
    json_decref(again);
    json_decref(record);
    sw_buf_done(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *account = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (sw_record_engine_account_ok(account)) {
        FUZZ_CHECK(json_object_size(account) == 4);
        check_start(account);
    }
    json_decref(account);
    return 0;
}
