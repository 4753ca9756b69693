/* SPDX-License-Identifier: Apache-2.0 */
/* pack_sign.c - reads PEM keys, signs and verifies. See pack_sign.h. */
#include "supervisor/pack_sign.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_FILE_MAX = 64 * 1024 };

struct sw_key {
    EVP_PKEY *pkey;
    const char *path;
    uint8_t id[SW_KEY_ID_SIZE];
};

/* A key file in memory; the bytes are wiped when they go. */
struct pem {
    char text[KEY_FILE_MAX + 1];
    size_t size;
    mode_t mode; /* 0 for what is no regular file */
};

static void pem_free(struct pem *pem)
{
    if (pem)
        OPENSSL_cleanse(pem, sizeof(*pem));
    free(pem);
}

static enum sw_status read_into(struct pem *pem, int fd, const char *path, struct sw_error *error)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return sw_fail(error, SW_STOP, "key", errno, "%s", path);
    if (S_ISREG(facts.st_mode))
        pem->mode = facts.st_mode;
    else if (!S_ISFIFO(facts.st_mode))
        return sw_fail(error, SW_STOP, "key", 0, "%s: not a file with a key in it", path);
    while (pem->size < sizeof(pem->text)) {
        ssize_t got = read(fd, pem->text + pem->size, sizeof(pem->text) - pem->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return sw_fail(error, SW_STOP, "key", errno, "%s", path);
        if (got == 0)
            return SW_OK;
        pem->size += (size_t)got;
    }
    return sw_fail(error, SW_STOP, "key", 0, "%s: larger than 64 KiB: not a key", path);
}

static enum sw_status pem_read(const char *path, struct pem **pem, struct sw_error *error)
{
    struct pem *made = calloc(1, sizeof(*made));
    if (!made) {
        sw_fail(error, SW_STOP, "key", ENOMEM, "%s", path);
        return SW_STOP;
    }
    enum sw_status status = SW_STOP;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        sw_fail(error, SW_STOP, "key", errno, "%s", path);
    else
        status = read_into(made, fd, path, error);
    if (fd >= 0)
        close(fd);
    if (status != SW_OK) {
        pem_free(made);
        return status;
    }
    *pem = made; /* the caller's from here on */
    return SW_OK;
}

/* OpenSSL asks for a password: there is none, and nobody is asked. */
static int refuse_password(char *buffer, int size, int writing, void *asked)
{
    (void)buffer;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

static bool says(const struct pem *pem, const char *words)
{
    return memmem(pem->text, pem->size, words, strlen(words)) != NULL;
}

static enum sw_status no_private_key(const struct pem *pem, const char *path, bool asked,
                                     struct sw_error *error)
{
    if (asked || says(pem, "ENCRYPTED"))
        return sw_fail(error, SW_STOP, "key", 0,
                       "%s: the private key has a password, which is not supported: nothing is "
                       "asked here; \"openssl pkey -in KEY -out PLAIN\" takes it off",
                       path);
    if (says(pem, "BEGIN PUBLIC KEY"))
        return sw_fail(error, SW_STOP, "key", 0,
                       "%s: a public key; to sign, the private one is needed", path);
    return sw_fail(error, SW_STOP, "key", 0,
                   "%s: no private key in PEM form; \"openssl genpkey -algorithm ed25519\" makes "
                   "one",
                   path);
}

static enum sw_status no_public_key(const struct pem *pem, const char *path, struct sw_error *error)
{
    if (says(pem, "PRIVATE KEY"))
        return sw_fail(error, SW_STOP, "key", 0,
                       "%s: a private key; give the public one: \"openssl pkey -in KEY -pubout\"",
                       path);
    return sw_fail(error, SW_STOP, "key", 0,
                   "%s: no public key in PEM form; \"openssl pkey -in KEY -pubout\" writes it",
                   path);
}

static bool make_id(struct sw_key *key)
{
    uint8_t *der = NULL;
    uint8_t digest[EVP_MAX_MD_SIZE];
    int size = i2d_PUBKEY(key->pkey, &der);
    bool good = size > 0 && EVP_Digest(der, (size_t)size, digest, NULL, EVP_sha256(), NULL) == 1;
    if (good)
        memcpy(key->id, digest, sizeof(key->id));
    OPENSSL_free(der);
    return good;
}

/* Takes `pkey` over, also when it fails. */
static enum sw_status wrap(EVP_PKEY *pkey, const char *path, struct sw_key **key,
                           struct sw_error *error)
{
    struct sw_key *made = calloc(1, sizeof(*made));
    enum sw_status status = SW_OK;
    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_ED25519)
        status = sw_fail(error, SW_STOP, "key", 0,
                         "%s: not an Ed25519 key; \"openssl genpkey -algorithm ed25519\" makes one",
                         path);
    if (!made) {
        EVP_PKEY_free(pkey);
        return sw_fail(error, SW_STOP, "key", ENOMEM, "%s", path);
    }
    made->pkey = pkey;
    made->path = path;
    if (status == SW_OK && !make_id(made))
        status = sw_fail(error, SW_STOP, "key", ENOMEM, "%s", path);
    if (status != SW_OK) {
        sw_key_free(made);
        return status;
    }
    *key = made; /* the caller's from here on */
    return SW_OK;
}

