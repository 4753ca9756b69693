/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build_step.h - the packages that a command line installs: pip, uv, pipx, poetry and pdm;
 * npm, pnpm, yarn, bun and their npx; code --install-extension.
 *
 * A shell's words, not a shell: quotes, backslashes, comments and what divides commands
 * are understood, and so is `sh -c`, in front of the rest or of one text in quotes. What
 * is computed is not known. Only exact versions are found, as in a list of requirements.
 *
 * The command comes byte by byte, so that it may stand in lines that go on, or in a JSON
 * text with escapes.
 *
 * Threads:  one step, one thread.
 * Trusts:   nothing; time is linear, nothing is allocated.
 */
#ifndef SWEEPER_ENGINE_PACKAGE_BUILD_STEP_H
#define SWEEPER_ENGINE_PACKAGE_BUILD_STEP_H

#include "engine/package/reader.h"
#include "engine/package/variables.h"

enum { SW_STEP_WORD_MAX = 512 }; /* bytes of a word that may name a package */

struct sw_build_step {
    struct sw_package_reader *reader;
    struct sw_variables *variables;
    /* private */
    uint8_t state;
    bool begun;   /* a word has come */
    bool list;    /* ["pip", "install", ...] */
    bool comment; /* until the end of the line */
    bool literal; /* the next byte stands for itself */
    uint8_t quote;
    uint8_t outer_quote; /* of the text behind sh -c */
    bool in_word;
    size_t size; /* of the word; more than there is room for: it is none */
    const uint8_t *at;
    uint8_t word[SW_STEP_WORD_MAX];
};

/* A new command; `variables` may become more. */
void sw_build_step_begin(struct sw_build_step *step, struct sw_package_reader *reader,
                         struct sw_variables *variables);
/* The next byte, which stands at `at`. False when reading is to end. */
bool sw_build_step_byte(struct sw_build_step *step, uint8_t byte, const uint8_t *at);
/* The command ends. */
bool sw_build_step_end(struct sw_build_step *step);

#endif
