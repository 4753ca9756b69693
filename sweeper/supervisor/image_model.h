/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_model.h - what is known of the parts of container images: the blobs of each scope,
 * what the documents among them say, the paths of layers; and the images that they make
 * when a scope is complete.
 *
 *   image_model.c   scopes, blobs, the memory that they may take
 *   image_take.c    messages of the engine, checked, into it
 *   image_form.c    the closed forms of what the engine says
 *   image_config.c  what is kept of a configuration
 *   image_index.c   from indexes to manifests
 *   image_join.c    manifest, configuration and layers put together
 *   image_layer.c   what became of a path in the layers above
 *   image_check.c   what does not fit: integrity findings, gaps
 *   image_tell.c    what a record says of it
 *   image_wait.c    records that wait for it; the conductor's end
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Owns:     everything in it, until sw_images_free().
 * Trusts:   nothing of what documents say: names are keys to look up, counts are bounded,
 *           and all of it together takes no more than `used_max` bytes. What does not fit
 *           is not kept, and said.
 */
#ifndef SWEEPER_SUPERVISOR_IMAGE_MODEL_H
#define SWEEPER_SUPERVISOR_IMAGE_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "supervisor/image_place.h"
#include "sweeper/digest.h"
#include "sweeper/gap.h"
#include "sweeper/image.h"
#include "sweeper/options.h"
#include "sweeper/walk.h"

enum {
    IMAGE_DEPTH_MAX = 8,            /* indexes inside one another */
    IMAGE_USES_MAX = 64,            /* images that are kept of one blob */
    IMAGE_TOLD_MAX = 16,            /* of them told in a record; references of an image, too */
    IMAGE_SEARCHES_MAX = 200000,    /* in layers above, for one path */
    IMAGE_SEARCHES_ALL = 400000000, /* and for all of them in one scope */
    IMAGE_ANCESTORS_MAX = 512,      /* folders above a path that is asked about */
    IMAGE_PATH_SIZE_MAX = 4000,     /* and its bytes; of longer names the middle is left out */
};

enum image_document {
    IMAGE_NO_DOCUMENT,
    IMAGE_INDEX,
    IMAGE_MANIFEST,
    IMAGE_CONFIG,
    IMAGE_DOCKER, /* manifest.json of `docker save` */
};

/* How far a blob could be read as a document. */
enum image_reading { IMAGE_READ, IMAGE_NOT_JSON, IMAGE_TOO_LARGE, IMAGE_UNREAD };

/* A file that parts were found in, or that is one. */
struct image_source {
    struct sw_item item; /* path and facts; no descriptor */
    unsigned blobs;      /* that point here */
};

/* Paths as they came, one message each; sorted when they are first searched. */
struct image_run {
    struct image_run *next;
    uint32_t count;
    bool sorted;
    uint64_t rows[];
};

/* What becomes of a path in a layer above its own. */
enum image_fate { IMAGE_VISIBLE, IMAGE_REMOVED, IMAGE_REPLACED, IMAGE_FATE_UNKNOWN };

/* Hard links, likewise. */
struct image_link {
    uint64_t target;
    struct sw_view name; /* borrowed from behind the rows */
};
struct image_links {
    struct image_links *next;
    size_t size; /* of it all */
    uint32_t count;
    bool sorted;
    struct image_link rows[];
};

struct sw_base;
struct sw_bases;

struct image_use {        /* of a blob, by an image */
    uint32_t image;       /* in its scope */
    uint32_t first, last; /* as which of its layers; UINT32_MAX: as something else */
};

struct image_blob {
    struct image_blob *next; /* in its scope, or among those that are not complete */
    uint64_t item;           /* of one that is not complete */
    struct image_scope *scope;
    struct image_source *source;
    char *place;                       /* locator of the object */
    const char *name;                  /* in it: within the scope */
    char promised[SW_SHA256_HEX_SIZE]; /* "": its name says none */
    char digest[SW_SHA256_HEX_SIZE];   /* "": there, but not read to its end */
    char impostor[SW_SHA256_HEX_SIZE]; /* of another blob of this name; "": none */
    uint64_t size;
    enum image_document kind;
    enum image_reading reading;
    char *document;                   /* JSON as it came, checked; NULL: not kept */
    struct image_config *config;      /* what is kept of it when it is one that was read */
    char diff_id[SW_SHA256_HEX_SIZE]; /* "": not known */
    char media[24];
    unsigned hops; /* between the blob and the members of its tar */
    struct image_run *runs;
    struct image_links *links, *last_links;
    struct image_use *uses;
    size_t use_count, use_capacity;
    uint64_t use_total;
    uint64_t asked;         /* which path it was last asked about */
    uint32_t image;         /* 1 + which image this manifest is; 0: none yet */
    bool is_layer;          /* it is a tar, whatever packed in */
    bool complete;          /* the paths are all there */
    bool links_lost;        /* there was no room for some of them */
    bool said;              /* what is in it: by the engine */
    bool unread;            /* a record said that not all of it was read */
    bool store;             /* named by its digest and by nothing else */
    bool fixed;             /* index.json and the like */
    bool cut;               /* its document goes on behind what was read */
    bool bad;               /* and has values of wrong types */
    bool visited;           /* as an index */
    bool told;              /* that its bytes are not what they should be */
    bool cached;            /* it was not read in this sweep */
    enum sw_gap gap;        /* that the walk has told of it; SW_GAP_NONE: none */
    enum image_fate answer; /* and what becomes of that in it */
};

