/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vmdk_sparse.h - a sparse extent of a VMware disk: "KDMV" of hosted products, also
 * compressed (streamOptimized), and "COWD" of ESX. VMware, "Virtual Disk Format 5.0"; all
 * numbers are little-endian, places are in sectors of 512 bytes.
 *
 * Threads:  one extent, one thread.
 * Owns:     its tables; borrows the blob.
 * Trusts:   nothing. The directory is bounded by the file's size and
 *           SW_LAYER_TABLE_MAX; one table and one compressed grain are held.
 */
#ifndef SWEEPER_ENGINE_DISK_VMDK_SPARSE_H
#define SWEEPER_ENGINE_DISK_VMDK_SPARSE_H

#include "engine/disk/layers.h"

enum { SW_VMDK_HEADER = 512 };

struct sw_vmdk_header {
    uint64_t capacity; /* bytes */
    uint64_t grain;    /* bytes */
    uint64_t descriptor_at;
    uint64_t descriptor_size; /* bytes; 0: none is in it */
    uint64_t directory_at;    /* UINT64_MAX: a footer says */
    uint32_t per_table;       /* entries */
    bool compressed;
    bool zeroed; /* an entry 1 is zeros */
};
/* Bits that were verified; 0: it is none. */
unsigned sw_vmdk_header(struct sw_view head, struct sw_vmdk_header *header);

struct sw_vmdk_sparse {
    struct sw_vmdk_header header;
    struct sw_blob *blob;
    uint32_t *directory;
    uint64_t directory_count;
    uint32_t *table;
    uint64_t table_of; /* the directory's entry; UINT64_MAX: none */
    uint8_t *grain;    /* the compressed one that was unpacked last */
    uint64_t grain_at; /* 0: none */
    uint8_t *packed;
};

/* On failure nothing is to be released. */
enum sw_status sw_vmdk_sparse_init(struct sw_vmdk_sparse *sparse, struct sw_blob *blob,
                                   struct sw_error *error) SW_MUST_CHECK;
void sw_vmdk_sparse_done(struct sw_vmdk_sparse *sparse);
/* `offset` is inside the capacity. */
enum sw_status sw_vmdk_sparse_find(struct sw_vmdk_sparse *sparse, uint64_t offset,
                                   struct sw_run *run, struct sw_error *error) SW_MUST_CHECK;
/* The compressed grain at byte `at` of the file: valid until the next call. */
enum sw_status sw_vmdk_sparse_unpack(struct sw_vmdk_sparse *sparse, uint64_t at,
                                     const uint8_t **bytes, struct sw_error *error) SW_MUST_CHECK;

#endif
