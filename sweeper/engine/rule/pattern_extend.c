/* SPDX-License-Identifier: Apache-2.0 */
/* Reads literal texts and compiled code around an atom into rows of sets. */
#include "engine/rule/pattern_extend.h"

#include <stdbool.h>
#include <string.h>

#include "engine/rule/yara_version.h"

#define CODE_LEFT_MAX  32U /* characters read from backward code */
#define CODE_RIGHT_MAX 64U /* characters read from forward code, the atom's own among them */
#define CODE_STEPS_MAX 4096
#define REPEATS_MAX    4 /* nested counted repeats that are followed */

/* Positions around the offset that libyara verifies at. */
#define ROW_LEFT ((size_t)2 * CODE_LEFT_MAX)
#define ROW_SIZE (ROW_LEFT + (size_t)2 * CODE_RIGHT_MAX)

/* As libyara writes them into its code, unaligned. */
#define REPEAT_SIZE     9 /* opcode, u16 min, u16 max, i32 offset */
#define REPEAT_ANY_SIZE 5 /* opcode, u16 min, u16 max */

static uint16_t read_u16(const uint8_t *at)
{
    uint16_t value = 0;

    memcpy(&value, at, sizeof(value));
    return value;
}

static int16_t read_i16(const uint8_t *at)
{
    int16_t value = 0;

    memcpy(&value, at, sizeof(value));
    return value;
}

static int32_t read_i32(const uint8_t *at)
{
    int32_t value = 0;

    memcpy(&value, at, sizeof(value));
    return value;
}

