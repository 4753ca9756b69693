/* SPDX-License-Identifier: Apache-2.0 */
/* test_pack.c - rule packs: made, read back, damaged in every way, signed, trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/pack_load.h"
#include "supervisor/pack_sign.h"
#include "supervisor/pack_trust.h"
#include "supervisor/pack_write.h"
#include "temp_root.h"

/* --- packs by hand: what the format says, not what the program does --- */

struct made {
    struct sw_buf buf;
    uint32_t version;
    uint32_t count;       /* as the header says; -1: as many as there are */
    int64_t covered_more; /* added to the size in the header */
    bool wrong_digest;
    uint32_t signature_count;
};

static struct made pack_begin(void)
{
    struct made made = {.version = 1, .count = UINT32_MAX};
    sw_buf_init(&made.buf, SW_PACK_SIZE_MAX);
    return made;
}

static void put(struct sw_buf *buf, const void *data, size_t size)
{
    assert_int_equal(sw_buf_append(buf, data, size), SW_OK);
}

static void put_number(struct sw_buf *buf, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        assert_int_equal(sw_buf_append_u8(buf, (uint8_t)(value >> (8 * i))), SW_OK);
}

struct entry {
    unsigned kind;
    unsigned flags;
    uint32_t root;
    const char *name;
    const char *namespace_;
    const char *text;
    size_t name_size; /* 0: as long as the text */
    size_t text_size;
    uint32_t length_more; /* added to the length of the text */
};

static void put_sized(struct sw_buf *buf, const char *text, size_t size, uint32_t more)
{
    if (size == 0)
        size = strlen(text);
    put_number(buf, (uint32_t)size + more, 4);
    put(buf, text, size);
}

static uint8_t *pack_end(struct made *made, const struct entry *entries, size_t count,
                         const char *tail, size_t *size)
{
    struct sw_buf *buf = &made->buf;
    uint8_t digest[EVP_MAX_MD_SIZE];
    put(buf, SW_PACK_MAGIC, 8);
    put_number(buf, made->version, 4);
    put_number(buf, made->count == UINT32_MAX ? count : made->count, 4);
    put_number(buf, 0, 8);
    for (size_t i = 0; i < count; i++) {
        put_number(buf, entries[i].kind, 1);
        put_number(buf, entries[i].flags, 1);
        put_number(buf, entries[i].root, 4);
        put_sized(buf, entries[i].name, entries[i].name_size, 0);
        put_sized(buf, entries[i].namespace_, 0, 0);
        put_sized(buf, entries[i].text, entries[i].text_size, entries[i].length_more);
    }
    uint64_t covered = buf->size + (uint64_t)made->covered_more;
    for (size_t i = 0; i < 8; i++)
        buf->data[16 + i] = (uint8_t)(covered >> (8 * i));
    assert_int_equal(EVP_Digest(buf->data, buf->size, digest, NULL, EVP_sha256(), NULL), 1);
    digest[31] ^= made->wrong_digest;
    put(buf, digest, 32);
    put_number(buf, made->signature_count, 4);
    put(buf, tail, strlen(tail));
    uint8_t *bytes = malloc(buf->size);
    assert_non_null(bytes);
    memcpy(bytes, buf->data, buf->size);
    *size = buf->size;
    sw_buf_done(buf);
    return bytes;
}

static const struct entry ONE = {0, 0, 0, "a.yar", "a", "rule a { condition: true }", 0, 0, 0};

static void assert_bytes_refused(uint8_t *bytes, size_t size, const char *words)
{
    struct sw_pack *pack = NULL;
    struct sw_error error = {.errnum = 0};
    assert_int_equal(sw_pack_decode(bytes, size, "x.pack", &pack, &error), SW_STOP);
    assert_null(pack);
    if (!strstr(error.text, words) || strncmp(error.text, "x.pack: ", 8) != 0)
        fail_msg("\"%s\" does not say \"%s\"", error.text, words);
}

static void assert_refused(struct made made, const struct entry *entries, size_t count,
                           const char *tail, const char *words)
{
    size_t size = 0;
    uint8_t *bytes = pack_end(&made, entries, count, tail, &size);
    assert_bytes_refused(bytes, size, words);
}

