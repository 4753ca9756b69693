/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prose.c - text for people, told from code that is dressed as text.
 *
 * Two arguments, and both must hold.
 *
 * (1) No parser takes it. Python, JavaScript and most others read a whole file
 * before they run any of it. A line of several plain words, none of them a
 * keyword and nothing but blanks between them, is an error to all of them - unless
 * it lies in a comment or in a text that goes over several lines. So such a line
 * must come before anything that could open one.
 *
 * (2) A shell takes any file and runs it line by line, so no line outside a
 * quotation (fence, indentation, list, table) may be a statement.
 */
#include "engine/place/diff.h"
#include "engine/place/markup.h"
#include "engine/place/place_private.h"

enum {
    WORDS_MIN = 20,        /* of prose in a text */
    LINES_MIN = 2,         /* of prose, or else */
    WORDS_ALONE_MIN = 40,  /* in a single line */
    PLAIN_MIN = 5,         /* plain words in a line of prose */
    PROOF_RUN = 4,         /* plain words in a row that no parser takes */
    WRAPPED_LINE_MIN = 70, /* a line of one solid word, as wrapped base64 has them */
    WRAPPED_LINES_MAX = 30,
    SOLID_MAX = 512, /* bytes without a blank */
};

/* Words that may stand beside others in code. */
static const char *const keywords[] = {
    "and",        "or",       "not",     "in",         "is",       "if",       "else",
    "elif",       "for",      "while",   "with",       "as",       "import",   "from",
    "return",     "yield",    "lambda",  "def",        "class",    "del",      "pass",
    "raise",      "try",      "except",  "finally",    "global",   "assert",   "async",
    "await",      "print",    "exec",    "match",      "case",     "type",     "new",
    "typeof",     "let",      "const",   "var",        "void",     "function", "delete",
    "export",     "default",  "static",  "get",        "set",      "of",       "then",
    "do",         "done",     "fi",      "instanceof", "echo",     "throw",    "this",
    "switch",     "local",    "sudo",    "unless",     "until",    "end",      "begin",
    "my",         "our",      "use",     "sub",        "package",  "puts",     "require",
    "public",     "private",  "alter",   "table",      "primary",  "insert",   "into",
    "values",     "nonlocal", "extends", "super",      "cdef",     "cpdef",    "cimport",
    "inline",     "unsigned", "signed",  "long",       "short",    "int",      "char",
    "struct",     "enum",     "union",   "extern",     "final",    "abstract", "protected",
    "virtual",    "override", "func",    "val",        "where",    "select",   "double",
    "float",      "bool",     "string",  "volatile",   "register", "readonly", "interface",
    "implements", NULL,
};

struct prose {
    size_t lines, words, bytes;
    size_t quoted, other; /* bytes */
    size_t wrapped;       /* lines */
    size_t sections;      /* "[name]" lines, as configuration has them */
    bool proven, opened;
    bool comment; /* of XML, over several lines */
    bool statement, solid;
    uint8_t fence; /* its character; 0: outside */
    size_t fence_size;
    enum place_markup markup;
    const struct place_block *block; /* inside */
};

struct words {
    size_t plain, all;
    size_t run; /* the longest row of plain words that a parser chokes on */
    bool early; /* nothing was opened in the line before that */
};

/* A letter of some alphabet; bytes of other scripts count as such. */
static bool is_word_byte(uint8_t byte)
{
    return place_letter(byte) || byte >= 0x80 || byte == '-' || byte == '\'';
}

/* Without what may stand around a word in a sentence. */
static struct sw_view bare_word(struct sw_view word, bool *alone)
{
    size_t size = word.size;

    while (word.size > 0 && strchr("(\"'`*_[<", word.data[0]) != NULL && word.data[0] != 0)
        word = place_after(word, 1);
    while (word.size > 0 && strchr(".,;:!?)\"'`*_]>", word.data[word.size - 1]) != NULL &&
           word.data[word.size - 1] != 0)
        word.size--;
    *alone = word.size == size;
    return word;
}

static bool is_plain(struct sw_view word)
{
    for (size_t i = 0; i < word.size; i++)
        if (!is_word_byte(word.data[i]))
            return false;
    return word.size > 0 && (place_letter(word.data[0]) || word.data[0] >= 0x80);
}

/* What could open a comment or a text of several lines, somewhere. */
static bool opens_something(struct sw_view line)
{
    static const char *const openers[] = {"/*",  "\"\"\"", "'''", "<<", "<#", "@\"", "@'", "[[",
                                          "--[", "%q",     "%Q",  "%(", "%{", "q{",  "q(", "#[",
                                          "(*",  "{-",     "#|",  "#=", "\\", NULL};
    size_t quotes[3] = {0};

    for (size_t i = 0; openers[i] != NULL; i++)
        if (place_has(line, openers[i]))
            return true;
    for (size_t i = 0; i < line.size; i++) {
        quotes[0] += line.data[i] == '"';
        quotes[1] += line.data[i] == '\'';
        quotes[2] += line.data[i] == '`';
    }
    /* POD and its like start a line with a sign and a word. */
    return quotes[0] % 2 != 0 || quotes[1] % 2 != 0 || quotes[2] % 2 != 0 ||
           (line.size > 1 && line.data[0] == '=' && place_letter(line.data[1]));
}

