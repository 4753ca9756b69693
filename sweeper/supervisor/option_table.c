/* SPDX-License-Identifier: Apache-2.0 */
/* Every verb, option and exit code, one row each. */
#include "supervisor/option_table.h"

#include <sched.h>
#include <unistd.h>

#define SCAN   (1U << SW_VERB_SCAN)
#define LIST   (1U << SW_VERB_RULES_LIST)
#define CHECK  (1U << SW_VERB_RULES_CHECK)
#define TEST   (1U << SW_VERB_RULES_TEST)
#define PACK   (1U << SW_VERB_RULES_PACK)
#define VERIFY (1U << SW_VERB_RULES_VERIFY)
#define SELF   (1U << SW_VERB_SELFTEST)
#define USING  (SCAN | LIST | CHECK | TEST) /* verbs that use rules */
#define MAN    (1U << SW_VERB_HELP_MAN)
#define SHELLS (1U << SW_VERB_HELP_COMPLETION)
#define EVERY  (USING | PACK | VERIFY | SELF | MAN | SHELLS)

#define FIELD(name) .offset = offsetof(struct sw_options, name)

static const char *const when[] = {
    [SW_WHEN_AUTO] = "auto",
    [SW_WHEN_ALWAYS] = "always",
    [SW_WHEN_NEVER] = "never",
    NULL,
};
static const char *const hash[] = {
    [SW_HASH_NEEDED] = "needed", [SW_HASH_ALL] = "all", [SW_HASH_ALL + 1] = NULL};
static const char *const sandbox[] = {
    [SW_SANDBOX_AUTO] = "auto",
    [SW_SANDBOX_REQUIRE] = "require",
    NULL,
};
static const char *const exposure[] = {
    [SW_EXPOSURE_AUTO] = "auto",
    [SW_EXPOSURE_OFF] = "off",
    [SW_EXPOSURE_ON] = "on",
    NULL,
};
static const char *const fail_on[] = {"critical", "high", "medium", "low", "info", "never", NULL};

