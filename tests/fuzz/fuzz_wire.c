/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams of a hostile peer, over a real socket pair.
 *
 * Input: datagrams, each u16 size, u8 descriptors beside it (low nibble), the
 * bytes. What arrives is compared with a second, simple reading of the format
 * in wire.h; and no descriptor may be left open.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "sweeper/fetch.h"
#include "sweeper/wire.h"

enum { HEADER_SIZE = 12, DATAGRAMS_MAX = 64 };

/* What the header's comment promises, kept plain. */
struct expected {
    bool open;
    uint32_t type;
    uint32_t total;
    uint32_t fds;
    uint32_t size;
    uint8_t *body;
};

static size_t body_max(uint32_t type)
{
    static const size_t maxima[] = {
        [SW_MESSAGE_CONFIG] =
            8 * SW_KIB + 64 * SW_LAYER_KEYS_MAX + SW_KEYS_MAX * (SW_KEY_SIZE_MAX + 8),
        [SW_MESSAGE_BATCH] = SW_LABEL_MAX,
        [SW_MESSAGE_READY] = SW_RECORD_MAX + SW_KIB,
        [SW_MESSAGE_FATAL] = SW_RECORD_MAX + SW_KIB,
        [SW_MESSAGE_RECORD] = SW_RECORD_MAX + SW_KIB,
        [SW_MESSAGE_ACKS] = 64 * SW_KIB,
        [SW_MESSAGE_DIST] = SW_RECORD_MAX + SW_KIB,
        [SW_MESSAGE_IMAGE] = 4 * SW_MIB + 65 * SW_KIB,
        [SW_MESSAGE_FETCH] = SW_FETCH_MESSAGE_MAX,
    };
    return type < sizeof maxima / sizeof maxima[0] ? maxima[type] : 0;
}

/* True: the datagram fits. *whole is the message that it completes, if any. */
static bool model_take(struct expected *senders, struct sw_view datagram, uint32_t fds,
                       struct expected **whole, unsigned *sender)
{
    struct sw_cursor cursor = sw_cursor_of(datagram);
    *whole = NULL;
    if (datagram.size < HEADER_SIZE || datagram.size > HEADER_SIZE + SW_WIRE_CHUNK_MAX)
        return false;
    uint32_t type = fuzz_u16(&cursor);
    *sender = fuzz_u16(&cursor);
    uint32_t total = fuzz_u32(&cursor);
    uint32_t offset = fuzz_u32(&cursor);
    struct sw_view chunk = cursor.rest;
    if (*sender >= SW_WIRE_SENDERS_MAX || body_max(type) == 0 || total > body_max(type) ||
        (uint64_t)offset + chunk.size > total || (chunk.size == 0 && total != 0))
        return false;
    struct expected *at = &senders[*sender];
    if (!at->open) {
        if (offset != 0)
            return false;
        *at = (struct expected){.open = true, .type = type, .total = total, .fds = fds};
        at->body = malloc((size_t)total + 1);
        FUZZ_CHECK(at->body != NULL);
    } else if (type != at->type || total != at->total || offset != at->size || fds != 0) {
        return false;
    }
    if (chunk.size != 0)
        memcpy(at->body + at->size, chunk.data, chunk.size);
    at->size += (uint32_t)chunk.size;
    *whole = at->size == at->total ? at : NULL;
    return true;
}

static void model_close(struct expected *at)
{
    free(at->body);
    *at = (struct expected){0};
}

static bool send_datagram(int fd, struct sw_view bytes, uint32_t fd_count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * 16)];
    } control = {0};
    uint8_t *copy = fuzz_copy(bytes);
    struct iovec vector = {copy, bytes.size};
    struct msghdr datagram = {.msg_iov = &vector, .msg_iovlen = 1};
    if (fd_count != 0) {
        datagram.msg_control = control.bytes;
        datagram.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        for (uint32_t i = 0; i < fd_count; i++)
            memcpy(CMSG_DATA(&control.align) + i * sizeof(int), &fd, sizeof(int));
    }
    ssize_t sent = sendmsg(fd, &datagram, MSG_DONTWAIT | MSG_NOSIGNAL);
    free(copy);
    return sent >= 0;
}

static void check_message(const struct sw_message *message, const struct expected *whole,
                          unsigned sender)
{
    FUZZ_CHECK((uint32_t)message->type == whole->type);
    FUZZ_CHECK(message->sender == sender);
    FUZZ_CHECK(message->fd_count == whole->fds);
    FUZZ_CHECK(message->body.size == whole->total);
    FUZZ_CHECK(whole->total == 0 || memcmp(message->body.data, whole->body, whole->total) == 0);
    for (size_t i = 0; i < message->fd_count; i++)
        FUZZ_CHECK(message->fds[i] >= 0);
}

/* True: the peer may go on. */
static bool take_datagram(struct sw_wire_in *in, struct expected *senders, struct sw_view bytes,
                          uint32_t fd_count)
{
    struct sw_error error = {0};
    struct sw_message message;
    struct expected *whole = NULL;
    unsigned sender = 0;

    sw_message_init(&message);
    bool fits = model_take(senders, bytes, fd_count, &whole, &sender);
    /* An empty datagram that carries nothing looks like a closed socket. */
    enum sw_status refused = bytes.size == 0 && fd_count == 0 ? SW_END : SW_DEAD;
    enum sw_status status = sw_wire_receive(in, false, &message, &error);
    FUZZ_CHECK(status == (!fits ? refused : whole != NULL ? SW_OK : SW_PART));
    if (status == SW_OK) {
        check_message(&message, whole, sender);
        model_close(whole);
    }
    sw_message_done(&message);
    return fits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    struct expected senders[SW_WIRE_SENDERS_MAX] = {0};
    struct sw_wire_in in;
    int pair[2];
    int lowest = dup(STDERR_FILENO);

    FUZZ_CHECK(lowest >= 0 && close(lowest) == 0);
    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    FUZZ_CHECK(sw_wire_in_init(&in, pair[0], NULL) == SW_OK);
    bool going = true;
    for (int i = 0; i < DATAGRAMS_MAX && going && input.rest.size != 0; i++) {
        uint32_t wanted = fuzz_u16(&input);
        uint32_t fd_count = fuzz_u8(&input) & 15;
        struct sw_view bytes = fuzz_bytes(&input, wanted);
        going =
            send_datagram(pair[1], bytes, fd_count) && take_datagram(&in, senders, bytes, fd_count);
    }
    sw_wire_in_done(&in);
    close(pair[0]);
    close(pair[1]);
    for (size_t i = 0; i < SW_WIRE_SENDERS_MAX; i++)
        model_close(&senders[i]);
    /* The lowest free number is the same as before: nothing was left open. */
    int lowest_after = dup(STDERR_FILENO);
    FUZZ_CHECK(lowest_after == lowest && close(lowest_after) == 0);
    return 0;
}
