/* SPDX-License-Identifier: Apache-2.0 */
/* fetcher.c - starts a fetcher, listens to it, gives it files, ends it. */
#include "supervisor/fetcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/temporary.h"
#include "sweeper/wire.h"

enum { LOOK_UP_MS = 200 };

struct sw_fetcher {
    pid_t pid;
    int socket;
    int spool; /* what it is writing to; -1: nothing */
    bool rooted, going;
    uint32_t message_count;
    struct sw_wire_in intake;
    struct sw_message message; /* what the last answer borrows from */
    struct sw_fetch_message said;
};

/* --- Life --------------------------------------------------------------------------- */

/* In the child, between fork and exec: only system calls. Everything else is
 * close-on-exec. */
static _Noreturn void become_fetcher(int executable, int socket)
{
    static char name[] = SW_FETCH_NAME;
    static char *const argv[] = {name, NULL};
    extern char **environ;
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    if (socket == SW_WIRE_FD)
        fcntl(socket, F_SETFD, 0);
    else
        dup2(socket, SW_WIRE_FD);
    execveat(executable, "", argv, environ, AT_EMPTY_PATH);
    _exit(127);
}

static enum sw_status start(struct sw_fetcher *fetcher, struct sw_error *error)
{
    int pair[2] = {-1, -1};
    int executable = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    /* The lowest number but one is the fetcher's socket: not the executable. */
    if (executable == SW_WIRE_FD) {
        executable = fcntl(SW_WIRE_FD, F_DUPFD_CLOEXEC, SW_WIRE_FD + 1);
        close(SW_WIRE_FD);
    }
    if (executable >= 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
        fetcher->pid = fork();
        if (fetcher->pid == 0)
            become_fetcher(executable, pair[1]);
        fetcher->socket = pair[0];
    }
    int failed = errno;
    if (pair[1] >= 0)
        close(pair[1]);
    if (executable >= 0)
        close(executable);
    if (fetcher->pid <= 0)
        return sw_fail(error, SW_STOP, "fetch", failed, "what fetches cannot be started");
    return sw_wire_in_init(&fetcher->intake, fetcher->socket, error);
}

static enum sw_status say(struct sw_fetcher *fetcher, struct sw_view body, const int *fd,
                          struct sw_error *error)
{
    struct sw_wire_out out = {
        .type = SW_MESSAGE_FETCH, .body = body, .fds = fd, .fd_count = fd != NULL ? 1 : 0};
    enum sw_status status = sw_wire_send(&out, fetcher->socket, true, error);

    return status == SW_END ? SW_OK : status; /* that it is gone is met when it is listened to */
}

enum sw_status sw_fetcher_start(const struct sw_fetch_order *order, struct sw_fetcher **fetcher,
                                struct sw_error *error)
{
    struct sw_fetcher *made = calloc(1, sizeof(*made));
    struct sw_buf body;

    if (made == NULL)
        return sw_fail(error, SW_STOP, "fetch", ENOMEM, "what fetches cannot be started");
    made->socket = -1;
    made->spool = -1;
    sw_message_init(&made->message);
    sw_buf_init(&body, SW_FETCH_MESSAGE_MAX);
    enum sw_status status = start(made, error);
    if (status == SW_OK)
        status = sw_fetch_order_encode(order, &body);
    if (status == SW_OK)
        status = say(made, sw_buf_view(&body), NULL, error);
    sw_buf_done(&body);
    if (status == SW_OK)
        *fetcher = made;
    else
        sw_fetcher_free(made);
    return status == SW_OK ? SW_OK : SW_STOP;
}

void sw_fetcher_free(struct sw_fetcher *fetcher)
{
    if (fetcher == NULL)
        return;
    if (fetcher->socket >= 0)
        close(fetcher->socket);
    if (fetcher->pid > 0) {
        kill(fetcher->pid, SIGKILL);
        while (waitpid(fetcher->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    if (fetcher->spool >= 0)
        close(fetcher->spool);
    sw_wire_in_done(&fetcher->intake);
    sw_message_done(&fetcher->message);
    free(fetcher);
}

/* --- Files --------------------------------------------------------------------------- */

int sw_fetcher_read_only(int fd)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int reader = open(path, O_RDONLY | O_CLOEXEC);
    if (reader < 0)
        return fd;
    close(fd);
    return reader;
}

static enum sw_status give_file(struct sw_fetcher *fetcher, struct sw_error *error)
{
    const struct sw_fetch_message answer = {.kind = SW_FETCH_SPOOL};
    struct sw_buf body;

    if (fetcher->spool >= 0)
        close(fetcher->spool);
    fetcher->spool = sw_temporary_file();
    if (fetcher->spool < 0)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_NO_SPACE, "fetch", errno,
                           "cannot make a temporary file in $TMPDIR, /var/tmp or /tmp");
    sw_buf_init(&body, SW_KIB);
    enum sw_status status = sw_fetch_message_encode(&answer, &body);
    if (status == SW_OK)
        status = say(fetcher, sw_buf_view(&body), &fetcher->spool, error);
    sw_buf_done(&body);
    return status == SW_OK ? SW_OK : SW_DEAD;
}

static enum sw_status nonsense(struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_CRASH, "fetch", 0, "what fetches it talks nonsense");
}

