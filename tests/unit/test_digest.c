/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 against the published vectors, in pieces and in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sweeper/digest.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define LONG  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
/* One million times 'a'. */
#define MILLION "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static const char long_text[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

static void vectors_of_the_standard(void **state)
{
    char hex[SW_SHA256_HEX_SIZE];
    (void)state;
    assert_int_equal(sw_digest_of(NULL, 0, hex), SW_OK);
    assert_string_equal(hex, EMPTY);
    assert_int_equal(sw_digest_of("abc", 3, hex), SW_OK);
    assert_string_equal(hex, ABC);
    assert_int_equal(sw_digest_of(long_text, strlen(long_text), hex), SW_OK);
    assert_string_equal(hex, LONG);
}

static void pieces_make_no_difference(void **state)
{
    struct sw_digest *digest = NULL;
    char hex[SW_SHA256_HEX_SIZE];
    uint8_t block[977];
    (void)state;
    memset(block, 'a', sizeof block);
    assert_int_equal(sw_digest_new(&digest), SW_OK);
    for (size_t step = 1; step < sizeof block; step += 122) {
        assert_int_equal(sw_digest_start(digest), SW_OK);
        for (size_t left = 1000000; left > 0;) {
            size_t size = left < step ? left : step;
            assert_int_equal(sw_digest_update(digest, block, size), SW_OK);
            left -= size;
        }
        assert_int_equal(sw_digest_finish(digest, hex), SW_OK);
        assert_string_equal(hex, MILLION);
    }
    sw_digest_free(digest);
}

static void objects_in_turn_do_not_mix(void **state)
{
    struct sw_digest *digest = NULL;
    char hex[SW_SHA256_HEX_SIZE];
    (void)state;
    assert_int_equal(sw_digest_new(&digest), SW_OK);
    assert_int_equal(sw_digest_start(digest), SW_OK);
    assert_int_equal(sw_digest_update(digest, "given up half way", 17), SW_OK);
    assert_int_equal(sw_digest_start(digest), SW_OK);
    assert_int_equal(sw_digest_update(digest, "abc", 3), SW_OK);
    assert_int_equal(sw_digest_finish(digest, hex), SW_OK);
    assert_string_equal(hex, ABC);
    assert_int_equal(sw_digest_start(digest), SW_OK);
    assert_int_equal(sw_digest_finish(digest, hex), SW_OK);
    assert_string_equal(hex, EMPTY);
    sw_digest_free(digest);
    sw_digest_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_standard),
        cmocka_unit_test(pieces_make_no_difference),
        cmocka_unit_test(objects_in_turn_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
