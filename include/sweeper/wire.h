/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h - what travels between supervisor and engine: framed messages over
 * one SOCK_SEQPACKET socket, descriptors beside them (SCM_RIGHTS, unix(7)).
 *
 * A message is cut into datagrams of at most SW_WIRE_CHUNK_MAX bytes of body,
 * each with a header (little-endian): u16 type, u16 sender, u32 size of the
 * whole body, u32 offset of this chunk. Chunks of one sender arrive in order;
 * chunks of different senders may interleave. Descriptors ride on the first
 * chunks, SW_WIRE_FDS_MAX on each but the last that has any.
 *
 *   CONFIG  supervisor -> engine, once, first: struct sw_engine_config, with
 *           three descriptors: rule pack, pattern database, slots
 *   BATCH   supervisor -> engine: items to look at, a descriptor each, and those of
 *           the parts that go with it
 *   READY   engine -> supervisor, once: u32 flags (SW_READY_*), then JSON, the
 *           engine's account of itself
 *   FATAL   engine -> supervisor instead of READY: u32 exit code, then text
 *   RECORD  engine -> supervisor: u64 item, u32 sequence, then JSON
 *   ACKS    engine -> supervisor: u32 count, then struct sw_ack each
 *   DIST    engine -> supervisor: struct sw_dist_message, then its rows: what is in the
 *           RECORD of a Python distribution. Goes before the item's acknowledgement.
 *   IMAGE   engine -> supervisor: a part of a container image, or what may be one, as
 *           image.h says. Goes before the item's acknowledgement.
 *   FETCH   supervisor <-> fetcher, on a socket of their own (fetch.h)
 *
 * Runs in:  both processes.
 * Threads:  a struct sw_wire_in or sw_wire_out belongs to one thread at a time.
 *           Several threads may send on one socket, each with its own sender
 *           number.
 * Owns:     received descriptors belong to the message until taken.
 * Trusts:   the supervisor trusts no byte of what the engine sends: wrong
 *           framing is SW_DEAD, and the engine is then ended.
 */
#ifndef SWEEPER_WIRE_H
#define SWEEPER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/dist_record.h"
#include "sweeper/facts.h"
#include "sweeper/key.h"
#include "sweeper/limits.h"
#include "sweeper/part_name.h"
#include "sweeper/part_set.h"
#include "sweeper/status.h"

enum {
    SW_WIRE_FD = 3,                      /* the engine's end of the socket */
    SW_WIRE_CHUNK_MAX = 32 * 1024,       /* bytes of body in one datagram */
    SW_WIRE_FDS_MAX = 64,                /* descriptors of one datagram (SCM_MAX_FD is 253) */
    SW_BATCH_FDS_MAX = SW_PARTS_MAX + 1, /* descriptors of one message: an item and its parts */
    SW_WIRE_SENDERS_MAX = SW_THREADS_MAX + 1,
};

enum sw_message_type {
    SW_MESSAGE_CONFIG = 1,
    SW_MESSAGE_BATCH,
    SW_MESSAGE_READY,
    SW_MESSAGE_FATAL,
    SW_MESSAGE_RECORD,
    SW_MESSAGE_ACKS,
    SW_MESSAGE_DIST,
    SW_MESSAGE_IMAGE,
    SW_MESSAGE_FETCH,
};

enum {                               /* flags of READY */
       SW_READY_RULES_USE_NAMES = 1, /* results depend on path, owner or mode */
       SW_READY_RULES_USE_OWNER = 2,
};

struct sw_message {
    enum sw_message_type type;
    unsigned sender;
    struct sw_buf body;
    int fds[SW_BATCH_FDS_MAX]; /* -1 once taken */
    size_t fd_count;
};
void sw_message_init(struct sw_message *message);
/* Frees the body and closes descriptors that nobody took. */
void sw_message_done(struct sw_message *message);

