/* SPDX-License-Identifier: Apache-2.0 */
/* test_wire.c - messages, descriptors, and what a lying peer can send. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/view.h"
#include "sweeper/image.h"
#include "sweeper/wire.h"

struct pair {
    int here, there;
    struct sw_wire_in in;
    struct sw_message message;
};

static int open_pair(void **state)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    int fds[2];
    struct sw_error error;

    if (pair == NULL || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return -1;
    pair->here = fds[0];
    pair->there = fds[1];
    sw_message_init(&pair->message);
    *state = pair;
    return sw_wire_in_init(&pair->in, pair->there, &error) == SW_OK ? 0 : -1;
}

static int close_pair(void **state)
{
    struct pair *pair = *state;

    sw_message_done(&pair->message);
    sw_wire_in_done(&pair->in);
    if (pair->here >= 0)
        close(pair->here);
    close(pair->there);
    free(pair);
    return 0;
}

static enum sw_status send_message(struct pair *pair, enum sw_message_type type, unsigned sender,
                                   const void *body, size_t size, const int *fds, size_t fd_count)
{
    struct sw_wire_out out = {
        .type = type, .sender = sender, .body = {body, size}, .fds = fds, .fd_count = fd_count};
    struct sw_error error;

    return sw_wire_send(&out, pair->here, true, &error);
}

static enum sw_status receive(struct pair *pair)
{
    struct sw_error error;

    return sw_wire_receive(&pair->in, false, &pair->message, &error);
}

static void test_small_message(void **state)
{
    struct pair *pair = *state;

    assert_int_equal(receive(pair), SW_PART);
    assert_int_equal(send_message(pair, SW_MESSAGE_READY, 0, "hello", 5, NULL, 0), SW_OK);
    assert_int_equal(receive(pair), SW_OK);
    assert_int_equal(pair->message.type, SW_MESSAGE_READY);
    assert_int_equal(pair->message.body.size, 5);
    assert_memory_equal(pair->message.body.data, "hello", 5);
    assert_int_equal(receive(pair), SW_PART);
}

static void test_empty_body(void **state)
{
    struct pair *pair = *state;

    assert_int_equal(send_message(pair, SW_MESSAGE_ACKS, 3, "", 0, NULL, 0), SW_OK);
    assert_int_equal(receive(pair), SW_OK);
    assert_int_equal(pair->message.sender, 3);
    assert_int_equal(pair->message.body.size, 0);
}

/* Chunk edges: one less, exactly, one more; and several chunks. */
static void test_chunks(void **state)
{
    struct pair *pair = *state;
    static const size_t sizes[] = {SW_WIRE_CHUNK_MAX - 1, SW_WIRE_CHUNK_MAX, SW_WIRE_CHUNK_MAX + 1,
                                   3 * SW_WIRE_CHUNK_MAX + 7};
    uint8_t *body = malloc(4 * (size_t)SW_WIRE_CHUNK_MAX);

    assert_non_null(body);
    for (size_t i = 0; i < 4 * (size_t)SW_WIRE_CHUNK_MAX; i++)
        body[i] = (uint8_t)(i * 31 >> 3);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(send_message(pair, SW_MESSAGE_RECORD, 1, body, sizes[i], NULL, 0), SW_OK);
        assert_int_equal(receive(pair), SW_OK);
        assert_int_equal(pair->message.body.size, sizes[i]);
        assert_memory_equal(pair->message.body.data, body, sizes[i]);
    }
    free(body);
}

static void test_descriptors(void **state)
{
    struct pair *pair = *state;
    int fds[SW_BATCH_ITEMS_MAX];
    char byte = 0;

    for (size_t i = 0; i < SW_BATCH_ITEMS_MAX; i++) {
        int ends[2];
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        assert_int_equal(write(ends[1], &(char){(char)i}, 1), 1);
        close(ends[1]);
        fds[i] = ends[0];
    }
    assert_int_equal(send_message(pair, SW_MESSAGE_BATCH, 0, "x", 1, fds, SW_BATCH_ITEMS_MAX),
                     SW_OK);
    for (size_t i = 0; i < SW_BATCH_ITEMS_MAX; i++)
        close(fds[i]);
    assert_int_equal(receive(pair), SW_OK);
    assert_int_equal(pair->message.fd_count, SW_BATCH_ITEMS_MAX);
    for (size_t i = 0; i < SW_BATCH_ITEMS_MAX; i++) {
        assert_true(fcntl(pair->message.fds[i], F_GETFD) & FD_CLOEXEC);
        assert_int_equal(read(pair->message.fds[i], &byte, 1), 1);
        assert_int_equal(byte, (char)i);
    }
}

enum { MANY = SW_BATCH_FDS_MAX };

