/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lvm_pv.h - private to the LVM source: a physical volume: its label, and the
 * description of the volume group that it keeps.
 *
 * Format: lvm2, lib/format_text/layout.h and lib/label/label.c. Numbers are
 * little-endian; a checksum is CRC-32 with an initial value of LVM's own.
 *
 * Runs in:  engine workers.
 * Threads:  one volume, one thread.
 * Owns:     sw_lvm_pv_read() is released by sw_lvm_pv_done().
 * Trusts:   nothing; sizes are checked against the blob and against SW_LVM_TEXT_MAX.
 * Fails:    SW_DEAD and a gap: damaged, truncated, limit_memory, io_error.
 */
#ifndef SWEEPER_ENGINE_DISK_LVM_PV_H
#define SWEEPER_ENGINE_DISK_LVM_PV_H

#include "sweeper/blob.h"
#include "sweeper/buf.h"

enum {
    SW_LVM_UUID_SIZE = 32,    /* without its dashes */
    SW_LVM_LABEL_AREA = 2048, /* the label is in one of the first four sectors */
};

struct sw_lvm_pv {
    char uuid[SW_LVM_UUID_SIZE + 1];
    uint8_t *text; /* the newest description; NULL: it keeps none */
    size_t text_size;
    bool has_areas; /* it keeps one, whole or not */
};

/* Where the label is in the first SW_LVM_LABEL_AREA bytes; false: there is none. */
bool sw_lvm_label(struct sw_view head, size_t *at) SW_MUST_CHECK;
enum sw_status sw_lvm_pv_read(struct sw_blob *blob, struct sw_lvm_pv *pv,
                              struct sw_error *error) SW_MUST_CHECK;
void sw_lvm_pv_done(struct sw_lvm_pv *pv);

#endif
