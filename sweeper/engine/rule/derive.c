/* SPDX-License-Identifier: Apache-2.0 */
/* Indicators that are found in text become rules of the pack. */
#include "engine/rule/derive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/indicator_rules.h"
#include "common/rulepack_path.h"
#include "sweeper/indicator.h"

static enum sw_status no_memory(struct sw_error *error)
{
    (void)sw_fail(error, SW_STOP, "rule", ENOMEM, "cannot make rules of the indicators");
    return SW_STOP;
}

static enum sw_status derive_file(const struct sw_indicators *set, struct sw_derived *derived,
                                  size_t index, struct sw_error *error)
{
    struct sw_rule_file *file = &derived->pack.files[index];
    struct sw_buf text;

    sw_buf_init(&text, SW_RULEPACK_SIZE_MAX);
    if (sw_indicator_rules(set, file->namespace_, &text) != SW_OK ||
        sw_buf_terminate(&text) != SW_OK) {
        sw_buf_done(&text);
        return no_memory(error);
    }
    file->kind = SW_PACK_RULES;
    file->text = (char *)text.data; /* ownership moves */
    file->text_size = strlen(file->text);
    derived->made[index] = file->text;
    return SW_OK;
}

enum sw_status sw_derive(const struct sw_rulepack *pack, struct sw_derived *derived,
                         struct sw_error *error)
{
    struct sw_indicators set;
    struct sw_indicator_spot spot;
    size_t bad = 0;

    *derived = (struct sw_derived){.pack = *pack};
    derived->pack.files = calloc(pack->count + 1, sizeof(*pack->files));
    derived->made = calloc(pack->count + 1, sizeof(*derived->made));
    sw_indicators_init(&set);
    enum sw_status status = derived->pack.files && derived->made
                                ? sw_indicators_of_pack(pack, &set, &bad, &spot, error)
                                : no_memory(error);
    for (size_t i = 0; status == SW_OK && i < pack->count; i++) {
        derived->pack.files[i] = pack->files[i];
        if (pack->files[i].kind == SW_PACK_INDICATORS)
            status = derive_file(&set, derived, i, error);
    }
    sw_indicators_free(&set);
    if (status != SW_OK)
        sw_derived_done(derived);
    return status;
}

void sw_derived_done(struct sw_derived *derived)
{
    for (size_t i = 0; derived->made && i < derived->pack.count; i++)
        free(derived->made[i]);
    free(derived->made);
    free(derived->pack.files);
    *derived = (struct sw_derived){.made = NULL};
}
