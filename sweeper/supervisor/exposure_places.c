/* SPDX-License-Identifier: Apache-2.0 */
/* Every place that the stealer is known to read, one row each. */
#include "supervisor/exposure_places.h"

#define ROW(name, parent, credential, scope)                                                       \
    {                                                                                              \
        name, parent, SW_CREDENTIAL_##credential, SW_SCOPE_##scope                                 \
    }

static const struct sw_place places[] = {
    /* What a system's root has and nothing else; and public certificates. */
    ROW("os-release", "usr/lib", SYSTEM, ROOT),
    ROW("os-release", "etc", SYSTEM, ROOT),
    ROW("cacert.pem", "", NONE, ANY),
    ROW("tls-ca-bundle.pem", "", NONE, ANY),
    ROW("*.pem", "etc/ssl/certs", NONE, ANY),

    ROW("id_rsa", ".ssh", SSH, HOME),
    ROW("id_ed25519", ".ssh", SSH, HOME),
    ROW("id_ecdsa", ".ssh", SSH, HOME),
    ROW("id_dsa", ".ssh", SSH, HOME),
    ROW("authorized_keys", ".ssh", SSH, HOME),
    ROW("known_hosts", ".ssh", SSH, HOME),
    ROW("config", ".ssh", SSH, HOME),
    ROW("ssh_host_*_key", "etc/ssh", SSH, ROOT),

    ROW(".git-credentials", "", GIT, HOME),
    ROW(".gitconfig", "", GIT, HOME),

    ROW("credentials", ".aws", AWS, HOME),
    ROW("config", ".aws", AWS, HOME),

    ROW("application_default_credentials.json", "", GCP, ANY),
    ROW("adc.json", "", GCP, HOME),
    ROW("*", ".config/gcloud", GCP, HOME),

    ROW("*", ".azure", AZURE, HOME),

    ROW("config", ".kube", KUBERNETES, HOME),
    ROW("admin.conf", "etc/kubernetes", KUBERNETES, ROOT),
    ROW("kubelet.conf", "etc/kubernetes", KUBERNETES, ROOT),
    ROW("controller-manager.conf", "etc/kubernetes", KUBERNETES, ROOT),
    ROW("scheduler.conf", "etc/kubernetes", KUBERNETES, ROOT),
    ROW("token", "run/secrets/kubernetes.io/serviceaccount", KUBERNETES, ANY),
    ROW("ca.crt", "run/secrets/kubernetes.io/serviceaccount", KUBERNETES, ANY),
    ROW("token", "run/secrets/kubernetes.io/serviceaccount/*", KUBERNETES, ANY),
    ROW("ca.crt", "run/secrets/kubernetes.io/serviceaccount/*", KUBERNETES, ANY),

    ROW("config.json", ".docker", CONTAINERS, HOME),
    ROW("config.json", "kaniko/.docker", CONTAINERS, ROOT),

    ROW(".env", "", ENV_FILES, TREES),
    ROW(".env.local", "", ENV_FILES, TREES),
    ROW(".env.production", "", ENV_FILES, TREES),
    ROW(".env.development", "", ENV_FILES, TREES),
    ROW(".env.staging", "", ENV_FILES, TREES),
    ROW(".env.test", "", ENV_FILES, TREES),
    ROW("environment", "etc", ENV_FILES, ROOT),

    ROW(".npmrc", "", PACKAGE_DB_MAIL, TREES),
    ROW("npmrc", "etc", PACKAGE_DB_MAIL, ROOT),
    ROW(".pypirc", "", PACKAGE_DB_MAIL, HOME),
    ROW("credentials.toml", ".cargo", PACKAGE_DB_MAIL, HOME),
    ROW(".vault-token", "", PACKAGE_DB_MAIL, HOME),
    ROW(".netrc", "", PACKAGE_DB_MAIL, HOME),
    ROW("rc", ".lftp", PACKAGE_DB_MAIL, HOME),
    ROW(".msmtprc", "", PACKAGE_DB_MAIL, HOME),
    ROW("msmtprc", "etc", PACKAGE_DB_MAIL, ROOT),
    ROW(".my.cnf", "", PACKAGE_DB_MAIL, HOME),
    ROW("my.cnf", "etc/mysql", PACKAGE_DB_MAIL, ROOT),
    ROW(".pgpass", "", PACKAGE_DB_MAIL, HOME),
    ROW(".pgpass", "var/lib/postgresql", PACKAGE_DB_MAIL, ROOT),
    ROW(".mongorc.js", "", PACKAGE_DB_MAIL, HOME),
    ROW("redis.conf", "etc/redis", PACKAGE_DB_MAIL, ROOT),
    ROW("ldap.conf", "etc", PACKAGE_DB_MAIL, ROOT),
    ROW("ldap.conf", "etc/ldap", PACKAGE_DB_MAIL, ROOT),
    ROW("slapd.conf", "etc/ldap", PACKAGE_DB_MAIL, ROOT),
    ROW("ldap.conf", "etc/openldap", PACKAGE_DB_MAIL, ROOT),
    ROW("slapd.conf", "etc/openldap", PACKAGE_DB_MAIL, ROOT),
    ROW("sasl_passwd", "etc/postfix", PACKAGE_DB_MAIL, ROOT),

    ROW(".bash_history", "", HISTORIES, HOME),
    ROW(".zsh_history", "", HISTORIES, HOME),
    ROW(".sh_history", "", HISTORIES, HOME),
    ROW(".mysql_history", "", HISTORIES, HOME),
    ROW(".psql_history", "", HISTORIES, HOME),
    ROW(".rediscli_history", "", HISTORIES, HOME),

    ROW("*.conf", "etc/wireguard", VPN, ROOT),

    ROW("*", ".helm", IAC_CI, HOME),
    ROW("*.tfvars", "", IAC_CI, TREES),
    ROW("terraform.tfstate", "", IAC_CI, TREES),
    ROW(".gitlab-ci.yml", "", IAC_CI, TREES),
    ROW(".travis.yml", "", IAC_CI, TREES),
    ROW("Jenkinsfile", "", IAC_CI, TREES),
    ROW(".drone.yml", "", IAC_CI, TREES),
    ROW("Anchor.toml", "", IAC_CI, TREES),
    ROW("ansible.cfg", "", IAC_CI, TREES),

    ROW("bitcoin.conf", ".bitcoin", WALLETS, HOME),
    ROW("wallet*.dat", ".bitcoin", WALLETS, HOME),
    ROW("litecoin.conf", ".litecoin", WALLETS, HOME),
    ROW("dogecoin.conf", ".dogecoin", WALLETS, HOME),
    ROW("zcash.conf", ".zcash", WALLETS, HOME),
    ROW("dash.conf", ".dashcore", WALLETS, HOME),
    ROW("rippled.cfg", ".ripple", WALLETS, HOME),
    ROW("bitmonero.conf", ".bitmonero", WALLETS, HOME),
    ROW("*", ".ethereum/keystore", WALLETS, HOME),
    ROW("*.skey", ".cardano", WALLETS, HOME),
    ROW("*.vkey", ".cardano", WALLETS, HOME),
    ROW("*", ".config/solana", WALLETS, HOME),
    ROW("*-keypair.json", "", WALLETS, TREES),
    ROW("*-keypair.json", "", WALLETS, ROOT),
    ROW("*-keypair.json", "solana", WALLETS, ROOT),
    ROW("wallet*.json", "", WALLETS, TREES),
    ROW("identity.json", "solana", WALLETS, ANY),
    ROW("identity.json", "keys", WALLETS, TREES),
    ROW("identity.json", "ledger", WALLETS, HOME),
    ROW("identity.json", "home/sol", WALLETS, ROOT),
    ROW("id.json", "solana", WALLETS, ANY),
    ROW("id.json", "keys", WALLETS, TREES),
    ROW("id.json", "home/sol", WALLETS, ROOT),
    ROW("id.json", ".anchor", WALLETS, HOME),

    ROW("*", "etc/ssl/private", TLS, ROOT),
    ROW("*.pem", "", TLS, ETC),
    ROW("*.key", "", TLS, ETC),
    ROW("*.p12", "", TLS, ETC),
    ROW("*.pfx", "", TLS, ETC),

    ROW("passwd", "etc", ACCOUNTS, ROOT),
    ROW("shadow", "etc", ACCOUNTS, ROOT),
    ROW("auth.log", "var/log", ACCOUNTS, ROOT),
    ROW("secure", "var/log", ACCOUNTS, ROOT),
};

const struct sw_place *sw_places(size_t *count)
{
    *count = sizeof places / sizeof places[0];
    return places;
}

const char *sw_credential_name(enum sw_credential credential)
{
    static const char *const names[] = {
#define CREDENTIAL_NAME(constant, name, words) name,
        SW_CREDENTIAL_TABLE(CREDENTIAL_NAME)
#undef CREDENTIAL_NAME
    };
    return names[credential];
}

const char *sw_credential_words(enum sw_credential credential)
{
    static const char *const texts[] = {
#define CREDENTIAL_WORDS(constant, name, words) words,
        SW_CREDENTIAL_TABLE(CREDENTIAL_WORDS)
#undef CREDENTIAL_WORDS
    };
    return texts[credential];
}
