/* SPDX-License-Identifier: Apache-2.0 */
/*
 * package_version.c - versions: PEP 440 and Semantic Versioning 2, compared.
 *
 * Numbers are compared as rows of digits: a version may have any number of them.
 * Nothing is normalised into a new text; the parts borrow from the old one.
 */
#include <assert.h>

#include "common/view.h"
#include "sweeper/package.h"

/* -1, 0, 1 */
static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static struct sw_view strip_zeros(struct sw_view digits)
{
    while (digits.size > 0 && digits.data[0] == '0')
        digits = sw_view_skip(digits, 1);
    return digits;
}

/* An empty row of digits is 0. */
static int compare_numbers(struct sw_view a, struct sw_view b)
{
    a = strip_zeros(a);
    b = strip_zeros(b);
    if (a.size != b.size)
        return compare_sizes(a.size, b.size);
    int order = a.size == 0 ? 0 : memcmp(a.data, b.data, a.size);
    return (order > 0) - (order < 0);
}

static int compare_bytes(struct sw_view a, struct sw_view b)
{
    size_t both = a.size < b.size ? a.size : b.size;
    for (size_t i = 0; i < both; i++)
        if (sw_lower(a.data[i]) != sw_lower(b.data[i]))
            return sw_lower(a.data[i]) < sw_lower(b.data[i]) ? -1 : 1;
    return compare_sizes(a.size, b.size);
}

/* Digits at the front of *rest, taken off. */
static struct sw_view take_digits(struct sw_view *rest)
{
    size_t size = 0;
    while (size < rest->size && sw_is_digit(rest->data[size]))
        size++;
    struct sw_view digits = sw_view_first(*rest, size);
    *rest = sw_view_skip(*rest, size);
    return digits;
}

/* "1.2.3" at the front of *rest, taken off: at least one number. */
static bool take_release(struct sw_view *rest, struct sw_view *release)
{
    struct sw_view from = *rest;
    if (take_digits(rest).size == 0)
        return false;
    while (rest->size > 1 && rest->data[0] == '.' && sw_is_digit(rest->data[1])) {
        *rest = sw_view_skip(*rest, 1);
        (void)take_digits(rest);
    }
    *release = sw_view_first(from, from.size - rest->size);
    return true;
}

/* Missing numbers are 0. */
static int compare_releases(struct sw_view a, struct sw_view b)
{
    while (a.size > 0 || b.size > 0) {
        int order = compare_numbers(take_digits(&a), take_digits(&b));
        if (order != 0)
            return order;
        a = sw_view_skip(a, 1);
        b = sw_view_skip(b, 1);
    }
    return 0;
}

static bool take(struct sw_view *rest, uint8_t byte)
{
    if (rest->size == 0 || sw_lower(rest->data[0]) != byte)
        return false;
    *rest = sw_view_skip(*rest, 1);
    return true;
}

/* --- PEP 440 --- */

enum phase { PHASE_NONE, PHASE_ALPHA, PHASE_BETA, PHASE_CANDIDATE };

struct pep440 {
    struct sw_view epoch;
    struct sw_view release;
    enum phase phase;
    struct sw_view phase_number;
    bool is_post;
    struct sw_view post;
    bool is_dev;
    struct sw_view dev;
    struct sw_view local; /* empty: none */
};

static bool take_separator(struct sw_view *rest)
{
    return take(rest, '-') || take(rest, '_') || take(rest, '.');
}

struct word {
    struct sw_view text;
    int means;
};

