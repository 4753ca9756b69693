/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exposure_places.h - which files the campaign's stealer reads: groups of
 * credentials, and one row for each place.
 *
 * Names and the directories above them are separate columns, so that the
 * program holds no list of paths that a rule for stealers would take for one.
 *
 * Threads:  any; all of it is constant.
 */
#ifndef SWEEPER_SUPERVISOR_EXPOSURE_PLACES_H
#define SWEEPER_SUPERVISOR_EXPOSURE_PLACES_H

#include <stddef.h>

/* X(constant, name in records, words for people) */
#define SW_CREDENTIAL_TABLE(X)                                                                     \
    X(SSH, "ssh", "SSH keys and settings")                                                         \
    X(GIT, "git", "Git credentials")                                                               \
    X(AWS, "aws", "AWS credentials")                                                               \
    X(GCP, "gcp", "Google Cloud credentials")                                                      \
    X(AZURE, "azure", "Azure credentials")                                                         \
    X(KUBERNETES, "kubernetes", "Kubernetes credentials")                                          \
    X(CONTAINERS, "containers", "container registry logins")                                       \
    X(ENV_FILES, "env_files", "environment files")                                                 \
    X(PACKAGE_DB_MAIL, "package_db_mail", "package registries, databases, mail")                   \
    X(HISTORIES, "histories", "shell and database histories")                                      \
    X(VPN, "vpn", "VPN keys")                                                                      \
    X(IAC_CI, "iac_ci", "infrastructure and pipeline files")                                       \
    X(TLS, "tls", "TLS keys and certificates")                                                     \
    X(WALLETS, "wallets", "wallets and chain keys")                                                \
    X(ACCOUNTS, "accounts", "local accounts")

enum sw_credential {
#define SW_CREDENTIAL_ENUM(constant, name, words) SW_CREDENTIAL_##constant,
    SW_CREDENTIAL_TABLE(SW_CREDENTIAL_ENUM)
#undef SW_CREDENTIAL_ENUM
        SW_CREDENTIAL_COUNT,
    SW_CREDENTIAL_NONE,   /* looks like one and is not: ends the search */
    SW_CREDENTIAL_SYSTEM, /* tells that the root is that of a system */
};
const char *sw_credential_name(enum sw_credential credential);
const char *sw_credential_words(enum sw_credential credential);

/* Where `parent` has to stand in the root of a system. */
enum sw_scope {
    SW_SCOPE_ROOT,  /* at the top */
    SW_SCOPE_HOME,  /* in home/NAME or in root */
    SW_SCOPE_TREES, /* up to six deep in a home, or in a tree where services keep their data */
    SW_SCOPE_ETC,   /* as TREES, and anywhere in etc */
    SW_SCOPE_ANY,
};

struct sw_place {
    const char *name; /* base name: "a", "*" or with one "*" before at least four bytes: "a*bcde" */
    const char *parent; /* components right above it, "a/b"; "": any */
    enum sw_credential credential;
    enum sw_scope scope;
};

/* In order of precedence: of two rows that fit equally well the first one counts. */
const struct sw_place *sw_places(size_t *count);

#endif
