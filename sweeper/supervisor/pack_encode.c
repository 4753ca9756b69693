/* SPDX-License-Identifier: Apache-2.0 */
/* pack_encode.c - writes a rule pack into memory. See pack_file.h. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/pack_file.h"

static int compare_files(const void *a, const void *b)
{
    const struct sw_rule_file *one = *(const struct sw_rule_file *const *)a;
    const struct sw_rule_file *other = *(const struct sw_rule_file *const *)b;
    if (one->root_index != other->root_index)
        return one->root_index < other->root_index ? -1 : 1;
    return strcmp(one->root_relative, other->root_relative);
}

static enum sw_status append_file(struct sw_buf *out, const struct sw_rule_file *file,
                                  uint32_t root)
{
    enum sw_status status = sw_buf_append_u8(out, (uint8_t)file->kind);
    if (status == SW_OK)
        status = sw_buf_append_u8(out, file->include_only ? 1 : 0);
    if (status == SW_OK)
        status = sw_buf_append_u32(out, root);
    if (status == SW_OK)
        status = sw_buf_append_block(out, file->root_relative, strlen(file->root_relative));
    if (status == SW_OK)
        status = sw_buf_append_block(out, file->namespace_, strlen(file->namespace_));
    if (status == SW_OK)
        status = sw_buf_append_block(out, file->text, file->text_size);
    return status;
}

static enum sw_status check_files(const struct sw_rulepack *rules, struct sw_error *error)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct sw_rule_file *file = &rules->files[i];
        struct sw_view name = {(const uint8_t *)file->root_relative, strlen(file->root_relative)};
        const char *why = sw_pack_fault_of_name(name);
        if (!why && strlen(file->namespace_) > SW_PACK_NAMESPACE_MAX)
            why = "has a namespace that is too long";
        if (why)
            return sw_fail(error, SW_STOP, "pack", 0, "%s: cannot be packed: it %s", file->name,
                           why);
    }
    return SW_OK;
}

static enum sw_status append_header(struct sw_buf *out, size_t count)
{
    enum sw_status status = sw_buf_append(out, SW_PACK_MAGIC, SW_PACK_MAGIC_SIZE);
    if (status == SW_OK)
        status = sw_buf_append_u32(out, SW_PACK_VERSION);
    if (status == SW_OK)
        status = sw_buf_append_u32(out, (uint32_t)count);
    if (status == SW_OK)
        status = sw_buf_append_u64(out, 0); /* known at the end */
    return status;
}

enum sw_status sw_pack_encode(struct sw_buf *out, const struct sw_rulepack *rules, const char *name,
                              struct sw_error *error)
{
    size_t start = out->size;
    if (rules->count > SW_PACK_FILES_MAX)
        return sw_fail(error, SW_STOP, "pack", 0, "%s: more than %d files", name,
                       SW_PACK_FILES_MAX);
    if (check_files(rules, error) != SW_OK)
        return SW_STOP;
    const struct sw_rule_file **sorted = calloc(rules->count + 1, sizeof(*sorted));
    enum sw_status status = sorted ? append_header(out, rules->count) : SW_SKIP;
    for (size_t i = 0; sorted && i < rules->count; i++)
        sorted[i] = &rules->files[i];
    if (sorted)
        qsort(sorted, rules->count, sizeof(*sorted), compare_files);
    uint32_t root = 0;
    for (size_t i = 0; status == SW_OK && i < rules->count; i++) {
        if (i > 0 && sorted[i]->root_index != sorted[i - 1]->root_index)
            root++;
        status = append_file(out, sorted[i], root);
    }
    free(sorted);
    if (status != SW_OK)
        return sw_fail(error, SW_STOP, "pack", ENOMEM, "%s", name);
    uint64_t size = out->size - start;
    for (size_t i = 0; i < 8; i++)
        out->data[start + 16 + i] = (uint8_t)(size >> (8 * i));
    return SW_OK;
}

static int compare_signatures(const void *a, const void *b)
{
    return memcmp(((const struct sw_pack_signature *)a)->key_id,
                  ((const struct sw_pack_signature *)b)->key_id, SW_KEY_ID_SIZE);
}

enum sw_status sw_pack_encode_end(struct sw_buf *out, struct sw_pack_signature *signatures,
                                  size_t count, const char *name, struct sw_error *error)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    enum sw_status status = SW_SKIP;
    if (count > 0)
        qsort(signatures, count, sizeof(*signatures), compare_signatures);
    if (EVP_Digest(out->data, out->size, digest, NULL, EVP_sha256(), NULL) == 1)
        status = sw_buf_append(out, digest, SW_PACK_DIGEST_SIZE);
    if (status == SW_OK)
        status = sw_buf_append_u32(out, (uint32_t)count);
    for (size_t i = 0; status == SW_OK && i < count; i++) {
        status = sw_buf_append(out, signatures[i].key_id, SW_KEY_ID_SIZE);
        if (status == SW_OK)
            status = sw_buf_append(out, signatures[i].bytes, SW_SIGNATURE_SIZE);
    }
    return status == SW_OK ? SW_OK : sw_fail(error, SW_STOP, "pack", ENOMEM, "%s", name);
}
