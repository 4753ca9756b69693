/* SPDX-License-Identifier: Apache-2.0 */
/* bitlocker_meta.c - the boot sector and the metadata of a BitLocker volume. */
#include <string.h>

#include "common/view.h"
#include "engine/disk/bitlocker.h"
#include "engine/source/bytes.h"

#define ROOM "bitlocker"

enum {
    BOOT_SIZE = 512,
    GUID_AT = 160,       /* of what is on the volume; behind it three offsets */
    GUID_AT_TO_GO = 424, /* likewise, in the FAT32 boot sector of BitLocker To Go */
    BLOCK_SIZE = 64,     /* header of a copy */
    HEADER_SIZE = 48,    /* and behind it that of its entries */
    ENTRY_SIZE = 8,      /* header of an entry */
    VERSION = 2,         /* of a copy: Windows 7 and later */
};

/* What an entry is for, and what is in it. */
enum entry_type { MASTER_KEY = 2, VOLUME_KEY = 3, EXTERNAL_KEY = 6, DESCRIPTION = 7, HEADER = 15 };
enum entry_value {
    VALUE_KEY = 1,
    VALUE_TEXT = 2,
    VALUE_STRETCH = 3,
    VALUE_BOX = 5,
    VALUE_MASTER = 8,
    VALUE_EXTERNAL = 9,
    VALUE_PLACE = 15,
};

struct entry {
    unsigned type;
    unsigned value;
    struct sw_view data;
};

/* The next entry; false: there is none, or what is there is none. */
static bool next_entry(struct sw_view *rest, struct entry *entry)
{
    if (rest->size < ENTRY_SIZE)
        return false;
    const size_t size = sw_little16(rest->data);
    if (size < ENTRY_SIZE || size > rest->size)
        return false;
    *entry = (struct entry){sw_little16(rest->data + 2),
                            sw_little16(rest->data + 4),
                            {rest->data + ENTRY_SIZE, size - ENTRY_SIZE}};
    *rest = sw_view_skip(*rest, size);
    return true;
}

/* --- the boot sector -------------------------------------------------------------- */

static const char signature[] = "-FVE-FS-";
enum { SIGNATURE_SIZE = sizeof(signature) - 1 };

/* Of a volume, and of one of which only the used part was encrypted. */
static const uint8_t guids[2][SW_BITLOCKER_GUID_SIZE] = {
    {0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0,
     0x01},
    {0x3b, 0x4d, 0xa8, 0x92, 0x80, 0xdd, 0x0e, 0x4d, 0x9e, 0x4e, 0xb1, 0xe3, 0x28, 0x4e, 0xae,
     0xd8},
};

static size_t guid_at(struct sw_view head)
{
    static const size_t places[] = {GUID_AT, GUID_AT_TO_GO};

    for (size_t i = 0; i < 2; i++)
        for (size_t n = 0; n < 2; n++)
            if (sw_bytes_at(head, places[i], guids[n], SW_BITLOCKER_GUID_SIZE))
                return places[i];
    return 0;
}

static bool has_boot_end(struct sw_view head)
{
    return sw_bytes_at(head, BOOT_SIZE - 2, "\x55\xaa", 2);
}

bool sw_bitlocker_is(struct sw_view head)
{
    enum { OEM_AT = 3 };
    const bool known =
        guid_at(head) != 0 && (sw_bytes_at(head, OEM_AT, signature, SIGNATURE_SIZE) ||
                               sw_bytes_at(head, OEM_AT, "MSWIN4.1", 8));
    const bool vista = sw_bytes_at(head, 0, "\xeb\x52\x90-FVE-FS-", 3 + SIGNATURE_SIZE);
    return has_boot_end(head) && (known || vista);
}

enum sw_status sw_bitlocker_boot(struct sw_blob *blob, struct sw_bitlocker *volume,
                                 struct sw_error *error)
{
    uint8_t boot[BOOT_SIZE] = {0};
    size_t got = 0;
    enum sw_status status = sw_blob_read_at(blob, 0, boot, sizeof(boot), &got, error);
    const struct sw_view head = {boot, got};

    if (status != SW_OK)
        return SW_DEAD;
    if (!sw_bitlocker_is(head))
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "is no BitLocker volume");
    const size_t at = guid_at(head);
    if (at == 0)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "BitLocker volume of Windows Vista");
    *volume = (struct sw_bitlocker){.sector_size = sw_little16(boot + 11)};
    for (size_t i = 0; i < SW_BITLOCKER_COPIES; i++)
        volume->copies[i] = sw_little64(boot + at + SW_BITLOCKER_GUID_SIZE + 8 * i);
    return SW_OK;
}

void sw_bitlocker_guid(const uint8_t guid[static SW_BITLOCKER_GUID_SIZE],
                       char text[static SW_BITLOCKER_GUID_TEXT])
{
    /* The first three fields are numbers. */
    static const uint8_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;

    for (size_t i = 0; i < SW_BITLOCKER_GUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[used++] = '-';
        text[used++] = digits[guid[order[i]] >> 4];
        text[used++] = digits[guid[order[i]] & 15];
    }
    text[used] = '\0';
}

/* --- entries ---------------------------------------------------------------------- */

static void read_box(struct sw_view data, struct sw_bitlocker_box *box)
{
    enum { NONCE = 12, TAG = 16, BEFORE = NONCE + TAG };
    if (data.size <= BEFORE || data.size - BEFORE > SW_BITLOCKER_BOX_MAX)
        return;
    memcpy(box->nonce, data.data, NONCE);
    memcpy(box->tag, data.data + NONCE, TAG);
    box->size = data.size - BEFORE;
    memcpy(box->data, data.data + BEFORE, box->size);
}

