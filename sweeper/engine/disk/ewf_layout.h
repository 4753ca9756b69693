/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ewf_layout.h - what the sections of an EWF file (E01, S01) say about the whole: read
 * before libewf is, because libewf allocates and counts what they say, and does not tell
 * what is missing.
 *
 * Joachim Metz, "Expert Witness Compression Format specification" (libewf's
 * documentation): a header of 13 bytes, then sections, each with a descriptor of 76
 * bytes: type, offset of the next, size, Adler-32. All numbers are little-endian.
 *
 * Threads:  any; no state.
 * Trusts:   nothing. Offsets must grow, so that the walk ends.
 */
#ifndef SWEEPER_ENGINE_DISK_EWF_LAYOUT_H
#define SWEEPER_ENGINE_DISK_EWF_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "sweeper/blob.h"
#include "sweeper/buf.h"
#include "sweeper/status.h"

enum {
    SW_EWF_SECTION_SIZE = 76,
    SW_EWF_HEADER_SIZE = 13,
    SW_EWF_CHUNK_MAX = 64 * 1024 * 1024, /* bytes; the tools write 32 KiB, at most 16 MiB */
};

struct sw_ewf_layout {
    bool volume;           /* the section that has the numbers below was seen */
    uint64_t chunk_count;  /* as it says */
    uint32_t chunk_size;   /* bytes */
    uint64_t media_size;   /* bytes */
    uint64_t chunks_there; /* in tables of all segments so far */
    bool goes_on;          /* the last segment ends by naming another one */
    bool ended;            /* or by saying that it was the last */
};

/* The number of the segment, from 1 on, when its header and its first section are right;
 * 0: it is none. */
uint32_t sw_ewf_segment_number(struct sw_view head);
/* Adds what the sections of the next segment say. SW_PART with gap damaged or truncated:
 * it breaks off, and what came before counts. SW_DEAD: what it says cannot be. */
enum sw_status sw_ewf_walk(struct sw_ewf_layout *layout, struct sw_blob *segment,
                           struct sw_error *error) SW_MUST_CHECK;

#endif
