/* SPDX-License-Identifier: Apache-2.0 */
/* decoded.c - finds runs in text, and decodes them. */
#include "engine/source/decoded.h"

#include <stdlib.h>
#include <string.h>

#include "engine/source/inflate.h"
#include "engine/source/utf16.h"

enum {
    MARKS_MAX = 24,     /* characters between two pieces of one run */
    PROBE_SIZE = 48,    /* decoded bytes that tell whether an alignment is the right one */
    PLAUSIBLE_MIN = 36, /* of them, printable */
    DISTINCT_MIN = 8,   /* different characters in SW_RUN_MIN of a run */
    JOINERS_MAX = 8,    /* of / - and _ there: one in 32 is ordinary, paths have more */
    LONG_RUN = 256,     /* characters; so many without a digit are a run all the same */
};

/* What a character can be: its value in base64, or one of these. */
enum { OTHER = 0x80, MARK = 0x81, PAD = 0x82, BACKSLASH = 0x83 };

enum state { OUTSIDE, INSIDE, BETWEEN, ESCAPED, PLUS };

struct sw_finder {
    sw_layer_fn *fn;
    void *context;
    uint8_t value[256];
    enum state state;
    uint64_t position;   /* of the next byte to be fed */
    size_t held;         /* characters before it that may begin a run */
    uint64_t run_offset; /* where the open run began */
    uint64_t run_end;    /* behind its last character */
    unsigned marks;      /* since then */
    bool cut;
    struct sw_buf run;  /* characters of the open run; before it, those that are held */
    struct sw_buf out;  /* decoded */
    struct sw_buf more; /* inflated */
};

static void fill_values(uint8_t value[static 256])
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char marks[] = " \t\r\n\"'`+,()";

    memset(value, OTHER, 256);
    for (size_t i = 0; marks[i] != '\0'; i++)
        value[(uint8_t)marks[i]] = MARK;
    for (size_t i = 0; alphabet[i] != '\0'; i++)
        value[(uint8_t)alphabet[i]] = (uint8_t)i;
    value['-'] = 62;
    value['_'] = 63;
    value['='] = PAD;
    value['\\'] = BACKSLASH;
}

enum sw_status sw_finder_new(struct sw_finder **finder)
{
    struct sw_finder *made = calloc(1, sizeof(*made));

    if (made == NULL)
        return SW_STOP;
    fill_values(made->value);
    sw_buf_init(&made->run, SW_RUN_MAX);
    sw_buf_init(&made->out, SW_RUN_MAX);
    sw_buf_init(&made->more, SW_INFLATED_MAX);
    *finder = made;
    return SW_OK;
}

void sw_finder_free(struct sw_finder *finder)
{
    if (finder == NULL)
        return;
    sw_buf_done(&finder->run);
    sw_buf_done(&finder->out);
    sw_buf_done(&finder->more);
    free(finder);
}

void sw_finder_begin(struct sw_finder *finder, sw_layer_fn *fn, void *context)
{
    finder->fn = fn;
    finder->context = context;
    finder->state = OUTSIDE;
    finder->position = 0;
    finder->held = 0;
    sw_buf_clear(&finder->run);
}

/* --- decoding ----------------------------------------------------------------- */

/* Whole groups of four from `from`, and what is left of a last one. */
static bool decode_base64(const uint8_t value[static 256], struct sw_view run, size_t from,
                          struct sw_buf *out)
{
    const uint8_t *in = run.data + from;
    size_t left = run.size - from;
    uint8_t *to;

