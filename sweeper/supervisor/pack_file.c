/* SPDX-License-Identifier: Apache-2.0 */
/* pack_file.c - reads a rule pack; every byte is checked. See pack_file.h. */
#include "supervisor/pack_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/rulepack_path.h"
#include "sweeper/text.h"

/* Kind, flags, root, three lengths, and one byte each for name and namespace. */
#define FILE_SIZE_MIN     (1 + 1 + 4 + 3 * 4 + 2)
#define FLAG_INCLUDE_ONLY 1
#define SIGNATURE_ROOM    (SW_KEY_ID_SIZE + SW_SIGNATURE_SIZE)

_Static_assert(SW_PACK_RULES == 0 && SW_PACK_INDICATORS == 1, "the kinds stand in files");

/* What is being decoded, and whom to tell. */
struct reader {
    struct sw_cursor cursor;
    const char *name;
    struct sw_error *error;
    size_t file_count;
};

const char *sw_pack_hex(const uint8_t bytes[static SW_PACK_DIGEST_SIZE],
                        char out[static SW_SHA256_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SW_PACK_DIGEST_SIZE; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[SW_SHA256_HEX_SIZE - 1] = '\0';
    return out;
}

bool sw_pack_recognise(int fd)
{
    char head[SW_PACK_MAGIC_SIZE];
    return pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
           memcmp(head, SW_PACK_MAGIC, sizeof(head)) == 0;
}

/* Copies until the end or one byte past the limit; an errno. */
static int copy_all(int from, int to)
{
    uint8_t block[1 << 14];
    size_t left = SW_PACK_SIZE_MAX + 1;
    while (left > 0) {
        ssize_t got = read(from, block, left < sizeof(block) ? left : sizeof(block));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : 0;
        left -= (size_t)got;
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(to, block + done, (size_t)(got - done));
            if (put < 0 && errno != EINTR)
                return errno;
            done += put > 0 ? put : 0;
        }
    }
    return 0;
}

enum sw_status sw_pack_settle_pipe(int *fd, const char *name, struct sw_error *error)
{
    struct stat facts;
    if (fstat(*fd, &facts) != 0)
        return sw_fail(error, SW_STOP, "pack", errno, "%s", name);
    if (!S_ISFIFO(facts.st_mode))
        return SW_OK;
    int memory = memfd_create("sweeper-pipe", MFD_CLOEXEC);
    int errnum = memory < 0 ? errno : copy_all(*fd, memory);
    if (errnum == 0 && lseek(memory, 0, SEEK_SET) != 0)
        errnum = errno;
    if (errnum != 0) {
        if (memory >= 0)
            close(memory);
        return sw_fail(error, SW_STOP, "pack", errnum, "%s", name);
    }
    close(*fd);
    *fd = memory; /* the caller's from here on */
    return SW_OK;
}

static enum sw_status ends_early(const struct reader *reader)
{
    return sw_fail(reader->error, SW_STOP, "pack", 0,
                   "%s: damaged rule pack: it ends too early, or a length in it is too large",
                   reader->name);
}

static enum sw_status damaged_file(const struct reader *reader, size_t index, const char *what)
{
    return sw_fail(reader->error, SW_STOP, "pack", 0, "%s: damaged rule pack: file %zu of %zu %s",
                   reader->name, index + 1, reader->file_count, what);
}

/* NULL when the bytes cannot be a text; the sentence then says why. */
static char *take_text(struct sw_view view, const char **why)
{
    if (view.size > 0 && memchr(view.data, '\0', view.size)) {
        *why = view.size >= SW_PACK_MAGIC_SIZE &&
                       memcmp(view.data, SW_PACK_MAGIC, SW_PACK_MAGIC_SIZE) == 0
                   ? "is a rule pack itself; a pack holds sources"
                   : "holds a NUL byte; a pack holds sources, not compiled rules";
        return NULL;
    }
    char *text = malloc(view.size + 1);
    if (!text) {
        *why = "does not fit into memory";
        return NULL;
    }
    if (view.size > 0)
        memcpy(text, view.data, view.size);
    text[view.size] = '\0';
    return text;
}