/* The file is whole: out of the fetcher's hands as far as possible. */
static enum sw_status take_file(struct sw_fetcher *fetcher, struct sw_fetched *fetched,
                                struct sw_error *error)
{
    struct stat facts;

    if (fetcher->spool < 0 || fstat(fetcher->spool, &facts) != 0 ||
        (uint64_t)facts.st_size != fetcher->said.number)
        return nonsense(error);
    fetched->size = fetcher->said.number;
    fetched->fd = sw_fetcher_read_only(fetcher->spool);
    fetcher->spool = -1;
    return SW_OK;
}

/* --- What it says --------------------------------------------------------------------- */

static enum sw_status receive(struct sw_fetcher *fetcher, sw_fetcher_stopped_fn *stopped,
                              void *context, struct sw_error *error)
{
    enum sw_status status;

    while ((status = sw_wire_receive(&fetcher->intake, false, &fetcher->message, error)) ==
           SW_PART) {
        struct pollfd wait = {fetcher->socket, POLLIN, 0};
        poll(&wait, 1, LOOK_UP_MS);
        if (stopped(context))
            return sw_fail(error, SW_STOP, "fetch", 0, "interrupted");
    }
    if (status == SW_END)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_CRASH, "fetch", 0,
                           "what fetches it died in the middle of it");
    if (status != SW_OK || ++fetcher->message_count > SW_FETCH_MESSAGES_MAX ||
        fetcher->message.type != SW_MESSAGE_FETCH || fetcher->message.fd_count != 0 ||
        sw_fetch_message_decode(sw_buf_view(&fetcher->message.body), &fetcher->said) != SW_OK)
        return nonsense(error);
    return SW_OK;
}

/* Whether this may come now. */
static bool is_in_turn(const struct sw_fetcher *fetcher)
{
    switch (fetcher->said.kind) {
    case SW_FETCH_ROOT:
        return !fetcher->rooted;
    case SW_FETCH_FAIL:
    case SW_FETCH_WANT:
        return true;
    case SW_FETCH_DONE:
    case SW_FETCH_GAP:
    case SW_FETCH_END:
        return fetcher->going;
    default:
        return false;
    }
}

enum sw_status sw_fetcher_next(struct sw_fetcher *fetcher, sw_fetcher_stopped_fn *stopped,
                               void *context, struct sw_fetched *fetched, struct sw_error *error)
{
    const struct sw_fetch_message *said = &fetcher->said;
    enum sw_status status;

    do {
        status = receive(fetcher, stopped, context, error);
        if (status == SW_OK && !is_in_turn(fetcher))
            status = nonsense(error);
        if (status == SW_OK && said->kind == SW_FETCH_WANT)
            status = give_file(fetcher, error);
    } while (status == SW_OK && said->kind == SW_FETCH_WANT);
    if (status != SW_OK)
        return status;
    if (said->kind == SW_FETCH_FAIL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_IO_ERROR, "fetch", 0, "%.*s",
                           (int)said->text.size, (const char *)said->text.data);
    *fetched = (struct sw_fetched){.kind = said->kind,
                                   .fd = -1,
                                   .reason = said->reason,
                                   .name = said->name,
                                   .text = said->text,
                                   .rows = said->rows,
                                   .row_count = said->row_count};
    fetcher->rooted |= said->kind == SW_FETCH_ROOT;
    return said->kind == SW_FETCH_DONE ? take_file(fetcher, fetched, error) : SW_OK;
}

enum sw_status sw_fetcher_go(struct sw_fetcher *fetcher, uint64_t spool_max, struct sw_error *error)
{
    const struct sw_fetch_message go = {.kind = SW_FETCH_GO, .number = spool_max};
    struct sw_buf body;

    sw_buf_init(&body, SW_KIB);
    enum sw_status status = sw_fetch_message_encode(&go, &body);
    if (status == SW_OK)
        status = say(fetcher, sw_buf_view(&body), NULL, error);
    sw_buf_done(&body);
    fetcher->going = true;
    return status;
}
