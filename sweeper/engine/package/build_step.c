/* SPDX-License-Identifier: Apache-2.0 */
/* build_step.c - see build_step.h. */
#include "engine/package/build_step.h"

#include "engine/package/json.h"

enum state {
    PREFIX,        /* of a line of history, before the shell */
    COMMAND,       /* a command comes next */
    SHELL,         /* sh: its options come */
    SHELL_OPTION,  /* and the value of one */
    SHELL_COMMAND, /* the command behind -c, perhaps in quotes */
    PYTHON,
    PYTHON_MODULE,
    PIP,
    UV,
    PIPX,
    POETRY,
    NPM,
    CODE,
    PIP_ARGUMENTS,
    NPM_ARGUMENTS,
    CODE_ARGUMENT,
    IGNORED, /* until the command ends */
};

/* What a word means in a state. */
static const struct row {
    const char *word;
    enum state in;
    enum state next;
} rows[] = {
    {"run", COMMAND, COMMAND},
    {"sudo", COMMAND, COMMAND},
    {"env", COMMAND, COMMAND},
    {"exec", COMMAND, COMMAND},
    {"time", COMMAND, COMMAND},
    {"command", COMMAND, COMMAND},
    {"nice", COMMAND, COMMAND},
    {"if", COMMAND, COMMAND},
    {"then", COMMAND, COMMAND},
    {"else", COMMAND, COMMAND},
    {"do", COMMAND, COMMAND},
    {"!", COMMAND, COMMAND},
    {"{", COMMAND, COMMAND},
    {"sh", COMMAND, SHELL},
    {"bash", COMMAND, SHELL},
    {"ash", COMMAND, SHELL},
    {"dash", COMMAND, SHELL},
    {"zsh", COMMAND, SHELL},
    {"ksh", COMMAND, SHELL},
    {"uv", COMMAND, UV},
    {"uvx", COMMAND, PIP_ARGUMENTS},
    {"pipx", COMMAND, PIPX},
    {"poetry", COMMAND, POETRY},
    {"pdm", COMMAND, POETRY},
    {"npm", COMMAND, NPM},
    {"pnpm", COMMAND, NPM},
    {"yarn", COMMAND, NPM},
    {"bun", COMMAND, NPM},
    {"npx", COMMAND, NPM_ARGUMENTS},
    {"pnpx", COMMAND, NPM_ARGUMENTS},
    {"bunx", COMMAND, NPM_ARGUMENTS},
    {"code", COMMAND, CODE},
    {"codium", COMMAND, CODE},
    {"code-server", COMMAND, CODE},
    {"openvscode-server", COMMAND, CODE},
    {"-m", PYTHON, PYTHON_MODULE},
    {"pip", PYTHON_MODULE, PIP},
    {"pipx", PYTHON_MODULE, PIPX},
    {"uv", PYTHON_MODULE, UV},
    {"install", PIP, PIP_ARGUMENTS},
    {"download", PIP, PIP_ARGUMENTS},
    {"wheel", PIP, PIP_ARGUMENTS},
    {"pip", UV, PIP},
    {"tool", UV, UV},
    {"add", UV, PIP_ARGUMENTS},
    {"install", UV, PIP_ARGUMENTS},
    {"run", UV, PIP_ARGUMENTS},
    {"install", PIPX, PIP_ARGUMENTS},
    {"inject", PIPX, PIP_ARGUMENTS},
    {"run", PIPX, PIP_ARGUMENTS},
    {"add", POETRY, PIP_ARGUMENTS},
    {"global", NPM, NPM},
    {"install", NPM, NPM_ARGUMENTS},
    {"i", NPM, NPM_ARGUMENTS},
    {"in", NPM, NPM_ARGUMENTS},
    {"add", NPM, NPM_ARGUMENTS},
    {"exec", NPM, NPM_ARGUMENTS},
    {"dlx", NPM, NPM_ARGUMENTS},
    {"x", NPM, NPM_ARGUMENTS},
    {"--install-extension", CODE, CODE_ARGUMENT},
};

void sw_build_step_begin(struct sw_build_step *step, struct sw_package_reader *reader,
                         struct sw_variables *variables)
{
    /* The word is not cleared: it has no size. */
    step->reader = reader;
    step->variables = variables;
    step->state = COMMAND;
    step->begun = step->list = step->comment = step->literal = false;
    step->quote = step->outer_quote = 0;
    step->in_word = false;
    step->size = 0;
    step->at = NULL;
}

/* --- words ------------------------------------------------------------------------ */

/* pip, pip3, pip3.11; python, python3, pypy3 */
static bool is_versioned(struct sw_view word, struct sw_view name)
{
    struct sw_view rest = sw_view_skip(word, name.size);

    if (!sw_view_starts(word, name))
        return false;
    for (size_t i = 0; i < rest.size; i++)
        if (!sw_is_digit(rest.data[i]) && rest.data[i] != '.')
            return false;
    return true;
}

