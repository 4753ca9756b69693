/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - where the engines of containers keep layers on a disk, by the shapes of paths.
 *
 *   docker            overlay2/ID/diff            image/overlay2/..., containers/ID/...
 *   containers        overlay/ID/diff             overlay-layers/, overlay-images/, ...
 *   (podman, buildah, CRI-O: containers/storage)
 *   either            vfs/dir/ID                  likewise, with their own driver's name
 *   containerd        io.containerd.snapshotter.v1.NAME/snapshots/N    a database
 *
 * A store is wherever such a path is: on this host, under a mounted disk, in an archive. A
 * shape proves nothing.
 *
 * Runs in:  both processes.
 * Threads:  any; no state.
 * Owns:     views borrow from the path.
 * Trusts:   nothing; names are compared and never opened.
 */
#ifndef SWEEPER_STORE_H
#define SWEEPER_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "sweeper/buf.h"

/* Rows of one document, and bytes of what says a file that holds nothing but an id. */
enum { SW_STORE_LIST_MAX = 10000, SW_STORE_WORD_MAX = 256 };

enum sw_store_tool {
    SW_STORE_OF_EITHER, /* its path does not say whose it is */
    SW_STORE_OF_DOCKER,
    SW_STORE_OF_CONTAINERS,
    SW_STORE_OF_CONTAINERD,
};

/* A directory of a layer that a file lies in. */
struct sw_store_layer {
    enum sw_store_tool tool;
    size_t scope;          /* bytes of the path before the shape: the store's root */
    struct sw_view driver; /* "overlay2", "overlay", "vfs"; containerd's: the snapshotter */
    struct sw_view id;
    struct sw_view part; /* "diff", "merged", "work", "fs"; or empty */
};
/* The outermost one. */
bool sw_store_layer_of(struct sw_view path, struct sw_store_layer *layer);

/* What a file of a store's own is about. */
enum sw_store_part {
    SW_STORE_NONE,
    SW_STORE_REPOSITORIES, /* docker: names of images */
    SW_STORE_IMAGE,        /* docker: an image's configuration; its id is in the path */
    SW_STORE_CACHE_ID,     /* docker: the directory of a layer whose chain id is in the path */
    SW_STORE_MOUNT_ID,     /* docker: likewise of the container in the path */
    SW_STORE_CONTAINER,    /* docker: a container's configuration */
    SW_STORE_LAYERS,       /* containers: layers and what they lie on */
    SW_STORE_IMAGES,       /* containers: images and their uppermost layers */
    SW_STORE_CONTAINERS,   /* containers: containers and their layers */
};
struct sw_store_name {
    enum sw_store_part part;
    size_t scope;
    struct sw_view driver; /* empty: any */
    struct sw_view id;     /* 64 digits; empty: none */
};
/* By how the path or the name of a member ends. */
struct sw_store_name sw_store_name_of(struct sw_view path);
/* It is a word, and no JSON. */
bool sw_store_is_word(enum sw_store_part part);

#endif
