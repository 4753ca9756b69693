/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk.h - what one worker holds while it runs, and the object under its eyes.
 *
 *   worker.c     batches, and a worker's life
 *   examine.c    one object: rules, indicators, what is decoded out of it
 *   packages.c   the packages that a file declares
 *   parcels.c    the package that a container is
 *   parts.c      files and members that are one object
 *   dists.c      files of Python distributions, against their RECORDs
 *   scan_share.c a large object that several workers read
 *   object.c     what is told of an object with a finding: digests, type, place
 *   image/       parts of container images
 *   unpack/      what is inside it
 *   reporter.c   the records
 *
 * Threads:  one desk, one thread.
 */
#ifndef SWEEPER_ENGINE_DESK_H
#define SWEEPER_ENGINE_DESK_H

#include "engine.h"
#include "engine/image/image.h"
#include "engine/package/parcel.h"
#include "engine/source/decoded.h"
#include "engine/unpack/unpack.h"
#include "reporter.h"
#include "scan_share.h"
#include "sweeper/digest.h"
#include "sweeper/place.h"
#include "sweeper/scan.h"
#include "sweeper/source.h"

/* How an object was taken out of the one around it. */
struct hop {
    const char *kind;               /* static: "decoded", or the container's format */
    struct sw_view name;            /* of a member: exact bytes */
    const struct sw_facts *facts;   /* of a member: as the container has them */
    const char *encoding;           /* of a layer, static; NULL: it is a member */
    uint64_t offset;                /* of what was decoded, in the object around it */
    uint64_t length;                /* of that */
    bool stream;                    /* it is what a compressed stream holds */
    bool disk;                      /* out of a disk, a volume or a file system */
    bool deleted;                   /* see struct sw_member */
    const char *recovery;           /* likewise */
    const struct sw_raw_place *raw; /* likewise */
    bool placed;                    /* likewise */
    uint64_t place;                 /* likewise */
    bool gap;                       /* likewise */
};

enum {
    SW_TOLD_MAX = 64, /* indicators of one object */
    DIGEST_CHUNK = 256 * 1024,
    TYPE_MAX = 1024, /* bytes kept of libmagic's description */
};

/* One finding of a package: of the same indicator each version is another one. */
struct told_package {
    const struct sw_indicator *row;
    size_t version_size;
    uint8_t version[SW_PACKAGE_TEXT_MAX];
};

struct desk {
    struct engine *engine;
    struct sw_slot *slot;
    struct sw_ident *ident;
    struct sw_scanner *scanner;
    struct scan_share scan_share;                  /* its objects, with other workers */
    struct sw_digest *digests[SW_DIGEST_COUNT];    /* SHA-256 always, others where there are any */
    struct sw_finder *finders[SW_LAYER_DEPTH_MAX]; /* one for each depth */
    uint8_t *layer_chunks[SW_LAYER_DEPTH_MAX];     /* DIGEST_CHUNK bytes each */
    unsigned layers;                               /* of the file or member at hand, so far */
    struct unpack *unpack;
    struct parts *parts;         /* that came with the file at hand; NULL: none */
    bool alone;                  /* nothing of the file at hand is passed on */
    bool documents;              /* of it only documents of images are wanted */
    const struct sw_skip *skips; /* steps of the file at hand to be left out */
    size_t skip_count;
    uint64_t members; /* of the file at hand: judged, so far */
    uint64_t member_bytes;
    char answer[SW_CONTEXT_TEXT_MAX + 1];
    uint8_t *chunk;                /* DIGEST_CHUNK bytes */
    size_t dist_bytes;             /* that the comparisons of open containers take */
    uint8_t *head;                 /* SW_PLACE_HEAD_MAX bytes, made when first needed */
    uint8_t *tail;                 /* SW_PROBE_TAIL_MAX bytes, likewise */
    struct told_package *packages; /* those that were reported of the file at hand */
    size_t package_count;
    size_t package_capacity;
    bool packages_limited; /* the limit was reported */
    struct reporter reporter;
};

