/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials are noticed where the stealer reads them, and nowhere else; what
 * is kept is bounded and does not depend on the order of the walk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "supervisor/incident_private.h"
#include "supervisor/record_parts.h"

static const struct sw_facts some_facts = {.size = 411,
                                           .mode = 0100600,
                                           .mtime_ns = 1700000000000000001,
                                           .ctime_ns = 1700000000000000002,
                                           .btime_ns = SW_TIME_UNKNOWN};

static struct sw_exposure *made(const char *root)
{
    struct sw_exposure *exposure = NULL;
    struct sw_error error;
    assert_int_equal(sw_exposure_new(&exposure, &error), SW_OK);
    sw_exposure_root(exposure, 0, sw_view_of_text(root));
    return exposure;
}

static void note(struct sw_exposure *exposure, const char *path)
{
    /* An exact copy, so that a sanitizer sees a read past it. */
    size_t size = strlen(path);
    char *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, path, size);
    sw_exposure_note(exposure, 0, (struct sw_view){(const uint8_t *)copy, size}, &some_facts);
    free(copy);
}

static uint64_t count_of(const struct sw_exposure *exposure, enum sw_credential credential)
{
    uint64_t counts[SW_CREDENTIAL_COUNT];
    assert_int_equal(sw_exposure_tally(exposure, 0, counts), SW_OK);
    return counts[credential];
}

static uint64_t sum_of(const struct sw_exposure *exposure)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < SW_CREDENTIAL_COUNT; i++)
        sum += count_of(exposure, (enum sw_credential)i);
    return sum;
}

static const struct {
    const char *path;
    enum sw_credential credential;
} hits[] = {
    {"home/alice/.ssh/id_rsa", SW_CREDENTIAL_SSH},
    {"root/.ssh/config", SW_CREDENTIAL_SSH},
    {"etc/ssh/ssh_host_ed25519_key", SW_CREDENTIAL_SSH},
    {"root/.git-credentials", SW_CREDENTIAL_GIT},
    {"home/b/.aws/credentials", SW_CREDENTIAL_AWS},
    {"home/b/.config/gcloud/credentials.db", SW_CREDENTIAL_GCP},
    {"srv/x/application_default_credentials.json", SW_CREDENTIAL_GCP},
    {"home/b/.azure/msal_token_cache.json", SW_CREDENTIAL_AZURE},
    {"home/b/.kube/config", SW_CREDENTIAL_KUBERNETES},
    {"etc/kubernetes/admin.conf", SW_CREDENTIAL_KUBERNETES},
    {"run/secrets/kubernetes.io/serviceaccount/..2026_03/token", SW_CREDENTIAL_KUBERNETES},
    {"var/run/secrets/kubernetes.io/serviceaccount/ca.crt", SW_CREDENTIAL_KUBERNETES},
    {"root/.docker/config.json", SW_CREDENTIAL_CONTAINERS},
    {"kaniko/.docker/config.json", SW_CREDENTIAL_CONTAINERS},
    {"app/.env", SW_CREDENTIAL_ENV_FILES},
    {"home/b/a/b/c/d/e/f/.env.local", SW_CREDENTIAL_ENV_FILES},
    {"var/www/html/.env.production", SW_CREDENTIAL_ENV_FILES},
    {"etc/environment", SW_CREDENTIAL_ENV_FILES},
    {"home/b/.npmrc", SW_CREDENTIAL_PACKAGE_DB_MAIL},
    {"etc/postfix/sasl_passwd", SW_CREDENTIAL_PACKAGE_DB_MAIL},
    {"home/b/.lftp/rc", SW_CREDENTIAL_PACKAGE_DB_MAIL},
    {"home/b/.bash_history", SW_CREDENTIAL_HISTORIES},
    {"etc/wireguard/wg0.conf", SW_CREDENTIAL_VPN},
    {"opt/infra/prod.tfvars", SW_CREDENTIAL_IAC_CI},
    {"home/b/src/Jenkinsfile", SW_CREDENTIAL_IAC_CI},
    {"etc/ssl/private/anything", SW_CREDENTIAL_TLS},
    {"etc/letsencrypt/archive/x/privkey1.pem", SW_CREDENTIAL_TLS},
    {"opt/x/server.key", SW_CREDENTIAL_TLS},
    {"home/b/.bitcoin/wallet-old.dat", SW_CREDENTIAL_WALLETS},
    {"home/b/.ethereum/keystore/UTC--2026", SW_CREDENTIAL_WALLETS},
    {"home/b/x/my-keypair.json", SW_CREDENTIAL_WALLETS},
    {"home/b/.config/solana/id.json", SW_CREDENTIAL_WALLETS},
    {"etc/passwd", SW_CREDENTIAL_ACCOUNTS},
    {"var/log/auth.log", SW_CREDENTIAL_ACCOUNTS},
};
enum { HIT_COUNT = sizeof hits / sizeof hits[0] };

