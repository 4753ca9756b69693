/* SPDX-License-Identifier: Apache-2.0 */
/* test_part_name.c - names of parts, read and written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sweeper/limits.h"
#include "sweeper/part_name.h"

static struct sw_view view(const char *text)
{
    return (struct sw_view){(const uint8_t *)text, strlen(text)};
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *lead;
        uint32_t number;
        enum sw_part_form form;
        bool strong;
    } rows[] = {
        {"x.7z.001", "x.7z.001", 1, SW_PARTS_JOINED, true},
        {"x.7z.1000", "x.7z.001", 1000, SW_PARTS_JOINED, true},
        {"x.tar.gz.017", "x.tar.gz.001", 17, SW_PARTS_JOINED, true},
        {"X.ZIP.002", "X.ZIP.001", 2, SW_PARTS_JOINED, true},
        {"disk.002", "disk.001", 2, SW_PARTS_JOINED, false},
        {"x.tar.xz.aa", "x.tar.xz.aa", 1, SW_PARTS_JOINED, true},
        {"x.tar.xz.zz", "x.tar.xz.aa", 676, SW_PARTS_JOINED, true},
        {"x.ab", "x.aa", 2, SW_PARTS_JOINED, false},
        {"x.zip", "x.zip", 0, SW_PARTS_ZIP, true},
        {"x.z01", "x.zip", 1, SW_PARTS_ZIP, true},
        {"X.Z99", "X.ZIP", 99, SW_PARTS_ZIP, true},
        {"x.z100", "x.zip", 100, SW_PARTS_ZIP, true},
        {"x.rar", "x.rar", 1, SW_PARTS_RAR, true},
        {"x.r00", "x.rar", 2, SW_PARTS_RAR, true},
        {"X.R99", "X.RAR", 101, SW_PARTS_RAR, true},
        {"x.s00", "x.rar", 102, SW_PARTS_RAR, true},
        {"x.part1.rar", "x.part1.rar", 1, SW_PARTS_RAR, true},
        {"x.part002.rar", "x.part001.rar", 2, SW_PARTS_RAR, true},
        {"x.PART10.RAR", "x.PART01.RAR", 10, SW_PARTS_RAR, true},
        {"x.E01", "x.E01", 1, SW_PARTS_EWF, true},
        {"x.e17", "x.e01", 17, SW_PARTS_EWF, true},
        {"x.dd.002", "x.dd.001", 2, SW_PARTS_JOINED, true},
        {"x.vmdk", "x.vmdk", 1, SW_PARTS_VMDK, true},
        {"x-flat.vmdk", "x.vmdk", 2, SW_PARTS_VMDK, true},
        {"x-s002.vmdk", "x.vmdk", 6, SW_PARTS_VMDK, true},
        {"x-f010.vmdk", "x.vmdk", 23, SW_PARTS_VMDK, true},
        {"x-000001.vmdk", "x-000001.vmdk", 1, SW_PARTS_VMDK, true},
        {"x.qcow2", "x.qcow2", 1, SW_PARTS_DISK, true},
        {"x.avhdx", "x.avhdx", 1, SW_PARTS_DISK, true},
        {"\xff\n.7z.002", "\xff\n.7z.001", 2, SW_PARTS_JOINED, true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[SW_PART_NAME_MAX + 1];
        struct sw_part_name part, lead;
        assert_true(sw_part_name_read(view(rows[i].name), &part));
        assert_int_equal(part.number, rows[i].number);
        assert_int_equal(part.form, rows[i].form);
        assert_int_equal(part.strong, rows[i].strong);
        assert_int_equal(part.missed, rows[i].strong && strstr(rows[i].lead, ".aa") == NULL &&
                                          part.form != SW_PARTS_VMDK && part.form != SW_PARTS_DISK);
        assert_true(sw_part_name_write(&part, part.number, name));
        assert_string_equal(name, rows[i].name);
        assert_true(sw_part_name_write(&part, sw_part_name_lead(&part), name));
        assert_string_equal(name, rows[i].lead);
        assert_int_equal(sw_part_name_leads(&part), strcmp(name, rows[i].name) == 0);
        assert_true(sw_part_name_read(view(rows[i].lead), &lead));
        assert_true(sw_part_name_same_set(&part, &lead));
        assert_true(sw_part_name_leads(&lead));
    }
}

static void test_no_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",         ".",        "x",        "x.",          ".001",
        "x.000",    "x.01",     "x.0001",   "x.1001",      "x.99999999999999999999",
        "x.00a",    "x.py",     "x.so",     "x.AA",        "x.Ab",
        "x.zz",     "x.z1",     "x.z00",    "x.z001",      "x.z1000",
        "x.r0",     "x.r000",   "x.q00",    "x.zip.z",     "x.part.exe",
        "x.tar.gz", "x.tar.xz", "x.iso.lz", "x.zip.py.so", "x.tar",
        ".zip",
    };
    char name[SW_PART_NAME_MAX + 3];
    struct sw_part_name part;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (sw_part_name_read(view(names[i]), &part))
            fail_msg("taken: %s", names[i]);
    memset(name, 'a', sizeof(name));
    memcpy(name + SW_PART_NAME_MAX - 3, ".7z.001", 6);
    assert_false(
        sw_part_name_read((struct sw_view){(const uint8_t *)name, SW_PART_NAME_MAX + 1}, &part));
}

/* Whatever a name says, those that are written for it are read as the same set. */
static void test_each_number(void **state)
{
    (void)state;
    static const char *const names[] = {"x.7z.001", "x.tar.gz.aa",  "x.zip",
                                        "x.rar",    "x.part01.rar", "x.vmdk"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct sw_part_name lead, part;
        char name[SW_PART_NAME_MAX + 1];
        uint32_t written = 0;
        assert_true(sw_part_name_read(view(names[i]), &lead));
        for (uint32_t n = 0; n <= SW_PARTS_MAX + 3; n++) {
            if (!sw_part_name_write(&lead, n, name))
                continue;
            if (n <= SW_PARTS_MAX && sw_part_name_read(view(name), &part)) {
                assert_int_equal(part.number, n);
                assert_true(sw_part_name_same_set(&lead, &part));
                written++;
            }
        }
        assert_in_range(written, i == 1 ? 673 : 800, SW_PARTS_MAX);
    }
}

static void test_long_names(void **state)
{
    (void)state;
    char name[SW_PART_NAME_MAX + 1], other[SW_PART_NAME_MAX + 1];
    struct sw_part_name part;

    memset(name, 'a', sizeof(name));
    memcpy(name + SW_PART_NAME_MAX - 7, ".7z.999", 8);
    assert_true(sw_part_name_read(view(name), &part));
    assert_true(sw_part_name_write(&part, 1, other));
    assert_int_equal(strlen(other), SW_PART_NAME_MAX);
    assert_false(sw_part_name_write(&part, 1000, other)); /* a byte too long */
    assert_false(sw_part_name_write(&part, 0, other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_no_names),
        cmocka_unit_test(test_each_number),
        cmocka_unit_test(test_long_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
