/* SPDX-License-Identifier: Apache-2.0 */
/* scan_run.c - one object through libyara: attempts, time, and its errors. */
#include <limits.h>
#include <time.h>

#include "engine/rule/scan_core.h"

/* The thread's CPU clock is a system call, which would be a good part of the
 * cost of a small object. So it is read at most once in this time, and what the
 * objects in between took is counted against the next slow one: 10 ms of limits
 * that are whole seconds. */
#define CLOCK_AGE_MAX_NS UINT64_C(10000000)

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

void sw_scan_clock_start(struct sw_scanner *scanner)
{
    uint64_t now = clock_ns(CLOCK_MONOTONIC);
    if (scanner->setup.time_max_s == 0 || now - scanner->cpu_start_at_ns < CLOCK_AGE_MAX_NS)
        return;
    scanner->cpu_start_at_ns = now;
    scanner->cpu_start_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

bool sw_scan_out_of_time(const struct sw_scanner *scanner)
{
    uint64_t limit_ns = scanner->setup.time_max_s * UINT64_C(1000000000);
    return limit_ns != 0 && clock_ns(CLOCK_THREAD_CPUTIME_ID) - scanner->cpu_start_ns >= limit_ns;
}

enum sw_status sw_scan_timeout(const struct sw_scanner *scanner, struct sw_error *error)
{
    return sw_fail_gap(error, SW_SKIP, SW_GAP_TIMEOUT, "scan", 0, "not judged after %u s",
                       scanner->setup.time_max_s);
}

/* The errors that a scan can end with (yara/error.h). */
const char *sw_scan_error_name(int answer)
{
    switch (answer) {
    case ERROR_INSUFFICIENT_MEMORY:
        return "insufficient memory";
    case ERROR_COULD_NOT_MAP_FILE:
        return "could not map file";
    case ERROR_EXEC_STACK_OVERFLOW:
        return "stack overflow in a condition";
    case ERROR_SCAN_TIMEOUT:
        return "timeout";
    case ERROR_CALLBACK_ERROR:
        return "callback error";
    case ERROR_INVALID_ARGUMENT:
        return "invalid argument";
    case ERROR_TOO_MANY_MATCHES:
        return "too many matches";
    case ERROR_INTERNAL_FATAL_ERROR:
        return "internal fatal error";
    case ERROR_UNKNOWN_MODULE:
        return "unknown module";
    case ERROR_TOO_MANY_RE_FIBERS:
        return "regular expression needs too many fibers";
    case ERROR_INVALID_EXTERNAL_VARIABLE_TYPE:
        return "wrong type of external variable";
    case ERROR_INTEGER_OVERFLOW:
        return "integer overflow";
    case ERROR_COULD_NOT_READ_FILE:
        return "could not read file";
    default:
        return "error";
    }
}

enum sw_status sw_scan_failure(struct sw_scanner *scanner, int answer, struct sw_error *error)
{
    if (answer == ERROR_SCAN_TIMEOUT)
        return sw_scan_timeout(scanner, error);
    if (answer == ERROR_INSUFFICIENT_MEMORY || answer == ERROR_CALLBACK_ERROR)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "scan", 0,
                           "no memory for the matches");
    return sw_fail_gap(error, SW_SKIP, SW_GAP_RULE_ERROR, "scan", 0,
                       "libyara could not evaluate the rules: %s (error %d)",
                       sw_scan_error_name(answer), answer);
}

int sw_scan_attempt(struct sw_scanner *scanner, bool full, uint32_t time_max_s)
{
    sw_collect_clear(&scanner->collect);
    sw_block_start(&scanner->block, !full);
    /* libyara sets both once and never takes them back. */
    scanner->yara->entry_point = (uint64_t)YR_UNDEFINED;
    scanner->yara->last_error_string = NULL;
    yr_scanner_set_timeout(scanner->yara, time_max_s > INT_MAX ? INT_MAX : (int)time_max_s);
    sw_blame_apply(scanner);
    return yr_scanner_scan_mem_blocks(scanner->yara, &scanner->block.iterator);
}

enum sw_status sw_scan_run(struct sw_scanner *scanner, bool full,
                           const struct sw_scan_output *output, struct sw_error *error)
{
    uint32_t time_max_s = scanner->setup.time_max_s;
    int answer = sw_scan_attempt(scanner, full, time_max_s);
    /* libyara counts wall-clock time: on a busy machine, or while a disk is slow,
     * that is not what the object cost. */
    if (answer == ERROR_SCAN_TIMEOUT && !sw_scan_out_of_time(scanner)) {
        uint32_t longer =
            time_max_s > INT_MAX / SW_WALL_FACTOR ? INT_MAX : time_max_s * SW_WALL_FACTOR;
        answer = sw_scan_attempt(scanner, full, longer);
    }
    if (scanner->object.lost) {
        *error = scanner->object.lost_error;
        return SW_SKIP;
    }
    if (answer == ERROR_SUCCESS)
        return SW_OK;
    if (answer == ERROR_SCAN_TIMEOUT || answer == ERROR_INSUFFICIENT_MEMORY ||
        answer == ERROR_CALLBACK_ERROR)
        return sw_scan_failure(scanner, answer, error);
    return sw_blame_run(scanner, full, answer, output, error);
}