/* More than one datagram can carry, in their order, whatever the size of the body. */
static void test_many_descriptors(void **state)
{
    struct pair *pair = *state;
    struct rlimit limit;
    static int fds[MANY];
    static uint8_t body[3 * SW_WIRE_CHUNK_MAX];
    const size_t sizes[] = {(MANY + SW_WIRE_FDS_MAX - 1) / SW_WIRE_FDS_MAX, 1000, sizeof(body)};

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < (rlim_t)3 * MANY)
        skip();
    for (size_t i = 0; i < MANY; i++) {
        fds[i] = memfd_create("test", MFD_CLOEXEC);
        assert_true(fds[i] >= 0);
        assert_int_equal(ftruncate(fds[i], (off_t)i), 0);
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        body[sizes[i] - 1] = 9;
        assert_int_equal(send_message(pair, SW_MESSAGE_BATCH, 0, body, sizes[i], fds, MANY), SW_OK);
        assert_int_equal(receive(pair), SW_OK);
        assert_int_equal(pair->message.fd_count, MANY);
        assert_int_equal(pair->message.body.size, sizes[i]);
        assert_memory_equal(pair->message.body.data, body, sizes[i]);
        for (size_t at = 0; at < MANY; at++)
            assert_int_equal(lseek(pair->message.fds[at], 0, SEEK_END), (off_t)at);
    }
    /* Too few bytes for that many, too many of them, or another kind of message. */
    assert_int_equal(send_message(pair, SW_MESSAGE_BATCH, 0, body, sizes[0] - 1, fds, MANY),
                     SW_STOP);
    assert_int_equal(send_message(pair, SW_MESSAGE_BATCH, 0, body, 1000, fds, MANY + 1), SW_STOP);
    assert_int_equal(send_message(pair, SW_MESSAGE_RECORD, 0, body, 1000, fds, 65), SW_STOP);
    for (size_t i = 0; i < MANY; i++)
        close(fds[i]);
}

static bool send_by_hand(int fd, uint32_t whole, uint32_t offset, size_t fd_count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * SW_WIRE_FDS_MAX)];
    } control = {0};
    uint8_t datagram[13] = {SW_MESSAGE_BATCH};
    struct iovec bytes = {datagram, sizeof(datagram)};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};

    memcpy(datagram + 4, &whole, 4);
    memcpy(datagram + 8, &offset, 4);
    if (fd_count != 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        for (size_t i = 0; i < fd_count; i++)
            memcpy(CMSG_DATA(&control.align) + i * sizeof(int), &fd, sizeof(int));
    }
    return sendmsg(fd, &message, 0) == (ssize_t)sizeof(datagram);
}

/* Descriptors come as early as they can, and no more of them than there may be. */
static void test_late_descriptors(void **state)
{
    struct pair *pair = *state;
    int lowest = dup(pair->here);

    close(lowest);
    assert_true(send_by_hand(pair->here, 2, 0, 0) && send_by_hand(pair->here, 2, 1, 1));
    assert_int_equal(receive(pair), SW_DEAD);
    sw_wire_in_done(&pair->in);
    assert_int_equal(sw_wire_in_init(&pair->in, pair->there, &(struct sw_error){0}), SW_OK);
    assert_true(send_by_hand(pair->here, 3, 0, 63) && send_by_hand(pair->here, 3, 1, 1));
    assert_int_equal(receive(pair), SW_DEAD);
    sw_wire_in_done(&pair->in);
    assert_int_equal(sw_wire_in_init(&pair->in, pair->there, &(struct sw_error){0}), SW_OK);
    for (uint32_t i = 0; i < 15; i++) {
        assert_true(send_by_hand(pair->here, 100, i, 64));
        assert_int_equal(receive(pair), SW_PART);
    }
    assert_true(send_by_hand(pair->here, 100, 15, 64)); /* the 1,024th */
    assert_int_equal(receive(pair), SW_DEAD);
    sw_wire_in_done(&pair->in);
    assert_int_equal(sw_wire_in_init(&pair->in, pair->there, &(struct sw_error){0}), SW_OK);
    int after = dup(pair->here);
    assert_int_equal(after, lowest);
    close(after);
}

/* Two senders whose chunks interleave. */
static void test_interleaved_senders(void **state)
{
    struct pair *pair = *state;
    size_t size = (size_t)SW_WIRE_CHUNK_MAX + 100;
    uint8_t *body[2] = {malloc(size), malloc(size)};
    struct sw_wire_out out[2];
    struct sw_error error;

    for (unsigned i = 0; i < 2; i++) {
        assert_non_null(body[i]);
        memset(body[i], 'a' + (int)i, size);
        /* The first chunk alone, by hand: a message that claims to be shorter
         * could not be continued, so the header is made as the sender does. */
        out[i] = (struct sw_wire_out){
            .type = SW_MESSAGE_RECORD, .sender = i + 1, .body = {body[i], size}};
    }
    uint8_t datagram[12 + SW_WIRE_CHUNK_MAX];
    for (unsigned i = 0; i < 2; i++) {
        uint16_t type = SW_MESSAGE_RECORD, sender = (uint16_t)(i + 1);
        uint32_t whole = (uint32_t)size, offset = 0;
        memcpy(datagram, &type, 2);
        memcpy(datagram + 2, &sender, 2);
        memcpy(datagram + 4, &whole, 4);
        memcpy(datagram + 8, &offset, 4);
        memcpy(datagram + 12, body[i], SW_WIRE_CHUNK_MAX);
        assert_int_equal(send(pair->here, datagram, sizeof(datagram), 0), sizeof(datagram));
        out[i].started = true;
        out[i].sent = SW_WIRE_CHUNK_MAX;
    }
    assert_int_equal(receive(pair), SW_PART);
    for (unsigned i = 2; i-- > 0;) {
        assert_int_equal(sw_wire_send(&out[i], pair->here, true, &error), SW_OK);
        assert_int_equal(receive(pair), SW_OK);
        assert_int_equal(pair->message.sender, i + 1);
        assert_int_equal(pair->message.body.size, size);
        assert_memory_equal(pair->message.body.data, body[i], size);
    }
    free(body[0]);
    free(body[1]);
}

