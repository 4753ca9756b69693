/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The prefilter must never say "nothing here" where libyara finds a string.
 *
 * Each kind of string that YARA's language has is compiled alone; buffers are
 * made of fragments that belong to it (whole matches, halves, near misses,
 * gaps), and for every buffer in which libyara reports a match the prefilter
 * must hit. A kind whose buffers hardly match fails too: it would test nothing.
 * Rules made by chance do the same for what nobody thought of.
 */
#include "prefilter_bench.h"

#include "engine/rule/yara_version.h"

#ifdef SWEEPER_SANITIZED /* libyara's own allocations are slow under it */
#define BUFFERS_PER_KIND 300
#define RANDOM_RULES     100
#else
#define BUFFERS_PER_KIND 3000
#define RANDOM_RULES     500
#endif

static const struct kind kinds[] = {
    {"$a = \"needle-in-hay\"", NULL, {"needle-in-hay", "needle-in-", "hay"}},
    {"$a = \"NeedleCase\" nocase", NULL, {"nEEDLEcASE", "NeedleCase", "needlecas"}},
    {"$a = \"wide text\" wide", NULL, {"\\Wwide text\\E", "wide text", "\\Wwide te\\E"}},
    {"$a = \"both ways\" ascii wide nocase", NULL, {"\\WBoTh WaYs\\E", "bOTH wAYS", "\\Wboth\\E"}},
    {"$a = \"wholeword\" fullword", NULL, {"wholeword", " wholeword ", "xwholewordx", "."}},
    {"$a = \"wholeword\" fullword wide nocase", NULL, {"\\W wholeWord \\E", "\\Wxwholeword\\E"}},
    {"$a = \"a\"", NULL, {"a", "b"}},
    {"$a = \"ab\" nocase", NULL, {"aB", "Ab", "ba", "a"}},
    {"$a = \"z\" wide", NULL, {"\\Wz\\E", "z", "\\x00"}},
    {"$a = \"xyz\" ascii wide", NULL, {"\\Wxyz\\E", "xyz", "\\Wxy\\E"}},
    {"$a = \"qrst\" wide nocase", NULL, {"\\WqRSt\\E", "qrst", "\\Wqrs\\E"}},
    {"$a = \"secret words\" xor",
     NULL,
     {"\\K5asecret words\\E", "secret words", "\\Kffsecret words\\E", "\\K20secret word\\E"}},
    {"$a = \"secret words\" xor(3-9)",
     NULL,
     {"\\K04secret words\\E", "\\K0asecret words\\E", "secret words", "\\K03secret words\\E"}},
    {"$a = \"sec\" xor", NULL, {"\\K5asec\\E", "sec", "\\Kffsec\\E", "se"}},
    {"$a = \"xorwide\" xor wide",
     NULL,
     {"\\K41\\Wxorwide\\E\\E", "\\Wxorwide\\E", "\\K41xorwide\\E"}},
    {"$a = \"xorboth\" xor(1-255) ascii wide",
     NULL,
     {"\\K41\\Wxorboth\\E\\E", "\\K7fxorboth\\E", "\\Wxorboth\\E", "xorboth"}},
    {"$a = \"This program cannot\" base64",
     NULL,
     {"VGhpcyBwcm9ncmFtIGNhbm5vd", "RoaXMgcHJvZ3JhbSBjYW5ub3", "UaGlzIHByb2dyYW0gY2Fubm90",
      "VGhpcyBwcm9n"}},
    {"$a = \"This program cannot\" base64wide",
     NULL,
     {"\\WVGhpcyBwcm9ncmFtIGNhbm5vd\\E", "\\WRoaXMgcHJvZ3JhbSBjYW5ub3\\E",
      "VGhpcyBwcm9ncmFtIGNhbm5vd"}},
    {"$a = \"This program cannot\" base64 base64wide",
     NULL,
     {"\\WUaGlzIHByb2dyYW0gY2Fubm90\\E", "VGhpcyBwcm9ncmFtIGNhbm5vd"}},
    {"$a = \"This program cannot\" wide base64",
     NULL,
     {"VABoAGkAcwAgAHAAcgBvAGcAcgBhAG0AIABjAGEAbgBuAG8AdA", "VGhpcyBwcm9n",
      "QAaABpAHMAIABwAHIAbwBnAHIAYQBtACAAYwBhAG4AbgBvAHQA"}},
    {"$a = \"This program cannot\" "
     "base64(\"!@#$%^&*(){}[].,|ABCDEFGHIJ:LMNOPQRSTUVWXYZabcdefghijklmnopqrstu\")",
     NULL,
     {"E&QYLh@fLVsWLV^c(&]Q:VoeM!", "N^AXJG[PL*)eIm)Q:B@SHFod:m|", "VGhpcyBwcm9ncmFtIGNhbm5vd"}},
    {"$a = { 4d 5a 90 00 03 00 }", NULL, {"\\x4d\\x5a\\x90\\x00\\x03\\x00", "\\x4d\\x5a\\x90"}},
    {"$a = { 4d 5a [2-6] 50 45 00 00 }",
     NULL,
     {"\\x4d\\x5a", "\\x50\\x45\\x00\\x00", "\\g",
      "\\x4d\\x5a\\x01\\x02\\x03\\x50\\x45\\x00\\x00"}},
    {"$a = { 11 22 ?? 44 55 6? ?7 88 }",
     NULL,
     {"\\x11\\x22\\x99\\x44\\x55\\x61\\x17\\x88", "\\x11\\x22\\x99\\x44\\x55\\x71\\x17\\x88"}},
    {"$a = { ?1 ?2 ?3 4? }", NULL, {"\\x11\\x22\\x33\\x44", "\\x11\\x22\\x34\\x44"}},
    {"$a = { ?? ?? 5e 5f [1] 61 }",
     NULL,
     {"\\x00\\x00\\x5e\\x5f\\x60\\x61", "\\x5e\\x5f\\x60\\x61"}},
    {"$a = { 01 02 ( 03 04 | 05 06 07 | 0? ) 08 09 }",
     NULL,
     {"\\x01\\x02\\x03\\x04\\x08\\x09", "\\x01\\x02\\x05\\x06\\x07\\x08\\x09",
      "\\x01\\x02\\x0f\\x08\\x09", "\\x01\\x02\\x10\\x08\\x09"}},
    {"$a = { ( aa bb | cc [1-3] dd ) ee ff }",
     NULL,
     {"\\xaa\\xbb\\xee\\xff", "\\xcc\\x01\\x02\\xdd\\xee\\xff", "\\xbb\\xee\\xff"}},
    {"$a = { 10 20 30 [250-900] 40 50 60 }",
     NULL,
     {"\\x10\\x20\\x30", "\\G", "\\x40\\x50\\x60", "\\G"}},
    {"$a = { 10 20 30 [-] 40 50 60 [300-] 70 80 9? }",
     NULL,
     {"\\x10\\x20\\x30", "\\x40\\x50\\x60", "\\G", "\\G", "\\x70\\x80\\x99"}},
    {"$a = /ab.{0,900}?cd.{250,600}?ef/", NULL, {"ab", "\\G", "cd", "\\G", "ef"}},
    {"$a = /colou?r[0-9]{2,4}x/", NULL, {"color12x", "colour9999x", "color1x", "color"}},
    {"$a = /(foo|bar|bazz)+qux/", NULL, {"fooqux", "barbazzqux", "qux", "bazz"}},
    {"$a = /get (the|that) [a-z]{1,20} now/ nocase wide",
     NULL,
     {"\\WGet The thing Now\\E", "\\Wget that x now\\E", "get the thing now", "\\Wget the \\E"}},
    {"$a = /Key: [A-F0-9]{4}-[A-F0-9]{4}/ ascii wide",
     NULL,
     {"\\WKey: 12AF-00FF\\E", "Key: 12AF-00FF", "Key: 12AF-00FG", "\\WKey: \\E"}},
    {"$a = /\\bword\\b/", NULL, {" word ", "sword", "words", "word", "."}},
    {"$a = /\\Bord\\B/ wide", NULL, {"\\Wwords\\E", "\\Wword \\E", "words"}},
    {"$a = /^start of/", NULL, {"start of", " start of"}},
    {"$a = /the end$/", NULL, {"the end", "the end "}},
    {"$a = /one.two/s", NULL, {"one\\x0atwo", "one two", "onetwo"}},
    {"$a = /one.two/", NULL, {"one\\x0atwo", "one two", "onetwo"}},
    {"$a = /one.{3,9}two.*three/s nocase",
     NULL,
     {"One\\x0a\\x0a\\x0atWo\\x0aThree", "onetwothree"}},
    {"$a = /[^a-z]{3}mid[^\"]+\\w\\s\\d\\W\\S\\D/",
     NULL,
     {"123mid x_ 4 !a", "abcmid", "...midq z 9-b.x"}},
    {"$a = /(ab){3,5}c/", NULL, {"abababc", "ababc", "abababababc", "ababababababc"}},
    {"$a = /x{0,3}yy[A-Z]zz/", NULL, {"yyAzz", "xxyyQzz", "yyazz"}},
    {"$a = /((a[bc]){2}d){2}e/", NULL, {"abacdacabde", "abacdacabe", "abacd"}},
    {"$a = /[0-9a-f]{32}/", NULL, {"d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204", "g"}},
    {"$a = /<\\?php.{1,30}eval *\\(/ nocase",
     NULL,
     {"<?PHP /* */ eVal  (", "<?php eval(", "eval("}},
    {"$a = /(a|b)(c|d)(e|f)(g|h)/", NULL, {"aceg", "bdfh", "acex"}},
    {"$a = /no[bB]ody\\x00\\xff/", NULL, {"nobody\\x00\\xff", "noBody\\x00\\xff", "nobody\\x00"}},
    {"$a = /http:\\/\\/[a-z.]+\\/(x|y)\\.sh/ fullword",
     NULL,
     {" http://evil.example/x.sh ", "http://a.b/y.sh", "ahttp://a.b/z.sh"}},
    {"$a = \"MZ\"", "$a at 0", {"MZ", "xx"}},
    {"$a = \"tail\"", "$a in (0..filesize)", {"tail", "tai"}},
    {"$a = \"count\"", "#a > 1", {"count", "coun"}},
    {"$a = \"private text\" private", "$a", {"private text", "private tex"}},
    {"$a = \"first text\" $b = { de ad be ef } $c = /re+gex/",
     "2 of them",
     {"first text", "\\xde\\xad\\xbe\\xef", "reeegex", "first"}},
    {"$a = \"aaaaaaaa\"", NULL, {"aaaaaaa", "a", "b"}},
    {"$a = { 00 00 00 00 01 }", NULL, {"\\x00\\x00\\x00", "\\x01", "\\x00"}},
#if SW_YARA_AT_LEAST(3)
    {"$a = { 31 32 ~33 34 ~?5 36 37 }",
     NULL,
     {"\\x31\\x32\\x30\\x34\\x36\\x36\\x37", "1233", "12345"}},
#endif
};
#define KIND_COUNT (sizeof(kinds) / sizeof(*kinds))