/* Puts messages together again. */
struct sw_wire_in {
    int fd;
    struct sw_message *partial[SW_WIRE_SENDERS_MAX];
    uint32_t whole_size[SW_WIRE_SENDERS_MAX]; /* bytes that a partial body is to have */
    uint8_t *chunk;                           /* receive buffer */
};
enum sw_status sw_wire_in_init(struct sw_wire_in *in, int fd, struct sw_error *error) SW_MUST_CHECK;
void sw_wire_in_done(struct sw_wire_in *in);
/* SW_OK: *message is whole (initialised by the caller, its old content is
 * released). SW_PART: nothing more for now (only when `wait` is false).
 * SW_END: the peer has closed (an empty datagram without descriptors looks the
 * same). SW_DEAD: bad framing. SW_STOP: no memory. */
enum sw_status sw_wire_receive(struct sw_wire_in *in, bool wait, struct sw_message *message,
                               struct sw_error *error) SW_MUST_CHECK;

/* One message on its way out; borrows body and descriptors. */
struct sw_wire_out {
    enum sw_message_type type;
    unsigned sender;
    struct sw_view body;
    const int *fds;
    size_t fd_count;
    size_t sent; /* bytes of body that are gone */
    size_t fds_sent;
    bool started; /* the first chunk is gone */
};
/* Sends what the socket takes. SW_OK: all is gone. SW_PART: it would block
 * (only when `wait` is false). SW_END: the peer has closed. SW_STOP: else. */
enum sw_status sw_wire_send(struct sw_wire_out *out, int fd, bool wait,
                            struct sw_error *error) SW_MUST_CHECK;

/* --- bodies ----------------------------------------------------------- */

struct sw_engine_config {
    struct sw_limits limits;
    uint32_t thread_count;
    bool prefilter;
    bool types;        /* name the type of every object in its ack */
    bool hash_all;     /* compare every object with every hash */
    bool decode;       /* look into base64 and the like */
    bool archives;     /* and into archives */
    bool integrity;    /* compare installed distributions with their RECORDs */
    bool unallocated;  /* search what nobody has of a disk */
    bool slack;        /* and what lies behind the ends of its files */
    bool verify_image; /* of disk images compute digests, and compare them */
    bool require_sandbox;
    bool patterns_ready; /* the pattern database is already in its memfd */
    /* --password, each followed by a NUL that is not counted; borrowed. */
    struct sw_view passwords[SW_PASSWORDS_MAX];
    size_t password_count;
    struct sw_key keys[SW_KEYS_MAX]; /* --key; borrowed */
    size_t key_count;
    bool keep_layers; /* say of layers what they are kept under */
    /* Keys of layers that need not be read, 64 digits each, in order, at most SW_LAYER_KEYS_MAX
     * (engine/image/layer_key.h). Borrowed. */
    struct sw_view layers;
};
enum sw_status sw_config_encode(const struct sw_engine_config *config,
                                struct sw_buf *body) SW_MUST_CHECK;
enum sw_status sw_config_decode(struct sw_view body, struct sw_engine_config *config) SW_MUST_CHECK;

/* A step inside an item on which an engine died or stayed too long: to be left
 * out this time. */
struct sw_skip {
    uint64_t step;         /* never 0 */
    enum sw_gap reason;    /* crash or timeout */
    uint32_t records_seen; /* of the item, when that happened */
};

/* What the supervisor wants to know of a file's content, beside what is found in it:
 * a fact of the system or of the cache that it belongs to. */
enum sw_context {
    SW_CONTEXT_NONE,     /* nearly always */
    SW_CONTEXT_TIMEZONE, /* the one word that the file is */
    SW_CONTEXT_LANG,     /* the value of LANG in a file of variables */
    SW_CONTEXT_NPM, /* of an index file of npm's cache: NAME@VERSION/DIGEST, the beginning of it */
    SW_CONTEXT_COUNT
};
enum { SW_CONTEXT_TEXT_MAX = 127 }; /* bytes of an answer */
/* Letters, digits and + - . / @ _, at least one. */
bool sw_context_text_ok(struct sw_view text);

