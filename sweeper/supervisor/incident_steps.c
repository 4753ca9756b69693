/* SPDX-License-Identifier: Apache-2.0 */
/*
 * incident_steps.c - what an incident means and what to do next: tables of
 * plain sentences, and which of them apply.
 *
 * The order of the rows is the order of the sentences. No step may destroy
 * evidence: nothing is deleted, cleaned or restarted before the disk is kept.
 */
#include <string.h>

#include "supervisor/incident_private.h"
#include "supervisor/record_parts.h"

#define STAGE(constant) (1U << SW_STAGE_##constant)
#define EVERY_STAGE     ((1U << SW_STAGE_COUNT) - 1)
#define FROM(verdict)   (((1U << SW_VERDICT_COUNT) - 1) & ~((1U << SW_VERDICT_##verdict) - 1))
#define ONLY(verdict)   (1U << SW_VERDICT_##verdict)
#define INCIDENT        FROM(PRESENT)

/* --- What it means --- */

static const char *const verdict_sentences[] = {
    [SW_VERDICT_EXPOSURE] = "No findings here belong together. The credentials below are those "
                            "that the campaign's stealer reads: what would be lost if it ran.",
    [SW_VERDICT_PRESENT] = "Parts of the attack lie here. Nothing found shows that they ran, and "
                           "nothing proves that they did not: the stealer tidies up.",
    [SW_VERDICT_EXECUTED] = "The attack ran here: there are traces that only running leaves.",
    [SW_VERDICT_PERSISTED] = "A backdoor is in its place here: it starts again by itself and runs "
                             "what its owner sends.",
    [SW_VERDICT_DESTRUCTIVE] = "Code that destroys data is here.",
};

/* The first row that fits a family and a stage speaks for them. */
struct meaning {
    const char *family; /* NULL: any */
    uint32_t stages;
    const char *sentence;
};
static const struct meaning meanings[] = {
    {"related", EVERY_STAGE,
     "Findings of the family related belong to other waves that resemble this campaign or copy "
     "it; who is behind them is not established for all of them: read the titles."},
    {"vect", STAGE(ENCRYPT),
     "VECT destroys every file above 131,072 bytes for good: whoever pays gets it back as little "
     "as whoever does not."},
    {"litellm", STAGE(PACKAGE),
     "A release of litellm with the backdoor (1.82.7 or 1.82.8) was installed, stored or asked "
     "for here."},
    {"telnyx", STAGE(PACKAGE) | STAGE(SOURCE),
     "A release of telnyx with the backdoor (4.87.1 or 4.87.2) was installed, stored or asked for "
     "here; it runs when the package is imported."},
    {"canisterworm", STAGE(PACKAGE),
     "A package version that the npm worm published was installed, stored or asked for here."},
    {"trivy", STAGE(PACKAGE),
     "A poisoned release, image or action of Trivy is stored here or asked for by a workflow: "
     "what the runs of that workflow could read counts as stolen."},
    {"kics", STAGE(PACKAGE),
     "A poisoned action or extension of Checkmarx is stored here or asked for by a workflow: what "
     "its runs could read counts as stolen."},
    {NULL, STAGE(PACKAGE), "A release that carries malicious code was stored or asked for here."},
    {NULL, STAGE(STARTUP),
     "The start-up file runs in every Python process of its environment, whether the package is "
     "imported or not: each start of Python there ran the stealer."},
    {NULL, STAGE(SOURCE), "A changed source file runs the stealer as soon as it is imported."},
    {NULL, STAGE(INSTALL),
     "The install hook runs while the package is installed: being installed "
     "is enough."},
    {NULL, STAGE(LOADER) | STAGE(CARRIER),
     "The loader brings the next stage, which may be gone again."},
    {NULL, STAGE(PACKER),
     "The packer seals the loot with the attackers' key: nobody else can "
     "tell from the network what was taken."},
    {NULL, STAGE(COLLECTOR) | STAGE(STEALER),
     "The collector reads credentials from files, environment, cloud metadata and the cluster's "
     "API: count everything as stolen that this system could read or reach."},
    {NULL, STAGE(KUBERNETES),
     "The Kubernetes stage puts one privileged pod on every node to plant the backdoor there: the "
     "whole cluster is concerned."},
    {NULL, STAGE(BACKDOOR),
     "The backdoor asks for a link every 50 minutes or so and runs what it gets: programs may be "
     "here that no rule knows."},
    {NULL, STAGE(UNIT),
     "A unit or start-up entry starts the backdoor again whenever it ends, and after a "
     "restart."},
    {NULL, STAGE(C2), "Files name the attackers' servers; by itself that proves no contact."},
    {"canisterworm", STAGE(SPREAD),
     "The worm publishes itself with every npm token it finds: packages of whoever works here may "
     "carry it now."},
    {"wiper", STAGE(SPREAD),
     "The spreading stage tries the hosts of the login log with the SSH keys it finds, and open "
     "Docker APIs next door."},
    {NULL, STAGE(SPREAD), "This part carries the attack on to other packages or hosts."},
    {NULL, STAGE(WIPE),
     "The wiper asks for time zone and locale: where they are Iran's it deletes the file system, "
     "elsewhere it installs a backdoor. wiper_target says how it would decide here."},
    {NULL, STAGE(ENCRYPT), "Files may have been encrypted."},
    {NULL, STAGE(POST), "There are traces of what was done with stolen access."},
    {NULL, STAGE(OTHER), "Findings name the family without a stage: read their titles."},
};
enum { MEANING_COUNT = sizeof meanings / sizeof meanings[0] };

