/* SPDX-License-Identifier: Apache-2.0 */
/* The command line and the config file, right and wrong; and the help, whose
 * every line has to come from the table. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "supervisor/option_table.h"
#include "sweeper/options.h"
#include "sweeper/sink.h"

#define ARGUMENTS_MAX 32

/* One parse; the words are separate strings of argv, after "sweeper". */
struct run {
    struct sw_options options;
    struct sw_error error;
    enum sw_exit exit_code;
    enum sw_status status;
};

static void parse_list(struct run *run, const char *const *words)
{
    char *argv[ARGUMENTS_MAX + 1] = {strdup("sweeper")};
    int argc = 1;
    for (; words[argc - 1] != NULL; argc++) {
        assert_true(argc < ARGUMENTS_MAX);
        argv[argc] = strdup(words[argc - 1]);
    }
    memset(run, 0xa5, sizeof *run);
    run->status = sw_options_parse(argc, argv, &run->options, &run->exit_code, &run->error);
    /* Everything below looks at the options at once, so the words may go; but
     * texts borrow from them, so they go only when the test program does. */
    static char *kept[4096];
    static size_t kept_count;
    for (int i = 0; i < argc; i++) {
        assert_true(kept_count < sizeof kept / sizeof kept[0]);
        kept[kept_count++] = argv[i];
    }
}

#define PARSE(run, ...) parse_list(run, (const char *const[]){__VA_ARGS__, NULL})

static void check_fails(const char *message, enum sw_exit exit_code, const char *const *words)
{
    struct run run;
    parse_list(&run, words);
    if (run.status == SW_OK)
        fail_msg("was taken, but should fail with: %s", message);
    assert_int_equal(run.status, SW_STOP);
    assert_string_equal(run.error.text, message);
    assert_int_equal(run.exit_code, exit_code);
    /* Nothing is held, and done is harmless. */
    assert_null(run.options.owned);
    assert_null(run.options.targets.rows);
    sw_options_done(&run.options);
}

#define USAGE(message, ...)                                                                        \
    check_fails(message, SW_EXIT_USAGE, (const char *const[]){__VA_ARGS__, NULL})

static void check_given(const struct sw_options *options, const char *const *expected)
{
    size_t count = 0;
    for (; expected[count] != NULL; count++) {
        assert_true(count < options->given.count);
        assert_string_equal(options->given.rows[count], expected[count]);
    }
    assert_int_equal(options->given.count, count);
}

#define GIVEN(options, ...) check_given(options, (const char *const[]){__VA_ARGS__, NULL})

static void defaults_are_as_documented(void **state)
{
    struct run run;
    cpu_set_t mask;
    (void)state;
    PARSE(&run, "scan", "/srv");
    assert_int_equal(run.status, SW_OK);
    assert_int_equal(run.options.verb, SW_VERB_SCAN);
    assert_int_equal(run.options.targets.count, 1);
    assert_string_equal(run.options.targets.rows[0], "/srv");
    assert_true(run.options.builtin_rules && run.options.prefilter);
    assert_int_equal(run.options.one_file_system, -1);
    assert_int_equal(run.options.fail_on, SW_SEVERITY_MEDIUM);
    assert_false(run.options.fail_on_never || run.options.allow_gaps || run.options.strict);
    assert_false(run.options.types);
    assert_int_equal(run.options.progress, SW_WHEN_AUTO);
    assert_int_equal(run.options.color, SW_WHEN_AUTO);
    assert_int_equal(run.options.sandbox, SW_SANDBOX_AUTO);
    assert_int_equal(run.options.output_count, 0);
    assert_true(run.options.limits.memory_max == 512 * SW_MIB);
    assert_int_equal(sched_getaffinity(0, sizeof mask, &mask), 0);
    int count = CPU_COUNT(&mask);
    assert_int_equal(run.options.thread_count, count > SW_THREADS_MAX ? SW_THREADS_MAX : count);
    assert_int_equal(run.options.given.count, 0);
    sw_options_done(&run.options);
}

