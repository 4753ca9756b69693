/* SPDX-License-Identifier: Apache-2.0 */
/* child.c - starting, ending and burying engines. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sweeper/engine.h"

enum {
    SOCKET_BUFFER = 1024 * 1024, /* bytes; the kernel may give less */
    REAP_PATIENCE_MS = 2000,
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The customary one is tried last. */
static void list_passwords(struct sw_engine_config *config, const struct sw_texts *given)
{
    static const char customary[] = "infected";

    for (size_t i = 0; i < given->count && i < SW_PASSWORDS_MAX - 1; i++)
        config->passwords[config->password_count++] =
            (struct sw_view){(const uint8_t *)given->rows[i], strlen(given->rows[i])};
    config->passwords[config->password_count++] =
        (struct sw_view){(const uint8_t *)customary, sizeof(customary) - 1};
}

static void list_keys(struct sw_engine_config *config, const struct sw_keys *given)
{
    for (size_t i = 0; i < given->count && i < SW_KEYS_MAX; i++)
        config->keys[config->key_count++] = given->rows[i];
}

static size_t keys_size(const struct sw_engine_config *config)
{
    size_t size = 0;

    for (size_t i = 0; i < config->key_count; i++)
        size += config->keys[i].bytes.size + 8;
    return size;
}

enum sw_status child_init(struct child *child, const struct sw_options *options,
                          const struct sw_rulepack *pack, struct sw_error *error)
{
    *child = CHILD_INIT;
    child->config = (struct sw_engine_config){
        .limits = options->limits,
        .thread_count = options->thread_count,
        .prefilter = options->prefilter,
        .types = options->types,
        .hash_all = options->hash == SW_HASH_ALL,
        .decode = options->decode,
        .archives = options->archives,
        .integrity = options->integrity,
        .unallocated = options->unallocated,
        .slack = options->slack,
        .verify_image = options->verify_image,
        .require_sandbox = options->sandbox == SW_SANDBOX_REQUIRE,
    };
    list_passwords(&child->config, &options->passwords);
    list_keys(&child->config, &options->keys);
    child->executable = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (child->executable < 0)
        return sw_fail(error, SW_STOP, "child", errno, "cannot open /proc/self/exe");
    child->patterns_fd = memfd_create("sweeper-patterns", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (child->patterns_fd < 0)
        return sw_fail(error, SW_STOP, "child", errno, "cannot create shared memory");
    enum sw_status status = sw_rulepack_seal(pack, &child->pack_fd, error);
    if (status == SW_OK)
        status = sw_slots_create(&child->slots_fd, error);
    if (status == SW_OK)
        status = sw_slots_map(child->slots_fd, &child->slots, error);
    return status;
}

void child_done(struct child *child)
{
    if (child->state != CHILD_NONE) {
        child_kill(child);
        child_reap(child);
    }
    sw_slots_unmap(child->slots);
    child->slots = NULL;
    close_fd(&child->next[0]);
    close_fd(&child->next[1]);
    close_fd(&child->executable);
    close_fd(&child->pack_fd);
    close_fd(&child->patterns_fd);
    close_fd(&child->slots_fd);
}

/* In the child, between fork and exec: only system calls. Everything else is
 * close-on-exec. */
static void become_engine(const struct child *child, int socket)
{
    static char name[] = SW_ENGINE_NAME;
    static char *const argv[] = {name, NULL};
    extern char **environ;
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    close(child->next[0]); /* room for one more */
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    if (socket == SW_WIRE_FD)
        fcntl(socket, F_SETFD, 0);
    else
        dup2(socket, SW_WIRE_FD);
    execveat(child->executable, "", argv, environ, AT_EMPTY_PATH);
    _exit(127);
}

static enum sw_status send_config(struct child *child, struct sw_error *error)
{
    const int fds[] = {child->pack_fd, child->patterns_fd, child->slots_fd};
    struct sw_buf body;

    child->config.patterns_ready = child->sealed;
    sw_buf_init(&body, 8 * SW_KIB + child->config.layers.size + keys_size(&child->config));
    enum sw_status status = sw_config_encode(&child->config, &body);
    if (status == SW_OK) {
        struct sw_wire_out out = {.type = SW_MESSAGE_CONFIG,
                                  .body = sw_buf_view(&body),
                                  .fds = fds,
                                  .fd_count = sizeof(fds) / sizeof(fds[0])};
        status = sw_wire_send(&out, child->socket, true, error);
    }
    sw_buf_done(&body);
    return status;
}

static enum sw_status make_socket(int pair[static 2], struct sw_error *error)
{
    const int size = SOCKET_BUFFER;

    if (pair[0] >= 0)
        return SW_OK;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return sw_fail(error, SW_STOP, "child", errno, "cannot make a socket for the engine");
    for (int end = 0; end < 2; end++)
        setsockopt(pair[end], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    return SW_OK;
}

enum sw_status child_start(struct child *child, struct sw_error *error)
{
    sw_slots_clear(child->slots);
    if (make_socket(child->next, error) != SW_OK)
        return SW_STOP;
    pid_t pid = fork();
    if (pid == 0)
        become_engine(child, child->next[1]);
    if (pid < 0)
        return sw_fail(error, SW_STOP, "child", errno, "cannot start the engine");
    close_fd(&child->next[1]);
    child->pid = pid;
    child->socket = child->next[0];
    child->next[0] = -1;
    (void)make_socket(child->next, NULL); /* if not now, then when it is needed */
    child->state = CHILD_STARTING;
    enum sw_status status = sw_wire_in_init(&child->intake, child->socket, error);
    if (status == SW_OK)
        status = send_config(child, error);
    return status == SW_END ? SW_OK : status; /* one that is gone already is met as such */
}

enum sw_status child_ready(struct child *child, struct sw_error *error)
{
    child->state = CHILD_READY;
    if (!child->sealed && fcntl(child->patterns_fd, F_ADD_SEALS,
                                F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        return sw_fail(error, SW_STOP, "child", errno, "cannot seal the pattern database");
    child->sealed = true;
    return SW_OK;
}

void child_hang_up(struct child *child)
{
    if (child->socket >= 0)
        shutdown(child->socket, SHUT_WR);
}

void child_kill(const struct child *child)
{
    if (child->state != CHILD_NONE)
        kill(child->pid, SIGKILL);
}

/* Waits a while for an orderly end. */
static bool wait_quietly(pid_t pid, int *status)
{
    for (unsigned waited_ms = 0; waited_ms < REAP_PATIENCE_MS; waited_ms++) {
        pid_t got = waitpid(pid, status, WNOHANG);
        if (got == pid || (got < 0 && errno != EINTR))
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return false;
}

struct obituary child_reap(struct child *child)
{
    struct obituary obituary = {.exit_status = -1};
    int status = 0;

    sw_wire_in_done(&child->intake);
    close_fd(&child->socket);
    if (!wait_quietly(child->pid, &status)) {
        kill(child->pid, SIGKILL);
        while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    child->state = CHILD_NONE;
    child->pid = 0;
    if (WIFSIGNALED(status))
        obituary.signal = WTERMSIG(status);
    else
        obituary.exit_status = WEXITSTATUS(status);
    return obituary;
}