/* A full socket: the sender is told, and goes on later where it stopped. */
static void test_sender_does_not_block(void **state)
{
    struct pair *pair = *state;
    size_t size = 2 * SW_MIB;
    uint8_t *body = calloc(1, size);
    struct sw_wire_out out = {.type = SW_MESSAGE_BATCH, .body = {body, size}};
    struct sw_error error;
    enum sw_status sent;
    unsigned waits = 0;

    assert_non_null(body);
    body[size - 1] = 7;
    while ((sent = sw_wire_send(&out, pair->here, false, &error)) == SW_PART) {
        waits++;
        assert_in_range(receive(pair) + 10, SW_PART + 10, SW_OK + 10);
    }
    assert_int_equal(sent, SW_OK);
    assert_true(waits > 0);
    while (receive(pair) == SW_PART && pair->message.body.size != size)
        continue;
    assert_int_equal(pair->message.body.size, size);
    assert_int_equal(pair->message.body.data[size - 1], 7);
    free(body);
}

static void test_peer_gone(void **state)
{
    struct pair *pair = *state;

    assert_int_equal(send_message(pair, SW_MESSAGE_READY, 0, "last", 4, NULL, 0), SW_OK);
    close(pair->here);
    pair->here = -1;
    assert_int_equal(receive(pair), SW_OK);
    assert_int_equal(receive(pair), SW_END);
    struct sw_wire_out out = {.type = SW_MESSAGE_READY, .body = {(const uint8_t *)"x", 1}};
    struct sw_error error;
    assert_int_equal(sw_wire_send(&out, pair->there, true, &error), SW_END);
}

/* Every malformed datagram ends the conversation, and leaks no descriptor. */
static void test_malformed(void **state)
{
    struct pair *pair = *state;
    struct {
        uint16_t type, sender;
        uint32_t whole, offset;
        size_t body;
    } const rows[] = {
        {0, 0, 1, 0, 1},                                  /* unknown type */
        {99, 0, 1, 0, 1},                                 /* unknown type */
        {SW_MESSAGE_READY, SW_WIRE_SENDERS_MAX, 1, 0, 1}, /* unknown sender */
        {SW_MESSAGE_CONFIG, 0,
         8 * 1024 + 64 * SW_LAYER_KEYS_MAX + SW_KEYS_MAX * (SW_KEY_SIZE_MAX + 8) + 1, 0,
         1},                                      /* too large for its type */
        {SW_MESSAGE_RECORD, 1, 0xffffffff, 0, 1}, /* too large */
        {SW_MESSAGE_RECORD, 1, 10, 5, 5},         /* begins in the middle */
        {SW_MESSAGE_RECORD, 1, 4, 0, 5},          /* more than it says */
        {SW_MESSAGE_RECORD, 1, 4, 9, 1},          /* beyond its end */
        {SW_MESSAGE_RECORD, 1, 4, 0, 0},          /* an empty chunk for ever */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t datagram[64] = {0};
        memcpy(datagram, &rows[i].type, 2);
        memcpy(datagram + 2, &rows[i].sender, 2);
        memcpy(datagram + 4, &rows[i].whole, 4);
        memcpy(datagram + 8, &rows[i].offset, 4);
        ssize_t size = (ssize_t)(12 + rows[i].body);
        assert_int_equal(send(pair->here, datagram, (size_t)size, 0), size);
        assert_int_equal(receive(pair), SW_DEAD);
    }
    for (size_t size = 1; size < 12; size++) {
        assert_int_equal(send(pair->here, "0123456789ab", size, 0), (ssize_t)size);
        assert_int_equal(receive(pair), SW_DEAD);
    }
}