struct image_step { /* NULL: not said */
    char *created_by, *created;
};
struct image_config {
    char *platform;           /* NULL: not known */
    struct image_step *steps; /* that made layers, the lowest first */
    size_t step_count;
    char **diff_ids; /* with the algorithm; each may be NULL */
    size_t diff_id_count;
    size_t cost;
};

/* "names N blobs that are not there: A, B, C" */
struct image_absent {
    size_t count;
    char names[512];
};

struct image_layer {
    struct image_blob *blob;       /* NULL: it is not there */
    const struct image_step *step; /* that made it; NULL: not known */
};

struct image {
    struct image_blob *origin;       /* the manifest, or the document of `docker save` */
    json_t *references;              /* array of texts */
    char *manifest;                  /* its digest with the algorithm; NULL: it has none */
    char *config;                    /* of the configuration; NULL: not known */
    char *platform;                  /* NULL: not known */
    const struct image_config *said; /* by the configuration; NULL: not there */
    struct image_layer *layers;
    uint32_t layer_count;
    struct image_absent *absent; /* what it names and is not there; NULL: nothing */
    const struct sw_base *base;  /* that its first layers are of; NULL: none that is known */
    bool config_bad;             /* what it names for its configuration is none */
    bool left_out;               /* of a platform that was not asked for */
    bool reached;                /* an index leads to it, or it is one of `docker save` */
    bool dropped;                /* another one is the same image */
    char *key;                   /* what they are ordered by */
};

struct image_scope {
    struct image_scope *next;
    char *key;
    bool inside;   /* in an archive: complete with its item */
    uint64_t item; /* that item */
    struct image_blob *blobs;
    json_t *names;   /* name -> blob */
    json_t *digests; /* digest -> blob */
    struct image *images;
    size_t image_count, image_capacity;
    bool registry; /* fetched, and called as it was asked for */
    bool laid_out; /* has an index.json or manifest.json: says of itself what belongs to it */
    bool docker;
    bool joined;
    bool cut; /* indexes too deep, or in a circle: has been told */
    size_t searches_left;
    uint64_t asked; /* how many paths its layers were asked about */
};

/* How the key of a scope begins that was fetched from a registry. */
#define IMAGE_REGISTRY "0:registry:"
enum { IMAGE_REGISTRY_AT = 2 /* where in it the target begins */ };

struct sw_images {
    struct image_scope *scopes; /* of files */
    struct image_scope *inside; /* and in archives: those that are under way, mostly */
    json_t *by_key;             /* scopes */
    json_t *by_place;           /* blobs */
    struct image_blob *pending; /* of which not all has been said */
    size_t used, used_max;
    bool full; /* something was not kept */
    const struct sw_texts *platforms;
    const struct sw_bases *bases; /* to compare with; NULL: nothing */
    const struct sw_root *roots;  /* names of what was fetched; NULL: not known. Borrowed */
    size_t root_count;
};

struct sw_images *sw_images_new(size_t used_max, const struct sw_texts *platforms);
void sw_images_free(struct sw_images *images);

/* A message for an item that is under way. NULL, or why it breaks the protocol. A lack of
 * memory sets *failed. */
const char *sw_images_take(struct sw_images *images, const struct sw_item *item,
                           const struct sw_image_message *message, bool *failed);
/* An object that is there and was not read, or not to its end: no part that is missing.
 * `told`: the gap that the walk has recorded for it: no other is recorded for the same thing. */
void sw_images_unread(struct sw_images *images, const struct sw_item *item, uint64_t id,
                      struct sw_view locator, enum sw_gap told);
/* Drops what has been said in part, of one item or (0) of all: it will be said again, or
 * there is no more to come. */
void sw_images_restart(struct sw_images *images, uint64_t item);

/* `item`: under way, for what lies in an archive. */
struct image_blob *sw_images_find(const struct sw_images *images, uint64_t item,
                                  const struct image_place *place);
struct image_scope *sw_images_scope(const struct sw_images *images, uint64_t item,
                                    const struct image_place *place);
/* Drops what has been said of objects in an item: it is looked at again. That an object is
 * there, of which a record has told, stays: records are not told again. */
void sw_images_again(struct sw_images *images, uint64_t item);
/* Forgets the scopes in archives of an item, and all that is in them; or only those that
 * turned out to hold no image. */
void sw_images_drop(struct sw_images *images, uint64_t item, bool all);

/* --- for image_*.c only ---------------------------------------------------------------- */

/* False: that much more would be too much. */
bool image_charge(struct sw_images *images, size_t bytes);
/* One that is being told of, by itself. NULL: no memory, or no more than `used_max`. */
struct image_blob *image_blob_pending(struct sw_images *images, uint64_t item,
                                      struct sw_view place);
