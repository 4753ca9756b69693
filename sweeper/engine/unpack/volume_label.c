/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume_label.c - label and UUID of file systems, as blkid(8) shows them. Offsets: the
 * kernel's documentation of ext4 and XFS; [MS-FSCC] and Microsoft's FAT and exFAT
 * specifications. The label of NTFS and exFAT is a record further on: not looked for.
 */
#include <stdio.h>
#include <string.h>

#include "engine/source/bytes.h"
#include "engine/unpack/volume.h"
#include "sweeper/text.h"

enum { HEAD = 2048 };

bool volume_text(const void *bytes, size_t size, char *out, size_t room)
{
    const char *text = bytes;
    size_t length = strnlen(text, size);

    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\n' ||
                          text[length - 1] == '\r' || text[length - 1] == '\t'))
        length--;
    while (length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        length--;
    }
    if (length == 0 || length >= room ||
        !sw_text_is_printable((struct sw_view){(const uint8_t *)text, length}))
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

static void put_uuid(struct volume *volume, const uint8_t *id)
{
    char *at = volume->uuid;
    unsigned any = 0;

    for (unsigned i = 0; i < 16; i++) {
        any |= id[i];
        at += sprintf(at, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
    }
    if (any == 0)
        volume->uuid[0] = '\0';
}

static void put_serial(struct volume *volume, uint32_t serial)
{
    snprintf(volume->uuid, sizeof(volume->uuid), "%04X-%04X", serial >> 16, serial & 0xffffU);
}

static void put_label(struct volume *volume, const uint8_t *at, size_t size)
{
    if (!volume_text(at, size, volume->label, sizeof(volume->label)) ||
        strcmp(volume->label, "NO NAME") == 0)
        volume->label[0] = '\0';
}

static void read_ext(struct volume *volume, struct sw_view head)
{
    if (!sw_bytes_at(head, 1024 + 0x38, "\x53\xef", 2) || head.size < HEAD)
        return;
    put_uuid(volume, head.data + 1024 + 0x68);
    put_label(volume, head.data + 1024 + 0x78, 16);
}

static void read_xfs(struct volume *volume, struct sw_view head)
{
    if (!sw_bytes_at(head, 0, "XFSB", 4) || head.size < 120)
        return;
    put_uuid(volume, head.data + 32);
    put_label(volume, head.data + 108, 12);
}

static void read_ntfs(struct volume *volume, struct sw_view head)
{
    if (!sw_bytes_at(head, 3, "NTFS    ", 8) || head.size < 80)
        return;
    snprintf(volume->uuid, sizeof(volume->uuid), "%08X%08X", sw_little32(head.data + 76),
             sw_little32(head.data + 72));
}

static void read_fat(struct volume *volume, struct sw_view head)
{
    if (head.size < 512)
        return;
    /* FAT32 has no size of a FAT in 16 bits. */
    const size_t at = sw_little16(head.data + 22) == 0 ? 64 : 36;
    if (head.data[at + 2] != 0x29)
        return;
    put_serial(volume, sw_little32(head.data + at + 3));
    put_label(volume, head.data + at + 7, 11);
}

static void read_exfat(struct volume *volume, struct sw_view head)
{
    if (head.size >= 104 && sw_bytes_at(head, 3, "EXFAT   ", 8))
        put_serial(volume, sw_little32(head.data + 100));
}

static const struct {
    const char *kind;
    void (*read)(struct volume *volume, struct sw_view head);
} kinds[] = {{"ext2", read_ext},  {"ext3", read_ext}, {"ext4", read_ext},    {"xfs", read_xfs},
             {"ntfs", read_ntfs}, {"fat", read_fat},  {"exfat", read_exfat}, {"hfs", NULL},
             {"ufs", NULL},       {"apfs", NULL}};

bool volume_is_file_system(const char *kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return true;
    return false;
}

void volume_read_label(struct volume *volume, struct sw_blob *blob)
{
    uint8_t head[HEAD];
    struct sw_error error;
    size_t got = 0;

    if (sw_blob_read_at(blob, 0, head, HEAD, &got, &error) != SW_OK)
        return;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].kind, volume->kind) == 0 && kinds[i].read != NULL)
            kinds[i].read(volume, (struct sw_view){head, got});
}
