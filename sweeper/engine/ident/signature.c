/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signature.c - the external variable `filetype`, from the first bytes alone.
 *
 * The names are those that public rule sets compare with: Loki's list of file
 * type signatures. Signatures of one or two weak bytes from that list (E8, E9,
 * EB, FF FE) are left out: they name more text than anything else. Formats that
 * the list does not have follow with plain upper-case names.
 */
#include <string.h>

#include "sweeper/ident.h"

struct signature {
    size_t offset;
    size_t size;
    const char *bytes;
    const char *name;
};

#define AT(offset, bytes, name)                                                                    \
    {                                                                                              \
        offset, sizeof(bytes) - 1, bytes, name                                                     \
    }

/* Of all that fit, the longest wins; of equal ones, the first. */
static const struct signature signatures[] = {
    /* Loki's names */
    AT(0, "MZ", "EXE"),
    AT(0,
       "\x7f"
       "E",
       "ELF"),
    AT(0, "PK\x03\x04", "ZIP"),
    AT(0, "PK\x05\x06", "PKZIP"),
    AT(0, "PKSpX", "PKSFX"),
    AT(0, "PK\x03\x04\x14\x00\x06\x00", "Office"),
    AT(0, "PK\x03\x04\x14\x00\x08\x00", "JAR"),
    AT(0, "_'\xa8\x89", "JAR"),
    AT(0, "JARCS\x00", "JARCS"),
    AT(0, "WinZip", "WinZIP"),
    AT(0, "Rar!\x1a\x07", "RAR"),
    AT(0, "7z\xbc\xaf'\x1c", "7Zip"),
    AT(0, "\x1f\x8b\x08", "GZIP"),
    AT(0, "BZh", "BZip2"),
    AT(0, "\x1f\x9d", "TARZ"),
    AT(0, "\x1f\xa0", "TARZ"),
    AT(0, "\x60\xea", "ARJ"),
    AT(257, "ustar", "TAR"),
    AT(0, "MSCF", "CAB"),
    AT(0, "%PDF", "PDF"),
    AT(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE"),
    AT(0,
       "\x0d"
       "DOC",
       "DOC"),
    AT(0, "{\\rtf1", "RTF"),
    AT(0, "\xff\xd8\xff", "JPEG"),
    AT(0, "GIF", "GIF"),
    AT(0, "CWS", "SWF"),
    AT(0, "ZWS", "SWF"),
    AT(0, "FWS", "FWS (Flash)"),
    AT(0, "\xca\xfe\xba\xbe", "Class"),
    AT(0, "L\x00\x00\x00\x01\x14\x02\x00", "LNK"),
    AT(0, "#!", "Script"),
    AT(0, "#!/", "UNIX SCRIPT"),
    AT(0, "<?php", "PHP"),
    AT(0, "<%", "JSP"),
    AT(0, "\xff\xfe<\x00%\x00@", "JSP"),
    AT(0, "<?xm", "XML"),
    AT(0, "<?XM", "XML"),
    AT(0, "Function", "VBS"),
    AT(0, "\xff\xfe<\x00?\x00x\x00m\x00l", "Windows At Job"),
    AT(0,
       "\xff"
       "KEYB   ",
       "SYS Keyboard Driver"),
    AT(0, "0\x00\x00\x00LfLe", "EVT"),
    AT(0, "ElfFil", "EVTX"),
    AT(0, "regf", "Registry Hive"),
    AT(0, "FILE", "NTFS MFT"),
    AT(0, "MDMP", "MDMP"),
    AT(0, "AES", "AESCrypt"),
    AT(0, "\xd4\xc3\xb2\xa1", "WINPCAP"),
    AT(0, "\xa1\xb2\xc3\xd4", "LIBPCAP"),
    AT(0, "\xa1\xb2\xcd\x34", "LIBPCAP"),
    AT(0, "# Disk D", "VMDK"),
    AT(0, "COWD", "VMDK"),
    AT(0, "KDM", "VMDK"),
    AT(0, "conectix", "VHD"),
    AT(0, "_CASE_", "Encase File"),
    /* not in that list */
    AT(0, "\x89PNG\r\n\x1a\n", "PNG"),
    AT(0,
       "\xfd"
       "7zXZ\x00",
       "XZ"),
    AT(0, "\x28\xb5\x2f\xfd", "ZSTD"),
    AT(0, "\x04\x22\x4d\x18", "LZ4"),
    AT(0, "!<arch>\n", "AR"),
    AT(0, "!<arch>\ndebian-binary", "DEB"),
    AT(0, "\xed\xab\xee\xdb", "RPM"),
    AT(0, "070701", "CPIO"),
    AT(0, "070707", "CPIO"),
    AT(0, "SQLite format 3\x00", "SQLITE"),
    AT(0,
       "\x00"
       "asm",
       "WASM"),
    AT(0, "dex\n", "DEX"),
    AT(0, "\xfe\xed\xfa\xce", "MACHO"),
    AT(0, "\xfe\xed\xfa\xcf", "MACHO"),
    AT(0, "\xce\xfa\xed\xfe", "MACHO"),
    AT(0, "\xcf\xfa\xed\xfe", "MACHO"),
    AT(0, "QFI\xfb", "QCOW"),
    AT(0, "vhdxfile", "VHDX"),
    AT(0, "EVF\x09\x0d\x0a\xff\x00", "E01"),
    AT(0, "hsqs", "SQUASHFS"),
    AT(32769, "CD001", "ISO"),
};

static int signature_fits(const struct signature *signature, struct sw_view head)
{
    return head.size >= signature->size && head.size - signature->size >= signature->offset &&
           memcmp(head.data + signature->offset, signature->bytes, signature->size) == 0;
}

const char *sw_filetype_by_signature(struct sw_view head)
{
    const struct signature *best = NULL;
    for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
        const struct signature *one = &signatures[i];
        if ((best == NULL || one->size > best->size) && signature_fits(one, head))
            best = one;
    }
    return best == NULL ? "" : best->name;
}
