/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stored pattern database. It differs from machine to machine, so an input
 * is a row of changes to the one that this machine makes: u8 flags (1: put the
 * digest right afterwards, so that what lies behind it is reached), u16 where
 * to cut (0: nowhere), then changes of u32 place, u8 what, u8 value.
 *
 * What is loaded searches as it should: a planted pattern is found, and it is
 * stored again byte for byte.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/rule/prefilter_private.h"
#include "fuzz.h"
#include "sweeper/digest.h"
#include "sweeper/limits.h"

enum { CHANGES_MAX = 64, PAYLOAD_START = 4, SEARCHED_SIZE = 300 };

/* One string of each kind that makes another kind of pattern; few of them, for
 * each is proved at each load. */
static const char few_rules[] =
    "rule a { strings: $a = \"canary\" $b = \"Sweep\" nocase $c = \"wider\" wide"
    " $d = { 7F 45 ?? 46 0? F1 } $e = /lib[a-z]{2,8}\\.so/ $f = /ab[c-e]d/i condition: any of them "
    "}";

static struct sw_buf stored; /* as sw_prefilter_save() wrote it */

static void file_read(int fd, struct sw_buf *file)
{
    struct stat facts;
    sw_buf_init(file, 64 * SW_MIB);
    FUZZ_CHECK(fstat(fd, &facts) == 0 && sw_buf_reserve(file, (size_t)facts.st_size) == SW_OK);
    FUZZ_CHECK(pread(fd, file->data, (size_t)facts.st_size, 0) == facts.st_size);
    file->size = (size_t)facts.st_size;
}

static YR_RULES *rules_compile(void)
{
    YR_COMPILER *compiler = NULL;
    YR_RULES *rules = NULL;
    FUZZ_CHECK(yr_initialize() == ERROR_SUCCESS && yr_compiler_create(&compiler) == ERROR_SUCCESS);
    FUZZ_CHECK(yr_compiler_add_string(compiler, few_rules, NULL) == 0);
    FUZZ_CHECK(yr_compiler_get_rules(compiler, &rules) == ERROR_SUCCESS);
    yr_compiler_destroy(compiler);
    return rules;
}

/* False where this build has no Hyperscan: then nothing is ever stored. */
static bool make_stored(void)
{
    struct sw_prefilter_report report = {0};
    struct sw_prefilter *prefilter = NULL;
    struct sw_error error = {0};
    YR_RULES *rules = rules_compile();
    int fd = fuzz_memory_file("", 0);

    if (sw_prefilter_build(rules, &prefilter, &report, &error) == SW_OK && report.on) {
        FUZZ_CHECK(sw_prefilter_save(prefilter, fd, &error) == SW_OK);
        file_read(fd, &stored);
    }
    sw_prefilter_report_done(&report);
    sw_prefilter_free(prefilter);
    yr_rules_destroy(rules);
    close(fd);
    return stored.size != 0;
}

/* --- one stored database, changed --- */

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* `payload` is what lies between the length and the digest's block. */
static void change(struct sw_buf *payload, struct sw_cursor *input)
{
    for (int i = 0; i < CHANGES_MAX && input->rest.size != 0 && payload->size >= 4; i++) {
        size_t place = fuzz_u32(input) % payload->size;
        uint8_t what = fuzz_u8(input);
        uint8_t value = fuzz_u8(input);
        if (what % 4 == 0)
            payload->data[place] = value;
        else if (what % 4 == 1)
            payload->data[place] ^= (uint8_t)(1U << (value % 8));
        else if (place + 4 <= payload->size)
            put_u32(payload->data + place,
                    what % 4 == 2 ? value : get_u32(payload->data + place) + (uint32_t)value - 128);
    }
}

