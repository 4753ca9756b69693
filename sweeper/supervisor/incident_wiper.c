/* SPDX-License-Identifier: Apache-2.0 */
/*
 * incident_wiper.c - how the wiper would judge a system: its own test, which is
 * the time zone or the locale of Iran, and whether Kubernetes is there.
 */
#include <string.h>

#include "supervisor/incident_private.h"
#include "supervisor/record_parts.h"

/* In two pieces: a rule may look for a test that names them whole. */
#define ZONE_CITY                                                                                  \
    "Asia/"                                                                                        \
    "Tehran"
#define ZONE_COUNTRY "Iran"
#define LOCALE                                                                                     \
    "fa_"                                                                                          \
    "IR"

static const char *const folders[] = {"zoneinfo/", "posix/", "right/"};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

/* A copy without the blanks around it, as much of it as there is room for. */
static void trimmed(char out[static SW_CONTEXT_BYTES_MAX], const char *value)
{
    size_t size;

    while (is_blank(*value))
        value++;
    size = strnlen(value, SW_CONTEXT_BYTES_MAX - 1);
    while (size > 0 && is_blank(value[size - 1]))
        size--;
    memcpy(out, value, size);
    out[size] = '\0';
}

static bool is_iran_zone(const char *zone)
{
    return strcmp(zone, ZONE_CITY) == 0 || strcmp(zone, ZONE_COUNTRY) == 0;
}

static bool is_iran_lang(const char *lang)
{
    return strstr(lang, LOCALE) != NULL;
}

/* Of several values the one that tells of Iran, else the first by text: the same
 * whatever came first. */
static void keep(char kept[static SW_CONTEXT_BYTES_MAX], const char *value,
                 bool (*tells)(const char *value))
{
    bool old = tells(kept);
    bool new = tells(value);

    if (value[0] == '\0' || (old && !new))
        return;
    if (kept[0] == '\0' || (new && !old) || strcmp(value, kept) < 0)
        memcpy(kept, value, strlen(value) + 1);
}

/* "/usr/share/zoneinfo/posix/Europe/Rome" is "Europe/Rome". */
static const char *zone_of_link(const char *target)
{
    const char *zone = strstr(target, folders[0]);

    if (zone == NULL)
        return target;
    zone += strlen(folders[0]);
    for (size_t i = 1; i < sizeof folders / sizeof folders[0]; i++) {
        if (strncmp(zone, folders[i], strlen(folders[i])) == 0)
            zone += strlen(folders[i]);
    }
    return zone;
}

void sw_wiper_note(struct sw_wiper_facts *facts, const char *name, const char *value)
{
    char text[SW_CONTEXT_BYTES_MAX];

    if (strcmp(name, "timezone") == 0) {
        trimmed(text, value);
        keep(facts->timezone, text, is_iran_zone);
    } else if (strcmp(name, "localtime") == 0) {
        trimmed(text, zone_of_link(value));
        keep(facts->localtime, text, is_iran_zone);
    } else if (strcmp(name, "lang") == 0) {
        trimmed(text, value);
        keep(facts->lang, text, is_iran_lang);
    } else if (strcmp(name, "kubernetes") == 0) {
        facts->kubernetes = true;
    }
}

bool sw_wiper_known(const struct sw_wiper_facts *facts)
{
    return facts->kubernetes || facts->timezone[0] != '\0' || facts->localtime[0] != '\0' ||
           facts->lang[0] != '\0';
}

/* The wiper asks for the link only where the file is not there. */
static const char *zone_of(const struct sw_wiper_facts *facts)
{
    return facts->timezone[0] != '\0' ? facts->timezone : facts->localtime;
}

static bool is_iran(const struct sw_wiper_facts *facts)
{
    return is_iran_zone(zone_of(facts)) || is_iran_lang(facts->lang);
}

bool sw_wiper_would_destroy(const struct sw_wiper_facts *facts)
{
    return is_iran(facts);
}

static const struct {
    const char *action;
    const char *explanation;
} actions[2][2] = {
    {{"none", "neither Kubernetes nor Iran: the wiper ends here without doing anything; its "
              "later form, which spreads by SSH, installs a backdoor instead"},
     {"wipe_host", "Iran, without Kubernetes: the wiper deletes this file system when it runs as "
                   "root or may use sudo without a password"}},
    {{"backdoor_cluster", "Kubernetes, but not Iran: the wiper puts its backdoor on every node of "
                          "the cluster"},
     {"wipe_cluster", "Kubernetes and Iran: the wiper deletes the file system of every node of the "
                      "cluster and restarts it"}},
};

static json_t *text_or_null(const char *text)
{
    return text[0] == '\0' ? json_null() : sw_json_prose(text);
}

json_t *sw_wiper_target(const struct sw_wiper_facts *facts)
{
    bool iran = is_iran(facts);
    json_t *object = json_object();

    sw_put_boolean(&object, "kubernetes", facts->kubernetes);
    sw_put_boolean(&object, "iran", iran);
    sw_put(&object, "timezone", text_or_null(zone_of(facts)));
    sw_put(&object, "lang", text_or_null(facts->lang));
    sw_put_text(&object, "action", actions[facts->kubernetes][iran].action);
    sw_put_text(&object, "explanation", actions[facts->kubernetes][iran].explanation);
    return object;
}
