/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement.c - lines that an interpreter would act on. Generous: an article
 * that has such a line outside a quotation is in doubt, no more.
 */
#include "engine/place/place_private.h"

static const char *const commands[] = {
    "sudo",    "curl",       "wget",    "chmod",   "chown",     "rm",        "cp",      "mv",
    "mkdir",   "cd",         "echo",    "printf",  "eval",      "exec",      "source",  "export",
    "unset",   "alias",      "nohup",   "setsid",  "sh",        "bash",      "zsh",     "python",
    "python3", "node",       "npm",     "npx",     "pip",       "pip3",      "perl",    "ruby",
    "php",     "base64",     "openssl", "tar",     "gzip",      "systemctl", "crontab", "kubectl",
    "docker",  "ssh",        "scp",     "nc",      "ncat",      "socat",     "dd",      "kill",
    "pkill",   "touch",      "cat",     "tee",     "xargs",     "awk",       "sed",     "sleep",
    "set",     "trap",       "local",   "declare", "readonly",  "apt-get",   "yum",     "apk",
    "dnf",     "powershell", "cmd",     "start",   "osascript", "env",       "busybox", NULL,
};

static const char *const blocks[] = {"try:", "else:", "except:", "finally:", "fi",   "done", "esac",
                                     "end",  "EOF",   "then",    "do",       "else", "{",    "}",
                                     "};",   "})",    "});",     ")",        ");",   "]",    NULL};

static const char *const inside[] = {
    "$(",   "${",     " && ",  " || ",     "<<",         ">&",     " 2>",    "| sh",
    "|sh",  "| bash", "|bash", "| python", "| base64",   "| node", "| perl", " > /",
    " >> ", "=> {",   "() {",  "){",       "__import__", NULL};

static struct sw_view identifier(struct sw_view line)
{
    size_t size = 0;

    while (size < line.size && (place_ident(line.data[size]) || line.data[size] == '.' ||
                                line.data[size] == '$' || line.data[size] == '@'))
        size++;
    return place_first(line, size);
}

/* `name = value`, `NAME=value`, `a.b = ...`, `a[0] = ...` */
static bool is_assignment(struct sw_view line)
{
    struct sw_view name = identifier(line);
    struct sw_view rest = place_trim(place_after(line, name.size));

    if (name.size == 0 || place_digit(name.data[0]))
        return false;
    if (place_starts(rest, "[") && rest.data == line.data + name.size) {
        const uint8_t *end = memchr(rest.data, ']', rest.size);
        rest = end == NULL ? rest : place_trim(place_after(rest, (size_t)(end - rest.data) + 1));
    }
    if (rest.size > 1 && strchr("+-|:", rest.data[0]) != NULL && rest.data[1] == '=')
        return true;
    return rest.size > 1 && rest.data[0] == '=' && rest.data[1] != '=';
}

/* `name(...)`, `a.b(...).c(...)` */
static bool is_call(struct sw_view line)
{
    struct sw_view name = identifier(line);

    return name.size > 0 && name.size < line.size && line.data[name.size] == '(' &&
           strchr(");,({[", line.data[line.size - 1]) != NULL;
}

static bool is_sentence_end(struct sw_view line)
{
    return line.size > 0 && strchr(".,:!?)", line.data[line.size - 1]) != NULL;
}

static bool is_import(struct sw_view first, struct sw_view rest, size_t count)
{
    struct sw_view word = {0};

    if (place_is(first, "import"))
        return (count <= 4 && !is_sentence_end(rest)) || place_has_byte(rest, ',') ||
               place_has_byte(rest, '\'') || place_has_byte(rest, '"') || place_has_byte(rest, ';');
    if (!place_is(first, "from"))
        return false;
    while (place_next_word(&rest, &word))
        if (place_is(word, "import"))
            return true;
    return false;
}

/* `def f(`, `class C:`, `if x:`, `const x =`, `return x;` */
static bool is_declaration(struct sw_view first, struct sw_view rest, struct sw_view line)
{
    static const char *const makers[] = {"def", "class", "async",  "function", "export", "func",
                                         "fn",  "sub",   "public", "private",  NULL};
    static const char *const flows[] = {"if",   "for",    "while",  "with", "elif",
                                        "case", "except", "return", NULL};
    static const char *const stores[] = {"const", "let", "var", "local", "my", NULL};
    uint8_t last = line.data[line.size - 1];

    rest = place_trim(rest);
    if (place_among(first, stores))
        return place_has_byte(line, '=') || last == ';';
    if (place_among(first, makers))
        return place_has_byte(line, '(') || place_has_byte(line, '=') || last == ':' || last == '{';
    if (!place_among(first, flows))
        return false;
    return place_starts(rest, "(") || place_starts(rest, "[ ") || last == '{' || last == ';' ||
           place_ends(line, "; then") || place_ends(line, "; do") ||
           (last == ':' &&
            (place_has_byte(line, '(') || place_has_byte(line, '_') || place_has_byte(line, '.') ||
             place_has(line, "==") || place_has(line, " in ") || place_has(line, " as ")));
}

