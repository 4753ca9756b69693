/* SPDX-License-Identifier: Apache-2.0 */
/* temp_root.h - a folder of its own for each test: set-up, tear-down, paths below it. */
#ifndef SWEEPER_TESTS_TEMP_ROOT_H
#define SWEEPER_TESTS_TEMP_ROOT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char root[64];

static int make_root(void **state)
{
    (void)state;
    strcpy(root, "/tmp/sweeper-test-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int drop_root(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", root);
    return system(command);
}

/* The path below the root; one of four static buffers in turn. */
static const char *at(const char *path)
{
    static char paths[4][256];
    static unsigned next;
    char *out = paths[next++ % 4];
    snprintf(out, 256, "%s/%s", root, path);
    return out;
}

#endif
