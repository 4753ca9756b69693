/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive_probe.h - how containers are known, and where they begin and end in an
 * object that holds more.
 *
 *   archive_probe.c   tar, cpio, ar, lha, iso9660, xar, cab
 *   archive_zip.c     zip, by its end record or by its first local header
 *   archive_packed.c  7z and rar, also behind a program; windows of decoders
 */
#ifndef SWEEPER_ENGINE_SOURCE_ARCHIVE_PROBE_H
#define SWEEPER_ENGINE_SOURCE_ARCHIVE_PROBE_H

#include "engine/source/archive_reader.h"
#include "sweeper/source.h"

unsigned sw_probe_tar(const struct sw_probe *probe);
unsigned sw_probe_cpio(const struct sw_probe *probe);
unsigned sw_probe_ar(const struct sw_probe *probe);
unsigned sw_probe_lha(const struct sw_probe *probe);
unsigned sw_probe_iso9660(const struct sw_probe *probe);
unsigned sw_probe_xar(const struct sw_probe *probe);
unsigned sw_probe_cab(const struct sw_probe *probe);
/* Whether another cpio archive begins here. */
bool sw_cpio_starts(struct sw_view head);

unsigned sw_probe_zip(const struct sw_probe *probe);
unsigned sw_probe_zip_stream(const struct sw_probe *probe);
/* Where the zip ends (behind its end record), and whether it is a part of a set. */
enum sw_status sw_zip_range(struct sw_blob *blob, struct sw_archive_range *range,
                            struct sw_error *error) SW_MUST_CHECK;

/* A 7z that ends behind the end of the blob, and a volume of a rar: there are more
 * parts. */
bool sw_7z_goes_on(struct sw_blob *blob);
bool sw_rar_is_volume(struct sw_blob *blob);
/* Whether a volume says that another one follows. */
bool sw_rar_has_next(struct sw_blob *blob);
/* Whether the header that ends a rar is its last. */
bool sw_rar_has_end(struct sw_blob *blob);

unsigned sw_probe_7z(const struct sw_probe *probe);
unsigned sw_probe_rar(const struct sw_probe *probe);
unsigned sw_probe_rar5(const struct sw_probe *probe);
/* Where the container begins. The window that its headers declare, where they can
 * be read, is compared with `window_max`: gap limit_memory. */
enum sw_status sw_7z_range(struct sw_blob *blob, uint64_t window_max,
                           struct sw_archive_range *range, struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_rar_range(struct sw_blob *blob, struct sw_archive_range *range,
                            struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_rar5_range(struct sw_blob *blob, uint64_t window_max,
                             struct sw_archive_range *range, struct sw_error *error) SW_MUST_CHECK;

#endif
