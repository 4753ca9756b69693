/* SPDX-License-Identifier: Apache-2.0 */
/* kdf.c - PBKDF2 and BitLocker's chain by hand over OpenSSL's digests, so that the
 * clock can be asked on the way; Argon2 by libargon2. */
#include "engine/disk/kdf.h"

#include <argon2.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/view.h"
#include "engine/source/bytes.h"
#include "sweeper/limits.h"

#define ROOM "key"

enum {
    SLICE = 4096,    /* iterations between two looks at the clock */
    BLOCK_MAX = 200, /* bytes of a digest's block: SHA3-224 has 144, SHAKE more */
    LANES_MAX = 64,
    PATIENCE_MS = 20000, /* for others to give memory back */
    STEP_MS = 20,
    WARM_ITERATIONS = 2,
};
#define NS_PER_S        1000000000ULL
#define ARGON2_NS_A_KIB 1500ULL /* of one pass, on a slow machine; it cannot be interrupted */

static uint64_t now_ns(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void sw_kdf_clock_start(struct sw_kdf_clock *clock, uint32_t time_max_s,
                        struct sw_memory_budget *budget)
{
    const uint32_t seconds = time_max_s == 0 ? 120 : time_max_s;
    *clock = (struct sw_kdf_clock){
        .end_ns = now_ns() + seconds * NS_PER_S / 2, .time_max_s = time_max_s, .budget = budget};
}

static enum sw_status too_long(const char *what, uint64_t count, struct sw_error *error)
{
    return sw_fail_gap(error, SW_SKIP, SW_GAP_TIMEOUT, ROOM, 0,
                       "a key slot asks for %" PRIu64 " %s, more than half of --max-time allows",
                       count, what);
}

static uint64_t left_ns(const struct sw_kdf_clock *clock)
{
    const uint64_t now = now_ns();
    return now < clock->end_ns ? clock->end_ns - now : 0;
}

enum sw_status sw_kdf_clock_check(const struct sw_kdf_clock *clock, struct sw_error *error)
{
    if (left_ns(clock) != 0)
        return SW_OK;
    return sw_fail_gap(error, SW_SKIP, SW_GAP_TIMEOUT, ROOM, 0,
                       "trying keys took half of --max-time");
}

/* --- digests ---------------------------------------------------------------------- */

static const char *const digests[][2] = {
    /* as LUKS says, as OpenSSL says */
    {"sha1", "SHA1"},
    {"sha224", "SHA2-224"},
    {"sha256", "SHA2-256"},
    {"sha384", "SHA2-384"},
    {"sha512", "SHA2-512"},
    {"ripemd160", "RIPEMD-160"},
    {"sha3-256", "SHA3-256"},
    {"sha3-384", "SHA3-384"},
    {"sha3-512", "SHA3-512"},
    {"blake2b-512", "BLAKE2B-512"},
    {"blake2s-256", "BLAKE2S-256"},
};

static EVP_MD *digest_of(struct sw_view hash, struct sw_error *error)
{
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        if (!sw_view_equal(hash, sw_view_of(digests[i][0])))
            continue;
        EVP_MD *digest = EVP_MD_fetch(NULL, digests[i][1], NULL);
        if (digest != NULL)
            return digest;
    }
    (void)sw_fail_gap(error, SW_SKIP, SW_GAP_UNSUPPORTED, ROOM, 0, "no digest \"%.*s\"",
                      (int)(hash.size < 32 ? hash.size : 32), (const char *)hash.data);
    return NULL;
}

/* --- PBKDF2 ----------------------------------------------------------------------- */

/* HMAC with a key: the two digests behind their first block, and one to work with. */
struct hmac {
    EVP_MD_CTX *inner;
    EVP_MD_CTX *outer;
    EVP_MD_CTX *work;
    unsigned size; /* bytes of the digest */
};

static void hmac_done(struct hmac *hmac)
{
    EVP_MD_CTX_free(hmac->inner);
    EVP_MD_CTX_free(hmac->outer);
    EVP_MD_CTX_free(hmac->work);
}

