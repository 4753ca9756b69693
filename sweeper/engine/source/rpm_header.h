/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpm_header.h - the header of an rpm (RPM file format, version 3 and 4): what it
 * says of the package, and the scripts that rpm runs, as members.
 *
 * Each script is one member, named as in a spec file: "%post", "%trigger-0". In
 * front of them "%header" has the name, the version, the interpreters and a few
 * words more as lines of text, for whoever asks which package it is.
 *
 * Runs in:  engine workers.
 * Threads:  one header, one thread.
 * Owns:     its bytes, until sw_rpm_header_done(). A member borrows from it until the
 *           next call.
 * Trusts:   nothing: offsets and counts are checked against the bytes there, and no
 *           more than SW_RPM_SCRIPTS_MAX members are made, of no more bytes than the
 *           header has.
 * Fails:    SW_SKIP with gap limit_memory, limit_members or damaged: the rest of the rpm is
 *           not touched by it. A header that is cut off or damaged is SW_DEAD.
 */
#ifndef SWEEPER_ENGINE_SOURCE_RPM_HEADER_H
#define SWEEPER_ENGINE_SOURCE_RPM_HEADER_H

#include "engine/source/input.h"

#define SW_RPM_HEADER_MAX ((size_t)16 << 20) /* bytes that are kept */
enum { SW_RPM_SCRIPTS_MAX = 4096 };

struct sw_rpm_header {
    uint8_t *bytes; /* index and store; NULL: nothing is to be had */
    uint32_t entries;
    struct sw_view store;
    uint64_t left_out; /* bytes of a header that is too large */
    bool described;    /* "%header" was given out */
    uint32_t at;       /* entry at hand */
    uint32_t string;   /* of it */
    size_t offset;     /* of that in the store */
    uint32_t given;
    size_t given_bytes;
    char name[40];
    struct sw_buf text;
};

void sw_rpm_header_init(struct sw_rpm_header *header);
void sw_rpm_header_done(struct sw_rpm_header *header);

/* The header that begins in the flow; `limit`: bytes of memory for it; 0: it is
 * only passed over. `padded`: to eight bytes, as the one with signatures is. */
enum sw_status sw_rpm_header_read(struct sw_rpm_header *header, struct sw_flow *flow, bool padded,
                                  uint64_t limit, struct sw_error *error) SW_MUST_CHECK;
/* SW_OK and a member; SW_END; SW_SKIP: some are left out, once. */
enum sw_status sw_rpm_header_next(struct sw_rpm_header *header, struct sw_view *name,
                                  struct sw_view *content, struct sw_error *error) SW_MUST_CHECK;

#endif