static void every_group_is_found_in_a_system(void **state)
{
    (void)state;
    bool met[SW_CREDENTIAL_COUNT] = {false};
    for (size_t i = 0; i < HIT_COUNT; i++) {
        struct sw_exposure *exposure = made("/");
        note(exposure, "usr/lib/os-release");
        note(exposure, hits[i].path);
        if (count_of(exposure, hits[i].credential) != 1 || sum_of(exposure) != 1)
            fail_msg("%s: %d in its group, %d in all", hits[i].path,
                     (int)count_of(exposure, hits[i].credential), (int)sum_of(exposure));
        met[hits[i].credential] = true;
        sw_exposure_free(exposure);
    }
    for (size_t i = 0; i < SW_CREDENTIAL_COUNT; i++)
        assert_true(met[i]);
}

static void what_lies_elsewhere_in_a_system_is_none(void **state)
{
    (void)state;
    static const char *const misses[] = {
        "",
        "/",
        "id_rsa",
        "usr/share/doc/x/.ssh/id_rsa",
        "home/.ssh/id_rsa",
        "home/alice/ssh/id_rsa",
        "home/alice/x.ssh/id_rsa",
        "home/alice/.ssh/id_rsa.txt",
        "home/alice/.ssh/xid_rsa",
        "home/alice/.ssh/id_rs",
        "backup/etc/shadow",
        "etc/ssh/ssh_host_key",
        "etc/ssh/ssh_host_rsa_key.pub",
        "usr/src/.env",
        "home/b/a/b/c/d/e/f/g/.env",
        "opt/.environment",
        "etc/ssl/certs/Some_CA.pem",
        "opt/venv/lib/site-packages/certifi/cacert.pem",
        "usr/lib/python3/tests/cert.pem",
        "home/b/.config/gcloudx/credentials",
        "rootx/.aws/credentials",
        "root/x/.aws/credentials",
        "home/b/package.json",
        "home/b/keypair.json",
        "etc/wireguard.conf",
        "etc/x/wg0.conf",
        "home//.netrc",
        "opt/.pem.txt",
        "opt/pem",
    };
    struct sw_exposure *exposure = made("/");
    note(exposure, "etc/os-release");
    for (size_t i = 0; i < sizeof misses / sizeof misses[0]; i++) {
        note(exposure, misses[i]);
        if (sum_of(exposure) != 0)
            fail_msg("noted: %s", misses[i]);
    }
    sw_exposure_free(exposure);
}

static void elsewhere_the_end_of_a_path_decides(void **state)
{
    (void)state;
    /* The same places below any directory, where no system's root was seen. */
    for (size_t i = 0; i < HIT_COUNT; i++) {
        char path[256];
        struct sw_exposure *exposure = made("/mnt/backup");
        (void)snprintf(path, sizeof path, "monday/x/%s", hits[i].path);
        note(exposure, path);
        if (count_of(exposure, hits[i].credential) != 1 || sum_of(exposure) != 1)
            fail_msg("%s", path);
        sw_exposure_free(exposure);
    }
}

