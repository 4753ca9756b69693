/* SPDX-License-Identifier: Apache-2.0 */
/* How tar, cpio, ar, lha, iso9660, xar and cab are known by their first bytes. */
#include "engine/source/archive_probe.h"

#include <string.h>

#include "engine/source/bytes.h"

/* --- tar --- */

enum {
    TAR_BLOCK = 512,
    TAR_MODE = 100,
    TAR_UID = 108,
    TAR_GID = 116,
    TAR_SIZE = 124,
    TAR_MTIME = 136,
    TAR_SUM = 148,
    TAR_TYPE = 156,
    TAR_MAGIC = 257,
};

/* Octal digits between blanks and NULs; or, where `binary`, base 256. */
static bool tar_number(const uint8_t *field, size_t size, bool binary, uint64_t *value)
{
    size_t i = 0;
    *value = 0;
    if (binary && (field[0] == 0x80 || field[0] == 0xff))
        return true;
    while (i < size && field[i] == ' ')
        i++;
    for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
        *value = *value << 3 | (uint64_t)(field[i] - '0');
    for (; i < size; i++)
        if (field[i] != ' ' && field[i] != 0)
            return false;
    return true;
}

/* The sum of the header with blanks in the place of the sum; old writers added
 * signed bytes. */
static bool tar_sum(const uint8_t *block)
{
    uint64_t stored = 0;
    int64_t plain = 0;
    int64_t wrong = 0;
    if (!tar_number(block + TAR_SUM, 8, false, &stored) || stored == 0)
        return false;
    for (size_t i = 0; i < TAR_BLOCK; i++) {
        bool sum = i >= TAR_SUM && i < TAR_SUM + 8;
        plain += sum ? ' ' : block[i];
        wrong += sum ? ' ' : (int8_t)block[i];
    }
    return (int64_t)stored == plain || (int64_t)stored == wrong;
}

static bool tar_fields(const uint8_t *block)
{
    static const struct {
        uint16_t at;
        uint16_t size;
    } fields[] = {{TAR_MODE, 8}, {TAR_UID, 8}, {TAR_GID, 8}, {TAR_SIZE, 12}, {TAR_MTIME, 12}};
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (!tar_number(block + fields[i].at, fields[i].size, true, &value))
            return false;
    return true;
}

/* The magic, the checksum and five numbers. Without the magic (v7) the name must
 * be one and the type one of the old ones. */
unsigned sw_probe_tar(const struct sw_probe *probe)
{
    struct sw_view head = probe->head;
    if (head.size < TAR_BLOCK || !tar_sum(head.data) || !tar_fields(head.data))
        return 0;
    unsigned bits = 16 + 24;
    if (memcmp(head.data + TAR_MAGIC, "ustar", 5) == 0)
        return bits + 40;
    uint8_t type = head.data[TAR_TYPE];
    bool old = type == 0 || (type >= '0' && type <= '7');
    if (head.data[0] == 0 || !old || memchr(head.data, 0, 100) == NULL)
        return 0;
    for (const uint8_t *name = head.data; *name != 0; name++)
        if (*name < ' ')
            return 0;
    return bits;
}

/* --- cpio --- */

static bool digits(const uint8_t *text, size_t size, unsigned base)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t low = text[i] | 0x20;
        bool digit = text[i] >= '0' && text[i] <= (base == 8 ? '7' : '9');
        if (!digit && !(base == 16 && low >= 'a' && low <= 'f'))
            return false;
    }
    return true;
}

static bool cpio_text(struct sw_view head)
{
    if (sw_bytes_at(head, 0, "070701", 6) || sw_bytes_at(head, 0, "070702", 6))
        return digits(head.data + 6, (head.size < 110 ? head.size : 110) - 6, 16);
    if (sw_bytes_at(head, 0, "070707", 6))
        return digits(head.data + 6, (head.size < 76 ? head.size : 76) - 6, 8);
    return false;
}

/* The old binary header, in either order of bytes: a name of a length that names
 * have, with its NUL, and a type that there is. */
