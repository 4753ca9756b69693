/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conductor.h - the state of one sweep, shared by the files that turn it:
 *
 *   sweep.c    set-up, the loop, the end
 *   settle.c   an item is done: totals, records, further names of the same file
 *   collect.c  what the engine sends
 *   recover.c  an engine died: who is to blame, what is sent again
 *   watch.c    time limits; what each worker is at
 *   integrity.c  files of Python distributions, against their RECORDs
 *   correlate.c  findings of one root that belong together
 *   caches.c   the package behind a file in a cache
 *   image_wait.c  what lies in container images, and in which layer
 *   store_wait.c  what lies in the directories of container engines, and whose they are
 *   layer_keep.c  what is kept of layers that were read
 *   layer_replay.c  layers that need not be read
 *   bases_read.c  the base images to compare with, before all else
 *
 * All of it runs on one thread. Walkers push into `queue`; the engine is a
 * socket; signals are a descriptor.
 */
#ifndef SWEEPER_SUPERVISOR_CONDUCTOR_H
#define SWEEPER_SUPERVISOR_CONDUCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "child.h"
#include "feed.h"
#include "flight.h"
#include "links.h"
#include "owner.h"
#include "progress.h"
#include "stand_in.h"
#include "sweeper/image.h"
#include "sweeper/incident.h"
#include "sweeper/record.h"
#include "sweeper/sink.h"
#include "sweeper/suppress.h"
#include "sweeper/walk.h"

/* Engines in a row that may die before they have done anything. */
enum { BARREN_MAX = 3 };

/* What the watch knows of one worker. */
struct watched {
    uint64_t item;    /* at the last look; 0: none */
    uint64_t step;    /* inside it */
    int64_t since_ms; /* when that step was first seen there, CLOCK_MONOTONIC */
    int64_t cpu_ns;   /* of the thread at that time; -1: not asked yet */
};

struct conductor {
    const struct sw_options *options;
    struct sw_sinks *sinks;
    const struct sw_stand_in *stand_in; /* instead of walk and outputs; or NULL */
    struct sw_walk *walk;               /* NULL until it is opened, and with a stand-in */
    struct sw_queue *queue;
    size_t batches; /* that it holds */
    struct child child;
    struct feed feed;
    struct flight flight;
    struct links links;
    struct owners owners;
    struct sw_progress *progress;
    struct sw_totals totals;
    struct sw_incidents *incidents;       /* NULL before the targets are known */
    struct sw_exposure *exposure;         /* NULL with --exposure=off too */
    struct sw_suppressions *suppressions; /* NULL without --suppress */
    json_t *cache_names;                  /* what is known of files in caches; NULL: nothing */
    json_t *cache_held;                   /* findings that wait for it; NULL: none */
    struct sw_images *images;             /* parts of container images; NULL: none yet */
    struct sw_spool *image_held;          /* records that wait for the end; NULL: none */
    uint64_t image_bytes;                 /* of all that have waited */
    struct sw_stores *stores;             /* of container engines; NULL: none yet */
    struct sw_item store_item;            /* the first that told of one; its path, no descriptor */
    struct sw_spool *store_held;          /* findings that wait for the end; NULL: none */
    struct sw_bases *bases;               /* of --base; NULL: none was given */
    struct sw_layer_cache *layer_cache;   /* NULL: there is none */
    size_t layer_bytes;                   /* of all that is noted, to be kept */
    size_t layer_bytes_max;
    struct integrity_sweep *integrity; /* NULL before there is anything to compare */
    json_t *account;                   /* of the first engine */
    uint32_t ready_flags;
    struct watched watched[SW_THREADS_MAX];
    uint64_t overdue;           /* the item for which the watch killed the engine */
    const char *protocol_error; /* why the engine was killed, or NULL */
    char protocol_text[512];
    uint64_t acks;   /* since the engine started */
    unsigned barren; /* engines in a row that died without an ack */
    bool image_full_told;
    bool store_full_told;
    bool reading_bases; /* the walk is that of the bases */
    bool stopping;      /* interrupted or failed: no more work is given out */
    int signals;        /* signalfd */
};

/* --- settle.c ------------------------------------------------------------ */

/* Writes a record and counts it. Takes the reference; NULL is a lack of
 * memory. A sink that fails ends the sweep. */