static void a_target_inside_a_home_is_known_by_its_path(void **state)
{
    (void)state;
    static const struct {
        const char *root;
        const char *path;
    } rows[] = {
        {"/home/alice/.ssh", "id_rsa"},
        {"/home/alice/.config/gcloud", "x.db"},
        {"/home/alice", ".netrc"},
        {"/etc", "ssh/ssh_host_rsa_key"},
        {"/etc", "shadow"},
        {"/home/alice/.config/", "solana/id.json"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sw_exposure *exposure = made(rows[i].root);
        note(exposure, rows[i].path);
        if (sum_of(exposure) != 1)
            fail_msg("%s in %s", rows[i].path, rows[i].root);
        sw_exposure_free(exposure);
    }
    struct sw_exposure *exposure = made("/home/alice/ssh");
    note(exposure, "id_rsa");
    assert_int_equal(sum_of(exposure), 0);
    sw_exposure_free(exposure);
}

static const json_t *group_at(const json_t *report, const char *name)
{
    const json_t *groups = json_object_get(report, "groups");
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *group = json_array_get(groups, i);
        if (strcmp(json_string_value(json_object_get(group, "group")), name) == 0)
            return group;
    }
    return NULL;
}

static void the_report_has_presence_size_and_times_only(void **state)
{
    (void)state;
    struct sw_exposure *exposure = made("/mnt/x/");
    note(exposure, "home/a/.ssh/id_rsa");
    sw_exposure_note(exposure, 0, sw_view_of_text("home/\xff/.netrc"), NULL);
    json_t *report = sw_exposure_report(exposure, 0);
    json_t *expected = json_pack(
        "{s:i,s:[{s:s,s:s,s:i,s:[{s:s,s:i,s:s,s:s}],s:i},"
        "{s:s,s:s,s:i,s:[{s:s,s:s,s:n,s:n,s:n}],s:i}]}",
        "count", 2, "groups", "group", "ssh", "title", "SSH keys and settings", "count", 1, "files",
        "path", "/mnt/x/home/a/.ssh/id_rsa", "size", 411, "mtime", "2023-11-14T22:13:20.000000001Z",
        "ctime", "2023-11-14T22:13:20.000000002Z", "not_listed", 0, "group", "package_db_mail",
        "title", "package registries, databases, mail", "count", 1, "files", "path",
        "/mnt/x/home/\\xff/.netrc", "path_base64", "L21udC94L2hvbWUv/y8ubmV0cmM=", "size", "mtime",
        "ctime", "not_listed", 0);
    assert_non_null(expected);
    if (!json_equal(report, expected))
        fail_msg("%s", json_dumps(report, 0));
    json_decref(expected);
    json_decref(report);
    sw_exposure_free(exposure);
}

static void roots_are_kept_apart(void **state)
{
    (void)state;
    struct sw_exposure *exposure = made("/");
    uint64_t counts[SW_CREDENTIAL_COUNT];
    for (uint32_t key = 90; key > 0; key -= 30)
        sw_exposure_root(exposure, key * 1000000, sw_view_of_text("/img"));
    sw_exposure_note(exposure, 60000000, sw_view_of_text("etc/shadow"), &some_facts);
    sw_exposure_note(exposure, 7, sw_view_of_text("etc/shadow"), &some_facts); /* no such root */
    assert_int_equal(sw_exposure_tally(exposure, 60000000, counts), SW_OK);
    assert_int_equal(counts[SW_CREDENTIAL_ACCOUNTS], 1);
    assert_int_equal(sw_exposure_tally(exposure, 30000000, counts), SW_OK);
    assert_int_equal(counts[SW_CREDENTIAL_ACCOUNTS], 0);
    json_t *report = sw_exposure_report(exposure, 90000000);
    assert_int_equal(json_integer_value(json_object_get(report, "count")), 0);
    json_decref(report);
    sw_exposure_free(exposure);
}

/* Files in any order: the same report, bounded. */
static void what_is_listed_is_bounded_and_does_not_depend_on_order(void **state)
{
    (void)state;
    enum { FILES = 5000, STEP = 1237 };
    json_t *reports[2];
    for (unsigned order = 0; order < 2; order++) {
        struct sw_exposure *exposure = made("/");
        for (unsigned i = 0; i < FILES; i++) {
            char path[64];
            (void)snprintf(path, sizeof path, "opt/%05u.pem",
                           order == 0 ? FILES - i : i * STEP % FILES + 1);
            note(exposure, path);
            (void)snprintf(path, sizeof path, "usr/x/%05u.pem", order == 0 ? i : FILES - i);
            note(exposure, path);
        }
        note(exposure, "home/a/.ssh/id_rsa");
        note(exposure, "etc/passwd");
        reports[order] = sw_exposure_report(exposure, 0);
        sw_exposure_free(exposure);
    }
    assert_true(json_equal(reports[0], reports[1]));
    const json_t *tls = group_at(reports[0], "tls");
    const json_t *files = json_object_get(tls, "files");
    assert_int_equal(json_integer_value(json_object_get(tls, "count")), FILES);
    assert_int_equal(json_array_size(files), 64);
    assert_int_equal(json_integer_value(json_object_get(tls, "not_listed")), FILES - 64);
    assert_string_equal(json_string_value(json_object_get(json_array_get(files, 0), "path")),
                        "/opt/00001.pem");
    assert_non_null(group_at(reports[0], "ssh"));
    json_decref(reports[0]);
    json_decref(reports[1]);
}

