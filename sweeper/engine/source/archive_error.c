/* SPDX-License-Identifier: Apache-2.0 */
/* What libarchive says, as a gap. It has texts, few codes: the texts of 3.6 to 3.7
 * are known here, and what is not known is damage. */
#include <string.h>

#include "engine/source/archive_private.h"

struct word {
    const char *text; /* a part of what libarchive says, in any case of letters */
    enum sw_gap gap;
};

/* The first row that fits decides. */
static const struct word words[] = {
    {"passphrase", SW_GAP_ENCRYPTED},
    {"encrypt", SW_GAP_ENCRYPTED},
    {"decrypt", SW_GAP_ENCRYPTED},
    {"password", SW_GAP_ENCRYPTED},
    {"no end is in sight", SW_GAP_DAMAGED},
    {"allocate", SW_GAP_LIMIT_MEMORY},
    {"memory", SW_GAP_LIMIT_MEMORY},
    {"dictionary size is not supported", SW_GAP_LIMIT_MEMORY},
    {"multivolume", SW_GAP_MISSING_PART},
    {"multi volume", SW_GAP_MISSING_PART},
    {"multi-volume", SW_GAP_MISSING_PART},
    {"spanned", SW_GAP_MISSING_PART},
    {"split", SW_GAP_MISSING_PART},
    {"truncated", SW_GAP_TRUNCATED},
    {"premature", SW_GAP_TRUNCATED},
    {"unexpected end", SW_GAP_TRUNCATED},
    {"end of file", SW_GAP_TRUNCATED},
    {"end-of-file", SW_GAP_TRUNCATED},
    {"insufficient", SW_GAP_TRUNCATED},
    {"i/o error when unstoring", SW_GAP_TRUNCATED},
    {"decompression failed (-5)", SW_GAP_TRUNCATED}, /* of zlib: there is no more input */
    {"unsupported", SW_GAP_UNSUPPORTED},
    {"not supported", SW_GAP_UNSUPPORTED},
    {"unknown codec", SW_GAP_UNSUPPORTED},
    {"unexpected codec", SW_GAP_UNSUPPORTED},
    {"cannot extract", SW_GAP_UNSUPPORTED},
};

static const char *said(const struct reader *reader)
{
    const char *text = archive_error_string(reader->archive);
    if (text != NULL && *text != '\0')
        return text;
    return reader->met_end ? "the input is truncated" : "no reason was given";
}

static enum sw_gap gap_of(const struct reader *reader, const char *text)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasestr(text, words[i].text) != NULL)
            return words[i].gap == SW_GAP_TRUNCATED && reader->range.part ? SW_GAP_MISSING_PART
                                                                          : words[i].gap;
    return SW_GAP_DAMAGED;
}

enum sw_status sw_archive_judge(const struct reader *reader, enum sw_status status,
                                struct sw_error *error)
{
    if (reader->input_failed) {
        *error = reader->input_error;
        return status;
    }
    const char *text = !reader->stuck                     ? said(reader)
                       : reader->header_left < UINT64_MAX ? SW_ARCHIVE_HEAVY
                                                          : "no end is in sight";
    sw_fail_gap(error, status, gap_of(reader, text), "source", 0, "%s: %s", reader->format->kind,
                text);
    error->offset = sw_archive_input_offset(reader);
    return status;
}

bool sw_archive_warning_is_idle(const struct reader *reader)
{
    const char *text = said(reader);
    return strcasestr(text, "can't be converted") != NULL ||
           strcasestr(text, "cannot be converted") != NULL;
}
