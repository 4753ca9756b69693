/* SPDX-License-Identifier: Apache-2.0 */
/* layers_wanted.c - which objects are looked into for encoded runs. */
#include <string.h>

#include "common/view.h"
#include "engine/source/decoded.h"

enum { TEXT_PROBE = 4096 /* bytes without a NUL make a text */ };

/* Nothing runs these as they are; together they are half of the text on a disk
 * and most of its long runs. What they hold raw is found all the same. */
static const char *const left_out[] = {
    ".h",  ".hh",  ".hpp", ".c",    ".cc",  ".cpp", ".cxx", ".go",  ".rs",    ".java", ".s",
    ".S",  ".td",  ".inl", ".html", ".htm", ".md",  ".rst", ".tsv", ".csv",   ".svg",  ".css",
    ".po", ".pot", ".pod", ".tex",  ".bib", ".pem", ".crt", ".map", ".patch", ".diff",
};
/* Lists of digests that package managers keep: each line is a run, and there may be
 * a hundred thousand of them. */
static const char *const digests[] = {".md5sums", "/md5sums", ".dist-info/RECORD"};

/* What runs these passes over a NUL in a comment. */
static const char *const scripts[] = {".js", ".mjs", ".cjs", ".ts",  ".sh",  ".bash", ".pth",
                                      ".py", ".pl",  ".rb",  ".php", ".ps1", ".jsp",  ".lua"};

static bool ends_in(struct sw_view path, const char *const *endings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(endings[i]);
        if (path.size >= size && memcmp(path.data + path.size - size, endings[i], size) == 0)
            return true;
    }
    return false;
}

static bool is_left_out(struct sw_view path)
{
    return ends_in(path, left_out, sizeof(left_out) / sizeof(left_out[0])) ||
           ends_in(path, digests, sizeof(digests) / sizeof(digests[0]));
}

/* Python's bytecode holds the constants of the source as they are: it is written
 * beside a trojan module when that is first imported. */
static bool is_bytecode(struct sw_view path, struct sw_view head)
{
    return sw_view_ends(path, SW_VIEW(".pyc")) && head.size > 16 && head.data[2] == '\r' &&
           head.data[3] == '\n';
}

bool sw_is_script_name(struct sw_view path)
{
    return ends_in(path, scripts, sizeof(scripts) / sizeof(scripts[0]));
}

/* The kernel asks for the first two bytes, and for no name. */
static bool is_script(struct sw_view path, struct sw_view head)
{
    return sw_view_starts(head, SW_VIEW("#!")) || sw_is_script_name(path);
}

bool sw_layers_wanted(struct sw_view path, struct sw_view head)
{
    size_t size = head.size < TEXT_PROBE ? head.size : TEXT_PROBE;

    if (size < SW_RUN_MIN)
        return false;
    if (is_script(path, head))
        return true;
    return !is_left_out(path) && (memchr(head.data, '\0', size) == NULL || is_bytecode(path, head));
}
