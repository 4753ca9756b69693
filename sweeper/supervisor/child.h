/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.h - the life of an engine: started, ready, gone, and its obituary.
 *
 * What every engine of a sweep shares is made once: the sealed rule pack, the
 * memfd of the pattern database (sealed as soon as the first engine is ready,
 * so before any content was seen), the page of last words.
 *
 * Threads:  the conductor's only.
 * Owns:     the process, the socket, the memory files.
 */
#ifndef SWEEPER_SUPERVISOR_CHILD_H
#define SWEEPER_SUPERVISOR_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "sweeper/options.h"
#include "sweeper/rulepack.h"
#include "sweeper/slots.h"
#include "sweeper/wire.h"

enum child_state {
    CHILD_NONE,     /* never started, or reaped */
    CHILD_STARTING, /* CONFIG is sent, READY has not come */
    CHILD_READY,
};

struct child {
    enum child_state state;
    pid_t pid;
    int socket;  /* our end, non-blocking use; -1 when there is none */
    int next[2]; /* the socket of the engine after this one: made early, so that
                  * one can be started when descriptors have run out; or -1 */
    struct sw_wire_in intake;
    struct sw_engine_config config;
    int executable; /* /proc/self/exe, held open */
    int pack_fd, patterns_fd, slots_fd;
    struct sw_slots *slots;
    bool sealed; /* the pattern database is */
};

/* A child of which nothing has been made yet; child_done() may be called on it. */
#define CHILD_INIT                                                                                 \
    (struct child)                                                                                 \
    {                                                                                              \
        .socket = -1, .next = {-1, -1}, .executable = -1, .pack_fd = -1, .patterns_fd = -1,        \
        .slots_fd = -1                                                                             \
    }

/* How an engine ended. */
struct obituary {
    int signal;      /* 0 when it was not a signal */
    int exit_status; /* -1 when it was */
};

/* Makes what engines share; starts none yet. */
enum sw_status child_init(struct child *child, const struct sw_options *options,
                          const struct sw_rulepack *pack, struct sw_error *error) SW_MUST_CHECK;
/* Ends a living engine and releases everything. */
void child_done(struct child *child);

/* Starts an engine and sends CONFIG. */
enum sw_status child_start(struct child *child, struct sw_error *error) SW_MUST_CHECK;
/* On READY: seals the pattern database, so that no engine that has seen
 * content can hand its successor a forged one. */
enum sw_status child_ready(struct child *child, struct sw_error *error) SW_MUST_CHECK;
/* No more work: the engine finishes what it has and ends. */
void child_hang_up(struct child *child);
void child_kill(const struct child *child);
/* Closes, waits, and tells how it ended. A engine that has closed its socket
 * and does not end is killed. */
struct obituary child_reap(struct child *child);

#endif