enum sw_status sw_key_read_private(const char *path, struct sw_key **key, bool *exposed,
                                   struct sw_error *error)
{
    struct pem *pem = NULL;
    bool asked = false;
    enum sw_status status = pem_read(path, &pem, error);
    if (status != SW_OK)
        return status;
    BIO *bio = BIO_new_mem_buf(pem->text, (int)pem->size);
    EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, refuse_password, &asked) : NULL;
    status = pkey ? wrap(pkey, path, key, error) : no_private_key(pem, path, asked, error);
    if (status == SW_OK)
        *exposed = (pem->mode & (S_IRWXG | S_IRWXO)) != 0;
    BIO_free(bio);
    pem_free(pem);
    ERR_clear_error();
    return status;
}

enum sw_status sw_key_read_public(const char *path, struct sw_key **key, struct sw_error *error)
{
    struct pem *pem = NULL;
    bool asked = false;
    enum sw_status status = pem_read(path, &pem, error);
    if (status != SW_OK)
        return status;
    BIO *bio = BIO_new_mem_buf(pem->text, (int)pem->size);
    EVP_PKEY *pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, refuse_password, &asked) : NULL;
    status = pkey ? wrap(pkey, path, key, error) : no_public_key(pem, path, error);
    BIO_free(bio);
    pem_free(pem);
    ERR_clear_error();
    return status;
}

void sw_key_free(struct sw_key *key)
{
    if (key)
        EVP_PKEY_free(key->pkey);
    free(key);
}

const char *sw_key_path(const struct sw_key *key)
{
    return key->path;
}

const uint8_t *sw_key_id(const struct sw_key *key)
{
    return key->id;
}

enum sw_status sw_key_sign(const struct sw_key *key, struct sw_view covered,
                           struct sw_pack_signature *signature, struct sw_error *error)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = sizeof(signature->bytes);
    bool good = context && EVP_DigestSignInit(context, NULL, NULL, NULL, key->pkey) == 1 &&
                EVP_DigestSign(context, signature->bytes, &size, covered.data, covered.size) == 1 &&
                size == sizeof(signature->bytes);
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    if (!good)
        return sw_fail(error, SW_STOP, "key", 0, "%s: OpenSSL cannot sign with it", key->path);
    memcpy(signature->key_id, key->id, sizeof(signature->key_id));
    return SW_OK;
}

bool sw_key_verify(const struct sw_key *key, struct sw_view covered,
                   const struct sw_pack_signature *signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->pkey) == 1 &&
                EVP_DigestVerify(context, signature->bytes, sizeof(signature->bytes), covered.data,
                                 covered.size) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good;
}
