/* SPDX-License-Identifier: Apache-2.0 */
/* test_blob.c - blobs, faults in mapped views, and the memory budget. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sweeper/blob.h"
#include "sweeper/budget.h"

#define MIB ((size_t)1024 * 1024)

static int memory_file(const void *data, size_t size)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    if (size > 0)
        assert_int_equal(write(fd, data, size), (ssize_t)size);
    return fd;
}

static void fd_reads_inside_and_over_the_end(void **state)
{
    (void)state;
    char data[16];
    size_t got = 99;
    int fd = memory_file("0123456789", 10);
    struct sw_blob blob = sw_blob_of_fd(fd, 10);
    assert_true(blob.size_known);
    assert_int_equal(sw_blob_read_at(&blob, 3, data, 4, &got, NULL), SW_OK);
    assert_int_equal(got, 4);
    assert_memory_equal(data, "3456", 4);
    assert_int_equal(sw_blob_read_at(&blob, 8, data, 16, &got, NULL), SW_OK);
    assert_int_equal(got, 2);
    assert_int_equal(sw_blob_read_at(&blob, 10, data, 1, &got, NULL), SW_OK);
    assert_int_equal(got, 0);
    assert_int_equal(sw_blob_read_at(&blob, UINT64_MAX, data, 1, &got, NULL), SW_OK);
    assert_int_equal(got, 0);
    sw_blob_close(&blob);
    close(fd);
}

static void fd_that_grew_shows_more(void **state)
{
    (void)state;
    char data[16];
    size_t got = 0;
    int fd = memory_file("0123456789", 10);
    struct sw_blob blob = sw_blob_of_fd(fd, 6);
    assert_int_equal(sw_blob_read_at(&blob, 0, data, 7, &got, NULL), SW_OK);
    assert_int_equal(got, 7);
    sw_blob_close(&blob);
    close(fd);
}

static void unknown_size_reads_to_the_end(void **state)
{
    (void)state;
    char data[16];
    size_t got = 0;
    int fd = memory_file("abc", 3);
    struct sw_blob blob = sw_blob_of_fd(fd, 0);
    assert_false(blob.size_known);
    assert_int_equal(sw_blob_read_at(&blob, 0, data, sizeof(data), &got, NULL), SW_OK);
    assert_int_equal(got, 3);
    sw_blob_close(&blob);
    close(fd);
}

static void unreadable_is_a_gap_with_its_offset(void **state)
{
    (void)state;
    char data[4];
    size_t got = 77;
    struct sw_error error = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct sw_blob blob = sw_blob_of_fd(ends[0], 10);
    assert_int_equal(sw_blob_read_at(&blob, 5, data, 4, &got, &error), SW_SKIP);
    assert_int_equal(error.reason, SW_GAP_IO_ERROR);
    assert_int_equal(error.errnum, ESPIPE);
    assert_int_equal(error.offset, 5);
    assert_int_equal(got, 77);
    close(ends[0]);
    close(ends[1]);
}

static void extents_follow_holes(void **state)
{
    (void)state;
    uint64_t start = 0, end = 0;
    int fd = memory_file("head", 4);
    assert_int_equal(ftruncate(fd, 8 * MIB), 0);
    assert_int_equal(pwrite(fd, "tail", 4, 4 * MIB), 4);
    struct sw_blob blob = sw_blob_of_fd(fd, 8 * MIB);
    sw_blob_extent(&blob, 0, &start, &end);
    assert_int_equal(start, 0);
    assert_true(end >= 4 && end <= MIB);
    sw_blob_extent(&blob, end, &start, &end);
    assert_true(start > MIB && start <= 4 * MIB);
    assert_true(end > 4 * MIB && end < 8 * MIB);
    sw_blob_extent(&blob, end, &start, &end);
    assert_int_equal(start, 8 * MIB);
    sw_blob_extent(&blob, 9 * MIB, &start, &end);
    assert_int_equal(start, 8 * MIB);
    sw_blob_close(&blob);
    close(fd);
}

static void bytes_are_their_own_view(void **state)
{
    (void)state;
    const char text[] = "some bytes";
    const uint8_t *view = NULL;
    char data[4];
    size_t got = 0;
    struct sw_blob blob = sw_blob_of_bytes(text, 10);
    assert_int_equal(sw_blob_view(&blob, &view, NULL), SW_OK);
    assert_ptr_equal(view, text);
    assert_int_equal(sw_blob_read_at(&blob, 8, data, 4, &got, NULL), SW_OK);
    assert_int_equal(got, 2);
    assert_int_equal(sw_blob_read_at(&blob, 11, data, 4, &got, NULL), SW_OK);
    assert_int_equal(got, 0);
    sw_blob_close(&blob);
    blob = sw_blob_of_bytes(NULL, 0);
    assert_int_equal(sw_blob_view(&blob, &view, NULL), SW_OK);
    assert_non_null(view);
    sw_blob_close(&blob);
}

static int sparse_file(size_t size)
{
    int fd = memory_file("", 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    for (size_t at = 0; at < size; at += 4096)
        assert_int_equal(pwrite(fd, "x", 1, (off_t)at), 1);
    return fd;
}

/*
 * cmocka takes SIGBUS for itself before each test, so whatever needs our handler
 * runs in a child, where nothing else is installed. Each child answers with its
 * exit status: 0, or the number of the line that went wrong (never a multiple of
 * 256 in this file).
 */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__;                                                                       \
    } while (0)

