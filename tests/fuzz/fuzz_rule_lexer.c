/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words and includes of a rule file. Input: its text.
 *
 * Tokens come in order, from inside the text, with their line. And libyara is
 * asked: in a text that it compiles, every include that it follows is a token,
 * and so is every variable that it misses.
 */
#include <stdlib.h>
#include <string.h>
#include <yara.h>

#include "common/rule_lexer.h"
#include "fuzz.h"

/* libyara's own compiler is not what is tried here. */
enum { COMPILED_SIZE_MAX = 2048, INCLUDES_MAX = 16 };

static const char variable[] = "filename";

static bool is_word(struct sw_view text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '\0' || strchr(letters, text.data[i]) == NULL)
            return false;
    return text.size != 0;
}

static void check_tokens(const char *text)
{
    struct sw_rule_lexer lexer = sw_rule_lexer_of(text);
    struct sw_rule_token token;
    const char *from = text;
    const char *counted = text;
    int line = 1;

    while (sw_rule_lexer_next(&lexer, &token)) {
        const char *start = (const char *)token.text.data;
        FUZZ_CHECK(start >= from && start + token.text.size <= lexer.next);
        for (; !token.include && counted < start; counted++)
            line += *counted == '\n';
        FUZZ_CHECK(token.include || (token.line == line && is_word(token.text)));
        FUZZ_CHECK(!token.include || memchr(start, '"', token.text.size) == NULL);
        from = lexer.next;
    }
    FUZZ_CHECK(*lexer.next == '\0');
}

/* --- what libyara sees --- */

struct seen {
    char *names[INCLUDES_MAX];
    size_t count;
};

static const char *take_include(const char *name, const char *file, const char *namespace_,
                                void *context)
{
    static const char nothing[] = "";
    struct seen *seen = context;
    (void)file, (void)namespace_;
    if (seen->count < INCLUDES_MAX)
        seen->names[seen->count++] = strdup(name);
    return nothing;
}

static void leave_include(const char *text, void *context)
{
    (void)text, (void)context;
}

/* Errors that libyara finds; its words about them go nowhere. */
static int compile(const char *text, bool with_variable, struct seen *seen)
{
    YR_COMPILER *compiler = NULL;
    FUZZ_CHECK(yr_compiler_create(&compiler) == ERROR_SUCCESS);
    yr_compiler_set_include_callback(compiler, take_include, leave_include, seen);
    if (with_variable)
        yr_compiler_define_string_variable(compiler, variable, "");
    int errors = yr_compiler_add_string(compiler, text, NULL);
    yr_compiler_destroy(compiler);
    return errors;
}

static bool has_include(const char *text, const char *name)
{
    struct sw_rule_lexer lexer = sw_rule_lexer_of(text);
    struct sw_rule_token token;
    while (sw_rule_lexer_next(&lexer, &token))
        if (token.include && token.text.size == strlen(name) &&
            memcmp(token.text.data, name, token.text.size) == 0)
            return true;
    return false;
}

static void check_with_libyara(const char *text)
{
    struct seen seen = {.count = 0};
    struct seen ignored = {.count = 0};
    bool good = compile(text, true, &seen) == 0;
    for (size_t i = 0; i < seen.count; i++) {
        FUZZ_CHECK(!good || has_include(text, seen.names[i]));
        free(seen.names[i]);
    }
    if (good && strstr(text, variable) != NULL && compile(text, false, &ignored) != 0)
        FUZZ_CHECK(sw_rule_text_has_word(text, variable));
    for (size_t i = 0; i < ignored.count; i++)
        free(ignored.names[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    char *text = fuzz_text((struct sw_view){data, size});

    if (!started)
        FUZZ_CHECK(yr_initialize() == ERROR_SUCCESS);
    started = true;
    check_tokens(text);
    if (strlen(text) <= COMPILED_SIZE_MAX &&
        (strstr(text, "include") != NULL || strstr(text, variable) != NULL))
        check_with_libyara(text);
    free(text);
    return 0;
}
