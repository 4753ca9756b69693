/* SPDX-License-Identifier: Apache-2.0 */
/* sample_table.c - every form, one row each. */
#include <sqfs/compressor.h>

#include "supervisor/sample.h"

#define CONTAINER(name_, hop_)                                                                     \
    .name = (name_), .kind = SW_SAMPLE_CONTAINER, .hop = (hop_), .member = SW_SAMPLE_MEMBER
#define ARCHIVE(name_, hop_, format_, options_)                                                    \
    {                                                                                              \
        CONTAINER(name_, hop_), .format = (format_), .options = (options_),                        \
                                .make = sw_sample_archive                                          \
    }
/* A stream that bears no name gives its content one. */
#define STREAM(name_, hop_, filter_, options_)                                                     \
    {                                                                                              \
        .name = (name_), .kind = SW_SAMPLE_STREAM, .hop = (hop_), .member = "content",             \
        .filter = (filter_), .options = (options_), .make = sw_sample_archive                      \
    }
#define HALVES(name_, hop_, filter_, options_)                                                     \
    {                                                                                              \
        .name = (name_), .kind = SW_SAMPLE_STREAM, .hop = (hop_), .member = "content",             \
        .filter = (filter_), .options = (options_), .alone = true, .make = sw_sample_halves        \
    }
#define RPM(name_, filter_, options_)                                                              \
    {                                                                                              \
        CONTAINER(name_, "rpm"), .filter = (filter_), .options = (options_), .make = sw_sample_rpm \
    }
#define ZIP(name_, number_, filter_, options_)                                                     \
    {                                                                                              \
        CONTAINER(name_, "zip"), .number = (number_), .filter = (filter_), .options = (options_),  \
                                 .make = sw_sample_zip                                             \
    }
#define SQUASHFS(name_, number_)                                                                   \
    {                                                                                              \
        CONTAINER(name_, "squashfs"), .number = (number_), .make = sw_sample_squashfs              \
    }
#define LAYER(name_, hop_, offset, options_, format_)                                              \
    {                                                                                              \
        .name = (name_), .kind = SW_SAMPLE_LAYER, .hop = (hop_), .member = hop_ "@" offset,        \
        .options = (options_), .format = (format_), .make = sw_sample_layer                        \
    }

/* The lowest levels: what is tried is the decoder. */
#define LEVEL "compression-level=1"

