/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_api.c - images of Docker or podman, by the Engine API on a unix socket.
 *
 * Docker Engine API: "Inspect an image" (GET /images/NAME/json) and "Export an image"
 * (GET /images/NAME/get); podman serves the same. Without a version in the path an
 * engine takes its newest.
 *
 * Where only documents are wanted nothing is exported: what the inspection says of the layers
 * is written down as the configuration that it was taken from.
 */
#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/view.h"
#include "fetch/session.h"

enum { INSPECT_MAX = 4 << 20, SOCKET_PLACES_MAX = 3 };

/* --- The socket --------------------------------------------------------------------- */

static int try_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, failed;

    if (strlen(path) >= sizeof(address.sun_path))
        return ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    failed = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;
    close(fd);
    return failed;
}

/* A socket named by the environment is the only one. */
static enum sw_status named_socket(const char *variable, char *socket, size_t size, bool *named,
                                   struct sw_error *error)
{
    const char *value = getenv(variable);

    *named = value != NULL && value[0] != '\0';
    if (!*named)
        return SW_OK;
    if (strncmp(value, "unix://", 7) != 0 || value[7] != '/' || strlen(value + 7) >= size)
        return sw_fail(error, SW_STOP, "fetch", 0, "%s is \"%s\": only unix:///PATH can be used",
                       variable, value);
    (void)snprintf(socket, size, "%s", value + 7);
    return SW_OK;
}

static const char *engine_name(enum sw_target_kind kind)
{
    return kind == SW_TARGET_DOCKER ? "Docker" : "podman";
}

static enum sw_status say_socket(enum sw_target_kind kind, const char *path, int failed,
                                 struct sw_error *error)
{
    if (failed == EACCES || failed == EPERM)
        return sw_fail(error, SW_STOP, "fetch", failed, "%s's socket %s may not be used",
                       engine_name(kind), path);
    return sw_fail(error, SW_STOP, "fetch", failed, "%s does not listen on %s", engine_name(kind),
                   path);
}

enum sw_status sw_engine_api_find(enum sw_target_kind kind, char *socket, size_t socket_size,
                                  struct sw_error *error)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    bool named = false;
    int failed = ENOENT;
    enum sw_status status =
        named_socket(kind == SW_TARGET_DOCKER ? "DOCKER_HOST" : "CONTAINER_HOST", socket,
                     socket_size, &named, error);

    if (status != SW_OK)
        return status;
    if (!named && kind == SW_TARGET_PODMAN && runtime != NULL && runtime[0] == '/') {
        (void)snprintf(socket, socket_size, "%s/podman/podman.sock", runtime);
        failed = try_socket(socket);
        if (failed == 0)
            return SW_OK;
    }
    if (!named)
        (void)snprintf(socket, socket_size, "%s",
                       kind == SW_TARGET_DOCKER ? "/var/run/docker.sock"
                                                : "/run/podman/podman.sock");
    failed = try_socket(socket);
    return failed == 0 ? SW_OK : say_socket(kind, socket, failed, error);
}

/* --- The image ---------------------------------------------------------------------- */

static enum sw_status keep_text(void *context, const struct sw_response *response,
                                struct sw_view bytes, struct sw_error *error)
{
    (void)response;
    if (sw_buf_append(context, bytes.data, bytes.size) == SW_OK)
        return SW_OK;
    return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "fetch", 0,
                       "the engine says more than %d bytes of one image", INSPECT_MAX);
}

static void add_names(const json_t *list, struct sw_fetch_message *root)
{
    size_t i;
    const json_t *name;

    json_array_foreach(list, i, name)
    {
        if (json_is_string(name) && root->row_count < SW_FETCH_ROWS_MAX &&
            json_string_length(name) <= SW_FETCH_TEXT_MAX)
            root->rows[root->row_count++] = (struct sw_view){
                (const uint8_t *)json_string_value(name), json_string_length(name)};
    }
}

static enum sw_status tell_image(struct sw_session *session, struct sw_view text,
                                 struct sw_error *error)
{
    struct sw_fetch_message root = {.kind = SW_FETCH_ROOT};
    json_t *image = json_loadb((const char *)text.data, text.size, 0, NULL);
    const json_t *id = json_object_get(image, "Id");
    enum sw_status status;

    if (json_is_string(id) && json_string_length(id) <= SW_FETCH_TEXT_MAX) {
        root.text =
            (struct sw_view){(const uint8_t *)json_string_value(id), json_string_length(id)};
        add_names(json_object_get(image, "RepoTags"), &root);
        add_names(json_object_get(image, "RepoDigests"), &root);
        status = sw_tell(session, &root, error);
    } else {
        status = sw_fail(error, SW_DEAD, "fetch", 0, "%s gives no image's description",
                         engine_name(session->order.kind));
    }
    json_decref(image);
    return status;
}

