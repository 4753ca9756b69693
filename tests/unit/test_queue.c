/* SPDX-License-Identifier: Apache-2.0 */
/* The queue alone and under load: order, bounds, the end, the descriptor. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sweeper/queue.h"

static bool readable(struct sw_queue *queue, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = sw_queue_fd(queue), .events = POLLIN};
    return poll(&poll_fd, 1, timeout_ms) == 1;
}

static struct sw_queue *queue_of(size_t capacity)
{
    struct sw_queue *queue = NULL;
    struct sw_error error;
    assert_int_equal(sw_queue_new(capacity, &queue, &error), SW_OK);
    return queue;
}

static void order_is_kept_round_the_ring(void **state)
{
    struct sw_queue *queue = queue_of(3);
    char things[20];
    size_t pushed = 0;
    size_t taken = 0;
    (void)state;
    while (taken < sizeof things) {
        for (int i = 0; i < 3 && pushed < sizeof things; i++)
            assert_int_equal(sw_queue_push(queue, &things[pushed++]), SW_OK);
        while (taken < pushed)
            assert_ptr_equal(sw_queue_take(queue), &things[taken++]);
        assert_null(sw_queue_take(queue));
    }
    sw_queue_free(queue);
}

static void descriptor_tells_the_truth(void **state)
{
    struct sw_queue *queue = queue_of(4);
    char thing = 0;
    (void)state;
    assert_false(readable(queue, 0));
    assert_int_equal(sw_queue_push(queue, &thing), SW_OK);
    assert_int_equal(sw_queue_push(queue, &thing), SW_OK);
    assert_true(readable(queue, 0));
    assert_non_null(sw_queue_take(queue));
    assert_true(readable(queue, 0));
    assert_non_null(sw_queue_take(queue));
    assert_false(readable(queue, 0));
    assert_null(sw_queue_take(queue));
    assert_int_equal(sw_queue_push(queue, &thing), SW_OK);
    assert_true(readable(queue, 0));
    assert_non_null(sw_queue_take(queue));
    sw_queue_free(queue);
}

static void close_is_an_event(void **state)
{
    struct sw_queue *queue = queue_of(4);
    char thing = 0;
    (void)state;
    assert_int_equal(sw_queue_push(queue, &thing), SW_OK);
    sw_queue_close(queue);
    sw_queue_close(queue);
    assert_int_equal(sw_queue_push(queue, &thing), SW_END);
    assert_false(sw_queue_ended(queue));
    assert_true(readable(queue, 0));
    assert_ptr_equal(sw_queue_take(queue), &thing);
    /* One who takes a single pointer at each wake-up sees the end as well. */
    assert_true(readable(queue, 0));
    assert_null(sw_queue_take(queue));
    assert_true(sw_queue_ended(queue));
    assert_false(readable(queue, 0));
    sw_queue_free(queue);

    queue = queue_of(1);
    assert_false(sw_queue_ended(queue));
    sw_queue_close(queue);
    assert_true(readable(queue, 0));
    assert_true(sw_queue_ended(queue));
    sw_queue_free(queue);
}

static void absurd_capacity_fails(void **state)
{
    struct sw_queue *queue = NULL;
    struct sw_error error;
    (void)state;
    assert_int_equal(sw_queue_new(SIZE_MAX / 2, &queue, &error), SW_STOP);
    assert_int_equal(sw_queue_new(SIZE_MAX / sizeof(void *), &queue, &error), SW_STOP);
    assert_null(queue);
    sw_queue_free(NULL);
}

#define PRODUCERS 4
#define THINGS    5000 /* of each producer */

struct producer {
    pthread_t thread;
    struct sw_queue *queue;
    uintptr_t number;
    atomic_size_t pushed;
    enum sw_status last;
};

static void *produce(void *argument)
{
    struct producer *producer = argument;
    for (uintptr_t i = 0; i < THINGS; i++) {
        uintptr_t value = (producer->number << 32 | i) + 1;
        producer->last = sw_queue_push(producer->queue, (void *)value);
        if (producer->last != SW_OK)
            break;
        atomic_fetch_add(&producer->pushed, 1);
    }
    return NULL;
}

static void start(struct producer *producers, struct sw_queue *queue)
{
    for (uintptr_t i = 0; i < PRODUCERS; i++) {
        producers[i].queue = queue;
        producers[i].number = i;
        producers[i].last = SW_OK;
        atomic_init(&producers[i].pushed, 0);
        assert_int_equal(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
    }
}

static void join(struct producer *producers)
{
    for (size_t i = 0; i < PRODUCERS; i++)
        assert_int_equal(pthread_join(producers[i].thread, NULL), 0);
}

/* A consumer that only ever polls gets everything, each producer's in order. */
static void everything_arrives(void **state)
{
    static const size_t capacities[] = {1, 2, 7, 64};
    (void)state;
    for (size_t c = 0; c < sizeof capacities / sizeof capacities[0]; c++) {
        struct sw_queue *queue = queue_of(capacities[c]);
        struct producer producers[PRODUCERS];
        uintptr_t next[PRODUCERS] = {0};
        size_t left = PRODUCERS * THINGS;
        start(producers, queue);
        while (left > 0) {
            void *thing = NULL;
            assert_true(readable(queue, 60000));
            while ((thing = sw_queue_take(queue)) != NULL) {
                uintptr_t value = (uintptr_t)thing - 1;
                assert_int_equal(value & UINT32_MAX, next[value >> 32]++);
                left--;
            }
        }
        join(producers);
        assert_null(sw_queue_take(queue));
        sw_queue_free(queue);
    }
}

static void *consume(void *argument)
{
    struct sw_queue *queue = argument;
    size_t taken = 0;
    while (!sw_queue_ended(queue)) {
        if (sw_queue_take(queue) != NULL)
            taken++;
    }
    return (void *)(uintptr_t)taken;
}

static void several_consumers_share(void **state)
{
    struct sw_queue *queue = queue_of(5);
    struct producer producers[PRODUCERS];
    pthread_t consumers[3];
    size_t taken = 0;
    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&consumers[i], NULL, consume, queue), 0);
    start(producers, queue);
    join(producers);
    sw_queue_close(queue);
    for (size_t i = 0; i < 3; i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(consumers[i], &result), 0);
        taken += (size_t)(uintptr_t)result;
    }
    assert_int_equal(taken, PRODUCERS * THINGS);
    sw_queue_free(queue);
}

/* Producers that wait at a full queue all come home when it is closed, and what
 * they had pushed is still there: no more, no less. */
static void close_wakes_waiting_producers(void **state)
{
    struct sw_queue *queue = queue_of(2);
    struct producer producers[PRODUCERS];
    size_t pushed = 0;
    size_t taken = 0;
    (void)state;
    start(producers, queue);
    do {
        pushed = 0;
        for (size_t i = 0; i < PRODUCERS; i++)
            pushed += atomic_load(&producers[i].pushed);
    } while (pushed < 2);
    usleep(20000);
    sw_queue_close(queue);
    join(producers);
    for (size_t i = 0; i < PRODUCERS; i++)
        assert_int_equal(producers[i].last, SW_END);
    while (sw_queue_take(queue) != NULL)
        taken++;
    assert_int_equal(taken, 2);
    sw_queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_kept_round_the_ring),
        cmocka_unit_test(descriptor_tells_the_truth),
        cmocka_unit_test(close_is_an_event),
        cmocka_unit_test(absurd_capacity_fails),
        cmocka_unit_test(everything_arrives),
        cmocka_unit_test(several_consumers_share),
        cmocka_unit_test(close_wakes_waiting_producers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
