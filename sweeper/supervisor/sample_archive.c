/* SPDX-License-Identifier: Apache-2.0 */
/* sample_archive.c - samples by libarchive's writers. */
#include <archive.h>
#include <archive_entry.h>

#include "supervisor/sample.h"

#define SAMPLE_TIME 1700000000 /* seconds: the same bytes every day */

static la_ssize_t append(struct archive *archive, void *context, const void *data, size_t size)
{
    (void)archive;
    return sw_buf_append(context, data, size) == SW_OK ? (la_ssize_t)size : -1;
}

/* False: libarchive says why. Only its own filters are taken; those that would
 * start a program are in none of our rows. */
static bool open_writer(struct archive *archive, const struct sw_sample_form *form,
                        struct sw_buf *out)
{
    const char *format = form->format != NULL ? form->format : "raw";
    return archive_write_set_format_by_name(archive, format) == ARCHIVE_OK &&
           (form->filter == NULL ||
            archive_write_add_filter_by_name(archive, form->filter) == ARCHIVE_OK) &&
           archive_write_set_bytes_per_block(archive, 0) == ARCHIVE_OK &&
           (form->options == NULL ||
            archive_write_set_options(archive, form->options) == ARCHIVE_OK) &&
           archive_write_set_passphrase(archive, "infected") == ARCHIVE_OK &&
           archive_write_open(archive, out, NULL, append, NULL) == ARCHIVE_OK;
}

static bool write_member(struct archive *archive, struct archive_entry *entry,
                         struct sw_view content)
{
    archive_entry_set_pathname(entry, SW_SAMPLE_MEMBER);
    archive_entry_set_mode(entry, AE_IFREG | 0644);
    archive_entry_set_mtime(entry, SAMPLE_TIME, 0);
    archive_entry_set_size(entry, (la_int64_t)content.size);
    return archive_write_header(archive, entry) == ARCHIVE_OK &&
           archive_write_data(archive, content.data, content.size) == (la_ssize_t)content.size;
}

enum sw_status sw_sample_archive(const struct sw_sample_form *form, struct sw_view content,
                                 struct sw_buf *out, struct sw_error *error)
{
    enum sw_status status = SW_OK;
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();

    if (archive == NULL || entry == NULL)
        status = sw_fail(error, SW_SKIP, "selftest", 0, "no memory");
    else if (!open_writer(archive, form, out) || !write_member(archive, entry, content) ||
             archive_write_close(archive) != ARCHIVE_OK)
        status = sw_fail(error, SW_SKIP, "selftest", 0, "libarchive: %s",
                         archive_error_string(archive) != NULL ? archive_error_string(archive)
                                                               : "it cannot write this");
    archive_entry_free(entry);
    archive_write_free(archive);
    return status;
}

enum sw_status sw_sample_halves(const struct sw_sample_form *form, struct sw_view content,
                                struct sw_buf *out, struct sw_error *error)
{
    const size_t half = content.size / 2;
    const struct sw_view first = {content.data, half};
    const struct sw_view second = {content.data + half, content.size - half};
    enum sw_status status = sw_sample_archive(form, first, out, error);

    return status == SW_OK ? sw_sample_archive(form, second, out, error) : status;
}