struct object {
    struct desk *desk;
    struct object *parent; /* what it was taken out of; NULL: a file */
    struct hop hop;        /* how, when there is a parent */
    struct sw_blob *blob;
    struct sw_blob *whole;           /* what is opened instead: it leads a set of parts; or NULL */
    uint32_t part_count;             /* of that set; 0: it leads none */
    const struct sw_input_part *set; /* of a disk image: files that belong to it, or may */
    size_t set_count;
    const char *next_part; /* where it goes on, when it ends too early; NULL: nowhere */
    struct sw_label label;
    struct sw_view scan_head; /* what the scan read first; good until the next scan */
    uint64_t size;            /* bytes that there really were; set by object_describe() */
    bool found;               /* something was */
    const struct sw_indicator *told[SW_TOLD_MAX]; /* indicators that were reported of it */
    size_t told_count;
    struct sw_bid bids[SW_BIDS_MAX]; /* containers that it may be */
    size_t bid_count;
    struct sw_parcel parcel;   /* the package that it is, as far as is known */
    struct raw_hits *raw_hits; /* of bytes as they lie; NULL: a file */
    struct image *image;       /* what is known of it as a part of a container image; or NULL */
    bool is_fact;              /* it says which package its container is */
    bool described;
    bool wheel;      /* a zip that lists a RECORD at its top */
    bool runs;       /* a .pth with code in it */
    bool incomplete; /* of its content something could not be had */
    bool own;        /* a copy of a rule file in use: nothing is reported of it */
    bool disk;       /* a disk, or a part of one: what is in it is looked at, not its bytes */
    bool plain;      /* a part of one that is looked at as it lies, and not opened as one again */
    bool covered;    /* and something has opened it that hands out all there is */
    char hex[SW_DIGEST_COUNT][SW_DIGEST_HEX_MAX]; /* "": not computed */
    char type[TYPE_MAX];
    const char *mime; /* borrowed from the ident; NULL: not asked yet */
};

/* --- object.c ------------------------------------------------------------------ */

/* Computes the digests of the set (SHA-256 is always among them), once. */
enum sw_status object_hash(struct object *object, unsigned set,
                           struct sw_error *error) SW_MUST_CHECK;
/* Digest and type, once. */
enum sw_status object_describe(struct object *object, struct sw_error *error) SW_MUST_CHECK;
/* The MIME type, and libmagic's description. */
void object_name_type(struct object *object);
/* How much a finding says, where this object lies. */
struct sw_place_verdict object_judge(struct object *object, enum sw_severity severity,
                                     enum sw_evidence evidence, const struct sw_place_span *matches,
                                     size_t count);

/* Which containers it may be. */
void object_probe(struct object *object);

/* The bytes that are opened as a container. */
static inline struct sw_blob *object_content(const struct object *object)
{
    return object->whole != NULL ? object->whole : object->blob;
}

/* Decoded out of a text, which lends it its name and place. */
static inline bool object_is_layer(const struct object *object)
{
    return object->hop.encoding != NULL;
}

/* The hops below the file, outermost first; a new reference, NULL for a file
 * itself and without memory. */
json_t *object_chain(const struct object *object);

/* --- parcels.c ------------------------------------------------------------------ */

/* A container is opened as `kind`: what do its name and its list of names say? */
void parcel_open(struct object *container, const char *kind);
/* A member, before it is looked at: does it say which package it belongs to? */
void parcel_examine(struct object *member);
/* Whether it may say, by its name: then what comes behind it waits for it. */
bool parcel_is_fact(const struct object *member);
/* What rules may ask of where it lies. */
void parcel_label(struct object *member);

/* --- examine.c ------------------------------------------------------------------ */

/* One object and the layers inside it. `effort` is that of the object itself.
 * SW_OK, SW_PART and SW_SKIP as sw_scanner_scan() has them; SW_STOP when nobody
 * listens any more. */
enum sw_status examine(struct object *object, struct sw_scan_effort *effort,
                       struct sw_error *error) SW_MUST_CHECK;
