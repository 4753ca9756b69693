/* SPDX-License-Identifier: Apache-2.0 */
/* unit.c - see unit.h. */
#include "engine/rule/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rule/diagnose.h"

static bool define_external(YR_COMPILER *compiler, enum sw_external external)
{
    const char *name = sw_external_name(external);
    if (external == SW_EXTERNAL_MODE)
        return yr_compiler_define_integer_variable(compiler, name, 0) == ERROR_SUCCESS;
    return yr_compiler_define_string_variable(compiler, name, "") == ERROR_SUCCESS;
}

YR_COMPILER *sw_unit_compiler(enum sw_external without)
{
    YR_COMPILER *compiler = NULL;
    if (yr_compiler_create(&compiler) != ERROR_SUCCESS)
        return NULL;
    for (unsigned i = 0; i < SW_EXTERNAL_COUNT; i++)
        if (i != (unsigned)without && !define_external(compiler, (enum sw_external)i)) {
            yr_compiler_destroy(compiler);
            return NULL;
        }
    return compiler;
}

/* The file in which libyara is now. It leaves files without a word: whatever
 * lies above the one that it names has ended. Names in its stack differ. */
static const struct sw_rule_file *current_file(struct sw_unit *unit, const char *words)
{
    while (unit->depth > 0 && (!words || strcmp(unit->stack[unit->depth - 1].words, words) != 0))
        free(unit->stack[--unit->depth].words);
    return unit->depth > 0 ? unit->stack[unit->depth - 1].file : unit->file;
}

static bool is_open(const struct sw_unit *unit, const struct sw_rule_file *file)
{
    for (size_t i = 0; i < unit->depth; i++)
        if (unit->stack[i].file == file)
            return true;
    return file == unit->file;
}

static const char *refuse(struct sw_unit *unit, const char *words, const char *why)
{
    snprintf(unit->refusal, sizeof(unit->refusal), "include \"%.300s\" %s", words, why);
    return NULL;
}

static const char *on_include(const char *words, const char *from_words, const char *namespace_,
                              void *user_data)
{
    struct sw_unit *unit = user_data;
    (void)namespace_;
    const struct sw_rule_file *from = current_file(unit, from_words);
    const struct sw_rule_file *file = sw_rulepack_resolve(unit->pack, from, words);
    if (!file)
        return refuse(unit, words, "names no file below the directory of the rules");
    if (is_open(unit, file))
        return refuse(unit, words, "goes round in a circle: the file is being read already");
    if (unit->depth == SW_INCLUDE_DEPTH_MAX)
        return refuse(unit, words, "is more than 16 includes deep");
    if (unit->included)
        unit->included[file - unit->pack->files] = true;
    /* libyara reuses the memory of the words. */
    unit->stack[unit->depth].words = strdup(words);
    unit->stack[unit->depth].file = file;
    if (!unit->stack[unit->depth].words) {
        unit->memory_short = true;
        return NULL;
    }
    unit->depth++;
    return file->text;
}

/* Texts belong to the pack. */
static void on_include_end(const char *text, void *user_data)
{
    (void)text;
    (void)user_data;
}

static bool names_undefined(const char *message, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = message; (at = strstr(at, name)); at++)
        if (at > message && at[-1] == '"' && at[size] == '"')
            return strncmp(message, "undefined identifier", 20) == 0;
    return false;
}

static int last_line(const char *text)
{
    int line = 1;
    for (; *text; text++)
        line += *text == '\n' && text[1];
    return line;
}

static void on_message(int level, const char *words, int line, const YR_RULE *rule,
                       const char *message, void *user_data)
{
    struct sw_unit *unit = user_data;
    (void)rule;
    const char *name = current_file(unit, words)->name;
    if (line == 0 && !words) /* libyara is past the end of the text */
        line = last_line(unit->file->text);
    if (unit->undefined && names_undefined(message, unit->undefined))
        unit->undefined_met = true;
    if (level == YARA_ERROR_LEVEL_ERROR && unit->refusal[0])
        message = unit->refusal;
    if (unit->diagnoses && !sw_diagnoses_add(unit->diagnoses,
                                             level == YARA_ERROR_LEVEL_ERROR ? SW_DIAGNOSIS_ERROR
                                                                             : SW_DIAGNOSIS_WARNING,
                                             name, line, message))
        unit->memory_short = true;
    if (level == YARA_ERROR_LEVEL_ERROR)
        unit->refusal[0] = '\0';
}

bool sw_unit_compile(struct sw_unit *unit, YR_COMPILER *compiler)
{
    unit->depth = 0;
    unit->refusal[0] = '\0';
    yr_compiler_set_callback(compiler, on_message, unit);
    yr_compiler_set_include_callback(compiler, on_include, on_include_end, unit);
    size_t error_count = unit->diagnoses ? sw_diagnoses_error_count(unit->diagnoses) : 0;
    bool good = yr_compiler_add_string(compiler, unit->file->text, unit->file->namespace_) == 0;
    current_file(unit, NULL); /* frees what is left of the stack */
    if (!good && compiler->last_error == ERROR_INSUFFICIENT_MEMORY)
        unit->memory_short = true;
    /* An error may come without a message, or with one that was listed before. */
    if (!good && unit->diagnoses && error_count == sw_diagnoses_error_count(unit->diagnoses)) {
        char text[64];
        snprintf(text, sizeof(text), "does not compile (libyara error %d)", compiler->last_error);
        if (!sw_diagnoses_add(unit->diagnoses, SW_DIAGNOSIS_ERROR, unit->file->name, 0, text))
            unit->memory_short = true;
    }
    return good && !unit->memory_short;
}
