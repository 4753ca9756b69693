/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an object is. Input: the path, a newline, a byte of flags, two bytes with
 * a match, the content.
 *
 * The answer is the same twice, and the severity that follows is never above
 * the rule's. Path and mode can only raise it: with a name that says nothing and
 * no execute bit, the same content counts no more. What goes on behind the head
 * is no closed form and no prose; neither is a text with a script behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/place/place_private.h"
#include "fuzz.h"

enum {
    FLAG_EXECUTE = 1,
    FLAG_MEMBER = 2,
    FLAG_MORE = 4, /* the object is larger than its head */
    FLAG_MATCH = 8,
};

static enum sw_severity severity_of(enum sw_place place, enum sw_evidence evidence)
{
    return sw_place_judge(SW_SEVERITY_CRITICAL, evidence, place).severity;
}

static void check_verdicts(enum sw_place place)
{
    FUZZ_CHECK((unsigned)place < SW_PLACE_COUNT && sw_place_name(place)[0] != '\0');
    for (enum sw_evidence evidence = 0; evidence < SW_EVIDENCE_COUNT; evidence++) {
        for (enum sw_severity rule = SW_SEVERITY_INFO; rule <= SW_SEVERITY_CRITICAL; rule++) {
            struct sw_place_verdict verdict = sw_place_judge(rule, evidence, place);
            bool kept = evidence == SW_EVIDENCE_HASH || evidence == SW_EVIDENCE_PATH;
            FUZZ_CHECK(verdict.severity <= rule && verdict.severity >= SW_SEVERITY_INFO);
            FUZZ_CHECK(!kept || verdict.severity == rule);
            FUZZ_CHECK(verdict.reason != NULL && verdict.reason[0] != '\0');
        }
    }
}

/* Those that rest on every byte of a text. */
static bool needs_all(enum sw_place place)
{
    return place == SW_PLACE_PROSE || place == SW_PLACE_RULES || place == SW_PLACE_INDICATORS;
}

static void check_name(const struct sw_place_facts *facts, enum sw_place place)
{
    struct sw_place_facts silent = *facts;
    silent.path = fuzz_view("x");
    silent.mode = 0100644;
    silent.is_member = false;
    /* A history with time stamps is told from a script by its name as well. */
    if (place_by_path(facts) == PLACE_NAME_HISTORY && place == SW_PLACE_OUTPUT)
        return;
    enum sw_place plain = sw_place_of(&silent);
    FUZZ_CHECK(severity_of(place, SW_EVIDENCE_YARA) >= severity_of(plain, SW_EVIDENCE_YARA));
    FUZZ_CHECK(severity_of(place, SW_EVIDENCE_PACKAGE) >= severity_of(plain, SW_EVIDENCE_PACKAGE));
}

static void check_more(const struct sw_place_facts *facts)
{
    struct sw_place_facts cut = *facts;
    cut.size = (uint64_t)facts->head.size + 1;
    FUZZ_CHECK(!needs_all(sw_place_of(&cut)));
}

static void check_script(const struct sw_place_facts *facts)
{
    static const char script[] = "\n<?php system('id'); ?>\n";
    size_t size = facts->head.size;
    uint8_t *longer = malloc(size + sizeof script - 1);
    struct sw_place_facts facts_longer = *facts;
    FUZZ_CHECK(longer != NULL);
    if (size > 0)
        memcpy(longer, facts->head.data, size);
    memcpy(longer + size, script, sizeof script - 1);
    facts_longer.head = (struct sw_view){longer, size + sizeof script - 1};
    facts_longer.size = facts_longer.head.size;
    facts_longer.matches = NULL;
    facts_longer.match_count = 0;
    FUZZ_CHECK(!needs_all(sw_place_of(&facts_longer)));
    free(longer);
}

/* The three views end exactly where their bytes do. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    struct sw_view path = fuzz_until(&input, '\n');
    unsigned flags = fuzz_u8(&input);
    struct sw_place_span match = {.offset = fuzz_u16(&input), .size = 8};
    struct sw_view head = input.rest;
    uint8_t *head_copy = fuzz_copy(head);
    uint8_t *path_copy = fuzz_copy(path);
    struct sw_place_facts facts = {.path = {path_copy, path.size},
                                   .mode = (flags & FLAG_EXECUTE) != 0 ? 0100755 : 0100644,
                                   .is_member = (flags & FLAG_MEMBER) != 0,
                                   .head = {head_copy, head.size},
                                   .size = head.size + ((flags & FLAG_MORE) != 0 ? 1U : 0U)};
    if ((flags & FLAG_MATCH) != 0) {
        facts.matches = &match;
        facts.match_count = 1;
    }

    enum sw_place place = sw_place_of(&facts);
    FUZZ_CHECK(sw_place_of(&facts) == place);
    check_verdicts(place);
    if ((flags & FLAG_EXECUTE) != 0 || (head.size >= 2 && memcmp(head.data, "#!", 2) == 0))
        FUZZ_CHECK(place == SW_PLACE_RUNS);
    check_name(&facts, place);
    check_more(&facts);
    check_script(&facts);
    free(head_copy);
    free(path_copy);
    return 0;
}
