/* SPDX-License-Identifier: Apache-2.0 */
/*
 * incident_take.c - what one finding says: its stages, and what it is evidence
 * of.
 */
#include <string.h>

#include "supervisor/incident_private.h"
#include "supervisor/record_parts.h"

/* --- Words --- */

#define STAGE_NAME(constant, name, t)    [SW_STAGE_##constant] = name,
#define STAGE_TITLE(constant, name, t)   [SW_STAGE_##constant] = t,
#define VERDICT_NAME(constant, name)     [SW_VERDICT_##constant] = name,
#define EVIDENCE_VERDICT(constant, v, w) [SW_TRACE_##constant] = SW_VERDICT_##v,
#define EVIDENCE_WORDS(constant, v, w)   [SW_TRACE_##constant] = w,

const char *sw_verdict_name(enum sw_verdict verdict)
{
    static const char *const names[] = {SW_VERDICT_TABLE(VERDICT_NAME)};
    return names[verdict];
}

enum sw_verdict sw_verdict_find(const char *name)
{
    unsigned verdict = 0;
    while (verdict < SW_VERDICT_COUNT &&
           (name == NULL || strcmp(sw_verdict_name((enum sw_verdict)verdict), name) != 0))
        verdict++;
    return (enum sw_verdict)verdict;
}

const char *sw_stage_name(enum sw_stage stage)
{
    static const char *const names[] = {SW_STAGE_TABLE(STAGE_NAME)};
    return names[stage];
}

const char *sw_stage_title(enum sw_stage stage)
{
    static const char *const titles[] = {SW_STAGE_TABLE(STAGE_TITLE)};
    return titles[stage];
}

enum sw_verdict sw_trace_verdict(enum sw_trace evidence)
{
    static const enum sw_verdict verdicts[] = {SW_TRACE_TABLE(EVIDENCE_VERDICT)};
    return verdicts[evidence];
}

const char *sw_trace_words(enum sw_trace evidence)
{
    static const char *const words[] = {SW_TRACE_TABLE(EVIDENCE_WORDS)};
    return words[evidence];
}

/* --- Stages --- */

/* Words that rules use besides the names of the table. */
static const struct {
    const char *word;
    enum sw_stage stage;
} stage_words[] = {
    {"package", SW_STAGE_PACKAGE},     {"pth", SW_STAGE_STARTUP},
    {"hook", SW_STAGE_INSTALL},        {"packer", SW_STAGE_PACKER},
    {"collector", SW_STAGE_COLLECTOR}, {"implant", SW_STAGE_BACKDOOR},
    {"backdoor", SW_STAGE_BACKDOOR},   {"3u", SW_STAGE_UNIT},
    {"unit", SW_STAGE_UNIT},           {"network", SW_STAGE_C2},
    {"worm", SW_STAGE_SPREAD},         {"wipe", SW_STAGE_WIPE},
    {"encrypt", SW_STAGE_ENCRYPT},     {"post", SW_STAGE_POST},
};

static enum sw_stage stage_of(struct sw_view word)
{
    for (unsigned i = 0; i < SW_STAGE_COUNT; i++) {
        const char *name = sw_stage_name((enum sw_stage)i);
        if (strlen(name) == word.size && memcmp(name, word.data, word.size) == 0)
            return (enum sw_stage)i;
    }
    for (size_t i = 0; i < sizeof stage_words / sizeof stage_words[0]; i++) {
        if (strlen(stage_words[i].word) == word.size &&
            memcmp(stage_words[i].word, word.data, word.size) == 0)
            return stage_words[i].stage;
    }
    return SW_STAGE_OTHER;
}

/* The stages of a meta text, "0b, 1", as a set of bits; never empty. */
static uint32_t stages_of(const char *text)
{
    uint32_t set = 0;

    for (text += strspn(text, ", "); *text != '\0'; text += strspn(text, ", ")) {
        size_t size = strcspn(text, ", ");
        set |= 1U << stage_of((struct sw_view){(const uint8_t *)text, size});
        text += size;
    }
    return set == 0 ? 1U << SW_STAGE_OTHER : set;
}
_Static_assert(SW_STAGE_COUNT <= 32, "stages fit a set of bits");

