/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qcow2_map.h - one qcow2 file: its header, and where each piece of its disk lies.
 *
 * QEMU, docs/interop/qcow2.txt; all numbers are big-endian. Versions 2 and 3, clusters
 * compressed by deflate or zstd, extended L2 entries.
 *
 * Threads:  one map, one thread.
 * Owns:     its tables; borrows the blobs.
 * Trusts:   nothing. The L1 table is bounded by the file's size and SW_QCOW2_L1_MAX; of L2
 *           tables slices are held, of compressed clusters one.
 * Fails:    SW_DEAD when it cannot be opened at all, SW_SKIP for one place of the disk.
 */
#ifndef SWEEPER_ENGINE_DISK_QCOW2_MAP_H
#define SWEEPER_ENGINE_DISK_QCOW2_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/disk/layers.h"
#include "sweeper/buf.h"

enum {
    SW_QCOW2_NAME_MAX = 1023,           /* bytes of a backing file's name */
    SW_QCOW2_FORMAT_MAX = 64,           /* likewise of its format */
    SW_QCOW2_L1_MAX = 32 * 1024 * 1024, /* bytes; QEMU's own limit */
    SW_QCOW2_HEADER = 112,              /* bytes that are looked at */
};

struct sw_qcow2_header {
    unsigned version;
    uint64_t backing_at;
    uint32_t backing_size;
    unsigned cluster_bits; /* 9 to 21 */
    uint64_t size;         /* bytes of the disk */
    uint32_t crypt;        /* 0: none */
    uint32_t l1_count;
    uint64_t l1_at;
    uint32_t snapshot_count;
    uint64_t incompatible; /* features; 0 in version 2 */
    uint32_t length;       /* bytes; what follows are extensions */
    bool zstd;
};
enum {
    SW_QCOW2_DIRTY = 1 << 0,       /* reference counts may be wrong; tables are right */
    SW_QCOW2_CORRUPT = 1 << 1,     /* QEMU found it so */
    SW_QCOW2_DATA_FILE = 1 << 2,   /* clusters lie in another file */
    SW_QCOW2_COMPRESSION = 1 << 3, /* another method than deflate */
    SW_QCOW2_EXTENDED_L2 = 1 << 4,
    SW_QCOW2_KNOWN = 31,
};

/* Bits that were verified; 0: it is none. `file_size`: UINT64_MAX when unknown. */
unsigned sw_qcow2_header(struct sw_view head, uint64_t file_size, struct sw_qcow2_header *header);

enum { SW_QCOW2_SLICES = 32, SW_QCOW2_SLICE = 4096 };

struct sw_qcow2_map {
    struct sw_qcow2_header header;
    struct sw_blob *blob; /* tables, and clusters unless there is a data file */
    struct sw_blob *data; /* clusters */
    uint64_t *l1;
    uint64_t l1_used; /* entries that the disk needs */
    struct {
        uint64_t at; /* in the file; 0: empty */
        uint8_t bytes[SW_QCOW2_SLICE];
    } * slices;
    uint8_t *cluster;       /* the packed cluster that was unpacked last */
    uint64_t cluster_entry; /* its L2 entry; 0: none */
    uint8_t *packed;
};

/* Reads header and L1 table. On failure nothing is to be released. */
enum sw_status sw_qcow2_map_init(struct sw_qcow2_map *map, struct sw_blob *blob,
                                 struct sw_error *error) SW_MUST_CHECK;
void sw_qcow2_map_done(struct sw_qcow2_map *map);
/* As sw_layer_ops.find; of a packed run `at` is the L2 entry. */
enum sw_status sw_qcow2_map_find(struct sw_qcow2_map *map, uint64_t offset, struct sw_run *run,
                                 struct sw_error *error) SW_MUST_CHECK;
/* The cluster of an L2 entry, unpacked: valid until the next call. */
enum sw_status sw_qcow2_map_unpack(struct sw_qcow2_map *map, uint64_t entry, const uint8_t **bytes,
                                   struct sw_error *error) SW_MUST_CHECK;
/* The name of the backing file (empty: there is none), and its format where it says so. */
enum sw_status sw_qcow2_backing(const struct sw_qcow2_map *map,
                                char name[static SW_QCOW2_NAME_MAX + 1],
                                char format[static SW_QCOW2_FORMAT_MAX + 1],
                                char data_file[static SW_QCOW2_NAME_MAX + 1],
                                struct sw_error *error) SW_MUST_CHECK;

#endif