static struct words count_words(struct sw_view line)
{
    struct words words = {0};
    struct sw_view rest = line, word = {0};
    size_t run = 0;
    bool asked = false;

    while (place_next_word(&rest, &word)) {
        bool alone = false;
        struct sw_view bare = bare_word(word, &alone);
        bool plain = is_plain(bare);
        words.all++;
        words.plain += plain;
        run = plain && alone && bare.size > 1 && !place_among_nocase(bare, keywords) ? run + 1 : 0;
        if (run > words.run)
            words.run = run;
        /* Asked once: what opened something before the first run is before all others. */
        if (run >= PROOF_RUN && words.run == PROOF_RUN && !asked) {
            asked = true;
            words.early =
                !opens_something((struct sw_view){line.data, (size_t)(word.data - line.data)});
        }
    }
    return words;
}

/* Scripts that write without blanks: a clause with its own punctuation. */
static bool is_unspaced_prose(struct sw_view line)
{
    size_t high = 0;

    for (size_t i = 0; i < line.size; i++)
        high += line.data[i] >= 0x80;
    return high >= 24 && high * 2 >= line.size &&
           (place_has(line, "\xe3\x80\x82") || place_has(line, "\xef\xbc\x8c") ||
            place_has(line, "\xe3\x80\x81"));
}

/* What marks a line as part of a list, a quotation, a table, a heading: no shell takes the
 * sign for a command. Takes the sign off. */
static bool take_marker(struct sw_view *line)
{
    struct sw_view word = {0}, rest;

    static const char *const markers[] = {"- ",    "* ",     "+ ",      "> ",  ">> ",
                                          "$ ",    "| ",     "# ",      "## ", "### ",
                                          "#### ", "##### ", "###### ", "% ",  NULL};
    size_t digits = 0;

    /* An answer to an answer; to a shell the second sign is an error. */
    if (place_starts(*line, "> > ") || place_starts(*line, "> >>")) {
        while (line->size > 0 && (line->data[0] == '>' || line->data[0] == ' '))
            *line = place_after(*line, 1);
        return true;
    }
    for (size_t i = 0; markers[i] != NULL; i++)
        if (place_starts(*line, markers[i])) {
            *line = place_trim(place_after(*line, strlen(markers[i])));
            rest = *line;
            /* `> file command` is a statement to a shell. */
            if (markers[i][0] != '>' || !place_next_word(&rest, &word) ||
                !place_is_statement(place_trim(rest)))
                return true;
            *line = place_trim(rest);
            return false;
        }
    while (digits < line->size && place_digit(line->data[digits]))
        digits++;
    if (digits > 0 && digits + 1 < line->size && digits < 4 &&
        (line->data[digits] == '.' || line->data[digits] == ')') && line->data[digits + 1] == ' ') {
        *line = place_trim(place_after(*line, digits + 2));
        return true;
    }
    return line->data[0] == '|' || (line->data[0] == '<' && place_has_byte(*line, '>'));
}

/* A line that starts with a sign may be a comment to somebody: it proves nothing. Nor does
 * one that starts with a word for comments, or with a key and a colon. */
static bool may_prove(struct sw_view line)
{
    static const char *const remarks[] = {"rem", "dnl", "c", "comment", "note", "@rem", NULL};
    struct sw_view word = {0}, rest = line;

    return line.size > 0 && (place_letter(line.data[0]) || line.data[0] >= 0x80) &&
           place_next_word(&rest, &word) && !place_among_nocase(word, remarks) &&
           word.data[word.size - 1] != ':';
}

static void see_prose(struct prose *prose, struct sw_view line, const struct words *words,
                      bool remark)
{
    prose->lines++;
    prose->words += words->plain;
    prose->bytes += line.size;
    if (!prose->opened && !remark && may_prove(line) && (words->early || is_unspaced_prose(line)))
        prose->proven = true;
}

static void see_line(struct prose *prose, struct sw_view whole)
{
    struct sw_view line = place_trim(whole);
    size_t indent = place_indent(whole);
    bool heading = line.data[0] == '#';
    bool remark = indent >= 4 || (line.data[0] != 0 && strchr("%>$|", line.data[0]) != NULL);
    bool marked = take_marker(&line);
    const struct words words = count_words(line);
    bool unspaced = is_unspaced_prose(line);

    if ((words.plain >= PLAIN_MIN && words.plain * 5 >= words.all * 3) || unspaced) {
        if (!marked && place_is_wordy_statement(line))
            prose->statement = true;
        if (heading) /* or a comment: as text it counts for nothing */
            return;
        see_prose(prose, line, &words, remark);
    } else if (marked) {
        /* neither here nor there */
    } else if (indent >= 2) {
        prose->quoted += line.size;
    } else {
        prose->other += line.size;
        prose->sections += line.size > 2 && line.data[0] == '[' &&
                           line.data[line.size - 1] == ']' && !place_has_byte(line, ' ') &&
                           !place_has_byte(line, ':');
        prose->statement = prose->statement || place_is_statement(line);
    }
    /* What stands behind `# ` is a comment or a heading, and no more; `#[` may be one of
     * several lines. */
    if (!(heading && marked) && !prose->proven && opens_something(line))
        prose->opened = true;
}

