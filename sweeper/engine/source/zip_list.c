/* SPDX-License-Identifier: Apache-2.0 */
/* zip_list.c - the names in a zip's central directory, before anything is opened. */
#include "zip_check.h"
#include "zip_read.h"

void sw_zip_list(struct sw_blob *blob, sw_zip_name_fn *fn, void *context)
{
    struct sw_zip_check check = {.end_found = false};
    struct sw_error error;
    struct sw_zip_run run = {.blob = blob, .check = &check, .error = &error};
    struct sw_zip_entry entry;

    run.ahead_left = UINT64_MAX;
    if (sw_zip_window_init(&run.central) && sw_zip_window_init(&run.local) && sw_zip_ends(&run)) {
        uint64_t at = check.central_at;
        bool go_on = true;
        for (uint32_t i = 0;
             i < SW_ZIP_ENTRIES_MAX && go_on && sw_zip_central(&run, at, run.end_at, &entry); i++) {
            at = entry.next;
            go_on = fn(context, entry.name);
        }
    }
    sw_zip_window_done(&run.central);
    sw_zip_window_done(&run.local);
}
