/* SPDX-License-Identifier: Apache-2.0 */
/* test_ident.c - signatures, and libmagic from memory. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sweeper/ident.h"

#define HEAD(text) ((struct sw_view){(const uint8_t *)(text), sizeof(text) - 1})

static void signatures_name_what_they_know(void **state)
{
    (void)state;
    assert_string_equal(sw_filetype_by_signature(HEAD("MZ\x90\x00")), "EXE");
    assert_string_equal(sw_filetype_by_signature(HEAD("\x7f"
                                                      "ELF\x02")),
                        "ELF");
    assert_string_equal(sw_filetype_by_signature(HEAD("PK\x03\x04\x0a\x00")), "ZIP");
    assert_string_equal(sw_filetype_by_signature(HEAD("%PDF-1.7")), "PDF");
    assert_string_equal(sw_filetype_by_signature(HEAD("#!/bin/sh\n")), "UNIX SCRIPT");
    assert_string_equal(sw_filetype_by_signature(HEAD("#! /bin/sh\n")), "Script");
    assert_string_equal(sw_filetype_by_signature(HEAD("\x1f\x8b\x08\x00")), "GZIP");
    assert_string_equal(sw_filetype_by_signature(HEAD("plain text")), "");
    assert_string_equal(sw_filetype_by_signature(HEAD("")), "");
    assert_string_equal(sw_filetype_by_signature((struct sw_view){NULL, 0}), "");
}

static void the_longest_signature_wins(void **state)
{
    (void)state;
    assert_string_equal(sw_filetype_by_signature(HEAD("PK\x03\x04\x14\x00\x06\x00")), "Office");
    assert_string_equal(sw_filetype_by_signature(HEAD("PK\x03\x04\x14\x00\x08\x00")), "JAR");
    assert_string_equal(sw_filetype_by_signature(HEAD("PK\x03\x04\x14\x00\x06")), "ZIP");
    assert_string_equal(sw_filetype_by_signature(HEAD("!<arch>\ndebian-binary ")), "DEB");
    assert_string_equal(sw_filetype_by_signature(HEAD("!<arch>\nx.o/")), "AR");
}

static void a_signature_needs_all_its_bytes(void **state)
{
    (void)state;
    uint8_t tar[263] = {0};
    memcpy(tar + 257, "ustar", sizeof("ustar"));
    for (size_t size = 0; size <= sizeof(tar); size++) {
        struct sw_view head = {tar, size};
        assert_string_equal(sw_filetype_by_signature(head), size < 262 ? "" : "TAR");
    }
}

static struct sw_magic_database *database;

static int database_read(void **state)
{
    (void)state;
    struct sw_error error = {0};
    return sw_magic_read(&database, &error) == SW_OK ? 0 : -1;
}

static int database_free(void **state)
{
    (void)state;
    sw_magic_free(database);
    return 0;
}

static void libmagic_answers_from_memory(void **state)
{
    (void)state;
    struct sw_ident *ident = NULL;
    assert_int_equal(sw_ident_new(database, &ident, NULL), SW_OK);
    assert_non_null(
        strstr(sw_ident_type(ident, HEAD("#!/usr/bin/env python3\nimport os\n")), "Python script"));
    assert_string_equal(sw_ident_mime(ident, HEAD("#!/usr/bin/env python3\nimport os\n")),
                        "text/x-script.python");
    assert_string_equal(sw_ident_mime(ident, HEAD("%PDF-1.7\n")), "application/pdf");
    assert_string_equal(sw_ident_type(ident, HEAD("")), "empty");
    assert_string_equal(sw_ident_mime(ident, (struct sw_view){NULL, 0}), "application/x-empty");
    assert_string_equal(sw_ident_type(ident, HEAD("\x00\x01\x02\x03")), "data");
    sw_ident_free(ident);
    sw_ident_free(NULL);
}

static void only_the_head_is_looked_at(void **state)
{
    (void)state;
    struct sw_ident *ident = NULL;
    size_t size = 3 * (size_t)SW_IDENT_HEAD_MAX;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, 'a', size);
    memset(text + SW_IDENT_HEAD_MAX, 0, size - SW_IDENT_HEAD_MAX);
    struct sw_view all = {(const uint8_t *)text, size};
    struct sw_view head = {(const uint8_t *)text, SW_IDENT_HEAD_MAX};
    assert_int_equal(sw_ident_new(database, &ident, NULL), SW_OK);
    char first[512];
    snprintf(first, sizeof(first), "%s", sw_ident_type(ident, head));
    assert_string_equal(sw_ident_type(ident, all), first);
    sw_ident_free(ident);
    free(text);
}

static void hostile_heads_are_survived(void **state)
{
    (void)state;
    static const char *const starts[] = {"\177ELF\x02\x01\x01",
                                         "MZ",
                                         "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
                                         "PK\x03\x04",
                                         "\x30\x82\xff\xff",
                                         "{\"a\":[[[[",
                                         "RIFF"};
    struct sw_ident *ident = NULL;
    uint8_t head[4096];
    uint32_t seed = 1;
    assert_int_equal(sw_ident_new(database, &ident, NULL), SW_OK);
    for (size_t round = 0; round < 400; round++) {
        const char *start = starts[round % (sizeof(starts) / sizeof(starts[0]))];
        size_t size = round * 10 % sizeof(head);
        for (size_t i = 0; i < sizeof(head); i++) {
            seed = seed * 1664525U + 1013904223U;
            head[i] = (uint8_t)(seed >> 24);
        }
        memcpy(head, start, strlen(start));
        assert_true(sw_ident_type(ident, (struct sw_view){head, size})[0] != '\0');
        assert_non_null(strchr(sw_ident_mime(ident, (struct sw_view){head, size}), '/'));
    }
    sw_ident_free(ident);
}

/* Pages that this process alone holds, in KiB. */
static long private_kib(void)
{
    char line[256];
    long total = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "Anonymous:", 10) == 0)
            total += strtol(line + 10, NULL, 10);
    }
    fclose(file);
    return total;
}