static void assert_entry_refused(struct entry entry, const char *words)
{
    assert_refused(pack_begin(), &entry, 1, "", words);
}

static struct sw_pack *taken(struct made made, const struct entry *entries, size_t count)
{
    size_t size = 0;
    struct sw_pack *pack = NULL;
    struct sw_error error = {.errnum = 0};
    uint8_t *bytes = pack_end(&made, entries, count, "", &size);
    if (sw_pack_decode(bytes, size, "x.pack", &pack, &error) != SW_OK)
        fail_msg("%s", error.text);
    return pack;
}

static void whole_pack_is_taken(void **state)
{
    (void)state;
    const struct entry entries[] = {
        ONE,
        {0, 1, 0, "sub/b..c.inc", "sub/b..c.inc", "", 0, 0, 0},
        {1, 0, 1, "a.yar", "a~2", "{}", 0, 0, 0},
    };
    struct sw_pack *pack = taken(pack_begin(), entries, 3);
    assert_int_equal(pack->rules->count, 3);
    assert_string_equal(pack->rules->files[0].text, ONE.text);
    assert_int_equal(pack->rules->files[0].kind, SW_PACK_RULES);
    assert_true(pack->rules->files[1].include_only);
    assert_int_equal(pack->rules->files[1].text_size, 0);
    assert_int_equal(pack->rules->files[2].kind, SW_PACK_INDICATORS);
    assert_int_equal(pack->rules->files[2].root_index, 1);
    assert_string_equal(pack->rules->files[2].namespace_, "a~2");
    assert_int_equal(pack->signature_count, 0);
    struct sw_buf again;
    sw_buf_init(&again, SW_PACK_SIZE_MAX);
    assert_int_equal(sw_pack_encode(&again, pack->rules, "again", NULL), SW_OK);
    assert_int_equal(sw_pack_encode_end(&again, NULL, 0, "again", NULL), SW_OK);
    assert_int_equal(again.size, pack->size);
    assert_memory_equal(again.data, pack->bytes, again.size);
    sw_buf_done(&again);
    sw_pack_free(pack);
}

static void headers_are_checked(void **state)
{
    (void)state;
    struct made made = pack_begin();
    made.version = 2;
    assert_refused(made, &ONE, 1, "", "format version 2; this program reads version 1");
    made = pack_begin();
    made.count = 0;
    assert_refused(made, NULL, 0, "", "without files");
    made = pack_begin();
    made.count = 2;
    assert_refused(made, &ONE, 1, "", "ends too early");
    made = pack_begin();
    made.count = UINT32_MAX - 1;
    assert_refused(made, &ONE, 1, "", "files, or a damaged one");
    made = pack_begin();
    made.count = SW_PACK_FILES_MAX;
    assert_refused(made, &ONE, 1, "", "ends too early");
    made = pack_begin();
    made.count = 1;
    const struct entry two[] = {ONE, {0, 0, 0, "b.yar", "b", "", 0, 0, 0}};
    assert_refused(made, two, 2, "", "bytes after its last file");
    assert_bytes_refused(malloc(1), 0, "not a rule pack");
    assert_bytes_refused((uint8_t *)strdup("rule a { condition: true }"), 26, "not a rule pack");
}

static void sizes_are_checked(void **state)
{
    (void)state;
    static const int64_t wrong[] = {1, -1, 4, 36, -24, -100000, INT32_MAX, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct made made = pack_begin();
        made.covered_more = wrong[i];
        assert_refused(made, &ONE, 1, "", "damaged rule pack");
    }
    struct entry entry = ONE;
    entry.length_more = 1;
    assert_entry_refused(entry, "ends too early");
    entry.length_more = UINT32_MAX - (uint32_t)strlen(ONE.text); /* 4 GB - 1 */
    assert_entry_refused(entry, "ends too early");
    entry.length_more = UINT32_MAX;
    assert_entry_refused(entry, "after its last file");
    struct made made = pack_begin();
    made.wrong_digest = true;
    assert_refused(made, &ONE, 1, "", "not what its digest says");
    assert_refused(pack_begin(), &ONE, 1, "x", "1 bytes after its end");
}

