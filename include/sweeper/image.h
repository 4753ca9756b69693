/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - what the engine says of the parts of container images, so that the
 * supervisor can put them together.
 *
 * An image is a set of blobs that name one another by digest: an index names
 * manifests, a manifest names a configuration and layers (OCI image-spec 1.1;
 * Docker's "Image Manifest Version 2, Schema 2"; `docker save` has a manifest.json
 * that names its parts by their paths). The blobs are files of a directory (OCI
 * layout, a registry's or containerd's store), members of an archive, or what was
 * fetched from a registry; they come in any order, and one may be part of many images.
 *
 * So the engine looks at each blob as at any other object, once. When the object's
 * name is that of a blob it says of it what nobody else can know without reading it:
 * its digest; if it is a layer the digest of its tar (the diff id) and a hash of each
 * path in it; if it is one of the JSON documents, what that says, in a form that is
 * checked again on arrival. The supervisor joins (supervisor/image*.c).
 *
 * Runs in:  both processes.
 * Threads:  any; no state.
 * Owns:     views borrow from the message.
 * Trusts:   the supervisor trusts none of it: sizes, counts and texts are held against
 *           what is declared here, and a digest is a claim of the engine only.
 */
#ifndef SWEEPER_IMAGE_H
#define SWEEPER_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/status.h"

enum {
    SW_IMAGE_PATHS_MAX = 65536,         /* paths in one message */
    SW_IMAGE_DOCUMENT_MAX = 4 << 20,    /* bytes of JSON in one message */
    SW_IMAGE_PLACE_MAX = 64 << 10,      /* bytes of a place */
    SW_IMAGE_LINKS_SIZE_MAX = 64 << 10, /* bytes of hard links in one message */
    SW_IMAGE_LINK_NAME_MAX = 4096,      /* bytes of the name of one: longer ones no system makes */
};

enum sw_image_part {
    SW_IMAGE_PATHS = 1, /* paths of a layer; as many messages as it takes, before its BLOB */
    SW_IMAGE_DOCUMENT,  /* what a JSON document says, before its BLOB */
    SW_IMAGE_BLOB,      /* once, when the object has been read to its end */
    SW_IMAGE_STORE, /* no part of an image: what the store of a container engine says of itself */
    SW_IMAGE_LINKS, /* hard links of a layer; like PATHS, and each of them is among these, too */
    SW_IMAGE_AGAIN, /* what was said of objects in the item does not hold: it is looked at again.
                     * Holds nothing */
    SW_IMAGE_PART_COUNT
};

/* --- names (common/image_name.c) -------------------------------------------------- */

/* What an object may be by its name: the shapes that a blob or a document of an image has
 * where images are kept. A name proves nothing. */
enum sw_image_form {
    SW_IMAGE_FORM_NONE,
    SW_IMAGE_FORM_BLOB,         /* named by its digest: anything */
    SW_IMAGE_FORM_LAYER,        /* of `docker save` */
    SW_IMAGE_FORM_CONFIG,       /* likewise */
    SW_IMAGE_FORM_MANIFEST,     /* manifest.json */
    SW_IMAGE_FORM_INDEX,        /* index.json */
    SW_IMAGE_FORM_LAYOUT,       /* oci-layout */
    SW_IMAGE_FORM_REPOSITORIES, /* of the oldest `docker save` */
};
struct sw_image_name {
    enum sw_image_form form;
    size_t scope;       /* bytes of the path before that shape, a slash at the end; 0: none */
    struct sw_view hex; /* the 64 digits in it, lower case; empty: none. Borrowed */
};
/* By how the path or the name of a member ends. */
struct sw_image_name sw_image_name_of(struct sw_view path);

/* Whether a platform, "OS/ARCH" or "OS/ARCH/VARIANT" as a document says it, is the one asked
 * for; without a variant all of them are meant. One that is not known may be any: true. */
bool sw_image_platform_known(struct sw_view platform);
bool sw_image_platform_fits(struct sw_view asked, struct sw_view platform);

/* What a path in a layer is, in the two lowest bits of its number. The others are
 * those of a hash of the path, as sw_image_path makes it. */
enum sw_image_entry {
    SW_IMAGE_ENTRY_OTHER, /* a file, a link, a device: what is not a directory */
    SW_IMAGE_ENTRY_DIRECTORY,
    SW_IMAGE_ENTRY_WHITEOUT, /* ".wh.NAME" beside it: the path NAME of lower layers is gone */
    SW_IMAGE_ENTRY_OPAQUE,   /* ".wh..wh..opq" in it: what lower layers have below it is gone */
};
/* The path without "./", "/" and ".." that mean nothing in it, hashed (SipHash-free, not
 * keyed: a collision hides nothing, it only misjudges what is visible). For a whiteout the
 * path that is gone, with or without the ".wh." of its last name. */
uint64_t sw_image_path(struct sw_view path, enum sw_image_entry entry);
/* What an entry of a layer's tar means, by its name; *path is what it is about (of a
 * whiteout with its ".wh.", as sw_image_path takes it), a part of `name`. */
enum sw_image_entry sw_image_entry_of(struct sw_view name, bool directory, struct sw_view *path);

/* --- messages (common/wire_image.c) ----------------------------------------------- */

/* Messages may come twice, word for word: when a file is looked at again. */
struct sw_image_message {
    uint64_t item;
    enum sw_image_part part;
    /* Which object of the item: the names of its hops, as a locator joins and escapes
     * them; empty for the item itself. */
    struct sw_view place;
    /* BLOB: {"size", "sha256", "layer": null or {"diff_id", "media", "hops", "entries",
     * "complete"}, "document"}. `sha256` and `diff_id` are 64 digits, or null where not all
     * bytes could be had. `hops` is how many hops lie between the blob and its tar's members:
     * 0, or 1 for what is compressed. `complete`: its bytes were read to their end, and no
     * path is missing. `document`: null (no JSON); "other" (JSON, but no document of an
     * image), "damaged" (not JSON, or not of the right types), "too_large" (over 16 MiB), or
     * "unread" (no memory); else the kind of the DOCUMENT that was sent before.
     * When layers are kept (--layer-cache): "key", 64 digits, what a layer is kept under
     * (engine/image/layer_key.h), and "depth", how many hops lie between the file and it; or
     * "cached": true, no layer and no document, the key, and the hops in "chain": it was not
     * read, because it is one of the layers that the configuration of the engine names.
     * DOCUMENT: see engine/image/document.h. STORE: see engine/image/store.h. JSON text. */
    struct sw_view json;
    const uint8_t *paths; /* PATHS: u64 each, little-endian */
    uint32_t path_count;
    /* LINKS: one behind the other, as sw_image_link_append() writes them; at least one. */
    struct sw_view links;
    bool cached; /* not on the wire: told by the cache of layers */
};
/* The number that the target has as SW_IMAGE_ENTRY_OTHER, and the link's own name: 1 to
 * SW_IMAGE_LINK_NAME_MAX bytes. */
enum sw_status sw_image_link_append(struct sw_buf *links, uint64_t target,
                                    struct sw_view name) SW_MUST_CHECK;
/* The next one off the front; false at the end, and where there is none. */
bool sw_image_link_next(struct sw_cursor *links, uint64_t *target, struct sw_view *name);
enum sw_status sw_image_message_encode(const struct sw_image_message *message,
                                       struct sw_buf *body) SW_MUST_CHECK;
enum sw_status sw_image_message_decode(struct sw_view body,
                                       struct sw_image_message *message) SW_MUST_CHECK;

#endif