static void read_protector(struct sw_view data, struct sw_bitlocker *volume)
{
    enum { BEFORE = 28, PROTECTION_AT = 26, SALT_AT = 4, KEY_AT = 4 };
    struct sw_bitlocker_protector *protector = &volume->protectors[volume->protector_count];
    struct entry entry;

    if (data.size < BEFORE || volume->protector_count == SW_BITLOCKER_PROTECTORS_MAX)
        return;
    *protector =
        (struct sw_bitlocker_protector){.protection = sw_little16(data.data + PROTECTION_AT)};
    memcpy(protector->guid, data.data, SW_BITLOCKER_GUID_SIZE);
    data = sw_view_skip(data, BEFORE);
    while (next_entry(&data, &entry)) {
        if (entry.value == VALUE_BOX)
            read_box(entry.data, &protector->key);
        if (entry.value == VALUE_STRETCH && entry.data.size >= SALT_AT + sizeof(protector->salt)) {
            protector->has_salt = true;
            memcpy(protector->salt, entry.data.data + SALT_AT, sizeof(protector->salt));
        }
        if (entry.value == VALUE_KEY && entry.data.size >= KEY_AT + sizeof(protector->clear)) {
            protector->has_clear = true;
            memcpy(protector->clear, entry.data.data + KEY_AT, sizeof(protector->clear));
        }
    }
    volume->protector_count++;
}

/* UTF-16. */
static void read_description(struct sw_view data, struct sw_bitlocker *volume)
{
    size_t used = 0;
    for (size_t at = 0; at + 2 <= data.size && used + 1 < sizeof(volume->description); at += 2) {
        const unsigned unit = sw_little16(data.data + at);
        if (unit == 0)
            break;
        volume->description[used++] = unit >= 0x20 && unit < 0x7f ? (char)unit : '?';
    }
    volume->description[used] = '\0';
}

static void read_entry(const struct entry *entry, struct sw_bitlocker *volume)
{
    if (entry->type == MASTER_KEY && entry->value == VALUE_MASTER)
        read_protector(entry->data, volume);
    else if (entry->type == VOLUME_KEY && entry->value == VALUE_BOX)
        read_box(entry->data, &volume->volume_key);
    else if (entry->type == DESCRIPTION && entry->value == VALUE_TEXT)
        read_description(entry->data, volume);
    else if (entry->type == HEADER && entry->value == VALUE_PLACE && entry->data.size >= 16) {
        volume->header_at = sw_little64(entry->data.data);
        volume->header_size = sw_little64(entry->data.data + 8);
    }
}

/* The entries behind a header of HEADER_SIZE bytes; empty: the header makes no sense. */
static struct sw_view entries_of(struct sw_view data)
{
    const struct sw_view none = {data.data, 0};
    if (data.size < HEADER_SIZE)
        return none;
    const size_t size = sw_little32(data.data);
    if (sw_little32(data.data + 8) != HEADER_SIZE || size < HEADER_SIZE || size > data.size)
        return none;
    return sw_view_skip(sw_view_first(data, size), HEADER_SIZE);
}

enum sw_status sw_bitlocker_metadata(struct sw_view copy, struct sw_bitlocker *volume,
                                     struct sw_error *error)
{
    struct sw_bitlocker made = {.sector_size = volume->sector_size};
    struct entry entry;

    memcpy(made.copies, volume->copies, sizeof(made.copies));
    struct sw_view rest = entries_of(sw_view_skip(copy, BLOCK_SIZE));
    if (!sw_bytes_at(copy, 0, signature, SIGNATURE_SIZE) || rest.size == 0)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0,
                           "BitLocker volume whose metadata makes no sense");
    if (sw_little16(copy.data + 10) != VERSION)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "BitLocker volume with metadata of version %u",
                           (unsigned)sw_little16(copy.data + 10));
    made.encrypted = sw_little64(copy.data + 16);
    made.header_size = (uint64_t)sw_little32(copy.data + 28) * made.sector_size;
    made.header_at = sw_little64(copy.data + 56);
    memcpy(made.guid, copy.data + BLOCK_SIZE + 16, sizeof(made.guid));
    made.method = sw_little16(copy.data + BLOCK_SIZE + 36);
    while (next_entry(&rest, &entry))
        read_entry(&entry, &made);
    *volume = made;
    return SW_OK;
}

bool sw_bitlocker_external(struct sw_view file, uint8_t guid[static SW_BITLOCKER_GUID_SIZE],
                           uint8_t key[static 32])
{
    enum { BEFORE = 24, KEY_AT = 4, KEY_SIZE = 32 };
    struct sw_view rest = entries_of(file);
    struct entry entry;
    struct entry inner;

    while (next_entry(&rest, &entry)) {
        if (entry.type != EXTERNAL_KEY || entry.value != VALUE_EXTERNAL || entry.data.size < BEFORE)
            continue;
        memcpy(guid, entry.data.data, SW_BITLOCKER_GUID_SIZE);
        struct sw_view properties = sw_view_skip(entry.data, BEFORE);
        while (next_entry(&properties, &inner))
            if (inner.value == VALUE_KEY && inner.data.size == KEY_AT + KEY_SIZE) {
                memcpy(key, inner.data.data + KEY_AT, KEY_SIZE);
                return true;
            }
    }
    return false;
}