static void threads_follow_the_affinity_mask(void **state)
{
    struct run run;
    cpu_set_t before;
    cpu_set_t one;
    size_t cpu = 0;
    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    while (!CPU_ISSET(cpu, &before))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    PARSE(&run, "scan", "/");
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_int_equal(run.options.thread_count, 1);
    sw_options_done(&run.options);
}

static void every_option_of_scan_is_set(void **state)
{
    struct run run;
    (void)state;
    PARSE(&run, "scan", "-o", "json=/tmp/a=b", "--output=text", "-r", "one.yar", "--rules=dir",
          "--no-builtin-rules", "--no-prefilter", "-j3", "--memory", "1GiB", "--exclude", "*.o",
          "--exclude=/proc/*", "--one-file-system", "--max-file-size=2g", "--max-time", "5m",
          "--max-matches", "7", "--fail-on", "high");
    assert_int_equal(run.status, SW_STOP); /* no target yet */
    PARSE(&run, "scan", "-o", "json=/tmp/a=b", "--output=text", "-r", "one.yar", "--rules=dir",
          "--no-builtin-rules", "--no-prefilter", "-j3", "--memory", "1GiB", "--exclude", "*.o",
          "--exclude=/proc/*", "--one-file-system", "--max-file-size=2g", "--max-time", "5m",
          "--max-matches", "7", "--fail-on", "high", "t");
    assert_int_equal(run.status, SW_OK);
    const struct sw_options *options = &run.options;
    assert_int_equal(options->output_count, 2);
    assert_string_equal(options->outputs[0].format, "json");
    assert_string_equal(options->outputs[0].file, "/tmp/a=b");
    assert_string_equal(options->outputs[1].format, "text");
    assert_null(options->outputs[1].file);
    assert_int_equal(options->rules.count, 2);
    assert_string_equal(options->rules.rows[1], "dir");
    assert_int_equal(options->excludes.count, 2);
    assert_string_equal(options->excludes.rows[0], "*.o");
    assert_false(options->builtin_rules || options->prefilter);
    assert_int_equal(options->thread_count, 3);
    assert_true(options->limits.memory_max == SW_GIB);
    assert_true(options->limits.file_size_max == 2 * SW_GIB);
    assert_int_equal(options->limits.time_max_s, 300);
    assert_int_equal(options->limits.matches_max, 7);
    assert_int_equal(options->one_file_system, 1);
    assert_int_equal(options->fail_on, SW_SEVERITY_HIGH);
    /* In table order, as typed; 5m is the default, and so is not named. */
    GIVEN(options, "--output=json=/tmp/a=b", "--output=text", "--rules=one.yar", "--rules=dir",
          "--no-builtin-rules", "--no-prefilter", "--threads=3", "--memory=1GiB", "--exclude=*.o",
          "--exclude=/proc/*", "--one-file-system", "--max-file-size=2g", "--max-matches=7",
          "--fail-on=high");
    sw_options_done(&run.options);
}

static void flags_and_choices_are_set(void **state)
{
    struct run run;
    (void)state;
    PARSE(&run, "scan", "t", "--allow-gaps", "--strict", "--types", "--progress", "never",
          "--color=always", "--sandbox", "require", "--no-one-file-system", "--fail-on=never");
    assert_int_equal(run.status, SW_OK);
    assert_true(run.options.allow_gaps && run.options.strict && run.options.types);
    assert_int_equal(run.options.progress, SW_WHEN_NEVER);
    assert_int_equal(run.options.color, SW_WHEN_ALWAYS);
    assert_int_equal(run.options.sandbox, SW_SANDBOX_REQUIRE);
    assert_int_equal(run.options.one_file_system, 0);
    assert_true(run.options.fail_on_never);
    GIVEN(&run.options, "--no-one-file-system", "--fail-on=never", "--allow-gaps", "--strict",
          "--types", "--progress=never", "--color=always", "--sandbox=require");
    sw_options_done(&run.options);
}