static size_t count_words(struct sw_view line)
{
    struct sw_view word = {0};
    size_t count = 0;

    while (place_next_word(&line, &word))
        count++;
    return count;
}

/* What follows a command and not a verb of the same name. */
static bool is_argument(struct sw_view word)
{
    return word.size > 0 && (strchr("-/.$~\"'<>|", word.data[0]) != NULL ||
                             place_has(word, "://") || place_among(word, commands));
}

static bool is_command(struct sw_view first, struct sw_view rest, struct sw_view line, size_t count)
{
    struct sw_view second = {0};

    if (!place_among(first, commands))
        return false;
    return (place_next_word(&rest, &second) && is_argument(second)) ||
           (count <= 4 && !is_sentence_end(line));
}

/* A command that follows another one on its line. */
static bool holds_command(struct sw_view line)
{
    struct sw_view rest, first = {0}, second = {0};

    for (size_t i = 0; i + 1 < line.size; i++) {
        if (line.data[i] != ';' && line.data[i] != '&' && line.data[i] != '|')
            continue;
        rest = place_after(line, i + 1);
        if (place_next_word(&rest, &first) && place_among(first, commands) &&
            place_next_word(&rest, &second) && is_argument(second))
            return true;
    }
    return false;
}

/* `\curl ...`: the sign only keeps an alias away. */
bool place_is_escaped_command(struct sw_view line)
{
    struct sw_view rest, first = {0};

    if (!place_starts(line, "\\"))
        return false;
    rest = line = place_after(line, 1);
    return place_next_word(&rest, &first) && is_command(first, rest, line, count_words(line));
}

/* `name(...):`, and no link and no remark in brackets. */
static bool is_header_of_block(struct sw_view line)
{
    if (!place_ends(line, "):") || place_has(line, "]("))
        return false;
    for (size_t i = 1; i < line.size; i++)
        if (line.data[i] == '(' && place_ident(line.data[i - 1]))
            return true;
    return false;
}

/* "Name: value", as headers have it: a semicolon at its end is no sign. */
static bool is_header(struct sw_view first)
{
    return first.size > 1 && first.data[first.size - 1] == ':' && first.data[0] >= 'A' &&
           first.data[0] <= 'Z';
}

static bool ends_as_code(struct sw_view first, struct sw_view line)
{
    uint8_t last = line.data[line.size - 1];

    return last == '{' || is_header_of_block(line) || last == '\\' ||
           (last == ';' && !is_header(first)) || place_ends(line, "&&") || place_ends(line, "||");
}

bool place_is_statement(struct sw_view line)
{
    struct sw_view rest = line, first = {0};
    size_t count = count_words(line);

    if (!place_next_word(&rest, &first))
        return false;
    if (is_import(first, rest, count) || is_assignment(line) || is_call(line) ||
        is_declaration(first, rest, line) || is_command(first, rest, line, count) ||
        place_among(line, blocks) || place_starts(line, "#!") || place_starts(line, "@echo") ||
        place_is_escaped_command(line) || place_starts(line, "./") || place_starts(line, "/bin/") ||
        place_starts(line, "/usr/") || place_starts(line, ". /"))
        return true;
    /* A sentence may quote code between backticks. */
    if (place_has_byte(line, '`') && line.data[0] != '`')
        return false;
    for (size_t i = 0; inside[i] != NULL; i++)
        if (place_has(line, inside[i]))
            return true;
    if (holds_command(line))
        return true;
    return ends_as_code(first, line) && !(count >= 5 && line.data[line.size - 1] == ';');
}

/* The sentence may start with a word that is a command or a keyword: only what no sentence
 * has counts. */
bool place_is_wordy_statement(struct sw_view line)
{
    struct sw_view rest = line, first = {0};

    if (!place_next_word(&rest, &first))
        return false;
    return is_import(first, rest, SIZE_MAX) || is_command(first, rest, line, SIZE_MAX) ||
           (!place_has_byte(line, '`') && holds_command(line));
}

bool place_holds_script(struct sw_view text)
{
    static const char *const marks[] = {"<?php", "<?=", "<%@", NULL};

    for (size_t i = 0; marks[i] != NULL; i++)
        if (place_has(text, marks[i]))
            return true;
    return false;
}
