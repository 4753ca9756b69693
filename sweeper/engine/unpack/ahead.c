/* SPDX-License-Identifier: Apache-2.0 */
/* ahead.c - a ring of pieces between two workers. */
#include "engine/unpack/ahead.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/source/stream.h"
#include "engine/unpack/pages.h"

enum {
    PIECES = 8,            /* in the ring */
    FEW = PIECES / 2,      /* so few are left that it is time to ask again */
    ROOM = SW_STREAM_PIECE /* bytes of each; a run of pages */
};

/* What source->read() said. */
struct said {
    enum sw_status status;
    struct sw_error error;
    uint8_t *bytes; /* ROOM of them */
    size_t size;
    uint64_t offset;
};

struct ahead {
    struct task task; /* first: see read_on() */
    bool offered;     /* and not yet taken back */
    struct desk *desk;
    const struct sw_source *source;
    void *state;
    uint64_t item;

    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    bool reading; /* another worker has the source, or is about to */
    bool stop;    /* the owner wants it back */
    bool over;    /* nothing comes behind what is in the ring */
    size_t first, count;
    struct said ring[PIECES];
};

/* --- whoever reads ------------------------------------------------------------------ */

/* Where the next goes. Not the place before the first: the owner is at what was there.
 * NULL: no more, and the source is the owner's. */
static struct said *next_place(struct ahead *ahead)
{
    struct said *said = NULL;

    pthread_mutex_lock(&ahead->lock);
    if (!ahead->stop && !ahead->over && ahead->count < PIECES - 1)
        said = &ahead->ring[(ahead->first + ahead->count) % PIECES];
    ahead->reading = said != NULL;
    if (said == NULL)
        pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    return said;
}

static void read_one(struct ahead *ahead, struct said *said)
{
    struct sw_piece piece = {0};

    said->status = ahead->source->read(ahead->state, &piece, &said->error);
    said->size = said->status == SW_OK ? piece.size : 0;
    said->offset = piece.offset;
    if (said->size != 0)
        memcpy(said->bytes, piece.data, said->size);
    pthread_mutex_lock(&ahead->lock);
    ahead->over = said->status != SW_OK && said->status != SW_PART;
    ahead->count++;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
}

static void read_on(struct task *task, struct desk *desk)
{
    struct ahead *ahead = (struct ahead *)task;

    struct said *said;

    desk_lend(desk, ahead->item);
    while ((said = next_place(ahead)) != NULL)
        read_one(ahead, said);
    desk_rest(desk);
}

/* --- the owner ------------------------------------------------------------------------ */

struct ahead *ahead_new(struct desk *desk, const struct sw_source *source, void *state)
{
    struct ahead *ahead = calloc(1, sizeof(*ahead));

    if (ahead == NULL)
        return NULL;
    *ahead = (struct ahead){.task = {.run = read_on},
                            .desk = desk,
                            .source = source,
                            .state = state,
                            .item = desk->reporter.item};
    bool good = pthread_mutex_init(&ahead->lock, NULL) == 0 &&
                pthread_cond_init(&ahead->changed, NULL) == 0;
    for (size_t i = 0; i < PIECES && good; i++) {
        ahead->ring[i].bytes = sw_pages_take(&desk->engine->pages, ROOM);
        good = ahead->ring[i].bytes != NULL;
    }
    if (good)
        return ahead;
    ahead_free(ahead);
    return NULL;
}

void ahead_free(struct ahead *ahead)
{
    if (ahead == NULL)
        return;
    pthread_mutex_lock(&ahead->lock);
    ahead->stop = true;
    pthread_mutex_unlock(&ahead->lock);
    if (ahead->offered && !share_reclaim(&ahead->desk->engine->share, &ahead->task))
        desk_await(ahead->desk, &ahead->task);
    for (size_t i = 0; i < PIECES; i++)
        sw_pages_give(&ahead->desk->engine->pages, ahead->ring[i].bytes, ROOM);
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}

/* Whether something is in the ring; waits while somebody is reading. False: the source is
 * the owner's. */
static bool wait_for_one(struct ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    bool idle = ahead->count == 0 && ahead->reading;
    pthread_mutex_unlock(&ahead->lock);
    if (idle && share_reclaim(&ahead->desk->engine->share, &ahead->task)) {
        ahead->offered = false;
        ahead->reading = false;
        return false;
    }
    if (idle)
        desk_rest(ahead->desk);
    pthread_mutex_lock(&ahead->lock);
    while (ahead->count == 0 && ahead->reading)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    const bool there = ahead->count != 0;
    pthread_mutex_unlock(&ahead->lock);
    if (idle)
        desk_resume(ahead->desk);
    return there;
}

static enum sw_status take_one(struct ahead *ahead, struct sw_piece *piece, struct sw_error *error)
{
    pthread_mutex_lock(&ahead->lock);
    const struct said *said = &ahead->ring[ahead->first];
    ahead->first = (ahead->first + 1) % PIECES;
    ahead->count--;
    pthread_mutex_unlock(&ahead->lock);
    *piece = (struct sw_piece){said->bytes, said->size, said->offset};
    if (said->status != SW_OK)
        *error = said->error;
    return said->status;
}

/* Asks others to read on. A piece that the source still owns is kept first. */
static void ask(struct ahead *ahead, struct sw_piece *piece)
{
    struct share *share = &ahead->desk->engine->share;

    if (ahead->offered && !share_is_done(share, &ahead->task))
        return;
    ahead->offered = false;
    if (ahead->over || ahead->count > FEW || !share_wanted(share, 0))
        return;
    uint8_t *kept = ahead->ring[(ahead->first + PIECES - 1) % PIECES].bytes;
    if (piece->size != 0 && piece->data != kept) {
        memcpy(kept, piece->data, piece->size);
        piece->data = kept;
    }
    ahead->offered = true;
    ahead->reading = true;
    share_offer_first(share, &ahead->task);
}

enum sw_status ahead_read(struct ahead *ahead, bool offer, struct sw_piece *piece,
                          struct sw_error *error)
{
    const bool there = wait_for_one(ahead);
    enum sw_status status = SW_OK;

    if (there)
        status = take_one(ahead, piece, error);
    else
        status = ahead->source->read(ahead->state, piece, error);
    if (offer && (status == SW_OK || status == SW_PART))
        ask(ahead, piece);
    return status;
}