    sw_buf_clear(out);
    if (sw_buf_reserve(out, left / 4 * 3 + 3) != SW_OK)
        return false;
    to = out->data;
    for (; left >= 4; left -= 4, in += 4) {
        uint32_t group = (uint32_t)value[in[0]] << 18 | (uint32_t)value[in[1]] << 12 |
                         (uint32_t)value[in[2]] << 6 | value[in[3]];
        *to++ = (uint8_t)(group >> 16);
        *to++ = (uint8_t)(group >> 8);
        *to++ = (uint8_t)group;
    }
    if (left >= 2)
        *to++ = (uint8_t)(value[in[0]] << 2 | value[in[1]] >> 4);
    if (left == 3)
        *to++ = (uint8_t)(value[in[1]] << 4 | value[in[2]] >> 2);
    out->size = (size_t)(to - out->data);
    return true;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_hex(struct sw_view run)
{
    for (size_t i = 0; i < run.size; i++)
        if (hex_digit(run.data[i]) < 0)
            return false;
    return true;
}

static bool decode_hex(struct sw_view run, struct sw_buf *out)
{
    sw_buf_clear(out);
    if (sw_buf_reserve(out, run.size / 2) != SW_OK)
        return false;
    for (size_t i = 0; i + 1 < run.size; i += 2)
        out->data[out->size++] =
            (uint8_t)((unsigned)hex_digit(run.data[i]) << 4 | (unsigned)hex_digit(run.data[i + 1]));
    return true;
}

/* How much the bytes look like something: each printable one counts, and one of
 * the formats that payloads come in counts as all of them. */
static size_t plausibility(struct sw_view bytes)
{
    size_t size = bytes.size < PROBE_SIZE ? bytes.size : PROBE_SIZE;
    size_t printable = 0;

    if (sw_inflate_kind_of(bytes) != SW_INFLATE_NONE || sw_utf16_of(bytes).order != SW_UTF16_NONE ||
        (bytes.size > 4 && (memcmp(bytes.data,
                                   "\x7f"
                                   "ELF",
                                   4) == 0 ||
                            memcmp(bytes.data, "PK\x03\x04", 4) == 0)))
        return PROBE_SIZE;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = bytes.data[i];
        printable += (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t' ? 1 : 0;
    }
    return printable;
}

/* Junk before a payload shifts it: another alignment than the first is taken
 * when nearly all of it makes sense there, and more than in the first. */
static size_t find_alignment(struct sw_finder *finder, struct sw_view run)
{
    const struct sw_view probe = {run.data, run.size < SW_RUN_MIN + 4 ? run.size : SW_RUN_MIN + 4};
    size_t best = 0;
    size_t most = PLAUSIBLE_MIN;

    for (size_t from = 0; from < 4; from++) {
        if (!decode_base64(finder->value, probe, from, &finder->out))
            break;
        size_t score = plausibility(sw_buf_view(&finder->out));
        if (from == 0 && score > most)
            most = score;
        if (score > most) {
            most = score;
            best = from;
        }
    }
    return best;
}

/* --- a run ---------------------------------------------------------------------- */

static enum sw_status hand_out(struct sw_finder *finder, bool hex)
{
    static const char *const names[2][SW_INFLATE_KIND_COUNT] = {
        {"base64", "base64+gzip", "base64+zlib"}, {"hex", "hex+gzip", "hex+zlib"}};
    struct sw_layer layer = {.encoding = names[hex][SW_INFLATE_NONE],
                             .offset = finder->run_offset,
                             .length = finder->run_end - finder->run_offset,
                             .content = sw_buf_view(&finder->out),
                             .cut = finder->cut};
    enum sw_inflate_kind kind = sw_inflate_kind_of(layer.content);

    if (kind != SW_INFLATE_NONE &&
        sw_inflate(kind, layer.content, &finder->more, &layer.cut) == SW_OK) {
        layer.encoding = names[hex][kind];
        layer.content = sw_buf_view(&finder->more);
    }
    return layer.content.size == 0 ? SW_OK : finder->fn(finder->context, &layer);
}

/* Rulers and padding use few characters, paths and long names many slashes and
 * hyphens and hardly a digit. Of 64 characters of real base64 nine or more are
 * such joiners once in a million times. */
static bool window_looks_encoded(struct sw_view window, bool digit_needed)
{
    bool seen[256] = {false};
    unsigned distinct = 0, joiners = 0, digits = 0;

    for (size_t i = 0; i < window.size; i++) {
        uint8_t c = window.data[i];
        distinct += seen[c] ? 0 : 1;
        seen[c] = true;
        joiners += c == '/' || c == '-' || c == '_' ? 1 : 0;
        digits += c >= '0' && c <= '9' ? 1 : 0;
    }
    return distinct >= DISTINCT_MIN && joiners <= JOINERS_MAX && (digits > 0 || !digit_needed);
}

/* Any piece of it: a program begins with zeros, and padding must not hide what
 * stands behind it. */
static bool looks_encoded(struct sw_view run)
{
    for (size_t at = 0; at + SW_RUN_MIN <= run.size; at += SW_RUN_MIN)
        if (window_looks_encoded((struct sw_view){run.data + at, SW_RUN_MIN}, run.size < LONG_RUN))
            return true;
    return false;
}

static enum sw_status close_run(struct sw_finder *finder)
{
    const struct sw_view run = sw_buf_view(&finder->run);
    enum sw_status status = SW_OK;