static bool cpio_binary(struct sw_view head)
{
    enum { HEADER = 26, MODE = 6, NAME_SIZE = 20 };
    if (head.size < HEADER)
        return false;
    bool big = sw_big16(head.data) == 070707;
    if (!big && sw_little16(head.data) != 070707)
        return false;
    unsigned mode = big ? sw_big16(head.data + MODE) : sw_little16(head.data + MODE);
    size_t name = big ? sw_big16(head.data + NAME_SIZE) : sw_little16(head.data + NAME_SIZE);
    unsigned type = mode & 0170000;
    bool known = type == 0 || type == 0100000 || type == 0040000 || type == 0120000 ||
                 type == 0020000 || type == 0060000 || type == 0010000 || type == 0140000;
    if (!known || name < 2 || name > 4096 || head.size < HEADER + name)
        return false;
    return memchr(head.data + HEADER, 0, name) == head.data + HEADER + name - 1;
}

bool sw_cpio_starts(struct sw_view head)
{
    return sw_bytes_at(head, 0, "070701", 6) || sw_bytes_at(head, 0, "070702", 6) ||
           sw_bytes_at(head, 0, "070707", 6);
}

/* Magic and digits; or magic, type and name. */
unsigned sw_probe_cpio(const struct sw_probe *probe)
{
    if (cpio_text(probe->head))
        return 48 + 24;
    return cpio_binary(probe->head) ? 16 + 8 + 8 : 0;
}

/* --- the others --- */

/* Magic, and the end mark of the first header. */
unsigned sw_probe_ar(const struct sw_probe *probe)
{
    struct sw_view head = probe->head;
    if (!sw_bytes_at(head, 0, "!<arch>\n", 8))
        return 0;
    return sw_bytes_at(head, 8 + 58, "`\n", 2) ? 64 + 16 : 64;
}

/* The method, the level, and for old levels the checksum of the header. */
unsigned sw_probe_lha(const struct sw_probe *probe)
{
    struct sw_view head = probe->head;
    if (head.size < 22 || head.data[2] != '-' || head.data[6] != '-' || head.data[20] > 3)
        return 0;
    const uint8_t *method = head.data + 3;
    bool lh = method[0] == 'l' && method[1] == 'h' &&
              ((method[2] >= '0' && method[2] <= '9') || method[2] == 'd' || method[2] == 'x');
    bool lz = method[0] == 'l' && method[1] == 'z' &&
              (method[2] == 's' || method[2] == '4' || method[2] == '5');
    if (!lh && !lz)
        return 0;
    if (head.data[20] > 1)
        return 37 + 6;
    size_t size = head.data[0];
    unsigned sum = 0;
    if (size < 20 || head.size < size + 2)
        return 0;
    for (size_t i = 0; i < size; i++)
        sum += head.data[2 + i];
    return (sum & 0xff) == head.data[1] ? 37 + 6 + 8 : 0;
}

/* The first volume descriptor: type, identifier, version. */
unsigned sw_probe_iso9660(const struct sw_probe *probe)
{
    enum { DESCRIPTOR = 32768 };
    struct sw_view head = probe->head;
    if (!sw_bytes_at(head, DESCRIPTOR + 1, "CD001\1", 6) || head.data[DESCRIPTOR] > 3)
        return 0;
    return 48 + 6;
}

/* Magic, size of the header, version. */
unsigned sw_probe_xar(const struct sw_probe *probe)
{
    struct sw_view head = probe->head;
    if (!sw_bytes_at(head, 0, "xar!", 4) || head.size < 28)
        return 0;
    unsigned size = sw_big16(head.data + 4);
    return size >= 28 && size <= 512 && sw_big16(head.data + 6) == 1 ? 32 + 7 + 16 : 0;
}

/* Magic, reserved words, version. */
unsigned sw_probe_cab(const struct sw_probe *probe)
{
    struct sw_view head = probe->head;
    if (!sw_bytes_at(head, 0, "MSCF\0\0\0\0", 8) || head.size < 36)
        return 0;
    return head.data[25] == 1 && head.data[24] <= 9 ? 64 + 8 + 4 : 0;
}