static void idents_share_the_database(void **state)
{
    (void)state;
    struct sw_ident *idents[8] = {NULL};
    long before = private_kib();
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(sw_ident_new(database, &idents[i], NULL), SW_OK);
        assert_string_equal(sw_ident_mime(idents[i], HEAD("GIF89a")), "image/gif");
    }
    long each = (private_kib() - before) / 8;
    for (size_t i = 0; i < 8; i++)
        sw_ident_free(idents[i]);
#ifndef SWEEPER_SANITIZED
    assert_true(each < 2048); /* the database alone is 8 MiB */
#endif
    print_message("an ident takes %ld KiB\n", each);
}

static void *ask_often(void *context)
{
    struct sw_ident *ident = NULL;
    assert_int_equal(sw_ident_new(context, &ident, NULL), SW_OK);
    for (int i = 0; i < 50; i++) {
        assert_string_equal(sw_ident_mime(ident, HEAD("%PDF-1.7\n")), "application/pdf");
        assert_string_equal(sw_ident_mime(ident, HEAD("GIF89a")), "image/gif");
    }
    sw_ident_free(ident);
    return NULL;
}

static void threads_do_not_disturb_one_another(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, database), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void no_database_is_said(void **state)
{
    (void)state;
    struct sw_magic_database *none = NULL;
    struct sw_error error = {0};
    assert_int_equal(setenv("MAGIC", "/nonexistent:/etc/passwd:/usr", 1), 0);
    assert_int_equal(sw_magic_read(&none, &error), SW_STOP);
    assert_non_null(strstr(error.text, "magic.mgc"));
    assert_null(none);
    assert_int_equal(unsetenv("MAGIC"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_name_what_they_know),
        cmocka_unit_test(the_longest_signature_wins),
        cmocka_unit_test(a_signature_needs_all_its_bytes),
        cmocka_unit_test(libmagic_answers_from_memory),
        cmocka_unit_test(only_the_head_is_looked_at),
        cmocka_unit_test(hostile_heads_are_survived),
        cmocka_unit_test(idents_share_the_database),
        cmocka_unit_test(threads_do_not_disturb_one_another),
        cmocka_unit_test(no_database_is_said),
    };
    return cmocka_run_group_tests(tests, database_read, database_free);
}