static bool begin(EVP_MD_CTX *context, const EVP_MD *digest, const uint8_t *block, size_t size,
                  uint8_t pad)
{
    uint8_t padded[BLOCK_MAX];
    for (size_t i = 0; i < size; i++)
        padded[i] = block[i] ^ pad;
    bool good = EVP_DigestInit_ex2(context, digest, NULL) == 1 &&
                EVP_DigestUpdate(context, padded, size) == 1;
    OPENSSL_cleanse(padded, sizeof(padded));
    return good;
}

static bool hmac_init(struct hmac *hmac, const EVP_MD *digest, struct sw_view secret)
{
    enum { INNER = 0x36, OUTER = 0x5c };
    uint8_t block[BLOCK_MAX] = {0};
    const int block_size = EVP_MD_get_block_size(digest);
    bool good = block_size > 0 && block_size <= BLOCK_MAX;

    *hmac = (struct hmac){.inner = EVP_MD_CTX_new(),
                          .outer = EVP_MD_CTX_new(),
                          .work = EVP_MD_CTX_new(),
                          .size = (unsigned)EVP_MD_get_size(digest)};
    if (good && secret.size > (size_t)block_size)
        good = EVP_Digest(secret.data, secret.size, block, NULL, digest, NULL) == 1;
    else if (good && secret.size != 0)
        memcpy(block, secret.data, secret.size);
    good = good && hmac->inner != NULL && hmac->outer != NULL && hmac->work != NULL &&
           begin(hmac->inner, digest, block, (size_t)block_size, INNER) &&
           begin(hmac->outer, digest, block, (size_t)block_size, OUTER);
    OPENSSL_cleanse(block, sizeof(block));
    return good;
}

static bool hmac_of(struct hmac *hmac, struct sw_view a, struct sw_view b, uint8_t *out)
{
    return EVP_MD_CTX_copy_ex(hmac->work, hmac->inner) == 1 &&
           EVP_DigestUpdate(hmac->work, a.data, a.size) == 1 &&
           EVP_DigestUpdate(hmac->work, b.data, b.size) == 1 &&
           EVP_DigestFinal_ex(hmac->work, out, NULL) == 1 &&
           EVP_MD_CTX_copy_ex(hmac->work, hmac->outer) == 1 &&
           EVP_DigestUpdate(hmac->work, out, hmac->size) == 1 &&
           EVP_DigestFinal_ex(hmac->work, out, NULL) == 1;
}

static enum sw_status failed(struct sw_error *error)
{
    return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a digest");
}

/* One block of the result. `blocks` are still to come, this one too. */
static enum sw_status one_block(const struct sw_kdf_clock *clock, struct hmac *hmac,
                                struct sw_view salt, uint32_t index, uint32_t blocks,
                                uint32_t iterations, uint8_t sum[static EVP_MAX_MD_SIZE],
                                struct sw_error *error)
{
    uint8_t last[EVP_MAX_MD_SIZE];
    uint8_t number[4];
    const struct sw_view nothing = {number, 0};

    sw_put_big32(number, index);
    if (!hmac_of(hmac, salt, (struct sw_view){number, sizeof(number)}, last))
        return failed(error);
    memcpy(sum, last, hmac->size);
    uint64_t begun = now_ns();
    for (uint32_t i = 1; i < iterations; i++) {
        if (i % SLICE == 0) {
            const uint64_t a_slice = (now_ns() - begun) / (i / SLICE);
            const uint64_t slices = ((uint64_t)iterations * blocks - i) / SLICE;
            if (a_slice != 0 && slices > left_ns(clock) / a_slice)
                return too_long("iterations", iterations, error);
        }
        if (!hmac_of(hmac, (struct sw_view){last, hmac->size}, nothing, last))
            return failed(error);
        for (unsigned byte = 0; byte < hmac->size; byte++)
            sum[byte] ^= last[byte];
    }
    OPENSSL_cleanse(last, sizeof(last));
    return SW_OK;
}

