/* SPDX-License-Identifier: Apache-2.0 */
/* owner.h - names of file owners, from /etc/passwd alone: asking the name
 * service could reach the network, and could hang. */
#ifndef SWEEPER_SUPERVISOR_OWNER_H
#define SWEEPER_SUPERVISOR_OWNER_H

#include <stddef.h>
#include <stdint.h>

struct owner_row {
    uint32_t uid;
    char *name;
};

struct owners {
    struct owner_row *rows; /* sorted by uid */
    size_t count;
};

/* Reads the file; an unreadable one means that all owners are numbers. */
void owners_init(struct owners *owners);
void owners_done(struct owners *owners);
/* The name, or the number as text in `number`. */
const char *owners_name(const struct owners *owners, uint32_t uid, char number[static 12]);

#endif