static YR_RULES *compile_kind(const struct kind *kind)
{
    char source[8192];

    snprintf(source, sizeof(source), "rule r { strings: %s condition: %s }", kind->strings,
             kind->condition ? kind->condition : "any of them");
    return compile(source);
}

/* ---- tests ---- */

static void never_misses_a_kind(void **state)
{
    (void)state;
    size_t buffers = 0;
    size_t matches = 0;
    size_t spared = 0;
    static struct bytes bytes;

    for (size_t at = 0; at < KIND_COUNT; at++) {
        struct bench bench;
        size_t own_matches = 0;
        size_t own_spared = 0;
        bench_open_rules(&bench, compile_kind(&kinds[at]));
        for (unsigned turn = 0; turn < BUFFERS_PER_KIND; turn++) {
            make_buffer(&kinds[at], &bytes);
            bool found = yara_finds(bench.scanner, bytes.data, bytes.size);
            bool hit = hits(&bench, bytes.data, bytes.size);
            own_matches += found;
            own_spared += !hit;
            if (found && !hit)
                fail_msg("missed: %s (buffer %u of %zu bytes)", kinds[at].strings, turn,
                         bytes.size);
            if (found && !hits_in_windows(&bench, &bytes,
                                          sw_prefilter_overlap(bench.prefilter) + 1 + draw(200)))
                fail_msg("missed in windows: %s", kinds[at].strings);
        }
        if (own_matches < BUFFERS_PER_KIND / 100)
            fail_msg("tests nothing, %zu matches: %s", own_matches, kinds[at].strings);
        if (own_matches + own_spared == 0)
            fail_msg("filters nothing: %s", kinds[at].strings);
        buffers += BUFFERS_PER_KIND;
        matches += own_matches;
        spared += own_spared;
        bench_close(&bench);
    }
    printf("%zu kinds, %zu buffers: %zu match, %zu spared a scan, 0 missed\n", KIND_COUNT, buffers,
           matches, spared);
}

