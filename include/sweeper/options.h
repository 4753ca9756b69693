/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the whole command line as one table: parser, help, config file
 * and documentation all come from its rows (sweeper/supervisor/option_table.c).
 *
 * Runs in:  supervisor.
 * Threads:  one.
 * Owns:     struct sw_options owns its lists until sw_options_done(); texts
 *           borrow from argv or from the config file's memory, which it holds.
 * Fails:    SW_STOP with the exit code to use: 64 for usage, 2 when the config
 *           file cannot be read or memory is short. The options then hold
 *           nothing; sw_options_done() is harmless.
 */
#ifndef SWEEPER_OPTIONS_H
#define SWEEPER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sweeper/key.h"
#include "sweeper/limits.h"
#include "sweeper/severity.h"
#include "sweeper/status.h"

/* Exit codes; of several, the first in this order wins: 64, 65, 2, 130, 1, 3, 0. */
enum sw_exit {
    SW_EXIT_CLEAN = 0,    /* complete, nothing at or above --fail-on */
    SW_EXIT_FINDINGS = 1, /* something at or above --fail-on */
    SW_EXIT_FAILED = 2,   /* could not run, or ended by a fatal error */
    SW_EXIT_GAPS = 3,     /* nothing found, but not everything was looked at */
    SW_EXIT_USAGE = 64,
    SW_EXIT_RULES = 65, /* bad rules */
    SW_EXIT_INTERRUPTED = 130,
};

enum sw_verb {
    SW_VERB_NONE,
    SW_VERB_SCAN,
    SW_VERB_RULES_LIST,
    SW_VERB_RULES_CHECK,
    SW_VERB_RULES_TEST,
    SW_VERB_RULES_PACK,
    SW_VERB_RULES_VERIFY,
    SW_VERB_SELFTEST,
    SW_VERB_REPORT,
    SW_VERB_HELP,
    SW_VERB_HELP_MAN,
    SW_VERB_HELP_COMPLETION,
    SW_VERB_VERSION
};

struct sw_texts {
    const char **rows;
    size_t count;
};

struct sw_keys {
    struct sw_key *rows;
    size_t count;
};

/* One -o FORMAT[=FILE]. */
struct sw_output_option {
    const char *format; /* name of a row in the sink table */
    const char *file;   /* NULL: standard output */
};

enum sw_when { SW_WHEN_AUTO, SW_WHEN_ALWAYS, SW_WHEN_NEVER };
enum sw_hash_mode { SW_HASH_NEEDED, SW_HASH_ALL };
enum sw_sandbox_mode { SW_SANDBOX_AUTO, SW_SANDBOX_REQUIRE };
enum sw_exposure_mode { SW_EXPOSURE_AUTO, SW_EXPOSURE_OFF, SW_EXPOSURE_ON };

struct sw_options {
    enum sw_verb verb;
    enum sw_verb help_verb; /* what `--help` was asked about */
    /* scan: TARGET...; rules: PATH..., CASES_PATH...; report: FILE...; help completion: SHELL */
    struct sw_texts targets;
    struct sw_texts rules;      /* --rules */
    struct sw_texts indicators; /* --indicators */
    struct sw_texts suppress;   /* --suppress */
    struct sw_texts passwords;  /* --password */
    struct sw_keys keys;        /* --key; at most SW_KEYS_MAX */
    bool show_suppressed;
    struct sw_texts excludes;  /* --exclude */
    struct sw_texts platforms; /* --platform */
    struct sw_texts bases;     /* --base */
    const char *layer_cache;   /* --layer-cache; NULL: none */
    bool builtin_rules;        /* --no-builtin-rules clears it */
    bool prefilter;            /* --no-prefilter clears it */
    struct sw_output_option *outputs;
    size_t output_count;
    unsigned thread_count;    /* -j; default: online CPUs of the affinity mask */
    int one_file_system;      /* 1, 0, -1 default */
    enum sw_severity fail_on; /* --fail-on; medium */
    bool fail_on_never;       /* --fail-on never */
    bool fail_on_added;       /* --fail-on-added */
    bool allow_gaps;
    bool strict;
    bool types;             /* --types */
    bool decode;            /* --no-decode clears it */
    bool archives;          /* --no-archives clears it */
    bool integrity;         /* --integrity */
    bool unallocated;       /* --unallocated */
    bool slack;             /* --slack */
    bool verify_image;      /* --verify-image */
    enum sw_hash_mode hash; /* --hash */
    enum sw_when progress;
    enum sw_when color;
    enum sw_sandbox_mode sandbox;
    enum sw_exposure_mode exposure; /* --exposure */
    enum sw_when report_hash;       /* --report-hash */
    bool insecure_registry;         /* --insecure-registry */
    bool credential_helpers;        /* --credential-helpers */
    uint32_t fetch_timeout_s;       /* --fetch-timeout */
    struct sw_limits limits;
    const char *sample;           /* rules check --sample DIR; NULL: none given */
    bool json;                    /* rules list --json, selftest --json */
    bool verbose;                 /* selftest --verbose */
    bool verify;                  /* report --verify */
    bool require_signed;          /* --require-signed */
    struct sw_texts trusted_keys; /* --trusted-key */
    bool pack_builtin;            /* rules pack --builtin-rules */
    struct sw_texts sign_keys;    /* rules pack --sign */
    const char *out;              /* rules pack --out FILE; never NULL with that verb */
    const char *case_number;      /* --case; NULL: none given */
    const char *evidence_number;  /* --evidence; likewise */
    const char *examiner_name;    /* --examiner; likewise */
    const char *timeline;         /* report --timeline FILE, "-"; NULL: not asked for */
    /* For sweep_start: every option in force that is not at its default, as
     * "--name=value". */
    struct sw_texts given;
    /* Private: what the texts borrow from. */
    char **owned;
    size_t owned_count;
};

/* Parses argv and, if --config names one, a config file (one option a line,
 * the long name without dashes, `name = value` or `name`; lines that start with
 * `#` are comments; the command line wins over the file: what may be repeated
 * is added to the file's, but any -o replaces all of the file's). On failure
 * prints nothing: the error's text is the message, with a suggestion when a
 * word is near a known one, and *exit_code says what to exit with. */
enum sw_status sw_options_parse(int argc, char *const *argv, struct sw_options *options,
                                enum sw_exit *exit_code, struct sw_error *error) SW_MUST_CHECK;
/* Whether the SHA-256 of each report is written beside it: when somebody said so, or said whose
 * case it is. */
bool sw_options_hash_reports(const struct sw_options *options);
void sw_options_done(struct sw_options *options);

/* Help for one verb, or the overview for SW_VERB_NONE. Width: 80 columns. */
void sw_options_help(FILE *out, enum sw_verb verb);
/* The manual page, for man(7). */
void sw_options_man(FILE *out);
/* What `shell` needs to complete command lines; one that the parser let pass. */
void sw_options_completion(FILE *out, const char *shell);

#endif
