/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the loaded libyara for its version. It has no function that says so, but
 * what it saves begins with the version of its layout. */
#include "engine/rule/yara_version.h"

#include <string.h>
#include <yara/arena.h>

struct head {
    uint8_t bytes[5]; /* "YARA", version */
    size_t size;
};

/* Keeps the first bytes and refuses the rest, which ends the saving at once. */
static size_t take(const void *data, size_t size, size_t count, void *user)
{
    struct head *head = user;
    size_t given = size * count;
    size_t room = sizeof(head->bytes) - head->size;
    if (given > room)
        given = room;
    memcpy(head->bytes + head->size, data, given);
    head->size += given;
    return head->size < sizeof(head->bytes) ? count : 0;
}

bool sw_yara_is_ours(YR_RULES *rules)
{
    struct head head = {.size = 0};
    YR_STREAM stream = {.user_data = &head, .write = take};
    (void)yr_rules_save_stream(rules, &stream); /* fails: the rest was refused */
    return head.size == sizeof(head.bytes) && memcmp(head.bytes, "YARA", 4) == 0 &&
           head.bytes[4] == YR_ARENA_FILE_VERSION;
}