const char *sw_pack_fault_of_name(struct sw_view name)
{
    if (name.size == 0)
        return "has no name";
    if (name.size > SW_PACK_NAME_MAX)
        return "has a name of over 4,096 bytes";
    if (!sw_text_is_printable(name))
        return "has a name that is not printable UTF-8";
    const uint8_t *part = name.data;
    for (size_t left = name.size;;) {
        const uint8_t *slash = memchr(part, '/', left);
        size_t size = slash ? (size_t)(slash - part) : left;
        if (size == 0)
            return "has a name that is absolute or has an empty part";
        if ((size == 1 && part[0] == '.') || (size == 2 && part[0] == '.' && part[1] == '.'))
            return "has a name that could lead out of the pack (\".\" or \"..\")";
        if (!slash)
            return NULL;
        part = slash + 1;
        left -= size + 1;
    }
}

static const char *fault_of_namespace(struct sw_view text)
{
    if (text.size == 0 || text.size > SW_PACK_NAMESPACE_MAX || !sw_text_is_printable(text))
        return "has a namespace that is empty, too long or not printable UTF-8";
    return NULL;
}

/* There is one order: roots count up from 0, names rise within a root. So no
 * name is there twice, and the same files make the same bytes. */
static const char *fault_of_order(const struct sw_rulepack *rules, size_t index)
{
    const struct sw_rule_file *file = &rules->files[index];
    if (index == 0)
        return file->root_index == 0 ? NULL : "is out of order";
    const struct sw_rule_file *before = &rules->files[index - 1];
    if (file->root_index == before->root_index) {
        int order = strcmp(before->root_relative, file->root_relative);
        return order == 0  ? "has the same name as the one before"
               : order > 0 ? "is out of order"
                           : NULL;
    }
    return file->root_index == before->root_index + 1 ? NULL : "is out of order";
}