/* A rule a kind, but for those that would hit everywhere and hide the others. */
static size_t say_all_kinds(char *source, size_t capacity)
{
    size_t size = 0;

    for (size_t at = 0; at < KIND_COUNT; at++) {
        if (strstr(kinds[at].strings, "\"a\"") || strstr(kinds[at].strings, "\"ab\"") ||
            strstr(kinds[at].strings, "\"z\""))
            continue;
        size += (size_t)snprintf(source + size, capacity - size,
                                 "rule r%zu { strings: %s condition: %s }\n", at, kinds[at].strings,
                                 kinds[at].condition ? kinds[at].condition : "any of them");
        assert_true(size < capacity);
    }
    return size;
}

static void check_all_kinds(const struct bench *bench, unsigned buffers)
{
    static struct bytes bytes;
    size_t matches = 0;

    for (unsigned turn = 0; turn < buffers; turn++) {
        make_buffer(&kinds[draw(KIND_COUNT)], &bytes);
        bool found = yara_finds(bench->scanner, bytes.data, bytes.size);
        matches += found;
        if (found)
            assert_true(hits(bench, bytes.data, bytes.size));
    }
    assert_true(matches > buffers / 10);
}

/* Shared states, atoms that are suffixes of others, merged lists. */
static void never_misses_all_together(void **state)
{
    (void)state;
    static char source[65536];
    struct bench bench;

    say_all_kinds(source, sizeof(source));
    bench_open(&bench, source);
    check_all_kinds(&bench, 20000);
    bench_close(&bench);
}

