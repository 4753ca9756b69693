/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver.c - a fuzz target as a plain test: every file of its corpus, then
 * mutations of them, the same ones in every run. It stops after `count`
 * mutations or `milliseconds`, whichever comes first, so that it is quick on a
 * slow machine; a run that stops early has tried a prefix of the same row.
 *
 * On failure the input that was tried is written to ./fuzz-failed-<what>, to
 * be tried again alone: fuzz_<what> FILE.
 */
#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

enum {
    SEEDS_MAX = 512,
    INPUT_MAX = 64 * 1024, /* bytes; a mutation never grows past it */
    STEPS_MAX = 6,         /* changes in one mutation */
    FIRST_MUTATION_SEED = 0x5eed,
};

struct seed {
    char *path;
    uint8_t *data;
    size_t size;
};

static struct seed seeds[SEEDS_MAX];
static size_t seed_count;

/* What is being tried: for the signal handler. */
static uint8_t input[INPUT_MAX];
static volatile sig_atomic_t input_size;
static char failed_path[256];

static uint64_t random_state = FIRST_MUTATION_SEED;

/* xorshift64* (Vigna): the same numbers everywhere. */
static uint32_t random_below(size_t limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)(((random_state * UINT64_C(0x2545F4914F6CDD1D)) >> 32) % limit);
}

static void on_failure(int number)
{
    int fd = open(failed_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)!write(fd, input, (size_t)input_size);
        close(fd);
        (void)!write(STDERR_FILENO, failed_path, strlen(failed_path));
        (void)!write(STDERR_FILENO, " holds the input\n", 17);
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void try(const uint8_t *data, size_t size)
{
    if (data != input)
        memcpy(input, data, size);
    input_size = (sig_atomic_t)size;
    /* A copy that ends where the input does, for sanitizers. */
    uint8_t *copy = fuzz_copy((struct sw_view){input, size});
    FUZZ_CHECK(LLVMFuzzerTestOneInput(copy, size) == 0);
    free(copy);
}

/* --- the corpus --- */

static bool seed_read(const char *path, struct seed *seed)
{
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && fstat(fd, &facts) == 0);
    if (!S_ISREG(facts.st_mode)) {
        close(fd);
        return false;
    }
    FUZZ_CHECK(facts.st_size <= INPUT_MAX);
    *seed = (struct seed){.path = strdup(path), .size = (size_t)facts.st_size};
    seed->data = malloc(seed->size + 1);
    FUZZ_CHECK(seed->data != NULL && read(fd, seed->data, seed->size) == (ssize_t)seed->size);
    close(fd);
    return true;
}

static int compare_seeds(const void *a, const void *b)
{
    return strcmp(((const struct seed *)a)->path, ((const struct seed *)b)->path);
}

static void corpus_read(const char *directory)
{
    char path[4096];
    struct dirent *entry;
    DIR *corpus = opendir(directory);
    FUZZ_CHECK(corpus != NULL);
    while ((entry = readdir(corpus)) != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        FUZZ_CHECK(seed_count < SEEDS_MAX);
        if (entry->d_name[0] != '.' && seed_read(path, &seeds[seed_count]))
            seed_count++;
    }
    closedir(corpus);
    /* Directories list in no fixed order; mutations shall not depend on it. */
    qsort(seeds, seed_count, sizeof seeds[0], compare_seeds);
    FUZZ_CHECK(seed_count > 0);
}

static void corpus_free(void)
{
    for (size_t i = 0; i < seed_count; i++) {
        free(seeds[i].path);
        free(seeds[i].data);
    }
}

/* --- mutations --- */

/* Replaces input[at, at + old) by `size` bytes, which may lie in the input. */
static size_t replace(size_t total, size_t at, size_t old, const uint8_t *bytes, size_t size)
{
    static uint8_t piece[INPUT_MAX];
    if (total - old + size > INPUT_MAX)
        return total;
    if (size != 0)
        memcpy(piece, bytes, size);
    memmove(input + at + size, input + at + old, total - at - old);
    memcpy(input + at, piece, size);
    return total - old + size;
}