enum sw_status sw_kdf_pbkdf2(const struct sw_kdf_clock *clock, struct sw_view hash,
                             struct sw_view secret, struct sw_view salt, uint32_t iterations,
                             uint8_t *out, size_t size, struct sw_error *error)
{
    uint8_t sum[EVP_MAX_MD_SIZE] = {0};
    struct hmac hmac = {0};
    enum sw_status status = sw_kdf_clock_check(clock, error);

    if (status != SW_OK)
        return status;
    EVP_MD *digest = digest_of(hash, error);
    if (digest == NULL)
        return SW_SKIP;
    if (!hmac_init(&hmac, digest, secret))
        status = failed(error);
    const uint32_t blocks = hmac.size == 0 ? 0 : (uint32_t)((size + hmac.size - 1) / hmac.size);
    for (uint32_t i = 0; i < blocks && status == SW_OK; i++) {
        const size_t at = (size_t)i * hmac.size;
        const size_t step = size - at;
        status = one_block(clock, &hmac, salt, i + 1, blocks - i, iterations, sum, error);
        if (status == SW_OK)
            memcpy(out + at, sum, step < hmac.size ? step : hmac.size);
    }
    OPENSSL_cleanse(sum, sizeof(sum));
    hmac_done(&hmac);
    EVP_MD_free(digest);
    return status;
}

/* --- Argon2 ----------------------------------------------------------------------- */

/* Others work with the same purse, and give back: it is waited for, but not for ever, because
 * whoever asks may hold some of it himself. */
static enum sw_status reserve(struct sw_memory_budget *budget, uint64_t size,
                              struct sw_error *error)
{
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};

    if (budget == NULL)
        return SW_OK;
    for (int waited = 0; size <= budget->size_max && waited < PATIENCE_MS; waited += STEP_MS) {
        if (sw_memory_budget_try_reserve(budget, size))
            return SW_OK;
        nanosleep(&step, NULL);
    }
    return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                       "a key slot asks for %" PRIu64 " MiB of memory (Argon2), and --memory "
                       "leaves %" PRIu64,
                       (uint64_t)(size / SW_MIB), (uint64_t)(budget->size_max / SW_MIB));
}

enum sw_status sw_kdf_argon2(const struct sw_kdf_clock *clock, const struct sw_argon2 *parameters,
                             struct sw_view secret, struct sw_view salt, uint8_t *out, size_t size,
                             struct sw_error *error)
{
    const uint64_t work = (uint64_t)parameters->memory_kib * parameters->passes;
    enum sw_status status = sw_kdf_clock_check(clock, error);

    if (status != SW_OK)
        return status;
    if (parameters->lanes == 0 || parameters->lanes > LANES_MAX || parameters->passes == 0)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "a key slot asks for Argon2 in %" PRIu32 " lanes and %" PRIu32 " passes",
                           parameters->lanes, parameters->passes);
    if (work > left_ns(clock) / ARGON2_NS_A_KIB)
        return too_long("passes of Argon2 over its memory", parameters->passes, error);
    const uint64_t memory = parameters->memory_kib * SW_KIB;
    status = reserve(clock->budget, memory, error);
    if (status != SW_OK)
        return status;
    argon2_context context = {
        .out = out,
        .outlen = (uint32_t)size,
        .pwd = (uint8_t *)(uintptr_t)secret.data,
        .pwdlen = (uint32_t)secret.size,
        .salt = (uint8_t *)(uintptr_t)salt.data,
        .saltlen = (uint32_t)salt.size,
        .t_cost = parameters->passes,
        .m_cost = parameters->memory_kib,
        .lanes = parameters->lanes,
        .threads = 1,
        .version = ARGON2_VERSION_13,
        .flags = ARGON2_DEFAULT_FLAGS,
    };
    int result = argon2_ctx(&context, parameters->id ? Argon2_id : Argon2_i);
    sw_memory_budget_release(clock->budget, memory);
    if (result == ARGON2_OK)
        return SW_OK;
    return sw_fail_gap(error, SW_SKIP,
                       result == ARGON2_MEMORY_ALLOCATION_ERROR ? SW_GAP_LIMIT_MEMORY
                                                                : SW_GAP_DAMAGED,
                       ROOM, 0, "a key slot's Argon2: %s", argon2_error_message(result));
}