/* The same in a crowd, where patterns are cut down to plain text. */
static void never_misses_in_a_crowd(void **state)
{
    (void)state;
    static char source[65536 + 5000 * 48];
    size_t size = say_all_kinds(source, 65536);
    struct bench bench;

    size += (size_t)sprintf(source + size, "rule crowd { strings:\n");
    for (unsigned at = 0; at < 5000; at++)
        size += (size_t)sprintf(source + size, "$s%u = \"Q%010u#%u\"\n", at, at * 2654435761u, at);
    sprintf(source + size, "condition: any of them }");
    bench_open(&bench, source);
    assert_true(bench.report.pattern_count > 5000);
    check_all_kinds(&bench, 5000);
    bench_close(&bench);
}

/* ---- rules and buffers by chance, over few letters so that they meet ---- */

struct source {
    char text[4096];
    size_t size;
};

static void say(struct source *source, const char *text)
{
    size_t size = strlen(text);

    assert_true(source->size + size < sizeof(source->text));
    memcpy(source->text + source->size, text, size + 1);
    source->size += size;
}

static void say_regex(struct source *source, unsigned depth)
{
    static const char *const leaves[] = {"a",   "b",   "c",   "ab",  "abc", ".",   "[ab]", "[^a]",
                                         "\\w", "\\d", "\\b", "\\B", "\\S", "bca", "0",    "\\x00"};
    static const char *const counts[] = {"?", "*", "+", "{2}", "{1,3}", "{3,}", "{0,2}", "{4,5}"};
    unsigned parts = 1 + draw(4);

    for (unsigned part = 0; part < parts; part++) {
        if (depth > 0 && draw(3) == 0) {
            say(source, "(");
            say_regex(source, depth - 1);
            if (draw(2)) {
                say(source, "|");
                say_regex(source, depth - 1);
            }
            say(source, ")");
        } else {
            say(source, leaves[draw(sizeof(leaves) / sizeof(*leaves))]);
        }
        if (draw(4) == 0)
            say(source, counts[draw(sizeof(counts) / sizeof(*counts))]);
    }
}