static void names_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words;
    } rows[] = {
        {"/etc/a.yar", "absolute"},
        {"a//b.yar", "empty part"},
        {"a/", "empty part"},
        {"..", "lead out"},
        {"../a.yar", "lead out"},
        {"a/../b.yar", "lead out"},
        {"a/..", "lead out"},
        {"./a.yar", "lead out"},
        {"a/./b", "lead out"},
        {"\xff.yar", "printable UTF-8"},
        {"a\nb", "printable UTF-8"},
        {"\xc0\xaf", "UTF-8"},
        {"a\x1b[2J", "printable UTF-8"},
        {"\xe2\x80\xae"
         "a",
         "UTF-8"},
        {"\xed\xa0\x80", "UTF-8"},
    };
    struct entry entry = ONE;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        entry.name = rows[i].name;
        assert_entry_refused(entry, rows[i].words);
    }
    entry.name = "a\0b";
    entry.name_size = 3;
    assert_entry_refused(entry, "printable UTF-8");
    char long_name[SW_PACK_NAME_MAX + 2];
    memset(long_name, 'n', sizeof(long_name));
    long_name[SW_PACK_NAME_MAX + 1] = '\0';
    entry.name = long_name;
    entry.name_size = 0;
    assert_entry_refused(entry, "over 4,096 bytes");
    long_name[SW_PACK_NAME_MAX] = '\0';
    sw_pack_free(taken(pack_begin(), &entry, 1));
    entry.name = "";
    assert_entry_refused(entry, "no name");
    entry = ONE;
    entry.namespace_ = "";
    assert_entry_refused(entry, "namespace");
    entry.namespace_ = "a\tb";
    assert_entry_refused(entry, "namespace");
}

static void contents_are_checked(void **state)
{
    (void)state;
    struct entry entry = ONE;
    entry.kind = 2;
    assert_entry_refused(entry, "unknown kind");
    entry = ONE;
    entry.flags = 2;
    assert_entry_refused(entry, "unknown kind");
    entry = ONE;
    entry.text = "YARA\0compiled";
    entry.text_size = 13;
    assert_entry_refused(entry, "not compiled rules");
    entry.text = SW_PACK_MAGIC "\1\0\0\0";
    entry.text_size = 12;
    assert_entry_refused(entry, "is a rule pack itself");
}

static void order_is_checked(void **state)
{
    (void)state;
    const struct entry b = {0, 0, 0, "b.yar", "b", "", 0, 0, 0};
    struct entry two[] = {ONE, b};
    two[1].name = "a.yar";
    assert_refused(pack_begin(), two, 2, "", "file 2 of 2 has the same name");
    two[1].name = "B.yar";
    assert_refused(pack_begin(), two, 2, "", "out of order");
    two[1] = b;
    two[1].namespace_ = "a";
    assert_refused(pack_begin(), two, 2, "", "namespace a twice");
    two[1] = b;
    two[1].root = 2;
    assert_refused(pack_begin(), two, 2, "", "out of order");
    two[1].root = 1;
    two[0].root = 1;
    assert_refused(pack_begin(), two, 2, "", "out of order");
    two[0].root = 0;
    sw_pack_free(taken(pack_begin(), two, 2));
}

static void every_cut_is_noticed(void **state)
{
    (void)state;
    struct made made = pack_begin();
    char tail[97];
    memset(tail, 's', 96);
    tail[96] = '\0';
    made.signature_count = 1;
    size_t size = 0;
    uint8_t *whole = pack_end(&made, &ONE, 1, tail, &size);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut + 1);
        assert_non_null(part);
        memcpy(part, whole, cut);
        uint8_t *fitting = realloc(part, cut > 0 ? cut : 1);
        assert_bytes_refused(fitting ? fitting : part, cut, cut < 8 ? "not a rule pack" : "early");
    }
    /* Any single changed byte before the signatures is noticed too. */
    for (size_t i = 0; i < size - 96; i++) {
        struct sw_pack *pack = NULL;
        uint8_t *copy = malloc(size);
        assert_non_null(copy);
        memcpy(copy, whole, size);
        copy[i] ^= 1;
        assert_int_equal(sw_pack_decode(copy, size, "x", &pack, NULL), SW_STOP);
    }
    free(whole);
}

