/* SPDX-License-Identifier: Apache-2.0 */
/* account.c - what the engine says of itself once it is ready. */
#include <magic.h>
#include <openssl/crypto.h>
#include <string.h>
#ifdef SWEEPER_HYPERSCAN
#include <hs/hs.h>
#endif

#include "engine.h"

static json_t *disabled_json(const struct engine *engine)
{
    size_t count = 0;
    const struct sw_disabled_rule *rules = sw_ruleset_disabled(engine->ruleset, &count);
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "namespace", rules[i].namespace_,
                                              "rule", rules[i].name, "why", rules[i].why));
    return list;
}

static json_t *ruleset_json(const struct engine *engine)
{
    return json_pack("{s:s, s:I, s:I, s:o}", "digest", engine->pack->digest, "rules",
                     (json_int_t)sw_ruleset_rule_count(engine->ruleset), "files",
                     (json_int_t)engine->pack->count, "disabled", disabled_json(engine));
}

static json_t *unfilterable_json(const struct sw_prefilter_report *report)
{
    json_t *list = json_array();

    for (size_t i = 0; i < report->unfilterable_count; i++) {
        const struct sw_prefilter_string *row = &report->unfilterable[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s}", "namespace", row->rule->ns->name, "rule",
                                        row->rule->identifier, "pattern", row->string->identifier));
    }
    return list;
}

static json_t *prefilter_json(const struct sw_prefilter_report *report)
{
    return json_pack("{s:b, s:s, s:I, s:I, s:o}", "on", report->on, "reason", report->reason,
                     "patterns", (json_int_t)report->pattern_count, "proofs",
                     (json_int_t)report->proof_count, "unfilterable", unfilterable_json(report));
}

static json_t *sandbox_json(const struct sw_sandbox_report *report)
{
    json_t *missing = json_array();

    for (size_t i = 0; i < report->missing_count; i++)
        json_array_append_new(missing, json_string(report->missing[i]));
    return json_pack("{s:b, s:i, s:b, s:b, s:o}", "no_new_privs", report->no_new_privs,
                     "landlock_abi", report->landlock_abi, "seccomp", report->seccomp, "rlimits",
                     report->rlimits, "missing", missing);
}

/* hs_version() is "5.4.0 2022-11-16": the first word is the version. */
static json_t *hyperscan_json(void)
{
#ifdef SWEEPER_HYPERSCAN
    const char *version = hs_version();

    return json_stringn(version, strcspn(version, " "));
#else
    return json_null();
#endif
}

static json_t *libraries_json(void)
{
    char magic[16];

    snprintf(magic, sizeof(magic), "%d.%02d", magic_version() / 100, magic_version() % 100);
    return json_pack("{s:s, s:s, s:o, s:s}", "libyara", YR_VERSION, "libmagic", magic, "hyperscan",
                     hyperscan_json(), "openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
}

json_t *engine_account(const struct engine *engine)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "ruleset", ruleset_json(engine), "prefilter",
                     prefilter_json(&engine->prefilter_report), "sandbox",
                     sandbox_json(&engine->sandbox), "libraries", libraries_json());
}
