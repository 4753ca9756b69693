/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob_fault.c - a SIGBUS in a mapped view becomes zeros.
 *
 * A file that is cut short under a mapping raises SIGBUS at the first access
 * behind its new end (so does a page that the disk cannot give). The handler
 * looks the address up among the views of its own thread, lays pages of zeros
 * over it, notes that it did so, and returns: the access is then repeated and
 * reads zeros. Everything it calls is a bare system call.
 */
#include "blob_fault.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sweeper/blob.h"

/* Written by the thread, read by its own signal handler: lock-free atomics, as
 * the C standard asks of what a handler touches. A range is in force while its
 * size is not 0. */
struct view_range {
    _Atomic uintptr_t start;
    _Atomic size_t size;
    _Atomic int fd;
};
static _Thread_local struct view_range views[SW_VIEWS_MAX];
static _Thread_local atomic_bool fault_taken;

static struct sigaction previous_action;
static size_t page_size;

static pthread_once_t handler_once = PTHREAD_ONCE_INIT;
static int handler_errnum;

bool sw_blob_fault_watch(const void *start, size_t size, int fd)
{
    for (size_t i = 0; i < SW_VIEWS_MAX; i++) {
        if (atomic_load(&views[i].size) != 0)
            continue;
        atomic_store(&views[i].start, (uintptr_t)start);
        atomic_store(&views[i].fd, fd);
        atomic_store(&views[i].size, size);
        return true;
    }
    return false;
}

void sw_blob_fault_unwatch(const void *start)
{
    for (size_t i = 0; i < SW_VIEWS_MAX; i++) {
        if (atomic_load(&views[i].start) == (uintptr_t)start)
            atomic_store(&views[i].size, 0);
    }
}

bool sw_blob_fault_taken(void)
{
    return atomic_exchange(&fault_taken, false);
}

/* Everything from the fault on when the file ends before it, so that a large
 * file cut short costs one signal and not one a page; otherwise (a bad sector)
 * that one page. */
static size_t lost_size(const struct view_range *view, uintptr_t page)
{
    uintptr_t start = atomic_load(&view->start);
    size_t rest = atomic_load(&view->size) - (page - start);
    struct stat facts;
    if (fstat(atomic_load(&view->fd), &facts) == 0 && (uint64_t)facts.st_size <= page - start)
        return rest;
    return rest < page_size ? rest : page_size;
}

static bool fault_repaired(uintptr_t address)
{
    for (size_t i = 0; i < SW_VIEWS_MAX; i++) {
        uintptr_t start = atomic_load(&views[i].start);
        size_t size = atomic_load(&views[i].size);
        if (size == 0 || address < start || address - start >= size)
            continue;
        uintptr_t page = address & ~(uintptr_t)(page_size - 1);
        /* An address from the kernel, of a page that is ours. */
        void *zeros = mmap((void *)page, lost_size(&views[i], page), PROT_READ,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
        if (zeros == MAP_FAILED)
            return false;
        atomic_store(&fault_taken, true);
        return true;
    }
    return false;
}

/* Not ours: what would have happened without us. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    if ((previous_action.sa_flags & SA_SIGINFO) != 0) {
        previous_action.sa_sigaction(number, info, context);
        return;
    }
    if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
        previous_action.sa_handler(number);
        return;
    }
    /* The access is repeated on return, and then ends the process. A signal
     * that somebody sent is not repeated, so it is raised again. */
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(SIGBUS, &standard, NULL);
    if (info->si_code <= 0)
        raise(SIGBUS);
}

static void on_sigbus(int number, siginfo_t *info, void *context)
{
    int errnum = errno;
    if (info->si_code <= 0 || !fault_repaired((uintptr_t)info->si_addr))
        pass_on(number, info, context);
    errno = errnum;
}

static void handler_install(void)
{
    page_size = (size_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGBUS, &action, &previous_action) != 0)
        handler_errnum = errno;
}

/* An alternate stack that is there already (the crash handler's) serves us too.
 * Ours stays for the life of the thread, which is the life of the engine. */
static enum sw_status stack_install(struct sw_error *error)
{
    stack_t stack;
    if (sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_DISABLE) == 0)
        return SW_OK;
    long wanted = sysconf(_SC_SIGSTKSZ);
    size_t size = wanted > 65536 ? (size_t)wanted : 65536;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return sw_fail(error, SW_STOP, "blob", errno, "cannot make a stack for signals");
    stack = (stack_t){.ss_sp = memory, .ss_size = size};
    if (sigaltstack(&stack, NULL) != 0) {
        int errnum = errno;
        munmap(memory, size);
        return sw_fail(error, SW_STOP, "blob", errnum, "cannot install a stack for signals");
    }
    return SW_OK;
}

enum sw_status sw_blob_faults_init(struct sw_error *error)
{
    pthread_once(&handler_once, handler_install);
    if (handler_errnum != 0)
        return sw_fail(error, SW_STOP, "blob", handler_errnum, "cannot handle SIGBUS");
    return stack_install(error);
}