static void the_last_one_counts(void **state)
{
    struct run run;
    (void)state;
    PARSE(&run, "scan", "t", "--fail-on", "never", "--fail-on", "critical", "--one-file-system",
          "--no-one-file-system", "--memory=1G", "--memory=2G", "--color", "never", "--color=auto");
    assert_int_equal(run.status, SW_OK);
    assert_false(run.options.fail_on_never);
    assert_int_equal(run.options.fail_on, SW_SEVERITY_CRITICAL);
    GIVEN(&run.options, "--memory=2G", "--no-one-file-system", "--fail-on=critical");
    sw_options_done(&run.options);
}

static void two_dashes_end_the_options(void **state)
{
    struct run run;
    (void)state;
    PARSE(&run, "scan", "a", "--types", "b", "--", "--strict", "-x", "--", "c");
    assert_int_equal(run.status, SW_OK);
    assert_true(run.options.types);
    assert_false(run.options.strict);
    assert_int_equal(run.options.targets.count, 6);
    assert_string_equal(run.options.targets.rows[2], "--strict");
    assert_string_equal(run.options.targets.rows[4], "--");
    sw_options_done(&run.options);
    PARSE(&run, "scan", "--", "-");
    assert_int_equal(run.status, SW_OK);
    assert_string_equal(run.options.targets.rows[0], "-");
    sw_options_done(&run.options);
}

static void every_severity_has_its_name(void **state)
{
    (void)state;
    for (int i = SW_SEVERITY_INFO; i <= SW_SEVERITY_CRITICAL; i++) {
        struct run run;
        PARSE(&run, "scan", "t", "--fail-on", sw_severity_name((enum sw_severity)i));
        assert_int_equal(run.status, SW_OK);
        assert_int_equal(run.options.fail_on, i);
        sw_options_done(&run.options);
    }
}

static void verbs_are_found(void **state)
{
    struct run run;
    (void)state;
    PARSE(&run, "rules", "list", "--rules", "x", "--no-builtin-rules");
    assert_int_equal(run.status, SW_OK);
    assert_int_equal(run.options.verb, SW_VERB_RULES_LIST);
    GIVEN(&run.options, "--rules=x", "--no-builtin-rules");
    sw_options_done(&run.options);
    PARSE(&run, "rules", "check", "a.yar", "b.yar", "--sample", "dir");
    assert_int_equal(run.status, SW_OK);
    assert_int_equal(run.options.verb, SW_VERB_RULES_CHECK);
    assert_int_equal(run.options.targets.count, 2);
    assert_string_equal(run.options.sample, "dir");
    GIVEN(&run.options, "--sample=dir");
    sw_options_done(&run.options);
}