    finder->state = OUTSIDE;
    if (looks_encoded(run)) {
        bool hex = is_hex(run);
        bool good =
            hex ? decode_hex(run, &finder->out)
                : decode_base64(finder->value, run, find_alignment(finder, run), &finder->out);
        if (good)
            status = hand_out(finder, hex);
    }
    sw_buf_clear(&finder->run);
    /* One long run must not cost memory for good. */
    if (finder->run.capacity > SW_RUN_MAX / 16) {
        sw_buf_done(&finder->run);
        sw_buf_done(&finder->out);
        sw_buf_done(&finder->more);
    }
    return status;
}

static void open_run(struct sw_finder *finder, uint64_t offset)
{
    finder->state = INSIDE;
    finder->run_offset = offset;
    finder->run_end = offset;
    finder->marks = 0;
    finder->cut = false;
}

static void take(struct sw_finder *finder, const uint8_t *bytes, size_t size, uint64_t end)
{
    if (finder->cut || sw_buf_append(&finder->run, bytes, size) != SW_OK)
        finder->cut = true;
    finder->run_end = end;
}

bool sw_finder_sees(const struct sw_finder *finder, struct sw_view bytes)
{
    const uint8_t *value = finder->value;
    size_t at = 0;

    while (at + SW_RUN_MIN <= bytes.size) {
        size_t back = SW_RUN_MIN;
        while (back > 0 && value[bytes.data[at + back - 1]] < 64)
            back--;
        if (back == 0)
            return true;
        at += back;
    }
    return false;
}

/* --- text --------------------------------------------------------------------------- */

/* Looks for SW_RUN_MIN characters in a row, from the back of each stretch: in
 * ordinary text a few looks skip the whole of it. `held` characters of the run
 * buffer stand before bytes[0]. Returns how many bytes are done with. */
static size_t skip(struct sw_finder *finder, struct sw_view bytes)
{
    const uint8_t *value = finder->value;
    size_t at = 0;

    /* A stretch that began before these bytes. */
    if (finder->held > 0) {
        size_t need = SW_RUN_MIN - finder->held;
        size_t i = 0;
        while (i < bytes.size && i < need && value[bytes.data[i]] < 64)
            i++;
        if (i == need) {
            open_run(finder, finder->position - finder->held);
            take(finder, bytes.data, i, finder->position + i);
            finder->held = 0;
            return i;
        }
        if (i == bytes.size) {
            finder->held += i;
            (void)!sw_buf_append(&finder->run, bytes.data, i);
            return i;
        }
        at = i;
        finder->held = 0;
        sw_buf_clear(&finder->run);
    }
    while (at + SW_RUN_MIN <= bytes.size) {
        size_t back = SW_RUN_MIN;
        while (back > 0 && value[bytes.data[at + back - 1]] < 64)
            back--;
        if (back == 0) {
            open_run(finder, finder->position + at);
            return at;
        }
        at += back;
    }
    /* What may begin a run that goes on in the next bytes. */
    size_t tail = bytes.size;
    while (tail > at && value[bytes.data[tail - 1]] < 64)
        tail--;
    finder->held = bytes.size - tail;
    if (finder->held > 0)
        (void)!sw_buf_append(&finder->run, bytes.data + tail, finder->held);
    return bytes.size;
}

/* Inside a run: its characters up to the first that is none. */
static size_t swallow(struct sw_finder *finder, struct sw_view bytes)
{
    size_t size = 0;

    while (size < bytes.size && finder->value[bytes.data[size]] < 64)
        size++;
    if (size > 0) {
        take(finder, bytes.data, size, finder->position + size);
        finder->marks = 0;
    }
    if (size < bytes.size)
        finder->state = BETWEEN;
    return size;
}

/* Between two pieces: marks are passed over, a new piece goes on, all else ends
 * the run. A backslash takes the letter behind it along ("\n" in a literal). A
 * plus sign is the first character of a piece, or joins two literals: what follows
 * tells. */
static enum sw_status pass(struct sw_finder *finder, uint8_t byte)
{
    uint8_t value = finder->value[byte];

    if (finder->state == ESCAPED) {
        finder->state = BETWEEN;
        return SW_OK;
    }
    if (byte == '+' && finder->state == BETWEEN) {
        finder->state = PLUS;
        return SW_OK;
    }
    if (finder->state == PLUS && value < 64)
        take(finder, (const uint8_t *)"+", 1, finder->position);
    finder->state = BETWEEN;
    if (value < 64) {
        finder->state = INSIDE;
        take(finder, &byte, 1, finder->position + 1);
        return SW_OK;
    }
    if (++finder->marks > MARKS_MAX || value == OTHER || value == PAD)
        return close_run(finder);
    if (value == BACKSLASH)
        finder->state = ESCAPED;
    return SW_OK;
}

enum sw_status sw_finder_feed(struct sw_finder *finder, struct sw_view bytes)
{
    enum sw_status status = SW_OK;

    while (bytes.size > 0 && status == SW_OK) {
        size_t done = 1;
        if (finder->state == OUTSIDE)
            done = skip(finder, bytes);
        else if (finder->state == INSIDE)
            done = swallow(finder, bytes);
        else
            status = pass(finder, bytes.data[0]);
        finder->position += done;
        bytes = (struct sw_view){bytes.data + done, bytes.size - done};
    }
    return status;
}

enum sw_status sw_finder_end(struct sw_finder *finder)
{
    enum sw_status status = finder->state == OUTSIDE ? SW_OK : close_run(finder);

    finder->held = 0;
    sw_buf_clear(&finder->run);
    return status;
}
