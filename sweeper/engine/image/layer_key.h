/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_key.h - what a layer is kept under (--layer-cache): a digest of all that what is found
 * in it depends on, for one program with one set of rules and limits.
 *
 * That is its bytes, the name that it has as a part of an image, its mode, and the containers
 * around it. The folder that it lies in counts only where it can make a difference: below
 * `site-packages` or `cron.d`, say, or when a rule asks for `filepath`. So the layers of an
 * image are known again in another directory, archive or registry.
 *
 * Threads:  one worker: who looks at the object.
 * Trusts:   nothing. What is in doubt is part of the key, and costs one more look.
 * Fails:    false: there is no memory for it, or its name is cut; it is kept under nothing.
 */
#ifndef SWEEPER_ENGINE_IMAGE_LAYER_KEY_H
#define SWEEPER_ENGINE_IMAGE_LAYER_KEY_H

#include <stdbool.h>

#include "sweeper/digest.h"

struct object;

/* Of a file or member whose SHA-256 is known, by the name that it has there. */
bool image_layer_key(const struct object *object, char key[SW_SHA256_HEX_SIZE]);

#endif