static int child_status(int (*body)(void), void (*handler)(int))
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGBUS, handler);
        _exit(body());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int cut_short(void)
{
    const uint8_t *view = NULL;
    int fd = sparse_file(4 * MIB);
    struct sw_blob blob = sw_blob_of_fd(fd, 4 * MIB);
    CHECK(sw_blob_faults_init(NULL) == SW_OK);
    CHECK(sw_blob_faults_init(NULL) == SW_OK);
    CHECK(sw_blob_view(&blob, &view, NULL) == SW_OK);
    CHECK(view[3 * MIB] == 'x');
    CHECK(!sw_blob_fault_taken());
    CHECK(ftruncate(fd, 100) == 0);
    for (size_t at = 4096; at < 4 * MIB; at += 4096)
        CHECK(view[at] == 0);
    CHECK(view[0] == 'x');
    CHECK(sw_blob_fault_taken());
    CHECK(!sw_blob_fault_taken());
    sw_blob_close(&blob);
    close(fd);
    return 0;
}

static void view_of_a_file_cut_short_reads_zeros(void **state)
{
    (void)state;
    assert_int_equal(child_status(cut_short, SIG_DFL), 0);
}

static void *fault_elsewhere(void *context)
{
    const uint8_t *view = NULL;
    int fd = sparse_file(MIB);
    struct sw_blob blob = sw_blob_of_fd(fd, MIB);
    bool zeros = true;
    if (sw_blob_faults_init(NULL) != SW_OK || sw_blob_view(&blob, &view, NULL) != SW_OK ||
        ftruncate(fd, 0) != 0)
        return NULL;
    for (size_t at = 0; at < MIB; at += 4096)
        zeros = zeros && view[at] == 0;
    *(bool *)context = zeros && sw_blob_fault_taken();
    sw_blob_close(&blob);
    close(fd);
    return NULL;
}

static int four_threads(void)
{
    pthread_t threads[4];
    bool taken[4] = {false};
    for (size_t i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, fault_elsewhere, &taken[i]) == 0);
    for (size_t i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(taken[i]);
    }
    CHECK(!sw_blob_fault_taken());
    return 0;
}

static void faults_are_told_to_their_own_thread(void **state)
{
    (void)state;
    assert_int_equal(child_status(four_threads, SIG_DFL), 0);
}

static void exit_42(int number)
{
    (void)number;
    _exit(42);
}

static int fault_of_another_mapping(void)
{
    int fd = memfd_create("bad", MFD_CLOEXEC);
    CHECK(sw_blob_faults_init(NULL) == SW_OK);
    const volatile char *at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    CHECK(at[0] == 1);
    return 0;
}

static void other_faults_go_where_they_went(void **state)
{
    (void)state;
    int status = child_status(fault_of_another_mapping, exit_42);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    status = child_status(fault_of_another_mapping, SIG_DFL);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

static void views_have_a_limit(void **state)
{
    (void)state;
    struct sw_blob blobs[17];
    const uint8_t *view = NULL;
    struct sw_error error = {0};
    int fd = sparse_file(4096);
    for (size_t i = 0; i < 17; i++) {
        blobs[i] = sw_blob_of_fd(fd, 4096);
        assert_int_equal(sw_blob_view(&blobs[i], &view, &error), i < 16 ? SW_OK : SW_SKIP);
    }
    assert_int_equal(error.reason, SW_GAP_LIMIT_MEMORY);
    sw_blob_close(&blobs[0]);
    assert_int_equal(sw_blob_view(&blobs[16], &view, &error), SW_OK);
    for (size_t i = 1; i < 17; i++)
        sw_blob_close(&blobs[i]);
    close(fd);
}

struct spender {
    struct sw_memory_budget *budget;
    uint64_t size;
    uint64_t *now; /* atomic */
    uint64_t worst;
};

static void *spend(void *context)
{
    struct spender *spender = context;
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(sw_memory_budget_reserve(spender->budget, spender->size, NULL), SW_OK);
        uint64_t now = __atomic_add_fetch(spender->now, spender->size, __ATOMIC_SEQ_CST);
        if (now > spender->worst)
            spender->worst = now;
        __atomic_sub_fetch(spender->now, spender->size, __ATOMIC_SEQ_CST);
        sw_memory_budget_release(spender->budget, spender->size);
    }
    return NULL;
}

