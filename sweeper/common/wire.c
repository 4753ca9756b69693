/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c - messages in chunks over a SOCK_SEQPACKET socket. */
#include "sweeper/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sweeper/fetch.h"
#include "sweeper/image.h"
#include "sweeper/limits.h"

enum { HEADER_SIZE = 12 };

struct header {
    uint16_t type;
    uint16_t sender;
    uint32_t body_size;
    uint32_t offset;
};

/* Room for the descriptors of one datagram, aligned as cmsg(3) wants it. */
union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * SW_WIRE_FDS_MAX)];
};

static size_t body_size_max(unsigned type)
{
    switch (type) {
    case SW_MESSAGE_CONFIG:
        return 8 * SW_KIB + SW_LAYER_KEYS_MAX * 64ULL + SW_KEYS_MAX * (SW_KEY_SIZE_MAX + 8ULL);
    case SW_MESSAGE_BATCH:
        return SW_LABEL_MAX;
    case SW_MESSAGE_READY:
    case SW_MESSAGE_FATAL:
    case SW_MESSAGE_RECORD:
    case SW_MESSAGE_DIST:
        return SW_RECORD_MAX + SW_KIB;
    case SW_MESSAGE_ACKS:
        return 64 * SW_KIB;
    case SW_MESSAGE_IMAGE:
        return SW_IMAGE_DOCUMENT_MAX + SW_IMAGE_PLACE_MAX + SW_KIB;
    case SW_MESSAGE_FETCH:
        return SW_FETCH_MESSAGE_MAX;
    default:
        return 0;
    }
}

void sw_message_init(struct sw_message *message)
{
    *message = (struct sw_message){0};
    sw_buf_init(&message->body, SW_LABEL_MAX);
}

void sw_message_done(struct sw_message *message)
{
    sw_buf_done(&message->body);
    for (size_t i = 0; i < message->fd_count; i++)
        if (message->fds[i] >= 0)
            close(message->fds[i]);
    message->fd_count = 0;
}

/* --- receiving -------------------------------------------------------- */

enum sw_status sw_wire_in_init(struct sw_wire_in *in, int fd, struct sw_error *error)
{
    *in = (struct sw_wire_in){.fd = fd};
    in->chunk = malloc(HEADER_SIZE + SW_WIRE_CHUNK_MAX);
    if (in->chunk == NULL)
        return sw_fail(error, SW_STOP, "wire", ENOMEM, "cannot receive");
    return SW_OK;
}

void sw_wire_in_done(struct sw_wire_in *in)
{
    for (size_t i = 0; i < SW_WIRE_SENDERS_MAX; i++) {
        if (in->partial[i] == NULL)
            continue;
        sw_message_done(in->partial[i]);
        free(in->partial[i]);
        in->partial[i] = NULL;
    }
    free(in->chunk);
    in->chunk = NULL;
}

/* Takes every descriptor of a datagram, so that none leaks whatever follows. */
static void take_descriptors(struct msghdr *header, int *fds, size_t *count)
{
    *count = 0;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control != NULL;
         control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
            continue;
        size_t here = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < here; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(int));
            if (*count < SW_WIRE_FDS_MAX)
                fds[(*count)++] = fd;
            else
                close(fd);
        }
    }
}

static void close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

static enum sw_status decode_header(struct sw_view datagram, struct header *header,
                                    struct sw_view *chunk)
{
    if (datagram.size < HEADER_SIZE)
        return SW_DEAD;
    memcpy(&header->type, datagram.data, 2);
    memcpy(&header->sender, datagram.data + 2, 2);
    memcpy(&header->body_size, datagram.data + 4, 4);
    memcpy(&header->offset, datagram.data + 8, 4);
    chunk->data = datagram.data + HEADER_SIZE;
    chunk->size = datagram.size - HEADER_SIZE;
    if (header->sender >= SW_WIRE_SENDERS_MAX || header->body_size > body_size_max(header->type) ||
        body_size_max(header->type) == 0 || header->offset > header->body_size ||
        chunk->size > header->body_size - header->offset ||
        (chunk->size == 0 && header->body_size != 0))
        return SW_DEAD;
    return SW_OK;
}