static void say_hex(struct source *source, unsigned depth)
{
    static const char *const leaves[] = {"61 ", "62 ",    "63 ",    "00 ", "6? ",      "?1 ",
                                         "?? ", "61 62 ", "62 63 ", "30 ", "61 63 00 "};
    static const char *const jumps[] = {"[1] ", "[0-2] ", "[2-4] ", "[0-300] ", "[-] ", "[1-] "};
    unsigned parts = 2 + draw(4);

    for (unsigned part = 0; part < parts; part++) {
        say(source, leaves[draw(sizeof(leaves) / sizeof(*leaves))]);
        if (depth > 0 && draw(5) == 0) {
            say(source, "( ");
            say_hex(source, 0);
            say(source, "| ");
            say_hex(source, 0);
            say(source, ") ");
        } else if (depth > 0 && part + 1 < parts && draw(4) == 0) {
            say(source, jumps[draw(sizeof(jumps) / sizeof(*jumps))]);
            say(source, leaves[draw(3)]);
        }
    }
}

static void say_rule(struct source *source)
{
    static const char *const modifiers[] = {
        "", "wide", "nocase", "ascii wide", "fullword", "wide nocase", "ascii wide nocase"};
    static const char *const letters[] = {"a", "b", "c", "A", "0", " "};

    source->size = 0;
    say(source, "rule r { strings: $s = ");
    switch (draw(4)) {
    case 0:
        say(source, "{ ");
        say_hex(source, 1);
        say(source, "} ");
        break;
    case 1:
        say(source, "\"");
        for (unsigned size = 1 + draw(9); size > 0; size--)
            say(source, letters[draw(6)]);
        say(source, "\" ");
        say(source, draw(3) == 0 ? "xor(0-3) ascii wide" : modifiers[draw(7)]);
        break;
    default:
        say(source, "/");
        say_regex(source, 2);
        say(source, draw(3) ? "/ " : "/s ");
        say(source, modifiers[draw(7)]);
        break;
    }
    say(source, " condition: $s }");
}

static void make_letters(struct bytes *bytes)
{
    static const char letters[] = "aaabbbccABC00 \n";
    unsigned size = 1 + draw(120);
    unsigned width = 1 + draw(2);
    unsigned key = draw(4) ? 0 : draw(4);

    bytes->size = 0;
    while (size-- > 0) {
        put(bytes, (unsigned char)letters[draw(sizeof(letters))] ^ key);
        if (width == 2 && draw(60))
            put(bytes, key);
    }
}

static YR_RULES *try_compile(const char *source)
{
    YR_COMPILER *compiler = NULL;
    YR_RULES *rules = NULL;

    assert_int_equal(yr_compiler_create(&compiler), ERROR_SUCCESS);
    if (yr_compiler_add_string(compiler, source, NULL) == 0)
        assert_int_equal(yr_compiler_get_rules(compiler, &rules), ERROR_SUCCESS);
    yr_compiler_destroy(compiler);
    return rules;
}

static void never_misses_random_rules(void **state)
{
    (void)state;
    static struct source source;
    static struct bytes bytes;
    size_t on = 0;
    size_t matches = 0;
    size_t spared = 0;

    for (unsigned turn = 0; turn < RANDOM_RULES; turn++) {
        struct bench bench = {0};
        struct sw_error error = {0};
        say_rule(&source);
        bench.rules = try_compile(source.text);
        if (!bench.rules)
            continue;
        if (sw_prefilter_build(bench.rules, &bench.prefilter, &bench.report, &error) != SW_OK) {
            assert_true(bench.report.unfilterable_count == 1);
            sw_prefilter_report_done(&bench.report);
            yr_rules_destroy(bench.rules);
            continue;
        }
        on++;
        assert_int_equal(sw_prefilter_scratch_new(bench.prefilter, &bench.scratch, &error), SW_OK);
        assert_int_equal(yr_scanner_create(bench.rules, &bench.scanner), ERROR_SUCCESS);
        yr_scanner_set_flags(bench.scanner, SCAN_FLAGS_NO_TRYCATCH);
        for (unsigned buffer = 0; buffer < 60; buffer++) {
            make_letters(&bytes);
            bool found = yara_finds(bench.scanner, bytes.data, bytes.size);
            bool hit = hits(&bench, bytes.data, bytes.size);
            matches += found;
            spared += !hit;
            if (found && !hit)
                fail_msg("missed: %s (buffer %u)", source.text, buffer);
        }
        bench_close(&bench);
    }
    printf("%zu random rules of %d filtered: %zu of %zu buffers match, %zu spared, 0 missed\n", on,
           RANDOM_RULES, matches, on * 60, spared);
    assert_true(on > RANDOM_RULES / 3);
    assert_true(matches > on && spared > on);
}

