/* SPDX-License-Identifier: Apache-2.0 */
/* decoded.c - finds runs in text, and decodes them. */
#include "engine/source/decoded.h"

#include <stdlib.h>
#include <string.h>

#include "engine/source/inflate.h"
#include "engine/source/run_code.h"
#include "engine/source/utf16.h"

enum {
    MARKS_MAX = 24,     /* characters between two pieces of one run */
    PLAUSIBLE_MIN = 36, /* of them, printable */
    DISTINCT_MIN = 8,   /* different characters in SW_RUN_MIN of a run */
    JOINERS_MAX = 8,    /* of / - and _ there: one in 32 is ordinary, paths have more */
    LONG_RUN = 256,     /* characters; so many without a digit are a run all the same */
    TAIL_MIN = 48, /* bytes behind a packed stream that are worth a look: SW_RUN_MIN characters */
    DIGEST_MAX = 128, /* digits of the longest digest */
    PREFIX_MAX = 2,   /* characters in front of digits: 0x, x */
};

enum state { OUTSIDE, INSIDE, BETWEEN, ESCAPED, CODED, PLUS };

/* SW_RUN_MIN characters or more that stand together in the text: where something
 * else may begin than what the run began with. */
struct piece {
    size_t at; /* in the run */
    size_t size;
    uint64_t offset; /* in the text */
};
#define PIECES_SIZE (SW_RUN_MAX / SW_RUN_MIN * sizeof(struct piece))

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
    unsigned code;         /* \u0000: what has been read of it, */
    unsigned code_left;    /* and how many digits are to come */
    size_t piece_at;       /* where the last piece began, in the run */
    uint64_t piece_offset; /* and in the text */
    struct sw_buf pieces;  /* struct piece */
    size_t digits_from;    /* hexadecimal digits in the run: from where it is known */
    size_t digits_to;      /* how far they go */
    bool digits_dull;      /* and whether they say nothing */
    struct sw_buf run;     /* characters of the open run; before it, those that are held */
    struct sw_buf out;     /* decoded */
    struct sw_buf more;    /* inflated */
};

enum sw_status sw_finder_new(struct sw_finder **finder)
{
    struct sw_finder *made = calloc(1, sizeof(*made));

