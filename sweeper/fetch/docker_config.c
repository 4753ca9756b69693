/* SPDX-License-Identifier: Apache-2.0 */
/* docker_config.c - credentials out of Docker's configuration file. */
#include "fetch/docker_config.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "common/view.h"

#define HUB_KEY "https://index.docker.io/v1/"

bool sw_credentials_is_helper(const char *name)
{
    if (name[0] == '\0' || strlen(name) >= SW_CREDENTIAL_HELPER_MAX || name[0] == '-' ||
        name[0] == '.')
        return false;
    for (; *name != '\0'; name++)
        if (!sw_is_alnum((uint8_t)*name) && strchr("-_.", *name) == NULL)
            return false;
    return true;
}

void sw_credentials_forget(struct sw_credentials *credentials)
{
    explicit_bzero(credentials, sizeof(*credentials));
}

/* False when it does not fit, or holds what no header may hold. */
static bool keep(char *out, size_t out_size, const char *text, size_t size)
{
    if (size >= out_size)
        return false;
    for (size_t i = 0; i < size; i++)
        if ((uint8_t)text[i] < ' ' || text[i] == 127)
            return false;
    memcpy(out, text, size);
    out[size] = '\0';
    return true;
}

/* The host of a key, which may be a URL: "https://HOST/v2/". */
static bool key_is_host(const char *key, const char *host)
{
    struct sw_view name = sw_view_of(key), wanted = sw_view_of(host);

    if (sw_view_starts(name, SW_VIEW("https://")))
        name = sw_view_skip(name, 8);
    else if (sw_view_starts(name, SW_VIEW("http://")))
        name = sw_view_skip(name, 7);
    name = sw_view_first(name, sw_view_find(name, '/'));
    if (sw_view_equal_fold(name, wanted))
        return true;
    return strcmp(host, "docker.io") == 0 &&
           (sw_view_equal_fold(name, SW_VIEW("index.docker.io")) ||
            sw_view_equal_fold(name, SW_VIEW("registry-1.docker.io")));
}

/* The member of an object whose key is this host; an exact one wins. */
static json_t *find_host(json_t *object, const char *host)
{
    json_t *found = json_object_get(object, host);
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        if (found == NULL && key_is_host(key, host))
            found = value;
    }
    return found;
}

/* base64 of "USER:PASSWORD". */
static bool take_auth(const char *text, struct sw_credentials *credentials)
{
    char plain[SW_CREDENTIAL_MAX];
    size_t size = strlen(text), padding = 0;
    bool taken = false;

    while (padding < 2 && size > padding && text[size - padding - 1] == '=')
        padding++;
    if (size % 4 != 0 || size / 4 * 3 > sizeof(plain))
        return false;
    int made = EVP_DecodeBlock((unsigned char *)plain, (const unsigned char *)text, (int)size);
    if (made >= (int)padding) {
        struct sw_view all = {(const uint8_t *)plain, (size_t)made - padding};
        size_t colon = sw_view_find(all, ':');
        taken = colon > 0 && colon < all.size &&
                keep(credentials->user, sizeof(credentials->user), plain, colon) &&
                keep(credentials->password, sizeof(credentials->password), plain + colon + 1,
                     all.size - colon - 1);
    }
    explicit_bzero(plain, sizeof(plain));
    return taken;
}

static bool take_text(const json_t *object, const char *name, char *out, size_t out_size)
{
    const json_t *value = json_object_get(object, name);

    return json_is_string(value) && json_string_length(value) != 0 &&
           keep(out, out_size, json_string_value(value), json_string_length(value));
}

static void take_entry(const json_t *entry, struct sw_credentials *made)
{
    const char *auth = json_string_value(json_object_get(entry, "auth"));

    if (take_text(entry, "identitytoken", made->identity, sizeof(made->identity)))
        return;
    if (auth != NULL && auth[0] != '\0' && take_auth(auth, made))
        return;
    if (take_text(entry, "username", made->user, sizeof(made->user)) &&
        take_text(entry, "password", made->password, sizeof(made->password)))
        return;
    made->user[0] = '\0';
}

static void take_helper(json_t *config, const char *host, struct sw_credentials *made)
{
    const json_t *name = find_host(json_object_get(config, "credHelpers"), host);

    if (!json_is_string(name))
        name = json_object_get(config, "credsStore");
    if (json_is_string(name) && sw_credentials_is_helper(json_string_value(name)))
        (void)snprintf(made->helper, sizeof(made->helper), "%s", json_string_value(name));
    (void)snprintf(made->server, sizeof(made->server), "%s",
                   strcmp(host, "docker.io") == 0 ? HUB_KEY : host);
}

enum sw_status sw_docker_config_find(struct sw_view text, const char *host,
                                     struct sw_credentials *credentials, struct sw_error *error)
{
    json_t *config = json_loadb((const char *)text.data, text.size, 0, NULL);

    if (!json_is_object(config)) {
        json_decref(config);
        return sw_fail(error, SW_PART, "fetch", 0, "it is no JSON object");
    }
    *credentials = (struct sw_credentials){0};
    take_entry(find_host(json_object_get(config, "auths"), host), credentials);
    take_helper(config, host, credentials);
    json_decref(config);
    return SW_OK;
}

enum sw_status sw_credentials_of_helper(struct sw_view text, struct sw_credentials *credentials,
                                        struct sw_error *error)
{
    json_t *answer = json_loadb((const char *)text.data, text.size, 0, NULL);
    bool taken;

    if (strcmp(json_string_value(json_object_get(answer, "Username")) != NULL
                   ? json_string_value(json_object_get(answer, "Username"))
                   : "",
               "<token>") == 0)
        taken = take_text(answer, "Secret", credentials->identity, sizeof(credentials->identity));
    else
        taken = take_text(answer, "Username", credentials->user, sizeof(credentials->user)) &&
                take_text(answer, "Secret", credentials->password, sizeof(credentials->password));
    json_decref(answer);
    if (!taken) {
        credentials->user[0] = '\0';
        return sw_fail(error, SW_PART, "fetch", 0, "the helper gave no credentials");
    }
    return SW_OK;
}