static bool is_assignment(struct sw_view word)
{
    size_t equals = sw_view_find(word, '=');

    for (size_t i = 0; i < equals; i++)
        if (!sw_is_alnum(word.data[i]) && word.data[i] != '_')
            return false;
    return equals > 0 && equals < word.size;
}

/* The state after a word that the table knows; IGNORED: it does not. */
static enum state next_of(enum state state, struct sw_view word)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].in == state && sw_view_equal_fold(word, sw_view_of(rows[i].word)))
            return rows[i].next;
    return IGNORED;
}

static enum state command_of(struct sw_view word)
{
    const struct sw_view name = sw_path_base(word);

    if (is_versioned(name, SW_VIEW("pip")))
        return PIP;
    if (is_versioned(name, SW_VIEW("python")) || is_versioned(name, SW_VIEW("pypy")))
        return PYTHON;
    if (is_assignment(word) || word.data[0] == '-') /* env -u NAME, RUN --mount=... */
        return COMMAND;
    return next_of(COMMAND, name);
}

/* -c, -ec; -o pipefail, -euo pipefail; a script. */
static enum state shell_word(struct sw_view word)
{
    if (word.data[0] != '-' && word.data[0] != '+')
        return IGNORED;
    if (sw_view_starts(word, SW_VIEW("--")))
        return SHELL;
    if (sw_view_find(word, 'c') < word.size)
        return SHELL_COMMAND;
    return word.data[word.size - 1] == 'o' ? SHELL_OPTION : SHELL;
}

static enum state prefix_word(struct sw_build_step *step, struct sw_view word)
{
    /* As it stands in the text it lives as long as that. */
    if (is_assignment(word) && memcmp(step->at, word.data, word.size) == 0)
        sw_variables_take(step->variables, (struct sw_view){step->at, word.size});
    return next_of(COMMAND, sw_path_base(word)) == SHELL ? SHELL : PREFIX;
}

static bool emit(const struct sw_build_step *step, struct sw_view word)
{
    struct sw_package package = {.use = step->reader->use};
    struct sw_view what;

    if (step->state == PIP_ARGUMENTS) {
        if (!sw_python_requirement(word, &package))
            return true;
    } else if (step->state == NPM_ARGUMENTS) {
        package.ecosystem = SW_ECOSYSTEM_NPM;
        package.name = sw_npm_name(word, &what);
        if (!sw_npm_resolve(what, &package))
            return true;
    } else {
        const size_t at = sw_view_find_last(word, '@');
        package.version = sw_view_skip(word, at + 1);
        return at == word.size || package.version.size == 0 ||
               sw_package_emit_extension(step->reader, package, sw_view_first(word, at), step->at);
    }
    return sw_package_emit(step->reader, package, step->at);
}

static bool take_argument(const struct sw_build_step *step, struct sw_view word)
{
    uint8_t text[SW_EXPANDED_MAX];
    struct sw_view expanded = word;

    /* An option, or a range: what it is set to comes as a word of its own. */
    if (word.data[0] == '-')
        return true;
    if (sw_view_find(word, '$') < word.size &&
        !sw_variables_expand(step->variables, word, text, &expanded))
        return true;
    return emit(step, expanded);
}

static bool take_word(struct sw_build_step *step)
{
    const struct sw_view word = {step->word, step->size};

    switch ((enum state)step->state) {
    case PIP_ARGUMENTS:
    case NPM_ARGUMENTS:
        return take_argument(step, word);
    case CODE_ARGUMENT:
        step->state = CODE;
        return take_argument(step, word);
    case PREFIX:
        step->state = prefix_word(step, word);
        return true;
    case SHELL:
        step->state = shell_word(word);
        return true;
    case SHELL_OPTION:
        step->state = SHELL;
        return true;
    case COMMAND:
    case SHELL_COMMAND:
        step->state = command_of(word);
        return true;
    case CODE:
        if (!sw_view_equal(word, SW_VIEW("--install-extension")))
            return true;
        break;
    case PYTHON:
    case PIP:
    case UV:
    case PIPX:
    case POETRY:
    case NPM:
        /* pip -q install */
        if (word.data[0] == '-' && !sw_view_equal(word, SW_VIEW("-m")))
            return true;
        break;
    case PYTHON_MODULE:
    case IGNORED:
        break;
    }
    step->state = next_of((enum state)step->state, word);
    return true;
}

static bool end_word(struct sw_build_step *step)
{
    bool go_on = true;

    step->begun = step->begun || step->in_word;
    if (step->in_word && step->size > 0 && step->size <= SW_STEP_WORD_MAX)
        go_on = take_word(step);
    step->in_word = false;
    step->size = 0;
    return go_on;
}

/* --- bytes ------------------------------------------------------------------------ */

static void add(struct sw_build_step *step, uint8_t byte, const uint8_t *at)
{
    if (step->size == 0)
        step->at = at;
    step->in_word = true;
    if (step->size < SW_STEP_WORD_MAX)
        step->word[step->size] = byte;
    if (step->size <= SW_STEP_WORD_MAX)
        step->size++;
}

