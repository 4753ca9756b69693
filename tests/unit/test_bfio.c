/* SPDX-License-Identifier: Apache-2.0 */
/* test_bfio.c - a blob through libbfio, and what libraries say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <libewf.h>

#include "engine/disk/bfio.h"

/* libewf loses its table of segments when an image does not open: 184 bytes each time. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libewf_";
}

static enum sw_status broken_read(struct sw_blob *blob, uint64_t offset, void *data, size_t size,
                                  size_t *got, struct sw_error *error)
{
    (void)blob;
    (void)data;
    (void)size;
    (void)got;
    return sw_fail_gap(error, SW_SKIP, SW_GAP_MISSING_PART, "test", 0, "nothing at %d",
                       (int)offset);
}

static void reads_seeks_and_ends(void **state)
{
    (void)state;
    struct sw_blob blob = sw_blob_of_bytes("0123456789", 10);
    struct sw_bfio bfio;
    struct sw_error error;
    libbfio_handle_t *handle = NULL;
    uint8_t data[16];
    size64_t size = 0;

    assert_int_equal(sw_bfio_handle_new(&bfio, &blob, &handle, &error), SW_OK);
    assert_int_equal(libbfio_handle_open(handle, LIBBFIO_OPEN_READ, NULL), 1);
    assert_int_equal(bfio.opens, 1);
    assert_int_equal(libbfio_handle_get_size(handle, &size, NULL), 1);
    assert_int_equal(size, 10);
    assert_int_equal(libbfio_handle_seek_offset(handle, 4, SEEK_SET, NULL), 4);
    assert_int_equal(libbfio_handle_read_buffer(handle, data, 3, NULL), 3);
    assert_memory_equal(data, "456", 3);
    assert_int_equal(libbfio_handle_read_buffer(handle, data, 16, NULL), 3);
    assert_memory_equal(data, "789", 3);
    assert_int_equal(libbfio_handle_read_buffer(handle, data, 1, NULL), 0);
    assert_int_equal(libbfio_handle_seek_offset(handle, -2, SEEK_END, NULL), 8);
    assert_int_equal(libbfio_handle_seek_offset(handle, 1, SEEK_CUR, NULL), 9);
    assert_int_equal(libbfio_handle_seek_offset(handle, -1, SEEK_SET, NULL), -1);
    assert_int_equal(libbfio_handle_close(handle, NULL), 0);
    assert_int_equal(bfio.opens, 0);
    sw_bfio_handle_free(&handle);
    assert_null(handle);
}

static void is_never_written(void **state)
{
    (void)state;
    struct sw_blob blob = sw_blob_of_bytes("0123456789", 10);
    struct sw_bfio bfio;
    struct sw_error error;
    libbfio_handle_t *handle = NULL;

    assert_int_equal(sw_bfio_handle_new(&bfio, &blob, &handle, &error), SW_OK);
    assert_int_equal(libbfio_handle_open(handle, LIBBFIO_OPEN_READ_WRITE, NULL), -1);
    sw_bfio_handle_free(&handle);
}

static void a_failed_read_is_remembered(void **state)
{
    (void)state;
    static const struct sw_libyal library = SW_LIBYAL(libewf, "ewf");
    struct sw_blob blob = sw_blob_of_bytes("0123456789", 10);
    struct sw_blob_ops ops = *blob.ops;
    struct sw_bfio bfio;
    struct sw_error error;
    libbfio_handle_t *handle = NULL;
    intptr_t *problem = NULL;
    uint8_t data[4];

    ops.read_at = broken_read;
    blob.ops = &ops;
    assert_int_equal(sw_bfio_handle_new(&bfio, &blob, &handle, &error), SW_OK);
    assert_int_equal(libbfio_handle_open(handle, LIBBFIO_OPEN_READ, NULL), 1);
    assert_int_equal(libbfio_handle_read_buffer(handle, data, 4, &problem), -1);
    assert_non_null(problem);
    assert_int_equal(
        sw_libyal_fail(&library, &problem, &bfio, SW_DEAD, SW_GAP_DAMAGED, "no head", &error),
        SW_DEAD);
    assert_null(problem);
    assert_int_equal(error.reason, SW_GAP_MISSING_PART);
    assert_string_equal(error.text, "nothing at 0");
    sw_bfio_forget(&bfio);
    assert_int_equal(
        sw_libyal_fail(&library, &problem, &bfio, SW_DEAD, SW_GAP_DAMAGED, "no head", &error),
        SW_DEAD);
    assert_int_equal(error.reason, SW_GAP_DAMAGED);
    assert_string_equal(error.text, "no head");
    sw_bfio_handle_free(&handle);
}

/* What a library finds wrong with the bytes is its innermost line. */
static void a_library_says_what_is_wrong(void **state)
{
    (void)state;
    static const struct sw_libyal library = SW_LIBYAL(libewf, "ewf");
    uint8_t bytes[512] = "EVF\x09 and nothing that follows";
    struct sw_blob blob = sw_blob_of_bytes(bytes, sizeof(bytes));
    struct sw_bfio bfio;
    struct sw_error error;
    libbfio_handle_t *handle = NULL;
    libbfio_pool_t *pool = NULL;
    libewf_handle_t *image = NULL;
    intptr_t *problem = NULL;
    int entry = 0;

    assert_int_equal(sw_bfio_handle_new(&bfio, &blob, &handle, &error), SW_OK);
    assert_int_equal(libbfio_pool_initialize(&pool, 0, 0, NULL), 1);
    assert_int_equal(libbfio_pool_append_handle(pool, &entry, handle, LIBBFIO_OPEN_READ, NULL), 1);
    assert_int_equal(libewf_handle_initialize(&image, NULL), 1);
    assert_int_equal(libewf_handle_open_file_io_pool(image, pool, LIBEWF_OPEN_READ, &problem), -1);
    (void)sw_libyal_fail(&library, &problem, &bfio, SW_DEAD, SW_GAP_DAMAGED, "no E01", &error);
    assert_int_equal(error.reason, SW_GAP_DAMAGED);
    assert_string_equal(error.text, "no E01: unsupported segment file signature");
    (void)libewf_handle_free(&image, NULL);
    (void)libbfio_pool_free(&pool, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_seeks_and_ends),
        cmocka_unit_test(is_never_written),
        cmocka_unit_test(a_failed_read_is_remembered),
        cmocka_unit_test(a_library_says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