static size_t fd_count_max(unsigned type)
{
    return type == SW_MESSAGE_BATCH ? SW_BATCH_FDS_MAX : SW_WIRE_FDS_MAX;
}

/* Whether this many descriptors may come with a chunk of a message that has begun. */
static bool may_bring(const struct sw_message *message, size_t fd_count)
{
    return fd_count == 0 || (message->fd_count != 0 && message->fd_count % SW_WIRE_FDS_MAX == 0 &&
                             fd_count <= fd_count_max(message->type) - message->fd_count);
}

/* Adds one datagram to its sender's message; *whole when that completes it. */
static enum sw_status add_chunk(struct sw_wire_in *in, const struct header *header,
                                struct sw_view chunk, const int *fds, size_t fd_count,
                                struct sw_message **whole)
{
    struct sw_message *message = in->partial[header->sender];

    *whole = NULL;
    if (header->offset == 0 && message == NULL) {
        message = malloc(sizeof(*message));
        if (message == NULL) {
            close_all(fds, fd_count);
            return SW_STOP;
        }
        sw_message_init(message);
        message->type = (enum sw_message_type)header->type;
        message->sender = header->sender;
        in->partial[header->sender] = message;
        in->whole_size[header->sender] = header->body_size;
    } else if (message == NULL || !may_bring(message, fd_count) ||
               message->body.size != header->offset ||
               in->whole_size[header->sender] != header->body_size ||
               message->type != (enum sw_message_type)header->type) {
        close_all(fds, fd_count);
        return SW_DEAD;
    }
    memcpy(message->fds + message->fd_count, fds, fd_count * sizeof(int));
    message->fd_count += fd_count;
    if (sw_buf_append(&message->body, chunk.data, chunk.size) != SW_OK)
        return SW_STOP;
    if (message->body.size == header->body_size) {
        *whole = message;
        in->partial[header->sender] = NULL;
    }
    return SW_OK;
}

/* One datagram: SW_OK with *whole set or not, or why there is none. */
static enum sw_status receive_datagram(struct sw_wire_in *in, bool wait, struct sw_message **whole,
                                       struct sw_error *error)
{
    union control control;
    struct iovec bytes = {.iov_base = in->chunk, .iov_len = HEADER_SIZE + SW_WIRE_CHUNK_MAX};
    struct msghdr datagram = {.msg_iov = &bytes,
                              .msg_iovlen = 1,
                              .msg_control = control.bytes,
                              .msg_controllen = sizeof(control.bytes)};
    int fds[SW_WIRE_FDS_MAX];
    size_t fd_count = 0;
    struct header header;
    struct sw_view chunk;
    ssize_t got;