static void signatures_are_counted(void **state)
{
    (void)state;
    struct made made = pack_begin();
    made.signature_count = 17;
    assert_refused(made, &ONE, 1, "", "more than 16 signatures");
    made = pack_begin();
    made.signature_count = UINT32_MAX;
    assert_refused(made, &ONE, 1, "", "more than 16 signatures");
    made = pack_begin();
    made.signature_count = 1;
    assert_refused(made, &ONE, 1, "short", "ends too early");
    char tail[193];
    memset(tail, 's', 192);
    tail[192] = '\0';
    made = pack_begin();
    made.signature_count = 2;
    assert_refused(made, &ONE, 1, tail, "a key signed twice");
    tail[0] = 't';
    made = pack_begin();
    made.signature_count = 2;
    assert_refused(made, &ONE, 1, tail, "out of order");
    made = pack_begin();
    made.signature_count = 1;
    assert_refused(made, &ONE, 1, tail, "96 bytes after its end");
}

/* --- keys --- */

static EVP_PKEY *new_key(const char *name)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, name);
    assert_non_null(key);
    return key;
}

static void write_key(const char *path, EVP_PKEY *key, bool private_too, mode_t mode)
{
    FILE *file = fopen(at(path), "w");
    assert_non_null(file);
    assert_int_equal(private_too ? PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL)
                                 : PEM_write_PUBKEY(file, key),
                     1);
    fclose(file);
    assert_int_equal(chmod(at(path), mode), 0);
}

static void write_pair(const char *private_path, const char *public_path)
{
    EVP_PKEY *key = new_key("ED25519");
    write_key(private_path, key, true, 0600);
    write_key(public_path, key, false, 0644);
    EVP_PKEY_free(key);
}

static void assert_private_refused(const char *path, const char *words)
{
    struct sw_key *key = NULL;
    bool exposed = false;
    struct sw_error error = {.errnum = 0};
    assert_int_equal(sw_key_read_private(at(path), &key, &exposed, &error), SW_STOP);
    assert_null(key);
    if (!strstr(error.text, words) || !strstr(error.text, path))
        fail_msg("\"%s\" does not say \"%s\"", error.text, words);
}

static void assert_public_refused(const char *path, const char *words)
{
    struct sw_key *key = NULL;
    struct sw_error error = {.errnum = 0};
    assert_int_equal(sw_key_read_public(at(path), &key, &error), SW_STOP);
    assert_null(key);
    if (!strstr(error.text, words) || !strstr(error.text, path))
        fail_msg("\"%s\" does not say \"%s\"", error.text, words);
}

static void keys_of_other_kinds_are_refused(void **state)
{
    (void)state;
    EVP_PKEY *other = new_key("X25519");
    EVP_PKEY *good = new_key("ED25519");
    write_key("x.pem", other, true, 0600);
    write_key("x.pub", other, false, 0644);
    write_key("k.pem", good, true, 0600);
    write_key("k.pub", good, false, 0644);
    FILE *file = fopen(at("enc.pem"), "w");
    assert_non_null(file);
    assert_int_equal(
        PEM_write_PKCS8PrivateKey(file, good, EVP_aes_256_cbc(), "word", 4, NULL, NULL), 1);
    fclose(file);
    file = fopen(at("junk.pem"), "w");
    assert_non_null(file);
    fputs("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", file);
    fclose(file);
    EVP_PKEY_free(other);
    EVP_PKEY_free(good);
    assert_private_refused("x.pem", "not an Ed25519 key");
    assert_private_refused("k.pub", "a public key");
    assert_private_refused("enc.pem", "has a password");
    assert_private_refused("junk.pem", "no private key");
    assert_private_refused("missing.pem", "No such file");
    assert_private_refused("", "not a file with a key");
    assert_public_refused("x.pub", "not an Ed25519 key");
    assert_public_refused("k.pem", "a private key");
    assert_public_refused("missing.pub", "No such file");
    assert_int_equal(truncate(at("junk.pem"), 100000), 0);
    assert_private_refused("junk.pem", "larger than 64 KiB");
}

