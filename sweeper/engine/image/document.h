/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document.h - what the JSON documents of container images say, told by what stands in
 * them and not by where they stand, in one form for all of them:
 *
 *   {"kind": "index", "manifests": [{"digest", "media_type", "size", "platform",
 *       "artifact_type", "name", "full_name", "reference_type"}], "subject"}
 *   {"kind": "manifest", "config": {"digest", "media_type", "size"}, "layers": [{"digest",
 *       "media_type", "size", "foreign"}], "artifact_type", "subject"}
 *   {"kind": "config", "platform", "created", "diff_ids": [], "entrypoint": [], "cmd": [],
 *       "env": [], "labels": {}, "history": [{"created_by", "created", "comment",
 *       "empty_layer"}]}
 *   {"kind": "docker", "images": [{"config", "tags": [], "layers": []}]}
 *   {"kind": "layout", "version"}
 *   {"kind": "repositories", "images": [{"name", "tag", "id"}]}
 *
 * and in each: "media_type", "bad" (how many values have the wrong type), "ambiguous" (it
 * is an index and a manifest at once), "cut" (a list goes on), "texts_cut" (a text does).
 * What is absent or of the wrong type is null, and an empty list or object where one stands.
 * `name` is the annotation org.opencontainers.image.ref.name, `full_name`
 * io.containerd.image.name, `reference_type` vnd.docker.reference.type; `platform` is
 * "os/architecture/variant", as far as it is known; `subject` is a digest. Of labels with
 * one name the last is there.
 *
 * OCI image-spec 1.1 (image-index.md, manifest.md, config.md, image-layout.md); Docker's
 * "Image Manifest Version 2, Schema 2" and manifest list; `docker save`.
 *
 * Threads:  any; no state.
 * Trusts:   nothing. Time is linear in the text, and nothing recurses.
 * Fails:    what is no such document is said by the kind.
 */
#ifndef SWEEPER_ENGINE_IMAGE_DOCUMENT_H
#define SWEEPER_ENGINE_IMAGE_DOCUMENT_H

#include "sweeper/image.h"

enum {
    SW_IMAGE_LIST_MAX = 10000,       /* manifests, layers, lines of history of one document */
    SW_IMAGE_CONTENT_MAX = 16 << 20, /* bytes of one document */
};

enum sw_image_kind {
    SW_IMAGE_KIND_NONE,      /* no JSON, by its first byte */
    SW_IMAGE_KIND_OTHER,     /* JSON, but nothing of an image */
    SW_IMAGE_KIND_DAMAGED,   /* begins as JSON and is none, or has other types */
    SW_IMAGE_KIND_TOO_LARGE, /* not read */
    SW_IMAGE_KIND_UNREAD,    /* there was no memory for it, or it cannot be read */
    SW_IMAGE_KIND_INDEX,     /* and those of which there is something to say */
    SW_IMAGE_KIND_MANIFEST,
    SW_IMAGE_KIND_CONFIG,
    SW_IMAGE_KIND_DOCKER,
    SW_IMAGE_KIND_LAYOUT,
    SW_IMAGE_KIND_REPOSITORIES,
};
const char *sw_image_kind_name(enum sw_image_kind kind);

/* The first bytes of something that may be a document. */
bool sw_image_document_starts(struct sw_view head);
/* All of one. From SW_IMAGE_KIND_INDEX on `json` holds what it says; its ceiling must be
 * SW_IMAGE_DOCUMENT_MAX. `form` is what its name says. */
enum sw_image_kind sw_image_document(struct sw_view text, enum sw_image_form form,
                                     struct sw_buf *json);

#endif
