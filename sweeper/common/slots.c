/* SPDX-License-Identifier: Apache-2.0 */
/* slots.c - the shared page of last words. */
#include "sweeper/slots.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

const char *sw_phase_words(unsigned phase)
{
    static const char *const words[SW_PHASE_COUNT] = {
#define SW_PHASE_WORDS(constant, text) [SW_PHASE_##constant] = text,
        SW_PHASE_TABLE(SW_PHASE_WORDS)
#undef SW_PHASE_WORDS
    };
    return phase < SW_PHASE_COUNT ? words[phase] : "in an unknown phase";
}

enum sw_status sw_slots_create(int *fd, struct sw_error *error)
{
    int made = memfd_create("sweeper-slots", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (made < 0)
        return sw_fail(error, SW_STOP, "slots", errno, "cannot create shared memory");
    if (ftruncate(made, sizeof(struct sw_slots)) != 0) {
        int errnum = errno;
        close(made);
        return sw_fail(error, SW_STOP, "slots", errnum, "cannot size shared memory");
    }
    *fd = made;
    return SW_OK;
}

enum sw_status sw_slots_map(int fd, struct sw_slots **slots, struct sw_error *error)
{
    void *at = mmap(NULL, sizeof(struct sw_slots), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (at == MAP_FAILED)
        return sw_fail(error, SW_STOP, "slots", errno, "cannot map shared memory");
    *slots = at;
    return SW_OK;
}

void sw_slots_unmap(struct sw_slots *slots)
{
    if (slots != NULL)
        munmap(slots, sizeof(*slots));
}

void sw_slots_clear(struct sw_slots *slots)
{
    for (unsigned i = 0; i < SW_THREADS_MAX; i++) {
        atomic_store(&slots->slot[i].item, 0);
        atomic_store(&slots->slot[i].phase, SW_PHASE_IDLE);
        atomic_store(&slots->slot[i].tid, 0);
    }
    atomic_store(&slots->culprit, 0);
    atomic_store(&slots->signal, 0);
}
