/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option_table.h - private to the options: the rows that the command line,
 * the help and the config file are made of. Whoever adds an option adds a row
 * here and nowhere else.
 *
 * Threads:  any; all of it is constant.
 */
#ifndef SWEEPER_SUPERVISOR_OPTION_TABLE_H
#define SWEEPER_SUPERVISOR_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/options.h"

/* What kind of field a row sets, and so how its value is read. */
enum sw_option_kind {
    SW_OPTION_SET,      /* bool: becomes `value`; takes no value */
    SW_OPTION_TRISTATE, /* int, -1 by default: becomes `value`; takes no value */
    SW_OPTION_NUMBER,   /* uint32_t in [min, max] */
    SW_OPTION_SIZE,     /* uint64_t bytes in [min, max] */
    SW_OPTION_SECONDS,  /* uint32_t in [min, max] */
    SW_OPTION_CHOICE,   /* int-sized enum: the index in `choices` */
    SW_OPTION_FAIL_ON,  /* fail_on and fail_on_never; `choices` for the help */
    SW_OPTION_TEXT,     /* const char *: the last one counts */
    SW_OPTION_TEXTS,    /* struct sw_texts: one more */
    SW_OPTION_SECRETS,  /* likewise, from file:PATH, fd:N or the value, which is blotted out */
    SW_OPTION_KEYS,     /* struct sw_keys: one more, likewise; see option_secret.h */
    SW_OPTION_OUTPUT,   /* outputs: one more */
    SW_OPTION_CONFIG,   /* names the config file; no field */
    SW_OPTION_HELP,     /* turns the verb into help; no field */
    SW_OPTION_VERSION,  /* turns the verb into version; no field */
    SW_OPTION_KIND_COUNT
};

struct sw_option {
    const char *name;     /* long, without dashes: also its name in config files */
    const char *argument; /* how the help calls the value; NULL: takes none */
    /* The value when none is given: one stands behind "=" only. NULL: it needs one. */
    const char *otherwise;
    enum sw_option_kind kind;
    unsigned verbs; /* bits 1 << enum sw_verb: where it applies */
    int value;
    char letter;   /* 0: none */
    size_t offset; /* of the field in struct sw_options */
    uint64_t min;
    uint64_t max;
    const char *const *choices; /* ends in NULL */
    const char *default_text;   /* for the help, where the kind cannot tell */
    const char *help;           /* no capital, no full stop; the default is added */
};

struct sw_verb_row {
    enum sw_verb verb;
    const char *words[2]; /* "rules", "list"; the second may be NULL */
    const char *operands; /* as the usage line shows them */
    const char *summary;
};

struct sw_exit_row {
    enum sw_exit code;
    const char *meaning;
};

/* The tables; *count is the number of rows. */
const struct sw_option *sw_option_rows(size_t *count);
const struct sw_verb_row *sw_verb_rows(size_t *count);
const struct sw_exit_row *sw_exit_rows(size_t *count);

/* The shells that `help completion` writes for; ends in NULL. */
const char *const *sw_shell_rows(void);

/* Options with nothing given: lists empty, nothing owned. */
struct sw_options sw_options_default(void);

static inline bool sw_option_applies(const struct sw_option *option, enum sw_verb verb)
{
    return (option->verbs >> verb & 1U) != 0;
}

#endif
