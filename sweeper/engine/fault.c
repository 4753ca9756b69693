/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c - provoked misbehaviour, in the test build only. */
#include "fault.h"

#ifdef SWEEPER_FAULTS

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sweeper/wire.h"

static const char mark[] = "SWEEPER-FAULT:";

static void crash_segv(void)
{
    /* An address that no mapping can have, and that the compiler cannot see. */
    volatile uintptr_t nowhere = 8;

    *(volatile int *)nowhere = 1;
}

static void crash_abort(void)
{
    abort();
}

/* What the kernel's out-of-memory killer does: no handler runs. */
static void crash_kill(void)
{
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGKILL);
}

/* Takes memory until there is none, then behaves as a library would that does
 * not check. */
static void crash_oom(void)
{
    for (;;) {
        char *more = malloc(8 * 1024 * 1024);
        if (more == NULL)
            abort();
        memset(more, 1, 8 * 1024 * 1024);
    }
}

static void spin(void)
{
    for (volatile bool forever = true; forever;)
        continue;
}

/* Blocked without using CPU time. */
static void hang(void)
{
    for (;;)
        nanosleep(&(struct timespec){.tv_sec = 60}, NULL);
}

/* Slow, but it ends. */
static void slow(void)
{
    nanosleep(&(struct timespec){.tv_sec = 2}, NULL);
}

static void leave(void)
{
    _exit(7);
}

/* A datagram that no engine would send. */
static void garbage(void)
{
    char rubbish[] = "this is not a message";
    struct iovec bytes = {rubbish, sizeof(rubbish)};
    struct msghdr datagram = {.msg_iov = &bytes, .msg_iovlen = 1};

    sendmsg(SW_WIRE_FD, &datagram, 0);
}

static void tell(const char *what, long result)
{
    char line[80];
    int size = snprintf(line, sizeof(line), "probe: %s %s\n", what,
                        result >= 0 ? "WORKED" : strerrorname_np(errno));

    if (write(STDERR_FILENO, line, (size_t)size) < 0)
        abort();
}

/* Attempts what an engine must not be able to do, by system call, so that no
 * library stands between the attempt and the kernel. */
static void probe(void)
{
    tell("open", syscall(SYS_open, "/etc/passwd", O_RDONLY));
    tell("openat", syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
    tell("openat2", syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", &(uint64_t[3]){0}, 24));
    tell("creat", syscall(SYS_creat, "/tmp/sweeper-probe", 0600));
    tell("unlink", syscall(SYS_unlink, "/tmp/sweeper-probe"));
    tell("socket", syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
    tell("connect", syscall(SYS_connect, SW_WIRE_FD, NULL, 0));
    tell("execve", syscall(SYS_execve, "/bin/true", (char *[]){NULL}, (char *[]){NULL}));
    tell("ptrace", syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0));
    tell("fork", syscall(SYS_fork));
    tell("clone", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    tell("clone3", syscall(SYS_clone3, &(uint64_t[8]){0}, 64));
    tell("kill-parent", syscall(SYS_kill, getppid(), 0));
    tell("mmap-exec", (long)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    tell("write-stdout", syscall(SYS_write, STDOUT_FILENO, "x", 1));
}

static _Thread_local const char *lie; /* told once */

static void lie_wildly(void)
{
    lie = "\x1b[2J";
}

static void lie_plainly(void)
{
    lie = "Etc/UTC";
}

struct sw_view fault_lie(struct sw_view truth)
{
    if (lie != NULL)
        truth = (struct sw_view){(const uint8_t *)lie, strlen(lie)};
    lie = NULL;
    return truth;
}

static _Thread_local bool starving;

static void starve(void)
{
    starving = true;
}

bool fault_starves(void)
{
    bool now = starving;

    starving = false;
    return now;
}

static const struct {
    const char *word;
    void (*act)(void);
} faults[] = {
    {"segv", crash_segv},
    {"abort", crash_abort},
    {"kill", crash_kill},
    {"oom", crash_oom},
    {"spin", spin},
    {"hang", hang},
    {"slow", slow},
    {"exit", leave},
    {"garbage", garbage},
    {"probe", probe},
    {"lie-wildly", lie_wildly},
    {"lie-plainly", lie_plainly},
    {"starve", starve},
};

void fault_provoke(struct sw_blob *blob)
{
    char head[64] = "";
    size_t size = 0;
    struct sw_error error;

    if (sw_blob_read_at(blob, 0, head, sizeof(head) - 1, &size, &error) != SW_OK ||
        strncmp(head, mark, sizeof(mark) - 1) != 0)
        return;
    char *word = head + sizeof(mark) - 1;
    word[strcspn(word, "\n")] = '\0';
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        if (strcmp(word, faults[i].word) == 0)
            faults[i].act();
}

#endif
