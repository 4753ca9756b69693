/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - URLs taken apart as far as it takes to know whose they are. */
#include "fetch/url.h"

#include "common/view.h"

static bool is_plain(struct sw_view text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= ' ' || text.data[i] >= 127 || text.data[i] == '\\')
            return false;
    return true;
}

bool sw_url_split(struct sw_view text, struct sw_url *url)
{
    size_t colon = sw_view_find(text, ':'), end = 0;
    struct sw_url found = {.scheme = sw_view_first(text, colon)};
    struct sw_view rest = sw_view_skip(text, colon);

    if (!is_plain(text) || !sw_view_starts(rest, SW_VIEW("://")) ||
        (!sw_view_equal_fold(found.scheme, SW_VIEW("http")) &&
         !sw_view_equal_fold(found.scheme, SW_VIEW("https"))))
        return false;
    rest = sw_view_skip(rest, 3);
    while (end < rest.size && rest.data[end] != '/' && rest.data[end] != '?' &&
           rest.data[end] != '#')
        end++;
    found.authority = sw_view_first(rest, end);
    if (end == 0 || sw_view_find(found.authority, '@') < end ||
        sw_view_find(found.authority, '%') < end)
        return false;
    *url = found;
    return true;
}

bool sw_url_is_https(const struct sw_url *url)
{
    return sw_view_equal_fold(url->scheme, SW_VIEW("https"));
}

/* Without the port that the scheme has anyway. */
static struct sw_view without_usual_port(const struct sw_url *url)
{
    struct sw_view usual = sw_url_is_https(url) ? SW_VIEW(":443") : SW_VIEW(":80");

    if (sw_view_ends(url->authority, usual))
        return sw_view_first(url->authority, url->authority.size - usual.size);
    return url->authority;
}

bool sw_url_same_origin(struct sw_view a, struct sw_view b)
{
    struct sw_url left, right;

    return sw_url_split(a, &left) && sw_url_split(b, &right) &&
           sw_view_equal_fold(left.scheme, right.scheme) &&
           sw_view_equal_fold(without_usual_port(&left), without_usual_port(&right));
}

static struct sw_view without_port(struct sw_view authority)
{
    size_t colon = sw_view_find_last(authority, ':');

    if (authority.size != 0 && authority.data[0] == '[')
        return sw_view_first(authority, sw_view_find(authority, ']'));
    return sw_view_first(authority, colon);
}

/* Numbers have no owner in common. */
static bool is_address(struct sw_view host)
{
    return host.size == 0 || host.data[0] == '[' || sw_is_digit(host.data[host.size - 1]);
}

static bool lies_under(struct sw_view host, struct sw_view name)
{
    if (sw_view_equal_fold(host, name))
        return true;
    return host.size > name.size && host.data[host.size - name.size - 1] == '.' &&
           sw_view_equal_fold(sw_view_skip(host, host.size - name.size), name);
}

bool sw_url_shares_owner(struct sw_view authority, struct sw_view registry)
{
    struct sw_view host = without_port(authority), own = without_port(registry);
    struct sw_view above = sw_view_skip(own, sw_view_find(own, '.') + 1);

    if (sw_view_equal_fold(host, own))
        return true;
    return !is_address(own) && sw_view_find(above, '.') < above.size && lies_under(host, above);
}

enum sw_status sw_url_encode(struct sw_buf *out, struct sw_view text)
{
    enum sw_status status = SW_OK;

    for (size_t i = 0; i < text.size && status == SW_OK; i++) {
        uint8_t byte = text.data[i];
        if (sw_is_alnum(byte) || (byte != '\0' && strchr("-._~", byte) != NULL))
            status = sw_buf_append_u8(out, byte);
        else
            status = sw_buf_append_format(out, "%%%02X", byte);
    }
    return status;
}