/* Literals whose atoms are suffixes of one another's, and of one another. */
static void never_misses_nested_literals(void **state)
{
    (void)state;
    struct bench bench;
    static struct bytes bytes;
    static const struct kind kind = {
        "", NULL, {"bcde", "abcd", "cde", "de", "abcdefgh", "xbcdey", "e", "d", "c", "abc"}};

    bench_open(&bench, "rule r { strings: $a = \"abcdefgh\" $b = \"bcde\" $c = /xbcdey+/"
                       " $d = { 62 63 64 65 66 [4] 67 } $e = \"cdeX\" condition: any of them }");
    for (unsigned turn = 0; turn < 5000; turn++) {
        make_buffer(&kind, &bytes);
        if (yara_finds(bench.scanner, bytes.data, bytes.size))
            assert_true(hits(&bench, bytes.data, bytes.size));
    }
    bench_close(&bench);
}

/* Every length of a literal around the limits, also over 1,000 bytes. */
static void never_misses_long_literals(void **state)
{
    (void)state;
    static const size_t lengths[] = {1,  2,  3,   4,   5,   8,    31,   63,
                                     64, 65, 500, 501, 999, 1000, 1001, 1500};
    static char source[8192];
    static const char *const modifiers[] = {"", "wide", "nocase", "ascii wide nocase", "xor(7)"};

    for (size_t at = 0; at < sizeof(lengths) / sizeof(*lengths); at++) {
        for (size_t modifier = 0; modifier < 5; modifier++) {
            char text[1501];
            struct bytes bytes = {0};
            struct bench bench;
            for (size_t place = 0; place < lengths[at]; place++)
                text[place] = (char)(place < 70 ? 'A' : 'a' + (int)draw(26));
            text[lengths[at]] = '\0';
            snprintf(source, sizeof(source), "rule r { strings: $a = \"%s\" %s condition: $a }",
                     text, modifiers[modifier]);
            bench_open(&bench, source);
            put_noise(&bytes, draw(200));
            for (size_t place = 0; place < lengths[at]; place++) {
                unsigned key = modifier == 4 ? 7 : 0;
                put(&bytes, (unsigned char)text[place] ^ key);
                if (modifier == 1)
                    put(&bytes, 0);
            }
            put_noise(&bytes, draw(200));
            assert_true(yara_finds(bench.scanner, bytes.data, bytes.size));
            assert_true(hits(&bench, bytes.data, bytes.size));
            assert_true(sw_prefilter_overlap(bench.prefilter) < 1000);
            bench_close(&bench);
        }
    }
}

/* A string that is planted across the edge of two windows is in one of them. */
static void windows_lose_nothing(void **state)
{
    (void)state;
    static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    struct bench bench;

    bench_open(&bench,
               "rule r { strings: $a = \"0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOP\" "
               "condition: $a }");
    size_t overlap = sw_prefilter_overlap(bench.prefilter);
    assert_int_equal(overlap, 52);
    for (size_t window = overlap + 1; window < overlap + 90; window++) {
        for (size_t place = 0; place < 400; place++) {
            struct bytes bytes = {.size = 600};
            memcpy(bytes.data + place, text, sizeof(text) - 1);
            assert_true(hits_in_windows(&bench, &bytes, window));
        }
    }
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_misses_a_kind),
        cmocka_unit_test(never_misses_all_together),
        cmocka_unit_test(never_misses_in_a_crowd),
        cmocka_unit_test(never_misses_random_rules),
        cmocka_unit_test(never_misses_nested_literals),
        cmocka_unit_test(never_misses_long_literals),
        cmocka_unit_test(windows_lose_nothing),
    };

    if (!matcher_exists())
        return 0; /* test_prefilter says so */
    return cmocka_run_group_tests(tests, start, stop);
}