static size_t meaning_of(const char *family, unsigned stage)
{
    size_t i = 0;
    while (i < MEANING_COUNT &&
           ((meanings[i].stages & 1U << stage) == 0 ||
            (meanings[i].family != NULL && strcmp(meanings[i].family, family) != 0)))
        i++;
    return i;
}

static bool counts(const struct sw_family_facts *family, unsigned stage)
{
    return family->stages[stage].severity >= SW_SEVERITY_MEDIUM;
}

json_t *sw_incident_meaning(const struct sw_incident_case *incident)
{
    bool said[MEANING_COUNT + 1] = {false};
    json_t *list = json_array();

    for (size_t i = 0; i < incident->family_count; i++) {
        for (unsigned stage = 0; stage < SW_STAGE_COUNT; stage++) {
            if (counts(incident->families[i], stage))
                said[meaning_of(incident->families[i]->name, stage)] = true;
        }
    }
    sw_push(&list, json_string(verdict_sentences[incident->verdict]));
    for (size_t i = 0; i < MEANING_COUNT; i++) {
        if (said[i])
            sw_push(&list, json_string(meanings[i].sentence));
    }
    return list;
}

/* --- What to do next --- */

/* What else a step asks for. */
enum condition {
    ALWAYS,
    DESTROYS,     /* the wiper is here and would destroy */
    LISTED,       /* credentials are listed */
    NOT_LISTED,   /* they are not: none exist, or nobody asked */
    CREDENTIAL_0, /* and on: files of that group exist */
};
#define EXPOSED(constant) (enum condition)(CREDENTIAL_0 + (int)SW_CREDENTIAL_##constant)

