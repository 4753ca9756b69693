/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of pointers under one mutex. Producers wait on a condition; consumers
 * never wait here but poll an eventfd, beside their other descriptors. */
#include "sweeper/queue.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct sw_queue {
    pthread_mutex_t mutex;
    pthread_cond_t not_full;
    int event_fd;
    /* All below: under the mutex. */
    size_t capacity;
    size_t count;
    size_t first;
    bool closed;
    bool readable; /* what event_fd says; spares a system call for each pointer */
    void *ring[];
};

enum sw_status sw_queue_new(size_t capacity, struct sw_queue **queue, struct sw_error *error)
{
    size_t ring_size = 0;
    size_t size = 0;
    assert(capacity > 0);
    if (__builtin_mul_overflow(capacity, sizeof(void *), &ring_size) ||
        __builtin_add_overflow(ring_size, sizeof(struct sw_queue), &size))
        return sw_fail(error, SW_STOP, "queue", ENOMEM, "a queue of %zu", capacity);
    struct sw_queue *made = calloc(1, size);
    if (made == NULL)
        return sw_fail(error, SW_STOP, "queue", ENOMEM, "a queue of %zu", capacity);
    made->capacity = capacity;
    made->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->event_fd < 0) {
        enum sw_status status = sw_fail(error, SW_STOP, "queue", errno, "eventfd");
        free(made);
        return status;
    }
    /* With default attributes these two cannot fail on Linux. */
    int failed = pthread_mutex_init(&made->mutex, NULL);
    assert(failed == 0);
    failed = pthread_cond_init(&made->not_full, NULL);
    assert(failed == 0);
    (void)failed;
    *queue = made;
    return SW_OK;
}

void sw_queue_free(struct sw_queue *queue)
{
    if (queue == NULL)
        return;
    assert(queue->count == 0);
    pthread_cond_destroy(&queue->not_full);
    pthread_mutex_destroy(&queue->mutex);
    close(queue->event_fd);
    free(queue);
}

static void lock(struct sw_queue *queue)
{
    int failed = pthread_mutex_lock(&queue->mutex);
    assert(failed == 0);
    (void)failed;
}

static void unlock(struct sw_queue *queue)
{
    int failed = pthread_mutex_unlock(&queue->mutex);
    assert(failed == 0);
    (void)failed;
}

/* The counter is only ever 0 or 1, so that neither call can block or fail. */
static void set_readable(struct sw_queue *queue, bool readable)
{
    uint64_t one = 1;
    ssize_t size = 0;
    if (queue->readable == readable)
        return;
    if (readable)
        size = write(queue->event_fd, &one, sizeof one);
    else
        size = read(queue->event_fd, &one, sizeof one);
    assert(size == (ssize_t)sizeof one);
    (void)size;
    queue->readable = readable;
}

enum sw_status sw_queue_push(struct sw_queue *queue, void *pointer)
{
    assert(pointer != NULL);
    lock(queue);
    while (queue->count == queue->capacity && !queue->closed)
        pthread_cond_wait(&queue->not_full, &queue->mutex);
    if (queue->closed) {
        unlock(queue);
        return SW_END;
    }
    queue->ring[(queue->first + queue->count) % queue->capacity] = pointer;
    queue->count++;
    set_readable(queue, true);
    unlock(queue);
    return SW_OK;
}

void *sw_queue_take(struct sw_queue *queue)
{
    void *pointer = NULL;
    lock(queue);
    if (queue->count > 0) {
        pointer = queue->ring[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        queue->count--;
        pthread_cond_signal(&queue->not_full);
    }
    /* The end has to be seen too: after the last pointer of a closed queue the
     * descriptor stays readable until a take has said NULL. */
    if (queue->count == 0 && (pointer == NULL || !queue->closed))
        set_readable(queue, false);
    unlock(queue);
    return pointer;
}

void sw_queue_close(struct sw_queue *queue)
{
    lock(queue);
    if (!queue->closed) {
        queue->closed = true;
        set_readable(queue, true);
        pthread_cond_broadcast(&queue->not_full);
    }
    unlock(queue);
}

bool sw_queue_ended(struct sw_queue *queue)
{
    lock(queue);
    bool ended = queue->closed && queue->count == 0;
    unlock(queue);
    return ended;
}

int sw_queue_fd(const struct sw_queue *queue)
{
    return queue->event_fd;
}