static bool end_command(struct sw_build_step *step)
{
    const bool go_on = end_word(step);

    if (step->state != PREFIX)
        step->state = COMMAND;
    return go_on;
}

static bool is_blank(const struct sw_build_step *step, uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' ||
           (step->list && (byte == '[' || byte == ']' || byte == ','));
}

static void toggle_quote(struct sw_build_step *step, uint8_t byte)
{
    step->quote = step->quote == 0 ? byte : 0;
    step->in_word = true;
}

/* Outside quotes. */
static bool plain_byte(struct sw_build_step *step, uint8_t byte, const uint8_t *at)
{
    if (is_blank(step, byte))
        return end_word(step);
    if (byte == '\n' || byte == ';' || byte == '&' || byte == '|' || byte == '(' || byte == ')' ||
        byte == '`' || (byte == step->outer_quote && byte != 0)) {
        if (byte == step->outer_quote)
            step->outer_quote = 0;
        return end_command(step);
    }
    if (byte == '#' && !step->in_word) {
        step->comment = true;
    } else if (byte == '"' || byte == '\'') {
        /* What sh -c is given is a command, and its quotes are not those of a word. */
        if (step->state == SHELL_COMMAND && !step->in_word && step->outer_quote == 0) {
            step->outer_quote = byte;
            step->state = COMMAND;
            return true;
        }
        toggle_quote(step, byte);
    } else {
        step->list = false; /* whose words are all in quotes */
        add(step, byte, at);
    }
    return true;
}

bool sw_build_step_byte(struct sw_build_step *step, uint8_t byte, const uint8_t *at)
{
    if (!step->begun && !step->in_word && byte == '[')
        step->list = true;
    if (step->comment) {
        step->comment = byte != '\n';
        return step->comment || end_command(step);
    }
    if (step->literal) {
        step->literal = false;
        if (byte == '"' && step->outer_quote == '"')
            toggle_quote(step, byte);
        else if (byte != '\n')
            add(step, byte, at);
        return true;
    }
    if (byte == '\\' && step->quote != '\'') {
        step->literal = true;
        return true;
    }
    if (step->quote == 0)
        return plain_byte(step, byte, at);
    if (byte == step->quote)
        step->quote = 0;
    else
        add(step, byte, at);
    return true;
}

bool sw_build_step_end(struct sw_build_step *step)
{
    step->literal = step->comment = false;
    step->quote = step->outer_quote = 0;
    return end_command(step);
}

/* --- history ---------------------------------------------------------------------- */

/* The byte that the escape at the front of *raw stands for, taken off. What is not ASCII
 * is no part of a name. */
static uint8_t take_byte(struct sw_view *raw)
{
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    const struct sw_view here = *raw;
    unsigned code = 0;

    if (here.data[0] != '\\' || here.size < 2 || (here.data[1] == 'u' && here.size < 6)) {
        *raw = sw_view_skip(here, 1);
        return here.data[0];
    }
    *raw = sw_view_skip(here, here.data[1] == 'u' ? 6 : 2);
    if (here.data[1] != 'u') {
        const char *plain = strchr(from, here.data[1]);
        return plain == NULL || here.data[1] == 0 ? here.data[1] : (uint8_t)to[plain - from];
    }
    for (size_t i = 2; i < 6; i++) {
        uint8_t digit = sw_lower(here.data[i]);
        code = code << 4 | (unsigned)(sw_is_digit(digit) ? digit - '0' : (digit - 'a' + 10) & 15);
    }
    return code < 0x80 ? (uint8_t)code : '?';
}

/* One step of a history: the command as the shell got it, which BuildKit puts RUN before,
 * and classic builders the number and values of its variables. */
static bool read_step(struct sw_package_reader *reader, struct sw_view raw)
{
    struct sw_variables variables;
    struct sw_build_step step;

    variables.count = 0;
    sw_build_step_begin(&step, reader, &variables);
    if (sw_view_starts(raw, SW_VIEW("RUN ")))
        raw = sw_view_skip(raw, sizeof("RUN ") - 1);
    if (sw_view_starts(raw, SW_VIEW("|"))) {
        step.state = PREFIX;
        raw = sw_view_skip(raw, sw_view_find(raw, ' '));
    }
    while (raw.size > 0) {
        const uint8_t *at = raw.data;
        if (!sw_build_step_byte(&step, take_byte(&raw), at))
            return false;
    }
    return sw_build_step_end(&step);
}

/* {"history": [{"created_by": COMMAND}]} */
void sw_read_image_config(struct sw_package_reader *reader)
{
    static const char *const steps[] = {"history", NULL};
    struct sw_loose_json json;
    enum sw_loose_json_kind kind;

    sw_loose_json_init(&json, reader->content);
    while (sw_loose_json_next(&json, &kind))
        if (kind == SW_LOOSE_STRING && sw_loose_json_at(&json, 2, steps) &&
            sw_loose_json_is(json.key, SW_VIEW("created_by")) && !read_step(reader, json.value))
            return;
    reader->broken = json.broken;
}