/* A number that sits at an edge, in 1, 2, 4 or 8 bytes. */
static size_t put_number(size_t total, size_t at)
{
    static const uint64_t edges[] = {0,       1,          0x7f,        0x80,       0xff,
                                     0x7fff,  0xffff,     0x10000,     0x7fffffff, 0x80000000,
                                     ~0U - 1, 0xffffffff, 0x100000000, INT64_MAX,  UINT64_MAX};
    uint64_t value = edges[random_below(sizeof edges / sizeof edges[0])];
    size_t size = (size_t)1 << random_below(4);
    size_t old = size < total - at ? size : total - at;
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    return replace(total, at, old, bytes, size);
}

static size_t mutate(size_t total)
{
    static const char odd[] = "\0\n\r\t \"\\/%!#=*[{}:,\x7f\x80\xc0\xe2\xff";
    size_t at = random_below(total + 1);
    size_t run = random_below(total - at + 1);
    if (run > 64 && random_below(4) != 0)
        run = random_below(64);
    const struct seed *other = &seeds[random_below(seed_count)];
    size_t from = random_below(other->size + 1);
    uint8_t byte = (uint8_t)random_below(256);
    switch (random_below(8)) {
    case 0: /* one bit */
        if (at < total)
            input[at] ^= (uint8_t)(1U << random_below(8));
        return total;
    case 1: /* one byte */
        return replace(total, at, at < total, &byte, 1);
    case 2: /* an odd byte, put in */
        return replace(total, at, 0, (const uint8_t *)odd + random_below(sizeof odd - 1), 1);
    case 3: /* something less */
        return replace(total, at, run, NULL, 0);
    case 4: /* something twice, elsewhere */
        return replace(total, random_below(total + 1), 0, input + at, run);
    case 5: /* a piece of another one */
        return replace(total, at, run, other->data + from, random_below(other->size - from + 1));
    case 6:
        return put_number(total, at);
    default: /* cut off */
        return random_below(8) == 0 ? at : total;
    }
}

static void try_mutation(void)
{
    const struct seed *seed = &seeds[random_below(seed_count)];
    size_t size = seed->size;
    if (size != 0)
        memcpy(input, seed->data, size);
    for (uint32_t steps = 1 + random_below(STEPS_MAX); steps > 0; steps--)
        size = mutate(size);
    try(input, size);
}

static uint64_t now_ms(void)
{
    struct timespec now;
    FUZZ_CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void try_mutations(unsigned long count, unsigned long milliseconds)
{
    uint64_t start = now_ms();
    unsigned long done = 0;
    while (done < count && now_ms() - start < milliseconds) {
        try_mutation();
        done++;
    }
    printf("%zu seeds, %lu mutations in %lu ms\n", seed_count, done,
           (unsigned long)(now_ms() - start));
}

int main(int argc, char **argv)
{
    struct stat facts;
    if ((argc != 2 && argc != 4) || stat(argv[1], &facts) != 0) {
        (void)fprintf(stderr, "usage: %s FILE | CORPUS COUNT MILLISECONDS\n", argv[0]);
        return 64;
    }
    (void)snprintf(failed_path, sizeof failed_path, "fuzz-failed-%s", basename(argv[0]));
    if (argc == 2) {
        FUZZ_CHECK(seed_read(argv[1], &seeds[0]));
        seed_count = 1;
        try(seeds[0].data, seeds[0].size);
        corpus_free();
        return 0;
    }
    (void)signal(SIGABRT, on_failure);
    (void)signal(SIGSEGV, on_failure);
    corpus_read(argv[1]);
    for (size_t i = 0; i < seed_count; i++)
        try(seeds[i].data, seeds[i].size);
    try_mutations(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
    corpus_free();
    return 0;
}