static const struct sw_sample_form forms[] = {
    ARCHIVE("tar-v7", "tar", "v7tar", NULL),
    ARCHIVE("tar-ustar", "tar", "ustar", NULL),
    ARCHIVE("tar-pax", "tar", "pax", NULL),
    ARCHIVE("tar-gnu", "tar", "gnutar", NULL),
    ARCHIVE("cpio-newc", "cpio", "newc", NULL),
    ARCHIVE("cpio-odc", "cpio", "odc", NULL),
    ARCHIVE("cpio-bin", "cpio", "bin", NULL),
    ARCHIVE("ar-gnu", "ar", "arsvr4", NULL),
    ARCHIVE("ar-bsd", "ar", "arbsd", NULL),
    ARCHIVE("zip-stored", "zip", "zip", "compression=store"),
    ARCHIVE("zip-deflate", "zip", "zip", LEVEL),
    ARCHIVE("zip-zip64", "zip", "zip", LEVEL ",zip64"),
    ARCHIVE("zip-password", "zip", "zip", LEVEL ",encryption=traditional"),
    ARCHIVE("zip-aes", "zip", "zip", LEVEL ",encryption=aes256"),
    ZIP("zip-bzip2", 12, "bzip2", LEVEL),
    ZIP("zip-lzma", 14, "lzma", LEVEL),
    ZIP("zip-zstd", 93, "zstd", LEVEL),
    ZIP("zip-xz", 95, "xz", LEVEL),
    {CONTAINER("zip-behind-script", "zip"), .format = "zip", .make = sw_sample_zip_behind},
    {CONTAINER("zip-cut", "zip-stream"), .format = "zip", .make = sw_sample_zip_cut},
    ARCHIVE("7z-copy", "7z", "7zip", "compression=copy"),
    ARCHIVE("7z-deflate", "7z", "7zip", "compression=deflate," LEVEL),
    ARCHIVE("7z-bzip2", "7z", "7zip", "compression=bzip2," LEVEL),
    ARCHIVE("7z-lzma1", "7z", "7zip", "compression=lzma1," LEVEL),
    ARCHIVE("7z-lzma2", "7z", "7zip", "compression=lzma2," LEVEL),
    ARCHIVE("7z-ppmd", "7z", "7zip", "compression=ppmd"),
    {CONTAINER("rar", "rar"), .make = sw_sample_rar},
    {CONTAINER("rar5", "rar"), .make = sw_sample_rar5},
    {CONTAINER("cab", "cab"), .make = sw_sample_cab},
    {CONTAINER("cab-mszip", "cab"), .number = 1, .make = sw_sample_cab},
    {CONTAINER("lha", "lha"), .make = sw_sample_lha},
    ARCHIVE("iso-rockridge", "iso9660", "iso9660", "!joliet"),
    ARCHIVE("iso-joliet", "iso9660", "iso9660", "!rockridge"),
    ARCHIVE("xar-gzip", "xar", "xar", "compression=gzip"),
    ARCHIVE("xar-bzip2", "xar", "xar", "compression=bzip2"),
    ARCHIVE("xar-xz", "xar", "xar", "compression=xz"),
    {.name = "warc",
     .kind = SW_SAMPLE_CONTAINER,
     .hop = "warc",
     .member = "file://" SW_SAMPLE_MEMBER,
     .format = "warc",
     .make = sw_sample_archive},
    RPM("rpm-plain", NULL, NULL),
    RPM("rpm-gzip", "gzip", LEVEL),
    RPM("rpm-bzip2", "bzip2", LEVEL),
    RPM("rpm-xz", "xz", LEVEL),
    RPM("rpm-lzma", "lzma", LEVEL),
    RPM("rpm-zstd", "zstd", LEVEL),
    SQUASHFS("squashfs-plain", 0),
    SQUASHFS("squashfs-gzip", SQFS_COMP_GZIP),
    SQUASHFS("squashfs-lzma", SQFS_COMP_LZMA),
    SQUASHFS("squashfs-lzo", SQFS_COMP_LZO),
    SQUASHFS("squashfs-xz", SQFS_COMP_XZ),
    SQUASHFS("squashfs-lz4", SQFS_COMP_LZ4),
    SQUASHFS("squashfs-zstd", SQFS_COMP_ZSTD),

    STREAM("gzip", "gzip", "gzip", LEVEL),
    STREAM("bzip2", "bzip2", "bzip2", LEVEL),
    STREAM("xz", "xz", "xz", LEVEL),
    STREAM("lzma", "lzma", "lzma", LEVEL),
    STREAM("lzip", "lzip", "lzip", LEVEL),
    STREAM("zstd", "zstd", "zstd", LEVEL),
    STREAM("lz4", "lz4", "lz4", LEVEL),
    STREAM("compress", "compress", "compress", NULL),
    STREAM("uuencode", "uuencode", "uuencode", "name=content"),
    STREAM("uubase64", "uuencode", "b64encode", "name=content"),
    {.name = "http-cache",
     .kind = SW_SAMPLE_STREAM,
     .hop = "http-cache",
     .member = "content",
     .alone = true,
     .make = sw_sample_http_cache},
    HALVES("gzip-twice", "gzip", "gzip", LEVEL),
    HALVES("bzip2-twice", "bzip2", "bzip2", LEVEL),
    HALVES("xz-twice", "xz", "xz", LEVEL),
    HALVES("lzip-twice", "lzip", "lzip", LEVEL),
    HALVES("zstd-twice", "zstd", "zstd", LEVEL),
    HALVES("lz4-twice", "lz4", "lz4", LEVEL),

    LAYER("base64", "base64", "8", "base64", NULL),
    LAYER("base64-url", "base64", "8", "base64", "url"),
    LAYER("base64-gzip", "base64+gzip", "8", "gzip base64", NULL),
    LAYER("base64-zlib", "base64+zlib", "8", "zlib base64", NULL),
    LAYER("hex", "hex", "8", "hex", NULL),
    LAYER("hex-gzip", "hex+gzip", "8", "gzip hex", NULL),
    LAYER("hex-zlib", "hex+zlib", "8", "zlib hex", NULL),
    LAYER("utf-16le", "utf-16le", "0", "utf16le", NULL),
    LAYER("utf-16be", "utf-16be", "0", "utf16le", "big-endian"),
};

const struct sw_sample_form *sw_sample_forms(size_t *count)
{
    *count = sizeof forms / sizeof forms[0];
    return forms;
}