void settle_record(struct conductor *conductor, json_t *record);
/* A record of an item: kept for its other names too. Takes the reference. */
void settle_item_record(struct conductor *conductor, struct flight_entry *entry, json_t *record);
/* The same, when it has not to wait (any more) for the rest of an image. */
void settle_whole_record(struct conductor *conductor, struct flight_entry *entry, json_t *record);
/* A further name of a file that has been settled: gets the same records. Takes
 * nothing; the item stays the caller's. */
void settle_known(struct conductor *conductor, struct link *link, const struct sw_item *item);
/* The item is done: its other names get what it got, and it leaves the table. `judged`:
 * the engine has told all that it tells of it. */
void settle_entry(struct conductor *conductor, struct flight_entry *entry, bool judged);
/* A gap that the supervisor itself reports, and then the item is done. */
void settle_gap(struct conductor *conductor, struct flight_entry *entry, enum sw_gap reason,
                const char *text);
/* An output failed: the exit code will be 2, and the sweep ends when no output
 * is left. Says why on stderr, once. */
void settle_sink_failure(struct conductor *conductor, const char *text);
/* Ends the sweep with exit code 2; says why on stderr, once. */
void settle_failure(struct conductor *conductor, const char *text);

/* Writes a record of which all is known, but whose directory it lies in. Takes the
 * reference. */
void settle_last(struct conductor *conductor, json_t *record);
/* A record about an item that is not under way any more. Takes the reference. */
void settle_late_record(struct conductor *conductor, const struct sw_item *item, json_t *record);

/* --- collect.c ----------------------------------------------------------- */

/* Takes every message that is there. SW_PART: nothing more for now. SW_END: the
 * engine has closed its end. SW_DEAD: it broke the protocol (protocol_error
 * says how) and has been killed. SW_STOP: the sweep cannot go on. */
enum sw_status collect_all(struct conductor *conductor, struct sw_error *error) SW_MUST_CHECK;

/* --- recover.c ----------------------------------------------------------- */

/* Buries a dead engine, settles or requeues what it held, and starts the next
 * one when there is work left. SW_STOP when no engine will live. */
enum sw_status recover(struct conductor *conductor, struct sw_error *error) SW_MUST_CHECK;

/* --- watch.c ------------------------------------------------------------- */

/* Looks at every worker; kills the engine when one is over its time. */
void watch_tick(struct conductor *conductor);
void watch_reset(struct conductor *conductor);
/* SIGUSR1: what each worker is doing, on stderr. */
void watch_print(struct conductor *conductor);
/* The item some worker is at, for the progress line; NULL when all are idle. */
const struct sw_item *watch_current(struct conductor *conductor);

/* --- correlate.c --------------------------------------------------------- */

/* The targets are known, the walk has not started. */
enum sw_status correlate_start(struct conductor *conductor, struct sw_error *error) SW_MUST_CHECK;
/* Whatever the walk met, read or not. */
void correlate_item(struct conductor *conductor, const struct sw_item *item);
/* What the engine is to say of the item beside what it finds in it. */
enum sw_context correlate_asks(struct conductor *conductor, const struct sw_item *item);
/* Its answer, checked. */
void correlate_answer(struct conductor *conductor, const struct flight_entry *entry,
                      struct sw_view answer);
/* A record of an item, before it is written. */
void correlate_record(struct conductor *conductor, const struct sw_item *item,
                      const json_t *record);
/* Everything has been looked at: writes the incidents. The walk is still there. */
void correlate_end(struct conductor *conductor);
void correlate_done(struct conductor *conductor);

/* --- caches.c -------------------------------------------------------------- */

/* What the walk met. */
void caches_item(struct conductor *conductor, const struct sw_item *item);
/* Whether the engine is to say which package an item tells of, and what it said. */
bool caches_ask(const struct sw_item *item);
void caches_answer(struct conductor *conductor, struct sw_view answer);
/* True: the finding is written later (another reference is kept). */
bool caches_hold(struct conductor *conductor, json_t *record) SW_MUST_CHECK;
/* Writes those that waited. */
void caches_end(struct conductor *conductor);
void caches_done(struct conductor *conductor);
/* --- integrity.c ----------------------------------------------------------- */

/* Whatever the walk met, read or not. */
void integrity_item(struct conductor *conductor, const struct sw_item *item);
/* It will not be read, or not under this name: it is there all the same. */
void integrity_unread(struct conductor *conductor, const struct sw_item *item);
/* What the engine says of a file of a distribution; false: nobody may say that of it. */
bool integrity_ack(struct conductor *conductor, const struct flight_entry *entry,
                   const struct sw_ack *ack) SW_MUST_CHECK;