/* A fence begins or ends here; the line is then no more than that. */
static bool take_fence(struct prose *prose, struct sw_view line)
{
    size_t size = 0;
    struct sw_view body = place_trim(line), info;

    if (body.size < 3 || (body.data[0] != '`' && body.data[0] != '~'))
        return false;
    while (size < body.size && body.data[size] == body.data[0])
        size++;
    info = place_trim(place_after(body, size));
    if (size < 3)
        return false;
    if (prose->fence != 0) {
        if (body.data[0] != prose->fence || size < prose->fence_size || info.size > 0)
            return false;
        prose->fence = 0;
        return true;
    }
    for (size_t i = 0; i < info.size; i++)
        if (!place_ident(info.data[i]) && strchr("+-.#{}= ", info.data[i]) == NULL)
            return false;
    prose->fence = body.data[0];
    prose->fence_size = size;
    prose->opened = true;
    return true;
}

/* A quotation that has a name begins or ends here, or goes on. */
static bool take_block(struct prose *prose, struct sw_view line)
{
    if (prose->block == NULL) {
        prose->block = place_block_of(prose->markup, line);
        prose->opened = prose->opened || prose->block != NULL;
        return prose->block != NULL;
    }
    if (place_closes(prose->block, line))
        prose->block = NULL;
    prose->quoted += line.size;
    return true;
}

/* Inside a comment of XML, which is text to nobody and nothing to a shell. */
static bool take_comment(struct prose *prose, struct sw_view line)
{
    bool inside = prose->comment;

    if (prose->fence != 0)
        return false;
    if (!inside)
        inside = prose->comment = place_has(line, "<!--") && !place_has(line, "-->");
    else if (place_has(line, "-->"))
        prose->comment = false;
    if (!inside)
        return false;
    prose->quoted += line.size;
    prose->statement = prose->statement || place_is_statement(line);
    return true;
}

static void see_solid(struct prose *prose, struct sw_view line)
{
    struct sw_view rest = line, word = {0};

    while (place_next_word(&rest, &word)) {
        if (word.size >= SOLID_MAX && !place_has(word, "://") && !place_has(word, "data:image/"))
            prose->solid = true;
        if (word.size >= WRAPPED_LINE_MIN && word.size == line.size)
            prose->wrapped++;
    }
}

static bool is_enough(const struct prose *prose)
{
    return prose->words >= WORDS_MIN &&
           (prose->lines >= LINES_MIN || prose->words >= WORDS_ALONE_MIN) &&
           prose->other <= 2 * prose->bytes && prose->quoted <= 2 * prose->bytes &&
           prose->wrapped <= WRAPPED_LINES_MAX && prose->sections < 2;
}

static void see(struct prose *prose, struct sw_view line)
{
    struct sw_view body = place_trim(line);

    /* The end of a row, which is no line that goes on. */
    if (prose->markup == PLACE_MARKUP_LATEX && place_ends(body, "\\\\"))
        line = body = place_trim(place_first(body, body.size - 2));
    if (body.size == 0)
        return;
    see_solid(prose, body);
    if (prose->block == NULL && !prose->comment && take_fence(prose, line))
        return;
    if (prose->fence != 0)
        prose->quoted += body.size;
    else if ((prose->comment || !take_block(prose, body)) && !take_comment(prose, body) &&
             !place_is_markup_command(prose->markup, body))
        see_line(prose, line);
}

static bool is_prose(const struct prose *prose)
{
    return prose->proven && !prose->statement && !prose->solid && prose->fence == 0 &&
           prose->block == NULL && !prose->comment && is_enough(prose);
}

bool place_is_prose(struct sw_view text)
{
    struct prose prose = {.markup = place_markup_of(text)};
    struct sw_view line = {0};

    if (place_starts(place_trim(text), "<?xml"))
        return false;
    prose.proven = prose.markup == PLACE_MARKUP_ROFF || prose.markup == PLACE_MARKUP_LATEX;
    while (!prose.statement && !prose.solid && place_next_line(&text, &line))
        see(&prose, line);
    return is_prose(&prose);
}

bool place_is_prose_diff(struct sw_view text)
{
    struct prose prose = {0};
    struct place_diff diff = {0};
    struct sw_view line = {0};

    while (!prose.statement && !prose.solid && place_next_diff_line(&diff, &text, &line))
        see(&prose, line);
    return place_is_whole_diff(&diff) && is_prose(&prose);
}