/* The blob at this place, made when it is new. NULL: it is not kept. */
struct image_blob *image_blob_get(struct sw_images *images, const struct sw_item *item, uint64_t id,
                                  const struct image_place *place);
struct image_blob *image_by_name(const struct image_scope *scope, struct sw_view name);
struct image_blob *image_by_digest(const struct image_scope *scope, const char *hex);
void image_name_digest(struct image_blob *blob);
void image_blob_free(struct sw_images *images, struct image_blob *blob);
void image_document_free(struct sw_images *images, struct image_blob *blob);
/* Paths and hard links. */
void image_runs_free(struct sw_images *images, struct image_blob *blob);
void image_blob_forget_pending(struct sw_images *images, struct image_blob *pending);

/* --- image_join.c ---------------------------------------------------------------------- */

/* What does not fit, as it is met. */
struct image_remark;
typedef void image_remark_fn(void *context, const struct image_remark *remark);
enum image_trouble {
    IMAGE_TROUBLE_DIGEST,   /* a blob's bytes are not what its name says */
    IMAGE_TROUBLE_DIFF_ID,  /* a layer is not what the configuration says */
    IMAGE_TROUBLE_MISSING,  /* named, and not there */
    IMAGE_TROUBLE_COUNT,    /* layers and diff ids are not the same number */
    IMAGE_TROUBLE_DAMAGED,  /* named as a document, and is none */
    IMAGE_TROUBLE_LARGE,    /* likewise, and larger than what is read of one */
    IMAGE_TROUBLE_DEPTH,    /* indexes too deep, or in a circle */
    IMAGE_TROUBLE_PLATFORM, /* no image is of a platform that was asked for */
    IMAGE_TROUBLE_CUT,      /* a document that goes on behind what was read */
};
struct image_remark {
    enum image_trouble trouble;
    const struct image_blob *blob; /* where it is told */
    const char *expected, *found;  /* digests */
    const char *detail;            /* a sentence */
};
/* Once for each scope. `whole`: everything of it has been looked at, so that what is not
 * there is missing. False without memory. */
bool sw_images_join(struct sw_images *images, struct image_scope *scope, bool whole,
                    image_remark_fn *remark, void *context);

struct image_joining {
    struct sw_images *images;
    struct image_scope *scope;
    bool whole;
    bool parts;                           /* there is more than documents of common names */
    const struct image_blob *passed_over; /* names manifests of other platforms, not there */
    bool failed;                          /* no memory */
    image_remark_fn *remark;
    void *context;
};
/* image_config.c: what a configuration says; NULL: it is none, or not kept. */
const struct image_config *image_config_of(struct image_joining *joining, struct image_blob *blob);
void image_config_free(struct image_config *config);
/* image_index.c: from the indexes to the manifests. */
void image_walk_indexes(struct image_joining *joining);
/* Adds the image that a manifest is, or to what is known of it. `row`: as an index names it;
 * NULL: none does. */
void image_add_manifest(struct image_joining *joining, struct image_blob *blob, const json_t *row,
                        const json_t *references);
/* What a document of a blob says; NULL: it is none of that kind, or not kept. A new
 * reference. */
json_t *image_document_of(const struct image_blob *blob, enum image_document kind);
/* What a digest with its algorithm names in the scope. */
struct image_blob *image_find_digest(const struct image_scope *scope, const char *digest);
/* Whether a platform, as an image tells it, is one of those asked for. */
bool image_is_wanted(const struct sw_images *images, const char *platform);
/* image_check.c */
void image_check_scope(struct image_joining *joining);
void image_say(const struct image_joining *joining, enum image_trouble trouble,
               const struct image_blob *blob, const char *detail);
void image_absent_add(struct image_absent *absent, const char *name);
void image_absent_say(const struct image_joining *joining, const struct image_absent *absent,
                      const struct image_blob *blob);

/* --- image_layer.c --------------------------------------------------------------------- */

/* The numbers of a path and of the folders above it, without their two lowest bits. */
struct image_lineage {
    uint64_t rows[IMAGE_ANCESTORS_MAX];
    size_t count;
    uint64_t number; /* among those that the scope was asked about */
    bool is_mark;    /* its name is that of a whiteout: nothing of that name is ever there */
    bool too_long;   /* to be asked about, or too deep */
};
void image_lineage_of(struct image_scope *scope, struct sw_view path,
                      struct image_lineage *lineage);

enum image_visible { IMAGE_NO, IMAGE_YES, IMAGE_MAYBE };
struct image_end {
    enum image_fate fate;       /* of the path itself */
    uint32_t by;                /* the first layer that did it; UINT32_MAX: none */
    enum image_visible visible; /* the content */
    struct sw_view link;        /* under this name, a hard link; empty: its own. Borrowed */
};
/* What the layers above `layer` did to a path of it. */
void image_layer_end(const struct image *image, uint32_t layer, const struct image_lineage *lineage,
                     struct image_end *end);

#endif