/* --- A finding --- */

static const char *text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3ULL;
    return (hash ^ 0xff) * 0x100000001b3ULL;
}

static struct sw_view component_before(struct sw_view hop, size_t end)
{
    size_t start = end;
    while (start > 0 && hop.data[start - 1] != '/' && hop.data[start - 1] != '\\')
        start--;
    return (struct sw_view){hop.data + start, end - start};
}

static void split_hop(struct sw_taken *taken)
{
    const char *mark = strrchr(taken->locator, '!');
    taken->hop = sw_view_of_text(mark == NULL ? taken->locator : mark + 1);
    taken->base = component_before(taken->hop, taken->hop.size);
    size_t above = taken->hop.size - taken->base.size;
    taken->parent = component_before(taken->hop, above == 0 ? 0 : above - 1);
}

/* The file in the innermost file system on the way to the object: a disk image's own times are
 * those of a copy. */
static const json_t *times_of(const json_t *finding)
{
    const json_t *chain = json_object_get(finding, "chain");

    for (size_t i = json_array_size(chain); i > 1; i--) {
        const json_t *hop = json_array_get(chain, i - 1);
        const char *kind = json_string_value(json_object_get(hop, "kind"));
        if (sw_origin_row(sw_origin_find(kind))->lived_in)
            return hop;
    }
    return json_object_get(finding, "object");
}

bool sw_taken_from(const json_t *finding, struct sw_taken *taken)
{
    const json_t *rule = json_object_get(finding, "rule");
    const json_t *meta = json_object_get(rule, "meta");

    *taken = (struct sw_taken){
        .family = text_at(finding, "family"),
        .kind = text_at(finding, "kind"),
        .rule = text_at(rule, "name"),
        .locator = text_at(finding, "locator"),
        .stages = stages_of(text_at(meta, "stage")),
        .times = times_of(finding),
    };
    if (json_object_get(finding, "suppressed") != NULL ||
        !sw_severity_find(text_at(finding, "severity"), &taken->severity))
        return false;
    if (taken->family[0] == '\0')
        taken->family = text_at(meta, "family");
    taken->rule_hash =
        hash_text(hash_text(0xcbf29ce484222325ULL, text_at(rule, "namespace")), taken->rule);
    taken->object_hash = hash_text(0xcbf29ce484222325ULL, taken->locator);
    split_hop(taken);
    return taken->family[0] != '\0';
}

/* --- Evidence --- */

static bool view_is(struct sw_view view, const char *text)
{
    return view.size == strlen(text) && memcmp(view.data, text, view.size) == 0;
}

static bool begins(struct sw_view view, const char *text)
{
    return view.size >= strlen(text) && memcmp(view.data, text, strlen(text)) == 0;
}

static bool ends(struct sw_view view, const char *text)
{
    size_t size = strlen(text);
    return view.size >= size && memcmp(view.data + view.size - size, text, size) == 0;
}

static bool has_component(struct sw_view path, const char *name)
{
    for (size_t end = path.size; end > 0;) {
        struct sw_view component = component_before(path, end);
        if (view_is(component, name))
            return true;
        end -= component.size;
        end -= end > 0 ? 1 : 0;
    }
    return false;
}

/* "canister_loot_tar" has the word "loot". */
static bool rule_has_word(const char *rule, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = strstr(rule, word); at != NULL; at = strstr(at + 1, word)) {
        bool left = at == rule || at[-1] == '_' || at[-1] == '-';
        if (left && (at[size] == '\0' || at[size] == '_' || at[size] == '-'))
            return true;
    }
    return false;
}

bool sw_taken_has_stage(const struct sw_taken *taken, enum sw_stage stage)
{
    return (taken->stages & 1U << stage) != 0;
}

/* Where the campaign puts its backdoors, by the directory above. A package that
 * carries one has it somewhere else. */