static void exposed_keys_are_noticed(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        bool exposed;
    } rows[] = {{0600, false}, {0400, false}, {0640, true}, {0604, true}, {0620, true}};
    write_pair("m.pem", "m.pub");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sw_key *key = NULL;
        bool exposed = !rows[i].exposed;
        assert_int_equal(chmod(at("m.pem"), rows[i].mode), 0);
        assert_int_equal(sw_key_read_private(at("m.pem"), &key, &exposed, NULL), SW_OK);
        assert_int_equal(exposed, rows[i].exposed);
        sw_key_free(key);
    }
}

/* A pack with one file, signed by the keys below the root. */
static struct sw_pack *signed_pack(const char *const *keys, size_t count)
{
    struct sw_pack *plain = taken(pack_begin(), &ONE, 1);
    struct sw_pack *pack = NULL;
    struct sw_pack_signature signatures[4];
    struct sw_buf buf;
    sw_buf_init(&buf, SW_PACK_SIZE_MAX);
    assert_int_equal(sw_pack_encode(&buf, plain->rules, "x", NULL), SW_OK);
    for (size_t i = 0; i < count; i++) {
        struct sw_key *key = NULL;
        bool exposed = false;
        assert_int_equal(sw_key_read_private(at(keys[i]), &key, &exposed, NULL), SW_OK);
        assert_int_equal(sw_key_sign(key, sw_buf_view(&buf), &signatures[i], NULL), SW_OK);
        assert_true(sw_key_verify(key, sw_buf_view(&buf), &signatures[i]));
        sw_key_free(key);
    }
    assert_int_equal(sw_pack_encode_end(&buf, signatures, count, "x", NULL), SW_OK);
    assert_int_equal(sw_pack_decode(buf.data, buf.size, "x", &pack, NULL), SW_OK);
    sw_pack_free(plain);
    return pack;
}

static enum sw_status judge(struct sw_pack *pack, bool required, const char *key,
                            struct sw_error *error)
{
    struct sw_trust trust = {NULL, 0, false};
    char path[256];
    const char *paths[] = {path};
    snprintf(path, sizeof(path), "%s", key ? at(key) : "");
    assert_int_equal(sw_trust_load(paths, key ? 1 : 0, required, &trust, error), SW_OK);
    for (size_t i = 0; i < pack->signature_count; i++)
        pack->signatures[i].state = SW_SIGNATURE_UNKNOWN;
    enum sw_status status = sw_trust_judge(&trust, pack, "x.pack", error);
    sw_trust_done(&trust);
    return status;
}

