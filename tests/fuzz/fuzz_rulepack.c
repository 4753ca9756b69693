/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sealed memory file of the rules. Input: its bytes.
 *
 * What is opened seals to the same bytes, its texts are whole, and an include
 * never leads out of its root.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/rule_lexer.h"
#include "fuzz.h"
#include "sweeper/rulepack.h"

enum { INCLUDES_MAX = 64 };

static void check_includes(const struct sw_rulepack *pack, const struct sw_rule_file *file)
{
    struct sw_rule_lexer lexer = sw_rule_lexer_of(file->text);
    struct sw_rule_token token;

    for (int i = 0; i < INCLUDES_MAX && sw_rule_lexer_next(&lexer, &token); i++) {
        char *target = fuzz_text(token.text);
        const struct sw_rule_file *found = sw_rulepack_resolve(pack, file, target);
        FUZZ_CHECK(found == NULL || (found >= pack->files && found < pack->files + pack->count &&
                                     found->root_index == file->root_index));
        FUZZ_CHECK(found == NULL || target[0] != '/');
        free(target);
    }
}

static void check_sealed_again(const struct sw_rulepack *pack, struct sw_view bytes)
{
    struct stat facts;
    int fd = -1;
    uint8_t *again = malloc(bytes.size);

    FUZZ_CHECK(again != NULL && sw_rulepack_seal(pack, &fd, NULL) == SW_OK);
    FUZZ_CHECK(fstat(fd, &facts) == 0 && (size_t)facts.st_size == bytes.size);
    FUZZ_CHECK(pread(fd, again, bytes.size, 0) == (ssize_t)bytes.size);
    FUZZ_CHECK(memcmp(again, bytes.data, bytes.size) == 0);
    close(fd);
    free(again);
}

static void check_pack(const struct sw_rulepack *pack, struct sw_view bytes)
{
    FUZZ_CHECK(strspn(pack->digest, "0123456789abcdef") == SW_SHA256_HEX_SIZE - 1);
    FUZZ_CHECK(pack->digest[SW_SHA256_HEX_SIZE - 1] == '\0');
    for (size_t i = 0; i < pack->count; i++) {
        const struct sw_rule_file *file = &pack->files[i];
        FUZZ_CHECK(strlen(file->text) == file->text_size);
        FUZZ_CHECK(file->name != NULL && file->namespace_ != NULL && file->root_relative != NULL);
        if (i < 8)
            check_includes(pack, file);
    }
    check_sealed_again(pack, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_rulepack *pack = NULL;
    struct sw_error error = {0};
    int fd = fuzz_memory_file(data, size);

    FUZZ_CHECK(sw_rulepack_open(fd, &pack, &error) == SW_STOP && pack == NULL); /* not sealed */
    FUZZ_CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ==
               0);
    if (sw_rulepack_open(fd, &pack, &error) == SW_OK)
        check_pack(pack, (struct sw_view){data, size});
    else
        FUZZ_CHECK(pack == NULL && error.text[0] != '\0');
    sw_rulepack_free(pack);
    close(fd);
    return 0;
}
