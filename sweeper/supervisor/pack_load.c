/* SPDX-License-Identifier: Apache-2.0 */
/* pack_load.c - see pack_load.h. */
#include "supervisor/pack_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool name_files(struct sw_rulepack *rules, const char *path)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct sw_rule_file *file = &rules->files[i];
        char *name = NULL;
        if (asprintf(&name, "%s:%s", path, file->root_relative) < 0)
            return false;
        free(file->name);
        file->name = name;
    }
    return true;
}

enum sw_status sw_pack_load(int fd, const char *path, const struct sw_trust *trust,
                            struct sw_pack **pack, struct sw_error *error)
{
    struct sw_pack *made = NULL;
    enum sw_status status = sw_pack_read(fd, path, &made, error);
    if (status == SW_OK)
        status = sw_trust_judge(trust, made, path, error);
    if (status == SW_OK && !name_files(made->rules, path))
        status = sw_fail(error, SW_STOP, "pack", ENOMEM, "%s", path);
    if (status != SW_OK) {
        sw_pack_free(made);
        return status;
    }
    *pack = made; /* the caller's from here on */
    return SW_OK;
}

bool sw_pack_is_known(const struct sw_rulepack *rules, const struct sw_pack *pack)
{
    for (size_t i = 0; i < rules->pack_count; i++)
        if (strcmp(rules->packs[i].digest, pack->digest) == 0)
            return true;
    return false;
}

enum sw_status sw_pack_note(struct sw_rulepack *rules, const struct sw_pack *pack, const char *path,
                            struct sw_error *error)
{
    struct sw_loaded_pack *packs =
        reallocarray(rules->packs, rules->pack_count + 1, sizeof(*packs));
    char *name = strdup(path);
    if (packs)
        rules->packs = packs;
    if (!packs || !name) {
        free(name);
        return sw_fail(error, SW_STOP, "pack", ENOMEM, "%s", path);
    }
    struct sw_loaded_pack *row = &packs[rules->pack_count++];
    *row = (struct sw_loaded_pack){.name = name};
    memcpy(row->digest, pack->digest, sizeof(row->digest));
    for (size_t i = 0; i < pack->signature_count; i++)
        if (pack->signatures[i].state == SW_SIGNATURE_GOOD)
            sw_pack_hex(pack->signatures[i].key_id, row->signers[row->signer_count++]);
    return SW_OK;
}
