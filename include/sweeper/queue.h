/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - the one queue type: bounded, of pointers, many producers, many
 * consumers.
 *
 * Runs in:  supervisor (walkers to the conductor).
 * Threads:  every function may be called from any thread, but new and free.
 * Owns:     pointers in the queue belong to the queue; popping hands them
 *           over. Whoever frees the queue has emptied it first.
 * Fails:    push fails only after sw_queue_close(): the pointer stays the
 *           caller's.
 */
#ifndef SWEEPER_QUEUE_H
#define SWEEPER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "sweeper/status.h"

struct sw_queue;

enum sw_status sw_queue_new(size_t capacity, struct sw_queue **queue,
                            struct sw_error *error) SW_MUST_CHECK;
void sw_queue_free(struct sw_queue *queue);

/* Waits while the queue is full. SW_OK, or SW_END when it was closed. */
enum sw_status sw_queue_push(struct sw_queue *queue, void *pointer) SW_MUST_CHECK;
/* NULL when nothing is there; never waits. */
void *sw_queue_take(struct sw_queue *queue);
/* No push succeeds from now on; waiting producers wake up. What is in the
 * queue can still be taken. */
void sw_queue_close(struct sw_queue *queue);

/* True when the queue is closed and empty: nothing will ever come out of it. */
bool sw_queue_ended(struct sw_queue *queue);

/* A descriptor that poll(2) finds readable whenever something may be there to
 * take, and once when the queue is closed. Belongs to the queue; never read or
 * written by the caller. sw_queue_take() clears it when the queue runs empty,
 * in a closed queue when it returns NULL: so take until NULL, ask
 * sw_queue_ended(), then poll again. Meant for one polling consumer. */
int sw_queue_fd(const struct sw_queue *queue);

#endif