/* A message DIST. NULL, or why it breaks the protocol. */
const char *integrity_message(struct conductor *conductor, struct sw_view body);
/* Everything has been looked at, or the sweep was ended: writes what does not fit. */
void integrity_end(struct conductor *conductor);
void integrity_done(struct conductor *conductor);

/* --- image_wait.c ------------------------------------------------------------ */

/* Whether the item may be a part of an image by itself. */
bool images_own(const struct sw_item *item);
/* It is there, and will not be read. */
void images_unread(struct conductor *conductor, const struct sw_item *item);
/* A message IMAGE. NULL, or why it breaks the protocol. */
const char *images_message(struct conductor *conductor, struct sw_view body);
/* An engine died: what it had told in part will be told again. */
void images_restart(struct conductor *conductor);
/* True: the record will be settled later, as it was kept here. */
bool images_hold(struct conductor *conductor, struct flight_entry *entry,
                 const json_t *record) SW_MUST_CHECK;
/* Nothing more will be said of an item: what waited for it goes on. */
void images_item_end(struct conductor *conductor, struct flight_entry *entry, bool judged);
/* Everything has been looked at, or the sweep was ended. */
void images_end(struct conductor *conductor);
void images_done(struct conductor *conductor);

/* --- store_wait.c ------------------------------------------------------------ */

/* Whether the item may say by itself whose a directory is. */
bool stores_own(const struct sw_item *item);
/* A message IMAGE of part STORE. NULL, or why it breaks the protocol. */
const char *stores_message(struct conductor *conductor, const struct sw_item *item,
                           const struct sw_image_message *message);
/* What was said of stores in the item does not hold: it is looked at again. */
void stores_again(struct conductor *conductor, const struct sw_item *item);
/* Nothing more will be said of an item. */
void stores_item_end(struct conductor *conductor, const struct sw_item *item);
/* True: the finding is written later, as it was kept here. */
bool stores_hold(struct conductor *conductor, json_t *record) SW_MUST_CHECK;
/* Writes those that waited. */
void stores_end(struct conductor *conductor);
void stores_done(struct conductor *conductor);
/* --- layer_keep.c -------------------------------------------------------------- */

/* Before the engine starts, which is told what it need not read. */
enum sw_status layers_open(struct conductor *conductor, const struct sw_rulepack *pack,
                           struct sw_error *error) SW_MUST_CHECK;
/* A record as the engine sent it, and a part of an image: noted, if its layer may be kept. */
void layers_note_record(struct conductor *conductor, struct flight_entry *entry,
                        struct sw_view text, const json_t *record);
void layers_note_part(struct conductor *conductor, struct flight_entry *entry,
                      const struct sw_image_message *message, struct sw_view body);
/* An engine died: of nothing that was out anything is kept. */
void layers_restart(struct conductor *conductor);
/* The item is done: keeps what was read as a whole. */
void layers_item_end(struct conductor *conductor, struct flight_entry *entry, bool judged);
void layers_done(struct conductor *conductor);

/* --- layer_replay.c ------------------------------------------------------------ */

/* True: the message says that a layer was not read, and *why if that cannot be; what it holds
 * has been told. */
bool layers_replay(struct conductor *conductor, struct flight_entry *entry,
                   const struct sw_image_message *message, const char **why) SW_MUST_CHECK;

/* --- bases_read.c ------------------------------------------------------------ */

/* Something of what --base names: only its documents are asked for. Takes what it keeps. */
void bases_item(struct conductor *conductor, struct sw_item *item);
/* What one of them says. NULL, or why it breaks the protocol. */
const char *bases_message(struct conductor *conductor, const struct flight_entry *entry,
                          const struct sw_image_message *message);
/* A record of one of them: what is found in it is not told, what cannot be read is. Takes the
 * reference. */
void bases_record(struct conductor *conductor, json_t *record);
/* All has been looked at: each must have named an image. */
enum sw_status bases_check(const struct conductor *conductor, struct sw_error *error) SW_MUST_CHECK;

/* --- sweep.c ------------------------------------------------------------------- */

int64_t clock_ms(void); /* CLOCK_MONOTONIC */

#endif