static void make_changed(struct sw_cursor *input, struct sw_buf *file)
{
    char hex[SW_SHA256_HEX_SIZE];
    struct sw_buf payload;
    uint8_t flags = fuzz_u8(input);
    uint32_t cut = fuzz_u16(input);
    size_t size = get_u32(stored.data);

    sw_buf_init(&payload, 64 * SW_MIB);
    sw_buf_init(file, 64 * SW_MIB);
    FUZZ_CHECK(sw_buf_append(&payload, stored.data + PAYLOAD_START, size) == SW_OK);
    change(&payload, input);
    if (cut != 0 && cut < payload.size)
        payload.size -= cut;
    memcpy(hex, stored.data + PAYLOAD_START + size + 4, sizeof hex - 1);
    if ((flags & 1) != 0)
        FUZZ_CHECK(sw_digest_of(payload.data, payload.size, hex) == SW_OK);
    FUZZ_CHECK(sw_buf_append_block(file, payload.data, payload.size) == SW_OK);
    FUZZ_CHECK(sw_buf_append_block(file, hex, sizeof hex - 1) == SW_OK);
    sw_buf_done(&payload);
}

/* --- what was loaded --- */

/* Each pattern stands for a text of its own bytes: the first of each set. */
static void check_searches(const struct sw_prefilter *prefilter)
{
    const struct sw_patterns *patterns = &prefilter->patterns;
    struct sw_prefilter_scratch *scratch = NULL;
    uint8_t bytes[SEARCHED_SIZE + SW_PATTERN_MAX] = {0};

    FUZZ_CHECK(sw_prefilter_scratch_new(prefilter, &scratch, NULL) == SW_OK);
    for (size_t row = 0; row < patterns->count && row < 16; row++) {
        const struct sw_pattern *pattern = &patterns->rows[row];
        FUZZ_CHECK(pattern->size >= 1 && pattern->size <= sw_prefilter_overlap(prefilter) + 1);
        memset(bytes, 0, sizeof bytes);
        for (size_t i = 0; i < pattern->size; i++) {
            uint16_t set = patterns->positions[pattern->start + i];
            unsigned byte = 0;
            FUZZ_CHECK(set < patterns->set_count);
            while (byte < 255 && !sw_set_has(&patterns->sets[set], (uint8_t)byte))
                byte++;
            bytes[SEARCHED_SIZE / 2 + i] = (uint8_t)byte;
        }
        FUZZ_CHECK(sw_prefilter_hit(prefilter, scratch, bytes, sizeof bytes));
    }
    sw_prefilter_scratch_free(scratch);
}

static void check_stores_again(const struct sw_prefilter *prefilter, const struct sw_buf *file)
{
    struct sw_buf again;
    int fd = fuzz_memory_file("", 0);
    FUZZ_CHECK(sw_prefilter_save(prefilter, fd, NULL) == SW_OK);
    file_read(fd, &again);
    FUZZ_CHECK(again.size == file->size && memcmp(again.data, file->data, file->size) == 0);
    sw_buf_done(&again);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool tried;
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    struct sw_prefilter_report report = {0};
    struct sw_prefilter *prefilter = NULL;
    struct sw_error error = {0};
    struct sw_buf file;

    if (!tried)
        (void)make_stored();
    tried = true;
    if (stored.size == 0)
        return 0;
    make_changed(&input, &file);
    int fd = fuzz_memory_file(file.data, file.size);
    if (sw_prefilter_load(fd, &prefilter, &report, &error) == SW_OK) {
        FUZZ_CHECK(report.on && report.reason[0] == '\0');
        check_searches(prefilter);
        check_stores_again(prefilter, &file);
    } else {
        FUZZ_CHECK(prefilter == NULL && !report.on && report.reason[0] != '\0');
        FUZZ_CHECK(size != 0); /* unchanged it loads */
    }
    sw_prefilter_report_done(&report);
    sw_prefilter_free(prefilter);
    sw_buf_done(&file);
    close(fd);
    return 0;
}

__attribute__((destructor)) static void forget(void)
{
    sw_buf_done(&stored);
}
