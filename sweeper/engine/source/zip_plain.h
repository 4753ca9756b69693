/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip_plain.h - an entry of a zip that has content is a file, whatever else the zip
 * says of it.
 *
 * libarchive gives no content of what is called a folder, a link or a device: by
 * the attributes in the central directory, by a name that ends in a slash, or by an
 * extra field. Others do (Python's zipfile, and so pip, looks at none of it), and a
 * payload under such a name would be unpacked and never looked at. The library is
 * therefore shown other bytes in the few places that decide it. Names that end at a
 * NUL for it go on for us in the same way.
 *
 * Threads:  one call, one thread; no state.
 * Owns:     patches are the caller's to free().
 * Trusts:   nothing.
 * Fails:    SW_DEAD with gap limit_memory or limit_members, or what the blob said.
 */
#ifndef SWEEPER_ENGINE_SOURCE_ZIP_PLAIN_H
#define SWEEPER_ENGINE_SOURCE_ZIP_PLAIN_H

#include "engine/source/archive_reader.h"

/* The bytes to be shown instead, in order of their offsets, in range->patches. */
enum sw_status sw_zip_plain(struct sw_blob *blob, struct sw_archive_range *range,
                            struct sw_error *error) SW_MUST_CHECK;
/* A name as the zip has it, from what the library was shown. */
void sw_zip_plain_name(uint8_t *name, size_t size);

#endif
