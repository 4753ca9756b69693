/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper.c - the configuration file, and "docker-credential-NAME get": the server's
 * name goes in, JSON comes out (docs.docker.com, "Credential helpers"). No shell.
 */
#include "fetch/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CONFIG_MAX = 1 << 20, ANSWER_MAX = 64 << 10, PATIENCE_MS = 20000 };

/* --- The file ------------------------------------------------------------------------ */

/* $DOCKER_CONFIG/config.json, or the one below the home directory. */
static char *config_path(void)
{
    const char *folder = getenv("DOCKER_CONFIG"), *home = getenv("HOME");
    char *path = NULL;
    int made = -1;

    if (folder != NULL && folder[0] != '\0')
        made = asprintf(&path, "%s/config.json", folder);
    else if (home != NULL && home[0] != '\0')
        made = asprintf(&path, "%s/.docker/config.json", home);
    return made < 0 ? NULL : path;
}

/* False with errno. */
static bool read_file(const char *path, struct sw_buf *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat facts;
    ssize_t got = -1;

    if (fd < 0)
        return false;
    if (fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode)) {
        while (sw_buf_reserve(text, 4096) == SW_OK &&
               (got = read(fd, text->data + text->size, 4096)) > 0)
            text->size += (size_t)got;
    }
    if (got > 0)
        errno = EFBIG;
    close(fd);
    return got == 0;
}

/* --- The helper ---------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static _Noreturn void become_helper(const char *program, int in, int out)
{
    char *const argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "get", NULL};

    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    execvp(program, argv);
    _exit(127);
}

/* What comes out until the end, or until patience or room ends. */
static bool read_answer(int fd, struct sw_buf *answer)
{
    int64_t until_ms = now_ms() + PATIENCE_MS, left_ms;
    ssize_t got;

    while ((left_ms = until_ms - now_ms()) > 0) {
        struct pollfd wait = {fd, POLLIN, 0};
        if (poll(&wait, 1, (int)left_ms) <= 0)
            continue;
        if (sw_buf_reserve(answer, 4096) != SW_OK)
            return false;
        got = read(fd, answer->data + answer->size, 4096);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        answer->size += (size_t)got;
    }
    return false;
}

/* Starts it with `server` as its input; -1 with errno. */
static pid_t start_helper(const char *program, const char *server, int *answer)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    pid_t pid = -1;

    if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0)
        pid = fork();
    if (pid == 0)
        become_helper(program, in[0], out[1]);
    if (pid > 0) {
        (void)!write(in[1], server, strlen(server)); /* fits into any pipe */
        *answer = out[0];
        out[0] = -1;
    }
    for (int end = 0; end < 2; end++) {
        if (in[end] >= 0)
            close(in[end]);
        if (out[end] >= 0)
            close(out[end]);
    }
    return pid;
}

static bool run_helper(const struct sw_credentials *credentials, struct sw_buf *text)
{
    char program[SW_CREDENTIAL_HELPER_MAX + 32];
    int answer = -1, status = -1;
    bool whole;

    (void)snprintf(program, sizeof(program), "docker-credential-%s", credentials->helper);
    pid_t pid = start_helper(program, credentials->server, &answer);
    if (pid < 0)
        return false;
    whole = read_answer(answer, text);
    close(answer);
    if (!whole)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return whole && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void ask_helper(struct sw_credentials *credentials)
{
    struct sw_buf text;
    struct sw_error error = {0};

    sw_buf_init(&text, ANSWER_MAX);
    if (!run_helper(credentials, &text))
        fprintf(stderr, "sweeper: docker-credential-%s has no credentials for %s\n",
                credentials->helper, credentials->server);
    else if (sw_credentials_of_helper(sw_buf_view(&text), credentials, &error) != SW_OK)
        fprintf(stderr, "sweeper: docker-credential-%s: %s\n", credentials->helper, error.text);
    if (text.data != NULL)
        explicit_bzero(text.data, text.size);
    sw_buf_done(&text);
}

/* --- Both ----------------------------------------------------------------------------- */

void sw_credentials_find(const char *host, bool helpers, struct sw_credentials *credentials)
{
    char *path = config_path();
    struct sw_buf text;
    struct sw_error error = {0};

    *credentials = (struct sw_credentials){0};
    sw_buf_init(&text, CONFIG_MAX);
    if (path != NULL && read_file(path, &text)) {
        if (sw_docker_config_find(sw_buf_view(&text), host, credentials, &error) != SW_OK)
            fprintf(stderr, "sweeper: %s: no credentials are taken from it: %s\n", path,
                    error.text);
    } else if (path != NULL && errno != ENOENT && errno != ENOTDIR) {
        fprintf(stderr, "sweeper: %s: cannot be read: %s\n", path, strerror(errno));
    }
    if (text.data != NULL)
        explicit_bzero(text.data, text.size);
    sw_buf_done(&text);
    free(path);
    if (credentials->helper[0] == '\0')
        return;
    if (helpers)
        ask_helper(credentials);
    else if (credentials->user[0] == '\0' && credentials->identity[0] == '\0')
        fprintf(stderr,
                "sweeper: the credentials for %s are kept by docker-credential-%s, which is asked "
                "only with --credential-helpers\n",
                host, credentials->helper);
}
