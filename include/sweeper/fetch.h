/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.h - the process that talks to others: a container engine's socket, a
 * registry. And what it and the supervisor say to each other.
 *
 * The same executable, started by the supervisor under the name SW_FETCH_NAME with its
 * socket as descriptor SW_WIRE_FD; one for each target that is fetched. It reads the
 * user's credentials for that one registry, loads libcurl (nobody else does), closes a
 * door of its own (docs/targets.md says what is behind it), and only then opens a connection.
 * Files it has none: it asks for one, and the supervisor answers with an unlinked file
 * that it keeps a descriptor of. So the fetcher hands over nothing but small messages:
 *
 *   ORDER  supervisor -> fetcher, once, first: struct sw_fetch_order
 *   ROOT   fetcher: the target is there; what is known of it
 *   FAIL   fetcher, instead of ROOT: a sentence; nothing follows
 *   GO     supervisor, once: begin; `number` is the bytes that may be spooled
 *   WANT   fetcher: a file, please
 *   SPOOL  supervisor: here (one descriptor)
 *   DONE   fetcher: the file is whole; `name` says what it is, `number` its size
 *   GAP    fetcher: `name` could not be had, or not all of it
 *   END    fetcher: nothing follows
 *
 * All are bodies of SW_MESSAGE_FETCH (wire.h).
 *
 * Runs in:  sw_fetch_main(): the fetcher. The rest: both.
 * Threads:  any; no state.
 * Owns:     views of a decoded message borrow from the body.
 * Trusts:   the supervisor trusts no message: sizes, counts, reasons and names are
 *           checked when they are decoded; which message may come when is checked by
 *           who receives it.
 * Fails:    decoding: SW_DEAD.
 */
#ifndef SWEEPER_FETCH_H
#define SWEEPER_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/gap.h"
#include "sweeper/target.h"

#define SW_FETCH_NAME "sweeper-fetch"

/* The fetcher's main. Whatever went wrong has been said in a message. */
int sw_fetch_main(void);

enum {
    SW_FETCH_MESSAGES_MAX = 65536, /* of one fetcher; more are nonsense */
    SW_FETCH_ROWS_MAX = 64,        /* names of one image */
    SW_FETCH_TEXT_MAX = 1024,      /* bytes of a sentence, a name, an identifier */
    SW_FETCH_MESSAGE_MAX = 96 << 10,
    SW_FETCH_PLATFORMS_MAX = 64 << 10, /* bytes of all that are asked for */
};

struct sw_fetch_order {
    enum sw_target_kind kind;
    bool insecure;           /* --insecure-registry */
    bool credential_helpers; /* --credential-helpers */
    bool require_sandbox;
    bool documents; /* only what an image's documents say: no layers, nothing that refers to it */
    uint32_t timeout_s; /* how long nothing may come */
    uint64_t spool_max; /* bytes, before GO says it again */
    uint64_t file_size_max;
    struct sw_view target;    /* what follows "docker:" or "registry:" */
    struct sw_view platforms; /* of a registry's image only these: OS/ARCH[/VARIANT], with
                               * commas between them; empty: all */
};
enum sw_status sw_fetch_order_encode(const struct sw_fetch_order *order,
                                     struct sw_buf *body) SW_MUST_CHECK;
enum sw_status sw_fetch_order_decode(struct sw_view body,
                                     struct sw_fetch_order *order) SW_MUST_CHECK;

enum sw_fetch_kind {
    SW_FETCH_ORDER = 1,
    SW_FETCH_ROOT,
    SW_FETCH_FAIL,
    SW_FETCH_GO,
    SW_FETCH_WANT,
    SW_FETCH_SPOOL,
    SW_FETCH_DONE,
    SW_FETCH_GAP,
    SW_FETCH_END,
    SW_FETCH_KIND_COUNT
};

/* Every message but ORDER. What a kind does not use is empty, and checked to be. */
struct sw_fetch_message {
    enum sw_fetch_kind kind;
    uint64_t number;    /* GO, DONE: bytes */
    enum sw_gap reason; /* GAP */
    /* ROOT of a registry: the digest. DONE, GAP: "blobs/ALGORITHM/HEX", or empty for the
     * target itself. */
    struct sw_view name;
    struct sw_view text; /* ROOT: the image's identifier; FAIL, GAP: a sentence */
    /* ROOT: names of the image, "app:1" and "app@sha256:..." */
    struct sw_view rows[SW_FETCH_ROWS_MAX];
    uint32_t row_count;
};
enum sw_status sw_fetch_message_encode(const struct sw_fetch_message *message,
                                       struct sw_buf *body) SW_MUST_CHECK;
enum sw_status sw_fetch_message_decode(struct sw_view body,
                                       struct sw_fetch_message *message) SW_MUST_CHECK;

#endif
