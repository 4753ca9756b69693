/* SPDX-License-Identifier: Apache-2.0 */
/* bases.c - base images, and which layers of an image are theirs. */
#include "supervisor/bases.h"

#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "sweeper/rows.h"

static const char algorithm[] = "sha256:";

struct sw_bases *sw_bases_new(size_t option_count)
{
    struct sw_bases *bases = calloc(1, sizeof(*bases));

    if (bases == NULL)
        return NULL;
    bases->option_count = option_count;
    bases->found = calloc(option_count + 1, sizeof(*bases->found));
    if (bases->found == NULL) {
        sw_bases_free(bases);
        return NULL;
    }
    return bases;
}

void sw_bases_free(struct sw_bases *bases)
{
    if (bases == NULL)
        return;
    for (size_t i = 0; i < bases->count; i++)
        free(bases->rows[i].diff_ids);
    free(bases->rows);
    free(bases->found);
    free(bases);
}

/* --- what they have ------------------------------------------------------------------------ */

static bool is_known(const struct sw_bases *bases, const struct sw_base *base)
{
    for (size_t i = 0; i < bases->count; i++)
        if (bases->rows[i].count == base->count &&
            memcmp(bases->rows[i].diff_ids, base->diff_ids,
                   base->count * sizeof(base->diff_ids[0])) == 0)
            return true;
    return false;
}

static bool keep(struct sw_bases *bases, struct sw_base *base)
{
    if (is_known(bases, base))
        return true;
    if (base->count > SW_BASES_LAYERS_MAX - bases->layer_count ||
        !sw_rows_grow(&bases->rows, &bases->capacity, bases->count + 1, sizeof(*bases->rows)))
        return false;
    bases->rows[bases->count++] = *base; /* ownership moves */
    bases->layer_count += base->count;
    base->diff_ids = NULL;
    return true;
}

/* False: a digest that is none, or of another kind. */
static bool fill(struct sw_base *base, const json_t *ids)
{
    for (size_t i = 0; i < base->count; i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        if (id == NULL || !sw_view_is_digest(sw_view_of(id)) ||
            strlen(id) != strlen(algorithm) + SW_SHA256_HEX_SIZE - 1)
            return false;
        memcpy(base->diff_ids[i], id + strlen(algorithm), SW_SHA256_HEX_SIZE);
    }
    return true;
}

bool sw_bases_add(struct sw_bases *bases, size_t option, struct sw_view json)
{
    json_t *said = json_loadb((const char *)json.data, json.size, 0, NULL);
    const json_t *ids = json_object_get(said, "diff_ids");
    struct sw_base base = {.count = json_array_size(ids)};
    bool kept = said != NULL;

    if (kept && base.count != 0) {
        base.diff_ids = calloc(base.count, sizeof(base.diff_ids[0]));
        kept = base.diff_ids != NULL;
        if (kept && fill(&base, ids)) {
            kept = keep(bases, &base);
            if (kept && option < bases->option_count)
                bases->found[option]++;
        }
    }
    free(base.diff_ids);
    json_decref(said);
    return kept;
}

/* --- images ----------------------------------------------------------------------------------- */

/* Of a layer as the configuration says, and where that is not known as it is. */
static const char *claim(const struct image *image, size_t layer)
{
    const struct image_config *said = image->said;

    if (said != NULL) {
        const char *id = layer < said->diff_id_count ? said->diff_ids[layer] : NULL;
        return id != NULL && strncmp(id, algorithm, strlen(algorithm)) == 0 ? id + strlen(algorithm)
                                                                            : "";
    }
    return image->layers[layer].blob != NULL ? image->layers[layer].blob->diff_id : "";
}

static bool begins_with(const struct image *image, const struct sw_base *base)
{
    if (base->count > image->layer_count)
        return false;
    for (size_t i = 0; i < base->count; i++)
        if (strcmp(claim(image, i), base->diff_ids[i]) != 0)
            return false;
    return true;
}

const struct sw_base *sw_bases_of(const struct sw_bases *bases, const struct image *image)
{
    const struct sw_base *best = NULL;

    for (size_t i = 0; bases != NULL && i < bases->count; i++) {
        const struct sw_base *base = &bases->rows[i];
        if ((best == NULL || base->count > best->count) && begins_with(image, base))
            best = base;
    }
    return best;
}

bool image_inherits(const struct image *image, const struct image_use *use,
                    const struct image_blob *blob)
{
    const struct sw_base *base = image->base;

    return base != NULL && use->first != UINT32_MAX && use->last < base->count &&
           strcmp(blob->diff_id, base->diff_ids[use->first]) == 0 &&
           strcmp(blob->diff_id, base->diff_ids[use->last]) == 0;
}
