/* SPDX-License-Identifier: Apache-2.0 */
/* tell.c - the fetcher's end of its conversation with the supervisor. */
#include <string.h>
#include <unistd.h>

#include "common/view.h"
#include "fetch/session.h"

enum sw_status sw_tell(struct sw_session *session, const struct sw_fetch_message *message,
                       struct sw_error *error)
{
    struct sw_buf body;

    sw_buf_init(&body, SW_FETCH_MESSAGE_MAX);
    enum sw_status status = sw_fetch_message_encode(message, &body);
    if (status == SW_OK) {
        struct sw_wire_out out = {.type = SW_MESSAGE_FETCH, .body = sw_buf_view(&body)};
        status = sw_wire_send(&out, session->socket, true, error);
    }
    sw_buf_done(&body);
    return status == SW_OK ? SW_OK : sw_fail(error, SW_STOP, "fetch", 0, "nobody listens");
}

static struct sw_view cut(const char *text)
{
    return sw_view_first(sw_view_of(text), SW_FETCH_TEXT_MAX);
}

enum sw_status sw_tell_fail(struct sw_session *session, const char *text)
{
    return sw_tell(session, &(struct sw_fetch_message){.kind = SW_FETCH_FAIL, .text = cut(text)},
                   NULL);
}

enum sw_status sw_tell_gap(struct sw_session *session, const char *name, const struct sw_error *gap,
                           struct sw_error *error)
{
    return sw_tell(session,
                   &(struct sw_fetch_message){.kind = SW_FETCH_GAP,
                                              .reason = gap->reason == SW_GAP_NONE ? SW_GAP_IO_ERROR
                                                                                   : gap->reason,
                                              .name = cut(name == NULL ? "" : name),
                                              .text = cut(gap->text)},
                   error);
}

enum sw_status sw_tell_done(struct sw_session *session, const char *name,
                            const struct sw_spooled *spooled, struct sw_error *error)
{
    /* The first document came before anybody knew what is left. */
    session->spool_left -=
        spooled->size < session->spool_left ? spooled->size : session->spool_left;
    return sw_tell(session,
                   &(struct sw_fetch_message){.kind = SW_FETCH_DONE,
                                              .number = spooled->size,
                                              .name = cut(name == NULL ? "" : name)},
                   error);
}

/* The next message, which must be of this kind; its descriptor into *fd. */
static enum sw_status await(struct sw_session *session, enum sw_fetch_kind kind, uint64_t *number,
                            int *fd, struct sw_error *error)
{
    struct sw_message message;
    struct sw_fetch_message said = {0};

    sw_message_init(&message);
    enum sw_status status = sw_wire_receive(&session->intake, true, &message, error);
    if (status == SW_OK && (message.type != SW_MESSAGE_FETCH ||
                            sw_fetch_message_decode(sw_buf_view(&message.body), &said) != SW_OK ||
                            said.kind != kind || message.fd_count != (fd != NULL ? 1 : 0)))
        status = sw_fail(error, SW_STOP, "fetch", 0, "the supervisor says something else");
    if (status == SW_OK && fd != NULL) {
        *fd = message.fds[0];
        message.fds[0] = -1; /* ownership moves */
    }
    if (status == SW_OK && number != NULL)
        *number = said.number;
    sw_message_done(&message);
    return status == SW_OK ? SW_OK : SW_STOP;
}

enum sw_status sw_await_go(struct sw_session *session, struct sw_error *error)
{
    return await(session, SW_FETCH_GO, &session->spool_left, NULL, error);
}

enum sw_status sw_want_file(struct sw_session *session, struct sw_spooled *spooled,
                            struct sw_error *error)
{
    int fd = -1;
    enum sw_status status =
        sw_tell(session, &(struct sw_fetch_message){.kind = SW_FETCH_WANT}, error);

    if (status == SW_OK)
        status = await(session, SW_FETCH_SPOOL, NULL, &fd, error);
    if (status != SW_OK)
        return status;
    *spooled = (struct sw_spooled){
        .fd = fd, .spool_max = session->spool_left, .file_size_max = session->order.file_size_max};
    return SW_OK;
}
