/* SPDX-License-Identifier: Apache-2.0 */
/* test_flight.c - items under way, and files with several names. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "supervisor/flight.h"
#include "supervisor/links.h"
#include "supervisor/owner.h"

static struct sw_item make_item(uint64_t inode, uint32_t links)
{
    struct sw_item item = {.kind = SW_ITEM_OBJECT,
                           .fd = open("/dev/null", O_RDONLY | O_CLOEXEC),
                           .facts = {.device = 1, .inode = inode, .link_count = links}};
    char path[32];

    item.path_size = (size_t)snprintf(path, sizeof(path), "/f%llu", (unsigned long long)inode);
    item.path = strdup(path);
    return item;
}

static void test_room_and_order(void **state)
{
    (void)state;
    struct flight flight;
    struct sw_error error;

    assert_int_equal(flight_init(&flight, 3, &error), SW_OK);
    assert_true(flight_is_empty(&flight));
    struct flight_entry *entries[3];
    for (uint64_t i = 0; i < 3; i++) {
        struct sw_item item = make_item(i, 1);
        entries[i] = flight_add(&flight, &item);
        assert_int_equal(item.fd, -1);
    }
    assert_int_equal(flight_room(&flight), 0);
    assert_ptr_equal(flight.lists[FLIGHT_WAITING].first, entries[0]);
    flight_move(&flight, entries[1], FLIGHT_SENT);
    assert_int_equal(flight.lists[FLIGHT_WAITING].count, 2);
    assert_ptr_equal(flight.lists[FLIGHT_WAITING].last, entries[2]);
    assert_null(flight_alone_entry(&flight));
    entries[1]->alone = true;
    assert_ptr_equal(flight_alone_entry(&flight), entries[1]);
    flight_done(&flight);
}

/* An id that was used is never found again, also when its row is reused. */
static void test_ids_are_not_reused(void **state)
{
    (void)state;
    struct flight flight;
    struct sw_error error;
    uint64_t last = 0;

    assert_int_equal(flight_init(&flight, 1, &error), SW_OK);
    for (unsigned i = 0; i < 100; i++) {
        struct sw_item item = make_item(i, 1);
        struct flight_entry *entry = flight_add(&flight, &item);
        assert_true(entry->id != 0 && entry->id != last);
        assert_null(flight_find(&flight, last));
        assert_ptr_equal(flight_find(&flight, entry->id), entry);
        last = entry->id;
        flight_remove(&flight, entry);
        assert_null(flight_find(&flight, last));
    }
    assert_null(flight_find(&flight, 0));
    assert_null(flight_find(&flight, UINT64_MAX));
    flight_done(&flight);
}

static void test_removal_closes(void **state)
{
    (void)state;
    struct flight flight;
    struct sw_error error;
    struct sw_item item = make_item(1, 1);
    int fd = item.fd;

    assert_int_equal(flight_init(&flight, 1, &error), SW_OK);
    struct flight_entry *entry = flight_add(&flight, &item);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    flight_remove(&flight, entry);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    flight_done(&flight);
}

static void drop(struct sw_item *item)
{
    if (item->fd >= 0)
        close(item->fd);
    free(item->path);
}

/* Three names of one inode: looked at once, the second waits, the third comes
 * after it was settled, and then the inode is forgotten. */
static void test_three_names(void **state)
{
    (void)state;
    struct links links = {0};
    struct link *first = NULL, *link = NULL;
    struct sw_item items[4] = {make_item(9, 3), make_item(9, 3), make_item(9, 3), make_item(9, 3)};

    assert_int_equal(links_meet(&links, &items[0], &first), LINKS_LOOK);
    assert_non_null(first);
    assert_int_equal(links_meet(&links, &items[1], &link), LINKS_WAITING);
    assert_null(items[1].path);
    links_keep(first, json_string("a record"));
    json_decref(json_array_get(first->records, 0)); /* links_keep() took its own */
    assert_int_equal(first->waiting_count, 1);
    links_settled(&links, first);
    assert_int_equal(links_meet(&links, &items[2], &link), LINKS_KNOWN);
    assert_ptr_equal(link, first);
    assert_int_equal(json_array_size(link->records), 1);
    links_name_done(&links, link);
    assert_int_equal(links.count, 0);
    /* The number of names grew while we looked: a fourth is looked at afresh. */
    assert_int_equal(links_meet(&links, &items[3], &link), LINKS_LOOK);
    for (size_t i = 0; i < 4; i++)
        drop(&items[i]);
    links_done(&links);
}

/* Many inodes, forgotten in another order than met: no row is lost. */
static void test_many_inodes(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct links links = {0};
    struct link *link = NULL;
    struct link **met = calloc(COUNT, sizeof(struct link *));

    assert_non_null(met);
    for (uint64_t i = 0; i < COUNT; i++) {
        struct sw_item item = {.fd = -1, .facts = {.device = i % 3, .inode = i, .link_count = 2}};
        assert_int_equal(links_meet(&links, &item, &met[i]), LINKS_LOOK);
        links_settled(&links, met[i]);
    }
    assert_int_equal(links.count, COUNT);
    for (uint64_t n = 0; n < COUNT; n++) {
        uint64_t i = n * 2027 % COUNT;
        struct sw_item item = {.fd = -1, .facts = {.device = i % 3, .inode = i, .link_count = 2}};
        assert_int_equal(links_meet(&links, &item, &link), LINKS_KNOWN);
        assert_ptr_equal(link, met[i]);
        links_name_done(&links, link);
    }
    assert_int_equal(links.count, 0);
    free(met);
    links_done(&links);
}

static void test_owner_names(void **state)
{
    (void)state;
    struct owners owners;
    char number[12];

    owners_init(&owners);
    assert_string_equal(owners_name(&owners, 0, number), "root");
    assert_string_equal(owners_name(&owners, 4294967290U, number), "4294967290");
    owners_done(&owners);
    assert_string_equal(owners_name(&owners, 0, number), "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_room_and_order), cmocka_unit_test(test_ids_are_not_reused),
        cmocka_unit_test(test_removal_closes), cmocka_unit_test(test_three_names),
        cmocka_unit_test(test_many_inodes),    cmocka_unit_test(test_owner_names),
    };
    return cmocka_run_group_tests_name("flight", tests, NULL, NULL);
}
