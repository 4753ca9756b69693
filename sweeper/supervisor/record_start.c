/* SPDX-License-Identifier: Apache-2.0 */
/* sweep_start: what runs, where, with which options and with which rules. */
#include <sys/utsname.h>
#include <unistd.h>

#include "supervisor/record_parts.h"
#include "sweeper/record.h"
#include "sweeper/rulepack.h"

static json_t *host_new(void)
{
    struct utsname host = {0};
    json_t *object = json_object();
    (void)uname(&host);
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    sw_put(&object, "name", sw_json_prose(host.nodename));
    sw_put(&object, "kernel", sw_json_prose(host.release));
    sw_put(&object, "arch", sw_json_prose(host.machine));
    sw_put_count(&object, "cpus", cpus < 1 ? 1 : (uint64_t)cpus);
    return object;
}

static json_t *texts_new(const struct sw_texts *texts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < texts->count; i++)
        sw_push(&list, sw_json_escaped(sw_view_of_text(texts->rows[i])));
    return list;
}

static json_t *limits_new(const struct sw_limits *limits)
{
    json_t *object = json_object();
#define PUT_LIMIT(field, type, value) sw_put_count(&object, #field, limits->field);
    SW_LIMIT_TABLE(PUT_LIMIT)
#undef PUT_LIMIT
    return object;
}

/* Each rule pack in use, and the trusted keys whose signatures it bears. */
static json_t *packs_new(const struct sw_rulepack *pack)
{
    json_t *list = json_array();
    for (size_t i = 0; pack != NULL && i < pack->pack_count; i++) {
        const struct sw_loaded_pack *row = &pack->packs[i];
        json_t *object = json_object();
        json_t *signers = json_array();
        sw_put(&object, "name", sw_json_escaped(sw_view_of_text(row->name)));
        sw_put_text(&object, "digest", row->digest);
        for (size_t k = 0; k < row->signer_count; k++)
            sw_push(&signers, json_string(row->signers[k]));
        sw_put(&object, "signed_by", signers);
        sw_push(&list, object);
    }
    return list;
}

/* The engine's ruleset, with the digest of the pack that it was handed: the
 * supervisor knows that one itself. */
static json_t *ruleset_new(const struct sw_start_facts *facts)
{
    json_t *ruleset = json_deep_copy(json_object_get(facts->engine, "ruleset"));
    if (facts->ruleset_digest != NULL)
        sw_put_text(&ruleset, "digest", facts->ruleset_digest);
    bool builtin = facts->pack != NULL && facts->pack->builtin_digest[0] != '\0';
    sw_put(&ruleset, "builtin_digest",
           builtin ? json_string(facts->pack->builtin_digest) : json_null());
    sw_put(&ruleset, "packs", packs_new(facts->pack));
    return ruleset;
}

/* Whose case it is, in the words of the examiner; NULL: nobody said. */
static json_t *case_new(const struct sw_options *options)
{
    const struct {
        const char *name;
        const char *text;
    } rows[] = {{"case_number", options->case_number},
                {"evidence_number", options->evidence_number},
                {"examiner_name", options->examiner_name}};
    json_t *object = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].text == NULL)
            continue;
        if (object == NULL)
            object = json_object();
        sw_put(&object, rows[i].name, sw_json_escaped(sw_view_of_text(rows[i].text)));
    }
    return object;
}

json_t *sw_record_sweep_start(const struct sw_start_facts *facts)
{
    const struct sw_options *options = facts->options;
    json_t *record = json_object();
    sw_put_text(&record, "type", "sweep_start");
    sw_put_text(&record, "schema", SW_SCHEMA_VERSION);
    sw_put_text(&record, "program", "sweeper");
    sw_put_text(&record, "version", SWEEPER_VERSION);
    sw_put_time(&record, "started_at", facts->started_ns);
    if (options->case_number != NULL || options->evidence_number != NULL ||
        options->examiner_name != NULL)
        sw_put(&record, "case", case_new(options));
    sw_put(&record, "host", host_new());
    sw_put(&record, "options", texts_new(&options->given));
    sw_put(&record, "targets", texts_new(&options->targets));
    sw_put_count(&record, "threads", options->thread_count);
    sw_put(&record, "limits", limits_new(&options->limits));
    sw_put_text(&record, "fail_on",
                options->fail_on_never ? "never" : sw_severity_name(options->fail_on));
    sw_put(&record, "ruleset", ruleset_new(facts));
    static const char *const accounts[] = {"prefilter", "sandbox", "libraries"};
    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++)
        sw_put(&record, accounts[i], json_deep_copy(json_object_get(facts->engine, accounts[i])));
    return record;
}