static void help_and_version_win(void **state)
{
    static const struct {
        const char *words[5];
        enum sw_verb verb;
        enum sw_verb help_verb;
    } rows[] = {
        {{"help"}, SW_VERB_HELP, SW_VERB_NONE},
        {{"-h"}, SW_VERB_HELP, SW_VERB_NONE},
        {{"--help"}, SW_VERB_HELP, SW_VERB_NONE},
        {{"help", "--help"}, SW_VERB_HELP, SW_VERB_NONE},
        {{"help", "scan"}, SW_VERB_HELP, SW_VERB_SCAN},
        {{"help", "rules"}, SW_VERB_HELP, SW_VERB_NONE},
        {{"help", "rules", "list"}, SW_VERB_HELP, SW_VERB_RULES_LIST},
        {{"rules", "--help"}, SW_VERB_HELP, SW_VERB_NONE},
        {{"rules", "check", "-h"}, SW_VERB_HELP, SW_VERB_RULES_CHECK},
        {{"scan", "--help"}, SW_VERB_HELP, SW_VERB_SCAN},
        {{"scan", "--types", "-h", "--nonsense"}, SW_VERB_HELP, SW_VERB_SCAN},
        {{"scan", "-hx"}, SW_VERB_HELP, SW_VERB_SCAN},
        {{"help", "man"}, SW_VERB_HELP_MAN, SW_VERB_NONE},
        {{"help", "man", "-h"}, SW_VERB_HELP, SW_VERB_HELP_MAN},
        {{"help", "completion", "zsh"}, SW_VERB_HELP_COMPLETION, SW_VERB_NONE},
        {{"version"}, SW_VERB_VERSION, SW_VERB_NONE},
        {{"-V"}, SW_VERB_VERSION, SW_VERB_NONE},
        {{"--version"}, SW_VERB_VERSION, SW_VERB_NONE},
        {{"scan", "-V"}, SW_VERB_VERSION, SW_VERB_NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run run;
        parse_list(&run, rows[i].words);
        assert_int_equal(run.status, SW_OK);
        assert_int_equal(run.options.verb, rows[i].verb);
        assert_int_equal(run.options.help_verb, rows[i].help_verb);
        sw_options_done(&run.options);
    }
}

static void wrong_verbs_get_a_hint(void **state)
{
    struct run run;
    (void)state;
    parse_list(&run, (const char *const[]){NULL});
    assert_int_equal(run.status, SW_STOP);
    assert_string_equal(run.error.text, "no verb given; \"sweeper help\" lists them");
    USAGE("unknown verb \"scna\"; did you mean \"scan\"?", "scna", "/");
    USAGE("unknown verb \"xyz\"; \"sweeper help\" lists them", "xyz");
    USAGE("\"/usr\" is not a verb; to sweep it: sweeper scan /usr", "/usr");
    USAGE("\"rules\" is only half a verb; \"sweeper help\" lists them all", "rules");
    USAGE("unknown verb \"rules lits\"; did you mean \"rules list\"?", "rules", "lits");
    USAGE("unknown verb \"rules destroy\"", "rules", "destroy");
    USAGE("\"-j2\": options come after the verb, as in: sweeper scan --types /srv", "-j2", "scan");
    USAGE("help takes one verb, not \"x\" too", "help", "scan", "x");
    USAGE("version takes nothing after it", "version", "now");
    USAGE("help man takes nothing after it", "help", "man", "now");
    USAGE("help completion needs a SHELL: bash, zsh or fish", "help", "completion");
    USAGE("no completion for \"ksh\" (there is bash, zsh and fish)", "help", "completion", "ksh");
    USAGE("help completion takes one SHELL, not \"zsh\" too", "help", "completion", "bash", "zsh");
    USAGE("\"rules list\" takes no \"x.yar\"; to list the rules there: --rules PATH", "rules",
          "list", "x.yar");
}

static void wrong_options_get_a_hint(void **state)
{
    (void)state;
    USAGE("scan needs a TARGET: a directory, a file, an image, or - for standard input", "scan");
    USAGE("scan needs a TARGET: a directory, a file, an image, or - for standard input", "scan",
          "--types");
    USAGE("an empty name is neither file nor directory", "scan", "");
    USAGE("\"-\": only scan reads standard input; name a file or directory", "rules", "check", "-");
    USAGE("registry:Host/x:: its tag or digest is none (NAME:TAG or NAME@sha256:...)", "scan",
          "registry:Host/x:");
    USAGE("docker:: is no name of an image", "scan", "docker:");
    USAGE("unknown option \"--exlude\"; did you mean \"--exclude\"?", "scan", "--exlude=x", "/");
    USAGE("unknown option \"--tpyes\"; did you mean \"--types\"?", "scan", "--tpyes", "/");
    /* No abbreviations: "--excl" is 3 edits away, which is near but not it. */
    USAGE("unknown option \"--excl\"; did you mean \"--exclude\"?", "scan", "--excl", "x", "/");
    USAGE("unknown option \"--ex\"", "scan", "--ex", "x", "/");
    USAGE("unknown option \"--\"", "scan", "--=x", "/");
    USAGE("unknown option \"-x\"", "scan", "-x", "/");
    USAGE("unknown option \"-strict\"; did you mean \"--strict\"?", "scan", "-strict", "/");
    USAGE("--sample does not apply to \"scan\"", "scan", "--sample", "d", "/");
    USAGE("-j does not apply to \"rules list\"", "rules", "list", "-j2");
    USAGE("--output does not apply to \"rules check\"", "rules", "check", "--output", "json");
    USAGE("--types takes no value", "scan", "--types=yes", "/");
    USAGE("--rules needs a value: PATH", "scan", "/", "--rules");
    USAGE("--rules needs a value: PATH", "scan", "/", "--rules=");
    USAGE("--rules needs a value: PATH", "scan", "/", "--rules", "");
    USAGE("-j needs a value: N", "scan", "/", "-j");
}

static void wrong_values_are_named(void **state)
{
    (void)state;
    USAGE("--threads: \"0\" is not a number from 1 to 64", "scan", "/", "-j0");
    USAGE("--threads: \"65\" is not a number from 1 to 64", "scan", "/", "--threads=65");
    USAGE("--threads: \"=2\" is not a number from 1 to 64", "scan", "/", "-j=2");
    USAGE("--threads: \"two\" is not a number from 1 to 64", "scan", "/", "-j", "two");
    USAGE("--memory: \"67108863\" is less than 64 MiB", "scan", "/", "--memory=67108863");
    USAGE("--memory: \"64MB\" is not a size, such as 512M or 2GiB", "scan", "/", "--memory=64MB");
    USAGE("--max-file-size: \"0\" is less than 1 B", "scan", "/", "--max-file-size=0");
    USAGE("--max-file-size: \"9223372036854775808\" is more than 8 EiB", "scan", "/",
          "--max-file-size=9223372036854775808");
    USAGE("--max-time: \"0\" is not a time, such as 90, 90s, 5m or 2h", "scan", "/",
          "--max-time=0");
    USAGE("--max-time: \"169h\" is not between 1 and 604800 seconds", "scan", "/",
          "--max-time=169h");
    USAGE("--max-matches: \"1000001\" is not a number from 1 to 1000000", "scan", "/",
          "--max-matches=1000001");
    USAGE("--fail-on: unknown value \"hihg\"; did you mean \"high\"?", "scan", "/", "--fail-on",
          "hihg");
    USAGE("--fail-on: unknown value \"?\"; it takes one of: critical, high, medium, low, info, "
          "never",
          "scan", "/", "--fail-on", "?");
    USAGE("--fail-on: unknown value \"HIGH\"; it takes one of: critical, high, medium, low, info, "
          "never",
          "scan", "/", "--fail-on", "HIGH");
    USAGE("--progress: unknown value \"allways\"; did you mean \"always\"?", "scan", "/",
          "--progress=allways");
    USAGE("--sandbox: unknown value \"off\"; it takes one of: auto, require", "scan", "/",
          "--sandbox=off");
}

static void limits_of_values_are_inclusive(void **state)
{
    struct run run;
    (void)state;
    PARSE(&run, "scan", "/", "-j64", "--memory=64M", "--max-file-size=1", "--max-time=168h",
          "--max-matches=1000000");
    assert_int_equal(run.status, SW_OK);
    sw_options_done(&run.options);
    PARSE(&run, "scan", "/", "-j1", "--max-file-size=9223372036854775807", "--max-time=1",
          "--max-matches=1");
    assert_int_equal(run.status, SW_OK);
    sw_options_done(&run.options);
}

static void outputs_do_not_collide(void **state)
{
    struct run run;
    char name[] = "/tmp/sweeper-options-XXXXXX";
    char link_name[64];
    char first[64];
    char second[80];
    char message[128];
    (void)state;
    PARSE(&run, "scan", "/", "-o", "jsno");
    assert_int_equal(run.exit_code, SW_EXIT_USAGE);
    assert_non_null(strstr(run.error.text, "unknown format \"jsno\"; there are: "));
    assert_non_null(strstr(run.error.text, sw_sink_formats()));
    USAGE("--output: \"json=\" names no file", "scan", "/", "-ojson=");
    USAGE("two outputs go to standard output; give one a file: -o text=FILE", "scan", "/", "-ojson",
          "-otext");
    USAGE("two outputs go to one file: a", "scan", "/", "-ojson=a", "-otext", "-ojsonl=a");

    /* Another name of the same file is the same file. */
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    (void)snprintf(link_name, sizeof link_name, "%s.link", name);
    assert_int_equal(symlink(name, link_name), 0);
    (void)snprintf(first, sizeof first, "json=%s", name);
    (void)snprintf(second, sizeof second, "text=%s", link_name);
    (void)snprintf(message, sizeof message, "two outputs go to one file: %s", link_name);
    USAGE(message, "scan", "/", "-o", first, "-o", second);
    close(fd);
    unlink(link_name);
    unlink(name);

    PARSE(&run, "scan", "/", "-ojson=a", "-otext=b", "-ojsonl");
    assert_int_equal(run.status, SW_OK);
    sw_options_done(&run.options);
}

/* Writes the text to a file and parses `scan WORDS... --config FILE`; in
 * messages FILE is the word CONFIG. */
static char config_path[] = "/tmp/sweeper-config-XXXXXX";

static void write_config(const char *text, size_t size)
{
    FILE *file = fopen(config_path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void check_config_fails(const char *text, const char *message)
{
    char expected[600];
    write_config(text, strlen(text));
    (void)snprintf(expected, sizeof expected, "%s:%s", config_path, message);
    USAGE(expected, "scan", "/", "--config", config_path);
}

static void config_is_read(void **state)
{
    static const char text[] = "# a comment\n"
                               "\n"
                               "   \t\r\n"
                               "strict\r\n"
                               "  memory =  1G  \n"
                               "exclude=*#x = y\n"
                               "  # exclude = no\n"
                               "rules = from file\n"
                               "output = json=/f\n"
                               "fail-on = low\n"
                               "exclude = last";
    struct run run;
    (void)state;
    write_config(text, sizeof text - 1);
    PARSE(&run, "scan", "/", "--exclude=mine", "--config", config_path);
    assert_int_equal(run.status, SW_OK);
    GIVEN(&run.options, "--output=json=/f", "--rules=from file", "--memory=1G", "--exclude=*#x = y",
          "--exclude=last", "--exclude=mine", "--fail-on=low", "--strict");
    sw_options_done(&run.options);

    /* The command line wins, wherever --config stands; -o replaces. */
    PARSE(&run, "scan", "/", "--memory=2G", "--fail-on=medium", "-otext=/t", "--config",
          config_path);
    assert_int_equal(run.status, SW_OK);
    assert_true(run.options.limits.memory_max == 2 * SW_GIB);
    GIVEN(&run.options, "--output=text=/t", "--rules=from file", "--memory=2G", "--exclude=*#x = y",
          "--exclude=last", "--strict");
    sw_options_done(&run.options);
}

static void wrong_configs_name_the_line(void **state)
{
    static const char nul[] = "strict\0types\n";
    char expected[200];
    (void)state;
    check_config_fails("strict\n\nexlude = x\n",
                       "3: unknown option \"exlude\"; did you mean \"exclude\"?");
    check_config_fails("--strict\n", "1: unknown option \"--strict\"; did you mean \"strict\"?");
    check_config_fails("strict = yes\n", "1: strict takes no value");
    check_config_fails("memory\n", "1: memory needs a value: SIZE");
    check_config_fails("memory =\n", "1: memory needs a value: SIZE");
    check_config_fails("# x\nmemory = 1M", "2: memory: \"1M\" is less than 64 MiB");
    check_config_fails("= x\n", "1: unknown option \"\"");
    check_config_fails("config = x\n", "1: config belongs on the command line, not in a config "
                                       "file");
    check_config_fails("help\n", "1: help belongs on the command line, not in a config file");
    check_config_fails("sample = x\n", "1: sample does not apply to \"scan\"");
    check_config_fails("o = json\n", "1: unknown option \"o\"");

    write_config(nul, sizeof nul - 1);
    (void)snprintf(expected, sizeof expected, "config file %s holds a NUL byte", config_path);
    USAGE(expected, "scan", "/", "--config", config_path);
    check_fails("config file /nonexistent/x: No such file or directory", SW_EXIT_FAILED,
                (const char *const[]){"scan", "/", "--config", "/nonexistent/x", NULL});
    check_fails("config file /: Is a directory", SW_EXIT_FAILED,
                (const char *const[]){"scan", "/", "--config", "/", NULL});
    USAGE("config file /dev/zero is larger than 1 MiB", "scan", "/", "--config", "/dev/zero");
    write_config("", 0);
    struct run run;
    PARSE(&run, "scan", "/", "--config", config_path);
    assert_int_equal(run.status, SW_OK);
    sw_options_done(&run.options);
    USAGE("--config does not apply to \"rules list\"", "rules", "list", "--config=x");
}

/* Bytes that would play with a terminal come out tamed, long ones cut. */
static void hostile_words_are_tamed(void **state)
{
    char huge[5000];
    struct run run;
    (void)state;
    USAGE("unknown verb \"?[2J?\"; \"sweeper help\" lists them", "\x1b[2J\xff");
    USAGE("unknown option \"--?\"", "scan", "--\n");
    memset(huge, 'a', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    memcpy(huge, "--", 2);
    PARSE(&run, "scan", huge);
    assert_int_equal(run.exit_code, SW_EXIT_USAGE);
    assert_true(strlen(run.error.text) < 200);
    PARSE(&run, "scan", "--threads", huge, "/");
    assert_int_equal(run.exit_code, SW_EXIT_USAGE);
    assert_non_null(strstr(run.error.text, "is not a number from 1 to 64"));
}

/* What is in force can be given again and means the same. */
static void given_can_be_given_again(void **state)
{
    struct run first;
    struct run second;
    const char *words[ARGUMENTS_MAX] = {"scan"};
    size_t count = 1;
    (void)state;
    PARSE(&first, "scan", "/", "-ojson=x", "-r", "-odd", "--exclude", "a b", "-j2", "--strict",
          "--sandbox=require", "--no-one-file-system");
    assert_int_equal(first.status, SW_OK);
    for (size_t i = 0; i < first.options.given.count; i++)
        words[count++] = first.options.given.rows[i];
    words[count++] = "/";
    parse_list(&second, words);
    assert_int_equal(second.status, SW_OK);
    assert_int_equal(second.options.given.count, first.options.given.count);
    for (size_t i = 0; i < first.options.given.count; i++)
        assert_string_equal(second.options.given.rows[i], first.options.given.rows[i]);
    sw_options_done(&first.options);
    sw_options_done(&second.options);
}

static void no_arguments_at_all(void **state)
{
    struct run run;
    char *argv[] = {NULL};
    (void)state;
    assert_int_equal(sw_options_parse(0, argv, &run.options, &run.exit_code, &run.error), SW_STOP);
    assert_int_equal(run.exit_code, SW_EXIT_USAGE);
    assert_int_equal(sw_options_parse(0, argv, &run.options, &run.exit_code, NULL), SW_STOP);
}

static char *help_of(enum sw_verb verb)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    sw_options_help(out, verb);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void help_fits_and_is_complete(void **state)
{
    static const enum sw_verb verbs[] = {
        SW_VERB_NONE,       SW_VERB_SCAN,       SW_VERB_RULES_LIST,  SW_VERB_RULES_CHECK,
        SW_VERB_RULES_TEST, SW_VERB_RULES_PACK, SW_VERB_RULES_VERIFY};
    size_t count = 0;
    const struct sw_option *rows = sw_option_rows(&count);
    (void)state;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        char *text = help_of(verbs[i]);
        for (const char *line = text; *line != '\0';) {
            size_t size = strcspn(line, "\n");
            assert_true(size <= 80);
            assert_true(size == 0 || line[size - 1] != ' ');
            assert_null(memchr(line, '\t', size));
            line += size + 1;
        }
        for (size_t j = 0; j < count && verbs[i] != SW_VERB_NONE; j++) {
            char name[64];
            (void)snprintf(name, sizeof name, " --%s", rows[j].name);
            const char *at = strstr(text, name);
            bool present = at != NULL && strchr(" \n", at[strlen(name)]) != NULL;
            assert_int_equal(present, sw_option_applies(&rows[j], verbs[i]));
        }
        free(text);
    }
}

static void help_tells_defaults_and_codes(void **state)
{
    char *scan = help_of(SW_VERB_SCAN);
    char *overview = help_of(SW_VERB_NONE);
    (void)state;
    assert_non_null(strstr(scan, "Usage: sweeper scan [OPTIONS] TARGET...\n"));
    assert_non_null(strstr(scan, "(default 512 MiB)"));
    assert_non_null(strstr(scan, "(default 64)"));
    assert_non_null(strstr(scan, "medium (default), low"));
    assert_non_null(strstr(overview, "  sweeper rules check [OPTIONS] [PATH...]\n"));
    assert_non_null(strstr(overview, "\n  130  "));
    assert_non_null(strstr(overview, "\n   64  "));
    free(scan);
    free(overview);
}

static void assert_usage(const char *const *words, size_t count, const char *says)
{
    char *argv[8];
    struct sw_options options;
    struct sw_error error = {.text = ""};
    enum sw_exit exit_code = SW_EXIT_CLEAN;
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++)
        assert_non_null(argv[i] = strdup(words[i]));
    assert_int_equal(sw_options_parse((int)count, argv, &options, &exit_code, &error), SW_STOP);
    assert_int_equal(exit_code, SW_EXIT_USAGE);
    assert_non_null(strstr(error.text, says));
    for (size_t i = 0; i < count; i++)
        free(argv[i]);
}

static void packs_need_what_they_are_made_of(void **state)
{
    static const char *const no_out[] = {"sweeper", "rules", "pack", "a.yar"};
    static const char *const no_path[] = {"sweeper", "rules", "pack", "--out", "x"};
    static const char *const no_file[] = {"sweeper", "rules", "verify"};
    static const char *const no_teeth[] = {"sweeper", "scan", "--trusted-key", "k", "/"};
    static const char *const builtin[] = {"sweeper", "rules", "pack", "--no-builtin-rules"};
    (void)state;
    assert_usage(no_out, 4, "--out");
    assert_usage(no_path, 5, "needs a PATH");
    assert_usage(no_file, 3, "needs a FILE");
    assert_usage(no_teeth, 5, "--require-signed");
    assert_usage(builtin, 4, "does not apply");
}

/* What the table must keep for the parser to be right about it. */
static void the_table_is_sound(void **state)
{
    size_t count = 0;
    const struct sw_option *rows = sw_option_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        bool bare = rows[i].kind == SW_OPTION_SET || rows[i].kind == SW_OPTION_TRISTATE ||
                    rows[i].kind == SW_OPTION_HELP || rows[i].kind == SW_OPTION_VERSION;
        assert_int_equal(rows[i].argument == NULL, bare);
        assert_true(rows[i].verbs != 0);
        assert_true(rows[i].help[strlen(rows[i].help) - 1] != '.');
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(rows[i].name, rows[j].name);
            assert_true(rows[i].letter == 0 || rows[i].letter != rows[j].letter);
        }
    }
}