    if (made == NULL)
        return SW_STOP;
    run_values(made->value);
    sw_buf_init(&made->run, SW_RUN_MAX);
    sw_buf_init(&made->pieces, PIECES_SIZE);
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
    sw_buf_done(&finder->pieces);
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

/* Junk before a payload shifts it: another alignment than the first is taken
 * when nearly all of it makes sense there, and more than in the first. */
static size_t find_alignment(struct sw_finder *finder, struct sw_view run)
{
    const struct sw_view probe = {run.data, run.size < SW_RUN_MIN + 4 ? run.size : SW_RUN_MIN + 4};
    size_t best = 0;
    size_t most = PLAUSIBLE_MIN;

    for (size_t from = 0; from < 4; from++) {
        if (!run_base64(finder->value, probe, from, &finder->out))
            break;
        size_t score = run_plausibility(sw_buf_view(&finder->out));
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

/* --- what it holds --------------------------------------------------------------- */

/* From where to where, in the run and in the text. */
struct part {
    size_t from;
    size_t to;
    uint64_t offset;
    uint64_t end;
};

static struct sw_view part_of(const struct sw_finder *finder, const struct part *part)
{
    return (struct sw_view){finder->run.data + part->from, part->to - part->from};
}

/* What is packed comes out; what is packed badly, or has something behind it, is
 * handed out as it is too: no stream's first bytes may hide what follows them. */
static enum sw_status hand_out(struct sw_finder *finder, const struct part *part, bool hex)
{
    static const char *const names[2][SW_INFLATE_KIND_COUNT] = {
        {"base64", "base64+gzip", "base64+zlib"}, {"hex", "hex+gzip", "hex+zlib"}};
    struct sw_layer layer = {.encoding = names[hex][SW_INFLATE_NONE],
                             .offset = part->offset,
                             .length = part->end - part->offset,
                             .content = sw_buf_view(&finder->out),
                             .cut = finder->cut && part->to == finder->run.size};
    enum sw_inflate_kind kind = sw_inflate_kind_of(layer.content);
    struct sw_inflated inflated = {.cut = false};
    enum sw_status status = SW_OK;

    if (kind == SW_INFLATE_NONE ||
        sw_inflate(kind, layer.content, &finder->more, &inflated) != SW_OK) {
        layer.cut = layer.cut || inflated.cut;
        return layer.content.size == 0 ? SW_OK : finder->fn(finder->context, &layer);
    }
    if (!inflated.cut && (!inflated.ended || inflated.left >= TAIL_MIN))
        status = finder->fn(finder->context, &layer);
    layer.encoding = names[hex][kind];
    layer.content = sw_buf_view(&finder->more);
    layer.cut = layer.cut || inflated.cut;
    return status == SW_OK ? finder->fn(finder->context, &layer) : status;
}

/* Not a byte of it could be decoded. */
static enum sw_status without_memory(struct sw_finder *finder, const struct part *part)
{
    const struct sw_layer layer = {.encoding = "base64",
                                   .offset = part->offset,
                                   .length = part->end - part->offset,
                                   .cut = true};
    return finder->fn(finder->context, &layer);
}

/* Of the two ways to pair the digits the one that makes sense. */
static enum sw_status hand_out_hex(struct sw_finder *finder, const struct part *part)
{
    const struct sw_view run = part_of(finder, part);
    size_t best = 0, most = PLAUSIBLE_MIN;

    for (size_t from = 0; from < 2; from++) {
        const struct sw_view probe = {run.data + from, 2 * (size_t)RUN_PROBE_SIZE};
        if (run.size < probe.size + 1 || !run_hex(probe, &finder->out))
            break;
        size_t score = run_plausibility(sw_buf_view(&finder->out));
        if (score > most)
            best = from;
        if (score > most)
            most = score;
    }
    if (!run_hex((struct sw_view){run.data + best, run.size - best}, &finder->out))
        return without_memory(finder, part);
    return hand_out(finder, part, true);
}

static enum sw_status hand_out_base64(struct sw_finder *finder, const struct part *part)
{
    const struct sw_view run = part_of(finder, part);

    if (run.size < SW_RUN_MIN || !looks_encoded(run))
        return SW_OK;
    if (!run_base64(finder->value, run, find_alignment(finder, run), &finder->out))
        return without_memory(finder, part);
    return hand_out(finder, part, false);
}

/* Lists are full of digests; what they would decode to is noise. */
static bool is_noise(struct sw_finder *finder, struct sw_view digits)
{
    if (digits.size > DIGEST_MAX || !run_hex(digits, &finder->out))
        return false;
    return run_plausibility(sw_buf_view(&finder->out)) * 4 <
           3 * (finder->out.size < RUN_PROBE_SIZE ? finder->out.size : RUN_PROBE_SIZE);
}

/* How many digits stand at `from`. Where they end is counted once for all places
 * from which they go on to there. */
static struct sw_view digits_at(struct sw_finder *finder, size_t from)
{
    const struct sw_view run = sw_buf_view(&finder->run);
    struct sw_view digits = {run.data + from, 0};

    if (from < finder->digits_from || from >= finder->digits_to) {
        finder->digits_from = from;
        finder->digits_to = from + run_hex_size((struct sw_view){digits.data, run.size - from});
        finder->digits_dull = false;
    }
    digits.size = finder->digits_to - from;
    return digits;
}

/* Of digits that were looked at before from another place, and say nothing, only
 * the piece itself is looked at once more: all pieces together take linear time. */
static bool digits_look_encoded(struct sw_finder *finder, struct sw_view digits, size_t piece_size)
{
    if (finder->digits_dull && digits.size > piece_size)
        digits.size = piece_size;
    const bool encoded = looks_encoded(digits);
    finder->digits_dull = finder->digits_dull || !encoded;
    return encoded;
}

/* The digits that begin with a piece, maybe behind "0x", and go on over the next ones. */
static bool find_digits(struct sw_finder *finder, const struct piece *piece, struct part *part)
{
    for (size_t prefix = 0; prefix <= PREFIX_MAX; prefix++) {
        const size_t from = piece->at + prefix;
        const struct sw_view digits = digits_at(finder, from);
        if (digits.size + prefix >= SW_RUN_MIN &&
            digits_look_encoded(finder, digits, piece->size) && !is_noise(finder, digits)) {
            *part =
                (struct part){from, from + digits.size, piece->offset + prefix, finder->run_end};
            return true;
        }
    }
    return false;
}

/* Whether the group at `at` begins a text in UTF-16. */
static bool is_wide(struct sw_finder *finder, size_t at)
{
    const struct sw_view run = sw_buf_view(&finder->run);

    return run.size - at >= SW_RUN_MIN &&
           run_base64(finder->value, (struct sw_view){run.data + at, SW_RUN_MIN}, 0,
                      &finder->out) &&
           sw_utf16_of(sw_buf_view(&finder->out)).order != SW_UTF16_NONE;
}

/* Whether a piece makes more sense from its first character on than as what goes
 * on from the pieces before it, whose groups of four began at `origin`. */
static bool begins_anew(struct sw_finder *finder, const struct piece *piece, size_t origin)
{
    const struct sw_view run = sw_buf_view(&finder->run);
    const size_t room = run.size - piece->at;
    const struct sw_view probe = {run.data + piece->at,
                                  room < SW_RUN_MIN + 4 ? room : SW_RUN_MIN + 4};
    const size_t phase = (piece->at - origin) % 4;

    if (!run_base64(finder->value, probe, 0, &finder->out))
        return false;
    if (phase == 0)
        return sw_inflate_kind_of(sw_buf_view(&finder->out)) != SW_INFLATE_NONE ||
               (is_wide(finder, piece->at) && !is_wide(finder, origin));
    size_t anew = run_plausibility(sw_buf_view(&finder->out));
    if (anew <= PLAUSIBLE_MIN || !run_base64(finder->value, probe, 4 - phase, &finder->out))
        return false;
    return anew > run_plausibility(sw_buf_view(&finder->out));
}

static enum sw_status close_part(struct sw_finder *finder, struct part *part,
                                 const struct piece *next)
{
    part->to = next->at;
    part->end = next->offset;
    return hand_out_base64(finder, part);
}

/* The run as a whole, and once more each part of it that seems to be something by
 * itself: several literals stand in one run when only quotes and commas part
 * them, digits and the word "hex" behind them too. */
static enum sw_status hand_out_parts(struct sw_finder *finder)
{
    const struct sw_view run = sw_buf_view(&finder->run);
    const struct piece *pieces = (const void *)finder->pieces.data;
    const size_t count = finder->pieces.size / sizeof(*pieces);
    struct part part = {0, run.size, finder->run_offset, finder->run_end}, digits;
    enum sw_status status = SW_OK;
    size_t i = 0, origin = 0;
    bool open = false;

    const bool covered = count == 0 || !find_digits(finder, &pieces[0], &digits);
    if (covered) {
        origin = find_alignment(finder, run);
        status = hand_out_base64(finder, &part);
        i = 1;
    }
    while (i < count && status == SW_OK) {
        const struct piece *piece = &pieces[i];
        bool hex = find_digits(finder, piece, &digits);
        if (hex || (!covered && !open) || begins_anew(finder, piece, origin)) {
            status = open ? close_part(finder, &part, piece) : SW_OK;
            part = (struct part){piece->at, run.size, piece->offset, finder->run_end};
            origin = piece->at;
            open = true;
        }
        i++;
        if (!hex || status != SW_OK)
            continue;
        status = hand_out_hex(finder, &digits);
        while (i < count && pieces[i].at + SW_RUN_MIN <= digits.to)
            i++;
        piece = &pieces[i - 1];
        open = digits.to + SW_RUN_MIN <= piece->at + piece->size;
        part.from = origin = digits.to;
        part.offset = piece->offset + (digits.to - piece->at);
    }
    return open && status == SW_OK ? hand_out_base64(finder, &part) : status;
}

static enum sw_status close_run(struct sw_finder *finder)
{
    const struct sw_view run = sw_buf_view(&finder->run);
    const struct part whole = {0, run.size, finder->run_offset, finder->run_end};
    enum sw_status status = SW_OK;

    finder->state = OUTSIDE;
    if (looks_encoded(run))
        status = run_is_hex(run) ? hand_out_hex(finder, &whole) : hand_out_parts(finder);
    sw_buf_clear(&finder->run);
    sw_buf_clear(&finder->pieces);
    finder->digits_from = finder->digits_to = 0;
    /* One long run must not cost memory for good. */
    if (finder->run.capacity > SW_RUN_MAX / 16) {
        sw_buf_done(&finder->run);
        sw_buf_done(&finder->pieces);
        sw_buf_done(&finder->out);
        sw_buf_done(&finder->more);
    }
    return status;
}

/* --- a run ------------------------------------------------------------------------ */

static void open_run(struct sw_finder *finder, uint64_t offset)
{
    finder->state = INSIDE;
    finder->run_offset = offset;
    finder->run_end = offset;
    finder->marks = 0;
    finder->cut = false;
    finder->piece_at = 0;
    finder->piece_offset = offset;
}

static void take(struct sw_finder *finder, const uint8_t *bytes, size_t size, uint64_t end)
{
    if (finder->cut || sw_buf_append(&finder->run, bytes, size) != SW_OK)
        finder->cut = true;
    finder->run_end = end;
}

static void begin_piece(struct sw_finder *finder, uint64_t offset)
{
    finder->state = INSIDE;
    finder->marks = 0;
    finder->piece_at = finder->run.size;
    finder->piece_offset = offset;
}

static void end_piece(struct sw_finder *finder)
{
    const struct piece piece = {finder->piece_at, finder->run.size - finder->piece_at,
                                finder->piece_offset};

    if (piece.size >= SW_RUN_MIN && sw_buf_append(&finder->pieces, &piece, sizeof(piece)) != SW_OK)
        finder->cut = true;
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
    if (size > 0)
        take(finder, bytes.data, size, finder->position + size);
    if (size < bytes.size) {
        end_piece(finder);
        finder->state = BETWEEN;
    }
    return size;
}

/* \u002b is how some writers of JSON put what others put as it is. */
static void take_code(struct sw_finder *finder, unsigned digit)
{
    finder->code = finder->code << 4 | digit;
    if (--finder->code_left > 0)
        return;
    finder->state = BETWEEN;
    if (finder->code < 256 && finder->value[finder->code] < 64) {
        const uint8_t byte = (uint8_t)finder->code;
        begin_piece(finder, finder->position);
        take(finder, &byte, 1, finder->position + 1);
    }
}

/* Behind a backslash. It takes one letter along, as in "\n"; another one stands for
 * itself in a literal inside a literal, and a slash for itself. */
static bool unescape(struct sw_finder *finder, uint8_t byte)
{
    if (byte == '/') {
        finder->state = BETWEEN;
        return false;
    }
    if (byte == 'u') {
        finder->state = CODED;
        finder->code = 0;
        finder->code_left = 4;
    } else if (byte != '\\') {
        finder->state = BETWEEN;
    }
    return true;
}

static enum sw_status end_with(struct sw_finder *finder, uint8_t value)
{
    if (++finder->marks > MARKS_MAX || value == OTHER || value == PAD)
        return close_run(finder);
    if (value == BACKSLASH)
        finder->state = ESCAPED;
    return SW_OK;
}

/* Between two pieces: marks are passed over, a new piece goes on, all else ends
 * the run. A plus sign is the first character of a piece, or joins two literals:
 * what follows tells. */
static enum sw_status pass(struct sw_finder *finder, uint8_t byte)
{
    const uint8_t value = finder->value[byte];
    const int digit = run_hex_digit(byte);

    if (finder->state == ESCAPED && unescape(finder, byte))
        return byte == '\\' ? end_with(finder, value) : SW_OK;
    if (finder->state == CODED && digit >= 0) {
        take_code(finder, (unsigned)digit);
        return SW_OK;
    }
    if (byte == '+' && finder->state != PLUS) {
        finder->state = PLUS;
        return SW_OK;
    }
    const bool plus = finder->state == PLUS;
    finder->state = BETWEEN;
    if (value >= 64)
        return end_with(finder, value);
    begin_piece(finder, finder->position - (plus ? 1 : 0));
    if (plus)
        take(finder, (const uint8_t *)"+", 1, finder->position);
    take(finder, &byte, 1, finder->position + 1);
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
    if (finder->state == INSIDE)
        end_piece(finder);
    enum sw_status status = finder->state == OUTSIDE ? SW_OK : close_run(finder);

    finder->held = 0;
    sw_buf_clear(&finder->run);
    return status;
}
