/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources.h - every source of this folder by name, for the table.
 *
 * streams.c, gzip.c: compressed streams; the member's name is the one in the
 * stream's header, else empty. archive_formats.c: containers through libarchive,
 * which is given exactly one format and no filter. zip_members.c: plain zips. rpm.c:
 * a compressed cpio behind headers. warc.c: records. appended.c: what a script, an
 * ELF or PE file has behind its end.
 */
#ifndef SWEEPER_ENGINE_SOURCE_SOURCES_H
#define SWEEPER_ENGINE_SOURCE_SOURCES_H

#include "sweeper/source.h"

/* Compressed streams. */
extern const struct sw_source sw_source_gzip;
extern const struct sw_source sw_source_bzip2;
extern const struct sw_source sw_source_xz;
extern const struct sw_source sw_source_lzma;
extern const struct sw_source sw_source_lzip;
extern const struct sw_source sw_source_zstd;
extern const struct sw_source sw_source_lz4;
extern const struct sw_source sw_source_compress;
extern const struct sw_source sw_source_uuencode;

/* A response in pip's cache, of before 2023. */
extern const struct sw_source sw_source_http_cache;

/* Containers that can be read from front to back. */
extern const struct sw_source sw_source_tar;
extern const struct sw_source sw_source_cpio;
extern const struct sw_source sw_source_ar;
extern const struct sw_source sw_source_rpm;
extern const struct sw_source sw_source_lha;
extern const struct sw_source sw_source_warc;
/* A zip by its local headers, where its central directory is missing or says
 * something else. */
extern const struct sw_source sw_source_zip_stream;

/* Containers that need a blob. */
extern const struct sw_source sw_source_zip; /* by its central directory */
extern const struct sw_source sw_source_7z;
extern const struct sw_source sw_source_rar; /* up to version 4 */
extern const struct sw_source sw_source_rar5;
extern const struct sw_source sw_source_cab;
extern const struct sw_source sw_source_iso9660;
extern const struct sw_source sw_source_xar;

/* What stands behind a program; a stream, because it flows on. */
extern const struct sw_source sw_source_appended;

/* The same behind a zip that has something behind it; never at the auction. */
extern const struct sw_source sw_source_behind;
/* Known, and not opened: always a gap. */
extern const struct sw_source sw_source_unread;

/* Opens once what libarchive, the decoders and libc open late (character sets,
 * the time zone), so that it works behind the closed sandbox. Before there are
 * workers. */
void sw_source_archive_warm(void);

#endif
