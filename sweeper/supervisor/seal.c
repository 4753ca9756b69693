/* SPDX-License-Identifier: Apache-2.0 */
/* The last record of a report has the hash of all that stands before it. */
#include "supervisor/seal.h"

#include <string.h>

static enum sw_status no_memory(struct sw_error *error)
{
    return sw_fail(error, SW_STOP, "sink", 0, "no memory for a record");
}

/* `line` ends with the brace of an object that has members. */
static enum sw_status seal_end(const struct sw_outfile *out, struct sw_view line,
                               struct sw_buf *sealed, struct sw_error *error)
{
    char hex[SW_SHA256_HEX_SIZE];
    uint64_t size = 0;
    const struct sw_view open = {line.data, line.size - 1};
    if (sw_outfile_digest(out, open, hex, &size, error) != SW_OK)
        return SW_STOP;
    if (sw_buf_append(sealed, open.data, open.size) != SW_OK ||
        sw_buf_append_format(sealed, SW_SEAL_FORMAT, size, hex) != SW_OK)
        return no_memory(error);
    return SW_OK;
}

enum sw_status sw_seal(const struct sw_outfile *out, const json_t *record, struct sw_view line,
                       struct sw_buf *sealed, struct sw_error *error)
{
    const char *type = json_string_value(json_object_get(record, "type"));
    if (type != NULL && strcmp(type, "sweep_end") == 0)
        return seal_end(out, line, sealed, error);
    return sw_buf_append(sealed, line.data, line.size) == SW_OK ? SW_OK : no_memory(error);
}
