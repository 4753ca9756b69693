/* SPDX-License-Identifier: Apache-2.0 */
/* The containers that libarchive reads: one format each, no filters. */
#include <archive.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/source/archive_probe.h"
#include "engine/source/archive_reader.h"
#include "engine/source/sources.h"
#include "engine/source/zip_members.h"
#include "engine/source/zip_plain.h"

/* The whole input. */
static const struct sw_archive_range all = {.end = UINT64_MAX};

#define ARCHIVE_SOURCE(symbol, kind_, sequential_)                                                 \
    const struct sw_source sw_source_##symbol = {                                                  \
        .kind = (kind_),                                                                           \
        .sequential = (sequential_),                                                               \
        .probe = sw_probe_##symbol,                                                                \
        .open = open_##symbol,                                                                     \
        .next = sw_archive_next,                                                                   \
        .read = sw_archive_read,                                                                   \
        .close = sw_archive_close,                                                                 \
    }

/* --- all of the object, front to back or here and there --- */

#define WHOLE_SOURCE(symbol, sequential_)                                                          \
    static enum sw_status open_##symbol(const struct sw_input *input,                              \
                                        const struct sw_source_setup *setup, void **state,         \
                                        struct sw_error *error)                                    \
    {                                                                                              \
        return sw_archive_open(&format_##symbol, &all, input, setup, state, error);                \
    }                                                                                              \
    ARCHIVE_SOURCE(symbol, #symbol, sequential_)

/* Archives are joined by cat(1), with their zero blocks between them. */
static bool tar_starts(struct sw_view head)
{
    struct sw_probe probe = {.head = head, .size = UINT64_MAX};
    return sw_probe_tar(&probe) != 0;
}

static const struct sw_archive_format format_tar = {
    .kind = "tar",
    .support = archive_read_support_format_tar,
    .sequential = true,
    .weighs_headers = true,
    .sparse = true,
    .lies = true,
    .trails = true,
    .again = tar_starts,
};
WHOLE_SOURCE(tar, true);

/* An initial RAM disk is several of them, the last one packed. */
static const struct sw_archive_format format_cpio = {
    .kind = "cpio",
    .support = archive_read_support_format_cpio,
    .sequential = true,
    .trails = true,
    .again = sw_cpio_starts,
};
WHOLE_SOURCE(cpio, true);

static const struct sw_archive_format format_ar = {
    .kind = "ar",
    .support = archive_read_support_format_ar,
    .ends_early = true,
    .sequential = true,
    .weighs_headers = true,
    .trails = true,
};
WHOLE_SOURCE(ar, true);

static const struct sw_archive_format format_lha = {
    .kind = "lha",
    .support = archive_read_support_format_lha,
    .sequential = true,
    .trails = true,
};
WHOLE_SOURCE(lha, true);

static const struct sw_archive_format format_iso9660 = {
    .kind = "iso9660",
    .support = archive_read_support_format_iso9660,
    .entry_min = 33,
    .resumes = true,
    .lists_folders = true,
};

/* A disc may hold two file systems: one that says where it is read here, and one
 * that has the content. */
static enum sw_status open_iso9660(const struct sw_input *input,
                                   const struct sw_source_setup *setup, void **state,
                                   struct sw_error *error)
{
    enum { SECTOR = 2048, FIRST = 16, LAST = 32 };
    struct sw_archive_range range = all;
    uint8_t head[6];
    size_t got = 0;
    for (uint64_t i = FIRST; i < LAST && range.beside == NULL; i++) {
        enum sw_status status =
            sw_blob_read_at(input->blob, i * SECTOR, head, sizeof head, &got, error);
        if (status != SW_OK)
            return status < SW_DEAD ? status : SW_DEAD;
        if (got == sizeof head && memcmp(head + 1, "NSR0", 4) == 0)
            range.beside = "a UDF file system";
    }
    return sw_archive_open(&format_iso9660, &range, input, setup, state, error);
}
ARCHIVE_SOURCE(iso9660, "iso9660", false);

static const struct sw_archive_format format_xar = {
    .kind = "xar",
    .support = archive_read_support_format_xar,
    .resumes = true,
};
WHOLE_SOURCE(xar, false);

static const struct sw_archive_format format_cab = {
    .kind = "cab",
    .support = archive_read_support_format_cab,
    .entry_min = 16,
    .resumes = true,
};
WHOLE_SOURCE(cab, false);

/* --- zip --- */

static const struct sw_archive_format format_zip = {
    .kind = "zip",
    .support = archive_read_support_format_zip_seekable,
    .entry_min = 46,
    .resumes = true,
    .decrypts = true,
};

/* What zip_members.c leaves to the library. */
enum sw_status sw_zip_by_library(const struct sw_input *input, const struct sw_source_setup *setup,
                                 void **state, struct sw_error *error)
{
    struct sw_archive_range range;
    enum sw_status status = sw_zip_range(input->blob, &range, error);
    if (status == SW_OK)
        status = sw_zip_plain(input->blob, &range, error);
    if (status != SW_OK)
        return status < SW_DEAD ? status : SW_DEAD;
    return sw_archive_open(&format_zip, &range, input, setup, state, error);
}

const struct sw_source sw_source_zip = {
    .kind = "zip",
    .probe = sw_probe_zip,
    .open = sw_zip_members_open,
    .next = sw_zip_members_next,
    .read = sw_zip_members_read,
    .close = sw_zip_members_close,
};

static const struct sw_archive_format format_zip_stream = {
    .kind = "zip",
    .support = archive_read_support_format_zip_streamable,
    .sequential = true,
    .decrypts = true,
};

static enum sw_status open_zip_stream(const struct sw_input *input,
                                      const struct sw_source_setup *setup, void **state,
                                      struct sw_error *error)
{
    struct sw_archive_range range = all;
    uint8_t head[4];
    size_t got = 0;
    /* The first of several parts begins with a mark of its own. */
    if (input->blob != NULL &&
        sw_blob_read_at(input->blob, 0, head, sizeof head, &got, error) == SW_OK)
        range.part = got == sizeof head && memcmp(head, "PK\7\10", sizeof head) == 0;
    return sw_archive_open(&format_zip_stream, &range, input, setup, state, error);
}
ARCHIVE_SOURCE(zip_stream, "zip-stream", true);

/* --- what is found behind a program, and has windows --- */

static const struct sw_archive_format format_7z = {
    .kind = "7z",
    .support = archive_read_support_format_7zip,
    .resumes = true,
};

static enum sw_status open_7z(const struct sw_input *input, const struct sw_source_setup *setup,
                              void **state, struct sw_error *error)
{
    struct sw_archive_range range;
    enum sw_status status = sw_7z_range(input->blob, setup->window_max, &range, error);
    if (status != SW_OK)
        return status < SW_DEAD ? status : SW_DEAD;
    return sw_archive_open(&format_7z, &range, input, setup, state, error);
}
ARCHIVE_SOURCE(7z, "7z", false);

static const struct sw_archive_format format_rar = {
    .kind = "rar",
    .support = archive_read_support_format_rar,
    .ends_early = true,
    .entry_min = 32,
    .resumes = true,
};

static enum sw_status open_rar(const struct sw_input *input, const struct sw_source_setup *setup,
                               void **state, struct sw_error *error)
{
    struct sw_archive_range range;
    enum sw_status status = sw_rar_range(input->blob, &range, error);
    if (status != SW_OK)
        return status < SW_DEAD ? status : SW_DEAD;
    return sw_archive_open(&format_rar, &range, input, setup, state, error);
}
ARCHIVE_SOURCE(rar, "rar", false);

static const struct sw_archive_format format_rar5 = {
    .kind = "rar",
    .support = archive_read_support_format_rar5,
    .ends_early = true,
    .entry_min = 12,
    .resumes = true,
};

static enum sw_status open_rar5(const struct sw_input *input, const struct sw_source_setup *setup,
                                void **state, struct sw_error *error)
{
    struct sw_archive_range range;
    enum sw_status status = sw_rar5_range(input->blob, setup->window_max, &range, error);
    if (status != SW_OK)
        return status < SW_DEAD ? status : SW_DEAD;
    return sw_archive_open(&format_rar5, &range, input, setup, state, error);
}
ARCHIVE_SOURCE(rar5, "rar", false);

/* --- before the door closes --- */

/* Character sets that names are stored in. An open converter keeps its module. */
static const char *const charsets[] = {"UTF-16LE", "UTF-16BE",   "CP437",
                                       "CP932",    "ISO-8859-1", "UTF-8"};

void sw_source_archive_warm(void)
{
    static iconv_t kept[sizeof charsets / sizeof charsets[0]];
    tzset();
    for (size_t i = 0; i < sizeof charsets / sizeof charsets[0]; i++)
        if (kept[i] == NULL)
            kept[i] = iconv_open("UTF-8", charsets[i]);
}