/* --- BitLocker -------------------------------------------------------------------- */

enum sw_status sw_kdf_stretch(const struct sw_kdf_clock *clock, const uint8_t digest[static 32],
                              const uint8_t salt[static 16], uint8_t key[static 32],
                              struct sw_error *error)
{
    enum { LAST = 0, FIRST = 32, SALT = 64, COUNT = 80, SIZE = 88, ROUNDS = 1 << 20 };
    uint8_t chain[SIZE] = {0};
    enum sw_status status = sw_kdf_clock_check(clock, error);
    EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    memcpy(chain + FIRST, digest, 32);
    memcpy(chain + SALT, salt, 16);
    if (status == SW_OK && (sha256 == NULL || context == NULL))
        status = failed(error);
    for (uint64_t i = 0; i < ROUNDS && status == SW_OK; i++) {
        sw_put_little64(chain + COUNT, i);
        if (i % SLICE == 0)
            status = sw_kdf_clock_check(clock, error);
        if (status == SW_OK && (EVP_DigestInit_ex2(context, sha256, NULL) != 1 ||
                                EVP_DigestUpdate(context, chain, SIZE) != 1 ||
                                EVP_DigestFinal_ex(context, chain + LAST, NULL) != 1))
            status = failed(error);
    }
    if (status == SW_OK)
        memcpy(key, chain + LAST, 32);
    OPENSSL_cleanse(chain, sizeof(chain));
    EVP_MD_CTX_free(context);
    EVP_MD_free(sha256);
    return status;
}

/* --- the splitter ----------------------------------------------------------------- */

/* Each piece of a digest's size becomes the digest of its number and itself. */
static bool diffuse(EVP_MD_CTX *context, const EVP_MD *digest, uint8_t *block, size_t size)
{
    const size_t step = (size_t)EVP_MD_get_size(digest);
    uint8_t sum[EVP_MAX_MD_SIZE];
    uint8_t number[4];

    for (size_t at = 0; at < size; at += step) {
        const size_t piece = size - at < step ? size - at : step;
        sw_put_big32(number, (uint32_t)(at / step));
        if (EVP_DigestInit_ex2(context, digest, NULL) != 1 ||
            EVP_DigestUpdate(context, number, sizeof(number)) != 1 ||
            EVP_DigestUpdate(context, block + at, piece) != 1 ||
            EVP_DigestFinal_ex(context, sum, NULL) != 1)
            return false;
        memcpy(block + at, sum, piece);
    }
    OPENSSL_cleanse(sum, sizeof(sum));
    return true;
}

enum sw_status sw_kdf_merge(struct sw_view hash, uint8_t *material, size_t size, uint32_t stripes,
                            struct sw_error *error)
{
    EVP_MD *digest = digest_of(hash, error);
    if (digest == NULL)
        return SW_SKIP;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && size != 0 && stripes != 0;

    for (uint32_t i = 1; good && i < stripes; i++) {
        good = diffuse(context, digest, material, size);
        for (size_t byte = 0; byte < size; byte++)
            material[byte] ^= material[(size_t)i * size + byte];
    }
    EVP_MD_CTX_free(context);
    EVP_MD_free(digest);
    return good ? SW_OK : failed(error);
}

void sw_kdf_warm(void)
{
    uint8_t out[EVP_MAX_MD_SIZE];
    struct sw_kdf_clock clock;

    sw_kdf_clock_start(&clock, 0, NULL);
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
        (void)!sw_kdf_pbkdf2(&clock, sw_view_of(digests[i][0]), SW_VIEW("warm"), SW_VIEW("salt"),
                             WARM_ITERATIONS, out, sizeof(out), NULL);
    EVP_CIPHER *ccm = EVP_CIPHER_fetch(NULL, "AES-256-CCM", NULL);
    EVP_CIPHER_free(ccm);
}
