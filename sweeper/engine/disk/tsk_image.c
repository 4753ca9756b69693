/* SPDX-License-Identifier: Apache-2.0 */
/* tsk_image.c - the library's image, read from a blob. */
#include <pthread.h>
#include <stdlib.h>

#include "engine/disk/tsk.h"

static ssize_t read_image(TSK_IMG_INFO *info, TSK_OFF_T offset, char *data, size_t size)
{
    struct tsk_image *image = (struct tsk_image *)(void *)info;
    size_t got = 0;

    if (offset < 0 ||
        sw_blob_read_at(image->blob, (uint64_t)offset, data, size, &got, &image->error) != SW_OK) {
        image->failed = true;
        return -1;
    }
    return (ssize_t)got;
}

static void close_image(TSK_IMG_INFO *info)
{
    (void)info;
}

static void say_nothing(TSK_IMG_INFO *info, FILE *file)
{
    (void)info;
    (void)file;
}

struct tsk_image *tsk_image_new(struct sw_blob *blob, unsigned sector_size)
{
    struct tsk_image *image = calloc(1, sizeof(*image));

    if (image == NULL || blob->size > INT64_MAX ||
        pthread_mutex_init(&image->info.cache_lock.mutex, NULL) != 0) {
        free(image);
        return NULL;
    }
    image->blob = blob;
    image->info.tag = TSK_IMG_INFO_TAG;
    image->info.itype = TSK_IMG_TYPE_EXTERNAL;
    image->info.size = (TSK_OFF_T)blob->size;
    image->info.sector_size = sector_size;
    image->info.page_size = 2048;
    image->info.spare_size = 64;
    image->info.read = read_image;
    image->info.close = close_image;
    image->info.imgstat = say_nothing;
    return image;
}

void tsk_image_free(struct tsk_image *image)
{
    if (image == NULL)
        return;
    pthread_mutex_destroy(&image->info.cache_lock.mutex);
    free(image);
}

enum sw_status tsk_fail(struct tsk_image *image, enum sw_status status, enum sw_gap reason,
                        const char *what, struct sw_error *error)
{
    const char *words = tsk_error_get();

    if (image->failed) {
        image->failed = false;
        *error = image->error;
    } else {
        (void)sw_fail_gap(error, status, reason, "disk", 0, "%s%s%.160s", what,
                          words != NULL ? ": " : "", words != NULL ? words : "");
    }
    tsk_error_reset();
    return status;
}