static enum sw_status decode_file(struct reader *reader, struct sw_rulepack *rules)
{
    struct sw_cursor *cursor = &reader->cursor;
    struct sw_rule_file *file = &rules->files[rules->count];
    uint8_t kind = 0;
    uint8_t flags = 0;
    uint32_t root = 0;
    struct sw_view name;
    struct sw_view namespace_;
    struct sw_view text;
    size_t index = rules->count++; /* from here on sw_rulepack_free() sees to it */
    if (sw_cursor_u8(cursor, &kind) != SW_OK || sw_cursor_u8(cursor, &flags) != SW_OK ||
        sw_cursor_u32(cursor, &root) != SW_OK || sw_cursor_block(cursor, &name) != SW_OK ||
        sw_cursor_block(cursor, &namespace_) != SW_OK || sw_cursor_block(cursor, &text) != SW_OK)
        return ends_early(reader);
    if (kind > SW_PACK_INDICATORS || (flags & ~FLAG_INCLUDE_ONLY) != 0)
        return damaged_file(reader, index, "is of an unknown kind");
    const char *why = sw_pack_fault_of_name(name);
    if (!why)
        why = fault_of_namespace(namespace_);
    if (!why && text.size > SW_RULE_FILE_SIZE_MAX)
        why = "is larger than 16 MiB";
    if (why)
        return damaged_file(reader, index, why);
    file->kind = (enum sw_pack_kind)kind;
    file->include_only = flags == FLAG_INCLUDE_ONLY;
    file->root_index = root;
    file->name = take_text(name, &why);
    file->root_relative = file->name ? take_text(name, &why) : NULL;
    file->namespace_ = file->root_relative ? take_text(namespace_, &why) : NULL;
    file->text = file->namespace_ ? take_text(text, &why) : NULL;
    file->text_size = text.size;
    if (!why)
        why = fault_of_order(rules, index);
    return why ? damaged_file(reader, index, why) : SW_OK;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum sw_status check_namespaces(const struct reader *reader, const struct sw_rulepack *rules)
{
    const char **sorted = calloc(rules->count, sizeof(*sorted));
    if (!sorted)
        return sw_fail(reader->error, SW_STOP, "pack", ENOMEM, "%s", reader->name);
    for (size_t i = 0; i < rules->count; i++)
        sorted[i] = rules->files[i].namespace_;
    qsort(sorted, rules->count, sizeof(*sorted), compare_texts);
    enum sw_status status = SW_OK;
    for (size_t i = 1; status == SW_OK && i < rules->count; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            status = sw_fail(reader->error, SW_STOP, "pack", 0,
                             "%s: damaged rule pack: it has the namespace %s twice", reader->name,
                             sorted[i]);
    free(sorted);
    return status;
}

/* The version comes first: of another one nothing else may be believed. */
static enum sw_status decode_header(struct reader *reader, uint64_t *covered)
{
    struct sw_view magic;
    uint32_t version = 0;
    uint32_t count = 0;
    if (sw_cursor_bytes(&reader->cursor, SW_PACK_MAGIC_SIZE, &magic) != SW_OK ||
        memcmp(magic.data, SW_PACK_MAGIC, SW_PACK_MAGIC_SIZE) != 0)
        return sw_fail(reader->error, SW_STOP, "pack", 0, "%s: not a rule pack", reader->name);
    if (sw_cursor_u32(&reader->cursor, &version) != SW_OK)
        return ends_early(reader);
    if (version != SW_PACK_VERSION)
        return sw_fail(reader->error, SW_STOP, "pack", 0,
                       "%s: a rule pack of format version %u; this program reads version %d",
                       reader->name, version, SW_PACK_VERSION);
    if (sw_cursor_u32(&reader->cursor, &count) != SW_OK ||
        sw_cursor_u64(&reader->cursor, covered) != SW_OK)
        return ends_early(reader);
    if (count == 0)
        return sw_fail(reader->error, SW_STOP, "pack", 0, "%s: a rule pack without files",
                       reader->name);
    if (count > SW_PACK_FILES_MAX)
        return sw_fail(reader->error, SW_STOP, "pack", 0,
                       "%s: a rule pack of over %d files, or a damaged one", reader->name,
                       SW_PACK_FILES_MAX);
    if (count > reader->cursor.rest.size / FILE_SIZE_MIN)
        return ends_early(reader);
    reader->file_count = count;
    return SW_OK;
}

/* The digest: before any file is looked at, so that damage is called damage. */
static enum sw_status check_digest(const struct reader *reader, struct sw_pack *pack)
{
    const uint8_t *written = pack->covered.data + pack->covered.size;
    char hex[SW_SHA256_HEX_SIZE];
    if (sw_digest_of(pack->covered.data, pack->covered.size, pack->digest) != SW_OK)
        return sw_fail(reader->error, SW_STOP, "pack", ENOMEM, "%s", reader->name);
    if (strcmp(sw_pack_hex(written, hex), pack->digest) != 0)
        return sw_fail(reader->error, SW_STOP, "pack", 0,
                       "%s: damaged rule pack: its content is not what its digest says",
                       reader->name);
    return SW_OK;
}

static enum sw_status decode_signatures(struct reader *reader, struct sw_pack *pack)
{
    struct sw_view digest;
    uint32_t count = 0;
    if (sw_cursor_bytes(&reader->cursor, SW_PACK_DIGEST_SIZE, &digest) != SW_OK ||
        sw_cursor_u32(&reader->cursor, &count) != SW_OK)
        return ends_early(reader);
    if (count > SW_PACK_SIGNATURES_MAX)
        return sw_fail(reader->error, SW_STOP, "pack", 0,
                       "%s: damaged rule pack: more than %d signatures", reader->name,
                       SW_PACK_SIGNATURES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        struct sw_pack_signature *row = &pack->signatures[i];
        struct sw_view view;
        if (sw_cursor_bytes(&reader->cursor, SIGNATURE_ROOM, &view) != SW_OK)
            return ends_early(reader);
        memcpy(row->key_id, view.data, sizeof(row->key_id));
        memcpy(row->bytes, view.data + sizeof(row->key_id), sizeof(row->bytes));
        if (i > 0 && memcmp(row[-1].key_id, row->key_id, sizeof(row->key_id)) >= 0)
            return sw_fail(reader->error, SW_STOP, "pack", 0,
                           "%s: damaged rule pack: a key signed twice, or signatures are out of "
                           "order",
                           reader->name);
        pack->signature_count++;
    }
    if (!sw_cursor_at_end(&reader->cursor))
        return sw_fail(reader->error, SW_STOP, "pack", 0,
                       "%s: damaged rule pack: %zu bytes after its end", reader->name,
                       reader->cursor.rest.size);
    return SW_OK;
}

static enum sw_status decode_files(struct reader *reader, struct sw_pack *pack)
{
    pack->rules = calloc(1, sizeof(*pack->rules));
    if (pack->rules)
        pack->rules->files = calloc(reader->file_count, sizeof(*pack->rules->files));
    if (!pack->rules || !pack->rules->files)
        return sw_fail(reader->error, SW_STOP, "pack", ENOMEM, "%s", reader->name);
    enum sw_status status = SW_OK;
    while (status == SW_OK && pack->rules->count < reader->file_count)
        status = decode_file(reader, pack->rules);
    if (status == SW_OK && !sw_cursor_at_end(&reader->cursor))
        status = sw_fail(reader->error, SW_STOP, "pack", 0,
                         "%s: damaged rule pack: %zu bytes after its last file", reader->name,
                         reader->cursor.rest.size);
    return status == SW_OK ? check_namespaces(reader, pack->rules) : status;
}

static enum sw_status decode(struct sw_pack *pack, const char *name, struct sw_error *error)
{
    struct sw_view whole = {pack->bytes, pack->size};
    struct reader reader = {sw_cursor_of(whole), name, error, 0};
    struct reader files = reader;
    uint64_t covered = 0;
    enum sw_status status = decode_header(&files, &covered);
    if (status != SW_OK)
        return status;
    if (covered < SW_PACK_HEADER_SIZE || pack->size < SW_PACK_DIGEST_SIZE ||
        covered > pack->size - SW_PACK_DIGEST_SIZE)
        return ends_early(&reader);
    if (sw_cursor_bytes(&reader.cursor, (size_t)covered, &pack->covered) != SW_OK)
        return ends_early(&reader);
    files.cursor.rest.size = (size_t)covered - SW_PACK_HEADER_SIZE;
    status = decode_signatures(&reader, pack);
    if (status == SW_OK)
        status = check_digest(&reader, pack);
    if (status == SW_OK)
        status = decode_files(&files, pack);
    return status;
}

enum sw_status sw_pack_decode(uint8_t *bytes, size_t size, const char *name, struct sw_pack **pack,
                              struct sw_error *error)
{
    struct sw_pack *made = calloc(1, sizeof(*made));
    if (!made) {
        free(bytes);
        return sw_fail(error, SW_STOP, "pack", ENOMEM, "%s", name);
    }
    made->bytes = bytes;
    made->size = size;
    enum sw_status status = decode(made, name, error);
    if (status != SW_OK) {
        sw_pack_free(made);
        return status;
    }
    *pack = made; /* the caller's from here on */
    return SW_OK;
}

void sw_pack_free(struct sw_pack *pack)
{
    if (!pack)
        return;
    sw_rulepack_free(pack->rules);
    free(pack->bytes);
    free(pack);
}

enum sw_status sw_pack_read(int fd, const char *name, struct sw_pack **pack, struct sw_error *error)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return sw_fail(error, SW_STOP, "pack", errno, "%s", name);
    if (!S_ISREG(facts.st_mode))
        return sw_fail(error, SW_STOP, "pack", 0, "%s: not a regular file", name);
    if ((uint64_t)facts.st_size > SW_PACK_SIZE_MAX)
        return sw_fail(error, SW_STOP, "pack", 0, "%s: larger than 128 MiB", name);
    size_t size = (size_t)facts.st_size;
    uint8_t *bytes = malloc(size + 1); /* never 0 */
    if (!bytes)
        return sw_fail(error, SW_STOP, "pack", ENOMEM, "%s", name);
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(fd, bytes + done, size - done, (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            int errnum = got < 0 ? errno : 0;
            free(bytes);
            return sw_fail(error, SW_STOP, "pack", errnum,
                           errnum ? "%s" : "%s: shrank while it was read", name);
        }
        done += (size_t)got;
    }
    return sw_pack_decode(bytes, size, name, pack, error);
}
