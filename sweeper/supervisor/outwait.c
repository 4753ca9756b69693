/* SPDX-License-Identifier: Apache-2.0 */
/* Waits for readers, and gives up when the program is told to end. */
#include "supervisor/outwait.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    SLICE_MS = 100,
    PATIENCE_MS = 2000, /* after the program was told to end */
};

static bool hurry;

void sw_out_hurry(void)
{
    hurry = true;
}

static bool told_to_end(void)
{
    sigset_t pending;
    if (hurry)
        return true;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
            sigismember(&pending, SIGHUP) == 1);
}

/* Errors and hang-ups count as ready: the write that follows tells them. */
static bool ready_within(int fd, int patience_ms)
{
    struct pollfd output = {.fd = fd, .events = POLLOUT};
    int count = poll(&output, 1, patience_ms);
    return count > 0 || (count < 0 && errno != EINTR);
}

bool sw_out_ready(int fd)
{
    return ready_within(fd, 0);
}

int sw_out_wait(int fd)
{
    int waited_ms = 0;
    while (!ready_within(fd, SLICE_MS)) {
        waited_ms = told_to_end() ? waited_ms + SLICE_MS : 0;
        if (waited_ms >= PATIENCE_MS)
            return ETIMEDOUT;
    }
    return 0;
}

/* A pipe that is ready takes PIPE_BUF bytes without blocking, and perhaps no
 * more. A regular file never blocks. */
static size_t step_max(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? SSIZE_MAX : PIPE_BUF;
}

int sw_out_write(int fd, struct sw_view bytes, size_t *written)
{
    size_t step = step_max(fd);
    *written = 0;
    while (*written < bytes.size) {
        size_t rest = bytes.size - *written;
        int errnum = sw_out_wait(fd);
        if (errnum != 0)
            return errnum;
        ssize_t count = write(fd, bytes.data + *written, rest < step ? rest : step);
        if (count >= 0)
            *written += (size_t)count;
        else if (errno != EINTR && errno != EAGAIN)
            return errno;
    }
    return 0;
}

static bool is_fifo(const char *file)
{
    struct stat status;
    return stat(file, &status) == 0 && S_ISFIFO(status.st_mode);
}

int sw_out_open(const char *file, int flags)
{
    for (;;) {
        int fd = open(file, flags | O_NONBLOCK, 0600);
        if (fd >= 0 || errno != ENXIO)
            return fd;
        /* A FIFO without a reader, or something that never has one. */
        bool hopeless = !is_fifo(file);
        if (hopeless || told_to_end()) {
            errno = hopeless ? ENXIO : EINTR;
            return -1;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = SLICE_MS * 1000000L}, NULL);
    }
}
