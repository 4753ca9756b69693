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

static bool is_left_out(struct sw_view path)
{
    const uint8_t *dot = memrchr(path.data, '.', path.size);
    if (dot == NULL)
        return false;
    size_t size = path.size - (size_t)(dot - path.data);
    for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
        if (strlen(left_out[i]) == size && memcmp(dot, left_out[i], size) == 0)
            return true;
    return false;
}

/* Python's bytecode holds the constants of the source as they are: it is written
 * beside a trojan module when that is first imported. */
static bool is_bytecode(struct sw_view path, struct sw_view head)
{
    return sw_view_ends(path, SW_VIEW(".pyc")) && head.size > 16 && head.data[2] == '\r' &&
           head.data[3] == '\n';
}

bool sw_layers_wanted(struct sw_view path, struct sw_view head)
{
    size_t size = head.size < TEXT_PROBE ? head.size : TEXT_PROBE;
    return size >= SW_RUN_MIN && !is_left_out(path) &&
           (memchr(head.data, '\0', size) == NULL || is_bytecode(path, head));
}
