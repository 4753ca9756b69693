/* SPDX-License-Identifier: Apache-2.0 */
/* readings.c - several formats at once, and zips that say two things. */
#include "engine/unpack/readings.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/source/sources.h"
#include "engine/source/zip_check.h"

static enum sw_status tell_formats(struct object *object)
{
    char text[160];

    if (object->bid_count < 2 || object->bids[1].bits < SW_BID_GOOD)
        return SW_OK;
    snprintf(text, sizeof(text), "is a %s and a %s at once; it was read as both",
             object->bids[0].source->kind, object->bids[1].source->kind);
    return examine_integrity(object,
                             &(struct integrity){.name = "container_ambiguous_format",
                                                 .title = "a container in two formats at once",
                                                 .detail = text,
                                                 .severity = SW_SEVERITY_MEDIUM});
}

/* Half of a zip's name in records: the code makes the other. One finding tells
 * all of the kind. */
static enum sw_status tell_zip(struct object *object, const struct sw_zip_check *check, size_t at)
{
    const struct sw_zip_finding *finding = &check->findings[at];
    char name[64];
    char detail[sizeof(finding->text) + 64];

    for (size_t i = 0; i < at; i++)
        if (check->findings[i].code == finding->code)
            return SW_OK;
    snprintf(name, sizeof(name), "zip_%s", sw_zip_code_name(finding->code));
    if (check->counts[finding->code] > 1)
        snprintf(detail, sizeof(detail), "%s (one of %" PRIu32 " times)", finding->text,
                 check->counts[finding->code]);
    else
        snprintf(detail, sizeof(detail), "%s", finding->text);
    return examine_integrity(object,
                             &(struct integrity){.name = name,
                                                 .title = sw_zip_code_meaning(finding->code),
                                                 .detail = detail,
                                                 .member = {finding->name, finding->name_size},
                                                 .severity = sw_zip_code_differs(finding->code)
                                                                 ? SW_SEVERITY_MEDIUM
                                                                 : SW_SEVERITY_LOW});
}

static enum sw_status check_zip(struct object *object)
{
    struct sw_zip_check check;
    struct sw_error error;

    if (object->whole != NULL && object->next_part != NULL)
        return SW_OK; /* not all of its parts are there to be compared */
    enum sw_status status = sw_zip_check(object_content(object), &check, &error);

    if (status != SW_OK)
        examine_gap(object, &error, NULL);
    if (status < SW_PART)
        return SW_OK;
    object->wheel = check.wheel;
    if (check.readings_differ && object->bid_count < SW_BIDS_MAX)
        object->bids[object->bid_count++] =
            (struct sw_bid){&sw_source_zip_stream, check.split ? 1 : SW_BID_GOOD};
    if (check.back_size != 0 && object->bid_count < SW_BIDS_MAX)
        object->bids[object->bid_count++] = (struct sw_bid){&sw_source_behind, 1};
    status = SW_OK;
    for (size_t i = 0; i < check.count && status == SW_OK; i++)
        status = tell_zip(object, &check, i);
    return status;
}

enum sw_status readings_tell(struct object *object)
{
    enum sw_status status = tell_formats(object);

    for (size_t i = 0; i < object->bid_count && status == SW_OK; i++)
        if (object->bids[i].source == &sw_source_zip && object->bids[i].bits >= SW_BID_GOOD)
            return check_zip(object);
    return status;
}
