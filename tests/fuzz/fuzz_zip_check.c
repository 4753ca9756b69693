/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structure of zips. Input: an archive.
 *
 * The check comes to an end, says the same twice, and what it says is printable,
 * within its bounds and about bytes that are there.
 */
#include <string.h>

#include "engine/source/zip_check.h"
#include "fuzz.h"
#include "sweeper/text.h"

static void check_finding(const struct sw_zip_check *check, const struct sw_zip_finding *finding)
{
    struct sw_view text = fuzz_view(finding->text);
    FUZZ_CHECK((unsigned)finding->code < SW_ZIP_CODE_COUNT);
    FUZZ_CHECK(check->counts[finding->code] > 0);
    FUZZ_CHECK(finding->name_size <= SW_ZIP_NAME_MAX);
    FUZZ_CHECK(text.size > 0 && text.size < SW_ZIP_TEXT_MAX && sw_text_is_printable(text));
    FUZZ_CHECK(sw_zip_code_name(finding->code)[0] != '\0');
    FUZZ_CHECK(strncmp(finding->text, sw_zip_code_meaning(finding->code),
                       strlen(sw_zip_code_meaning(finding->code))) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sw_zip_check first;
    static struct sw_zip_check again;
    struct sw_blob blob = sw_blob_of_bytes(data, size);
    struct sw_error error = {.reason = SW_GAP_NONE};
    enum sw_status status = sw_zip_check(&blob, &first, &error);
    FUZZ_CHECK(status == SW_OK);
    FUZZ_CHECK(sw_zip_check(&blob, &again, NULL) == status);
    FUZZ_CHECK(first.count == again.count && first.readings_differ == again.readings_differ);
    FUZZ_CHECK(memcmp(first.counts, again.counts, sizeof first.counts) == 0);
    FUZZ_CHECK(first.count <= SW_ZIP_FINDINGS_MAX && first.entry_count <= size);
    FUZZ_CHECK(first.front_size <= size && first.back_size <= size);
    FUZZ_CHECK(first.back_offset + first.back_size <= size);
    for (size_t i = 0; i < first.count; i++)
        check_finding(&first, &first.findings[i]);
    sw_blob_close(&blob);
    return 0;
}