static void test_config_round_trip(void **state)
{
    static const char layers[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    (void)state;
    const struct sw_engine_config config = {
        .limits = {.file_size_max = UINT64_C(1) << 40,
                   .memory_max = 123456789,
                   .time_max_s = 77,
                   .matches_max = 5,
                   .depth_max = SW_DEPTH_MAX,
                   .members_max = UINT32_MAX,
                   .bytes_max = UINT64_MAX,
                   .ratio_max = 1,
                   .spill_max = 0},
        .thread_count = 9,
        .types = true,
        .archives = true,
        .integrity = true,
        .unallocated = true,
        .slack = true,
        .verify_image = true,
        .patterns_ready = true,
        .passwords = {{(const uint8_t *)"infected", 8}, {(const uint8_t *)"\xff\n", 2}},
        .password_count = 2,
        .keys = {{SW_KEY_RECOVERY, {(const uint8_t *)"1-2", 3}},
                 {SW_KEY_FILE, {(const uint8_t *)"\0\xff", 2}}},
        .key_count = 2,
        .keep_layers = true,
        .layers = {(const uint8_t *)layers, sizeof(layers) - 1},
    };
    struct sw_engine_config got;
    struct sw_buf body;

    sw_buf_init(&body, 1024);
    assert_int_equal(sw_config_encode(&config, &body), SW_OK);
    assert_int_equal(sw_config_decode(sw_buf_view(&body), &got), SW_OK);
    assert_true(got.limits.file_size_max == config.limits.file_size_max);
    assert_true(got.limits.memory_max == config.limits.memory_max);
    assert_int_equal(got.limits.time_max_s, 77);
    assert_int_equal(got.limits.matches_max, 5);
    assert_int_equal(got.limits.depth_max, SW_DEPTH_MAX);
    assert_true(got.limits.members_max == UINT32_MAX && got.limits.bytes_max == UINT64_MAX);
    assert_true(got.limits.ratio_max == 1 && got.limits.spill_max == 0);
    assert_int_equal(got.thread_count, 9);
    assert_int_equal(got.password_count, 2);
    assert_string_equal((const char *)got.passwords[0].data, "infected");
    assert_memory_equal(got.passwords[1].data, "\xff\n", 3); /* with its NUL */
    assert_int_equal(got.key_count, 2);
    assert_int_equal(got.keys[0].kind, SW_KEY_RECOVERY);
    assert_int_equal(got.keys[1].kind, SW_KEY_FILE);
    assert_int_equal(got.keys[1].bytes.size, 2);
    assert_memory_equal(got.keys[1].bytes.data, "\0\xff", 2);
    assert_int_equal(got.layers.size, 64);
    assert_memory_equal(got.layers.data, layers, 64);
    assert_true(got.keep_layers && got.unallocated && got.slack && got.verify_image);
    assert_true(got.archives && got.integrity && got.types && got.patterns_ready &&
                !got.prefilter && !got.require_sandbox);
    for (size_t cut = 0; cut < body.size; cut++)
        assert_int_equal(sw_config_decode((struct sw_view){body.data, cut}, &got), SW_DEAD);
    assert_int_equal(sw_buf_append_u8(&body, 0), SW_OK);
    assert_int_equal(sw_config_decode(sw_buf_view(&body), &got), SW_DEAD);
    sw_buf_done(&body);
}

/* What no supervisor would ask for. */
static void test_config_out_of_range(void **state)
{
    (void)state;
    const struct sw_engine_config good = {
        .limits = {.depth_max = 1, .ratio_max = 1}, .thread_count = 1, .password_count = 0};
    struct sw_engine_config rows[] = {good, good, good, good, good, good, good, good, good};
    static uint8_t keys[64 * (SW_LAYER_KEYS_MAX + 1)];
    struct sw_engine_config got;
    struct sw_buf body;

    rows[1].limits.depth_max = 0;
    rows[2].limits.depth_max = SW_DEPTH_MAX + 1;
    rows[3].limits.ratio_max = 0;
    rows[4].thread_count = 0;
    rows[5].layers = (struct sw_view){(const uint8_t *)"half a key", 10};
    rows[6].layers = (struct sw_view){keys, sizeof(keys)};
    rows[7].keys[0] = (struct sw_key){SW_KEY_KIND_COUNT, {keys, 1}};
    rows[8].keys[0] = (struct sw_key){SW_KEY_FILE, {keys, SW_KEY_SIZE_MAX + 1}};
    rows[7].key_count = rows[8].key_count = 1;
    sw_buf_init(&body, SW_MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sw_buf_clear(&body);
        assert_int_equal(sw_config_encode(&rows[i], &body), SW_OK);
        assert_int_equal(sw_config_decode(sw_buf_view(&body), &got), i == 0 ? SW_OK : SW_DEAD);
    }
    sw_buf_clear(&body);
    assert_int_equal(sw_config_encode(&good, &body), SW_OK);
    body.data[body.size - 12] = SW_PASSWORDS_MAX + 1;
    assert_int_equal(sw_config_decode(sw_buf_view(&body), &got), SW_DEAD);
    body.data[body.size - 12] = 0;
    body.data[body.size - 8] = SW_KEYS_MAX + 1;
    assert_int_equal(sw_config_decode(sw_buf_view(&body), &got), SW_DEAD);
    sw_buf_done(&body);
}

static void test_batch_entry_cut_everywhere(void **state)
{
    (void)state;
    const struct sw_batch_entry entry = {
        .item = 0x1122334455667788,
        .context = SW_CONTEXT_LANG,
        .alone = true,
        .documents = true,
        .facts = {.device = 1, .inode = 2, .size = 3, .mode = 0100644, .mtime_ns = -5},
        .path = {(const uint8_t *)"/a/\xff\n", 5},
        .owner = {(const uint8_t *)"root", 4},
        .skips = {{.step = 7, .reason = SW_GAP_CRASH, .records_seen = 3},
                  {.step = UINT64_MAX, .reason = SW_GAP_TIMEOUT, .records_seen = 0}},
        .skip_count = 2,
    };
    struct sw_batch_entry got;
    struct sw_buf body;

    sw_buf_init(&body, 1024);
    assert_int_equal(sw_batch_entry_encode(&entry, &body), SW_OK);
    struct sw_cursor cursor = sw_cursor_of(sw_buf_view(&body));
    assert_int_equal(sw_batch_entry_decode(&cursor, &got), SW_OK);
    assert_true(sw_cursor_at_end(&cursor));
    assert_true(got.item == entry.item && got.facts.mtime_ns == -5 && got.facts.mode == 0100644);
    assert_int_equal(got.context, SW_CONTEXT_LANG);
    assert_true(got.alone);
    assert_true(got.documents);
    assert_int_equal(got.path.size, 5);
    assert_memory_equal(got.path.data, "/a/\xff\n", 6); /* with its NUL */
    assert_string_equal((const char *)got.owner.data, "root");
    assert_int_equal(got.skip_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(got.skips[i].step == entry.skips[i].step);
        assert_int_equal(got.skips[i].reason, entry.skips[i].reason);
        assert_int_equal(got.skips[i].records_seen, entry.skips[i].records_seen);
    }
    for (size_t cut = 0; cut < body.size; cut++) {
        cursor = sw_cursor_of((struct sw_view){body.data, cut});
        assert_int_equal(sw_batch_entry_decode(&cursor, &got), SW_DEAD);
    }
    body.data[8] = SW_CONTEXT_COUNT;
    cursor = sw_cursor_of(sw_buf_view(&body));
    assert_int_equal(sw_batch_entry_decode(&cursor, &got), SW_DEAD);
    body.data[8] = SW_CONTEXT_LANG;
    body.data[12] = 4; /* a flag that there is not */
    cursor = sw_cursor_of(sw_buf_view(&body));
    assert_int_equal(sw_batch_entry_decode(&cursor, &got), SW_DEAD);
    sw_buf_done(&body);
}

static struct sw_batch_part part_of(enum sw_part_state state, const char *name)
{
    const bool there = state == SW_PART_THERE;
    return (struct sw_batch_part){.state = state,
                                  .size = there ? 100 : 0,
                                  .mtime_ns = there ? -3 : 0,
                                  .ctime_ns = there ? 4 : 0,
                                  .name = {(const uint8_t *)name, strlen(name)}};
}

/* An entry of this role with these parts, through the wire. */
static enum sw_status through(enum sw_set_role role, const struct sw_batch_part *parts,
                              uint32_t count, struct sw_batch_entry *got, struct sw_buf *body)
{
    struct sw_batch_entry entry = {.item = 1, .role = role, .part_count = count};
    struct sw_buf rows;
    struct sw_cursor cursor;

    sw_buf_init(&rows, SW_MIB);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(sw_batch_part_encode(&parts[i], &rows), SW_OK);
    entry.parts = sw_buf_view(&rows);
    sw_buf_clear(body);
    assert_int_equal(sw_batch_entry_encode(&entry, body), SW_OK);
    sw_buf_done(&rows);
    cursor = sw_cursor_of(sw_buf_view(body));
    enum sw_status status = sw_batch_entry_decode(&cursor, got);
    assert_true(status != SW_OK || sw_cursor_at_end(&cursor));
    for (size_t cut = 0; status == SW_OK && cut < body->size; cut++) {
        cursor = sw_cursor_of((struct sw_view){body->data, cut});
        assert_int_equal(sw_batch_entry_decode(&cursor, &(struct sw_batch_entry){0}), SW_DEAD);
    }
    return status;
}

static void test_parts(void **state)
{
    (void)state;
    const struct sw_batch_part parts[] = {
        part_of(SW_PART_ITEM, "x.7z.001"), part_of(SW_PART_THERE, "x.7z.002"),
        part_of(SW_PART_ABSENT, "x\xff.003"), part_of(SW_PART_THERE, "x.7z.004")};
    struct sw_batch_entry got;
    struct sw_batch_part part;
    struct sw_buf body;

    sw_buf_init(&body, SW_MIB);
    assert_int_equal(through(SW_SET_LEAD, parts, 4, &got, &body), SW_OK);
    assert_int_equal(got.role, SW_SET_LEAD);
    assert_int_equal(got.part_count, 4);
    assert_int_equal(got.fd_count, 3);
    struct sw_cursor cursor = sw_cursor_of(got.parts);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(sw_batch_part_decode(&cursor, &part), SW_OK);
        assert_int_equal(part.state, parts[i].state);
        assert_true(part.size == parts[i].size && part.mtime_ns == parts[i].mtime_ns &&
                    part.ctime_ns == parts[i].ctime_ns);
        assert_int_equal(part.name.size, parts[i].name.size);
        assert_memory_equal(part.name.data, parts[i].name.data, part.name.size);
    }
    assert_true(sw_cursor_at_end(&cursor));
    assert_int_equal(through(SW_SET_NONE, parts, 0, &got, &body), SW_OK);
    assert_int_equal(got.fd_count, 1);
    assert_int_equal(through(SW_SET_FOLLOWER, parts + 1, 1, &got, &body), SW_OK);
    assert_int_equal(got.fd_count, 2);
    assert_int_equal(through(SW_SET_ORPHAN, parts + 2, 1, &got, &body), SW_OK);
    assert_int_equal(got.fd_count, 1);
    sw_buf_done(&body);
}

