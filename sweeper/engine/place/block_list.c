/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block_list.c - names that a resolver or a browser must not reach, in the forms
 * of hosts, dnsmasq, unbound, response policy zones and filter lists.
 *
 * Such a list names hosts to keep away from them. A file of hosts may also send
 * a name somewhere: a match in such a line counts as the rule says.
 */
#include "engine/place/listing.h"
#include "engine/place/place_private.h"

enum { LINES_MIN = 3 };

enum row { ROW_BAD, ROW_BLOCKS, ROW_LEADS, ROW_PLAIN };

static bool is_nowhere(struct sw_view address)
{
    static const char *const all[] = {"0.0.0.0", "127.0.0.1", "127.0.1.1", "::", "::1", "#", NULL};

    return place_among(address, all);
}

static bool is_name(struct sw_view name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!place_ident(name.data[i]) && strchr(".-*", name.data[i]) == NULL)
            return false;
    return name.size > 0;
}

static bool is_address(struct sw_view address)
{
    size_t signs = 0;

    for (size_t i = 0; i < address.size; i++) {
        if (!place_hex(address.data[i]) && address.data[i] != '.' && address.data[i] != ':')
            return false;
        signs += !place_hex(address.data[i]);
    }
    return signs >= 2;
}

static bool is_remark(struct sw_view line)
{
    return strchr("#!;", line.data[0]) != NULL ||
           (place_starts(line, "[Adblock") && line.data[line.size - 1] == ']');
}

/* To a shell, what follows `!` is a command. */
static bool is_harmless_remark(struct sw_view line)
{
    static const char signs[] = "`$|&;<>(){}\\";

    for (size_t i = 1; line.data[0] != '#' && i < line.size; i++)
        if (strchr(signs, line.data[i]) != NULL)
            return false;
    return line.data[0] == '#' || !place_is_statement(place_trim(place_after(line, 1)));
}

/* "0.0.0.0 name name # remark" */
static enum row hosts_row(struct sw_view line)
{
    struct sw_view rest = line, address = {0}, word = {0};
    size_t names = 0;

    if (!place_next_word(&rest, &address) || !is_address(address))
        return ROW_BAD;
    while (place_next_word(&rest, &word) && word.data[0] != '#') {
        if (!is_name(word))
            return ROW_BAD;
        names++;
    }
    if (names == 0)
        return ROW_BAD;
    return is_nowhere(address) ? ROW_BLOCKS : ROW_LEADS;
}

/* "||name^", with options behind a dollar */
static enum row filter_row(struct sw_view line)
{
    static const char *const signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789._-~=,";
    const uint8_t *end;
    struct sw_view name;

    if (!place_starts(line, "||"))
        return ROW_BAD;
    line = place_after(line, 2);
    end = line.size > 0 ? memchr(line.data, '^', line.size) : NULL;
    name = place_first(line, end != NULL ? (size_t)(end - line.data) : 0);
    if (!is_name(name))
        return ROW_BAD;
    line = place_after(line, name.size + 1);
    return line.size == 0 || (line.data[0] == '$' && place_only(place_after(line, 1), signs))
               ? ROW_BLOCKS
               : ROW_BAD;
}

/* "address=/name/0.0.0.0", "local=/name/" */
static enum row dnsmasq_row(struct sw_view line)
{
    static const char *const keys[] = {"address=/", "server=/", "local=/", NULL};
    const uint8_t *end;

    for (size_t i = 0; keys[i] != NULL; i++) {
        if (!place_starts(line, keys[i]))
            continue;
        line = place_after(line, strlen(keys[i]));
        end = line.size > 0 ? memchr(line.data, '/', line.size) : NULL;
        if (end == NULL || !is_name(place_first(line, (size_t)(end - line.data))))
            return ROW_BAD;
        line = place_after(line, (size_t)(end - line.data) + 1);
        if (line.size == 0 || (i == 0 && is_nowhere(line)))
            return ROW_BLOCKS;
        return is_address(line) ? ROW_LEADS : ROW_BAD;
    }
    return ROW_BAD;
}

/* `local-zone: "name" always_nxdomain`, "name CNAME ." */
static enum row zone_row(struct sw_view line)
{
    static const char *const refusals[] = {
        "always_nxdomain", "always_refuse", "always_null", "refuse", "deny", "always_deny", NULL};
    struct sw_view word[4] = {0};
    size_t count = 0;
    bool blocks;

    while (count < 4 && place_next_word(&line, &word[count]))
        count++;
    if (count != 3)
        return ROW_BAD;
    if (place_is(word[0], "local-zone:"))
        blocks = word[1].size > 2 && word[1].data[0] == '"' &&
                 word[1].data[word[1].size - 1] == '"' &&
                 is_name((struct sw_view){word[1].data + 1, word[1].size - 2}) &&
                 place_among(word[2], refusals);
    else
        blocks = is_name(word[0]) && place_has_byte(word[0], '.') && place_is(word[1], "CNAME") &&
                 place_is(word[2], ".");
    return blocks ? ROW_BLOCKS : ROW_BAD;
}

/* Among the others, a name by itself blocks as well; a list of names alone says nothing. */
static enum row name_row(struct sw_view line)
{
    return place_mark_of(line) == PLACE_MARK_LIKELY && is_name(line) ? ROW_PLAIN : ROW_BAD;
}

static enum row row_of(struct sw_view line)
{
    static enum row (*const forms[])(struct sw_view) = {hosts_row, filter_row, dnsmasq_row,
                                                        zone_row, name_row};
    enum row row = ROW_BAD;

    for (size_t i = 0; row == ROW_BAD && i < sizeof(forms) / sizeof(forms[0]); i++)
        row = forms[i](line);
    return row;
}

bool place_is_block_list(struct sw_view text, const struct sw_place_facts *facts)
{
    /* Offsets of matches are those of the object; a byte order mark may be cut off. */
    const uint8_t *origin = facts->head.data;
    struct sw_view line = {0};
    size_t lines = 0, blocking = 0;

    while (place_next_line(&text, &line)) {
        line = place_trim(line);
        if (line.size == 0)
            continue;
        if (is_remark(line)) {
            if (!is_harmless_remark(line))
                return false;
            continue;
        }
        uint64_t from = (uint64_t)(line.data - origin);
        enum row row = row_of(line);
        if (row == ROW_BAD || (row == ROW_LEADS && place_touches(facts, from, from + line.size)))
            return false;
        lines++;
        blocking += row == ROW_BLOCKS;
    }
    return lines >= LINES_MIN && blocking > 0;
}
