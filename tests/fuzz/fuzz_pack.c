/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule packs. Input: the bytes of a pack; they are tried as they are, and with
 * the digest put right, so that changes get past it.
 *
 * What is decoded encodes to the same bytes, stays below its roots, and has no
 * signature that a key has been asked about.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "supervisor/pack_file.h"
#include "supervisor/pack_trust.h"
#include "sweeper/text.h"

static void check_file(const struct sw_rule_file *file)
{
    const char *name = file->root_relative;
    FUZZ_CHECK(strlen(file->text) == file->text_size);
    FUZZ_CHECK(strcmp(name, file->name) == 0 && name[0] != '/' && name[0] != '\0');
    FUZZ_CHECK(strcmp(name, "..") != 0 && strncmp(name, "../", 3) != 0);
    FUZZ_CHECK(strstr(name, "/../") == NULL && strstr(name, "//") == NULL);
    FUZZ_CHECK(strlen(name) < 3 || strcmp(name + strlen(name) - 3, "/..") != 0);
    FUZZ_CHECK(sw_text_is_printable(fuzz_view(name)));
    FUZZ_CHECK(sw_text_is_printable(fuzz_view(file->namespace_)));
    FUZZ_CHECK(!file->builtin);
}

static void check_pack(struct sw_pack *pack, struct sw_view bytes)
{
    struct sw_buf again;
    struct sw_trust nobody = {.keys = NULL, .count = 0};
    struct sw_error error = {0};

    for (size_t i = 0; i < pack->rules->count; i++)
        check_file(&pack->rules->files[i]);
    sw_buf_init(&again, SW_PACK_SIZE_MAX);
    FUZZ_CHECK(sw_pack_encode(&again, pack->rules, "again", &error) == SW_OK);
    FUZZ_CHECK(again.size == pack->covered.size);
    FUZZ_CHECK(sw_pack_encode_end(&again, pack->signatures, pack->signature_count, "again",
                                  &error) == SW_OK);
    FUZZ_CHECK(again.size == bytes.size && memcmp(again.data, bytes.data, bytes.size) == 0);
    sw_buf_done(&again);
    FUZZ_CHECK(sw_trust_judge(&nobody, pack, "again", &error) == SW_OK);
    nobody.required = true;
    FUZZ_CHECK(sw_trust_judge(&nobody, pack, "again", &error) == SW_STOP);
}

static void try_bytes(struct sw_view bytes)
{
    struct sw_pack *pack = NULL;
    struct sw_error error = {0};
    uint8_t *copy = malloc(bytes.size + 1);

    FUZZ_CHECK(copy != NULL);
    memcpy(copy, bytes.data, bytes.size);
    uint8_t *fitting = realloc(copy, bytes.size == 0 ? 1 : bytes.size);
    if (sw_pack_decode(fitting != NULL ? fitting : copy, bytes.size, "pack", &pack, &error) ==
        SW_OK)
        check_pack(pack, bytes);
    else
        FUZZ_CHECK(pack == NULL && strncmp(error.text, "pack: ", 6) == 0);
    sw_pack_free(pack);
}

/* The digest stands where the header says that what it covers ends. */
static void mend(uint8_t *bytes, size_t size)
{
    struct sw_cursor cursor = sw_cursor_of((struct sw_view){bytes, size});
    struct sw_view head;
    uint8_t digest[EVP_MAX_MD_SIZE];
    uint64_t covered = 0;

    if (sw_cursor_bytes(&cursor, 16, &head) != SW_OK || sw_cursor_u64(&cursor, &covered) != SW_OK)
        return;
    if (size < SW_PACK_DIGEST_SIZE || covered > size - SW_PACK_DIGEST_SIZE)
        return;
    FUZZ_CHECK(EVP_Digest(bytes, (size_t)covered, digest, NULL, EVP_sha256(), NULL) == 1);
    memcpy(bytes + covered, digest, SW_PACK_DIGEST_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_view bytes = {data, size};
    if (size == 0) /* a view of nothing may be NULL */
        return 0;
    try_bytes(bytes);
    uint8_t *mended = fuzz_copy(bytes);
    mend(mended, size);
    try_bytes((struct sw_view){mended, size});
    free(mended);
    return 0;
}