    do
        got = recvmsg(in->fd, &datagram, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return SW_PART;
    if (got < 0 && errno != ECONNRESET)
        return sw_fail(error, SW_STOP, "wire", errno, "cannot receive");
    if (got < 0)
        return SW_END;
    /* Before anything else: an empty datagram may carry descriptors too. */
    take_descriptors(&datagram, fds, &fd_count);
    if (got == 0 && fd_count == 0)
        return SW_END;
    if ((datagram.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
        decode_header((struct sw_view){in->chunk, (size_t)got}, &header, &chunk) != SW_OK) {
        close_all(fds, fd_count);
        return sw_fail(error, SW_DEAD, "wire", 0, "malformed datagram of %zd bytes", got);
    }
    enum sw_status status = add_chunk(in, &header, chunk, fds, fd_count, whole);
    if (status != SW_OK)
        return sw_fail(error, status, "wire", 0, "datagram out of order, or no memory for it");
    return SW_OK;
}

enum sw_status sw_wire_receive(struct sw_wire_in *in, bool wait, struct sw_message *message,
                               struct sw_error *error)
{
    struct sw_message *whole = NULL;

    while (whole == NULL) {
        enum sw_status status = receive_datagram(in, wait, &whole, error);
        if (status != SW_OK)
            return status;
    }
    sw_message_done(message);
    *message = *whole; /* ownership of body and descriptors moves */
    free(whole);
    return SW_OK;
}

/* --- sending ---------------------------------------------------------- */

static void attach_descriptors(struct msghdr *datagram, union control *control, const int *fds,
                               size_t count)
{
    datagram->msg_control = control->bytes;
    datagram->msg_controllen = CMSG_SPACE(sizeof(int) * count);
    memset(control->bytes, 0, datagram->msg_controllen);
    struct cmsghdr *rights = &control->align;
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(rights), fds, sizeof(int) * count);
}

/* Descriptors of the next chunk. */
static size_t next_fds(const struct sw_wire_out *out)
{
    const size_t left = out->fd_count - out->fds_sent;

    return left < SW_WIRE_FDS_MAX ? left : SW_WIRE_FDS_MAX;
}

/* Bytes of the next chunk: enough are left for the chunks that bring descriptors. */
static size_t next_size(const struct sw_wire_out *out)
{
    const size_t left = out->body.size - out->sent;
    const size_t later =
        (out->fd_count - out->fds_sent - next_fds(out) + SW_WIRE_FDS_MAX - 1) / SW_WIRE_FDS_MAX;
    const size_t most = left > later ? left - later : left;

    return most < SW_WIRE_CHUNK_MAX ? most : SW_WIRE_CHUNK_MAX;
}

/* Each chunk that brings descriptors brings at least a byte. */
static bool fits(const struct sw_wire_out *out)
{
    return out->fd_count <= fd_count_max(out->type) &&
           (out->fd_count <= SW_WIRE_FDS_MAX ||
            (out->fd_count - 1) / SW_WIRE_FDS_MAX < out->body.size);
}

static enum sw_status send_chunk(struct sw_wire_out *out, int fd, bool wait, size_t size,
                                 struct sw_error *error)
{
    uint8_t head[HEADER_SIZE];
    uint16_t type = (uint16_t)out->type, sender = (uint16_t)out->sender;
    uint32_t body_size = (uint32_t)out->body.size, offset = (uint32_t)out->sent;
    memcpy(head, &type, 2);
    memcpy(head + 2, &sender, 2);
    memcpy(head + 4, &body_size, 4);
    memcpy(head + 8, &offset, 4);

    /* sendmsg() does not write through the pointer that it takes as plain void *. */
    union {
        const uint8_t *in;
        void *out;
    } at = {.in = size != 0 ? out->body.data + out->sent : NULL};
    struct iovec bytes[2] = {{head, HEADER_SIZE}, {at.out, size}};
    union control control;
    struct msghdr datagram = {.msg_iov = bytes, .msg_iovlen = 2};
    if (next_fds(out) != 0)
        attach_descriptors(&datagram, &control, out->fds + out->fds_sent, next_fds(out));

    ssize_t sent;
    do
        sent = sendmsg(fd, &datagram, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return SW_OK;
    /* ETOOMANYREFS: too many descriptors on their way (unix(7)); they get
     * fewer as the engine takes them. */
    if (!wait &&
        (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ETOOMANYREFS))
        return SW_PART;
    if (errno == EPIPE || errno == ECONNRESET)
        return SW_END;
    return sw_fail(error, SW_STOP, "wire", errno, "cannot send");
}

enum sw_status sw_wire_send(struct sw_wire_out *out, int fd, bool wait, struct sw_error *error)
{
    if (!out->started && !fits(out))
        return sw_fail(error, SW_STOP, "wire", 0, "%zu descriptors with %zu bytes", out->fd_count,
                       out->body.size);
    while (!out->started || out->sent < out->body.size) {
        const size_t size = next_size(out);
        enum sw_status status = send_chunk(out, fd, wait, size, error);

        if (status != SW_OK)
            return status;
        out->sent += size;
        out->fds_sent += next_fds(out);
        out->started = true;
    }
    return SW_OK;
}