static bool is_drop_place(const struct sw_taken *taken)
{
    static const char *const parents[] = {"sysmon",   "pgmon",   "svc_internal",
                                          "audiomon", "Startup", ".config"};
    for (size_t i = 0; i < sizeof parents / sizeof parents[0]; i++) {
        if (view_is(taken->parent, parents[i]))
            return !has_component(taken->hop, "node_modules") &&
                   !has_component(taken->hop, "site-packages");
    }
    return has_component(taken->hop, "systemd");
}

static bool is_unit(const struct sw_taken *taken)
{
    return (ends(taken->base, ".service") || ends(taken->base, ".timer")) &&
           has_component(taken->hop, "systemd");
}

/* The configuration of a clone of one of the attackers' repositories. */
static bool is_exfil_clone(const struct sw_taken *taken)
{
    struct sw_view hop = taken->hop;

    if (!view_is(taken->base, "config") || !view_is(taken->parent, ".git"))
        return false;
    for (size_t at = 0; at + 4 <= hop.size; at++) {
        if (memcmp(hop.data + at, "tpcp", 4) == 0)
            return true;
    }
    return false;
}

/* Rules about what the attack leaves, and not about its code, say so in their
 * names. */
static bool is_rule_of(const struct sw_taken *taken, const char *word, const char *other)
{
    return rule_has_word(taken->rule, word) && (other == NULL || rule_has_word(taken->rule, other));
}

/* What only running leaves. Names are compared in pieces, so that this program
 * does not hold the attack's own texts. */
static uint32_t traces_of(const struct sw_taken *taken)
{
    bool in_tmp = view_is(taken->parent, "tmp");
    uint32_t set = 0;

    if (in_tmp && view_is(taken->base, ".pg_state"))
        set |= 1U << SW_TRACE_STATE;
    if (in_tmp && begins(taken->base, "runner_collected_"))
        set |= 1U << SW_TRACE_RUNNER;
    if ((begins(taken->base, "tpcp") && ends(taken->base, ".tar.gz")) ||
        is_rule_of(taken, "bundle", "tar"))
        set |= 1U << SW_TRACE_BUNDLE;
    if (is_rule_of(taken, "output", NULL) || is_rule_of(taken, "loot", NULL))
        set |= 1U << SW_TRACE_LOOT;
    if (is_exfil_clone(taken))
        set |= 1U << SW_TRACE_EXFIL;
    if (sw_taken_has_stage(taken, SW_STAGE_KUBERNETES) &&
        (strcmp(taken->kind, "context") == 0 || is_rule_of(taken, "etcd", NULL)))
        set |= 1U << SW_TRACE_CLUSTER;
    return set;
}

uint32_t sw_taken_evidence(const struct sw_taken *taken)
{
    bool unit = sw_taken_has_stage(taken, SW_STAGE_UNIT);
    bool backdoor = unit || sw_taken_has_stage(taken, SW_STAGE_BACKDOOR) ||
                    sw_taken_has_stage(taken, SW_STAGE_KUBERNETES);
    uint32_t set = 0;

    /* The weak one counts at any severity: it never stands alone. */
    if (view_is(taken->parent, "tmp") && view_is(taken->base, "pglog"))
        set |= 1U << SW_TRACE_DOWNLOAD;
    if (taken->severity < SW_SEVERITY_MEDIUM)
        return set;
    set |= traces_of(taken);
    if (backdoor && is_unit(taken))
        set |= 1U << SW_TRACE_UNIT;
    else if (backdoor && is_drop_place(taken))
        set |= 1U << SW_TRACE_BACKDOOR;
    if (sw_taken_has_stage(taken, SW_STAGE_WIPE))
        set |= 1U << SW_TRACE_WIPER;
    if (sw_taken_has_stage(taken, SW_STAGE_ENCRYPT))
        set |= 1U << SW_TRACE_LOCKER;
    return set;
}
_Static_assert(SW_TRACE_COUNT <= 32, "evidence fits a set of bits");
