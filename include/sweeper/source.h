/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - what a container format implements, so that its members go round
 * as objects.
 *
 * A format is one file in sweeper/engine/source/, one or more const struct
 * sw_source, and their rows in the table of that folder (table.c). The auction:
 * every source looks at the first and last bytes and bids the number of bits
 * that it has verified; the best bid opens the object. Two good bids are an
 * ambiguity: both readings are taken, and a finding says so, because
 * misidentification is evasion.
 *
 * A source only hands out names and pieces of content. Who holds them, how much
 * of it there may be, and what is done with it is decided in one place,
 * sweeper/engine/unpack/.
 *
 * Runs in:  engine workers, behind the closed sandbox: nothing is opened,
 *           started or allocated without bound.
 * Threads:  one open container, one thread. Several are open at a time, one
 *           inside the other.
 * Owns:     open() hands out state that close() releases; after a failed open()
 *           there is nothing to close. A member's texts borrow from the state
 *           until the next call of next(), a piece until the next call of any.
 * Trusts:   nothing. Names are labels: shown escaped, never opened, never
 *           joined to a path. Sizes that a container declares are not believed.
 * Fails:    on a ladder: SW_PART (go on: this has damage, and what was handed
 *           out is good), SW_SKIP (this member is lost, the next may be good),
 *           SW_DEAD (this container is lost, what came before stands). The
 *           error names the gap; whoever goes on records it, once.
 */
#ifndef SWEEPER_SOURCE_H
#define SWEEPER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/blob.h"
#include "sweeper/budget.h"
#include "sweeper/buf.h"
#include "sweeper/facts.h"
#include "sweeper/key.h"
#include "sweeper/status.h"

/* A file, or a member of the same archive, that may belong to the object. */
struct sw_input_part {
    struct sw_view name;  /* the last component: exact bytes */
    struct sw_blob *blob; /* NULL: it should be there, and cannot be had */
};

/* Where a container's bytes come from: a blob, or the content of a compressed
 * stream as it flows. */
struct sw_input {
    struct sw_blob *blob; /* bytes at any offset; NULL: a stream */
    /* A stream's next bytes, valid until the next call. SW_OK with an empty
     * piece is the end; anything else is what the stream's own source said. */
    enum sw_status (*pull)(void *context, struct sw_view *piece, struct sw_error *error);
    void *context;
    struct sw_view name; /* what the object is called, without its folder; may be empty */
    /* Of a disk image whose bytes lie in several files: all that its name speaks of, the
     * object itself among them where its place in their order matters. Blobs live as long
     * as the object's own. */
    const struct sw_input_part *parts;
    size_t part_count;
    struct sw_blob *around; /* of a volume: the disk that it lies in; else NULL */
};

enum sw_member_kind {
    SW_MEMBER_FILE,      /* has content, be it none */
    SW_MEMBER_DIRECTORY, /* a name */
    SW_MEMBER_LINK,      /* a name, and the name of something else */
    SW_MEMBER_SPECIAL,   /* a device, a socket, a FIFO: a name */
    SW_MEMBER_DISK,      /* a disk, or a part of one: lies in place, and is opened. Its bytes are
                            looked at themselves only when nobody knows what they are */
};

/* Bytes of a volume that lie in one piece. */
struct sw_place_run {
    uint64_t at; /* in the volume */
    uint64_t size;
};

/* Of a member that is no file, but bytes as they lie: where. */
struct sw_raw_place {
    const struct sw_place_run *runs; /* one behind the other they are the member */
    size_t run_count;
    uint64_t told; /* so many bytes at its beginning are those that the member before ended with */
    /* Whose a byte of the volume was before nobody had it: exact bytes of a path, empty when
     * that cannot be told. Borrowed until the next call. NULL: it never can. */
    struct sw_view (*former)(void *context, uint64_t at);
    void *context;
};

/* What a disk image says of itself, beside its disk. */
enum { SW_DISK_FACTS_MAX = 16, SW_DISK_FACT_MAX = 500 };
struct sw_disk_fact {
    const char *name; /* static: "case_number" */
    char text[SW_DISK_FACT_MAX + 1];
};
struct sw_disk_image {
    struct sw_disk_fact facts[SW_DISK_FACTS_MAX]; /* when and by whom it was acquired */
    size_t fact_count;
    char md5[33]; /* of the disk, as stored then, in lower-case hexadecimal; "": not stored */
    char sha1[41];
    bool incomplete; /* not all of the disk is there: its digests fit nothing */
};

