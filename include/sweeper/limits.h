/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h - every limit on one page, with its unit and default.
 *
 * Runs in:  both processes; the supervisor parses them, the engine obeys.
 * A reached limit is a gap, never silence.
 */
#ifndef SWEEPER_LIMITS_H
#define SWEEPER_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define SW_KIB (1024ULL)
#define SW_MIB (1024ULL * SW_KIB)
#define SW_GIB (1024ULL * SW_MIB)

/* Limits that options set. X(field, type, default) */
#define SW_LIMIT_TABLE(X)                                                                          \
    X(file_size_max, uint64_t, 64 * SW_GIB) /* bytes; larger objects are gap limit_size */         \
    X(memory_max, uint64_t, 512 * SW_MIB)   /* bytes, RssAnon + RssShmem of both processes */      \
    X(time_max_s, uint32_t, 300)            /* CPU seconds of one worker on one object */          \
    X(matches_max, uint32_t, 64)            /* matches kept for one pattern of one finding */      \
    X(depth_max, uint32_t, 16)              /* containers inside one another */                    \
    X(members_max, uint32_t, 1000000)       /* of all containers inside one file */                \
    X(bytes_max, uint64_t, 64 * SW_GIB)     /* bytes that come out of one file */                  \
    X(ratio_max, uint32_t, 1000)            /* of them, for each byte of the file */               \
    X(spill_max, uint64_t, 16 * SW_GIB)     /* bytes that all workers together keep on disk */

struct sw_limits {
#define SW_LIMIT_FIELD(field, type, value) type field;
    SW_LIMIT_TABLE(SW_LIMIT_FIELD)
#undef SW_LIMIT_FIELD
};

struct sw_limits sw_limits_default(void);

/* Limits that are part of the design and have no option. */
enum {
    SW_MATCH_DATA_MAX = 256,  /* bytes of one match kept in a record */
    SW_THREADS_MAX = 64,      /* workers of one engine */
    SW_BATCH_ITEMS_MAX = 64,  /* descriptors in one message (SCM_MAX_FD is 253) */
    SW_WALL_FACTOR = 4,       /* wall-clock seconds allowed for one CPU second */
    SW_DEPTH_MAX = 32,        /* what depth_max may be set to */
    SW_DISK_DEPTH_MAX = 12,   /* disks, volumes and file systems inside one another */
    SW_HOP_DEPTH_MAX = 64,    /* hops in a chain: the file, disks, containers, layers */
    SW_LAYER_DEPTH_MAX = 3,   /* layers of base64 and the like inside one another */
    SW_LAYERS_MAX = 4096,     /* layers of one object */
    SW_SKIPS_MAX = 8,         /* steps inside one item that may cost an engine */
    SW_PASSWORDS_MAX = 32,    /* --password */
    SW_PARTS_MAX = 1000,      /* files or members that are one object */
    SW_LAYER_KEYS_MAX = 8192, /* layers of --layer-cache that one sweep knows */
};
/* What the options of the table above may be set to. */
#define SW_MEMORY_MIN        (64 * SW_MIB) /* bytes; below, the rules alone would not fit */
#define SW_MEMORY_PER_THREAD (8 * SW_MIB)  /* bytes; a worker needs about half of it */
#define SW_TIME_MAX_S        604800        /* seconds; a week on one object is a hang */
#define SW_MATCHES_MAX       1000000       /* matches of one pattern; libyara's own ceiling */

#define SW_IMAGES_SHARE    8  /* of memory_max, for what is known of container images */
#define SW_STORES_SHARE    32 /* likewise of the stores of container engines */
#define SW_LAYERS_SHARE    32 /* likewise of what --layer-cache is to keep; and one entry */
#define SW_INTEGRITY_SHARE 8  /* of memory_max, for the files that --integrity compares */

#define SW_RATIO_FROM (64 * SW_MIB) /* bytes that may come out of a file whatever its size */

#define SW_BATCH_BYTES_MAX   (4 * SW_MIB)  /* file bytes in one batch of several items */
#define SW_OBJECT_MEMORY_MAX (64 * SW_MIB) /* an object up to this size is read into memory */
#define SW_RECORD_MAX        (1 * SW_MIB)  /* bytes of one record on the wire */
#define SW_LABEL_MAX         (8 * SW_MIB)  /* bytes of the labels of one batch */
#define SW_UNSIZED_MAX       (64 * SW_MIB) /* objects whose size nobody knows (procfs) */

#endif
