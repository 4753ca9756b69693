/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest.h - which parts an index or a manifest names: what is fetched next. What the
 * documents mean is not asked here; they are scanned, and the supervisor joins them.
 *
 * OCI image-spec 1.1 (index, manifest, descriptor), Docker's image manifests, version 2,
 * schema 2 ("manifest list") and schema 1 ("fsLayers"). A document that is two of them at
 * once is read as both.
 *
 * Runs in:  fetcher.
 * Threads:  one.
 * Owns:     a list owns its rows until sw_fetch_parts_done().
 * Trusts:   nothing of the text.
 * Fails:    SW_PART with the gap to record: damaged, limit_members. What could be read is
 *           in the list all the same. SW_STOP: no memory.
 */
#ifndef SWEEPER_FETCH_MANIFEST_H
#define SWEEPER_FETCH_MANIFEST_H

#include <stdbool.h>

#include "sweeper/buf.h"
#include "sweeper/target.h"

enum {
    SW_FETCH_PARTS_MAX = 10000, /* of one image */
    SW_FETCH_DEPTH_MAX = 8,     /* indexes inside one another */
    SW_DOCUMENT_MAX = 4 << 20,  /* bytes of one that is followed */
};

struct sw_fetch_part {
    char digest[SW_TARGET_DIGEST_MAX + 1];
    bool document;  /* an index or manifest: names further parts */
    bool foreign;   /* meant to be had elsewhere, or by nobody */
    bool fetched;   /* it is here so that nobody fetches it again */
    bool chosen;    /* a manifest that its index gives a platform, one that is asked for */
    bool passed;    /* a manifest that is not followed: of another platform */
    unsigned depth; /* documents above it */
    uint64_t size;  /* bytes, as the document says; UINT64_MAX: it does not */
};

struct sw_fetch_parts {
    struct sw_fetch_part *rows;
    size_t count;
    size_t capacity;
    uint16_t *slots; /* of a hash table: 1 + the row, 0 for none */
    uint8_t key[16]; /* of the hash: whoever names the parts must not know it */
    /* Only manifests of these join the list, or of none that is known: with commas between
     * them; empty: all. Borrowed. */
    struct sw_view platforms;
    bool documents; /* only manifests and configurations join the list */
};
void sw_fetch_parts_done(struct sw_fetch_parts *parts);
/* Adds one unless it is there already; the same digest is fetched once. */
enum sw_status sw_fetch_parts_add(struct sw_fetch_parts *parts, const struct sw_fetch_part *part,
                                  struct sw_error *error) SW_MUST_CHECK;
bool sw_fetch_parts_have(const struct sw_fetch_parts *parts, const char *digest);
/* A manifest in the list is not followed: its platform is not asked for. */
void sw_fetch_parts_pass(struct sw_fetch_parts *parts, const char *digest);
/* The configuration that a manifest names, into part->digest and size. False: it has none. */
bool sw_manifest_config(struct sw_view text, struct sw_fetch_part *part);
/* Whether the platform of a configuration is one that is asked for. One that cannot be read
 * without doubt may be any. */
bool sw_manifest_config_fits(const struct sw_fetch_parts *parts, struct sw_view text);
/* Adds all parts that the document names, `depth` being its own. */
enum sw_status sw_manifest_parts(struct sw_view text, unsigned depth, struct sw_fetch_parts *parts,
                                 struct sw_error *error) SW_MUST_CHECK;

#endif