/* The order is that of the help and of what sweep_start says is in force. */
static const struct sw_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = SW_OPTION_OUTPUT,
     .argument = "FORMAT[=FILE]",
     .verbs = SCAN,
     .help = "write the records as FORMAT to FILE, or to standard output",
     .default_text = "jsonl to standard output, text when that is a terminal"},
    {.name = "rules",
     .letter = 'r',
     .kind = SW_OPTION_TEXTS,
     FIELD(rules),
     .argument = "PATH",
     .verbs = USING | PACK,
     .help = "add the YARA rules of a file, or of every *.yar and *.yara below a directory, or all "
             "of a rule pack"},
    {.name = "indicators",
     .kind = SW_OPTION_TEXTS,
     FIELD(indicators),
     .argument = "PATH",
     .verbs = USING | PACK,
     .help = "add the indicators (hashes, packages, paths, hosts) of a JSON file, or of every "
             "*.json below a directory"},
    {.name = "no-builtin-rules",
     .kind = SW_OPTION_SET,
     FIELD(builtin_rules),
     .value = false,
     .verbs = USING,
     .help = "leave out the rules and indicators that come with the program"},
    {.name = "require-signed",
     .kind = SW_OPTION_SET,
     FIELD(require_signed),
     .value = true,
     .verbs = USING,
     .help = "refuse all rules and indicators from outside but rule packs that are signed by a "
             "--trusted-key"},
    {.name = "trusted-key",
     .kind = SW_OPTION_TEXTS,
     FIELD(trusted_keys),
     .argument = "FILE",
     .verbs = USING | VERIFY,
     .help = "trust signatures of this Ed25519 public key, a PEM file"},
    {.name = "builtin-rules",
     .kind = SW_OPTION_SET,
     FIELD(pack_builtin),
     .value = true,
     .verbs = PACK,
     .help = "put the rules and indicators that come with the program into the pack too"},
    {.name = "sign",
     .kind = SW_OPTION_TEXTS,
     FIELD(sign_keys),
     .argument = "KEY",
     .verbs = PACK,
     .help = "sign with this Ed25519 private key, a PEM file without a password"},
    {.name = "out",
     .kind = SW_OPTION_TEXT,
     FIELD(out),
     .argument = "FILE",
     .verbs = PACK,
     .help = "write the pack to FILE, - for standard output"},
    {.name = "sample",
     .kind = SW_OPTION_TEXT,
     FIELD(sample),
     .argument = "DIR",
     .verbs = CHECK,
     .help = "measure the rules on the files below DIR: what reaches libyara, and why"},
    {.name = "json",
     .kind = SW_OPTION_SET,
     FIELD(json),
     .value = true,
     .verbs = LIST | SELF,
     .help = "rules list: rules and indicators with all that is known of them, selftest: every "
             "path; as one JSON document"},
    {.name = "verbose",
     .letter = 'v',
     .kind = SW_OPTION_SET,
     FIELD(verbose),
     .value = true,
     .verbs = SELF,
     .help = "write a line for each path, and not only for those that are blind"},
    {.name = "no-prefilter",
     .kind = SW_OPTION_SET,
     FIELD(prefilter),
     .value = false,
     .verbs = SCAN | SELF,
     .help = "let libyara search every byte; the findings are the same, only later"},
    {.name = "no-decode",
     .kind = SW_OPTION_SET,
     FIELD(decode),
     .value = false,
     .verbs = SCAN | SELF,
     .help = "do not look into base64 and hexadecimal runs, what is packed in them, and UTF-16"},
    {.name = "no-archives",
     .kind = SW_OPTION_SET,
     FIELD(archives),
     .value = false,
     .verbs = SCAN | SELF,
     .help = "do not open archives and packages, only look at them as files"},
    {.name = "integrity",
     .kind = SW_OPTION_SET,
     FIELD(integrity),
     .value = true,
     .verbs = SCAN,
     .help = "compare all files of installed Python distributions with their RECORDs, not only "
             "those of wheels and of known bad distributions"},
    {.name = "platform",
     .kind = SW_OPTION_TEXTS,
     FIELD(platforms),
     .argument = "OS/ARCH[/VARIANT]",
     .verbs = SCAN,
     .help = "of container images tell only what is in those of this platform, or of none that "
             "is known, and fetch no others from a registry"},
    {.name = "base",
     .kind = SW_OPTION_TEXTS,
     FIELD(bases),
     .argument = "IMAGE",
     .verbs = SCAN,
     .help = "say of findings in container images whether they are inherited from this base image: "
             "a saved image, an OCI layout, the JSON of its configuration, or an image that is "
             "fetched as a TARGET is"},
    {.name = "layer-cache",
     .kind = SW_OPTION_TEXT,
     FIELD(layer_cache),
     .argument = "DIR",
     .verbs = SCAN,
     .help = "keep in DIR what was found in the layers of container images, and do not read them "
             "again as long as rules, limits and program are the same"},
    {.name = "password",
     .kind = SW_OPTION_SECRETS,
     FIELD(passwords),
     .argument = "PASSWORD",
     .verbs = SCAN,
     .help = "try PASSWORD on encrypted archives, before \"infected\"; file:PATH and fd:N read it "
             "from there"},
    {.name = "key",
     .kind = SW_OPTION_KEYS,
     FIELD(keys),
     .argument = "KEY",
     .verbs = SCAN,
     .help =
         "unlock LUKS and BitLocker volumes inside disk images with KEY: a key file, pass:TEXT, "
         "recovery:NUMBERS, or fd:N, which is read as a key file; repeatable"},
    {.name = "hash",
     .kind = SW_OPTION_CHOICE,
     FIELD(hash),
     .argument = "WHICH",
     .choices = hash,
     .verbs = SCAN,
     .help = "compare with known hashes where size, kind or name fit, or every file"},
    {.name = "threads",
     .letter = 'j',
     .kind = SW_OPTION_NUMBER,
     FIELD(thread_count),
     .argument = "N",
     .min = 1,
     .max = SW_THREADS_MAX,
     .verbs = SCAN | SELF,
     .help = "scan with N threads, at most one for every 8 MiB of --memory",
     .default_text = "one for each CPU"},
    {.name = "memory",
     .kind = SW_OPTION_SIZE,
     FIELD(limits.memory_max),
     .argument = "SIZE",
     .min = SW_MEMORY_MIN,
     .max = INT64_MAX,
     .verbs = SCAN | SELF,
     .help = "ceiling for the memory of all processes together"},
    {.name = "exclude",
     .kind = SW_OPTION_TEXTS,
     FIELD(excludes),
     .argument = "GLOB",
     .verbs = SCAN,
     .help = "leave out what matches: a GLOB with a slash is matched against the whole path, one "
             "without against the name"},
    {.name = "one-file-system",
     .kind = SW_OPTION_TRISTATE,
     FIELD(one_file_system),
     .value = 1,
     .verbs = SCAN,
     .help = "stay on the file system of each target",
     .default_text = "only for the target /"},
    {.name = "no-one-file-system",
     .kind = SW_OPTION_TRISTATE,
     FIELD(one_file_system),
     .value = 0,
     .verbs = SCAN,
     .help = "go on to other file systems, for the target / too"},
    {.name = "fetch-timeout",
     .kind = SW_OPTION_SECONDS,
     FIELD(fetch_timeout_s),
     .argument = "SECONDS",
     .min = 1,
     .max = 3600,
     .verbs = SCAN,
     .help = "give up on a registry or container engine from which nothing comes for so long"},
    {.name = "insecure-registry",
     .kind = SW_OPTION_SET,
     FIELD(insecure_registry),
     .value = true,
     .verbs = SCAN,
     .help = "let a registry: target speak plain HTTP, or show any certificate"},
    {.name = "credential-helpers",
     .kind = SW_OPTION_SET,
     FIELD(credential_helpers),
     .value = true,
     .verbs = SCAN,
     .help = "run the credential helper that Docker's configuration names for a registry"},
    {.name = "max-file-size",
     .kind = SW_OPTION_SIZE,
     FIELD(limits.file_size_max),
     .argument = "SIZE",
     .min = 1,
     .max = INT64_MAX,
     .verbs = SCAN,
     .help = "do not read larger files; each is a gap"},
    {.name = "max-depth",
     .kind = SW_OPTION_NUMBER,
     FIELD(limits.depth_max),
     .argument = "N",
     .min = 1,
     .max = SW_DEPTH_MAX,
     .verbs = SCAN | SELF,
     .help = "open at most N archives inside one another"},
    {.name = "max-members",
     .kind = SW_OPTION_NUMBER,
     FIELD(limits.members_max),
     .argument = "N",
     .min = 1,
     .max = UINT32_MAX,
     .verbs = SCAN,
     .help = "look at no more than N members of all archives inside one file"},
    {.name = "max-bytes",
     .kind = SW_OPTION_SIZE,
     FIELD(limits.bytes_max),
     .argument = "SIZE",
     .min = 1,
     .max = INT64_MAX,
     .verbs = SCAN,
     .help = "unpack no more than SIZE out of one file"},
    {.name = "max-ratio",
     .kind = SW_OPTION_NUMBER,
     FIELD(limits.ratio_max),
     .argument = "N",
     .min = 1,
     .max = UINT32_MAX,
     .verbs = SCAN,
     .help = "unpack no more than N times the size of a file out of it, once past 64 MiB"},
    {.name = "spill",
     .kind = SW_OPTION_SIZE,
     FIELD(limits.spill_max),
     .argument = "SIZE",
     .min = 0,
     .max = INT64_MAX,
     .verbs = SCAN | SELF,
     .help = "keep at most SIZE of what does not fit into memory in unlinked temporary files"},
    {.name = "max-time",
     .kind = SW_OPTION_SECONDS,
     FIELD(limits.time_max_s),
     .argument = "SECONDS",
     .min = 1,
     .max = SW_TIME_MAX_S,
     .verbs = SCAN | SELF,
     .help = "CPU time for one file, or one member of an archive; more is a gap"},
    {.name = "max-matches",
     .kind = SW_OPTION_NUMBER,
     FIELD(limits.matches_max),
     .argument = "N",
     .min = 1,
     .max = SW_MATCHES_MAX,
     .verbs = SCAN,
     .help = "keep at most N matches of one pattern in a finding"},
    {.name = "suppress",
     .kind = SW_OPTION_TEXTS,
     FIELD(suppress),
     .argument = "FILE",
     .verbs = SCAN,
     .help = "leave out the findings that FILE answers for, until the day it names; they are "
             "counted"},
    {.name = "show-suppressed",
     .kind = SW_OPTION_SET,
     FIELD(show_suppressed),
     .value = true,
     .verbs = SCAN,
     .help = "write suppressed findings too, marked; they do not change the exit code"},
    {.name = "fail-on",
     .kind = SW_OPTION_FAIL_ON,
     .argument = "SEVERITY",
     .choices = fail_on,
     .verbs = SCAN,
     .help = "lowest severity that makes the exit code 1"},
    {.name = "fail-on-added",
     .kind = SW_OPTION_SET,
     FIELD(fail_on_added),
     .value = true,
     .verbs = SCAN,
     .help = "let findings that are inherited from a --base not change the exit code"},
    {.name = "allow-gaps",
     .kind = SW_OPTION_SET,
     FIELD(allow_gaps),
     .value = true,
     .verbs = SCAN,
     .help = "exit 0 instead of 3 when nothing was found but something could not be looked at"},
    {.name = "strict",
     .kind = SW_OPTION_SET,
     FIELD(strict),
     .value = true,
     .verbs = SCAN | TEST,
     .help = "scan: exit 3 instead of 1 when something was found and something could not be looked "
             "at; rules test: exit 1 when a rule has less than one hit and two near misses"},
    {.name = "types",
     .kind = SW_OPTION_SET,
     FIELD(types),
     .value = true,
     .verbs = SCAN,
     .help = "count the types of all files in the summary; slower"},
    {.name = "exposure",
     .kind = SW_OPTION_CHOICE,
     FIELD(exposure),
     .argument = "WHEN",
     .choices = exposure,
     .verbs = SCAN,
     .help = "list the credentials that the stealer would have read, by presence, size and time: "
             "with an incident of high severity, never, or in any case"},
    {.name = "progress",
     .kind = SW_OPTION_CHOICE,
     FIELD(progress),
     .argument = "WHEN",
     .choices = when,
     .verbs = SCAN,
     .help = "show progress on standard error"},
    {.name = "color",
     .kind = SW_OPTION_CHOICE,
     FIELD(color),
     .argument = "WHEN",
     .choices = when,
     .verbs = SCAN,
     .help = "colour in the format text"},
    {.name = "sandbox",
     .kind = SW_OPTION_CHOICE,
     FIELD(sandbox),
     .argument = "MODE",
     .choices = sandbox,
     .verbs = SCAN | SELF,
     .help = "take what the kernel offers and report what is missing, or refuse to run without all "
             "of it"},
    {.name = "config",
     .kind = SW_OPTION_CONFIG,
     .argument = "FILE",
     .verbs = SCAN,
     .help = "read options from FILE, one a line: the long name, = and the value; the command line "
             "wins"},
    {.name = "help", .letter = 'h', .kind = SW_OPTION_HELP, .verbs = EVERY, .help = "show this"},
    {.name = "version",
     .letter = 'V',
     .kind = SW_OPTION_VERSION,
     .verbs = EVERY,
     .help = "show the version"},
};