/* [-_.]?WORD[-_.]?DIGITS? - the longest words stand first in a list. */
static bool take_word(struct sw_view *rest, const struct word *words, size_t count, int *means,
                      struct sw_view *number)
{
    struct sw_view at = *rest;
    (void)take_separator(&at);
    for (size_t i = 0; i < count; i++)
        if (sw_view_starts_fold(at, words[i].text)) {
            at = sw_view_skip(at, words[i].text.size);
            *means = words[i].means;
            (void)take_separator(&at); /* also when no number follows */
            *number = take_digits(&at);
            *rest = at;
            return true;
        }
    return false;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void take_phase(struct sw_view *rest, struct pep440 *version)
{
    static const struct word words[] = {
        {{(const uint8_t *)"alpha", 5}, PHASE_ALPHA},
        {{(const uint8_t *)"beta", 4}, PHASE_BETA},
        {{(const uint8_t *)"preview", 7}, PHASE_CANDIDATE},
        {{(const uint8_t *)"pre", 3}, PHASE_CANDIDATE},
        {{(const uint8_t *)"rc", 2}, PHASE_CANDIDATE},
        {{(const uint8_t *)"a", 1}, PHASE_ALPHA},
        {{(const uint8_t *)"b", 1}, PHASE_BETA},
        {{(const uint8_t *)"c", 1}, PHASE_CANDIDATE},
    };
    int means = PHASE_NONE;
    if (take_word(rest, words, COUNT(words), &means, &version->phase_number))
        version->phase = (enum phase)means;
}

static void take_post(struct sw_view *rest, struct pep440 *version)
{
    static const struct word words[] = {
        {{(const uint8_t *)"post", 4}, 0},
        {{(const uint8_t *)"rev", 3}, 0},
        {{(const uint8_t *)"r", 1}, 0},
    };
    int means = 0;
    if (rest->size > 1 && rest->data[0] == '-' && sw_is_digit(rest->data[1])) {
        *rest = sw_view_skip(*rest, 1);
        version->post = take_digits(rest);
        version->is_post = true;
    } else {
        version->is_post = take_word(rest, words, COUNT(words), &means, &version->post);
    }
}

/* [a-z0-9]+ divided by single - _ . */
static bool is_local(struct sw_view text)
{
    bool after_separator = true;
    for (size_t i = 0; i < text.size; i++) {
        bool alnum = sw_is_alnum(text.data[i]);
        bool separator = text.data[i] == '-' || text.data[i] == '_' || text.data[i] == '.';
        if (!alnum && (!separator || after_separator))
            return false;
        after_separator = !alnum;
    }
    return !after_separator;
}

static bool parse_pep440(struct sw_view text, struct pep440 *version)
{
    static const struct word dev[] = {{{(const uint8_t *)"dev", 3}, 0}};
    struct sw_view rest = sw_view_trim(text);
    int means = 0;

    *version = (struct pep440){.phase = PHASE_NONE};
    (void)take(&rest, 'v');
    struct sw_view before = rest;
    version->epoch = take_digits(&rest);
    if (version->epoch.size == 0 || !take(&rest, '!')) {
        rest = before;
        version->epoch.size = 0;
    }
    if (!take_release(&rest, &version->release))
        return false;
    take_phase(&rest, version);
    take_post(&rest, version);
    version->is_dev = take_word(&rest, dev, COUNT(dev), &means, &version->dev);
    if (take(&rest, '+')) {
        version->local = rest;
        return is_local(rest);
    }
    return rest.size == 0;
}

/* Where the pre-release part stands: a dev release of the final one comes before
 * every pre-release, and the final one after them. */
static int phase_rank(const struct pep440 *version)
{
    if (version->phase != PHASE_NONE)
        return (int)version->phase;
    return !version->is_post && version->is_dev ? PHASE_NONE : PHASE_CANDIDATE + 1;
}

static struct sw_view take_local(struct sw_view *rest)
{
    size_t size = 0;
    while (size < rest->size && sw_is_alnum(rest->data[size]))
        size++;
    struct sw_view part = sw_view_first(*rest, size);
    *rest = sw_view_skip(*rest, size + 1);
    return part;
}

static bool is_number(struct sw_view text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!sw_is_digit(text.data[i]))
            return false;
    return text.size > 0;
}

/* Numbers come after words, more parts after fewer. */
static int compare_locals(struct sw_view a, struct sw_view b)
{
    while (a.size > 0 && b.size > 0) {
        struct sw_view one = take_local(&a);
        struct sw_view other = take_local(&b);
        bool number = is_number(one);
        if (number != is_number(other))
            return number ? 1 : -1;
        int order = number ? compare_numbers(one, other) : compare_bytes(one, other);
        if (order != 0)
            return order;
    }
    return compare_sizes(a.size > 0, b.size > 0);
}

