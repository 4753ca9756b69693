/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_check.c - what does not fit in a scope: bytes that are not what their name or their
 * image says, parts that are not there, documents that are none.
 *
 * One remark for each cause and document, however much of it there is.
 */
#include <stdio.h>
#include <string.h>

#include "common/view.h"
#include "supervisor/image_model.h"

void image_say(const struct image_joining *joining, enum image_trouble trouble,
               const struct image_blob *blob, const char *detail)
{
    const struct image_remark remark = {.trouble = trouble, .blob = blob, .detail = detail};

    /* Whoever fetched it has told why it is not whole: what else does not fit follows. */
    if (blob->gap != SW_GAP_NONE)
        return;
    joining->remark(joining->context, &remark);
}

/* --- what is not there ----------------------------------------------------------------- */

void image_absent_add(struct image_absent *absent, const char *name)
{
    const size_t used = strlen(absent->names);

    if (absent->count < 3)
        snprintf(absent->names + used, sizeof(absent->names) - used, "%s%.150s",
                 absent->count == 0 ? "" : ", ", name != NULL ? name : "(no digest)");
    absent->count++;
}

void image_absent_say(const struct image_joining *joining, const struct image_absent *absent,
                      const struct image_blob *blob)
{
    char detail[640];

    /* Of each part that was asked for there and could not be had there is a gap. */
    if (joining->scope->registry)
        return;
    if (absent == NULL || absent->count == 0 || !joining->parts)
        return;
    snprintf(detail, sizeof(detail), "names %zu part%s not there: %s%s", absent->count,
             absent->count == 1 ? " that is" : "s that are", absent->names,
             absent->count > 3 ? ", ..." : "");
    image_say(joining, IMAGE_TROUBLE_MISSING, blob, detail);
}

/* A manifest.json beside none of what it names is that of another form, or alone. */
static bool is_whole_form(const struct image *image)
{
    if (!image->origin->fixed || image->origin->kind != IMAGE_MANIFEST)
        return true;
    for (uint32_t i = 0; i < image->layer_count; i++)
        if (image->layers[i].blob != NULL)
            return true;
    return false;
}

/* --- what is something else --------------------------------------------------------------- */

static void say_config(const struct image_joining *joining, const struct image *image)
{
    const struct image_blob *config = image_find_digest(joining->scope, image->config);

    if (config == NULL)
        return;
    const bool large = config->reading == IMAGE_TOO_LARGE || config->reading == IMAGE_UNREAD;
    image_say(joining, large ? IMAGE_TROUBLE_LARGE : IMAGE_TROUBLE_DAMAGED, config,
              large ? "is the configuration of an image, and larger than what is read of one"
                    : "is named as the configuration of an image, and is none");
}

/* Not all of its bytes came, which has been told. Of what is damaged they did. */
static bool is_torn(const struct image_blob *blob)
{
    return blob->gap != SW_GAP_NONE && blob->gap != SW_GAP_LIMIT_MEMBERS &&
           blob->gap != SW_GAP_LIMIT_DEPTH && blob->gap != SW_GAP_DAMAGED;
}

static bool is_other(const struct image_blob *blob)
{
    return blob->promised[0] != '\0' && blob->digest[0] != '\0' &&
           strcmp(blob->promised, blob->digest) != 0;
}

/* Of bytes that are not what they are called it says nothing more. */
static void check_diff_id(const struct image_joining *joining, struct image_blob *blob,
                          const char *said)
{
    const char *expected = said + strlen("sha256:");

    if (blob == NULL || !blob->is_layer || blob->diff_id[0] == '\0' || blob->told ||
        is_torn(blob) || is_other(blob) || !sw_view_is_digest(sw_view_of(said)) ||
        strcmp(blob->diff_id, expected) == 0)
        return;
    blob->told = true;
    joining->remark(joining->context, &(struct image_remark){.trouble = IMAGE_TROUBLE_DIFF_ID,
                                                             .blob = blob,
                                                             .expected = expected,
                                                             .found = blob->diff_id});
}