static void budget_is_never_exceeded(void **state)
{
    (void)state;
    struct sw_memory_budget budget;
    struct sw_error error = {0};
    uint64_t now = 0;
    pthread_t threads[4];
    struct spender spenders[4];
    assert_int_equal(sw_memory_budget_init(&budget, 100, NULL), SW_OK);
    assert_int_equal(sw_memory_budget_reserve(&budget, 101, &error), SW_SKIP);
    assert_int_equal(error.reason, SW_GAP_LIMIT_MEMORY);
    for (size_t i = 0; i < 4; i++) {
        spenders[i] = (struct spender){.budget = &budget, .size = 100 - 30 * i, .now = &now};
        assert_int_equal(pthread_create(&threads[i], NULL, spend, &spenders[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(spenders[i].worst <= 100);
    }
    assert_int_equal(budget.used, 0);
    assert_int_equal(sw_memory_budget_reserve(&budget, 100, NULL), SW_OK);
    sw_memory_budget_release(&budget, 100);
    sw_memory_budget_done(&budget);
    assert_int_equal(sw_memory_budget_reserve(NULL, UINT64_MAX, NULL), SW_OK);
    sw_memory_budget_release(NULL, 1);
}

struct guest {
    struct sw_memory_budget *budget;
    unsigned *inside; /* atomic */
    bool alone;
    bool disturbed;
};

static void *visit(void *context)
{
    struct guest *guest = context;
    for (int i = 0; i < 1000; i++) {
        if (!sw_memory_budget_try_enter(guest->budget, guest->alone))
            sw_memory_budget_enter(guest->budget, guest->alone);
        unsigned inside = __atomic_add_fetch(guest->inside, 1, __ATOMIC_SEQ_CST);
        guest->disturbed = guest->disturbed || (guest->alone && inside != 1);
        sched_yield();
        inside = __atomic_sub_fetch(guest->inside, 1, __ATOMIC_SEQ_CST);
        guest->disturbed = guest->disturbed || (guest->alone && inside != 0);
        sw_memory_budget_leave(guest->budget);
    }
    return NULL;
}

static void who_is_alone_is_alone(void **state)
{
    (void)state;
    struct sw_memory_budget budget;
    unsigned inside = 0;
    pthread_t threads[4];
    struct guest guests[4];
    assert_int_equal(sw_memory_budget_init(&budget, 100, NULL), SW_OK);
    sw_memory_budget_enter(&budget, false);
    assert_true(sw_memory_budget_try_enter(&budget, false));
    assert_false(sw_memory_budget_try_enter(&budget, true));
    sw_memory_budget_leave(&budget);
    sw_memory_budget_leave(&budget);
    sw_memory_budget_enter(&budget, true);
    assert_false(sw_memory_budget_try_enter(&budget, false));
    sw_memory_budget_leave(&budget);
    for (size_t i = 0; i < 4; i++) {
        guests[i] = (struct guest){.budget = &budget, .inside = &inside, .alone = i == 0};
        assert_int_equal(pthread_create(&threads[i], NULL, visit, &guests[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(guests[i].disturbed);
    }
    sw_memory_budget_done(&budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_faults_go_where_they_went),
        cmocka_unit_test(fd_reads_inside_and_over_the_end),
        cmocka_unit_test(fd_that_grew_shows_more),
        cmocka_unit_test(unknown_size_reads_to_the_end),
        cmocka_unit_test(unreadable_is_a_gap_with_its_offset),
        cmocka_unit_test(extents_follow_holes),
        cmocka_unit_test(bytes_are_their_own_view),
        cmocka_unit_test(view_of_a_file_cut_short_reads_zeros),
        cmocka_unit_test(faults_are_told_to_their_own_thread),
        cmocka_unit_test(views_have_a_limit),
        cmocka_unit_test(budget_is_never_exceeded),
        cmocka_unit_test(who_is_alone_is_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