/* One thing inside a container. */
struct sw_member {
    enum sw_member_kind kind;
    struct sw_view name;   /* exact bytes, as the container has them; may be empty */
    struct sw_view target; /* of a link */
    /* What the container says; 0 and SW_TIME_UNKNOWN for the rest. Of atime, ctime and btime 0 is
     * unknown too. `origin` only where two entries of one kind keep their times differently. */
    struct sw_facts facts;
    /* Content that is there at every offset and need not be brought. The source's, until the
     * next call of next(), which closes its view. NULL: read() brings it. Where the source is
     * no disk read() brings the same. */
    struct sw_blob *in_place;
    const struct sw_disk_image *image; /* of the disk in an image; NULL: of no such */
    const char *recovery; /* of a deleted one, static: how much of its content is still its own:
                             "full", "partial" or "overwritten"; NULL: nobody can tell */
    /* Bytes as they lie; the source's, until the next call of next(). NULL: a file. They are
     * no container, and how many they are says nothing. */
    const struct sw_raw_place *raw;
    uint64_t place;  /* of a volume that is placed */
    bool placed;     /* a volume that lies in one piece in what it was found in, from `place` on */
    bool gap;        /* space between volumes: what nobody knows in it is no surprise */
    bool hard;       /* the link is another name of its target */
    bool size_known; /* facts.size is what the container declares */
    bool encrypted;  /* its content cannot be had (no password fits) */
    bool deleted;    /* a file system has given it up, and still knows where it was */
};

/* A piece of a member's content. What lies between two pieces is zeros. */
struct sw_piece {
    const uint8_t *data;
    size_t size;
    uint64_t offset; /* in the member; never smaller than the end of the last piece */
};

/* What an object shows at the auction. */
struct sw_probe {
    struct sw_view head; /* the first bytes: all, or SW_PROBE_HEAD_MAX of them */
    struct sw_view tail; /* the last bytes: all, or SW_PROBE_TAIL_MAX; empty for a stream */
    uint64_t size;       /* of the object; UINT64_MAX for a stream */
};
#define SW_PROBE_HEAD_MAX ((size_t)1 << 20)
#define SW_PROBE_TAIL_MAX ((size_t)65536 + 22) /* a zip's end record with the longest comment */

/* What every source is given. */
struct sw_source_setup {
    const char *const *passwords; /* tried in this order */
    size_t password_count;
    uint64_t window_max; /* bytes a decoder may take for its window; more is gap limit_memory */
    const struct sw_key *keys; /* of encrypted volumes, tried in this order */
    size_t key_count;
    struct sw_memory_budget *budget; /* for what is large for a moment; NULL: no limit */
    uint32_t time_max_s;             /* CPU seconds of one object; 0: no limit */
    uint64_t in_place_min; /* bytes that content must have to be handed out in place; 0: none is,
                              but of disks */
    bool unallocated;      /* hand out what nobody has of a disk, too */
    bool slack;            /* and what lies behind the ends of its files */
};

struct sw_source {
    const char *kind; /* the hop's kind in records: "zip", "tar", "gzip"; at most 16 characters */
    bool sequential;  /* can read a stream */
    bool stream;      /* a compressed stream: one member, its content */
    bool disk;        /* a disk image, a volume or a file system: its members are what there is to
                         look at of it, and its bytes are not searched as an object */
    /* Bits verified, without consuming anything; 0: not mine. A magic number of
     * four bytes is 32; what else is checked (checksums, fields that must be
     * one of a few) adds to it. */
    unsigned (*probe)(const struct sw_probe *probe);
    enum sw_status (*open)(const struct sw_input *input, const struct sw_source_setup *setup,
                           void **state, struct sw_error *error);
    /* SW_OK and a member, SW_END, SW_PART (a member, and a gap for it), or the
     * ladder above. */
    enum sw_status (*next)(void *state, struct sw_member *member, struct sw_error *error);
    /* The next piece of the member's content: SW_OK, SW_END (all was read), or
     * the ladder. Not called for a member that is not a file. A member may be
     * left before its end. */
    enum sw_status (*read)(void *state, struct sw_piece *piece, struct sw_error *error);
    void (*close)(void *state);
};

/* --- table.c --------------------------------------------------------------------- */

enum {
    SW_BIDS_MAX = 4,  /* readings of one object */
    SW_BID_GOOD = 24, /* bits: less is chance, unless nobody else bids */
};
struct sw_bid {
    const struct sw_source *source;
    unsigned bits;
};
/* The bids, best first; at most SW_BIDS_MAX. Only the first may be under
 * SW_BID_GOOD. Sources that cannot read streams do not bid on one. */
size_t sw_source_auction(const struct sw_probe *probe, struct sw_bid bids[static SW_BIDS_MAX]);
/* All sources, for tests and `selftest`; ends with NULL. */
const struct sw_source *const *sw_source_list(void);

#endif