static const struct sw_verb_row verbs[] = {
    {SW_VERB_SCAN,
     {"scan", NULL},
     "[OPTIONS] TARGET...",
     "sweep directories and files; write a record for each finding and each gap"},
    {SW_VERB_RULES_LIST,
     {"rules", "list"},
     "[OPTIONS]",
     "list the rules in use, with namespace, severity and file"},
    {SW_VERB_RULES_CHECK,
     {"rules", "check"},
     "[OPTIONS] [PATH...]",
     "compile rules; name errors, slow rules and strings that defeat the prefilter"},
    {SW_VERB_RULES_TEST,
     {"rules", "test"},
     "[OPTIONS] [CASES_PATH...]",
     "try rules on their cases: what they must find and what they must leave alone"},
    {SW_VERB_RULES_PACK,
     {"rules", "pack"},
     "[OPTIONS] --out FILE [PATH...]",
     "put rules and indicators into one file, signed when a key is given"},
    {SW_VERB_RULES_VERIFY,
     {"rules", "verify"},
     "[OPTIONS] FILE...",
     "say what is in rule packs, whether they are whole, and who signed them"},
    {SW_VERB_SELFTEST,
     {"selftest", NULL},
     "[OPTIONS]",
     "push a harmless text through every unpacker and decoder, and name each blind path"},
    /* Before the plain "help", which would match as well. */
    {SW_VERB_HELP_MAN, {"help", "man"}, "", "write the manual page to standard output"},
    {SW_VERB_HELP_COMPLETION,
     {"help", "completion"},
     "SHELL",
     "write what bash, zsh or fish needs to complete command lines"},
    {SW_VERB_HELP, {"help", NULL}, "[VERB]", "describe a verb and its options"},
    {SW_VERB_VERSION, {"version", NULL}, "", "show the version"},
};

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