/* Something about an object itself that is not as it should be. */
struct integrity {
    const char *name;      /* of the rule in the record */
    const char *title;     /* what it means, in general */
    const char *detail;    /* and here */
    struct sw_view member; /* which it is about; empty: the whole */
    enum sw_severity severity;
};
enum sw_status examine_integrity(struct object *object, const struct integrity *what) SW_MUST_CHECK;

/* A member whose content is at hand, and the layers inside it. SW_OK, or SW_STOP
 * when nobody listens: all else has become gaps. */
enum sw_status examine_member(struct object *member) SW_MUST_CHECK;
/* A member that is only a name, or whose content cannot be had. */
enum sw_status examine_name(struct object *member) SW_MUST_CHECK;
/* A gap of an object. The supervisor's end, or a lack of memory for one line, is
 * the end of the process. */
void examine_gap(void *object, const struct sw_error *error, const YR_RULE *rule);
/* An indicator that fits a struct object; what has been reported is not again. */
enum sw_status examine_indicator(void *object, const struct sw_indicator_hit *hit) SW_MUST_CHECK;

/* --- packages.c ----------------------------------------------------------------- */

/* Nothing has been reported of the file that comes now. */
void packages_begin(struct desk *desk);
void packages_done(struct desk *desk);
/* Notes the package of a hit, and says whether it had been noted. Beyond the limit
 * a gap is reported, and the answer is yes. */
bool packages_told(struct object *object, const struct sw_indicator_hit *hit);
/* Matches what the object, a file, declares. SW_STOP when nobody listens any more. */
enum sw_status packages_examine(struct object *object) SW_MUST_CHECK;

/* What the configuration of an image declares: the steps that built it. */
enum sw_status packages_config(struct object *object, struct sw_view content) SW_MUST_CHECK;

/* All of the content, or the beginning of too much (`*cut`): as much as there is room
 * for. A size that nobody knows (procfs) shows by reading. */
enum sw_status packages_content(struct sw_blob *blob, struct sw_buf *content, bool *cut,
                                struct sw_error *error) SW_MUST_CHECK;

/* --- dists.c -------------------------------------------------------------------- */

/* A file of a distribution that is compared: --integrity, or the name is that of a
 * known bad package. */
bool dists_want(const struct desk *desk, struct sw_view path);
/* Digest, and what else the supervisor needs for the comparison; a RECORD goes out
 * row by row. What cannot be had is not compared. SW_STOP when nobody listens. */
enum sw_status dists_file(struct object *file) SW_MUST_CHECK;

/* The same of the members of one container. */
struct dists;
/* NULL when nothing in it is to be compared. */
struct dists *dists_open(struct object *container, const struct sw_source *source, size_t reading);
void dists_close(struct dists *dists);
/* The content of `member` begins to come, in pieces, and has come, all of it or not. */
void dists_begin(struct dists *dists, const struct object *member);
void dists_piece(struct dists *dists, const struct sw_piece *piece);
void dists_finish(struct dists *dists, struct object *member, bool all);
/* A member that is there; after it has been looked at, when it has content. */
void dists_member(struct dists *dists, struct object *member);
/* No more members; all of them were seen when `whole`. Tells what does not fit. */
enum sw_status dists_end(struct dists *dists, bool whole) SW_MUST_CHECK;

static inline void desk_enter(const struct desk *desk, enum sw_phase phase)
{
    atomic_store_explicit(&desk->slot->phase, phase, memory_order_relaxed);
}

/* --- working for others, waiting for others (worker.c) --------------------------------- */

/* The worker is at an item of another one's. */
void desk_lend(const struct desk *desk, uint64_t item);
/* It is at nothing, or waits: the watch does not count that time. */
void desk_rest(const struct desk *desk);
/* It is at its own item again. */
void desk_resume(const struct desk *desk);
/* Rests until the task is done. */
void desk_await(const struct desk *desk, const struct task *task);

#endif
