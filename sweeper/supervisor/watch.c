/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.c - time limits, kept by the process that no content can confuse.
 *
 * A worker may spend time_max_s CPU seconds on one object (of a container: on one
 * step inside it), and SW_WALL_FACTOR times as long by the clock. libyara ends a scan by itself at
 * the limit, which costs one gap and nothing else; this watch is for whatever does not come back,
 * and gives it a margin so that the gentler way comes first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "conductor.h"
#include "supervisor/outwait.h"
#include "sweeper/text.h"

enum {
    MARGIN_MS = 1500,
    NS_PER_MS = 1000000,
};

int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / NS_PER_MS;
}

/* CPU time of one thread of the engine in nanoseconds (proc(5), schedstat);
 * -1 when it cannot be read. */
static int64_t thread_cpu_ns(pid_t pid, uint32_t tid)
{
    char path[64];
    char line[64] = "";

    snprintf(path, sizeof(path), "/proc/%d/task/%u/schedstat", (int)pid, tid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    bool read = fgets(line, sizeof(line), file) != NULL;
    fclose(file);
    return read ? strtoll(line, NULL, 10) : -1;
}

static bool is_overdue(struct conductor *conductor, unsigned index, int64_t now_ms)
{
    struct watched *watched = &conductor->watched[index];
    int64_t limit_ms = (int64_t)conductor->options->limits.time_max_s * 1000;
    int64_t wall_ms = now_ms - watched->since_ms;

    int64_t cpu_ns =
        thread_cpu_ns(conductor->child.pid, atomic_load(&conductor->child.slots->slot[index].tid));
    if (watched->cpu_ns < 0)
        watched->cpu_ns = cpu_ns;
    int64_t cpu_ms = (cpu_ns - watched->cpu_ns) / NS_PER_MS;
    return cpu_ms > limit_ms + limit_ms / 10 + MARGIN_MS ||
           wall_ms > (limit_ms + MARGIN_MS) * SW_WALL_FACTOR;
}

void watch_tick(struct conductor *conductor)
{
    int64_t now_ms = clock_ms();

    if (conductor->child.state != CHILD_READY || conductor->overdue != 0)
        return;
    for (unsigned i = 0; i < conductor->options->thread_count; i++) {
        struct watched *watched = &conductor->watched[i];
        uint64_t item = atomic_load(&conductor->child.slots->slot[i].item);
        uint64_t step = atomic_load(&conductor->child.slots->slot[i].step);
        if (item == 0 || item != watched->item || step != watched->step) {
            *watched =
                (struct watched){.item = item, .step = step, .since_ms = now_ms, .cpu_ns = -1};
            continue;
        }
        if (is_overdue(conductor, i, now_ms) && flight_find(&conductor->flight, item) != NULL) {
            conductor->overdue = item;
            child_kill(&conductor->child);
            return;
        }
    }
}

void watch_reset(struct conductor *conductor)
{
    for (unsigned i = 0; i < SW_THREADS_MAX; i++)
        conductor->watched[i] = (struct watched){.cpu_ns = -1};
    conductor->overdue = 0;
}

const struct sw_item *watch_current(struct conductor *conductor)
{
    for (unsigned i = 0; i < conductor->options->thread_count; i++) {
        uint64_t item = atomic_load(&conductor->child.slots->slot[i].item);
        const struct flight_entry *entry = flight_find(&conductor->flight, item);
        if (entry != NULL)
            return &entry->item;
    }
    return NULL;
}

void watch_print(struct conductor *conductor)
{
    if (!sw_out_ready(STDERR_FILENO))
        return; /* nobody reads it, and the sweep must not wait */
    sw_progress_clear(conductor->progress);
    for (unsigned i = 0; i < conductor->options->thread_count; i++) {
        const struct sw_slot *slot = &conductor->child.slots->slot[i];
        const struct flight_entry *entry =
            flight_find(&conductor->flight, atomic_load(&slot->item));
        const struct watched *watched = &conductor->watched[i];
        struct sw_buf path;

        if (entry == NULL) {
            fprintf(stderr, "sweeper: worker %u: waiting for work\n", i + 1);
            continue;
        }
        sw_buf_init(&path, SW_LABEL_MAX);
        const struct sw_view bytes = {(const uint8_t *)entry->item.path, entry->item.path_size};
        double seconds =
            watched->item == entry->id ? (double)(clock_ms() - watched->since_ms) / 1000 : 0;
        if (sw_text_escape(&path, bytes) == SW_OK && sw_buf_terminate(&path) == SW_OK)
            fprintf(stderr, "sweeper: worker %u: %s for %.1f s: %s\n", i + 1,
                    sw_phase_words(atomic_load(&slot->phase)), seconds, (const char *)path.data);
        sw_buf_done(&path);
    }
}