static enum sw_status ask(struct sw_session *session, const char *name, const char *what,
                          struct sw_request *request, struct sw_response *response,
                          struct sw_error *error)
{
    char url[2048];

    (void)snprintf(url, sizeof(url), "http://engine/images/%s/%s", name, what);
    request->url = url;
    enum sw_status status = sw_http_send(&session->http, request, response, error);
    if (status != SW_OK || response->status == 200)
        return status;
    if (response->status == 404)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_MISSING_PART, "fetch", 0, "%s has no such image",
                           engine_name(session->order.kind));
    return sw_fail_gap(error, SW_SKIP, SW_GAP_IO_ERROR, "fetch", 0, "%s answers %ld",
                       engine_name(session->order.kind), response->status);
}

static enum sw_status inspect(struct sw_session *session, const char *name, struct sw_buf *text,
                              struct sw_error *error)
{
    struct sw_response response;
    struct sw_request request = {
        .time_max_s = 4 * session->order.timeout_s, .take = keep_text, .context = text};

    enum sw_status status = ask(session, name, "json", &request, &response, error);
    return status == SW_OK ? tell_image(session, sw_buf_view(text), error) : status;
}

/* The image's configuration, as far as the inspection has it. NULL: no memory. */
static char *make_config(struct sw_view inspection)
{
    json_t *image = json_loadb((const char *)inspection.data, inspection.size, 0, NULL);
    json_t *config = json_pack("{s:O*, s:O*, s:{s:s, s:O*}}", "architecture",
                               json_object_get(image, "Architecture"), "os",
                               json_object_get(image, "Os"), "rootfs", "type", "layers", "diff_ids",
                               json_object_get(json_object_get(image, "RootFS"), "Layers"));
    char *text = config != NULL ? json_dumps(config, JSON_COMPACT) : NULL;

    json_decref(config);
    json_decref(image);
    return text;
}

static enum sw_status deliver_config(struct sw_session *session, struct sw_view inspection,
                                     struct sw_error *error)
{
    struct sw_spooled spooled = {.fd = -1};
    struct sw_error gap;
    char *text = make_config(inspection);
    enum sw_status status = sw_want_file(session, &spooled, error);

    if (status == SW_OK) {
        const enum sw_status kept = text != NULL
                                        ? sw_spooled_add(&spooled, sw_view_of(text), &gap)
                                        : sw_fail_gap(&gap, SW_PART, SW_GAP_LIMIT_MEMORY, "fetch",
                                                      ENOMEM, "the image's configuration");
        status = kept == SW_OK ? sw_tell_done(session, NULL, &spooled, error)
                               : sw_tell_gap(session, NULL, &gap, error);
        close(spooled.fd);
    }
    free(text);
    return status;
}

static enum sw_status keep_bytes(void *context, const struct sw_response *response,
                                 struct sw_view bytes, struct sw_error *error)
{
    (void)response;
    return sw_spooled_add(context, bytes, error);
}

static enum sw_status export_image(struct sw_session *session, const char *name,
                                   struct sw_error *error)
{
    struct sw_spooled spooled = {.fd = -1};
    struct sw_response response;
    struct sw_error gap;
    struct sw_request request = {
        .time_max_s = 120 * session->order.timeout_s, .take = keep_bytes, .context = &spooled};
    enum sw_status status = sw_want_file(session, &spooled, error);

    if (status != SW_OK)
        return status;
    enum sw_status got = ask(session, name, "get", &request, &response, &gap);
    if (got == SW_OK || spooled.size != 0)
        status = sw_tell_done(session, NULL, &spooled, error);
    close(spooled.fd);
    if (status == SW_OK && got != SW_OK)
        status = sw_tell_gap(session, NULL, &gap, error);
    return status;
}

static enum sw_status fetch_inspected(struct sw_session *session, const char *name,
                                      struct sw_buf *text, struct sw_error *error)
{
    enum sw_status status = inspect(session, name, text, error);

    if (status != SW_OK)
        return status == SW_STOP ? SW_STOP : SW_DEAD;
    status = sw_await_go(session, error);
    if (status == SW_OK && session->order.documents)
        return deliver_config(session, sw_buf_view(text), error);
    return status == SW_OK ? export_image(session, name, error) : status;
}

enum sw_status sw_engine_api_fetch(struct sw_session *session, struct sw_error *error)
{
    char name[SW_FETCH_TEXT_MAX + 1];
    const struct sw_view target = session->order.target;
    struct sw_buf text;

    memcpy(name, target.data, target.size);
    name[target.size] = '\0';
    enum sw_status status = sw_target_check_engine_name(name, error);
    if (status != SW_OK)
        return status;
    sw_buf_init(&text, INSPECT_MAX);
    status = fetch_inspected(session, name, &text, error);
    sw_buf_done(&text);
    return status;
}