static const struct sw_exit_row exits[] = {
    {SW_EXIT_CLEAN, "complete, and nothing found at or above --fail-on"},
    {SW_EXIT_FINDINGS, "something found at or above --fail-on; rules test: a case failed"},
    {SW_EXIT_FAILED, "could not run, or ended by a fatal error; selftest: a path is blind"},
    {SW_EXIT_GAPS, "nothing found, but something could not be looked at (a gap)"},
    {SW_EXIT_USAGE, "wrong usage"},
    {SW_EXIT_RULES, "bad rules, indicators or cases"},
    {SW_EXIT_INTERRUPTED, "interrupted; what was found is written"},
};

const struct sw_option *sw_option_rows(size_t *count)
{
    *count = sizeof options / sizeof options[0];
    return options;
}

const struct sw_verb_row *sw_verb_rows(size_t *count)
{
    *count = sizeof verbs / sizeof verbs[0];
    return verbs;
}

const struct sw_exit_row *sw_exit_rows(size_t *count)
{
    *count = sizeof exits / sizeof exits[0];
    return exits;
}

const char *const *sw_shell_rows(void)
{
    return shells;
}

/* CPUs that this process may run on. Machines with more than 1,024 do not fit
 * the fixed mask; they have more than SW_THREADS_MAX anyway. */
static unsigned cpu_count(void)
{
    cpu_set_t mask;
    int count = SW_THREADS_MAX;
    if (sched_getaffinity(0, sizeof mask, &mask) == 0)
        count = CPU_COUNT(&mask);
    if (count < 1)
        return 1;
    return count > SW_THREADS_MAX ? SW_THREADS_MAX : (unsigned)count;
}

struct sw_options sw_options_default(void)
{
    return (struct sw_options){
        .verb = SW_VERB_NONE,
        .help_verb = SW_VERB_NONE,
        .builtin_rules = true,
        .prefilter = true,
        .decode = true,
        .archives = true,
        .thread_count = cpu_count(),
        .one_file_system = -1,
        .fail_on = SW_SEVERITY_MEDIUM,
        .progress = SW_WHEN_AUTO,
        .color = SW_WHEN_AUTO,
        .sandbox = SW_SANDBOX_AUTO,
        .exposure = SW_EXPOSURE_AUTO,
        .fetch_timeout_s = 30,
        .limits = sw_limits_default(),
    };
}