static bool is_letter(unsigned byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static uint16_t set_of_byte(struct sw_patterns *patterns, uint8_t byte, bool nocase)
{
    struct sw_set set = {{0}};

    if (!nocase || !is_letter(byte))
        return byte;
    sw_set_put(&set, byte);
    sw_set_put(&set, byte ^ 0x20);
    return sw_patterns_set(patterns, &set);
}

static uint16_t set_of_mask(struct sw_patterns *patterns, uint8_t value, uint8_t mask, bool negated)
{
    struct sw_set set = {{0}};

    for (unsigned byte = 0; byte < 256; byte++)
        if (((byte & mask) == value) != negated)
            sw_set_put(&set, (uint8_t)byte);
    return sw_set_size(&set) ? sw_patterns_set(patterns, &set) : SW_SET_ANY;
}

/* libyara adds the other case before it negates. Adding it afterwards instead
 * takes in at least the same bytes. */
static uint16_t set_of_class(struct sw_patterns *patterns, const uint8_t *class_, bool nocase)
{
    const uint8_t *bitmap = class_ + offsetof(struct RE_CLASS, bitmap);
    bool negated = class_[offsetof(struct RE_CLASS, negated)] != 0;
    struct sw_set set = {{0}};

    for (unsigned byte = 0; byte < 256; byte++) {
        bool in = (bitmap[byte / 8] >> (byte % 8)) & 1;
        if (in == negated)
            continue;
        sw_set_put(&set, (uint8_t)byte);
        if (nocase && is_letter(byte))
            sw_set_put(&set, (uint8_t)(byte ^ 0x20));
    }
    return sw_set_size(&set) ? sw_patterns_set(patterns, &set) : SW_SET_ANY;
}

/* \w \s \d and their opposites in the C locale. */
static bool in_fixed_class(uint8_t opcode, unsigned byte)
{
    bool digit = byte >= '0' && byte <= '9';
    bool space = byte == ' ' || (byte >= '\t' && byte <= '\r');
    bool word = digit || is_letter(byte) || byte == '_';

    switch (opcode) {
    case RE_OPCODE_WORD_CHAR:
        return word;
    case RE_OPCODE_NON_WORD_CHAR:
        return !word;
    case RE_OPCODE_SPACE:
        return space;
    case RE_OPCODE_NON_SPACE:
        return !space;
    case RE_OPCODE_DIGIT:
        return digit;
    default:
        return !digit;
    }
}

static uint16_t set_of_fixed_class(struct sw_patterns *patterns, uint8_t opcode)
{
    struct sw_set set = {{0}};

    for (unsigned byte = 0; byte < 256; byte++)
        if (in_fixed_class(opcode, byte))
            sw_set_put(&set, (uint8_t)byte);
    return sw_patterns_set(patterns, &set);
}

/* A walk along the code for as long as it goes one way only. */
struct reader {
    struct sw_patterns *patterns;
    const uint8_t *at;
    bool nocase;
    uint16_t *out;
    size_t count, max;
    unsigned rounds[REPEATS_MAX]; /* turns of each repeat that is open */
    unsigned open;
};

static void put(struct reader *reader, uint16_t set, size_t code_size)
{
    if (reader->count < reader->max)
        reader->out[reader->count++] = set;
    reader->at += code_size;
}

/* An instruction that takes one character; false for every other one. */
static bool read_character(struct reader *reader)
{
    const uint8_t *at = reader->at;

    switch (*at) {
    case RE_OPCODE_ANY:
        put(reader, SW_SET_ANY, 1);
        return true;
    case RE_OPCODE_LITERAL:
        put(reader, set_of_byte(reader->patterns, at[1], reader->nocase), 2);
        return true;
    case RE_OPCODE_MASKED_LITERAL:
        put(reader, set_of_mask(reader->patterns, at[1], at[2], false), 3);
        return true;
    case RE_OPCODE_NOT_LITERAL:
        put(reader, set_of_mask(reader->patterns, at[1], 0xff, true), 2);
        return true;
    case RE_OPCODE_MASKED_NOT_LITERAL:
        put(reader, set_of_mask(reader->patterns, at[1], at[2], true), 3);
        return true;
    case RE_OPCODE_CLASS:
        put(reader, set_of_class(reader->patterns, at + 1, reader->nocase),
            1 + sizeof(struct RE_CLASS));
        return true;
    case RE_OPCODE_WORD_CHAR:
    case RE_OPCODE_NON_WORD_CHAR:
    case RE_OPCODE_SPACE:
    case RE_OPCODE_NON_SPACE:
    case RE_OPCODE_DIGIT:
    case RE_OPCODE_NON_DIGIT:
        put(reader, set_of_fixed_class(reader->patterns, *at), 1);
        return true;
    default:
        return false;
    }
}

/* .{min,max}: min characters for sure; beyond them the code has a choice. */
static bool read_repeat_any(struct reader *reader)
{
    unsigned min = read_u16(reader->at + 1);
    unsigned max = read_u16(reader->at + 3);

    for (unsigned turn = 0; turn < min && reader->count < reader->max; turn++)
        put(reader, SW_SET_ANY, 0);
    reader->at += REPEAT_ANY_SIZE;
    return min == max;
}

static bool read_repeat_start(struct reader *reader)
{
    unsigned min = read_u16(reader->at + 1);

    if (min == 0 || reader->open == REPEATS_MAX)
        return false;
    reader->rounds[reader->open++] = 0;
    reader->at += REPEAT_SIZE;
    return true;
}

static bool read_repeat_end(struct reader *reader)
{
    unsigned min = read_u16(reader->at + 1);
    unsigned max = read_u16(reader->at + 3);
    int32_t offset = read_i32(reader->at + 5);

    if (reader->open == 0)
        return false;
    if (++reader->rounds[reader->open - 1] < min) {
        reader->at += offset;
        return true;
    }
    reader->open--;
    reader->at += REPEAT_SIZE;
    return min == max;
}

/* One instruction; false where the code ends, may go two ways, or holds
 * something unknown. What takes no character (anchors, word boundaries) only
 * narrows further and is passed over. */
static bool read_instruction(struct reader *reader)
{
    if (read_character(reader))
        return true;
    switch (*reader->at) {
    case RE_OPCODE_MATCH_AT_END:
    case RE_OPCODE_MATCH_AT_START:
    case RE_OPCODE_WORD_BOUNDARY:
    case RE_OPCODE_NON_WORD_BOUNDARY:
        reader->at += 1;
        return true;
    case RE_OPCODE_JUMP:
        reader->at += read_i16(reader->at + 1);
        return true;
    case RE_OPCODE_REPEAT_ANY_GREEDY:
    case RE_OPCODE_REPEAT_ANY_UNGREEDY:
        return read_repeat_any(reader);
    case RE_OPCODE_REPEAT_START_GREEDY:
    case RE_OPCODE_REPEAT_START_UNGREEDY:
        return read_repeat_start(reader);
    case RE_OPCODE_REPEAT_END_GREEDY:
    case RE_OPCODE_REPEAT_END_UNGREEDY:
        return read_repeat_end(reader);
    default:
        return false;
    }
}

static size_t read_code(struct sw_patterns *patterns, const uint8_t *code, bool nocase,
                        uint16_t *out, size_t max)
{
    struct reader reader = {
        .patterns = patterns, .at = code, .nocase = nocase, .out = out, .max = max};

    if (!code)
        return 0;
    for (unsigned steps = 0; steps < CODE_STEPS_MAX && reader.count < max; steps++)
        if (!read_instruction(&reader))
            break;
    return reader.count;
}

/* A path byte meets what the code says of its place. One letter in either case
 * stays both cases: the other case is another atom of the same string, and the
 * two become one pattern. False: the two cannot both be true. */
static bool meet(const struct sw_patterns *patterns, uint16_t *set, uint8_t byte)
{
    const struct sw_set *known = &patterns->sets[*set];

    if (!sw_set_has(known, byte))
        return false;
    if (sw_set_size(known) > 2)
        *set = byte;
    return true;
}

/* What stands around the verified offset when the string is read with
 * characters of `width` bytes: 1 ascii, 2 wide. False: it cannot be read so. */
static bool fill_row(struct sw_patterns *patterns, const struct sw_atom *atom, size_t width,
                     uint16_t row[static ROW_SIZE])
{
    uint16_t code[CODE_RIGHT_MAX];
    bool nocase = STRING_IS_NO_CASE(atom->match->string) != 0;
    size_t count = read_code(patterns, atom->match->forward_code, nocase, code, CODE_RIGHT_MAX);

    for (size_t at = 0; at < ROW_SIZE; at++)
        row[at] = SW_SET_ANY;
    for (size_t at = 0; at < count; at++) {
        row[ROW_LEFT + at * width] = code[at];
        if (width == 2)
            row[ROW_LEFT + at * 2 + 1] = 0;
    }
    count = read_code(patterns, atom->match->backward_code, nocase, code, CODE_LEFT_MAX);
    for (size_t at = 0; at < count; at++) {
        row[ROW_LEFT - (at + 1) * width] = code[at];
        if (width == 2)
            row[ROW_LEFT - at * 2 - 1] = 0;
    }
    /* The path ends `backtrack` bytes after the offset, on either side of it. */
    for (size_t at = 0; at < atom->size; at++) {
        size_t end = ROW_LEFT + atom->match->backtrack;
        if (end - atom->size + at < ROW_SIZE &&
            !meet(patterns, &row[end - atom->size + at], atom->path[at]))
            return false;
    }
    return true;
}

/* The bytes on the path and nothing else. */
static enum sw_status emit_path(struct sw_patterns *patterns, const struct sw_atom *atom,
                                bool nocase, sw_extend_fn *emit, void *context)
{
    uint16_t sets[SW_ATOM_PATH_MAX];

    for (size_t at = 0; at < atom->size; at++)
        sets[at] = set_of_byte(patterns, atom->path[at], nocase);
    return emit(context, sets, atom->size);
}

/* Strings with xor or base64 and nothing else carry neither the flag for ascii
 * nor the one for wide; libyara reads them with characters of one byte (base64
 * strings are compiled to an expression that already holds the zeros of a wide
 * text), and tries that also after the wide reading of an xor string. */
static bool reads_width(const YR_STRING *string, size_t width)
{
    if (width == 2)
        return STRING_IS_WIDE(string) != 0;
    return STRING_IS_ASCII(string) || !STRING_IS_WIDE(string) || STRING_IS_XOR(string) ||
           STRING_IS_BASE64(string) || STRING_IS_BASE64_WIDE(string);
}

static enum sw_status extend_by_code(struct sw_patterns *patterns, const struct sw_atom *atom,
                                     sw_extend_fn *emit, void *context)
{
    uint16_t row[ROW_SIZE];
    enum sw_status status = SW_OK;
    bool emitted = false;

    for (size_t width = 1; status == SW_OK && width <= 2; width++) {
        size_t size = ROW_SIZE;
        if (!reads_width(atom->match->string, width) || !fill_row(patterns, atom, width, row))
            continue;
        const uint16_t *best = sw_patterns_best(patterns, row, &size);
        if (size == 0)
            continue;
        status = emit(context, best, size);
        emitted = true;
    }
    return emitted ? status : emit_path(patterns, atom, false, emit, context);
}

/* The text of a literal as one reading has it; `key` is xored over all of it. */
struct reading {
    struct sw_patterns *patterns;
    const YR_STRING *string;
    size_t width;
    uint8_t key;
};

static uint8_t text_byte(const struct reading *reading, size_t at)
{
    uint8_t plain = at % reading->width ? 0 : reading->string->string[at / reading->width];

    return plain ^ reading->key;
}

static size_t text_size(const struct reading *reading)
{
    return (size_t)reading->string->length * reading->width;
}

static bool same_letter(uint8_t a, uint8_t b)
{
    return a == b || (is_letter(a) && (a ^ 0x20) == b);
}

/* Whether the path is this reading's text at the place that backtrack says. */
static bool path_fits(const struct reading *reading, const struct sw_atom *atom)
{
    bool nocase = STRING_IS_NO_CASE(reading->string) != 0;
    size_t start = (size_t)atom->match->backtrack - atom->size;

    if (atom->match->backtrack < atom->size || start + atom->size > text_size(reading))
        return false;
    for (size_t at = 0; at < atom->size; at++) {
        uint8_t text = text_byte(reading, start + at);
        if (nocase ? !same_letter(text, atom->path[at]) : text != atom->path[at])
            return false;
    }
    return true;
}

/* Of a text that is longer than a pattern the best stretch is searched for in
 * its first TEXT_MAX bytes. */
#define TEXT_MAX 1000

static enum sw_status emit_text(const struct reading *reading, sw_extend_fn *emit, void *context)
{
    uint16_t sets[TEXT_MAX];
    bool nocase = STRING_IS_NO_CASE(reading->string) != 0;
    size_t size = text_size(reading) < TEXT_MAX ? text_size(reading) : TEXT_MAX;

    for (size_t at = 0; at < size; at++)
        sets[at] = set_of_byte(reading->patterns, text_byte(reading, at), nocase);
    const uint16_t *best = sw_patterns_best(reading->patterns, sets, &size);
    return emit(context, best, size);
}

/* libyara takes the key of an xor string from the first byte it verifies, and
 * the atom under it holds bytes that were xored with the same key: the path
 * tells the key, and ranges of keys need no care. */
static uint8_t key_of(const struct reading *reading, const struct sw_atom *atom)
{
    size_t start = (size_t)atom->match->backtrack - atom->size;

    if (!STRING_IS_XOR(reading->string) || atom->size == 0 || atom->match->backtrack < atom->size ||
        start >= text_size(reading))
        return 0;
    return text_byte(reading, start) ^ atom->path[0];
}

static enum sw_status extend_by_text(struct sw_patterns *patterns, const struct sw_atom *atom,
                                     sw_extend_fn *emit, void *context)
{
    const YR_STRING *string = atom->match->string;
    enum sw_status status = SW_OK;
    bool emitted = false;

    for (size_t width = 1; status == SW_OK && width <= 2; width++) {
        struct reading reading = {.patterns = patterns, .string = string, .width = width};
        if (!reads_width(string, width))
            continue;
        reading.key = key_of(&reading, atom);
        if (!path_fits(&reading, atom))
            continue;
        status = emit_text(&reading, emit, context);
        emitted = true;
    }
    return emitted ? status : emit_path(patterns, atom, false, emit, context);
}

enum sw_status sw_pattern_extend(struct sw_patterns *patterns, const struct sw_atom *atom,
                                 sw_extend_fn *emit, void *context)
{
    const YR_STRING *string = atom->match->string;

    if (!STRING_IS_LITERAL(string))
        return extend_by_code(patterns, atom, emit, context);
    /* The atom is the whole text, and libyara compares nothing more. */
    if (STRING_FITS_IN_ATOM(string))
        return emit_path(patterns, atom, STRING_IS_NO_CASE(string) != 0, emit, context);
    /* Their text is not what stands in the file. */
    if (STRING_IS_BASE64(string) || STRING_IS_BASE64_WIDE(string) || string->length <= 0)
        return emit_path(patterns, atom, false, emit, context);
    return extend_by_text(patterns, atom, emit, context);
}