static void test_bad_parts(void **state)
{
    (void)state;
    struct sw_batch_part bad[] = {part_of(SW_PART_THERE, ""), part_of(SW_PART_THERE, "a/b"),
                                  part_of(SW_PART_STATE_COUNT, "a"), part_of(SW_PART_THERE, "a")};
    const struct sw_batch_part good[] = {part_of(SW_PART_ITEM, "a"), part_of(SW_PART_THERE, "b"),
                                         part_of(SW_PART_ITEM, "c"), part_of(SW_PART_ABSENT, "d")};
    static struct sw_batch_part many[SW_PARTS_MAX + 1];
    char long_name[SW_PART_NAME_MAX + 2];
    struct sw_batch_entry got;
    struct sw_buf body;

    memset(long_name, 'a', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    bad[3] = part_of(SW_PART_THERE, long_name);
    sw_buf_init(&body, SW_MIB);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(through(SW_SET_FOLLOWER, &bad[i], 1, &got, &body), SW_DEAD);
    bad[0] = part_of(SW_PART_ABSENT, "a");
    bad[0].size = 1; /* of what is not there */
    assert_int_equal(through(SW_SET_ORPHAN, bad, 1, &got, &body), SW_DEAD);
    assert_int_equal(through(SW_SET_NONE, good, 1, &got, &body), SW_DEAD);
    assert_int_equal(through(SW_SET_LEAD, good, 1, &got, &body), SW_DEAD);     /* alone */
    assert_int_equal(through(SW_SET_LEAD, good, 3, &got, &body), SW_DEAD);     /* itself twice */
    assert_int_equal(through(SW_SET_LEAD, good + 1, 1, &got, &body), SW_DEAD); /* not itself */
    assert_int_equal(through(SW_SET_FOLLOWER, good, 2, &got, &body), SW_DEAD);
    assert_int_equal(through(SW_SET_FOLLOWER, good + 3, 1, &got, &body), SW_DEAD);
    assert_int_equal(through(SW_SET_ORPHAN, good + 1, 1, &got, &body), SW_DEAD);
    assert_int_equal(through(SW_SET_ORPHAN, good, 0, &got, &body), SW_DEAD);
    assert_int_equal(through(SW_SET_ROLE_COUNT, good, 0, &got, &body), SW_DEAD);
    many[0] = part_of(SW_PART_ITEM, "a");
    for (size_t i = 1; i <= SW_PARTS_MAX; i++)
        many[i] = part_of(SW_PART_THERE, "b");
    assert_int_equal(through(SW_SET_LEAD, many, SW_PARTS_MAX + 1, &got, &body), SW_DEAD);
    sw_buf_done(&body);
}

static bool context_ok(const char *text, size_t size)
{
    return sw_context_text_ok((struct sw_view){(const uint8_t *)text, size});
}

static void test_context_texts(void **state)
{
    (void)state;
    char text[SW_CONTEXT_TEXT_MAX + 2];
    static const char *const good[] = {"Etc/GMT+1", "en_US.UTF-8@euro", "C", "a-b/c"};
    static const char *const bad[] = {"",         "a b", "a\n", "a\x1b[2J", "a\x7f", "a:b", "$LANG",
                                      "\xc3\xa4", "a\"", "a\\", "a;b",      "C\r",   "`a`"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(context_ok(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (context_ok(bad[i], strlen(bad[i])))
            fail_msg("taken: %s", bad[i]);
    assert_false(context_ok("a\0b", 3));
    memset(text, 'a', sizeof(text));
    assert_true(context_ok(text, SW_CONTEXT_TEXT_MAX));
    assert_false(context_ok(text, SW_CONTEXT_TEXT_MAX + 1));
}

static void test_batch_entry_with_bad_skips(void **state)
{
    (void)state;
    struct sw_batch_entry entry = {.item = 1, .skip_count = SW_SKIPS_MAX};
    struct sw_batch_entry got;
    struct sw_buf body;
    const size_t one = 8 + 4 + 4, behind = 4 + 4;

    for (size_t i = 0; i < SW_SKIPS_MAX; i++)
        entry.skips[i] = (struct sw_skip){.step = i + 1, .reason = SW_GAP_CRASH};
    sw_buf_init(&body, 1024);
    assert_int_equal(sw_batch_entry_encode(&entry, &body), SW_OK);
    struct sw_cursor cursor = sw_cursor_of(sw_buf_view(&body));
    assert_int_equal(sw_batch_entry_decode(&cursor, &got), SW_OK);
    uint8_t *last = body.data + body.size - behind - one;
    for (uint8_t reason = 0; reason <= SW_GAP_COUNT; reason += SW_GAP_COUNT) {
        last[8] = reason; /* none, and none that there is */
        cursor = sw_cursor_of(sw_buf_view(&body));
        assert_int_equal(sw_batch_entry_decode(&cursor, &got), SW_DEAD);
    }
    last[8] = SW_GAP_TIMEOUT;
    last[0] = 0; /* no step */
    cursor = sw_cursor_of(sw_buf_view(&body));
    assert_int_equal(sw_batch_entry_decode(&cursor, &got), SW_DEAD);
    last[0] = 1;
    body.data[body.size - behind - SW_SKIPS_MAX * one - 4] = SW_SKIPS_MAX + 1;
    cursor = sw_cursor_of(sw_buf_view(&body));
    assert_int_equal(sw_batch_entry_decode(&cursor, &got), SW_DEAD);
    sw_buf_done(&body);
}

static void test_ack_refuses_unknown_flags(void **state)
{
    (void)state;
    const struct sw_ack ack = {.item = 5,
                               .judged = true,
                               .bytes = 9,
                               .record_count = 2,
                               .context = {(const uint8_t *)"Etc/UTC", 7},
                               .members = 11,
                               .member_bytes = UINT64_C(1) << 40};
    struct sw_ack got;
    struct sw_buf body;

    sw_buf_init(&body, 1024);
    assert_int_equal(sw_ack_encode(&ack, &body), SW_OK);
    struct sw_cursor cursor = sw_cursor_of(sw_buf_view(&body));
    assert_int_equal(sw_ack_decode(&cursor, &got), SW_OK);
    assert_true(got.item == 5 && got.judged && !got.full && got.bytes == 9);
    assert_string_equal((const char *)got.context.data, "Etc/UTC");
    assert_int_equal(got.type.size, 0);
    assert_true(got.members == 11 && got.member_bytes == UINT64_C(1) << 40);
    body.data[8] |= 0x80;
    cursor = sw_cursor_of(sw_buf_view(&body));
    assert_int_equal(sw_ack_decode(&cursor, &got), SW_DEAD);
    sw_buf_done(&body);
}

static const uint8_t some_paths[] = {1,   2,   3,   4,   5,   6,   7,   8,
                                     255, 255, 255, 255, 255, 255, 255, 255};

/* A hard link "b" to what has the number 4; `low`: and the target's two lowest bits. */
static struct sw_view some_links(uint8_t low)
{
    static uint8_t links[2][13];
    uint8_t *link = links[low != 0];

    memcpy(link, "\4\0\0\0\0\0\0\0\1\0\0\0b", 13);
    link[0] = (uint8_t)(link[0] | low);
    return (struct sw_view){link, 13};
}

static struct sw_view image_text(const char *text)
{
    return (struct sw_view){(const uint8_t *)text, strlen(text)};
}

static void test_image_cut_everywhere(void **state)
{
    (void)state;
    struct sw_image_message rows[] = {
        {.item = 7, .part = SW_IMAGE_PATHS, .paths = some_paths, .path_count = 2},
        {.item = 7, .part = SW_IMAGE_DOCUMENT, .json = image_text("{\"kind\":\"index\"}")},
        {.item = UINT64_MAX, .part = SW_IMAGE_BLOB, .json = image_text("{}")},
        {.item = 8, .part = SW_IMAGE_STORE, .json = image_text("{\"rows\":[]}")},
        {.item = 9, .part = SW_IMAGE_LINKS, .links = some_links(0)},
        {.item = 10, .part = SW_IMAGE_AGAIN},
    };
    struct sw_image_message got;
    struct sw_buf body;

    sw_buf_init(&body, SW_KIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rows[i].place = image_text(i == 1 || i == 5 ? "" : "blobs/sha256/ab!/layer.tar");
        sw_buf_clear(&body);
        assert_int_equal(sw_image_message_encode(&rows[i], &body), SW_OK);
        assert_int_equal(sw_image_message_decode(sw_buf_view(&body), &got), SW_OK);
        assert_true(got.item == rows[i].item && got.part == rows[i].part);
        assert_string_equal((const char *)got.place.data, (const char *)rows[i].place.data);
        assert_int_equal(got.json.size, rows[i].json.size);
        assert_memory_equal(got.json.data,
                            rows[i].json.size == 0 ? "" : (const char *)rows[i].json.data,
                            rows[i].json.size + 1); /* with its NUL */
        assert_int_equal(got.path_count, rows[i].path_count);
        if (i == 0)
            assert_memory_equal(got.paths, some_paths, sizeof(some_paths));
        assert_true(sw_view_equal(got.links, rows[i].links));
        for (size_t cut = 0; cut < body.size; cut++)
            assert_int_equal(sw_image_message_decode((struct sw_view){body.data, cut}, &got),
                             SW_DEAD);
        assert_int_equal(sw_buf_append_u8(&body, 0), SW_OK); /* one byte too many */
        assert_int_equal(sw_image_message_decode(sw_buf_view(&body), &got), SW_DEAD);
    }
    sw_buf_done(&body);
}

/* A message of one part that holds what another has, or holds nothing. */
static void test_image_parts_hold_their_own(void **state)
{
    (void)state;
    const struct sw_view json = image_text("{}");
    const struct sw_image_message rows[] = {
        {.item = 0, .part = SW_IMAGE_BLOB, .json = json},
        {.item = 1, .part = SW_IMAGE_BLOB},
        {.item = 1, .part = SW_IMAGE_DOCUMENT},
        {.item = 1, .part = SW_IMAGE_PATHS},
        {.item = 1, .part = SW_IMAGE_PATHS, .json = json, .paths = some_paths, .path_count = 1},
        {.item = 1, .part = SW_IMAGE_BLOB, .json = json, .paths = some_paths, .path_count = 1},
        {.item = 1, .part = SW_IMAGE_LINKS},
        {.item = 1, .part = SW_IMAGE_LINKS, .links = some_links(1)},
        {.item = 1, .part = SW_IMAGE_LINKS, .links = {some_links(0).data, 12}},
        {.item = 1, .part = SW_IMAGE_LINKS, .links = some_links(0), .json = json},
        {.item = 1, .part = SW_IMAGE_BLOB, .links = some_links(0), .json = json},
        {.item = 0, .part = SW_IMAGE_AGAIN},
        {.item = 1, .part = SW_IMAGE_AGAIN, .json = json},
        {.item = 1, .part = SW_IMAGE_AGAIN, .place = json},
        {.item = 1, .part = SW_IMAGE_AGAIN, .links = some_links(0)},
    };
    struct sw_buf body;

    sw_buf_init(&body, SW_KIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(sw_image_message_encode(&rows[i], &body), SW_SKIP);
        assert_int_equal(body.size, 0);
    }
    sw_buf_done(&body);
}

static enum sw_status image_of_sizes(size_t place, size_t json, uint32_t paths)
{
    uint8_t *bytes = malloc(SW_IMAGE_DOCUMENT_MAX + 1);
    struct sw_image_message got;
    struct sw_buf body;

    assert_non_null(bytes);
    memset(bytes, 'x', SW_IMAGE_DOCUMENT_MAX + 1);
    const struct sw_image_message message = {.item = 1,
                                             .part = paths != 0 ? SW_IMAGE_PATHS : SW_IMAGE_BLOB,
                                             .place = {bytes, place},
                                             .json = {bytes, json},
                                             .paths = bytes,
                                             .path_count = paths};
    sw_buf_init(&body, 8 * SW_MIB);
    enum sw_status status = sw_image_message_encode(&message, &body);
    if (status == SW_OK)
        assert_int_equal(sw_image_message_decode(sw_buf_view(&body), &got), SW_OK);
    sw_buf_done(&body);
    free(bytes);
    return status;
}

static void test_image_sizes(void **state)
{
    (void)state;
    assert_int_equal(image_of_sizes(SW_IMAGE_PLACE_MAX, SW_IMAGE_DOCUMENT_MAX, 0), SW_OK);
    assert_int_equal(image_of_sizes(SW_IMAGE_PLACE_MAX + 1, 1, 0), SW_SKIP);
    assert_int_equal(image_of_sizes(0, SW_IMAGE_DOCUMENT_MAX + 1, 0), SW_SKIP);
    assert_int_equal(image_of_sizes(SW_IMAGE_PLACE_MAX, 0, SW_IMAGE_PATHS_MAX), SW_OK);
    assert_int_equal(image_of_sizes(0, 0, SW_IMAGE_PATHS_MAX + 1), SW_SKIP);
}

static void test_image_links(void **state)
{
    (void)state;
    static uint8_t name[SW_IMAGE_LINK_NAME_MAX + 1];
    struct sw_buf links;
    struct sw_view got;
    uint64_t target = 0;

    sw_buf_init(&links, SW_IMAGE_LINKS_SIZE_MAX);
    assert_int_equal(sw_image_link_append(&links, 8, (struct sw_view){name, 0}), SW_SKIP);
    assert_int_equal(sw_image_link_append(&links, 8, (struct sw_view){name, sizeof(name)}),
                     SW_SKIP);
    assert_int_equal(links.size, 0);
    for (unsigned i = 0; i < 15; i++)
        assert_int_equal(
            sw_image_link_append(&links, i, (struct sw_view){name, SW_IMAGE_LINK_NAME_MAX}), SW_OK);
    /* There is no room for all of the next: nothing of it is there. */
    assert_int_equal(
        sw_image_link_append(&links, 15, (struct sw_view){name, SW_IMAGE_LINK_NAME_MAX}), SW_SKIP);
    struct sw_cursor cursor = sw_cursor_of(sw_buf_view(&links));
    for (unsigned i = 0; i < 15; i++) {
        assert_true(sw_image_link_next(&cursor, &target, &got));
        assert_true(target == i && got.size == SW_IMAGE_LINK_NAME_MAX);
    }
    assert_false(sw_image_link_next(&cursor, &target, &got));
    sw_buf_done(&links);
}

/* What the engine would not write. */
static void test_image_lies(void **state)
{
    (void)state;
    const struct sw_image_message message = {.item = 1,
                                             .part = SW_IMAGE_PATHS,
                                             .place = image_text("ab"),
                                             .paths = some_paths,
                                             .path_count = 2};
    static const struct {
        size_t at;
        uint8_t value;
    } lies[] = {
        {0, 0}, /* no item */
        {8, 0},
        {8, SW_IMAGE_PART_COUNT},
        {8, SW_IMAGE_BLOB},
        {11, 1}, /* another part */
        {17, 0}, /* a NUL in the place */
        {18, 1}, /* none behind it */
        {12, 3},
        {15, 255}, /* another size */
        {24, 0},
        {24, 1},
        {24, 3},
        {27, 255}, /* another count */
    };
    struct sw_image_message got = {.item = 12345};
    struct sw_buf body;

    sw_buf_init(&body, SW_KIB);
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        sw_buf_clear(&body);
        assert_int_equal(sw_image_message_encode(&message, &body), SW_OK);
        body.data[lies[i].at] = lies[i].value;
        if (sw_image_message_decode(sw_buf_view(&body), &got) != SW_DEAD || got.item != 12345)
            fail_msg("taken: %zu", i);
    }
    sw_buf_done(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_small_message, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(test_empty_body, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(test_chunks, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(test_descriptors, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(test_many_descriptors, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(test_late_descriptors, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(test_interleaved_senders, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(test_sender_does_not_block, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(test_peer_gone, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(test_malformed, open_pair, close_pair),
        cmocka_unit_test(test_config_round_trip),
        cmocka_unit_test(test_config_out_of_range),
        cmocka_unit_test(test_batch_entry_cut_everywhere),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_bad_parts),
        cmocka_unit_test(test_context_texts),
        cmocka_unit_test(test_batch_entry_with_bad_skips),
        cmocka_unit_test(test_ack_refuses_unknown_flags),
        cmocka_unit_test(test_image_cut_everywhere),
        cmocka_unit_test(test_image_parts_hold_their_own),
        cmocka_unit_test(test_image_sizes),
        cmocka_unit_test(test_image_links),
        cmocka_unit_test(test_image_lies),
    };
    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