/* One item of a batch, as the engine sees it. Texts borrow from the message. */
struct sw_batch_entry {
    uint64_t item; /* never 0 */
    enum sw_context context;
    struct sw_facts facts;
    struct sw_view path;  /* exact bytes, followed by a NUL that is not counted */
    struct sw_view owner; /* likewise */
    bool alone;           /* one worker looks at it, by itself: an engine died on it */
    bool documents;       /* only what the documents of images in it say is wanted */
    struct sw_skip skips[SW_SKIPS_MAX];
    size_t skip_count;
    /* The parts of a set that go with it, as sw_batch_part_encode() wrote them. */
    enum sw_set_role role;
    uint32_t part_count;
    struct sw_view parts;
    size_t fd_count; /* decoded: its own descriptor and those of the parts */
};
struct sw_batch_part {
    enum sw_part_state state;
    uint64_t size; /* these three: SW_PART_THERE only, else 0 */
    int64_t mtime_ns;
    int64_t ctime_ns;
    struct sw_view name; /* the last component of a path */
};
/* A batch is a u32 count, then the entries. */
enum sw_status sw_batch_entry_encode(const struct sw_batch_entry *entry,
                                     struct sw_buf *body) SW_MUST_CHECK;
enum sw_status sw_batch_entry_decode(struct sw_cursor *cursor,
                                     struct sw_batch_entry *entry) SW_MUST_CHECK;

enum sw_status sw_batch_part_encode(const struct sw_batch_part *part,
                                    struct sw_buf *body) SW_MUST_CHECK;
enum sw_status sw_batch_part_decode(struct sw_cursor *cursor,
                                    struct sw_batch_part *part) SW_MUST_CHECK;

struct sw_ack {
    uint64_t item;
    bool judged;           /* false: nothing of it could be judged (a gap says why) */
    uint32_t record_count; /* records sent for it */
    uint64_t bytes;        /* content bytes looked at */
    uint64_t members;      /* judged, of the containers in it */
    uint64_t member_bytes; /* content bytes of these */
    uint64_t full_bytes;   /* bytes that reached libyara's string search */
    bool full;
    bool runs;              /* a .pth with code in it */
    struct sw_view sha256;  /* in lower-case hexadecimal, of a file of a distribution; else empty */
    struct sw_view type;    /* MIME type with --types, else empty; borrowed */
    struct sw_view context; /* what the entry asked for; empty: nothing, or nothing plain */
};
enum sw_status sw_ack_encode(const struct sw_ack *ack, struct sw_buf *body) SW_MUST_CHECK;
enum sw_status sw_ack_decode(struct sw_cursor *cursor, struct sw_ack *ack) SW_MUST_CHECK;

/* Of a RECORD all, in as many messages as it takes; of a .pth beside distributions
 * only what kind of file it is. */
struct sw_dist_message {
    uint64_t item;
    bool cut;            /* the RECORD goes on behind what was read */
    uint64_t bad;        /* rows that are none */
    struct sw_view type; /* as in findings; borrowed */
    struct sw_view mime;
    uint32_t row_count;
};
enum { SW_DIST_TYPE_MAX = 1024 }; /* bytes of each of the two texts */
enum sw_status sw_dist_message_encode(const struct sw_dist_message *message,
                                      struct sw_buf *body) SW_MUST_CHECK;
enum sw_status sw_dist_message_decode(struct sw_cursor *cursor,
                                      struct sw_dist_message *message) SW_MUST_CHECK;
enum sw_status sw_dist_row_encode(const struct sw_dist_row *row, struct sw_buf *body) SW_MUST_CHECK;
enum sw_status sw_dist_row_decode(struct sw_cursor *cursor, struct sw_dist_row *row) SW_MUST_CHECK;

#endif