static int make_config(void **state)
{
    (void)state;
    int fd = mkstemp(config_path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_config(void **state)
{
    (void)state;
    return unlink(config_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_as_documented),
        cmocka_unit_test(threads_follow_the_affinity_mask),
        cmocka_unit_test(every_option_of_scan_is_set),
        cmocka_unit_test(flags_and_choices_are_set),
        cmocka_unit_test(the_last_one_counts),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(every_severity_has_its_name),
        cmocka_unit_test(verbs_are_found),
        cmocka_unit_test(help_and_version_win),
        cmocka_unit_test(wrong_verbs_get_a_hint),
        cmocka_unit_test(wrong_options_get_a_hint),
        cmocka_unit_test(wrong_values_are_named),
        cmocka_unit_test(limits_of_values_are_inclusive),
        cmocka_unit_test(outputs_do_not_collide),
        cmocka_unit_test(config_is_read),
        cmocka_unit_test(wrong_configs_name_the_line),
        cmocka_unit_test(hostile_words_are_tamed),
        cmocka_unit_test(given_can_be_given_again),
        cmocka_unit_test(no_arguments_at_all),
        cmocka_unit_test(help_fits_and_is_complete),
        cmocka_unit_test(help_tells_defaults_and_codes),
        cmocka_unit_test(packs_need_what_they_are_made_of),
        cmocka_unit_test(the_table_is_sound),
    };
    return cmocka_run_group_tests(tests, make_config, remove_config);
}