static void long_and_strange_paths_are_survived(void **state)
{
    (void)state;
    struct sw_exposure *exposure = made("/");
    char *path = malloc(100000);
    assert_non_null(path);
    memset(path, '/', 100000);
    sw_exposure_note(exposure, 0, (struct sw_view){(uint8_t *)path, 100000}, &some_facts);
    memset(path, 'a', 100000);
    sw_exposure_note(exposure, 0, (struct sw_view){(uint8_t *)path, 100000}, &some_facts);
    memset(path, 'k', 255);
    memcpy(path + 251, ".key", 4);
    sw_exposure_note(exposure, 0, (struct sw_view){(uint8_t *)path, 255}, &some_facts);
    memset(path, '/', 99000);
    memcpy(path, "opt", 3);
    memcpy(path + 99000, ".env", 4);
    sw_exposure_note(exposure, 0, (struct sw_view){(uint8_t *)path, 99004}, &some_facts);
    for (size_t size = 0; size < 24; size++)
        sw_exposure_note(exposure, 0,
                         (struct sw_view){(const uint8_t *)"home/alice/.ssh/id_rsa/x", size},
                         &some_facts);
    json_t *report = sw_exposure_report(exposure, 0);
    const json_t *environment = group_at(report, "env_files");
    assert_int_equal(json_integer_value(json_object_get(environment, "not_listed")), 1);
    assert_int_equal(count_of(exposure, SW_CREDENTIAL_SSH), 1);
    json_decref(report);
    free(path);
    sw_exposure_free(exposure);
}

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void a_million_misses_are_quick(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "usr/lib/python3/dist-packages/pip/_internal/cli/main.py",
        "usr/share/doc/libc6/changelog.Debian.gz",
        "usr/include/linux/netfilter/xt_TCPMSS.h",
        "srv/app/node_modules/left-pad/package.json",
        "usr/share/zoneinfo/posix/Europe/Rome",
        "var/lib/dpkg/info/zlib1g.md5sums",
        "usr/bin/x86_64-linux-gnu-gcc-12",
        "etc/apt/apt.conf.d/70debconf",
    };
    enum { PATHS = sizeof paths / sizeof paths[0], ROUNDS = 1000000 / PATHS };
    struct sw_exposure *exposure = made("/");
    struct sw_view views[PATHS];
    for (size_t i = 0; i < PATHS; i++)
        views[i] = sw_view_of_text(paths[i]);
    double begin = seconds_now();
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < PATHS; i++)
            sw_exposure_note(exposure, 0, views[i], &some_facts);
    }
    double seconds = seconds_now() - begin;
    print_message("1,000,000 misses: %.3f s\n", seconds);
    assert_int_equal(sum_of(exposure), 0);
#ifdef SWEEPER_SANITIZED
    assert_true(seconds < 4);
#else
    assert_true(seconds < 0.2);
#endif
    sw_exposure_free(exposure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_group_is_found_in_a_system),
        cmocka_unit_test(what_lies_elsewhere_in_a_system_is_none),
        cmocka_unit_test(elsewhere_the_end_of_a_path_decides),
        cmocka_unit_test(a_target_inside_a_home_is_known_by_its_path),
        cmocka_unit_test(the_report_has_presence_size_and_times_only),
        cmocka_unit_test(roots_are_kept_apart),
        cmocka_unit_test(what_is_listed_is_bounded_and_does_not_depend_on_order),
        cmocka_unit_test(long_and_strange_paths_are_survived),
        cmocka_unit_test(a_million_misses_are_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
