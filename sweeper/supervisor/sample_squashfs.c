/* SPDX-License-Identifier: Apache-2.0 */
/* sample_squashfs.c - an image of one file: blocks compressed, metadata not. */
#include <sqfs/compressor.h>
#include <stdlib.h>

#include "supervisor/sample.h"
#include "supervisor/sample_put.h"

#define BLOCK      ((size_t)1 << 17)
#define BLOCK_LOG  17
#define SUPER_SIZE 96
#define PLAIN      (1U << 24) /* in the size of a block: it is not compressed */

/* LZO1X without a single match: a length, the bytes, the end. */
static size_t pack_lzo(struct sw_view block, uint8_t *out, size_t room)
{
    enum { SHORT_MAX = 238, LONG_BASE = 18 };
    size_t at = 0;
    if (block.size < 4 || block.size + block.size / 255 + 8 > room)
        return 0;
    if (block.size <= SHORT_MAX) {
        out[at++] = (uint8_t)(17 + block.size);
    } else {
        size_t left = block.size - LONG_BASE;
        for (out[at++] = 0; left > 255; left -= 255)
            out[at++] = 0;
        out[at++] = (uint8_t)left;
    }
    memcpy(out + at, block.data, block.size);
    at += block.size;
    memcpy(out + at, "\x11\0\0", 3);
    return at + 3;
}

/* 0: it is to be stored. */
static size_t pack_block(sqfs_compressor_t *compressor, struct sw_view block, uint8_t *out,
                         size_t room)
{
    if (compressor == NULL)
        return pack_lzo(block, out, room);
    sqfs_s32 size =
        compressor->do_block(compressor, block.data, (sqfs_u32)block.size, out, (sqfs_u32)room);
    return size > 0 ? (size_t)size : 0;
}

/* Writes the blocks; their sizes go into the inode. */
static void put_blocks(struct put *put, struct put *inode, struct sw_view content,
                       sqfs_compressor_t *compressor, bool stored)
{
    uint8_t *packed = malloc(BLOCK);
    if (packed == NULL)
        put->status = SW_SKIP;
    for (size_t at = 0; put->status == SW_OK && at < content.size; at += BLOCK) {
        size_t left = content.size - at;
        struct sw_view block = {content.data + at, left < BLOCK ? left : BLOCK};
        size_t size = stored ? 0 : pack_block(compressor, block, packed, BLOCK);
        put_little(inode, size > 0 ? size : block.size | PLAIN, 4);
        put_bytes(put, size > 0 ? packed : block.data, size > 0 ? size : block.size);
    }
    free(packed);
}

static void put_inode(struct put *inode, unsigned type, unsigned number)
{
    put_little(inode, type, 2);
    put_little(inode, 0755, 2);
    put_zeros(inode, 2 + 2 + 4); /* owner, group, time */
    put_little(inode, number, 4);
}

static void put_meta(struct put *put, const struct sw_buf *content)
{
    put_little(put, content->size | 0x8000, 2);
    put_bytes(put, content->data, content->size);
}

/* Where the parts begin. */
struct layout {
    size_t root; /* in the inodes */
    size_t inodes, lists, id_table;
};

static void put_super(struct put *put, const struct layout *at, uint64_t size, unsigned compressor)
{
    put_text(put, "hsqs");
    put_little(put, 2, 4); /* inodes */
    put_zeros(put, 4);
    put_little(put, BLOCK, 4);
    put_zeros(put, 4); /* fragments */
    put_little(put, compressor, 2);
    put_little(put, BLOCK_LOG, 2);
    put_zeros(put, 2);
    put_little(put, 1, 2); /* owners */
    put_little(put, 4, 2); /* version 4.0 */
    put_zeros(put, 2);
    put_little(put, at->root, 8);
    put_little(put, size, 8);
    put_little(put, at->id_table, 8);
    put_little(put, UINT64_MAX, 8);
    put_little(put, at->inodes, 8);
    put_little(put, at->lists, 8);
    put_little(put, UINT64_MAX, 8);
    put_little(put, UINT64_MAX, 8);
}

/* The root directory's list and its inode. */
static void put_root(struct put *inodes, struct put *lists)
{
    put_zeros(lists, 4 + 4); /* one entry, in the first block of inodes */
    put_little(lists, 1, 4);
    put_zeros(lists, 2 + 2);
    put_little(lists, 2, 2); /* a file */
    put_little(lists, sizeof SW_SAMPLE_MEMBER - 2, 2);
    put_text(lists, SW_SAMPLE_MEMBER);
    put_inode(inodes, 1, 2);
    put_zeros(inodes, 4);
    put_little(inodes, 2, 4);
    put_little(inodes, lists->out->size + 3, 2);
    put_zeros(inodes, 2);
    put_little(inodes, 3, 4);
}

static void put_image(struct put *put, struct put *inodes, struct put *lists,
                      struct sw_view content, sqfs_compressor_t *compressor, unsigned number)
{
    struct layout at = {.root = 0};
    struct sw_buf bytes;
    sw_buf_init(&bytes, SUPER_SIZE);
    struct put super = {.out = &bytes};
    put_zeros(put, SUPER_SIZE);
    put_inode(inodes, 2, 1);
    put_little(inodes, SUPER_SIZE, 4);
    put_little(inodes, UINT32_MAX, 4); /* no fragment */
    put_zeros(inodes, 4);
    put_little(inodes, content.size, 4);
    put_blocks(put, inodes, content, compressor, number == 0);
    at.root = inodes->out->size;
    put_root(inodes, lists);
    at.inodes = put->out->size;
    put_meta(put, inodes->out);
    at.lists = put->out->size;
    put_meta(put, lists->out);
    uint64_t owners = put->out->size;
    put_little(put, 4 | 0x8000, 2);
    put_zeros(put, 4);
    at.id_table = put->out->size;
    put_little(put, owners, 8);
    put_super(&super, &at, put->out->size, number == 0 ? SQFS_COMP_GZIP : number);
    if (super.status == SW_OK && put->status == SW_OK && put->out->size > SUPER_SIZE)
        memcpy(put->out->data, bytes.data, SUPER_SIZE);
    else
        put->status = SW_SKIP;
    sw_buf_done(&bytes);
}

enum sw_status sw_sample_squashfs(const struct sw_sample_form *form, struct sw_view content,
                                  struct sw_buf *out, struct sw_error *error)
{
    sqfs_compressor_t *compressor = NULL;
    sqfs_compressor_config_t config;
    struct sw_buf inode_bytes, list_bytes;

    if (form->number != 0 && form->number != SQFS_COMP_LZO &&
        (sqfs_compressor_config_init(&config, (SQFS_COMPRESSOR)form->number, BLOCK, 0) != 0 ||
         sqfs_compressor_create(&config, &compressor) != 0))
        return sw_fail(error, SW_SKIP, "selftest", 0, "libsquashfs lacks this compressor");
    sw_buf_init(&inode_bytes, 8192);
    sw_buf_init(&list_bytes, 8192);
    struct put put = {.out = out};
    struct put inodes = {.out = &inode_bytes};
    struct put lists = {.out = &list_bytes};
    put_image(&put, &inodes, &lists, content, compressor, form->number);
    if (put.status == SW_OK)
        put.status = inodes.status != SW_OK ? inodes.status : lists.status;
    sw_buf_done(&inode_bytes);
    sw_buf_done(&list_bytes);
    if (compressor != NULL)
        sqfs_destroy(compressor);
    return put_end(&put, error);
}
