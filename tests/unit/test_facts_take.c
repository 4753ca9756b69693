/* SPDX-License-Identifier: Apache-2.0 */
/* Facts by statx and by its fallback are the same, but for the time of birth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/facts_take.h"

enum { ALIKE = 0, DIFFERENT = 1, FAILED = 2, NO_FILTER = 3 };

/* Runs in a child, for good: what a container engine's old filter does. */
static int forbid_statx(int errnum)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    if (filter == NULL ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint16_t)errnum), SCMP_SYS(statx), 0) != 0)
        return -1;
    int result = seccomp_load(filter);
    seccomp_release(filter);
    return result;
}

static int compare_under(int errnum, int fd)
{
    struct sw_facts whole, poor;

    if (sw_facts_of_fd(fd, &whole) != 0)
        return FAILED;
    if (forbid_statx(errnum) != 0)
        return NO_FILTER;
    if (sw_facts_of_fd(fd, &poor) != 0)
        return FAILED;
    if (poor.btime_ns != SW_TIME_UNKNOWN)
        return DIFFERENT;
    poor.btime_ns = whole.btime_ns;
    return memcmp(&whole, &poor, sizeof(whole)) == 0 ? ALIKE : DIFFERENT;
}

static int outcome(int errnum, int fd)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(compare_under(errnum, fd));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_fallback(void **state)
{
    static const int refusals[] = {ENOSYS, EPERM};
    int fd = open("/etc/passwd", O_PATH | O_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        assert_int_equal(outcome(refusals[i], fd), ALIKE);
    assert_int_equal(outcome(EIO, fd), FAILED);
    close(fd);
}

static void test_times_that_do_not_fit(void **state)
{
    struct stat found = {.st_mtim = {.tv_sec = INT64_MAX / 2},
                         .st_ctim = {.tv_sec = INT64_MIN / 2}};

    (void)state;
    struct sw_facts facts = sw_facts_of_stat(&found);
    assert_true(facts.mtime_ns == INT64_MAX);
    assert_true(facts.ctime_ns == INT64_MIN + 1);
    assert_true(facts.btime_ns == SW_TIME_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fallback),
        cmocka_unit_test(test_times_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