static void trust_is_what_it_says(void **state)
{
    (void)state;
    static const char *const keys[] = {"1.pem", "2.pem"};
    struct sw_error error = {.errnum = 0};
    write_pair("1.pem", "1.pub");
    write_pair("2.pem", "2.pub");
    write_pair("3.pem", "3.pub");
    struct sw_pack *none = signed_pack(keys, 0);
    struct sw_pack *two = signed_pack(keys, 2);
    assert_int_equal(two->signature_count, 2);
    assert_int_equal(judge(none, false, NULL, &error), SW_OK);
    assert_int_equal(judge(none, true, "1.pub", &error), SW_STOP);
    assert_non_null(strstr(error.text, "x.pack: not signed by a trusted key"));
    assert_int_equal(judge(two, true, "1.pub", &error), SW_OK);
    assert_int_equal(judge(two, true, "2.pub", &error), SW_OK);
    assert_int_equal(two->signatures[0].state + two->signatures[1].state, SW_SIGNATURE_GOOD);
    assert_int_equal(judge(two, false, "3.pub", &error), SW_OK);
    assert_int_equal(judge(two, true, "3.pub", &error), SW_STOP);
    assert_int_equal(judge(two, true, NULL, &error), SW_STOP);
    assert_non_null(strstr(error.text, "no --trusted-key is given"));
    /* Each bit of a signature counts, whether or not one is required. */
    for (size_t i = 0; i < SW_SIGNATURE_SIZE; i++) {
        two->signatures[0].bytes[i] ^= 0x10;
        two->signatures[1].bytes[i] ^= 0x10;
        assert_int_equal(judge(two, false, "1.pub", &error), SW_STOP);
        assert_non_null(strstr(error.text, "x.pack: wrong signature"));
        two->signatures[0].bytes[i] ^= 0x10;
        two->signatures[1].bytes[i] ^= 0x10;
    }
    /* A signature of one key under the name of another. */
    uint8_t id[SW_KEY_ID_SIZE];
    memcpy(id, two->signatures[0].key_id, sizeof(id));
    memcpy(two->signatures[0].key_id, two->signatures[1].key_id, sizeof(id));
    memcpy(two->signatures[1].key_id, id, sizeof(id));
    assert_int_equal(judge(two, true, "1.pub", &error), SW_STOP);
    assert_int_equal(judge(two, true, "2.pub", &error), SW_STOP);
    sw_pack_free(none);
    sw_pack_free(two);
}

static void write_is_one_step(void **state)
{
    (void)state;
    struct sw_error error = {.errnum = 0};
    struct sw_view bytes = {(const uint8_t *)"0123456789", 10};
    struct stat facts;
    umask(027);
    assert_int_equal(sw_pack_write(at("new.pack"), bytes, &error), SW_OK);
    assert_int_equal(stat(at("new.pack"), &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0640);
    assert_int_equal(facts.st_size, 10);
    assert_int_equal(chmod(at("new.pack"), 0604), 0);
    assert_int_equal(symlink("new.pack", at("link.pack")), 0);
    assert_int_equal(sw_pack_write(at("link.pack"), (struct sw_view){bytes.data, 4}, &error),
                     SW_OK);
    assert_int_equal(lstat(at("link.pack"), &facts), 0);
    assert_true(S_ISLNK(facts.st_mode));
    assert_int_equal(stat(at("new.pack"), &facts), 0);
    assert_int_equal(facts.st_size, 4);
    assert_int_equal(facts.st_mode & 0777, 0604);
    assert_int_equal(sw_pack_write("/dev/null", bytes, &error), SW_OK);
    assert_int_equal(stat("/dev/null", &facts), 0);
    assert_true(S_ISCHR(facts.st_mode));
    assert_int_equal(sw_pack_write("/dev/full", bytes, &error), SW_STOP);
    assert_int_equal(sw_pack_write(at("no/such/place"), bytes, &error), SW_STOP);
    assert_non_null(strstr(error.text, "no/such/place"));
    assert_int_equal(sw_pack_write(root, bytes, &error), SW_STOP);
}

static void pipes_become_files(void **state)
{
    (void)state;
    int ends[2];
    struct sw_error error = {.errnum = 0};
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], SW_PACK_MAGIC "abc", 11), 11);
    close(ends[1]);
    assert_false(sw_pack_recognise(ends[0]));
    assert_int_equal(sw_pack_settle_pipe(&ends[0], "pipe", &error), SW_OK);
    assert_true(sw_pack_recognise(ends[0]));
    char rest[12];
    assert_int_equal(read(ends[0], rest, sizeof(rest)), 11);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_pack_is_taken),
        cmocka_unit_test(headers_are_checked),
        cmocka_unit_test(sizes_are_checked),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(contents_are_checked),
        cmocka_unit_test(order_is_checked),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(signatures_are_counted),
        cmocka_unit_test_setup_teardown(keys_of_other_kinds_are_refused, make_root, drop_root),
        cmocka_unit_test_setup_teardown(exposed_keys_are_noticed, make_root, drop_root),
        cmocka_unit_test_setup_teardown(trust_is_what_it_says, make_root, drop_root),
        cmocka_unit_test_setup_teardown(write_is_one_step, make_root, drop_root),
        cmocka_unit_test(pipes_become_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