static int compare_pep440(const struct pep440 *a, const struct pep440 *b)
{
    const int orders[] = {
        compare_numbers(a->epoch, b->epoch),
        compare_releases(a->release, b->release),
        phase_rank(a) - phase_rank(b),
        compare_numbers(a->phase_number, b->phase_number),
        a->is_post - b->is_post,
        compare_numbers(a->post, b->post),
        b->is_dev - a->is_dev,
        compare_numbers(a->dev, b->dev),
        compare_locals(a->local, b->local),
    };
    for (size_t i = 0; i < COUNT(orders); i++)
        if (orders[i] != 0)
            return orders[i];
    return 0;
}

/* --- Semantic Versioning 2 --- */

struct semver {
    struct sw_view release;
    struct sw_view pre; /* empty: none */
};

static bool parse_semver(struct sw_view text, struct semver *version)
{
    struct sw_view rest = sw_view_trim(text);
    *version = (struct semver){.pre = {NULL, 0}};
    (void)take(&rest, '=');
    (void)take(&rest, 'v');
    if (!take_release(&rest, &version->release))
        return false;
    rest = sw_view_first(rest, sw_view_find(rest, '+'));
    if (take(&rest, '-')) {
        version->pre = rest;
        return rest.size > 0;
    }
    return rest.size == 0;
}

/* Identifiers divided by dots; numbers before words, fewer before more. */
static int compare_pre(struct sw_view a, struct sw_view b)
{
    if (a.size == 0 || b.size == 0)
        return compare_sizes(a.size == 0, b.size == 0);
    while (a.size > 0 && b.size > 0) {
        struct sw_view one = sw_view_first(a, sw_view_find(a, '.'));
        struct sw_view other = sw_view_first(b, sw_view_find(b, '.'));
        bool number = is_number(one);
        if (number != is_number(other))
            return number ? -1 : 1;
        int order = 0;
        if (number)
            order = compare_numbers(one, other);
        else if (!sw_view_equal(one, other))
            order = compare_bytes(one, other) != 0 ? compare_bytes(one, other)
                                                   : memcmp(one.data, other.data, one.size);
        if (order != 0)
            return order;
        a = sw_view_skip(a, one.size + 1);
        b = sw_view_skip(b, other.size + 1);
    }
    return compare_sizes(a.size > 0, b.size > 0);
}

static int compare_semver(const struct semver *a, const struct semver *b)
{
    int order = compare_releases(a->release, b->release);
    return order != 0 ? order : compare_pre(a->pre, b->pre);
}

/* --- the doors --- */

/* False when one of the two has no order. */
static bool compare(enum sw_ecosystem ecosystem, struct sw_view a, struct sw_view b, int *order)
{
    if (ecosystem == SW_ECOSYSTEM_PYPI) {
        struct pep440 one;
        struct pep440 other;
        if (!parse_pep440(a, &one) || !parse_pep440(b, &other))
            return false;
        *order = compare_pep440(&one, &other);
        return true;
    }
    struct semver one;
    struct semver other;
    if (!parse_semver(a, &one) || !parse_semver(b, &other))
        return false;
    *order = compare_semver(&one, &other);
    return true;
}

bool sw_package_version_equal(enum sw_ecosystem ecosystem, struct sw_view a, struct sw_view b)
{
    int order = 0;
    assert((unsigned)ecosystem < SW_ECOSYSTEM_COUNT);
    switch (ecosystem) {
    case SW_ECOSYSTEM_PYPI:
    case SW_ECOSYSTEM_NPM:
    case SW_ECOSYSTEM_OPENVSX:
        return compare(ecosystem, a, b, &order) ? order == 0 : sw_view_equal(a, b);
    case SW_ECOSYSTEM_BINARY:
        (void)take(&a, 'v');
        (void)take(&b, 'v');
        return sw_view_equal(a, b);
    default:
        return sw_view_equal(a, b);
    }
}

bool sw_package_version_within(enum sw_ecosystem ecosystem, struct sw_view version,
                               struct sw_view first, struct sw_view last)
{
    int from = 0;
    int to = 0;
    assert((unsigned)ecosystem < SW_ECOSYSTEM_COUNT);
    return compare(ecosystem, first, version, &from) && compare(ecosystem, version, last, &to) &&
           from <= 0 && to <= 0;
}