struct step {
    unsigned verdicts;  /* bits */
    const char *family; /* NULL: any */
    uint32_t stages;    /* at least one of them, of that family */
    unsigned condition;
    const char *sentence;
};
static const struct step steps[] = {
    {INCIDENT, NULL, STAGE(WIPE), DESTROYS,
     "At once: cut this system and its cluster off the network, and take snapshots of the volumes; "
     "the wiper would destroy them."},
    {FROM(EXECUTED), NULL, EVERY_STAGE, ALWAYS,
     "Isolate the system from the network, but do not switch it off before its memory is copied: "
     "keys and loot may only be there."},
    {ONLY(PRESENT), NULL, EVERY_STAGE, ALWAYS,
     "Take it out of use: start, import, install and build nothing from it."},
    {INCIDENT, NULL, EVERY_STAGE, ALWAYS,
     "Keep the disk: copy it, or take a snapshot of the volume or image, before anything is "
     "removed, upgraded or installed."},
    {INCIDENT, NULL, EVERY_STAGE, ALWAYS,
     "Keep this report and the logs of the system, its proxy and its name server, from the "
     "earliest time in this record on."},
    {INCIDENT, NULL, EVERY_STAGE, LISTED,
     "From another, clean machine: revoke and replace every credential under exposure. Do not "
     "wait for them to expire."},
    {INCIDENT, NULL, EVERY_STAGE, NOT_LISTED,
     "From another, clean machine: revoke and replace every credential that was ever readable "
     "here, also those in environment variables and cloud metadata."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(SSH),
     "SSH: make new keys, and take the old ones out of authorized_keys on every host that trusts "
     "them."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(GIT),
     "Git: revoke the tokens; look for pushes, tags, workflows and repositories that nobody made."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(AWS),
     "AWS: deactivate the access keys, look in CloudTrail for what they did, and replace what "
     "Secrets Manager and SSM gave them."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(GCP),
     "Google Cloud: revoke the refresh tokens and service account keys, and read the audit log."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(AZURE),
     "Azure: revoke sessions and service principal secrets, and read the sign-in log."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(KUBERNETES),
     "Kubernetes: replace certificates and service account tokens, then every Secret that they "
     "could read."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(CONTAINERS),
     "Registries: revoke the logins, and compare the digests of images that were pushed since."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(ENV_FILES),
     "Environment files: replace every key and password in them at the service that issued it."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(PACKAGE_DB_MAIL),
     "Packages, databases, mail: revoke publishing tokens first and look for versions that nobody "
     "released; then change the passwords."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(HISTORIES),
     "Histories: replace every secret that was ever typed on a command line."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(VPN), "VPN: replace the private keys at both ends."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(IAC_CI),
     "Infrastructure and pipelines: replace the secrets in state files, variables and pipelines."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(TLS),
     "TLS: revoke and reissue the certificates whose private keys are listed."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(WALLETS),
     "Wallets: move the funds to new keys now; a key cannot be revoked."},
    {INCIDENT, NULL, EVERY_STAGE, EXPOSED(ACCOUNTS),
     "Accounts: change local passwords when the attack ran as root: it then read their hashes."},
    {INCIDENT, NULL,
     STAGE(BACKDOOR) | STAGE(UNIT) | STAGE(STARTUP) | STAGE(SOURCE) | STAGE(PACKER) |
         STAGE(COLLECTOR) | STAGE(INSTALL),
     ALWAYS,
     "Look in every home for sysmon below .config and pgmon below .local/share, and for units of "
     "these names; on nodes also below /var/lib and /etc/systemd. Disable them once the disk is "
     "kept."},
    {INCIDENT, NULL, STAGE(KUBERNETES) | STAGE(WIPE) | STAGE(COLLECTOR), ALWAYS,
     "List DaemonSets and pods in kube-system and compare them with what was deployed: names that "
     "begin with host-provisioner or node-setup are the attack's. Sweep the disk of every node."},
    {INCIDENT, "litellm", EVERY_STAGE, ALWAYS,
     "Find every other place that installed it: lock files, pip and uv caches, image layers, build "
     "machines; sweep those too. Clean releases of litellm are up to 1.82.6 and from 1.83.0."},
    {INCIDENT, "telnyx", EVERY_STAGE, ALWAYS,
     "Find every other place that installed telnyx 4.87.1 or 4.87.2: lock files, caches, image "
     "layers, and on Windows the start-up folder."},
    {INCIDENT, "canisterworm", EVERY_STAGE, ALWAYS,
     "npm: revoke all tokens, list the versions that were published with them since 2026-03-20, "
     "and have the bad ones withdrawn."},
    {INCIDENT, "trivy", EVERY_STAGE, ALWAYS,
     "Read the logs of all workflow runs since 2026-03-19 that used the action, replace every "
     "secret they had, and pin actions to clean commits."},
    {INCIDENT, "kics", EVERY_STAGE, ALWAYS,
     "Read the logs of all workflow runs since 2026-03-23 that used the action, replace every "
     "secret they had, and pin actions to clean commits."},
    {INCIDENT, "wiper", STAGE(SPREAD), ALWAYS,
     "Sweep every host in the login log of this system, and close Docker APIs that answer without "
     "a password."},
    {INCIDENT, NULL, STAGE(ENCRYPT), ALWAYS,
     "Pay nothing: large files cannot be restored by anyone. Take backups off the network and "
     "restore to new systems."},
    {INCIDENT, NULL, EVERY_STAGE, ALWAYS,
     "Search proxy, DNS and firewall logs for the hosts that the findings name."},
    {FROM(EXECUTED), NULL, EVERY_STAGE, ALWAYS,
     "Afterwards build the system anew from a clean source; do not clean it in place."},
    {ONLY(EXPOSURE), NULL, 0, ALWAYS,
     "Nothing has to be done because of this list alone. Fewer long-lived secrets on disk mean "
     "less to lose."},
};
enum { STEP_COUNT = sizeof steps / sizeof steps[0] };

static bool any_exposed(const uint64_t *exposed)
{
    for (size_t i = 0; exposed != NULL && i < SW_CREDENTIAL_COUNT; i++) {
        if (exposed[i] > 0)
            return true;
    }
    return false;
}

static bool condition_holds(const struct sw_incident_case *incident, unsigned condition)
{
    switch (condition) {
    case ALWAYS:
        return true;
    case DESTROYS:
        return incident->wiper != NULL && sw_wiper_would_destroy(incident->wiper);
    case LISTED:
        return any_exposed(incident->exposed);
    case NOT_LISTED:
        return !any_exposed(incident->exposed);
    default:
        return incident->exposed != NULL && incident->exposed[condition - CREDENTIAL_0] > 0;
    }
}

static bool has_stages(const struct sw_incident_case *incident, const struct step *step)
{
    for (size_t i = 0; i < incident->family_count; i++) {
        if (step->family != NULL && strcmp(step->family, incident->families[i]->name) != 0)
            continue;
        for (unsigned stage = 0; stage < SW_STAGE_COUNT; stage++) {
            if ((step->stages & 1U << stage) != 0 && counts(incident->families[i], stage))
                return true;
        }
    }
    return step->stages == 0;
}

json_t *sw_incident_next_steps(const struct sw_incident_case *incident)
{
    json_t *list = json_array();

    for (size_t i = 0; i < STEP_COUNT; i++) {
        if ((steps[i].verdicts & 1U << incident->verdict) != 0 && has_stages(incident, &steps[i]) &&
            condition_holds(incident, steps[i].condition))
            sw_push(&list, json_string(steps[i].sentence));
    }
    return list;
}