static void check_diff_ids(const struct image_joining *joining, const struct image *image)
{
    char detail[128];

    if (image->said == NULL)
        return;
    if (image->said->diff_id_count != image->layer_count) {
        snprintf(detail, sizeof(detail), "has %u layers, and its configuration says %zu",
                 image->layer_count, image->said->diff_id_count);
        image_say(joining, IMAGE_TROUBLE_COUNT, image->origin, detail);
        return;
    }
    for (uint32_t i = 0; i < image->layer_count; i++) {
        const char *id = image->said->diff_ids[i];
        if (id != NULL)
            check_diff_id(joining, image->layers[i].blob, id);
    }
}

static void check_image(const struct image_joining *joining, const struct image *image)
{
    const bool left_over = joining->scope->laid_out && !image->reached;

    if (image->left_out || image->dropped || left_over)
        return;
    if (joining->whole && is_whole_form(image))
        image_absent_say(joining, image->absent, image->origin);
    if (image->config_bad && image->config != NULL)
        say_config(joining, image);
    check_diff_ids(joining, image);
}

/* --- blobs ---------------------------------------------------------------------------------- */

static void check_digest(const struct image_joining *joining, const struct image_blob *blob)
{
    const bool named = blob->store || blob->use_count > 0;
    const char *found = blob->digest;

    if (!named || is_torn(blob) || blob->promised[0] == '\0' || blob->digest[0] == '\0')
        return;
    if (!is_other(blob))
        found = blob->impostor;
    if (found[0] != '\0')
        joining->remark(joining->context, &(struct image_remark){.trouble = IMAGE_TROUBLE_DIGEST,
                                                                 .blob = blob,
                                                                 .expected = blob->promised,
                                                                 .found = found});
}

static void check_document(const struct image_joining *joining, const struct image_blob *blob)
{
    const bool read = blob->kind != IMAGE_NO_DOCUMENT && (blob->use_count > 0 || blob->visited);

    if (read && blob->cut)
        image_say(joining, IMAGE_TROUBLE_CUT, blob, "has longer lists than are read");
    else if (read && blob->bad)
        image_say(joining, IMAGE_TROUBLE_DAMAGED, blob, "has values of wrong types");
}

/* The entry to a layout that has parts. */
static void check_entry(const struct image_joining *joining, const struct image_blob *blob,
                        bool store)
{
    if (!store || strcmp(blob->name, "index.json") != 0 || blob->digest[0] == '\0')
        return;
    if (blob->reading == IMAGE_NOT_JSON)
        image_say(joining, IMAGE_TROUBLE_DAMAGED, blob, "is the index of images, and no JSON");
    else if (blob->reading != IMAGE_READ)
        image_say(joining, IMAGE_TROUBLE_LARGE, blob, "is larger than what is read of an index");
}

/* With nothing told of any of them the answer would be that nothing was found. */
static void check_platforms(const struct image_joining *joining)
{
    const struct image_scope *scope = joining->scope;

    const struct image_blob *blob = joining->passed_over;

    for (size_t i = scope->image_count; i-- > 0;) {
        const struct image *image = &scope->images[i];
        if (image->left_out)
            blob = image->origin;
        else if (image->platform != NULL && sw_image_platform_known(sw_view_of(image->platform)))
            return;
    }
    if (blob != NULL)
        image_say(joining, IMAGE_TROUBLE_PLATFORM, blob,
                  "holds no image of a platform that --platform names");
}

void image_check_scope(struct image_joining *joining)
{
    const struct image_scope *scope = joining->scope;
    const struct image_blob *blob;
    bool store = false;

    for (blob = scope->blobs; blob != NULL; blob = blob->next)
        store = store || blob->store;
    check_platforms(joining);
    for (size_t i = 0; i < scope->image_count; i++)
        check_image(joining, &scope->images[i]);
    for (blob = scope->blobs; blob != NULL; blob = blob->next) {
        check_digest(joining, blob);
        check_document(joining, blob);
        check_entry(joining, blob, store);
    }
}
