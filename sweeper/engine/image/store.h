/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - what the files say that the store of a container engine keeps of itself
 * (include/sweeper/store.h), in one form for all of them:
 *
 *   {"rows": [{"id", "layer", "image", "reference", "names": [], "layers": []}], "cut"}
 *
 *   repositories    names[0] is a name of the image id
 *   image           ids: its layers' diff ids, the lowest first
 *   cache-id, ...   one id
 *   container       id, its image, what that was called when it was made, names[0]
 *   layers          id, the layer that it lies on
 *   images          id, its uppermost layer, others that have the same content, its names
 *   containers      id, its layer, its image, its names
 *
 * What is absent or of the wrong type is null. Docker: layer/filestore.go, image/fs.go,
 * container/container.go; containers/storage: layers.go, images.go, containers.go.
 *
 * Threads:  any; no state.
 * Trusts:   nothing. Time is linear in the text, and nothing recurses.
 */
#ifndef SWEEPER_ENGINE_IMAGE_STORE_H
#define SWEEPER_ENGINE_IMAGE_STORE_H

#include "sweeper/buf.h"
#include "sweeper/store.h"

/* False: it says nothing of the kind. The ceiling of `json` must be SW_IMAGE_DOCUMENT_MAX. */
bool sw_image_store(struct sw_view text, enum sw_store_part part, struct sw_buf *json);

#endif
