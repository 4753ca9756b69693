/* SPDX-License-Identifier: Apache-2.0 */
/* bound.c - see bound.h. Opcodes and their effects are those of libyara 4.2 to
 * 4.5; engine/rule/yara_version.h tells where these differ. */
#include "engine/rule/bound.h"

#include <stdlib.h>
#include <string.h>
#include <yara/compiler.h>

#include "engine/rule/yara_version.h"

#define STACK_MAX   ((size_t)16384) /* values; as libyara's own */
#define PENDING_MAX ((size_t)64)    /* jumps that have not landed yet */
#define SAVED_MAX   ((size_t)64)    /* values below such a jump */
#define SLOTS       ((size_t)YR_MAX_LOOP_NESTING * (YR_MAX_LOOP_VARS + YR_INTERNAL_LOOP_VARS))

/* ---- values ---------------------------------------------------------------- */

enum {
    MAY_ZERO = 1,
    MAY_UNDEFINED = 2,
    MAY_OTHER = 4, /* true, when asked whether it is */
    MAY_ANY = 7,
};

struct value {
    unsigned may; /* never 0 */
    bool known;   /* it is `number` and nothing else */
    bool empty;   /* it is an iterator that has no item */
    int64_t number;
};

static const struct value anything = {.may = MAY_ANY};
static const struct value undefined = {.may = MAY_UNDEFINED};
static const struct value zero = {.may = MAY_ZERO, .known = true};

static struct value value_of(int64_t number)
{
    if (number == 0)
        return zero;
    if (number == (int64_t)YR_UNDEFINED)
        return undefined;
    return (struct value){.may = MAY_OTHER, .known = true, .number = number};
}

static struct value join(struct value a, struct value b)
{
    struct value joined = {.may = a.may | b.may, .empty = a.empty && b.empty};
    if (a.known && b.known && a.number == b.number)
        return a;
    return joined;
}

/* What is left of a value once some of its possibilities are ruled out. */
static struct value narrowed(struct value value, unsigned may)
{
    if (value.may == (value.may & may))
        return value;
    value.may &= may;
    return value.may == MAY_ZERO ? zero : (struct value){.may = value.may};
}

/* ---- the machine ----------------------------------------------------------- */

struct landing {
    size_t at; /* where the jump goes to */
    size_t depth;
    struct value values[SAVED_MAX];
    struct value slots[SLOTS];
};

struct machine {
    const YR_RULES *rules;
    const bool *bound; /* of the rules before this one */
    bool *referred;
    uint32_t rule;
    const uint8_t *code;
    size_t at;   /* of the next instruction */
    size_t end;  /* past this rule's code */
    bool live;   /* some run comes to `at` */
    bool failed; /* something was not understood */
    struct value *stack;
    size_t depth;
    struct value slots[SLOTS]; /* variables of loops */
    struct landing landings[PENDING_MAX];
    size_t landing_count;
};

static void push(struct machine *machine, struct value value)
{
    if (machine->depth == STACK_MAX)
        machine->failed = true;
    else
        machine->stack[machine->depth++] = value;
}

static struct value pop(struct machine *machine)
{
    if (machine->depth == 0) {
        machine->failed = true;
        return anything;
    }
    return machine->stack[--machine->depth];
}

static uint64_t operand(struct machine *machine, size_t size)
{
    uint64_t number = 0;
    if (machine->end - machine->at < size) {
        machine->failed = true;
        return 0;
    }
    memcpy(&number, machine->code + machine->at, size); /* little-endian, as libyara's code is */
    machine->at += size;
    return number;
}

static void join_stacks(struct machine *machine, const struct landing *landing)
{
    if (!machine->live) {
        machine->live = true;
        machine->depth = landing->depth;
        memcpy(machine->stack, landing->values, landing->depth * sizeof(landing->values[0]));
        memcpy(machine->slots, landing->slots, sizeof(landing->slots));
        return;
    }
    if (machine->depth != landing->depth) {
        machine->failed = true;
        return;
    }
    for (size_t i = 0; i < machine->depth; i++)
        machine->stack[i] = join(machine->stack[i], landing->values[i]);
    for (size_t i = 0; i < SLOTS; i++)
        machine->slots[i] = join(machine->slots[i], landing->slots[i]);
}

/* Jumps go forward only and code is gone through in order, so whatever comes to
 * a place has been seen before that place is reached. */
static void land(struct machine *machine)
{
    size_t next = machine->live ? machine->at : SIZE_MAX;
    for (size_t i = 0; i < machine->landing_count; i++)
        next = machine->landings[i].at < next ? machine->landings[i].at : next;
    /* Nothing goes on, or a jump went into the middle of an instruction. */
    if (next == SIZE_MAX || (machine->live && next != machine->at)) {
        machine->failed = true;
        return;
    }
    machine->at = next;
    for (size_t i = 0; i < machine->landing_count;) {
        if (machine->landings[i].at != next) {
            i++;
            continue;
        }
        join_stacks(machine, &machine->landings[i]);
        machine->landings[i] = machine->landings[--machine->landing_count];
    }
}

/* Keeps the machine's state for when `at` is reached. */
static void jump(struct machine *machine, size_t at)
{
    if (machine->landing_count == PENDING_MAX || machine->depth > SAVED_MAX || at < machine->at ||
        at >= machine->end) {
        machine->failed = true;
        return;
    }
    struct landing *landing = &machine->landings[machine->landing_count++];
    landing->at = at;
    landing->depth = machine->depth;
    memcpy(landing->values, machine->stack, machine->depth * sizeof(landing->values[0]));
    memcpy(landing->slots, machine->slots, sizeof(landing->slots));
}

/* JFALSE, JTRUE, JZ: the value that was asked about stays on the stack. */
static void jump_if(struct machine *machine, unsigned taken_when)
{
    size_t opcode_at = machine->at - 1;
    int32_t offset = (int32_t)(uint32_t)operand(machine, sizeof(uint32_t));
    if (offset <= 0 || machine->depth == 0) {
        machine->failed = true;
        return;
    }
    struct value *top = &machine->stack[machine->depth - 1];
    const struct value asked = *top;
    if ((asked.may & taken_when) != 0) {
        *top = narrowed(asked, taken_when);
        jump(machine, opcode_at + (size_t)offset);
    }
    machine->live = (asked.may & ~taken_when & MAY_ANY) != 0;
    if (machine->live)
        *top = narrowed(asked, ~taken_when & MAY_ANY);
}

/* JTRUE_P takes the value from the stack. */
static void jump_if_true(struct machine *machine)
{
    size_t opcode_at = machine->at - 1;
    int32_t offset = (int32_t)(uint32_t)operand(machine, sizeof(uint32_t));
    unsigned may = pop(machine).may;
    if (offset <= 0) {
        machine->failed = true;
        return;
    }
    if ((may & MAY_OTHER) != 0)
        jump(machine, opcode_at + (size_t)offset);
    machine->live = (may & ~(unsigned)MAY_OTHER) != 0;
}

/* ---- instructions ---------------------------------------------------------- */

static void logic(struct machine *machine, bool both)
{
    unsigned b = pop(machine).may;
    unsigned a = pop(machine).may;
    const unsigned falsy = MAY_ZERO | MAY_UNDEFINED;
    bool may_be_true = both ? (a & b & MAY_OTHER) != 0 : ((a | b) & MAY_OTHER) != 0;
    bool may_be_false = both ? ((a | b) & falsy) != 0 : (a & falsy) != 0 && (b & falsy) != 0;
    if (may_be_true && may_be_false)
        push(machine, (struct value){.may = MAY_ZERO | MAY_OTHER});
    else
        push(machine, value_of(may_be_true ? 1 : 0));
}

static void negate(struct machine *machine)
{
    unsigned from = pop(machine).may;
    unsigned may = from & MAY_UNDEFINED;
    may |= (from & MAY_OTHER) != 0 ? MAY_ZERO : 0U;
    may |= (from & MAY_ZERO) != 0 ? MAY_OTHER : 0U;
    push(machine, may == MAY_ZERO ? zero : (struct value){.may = may});
}

static void ask_defined(struct machine *machine)
{
    unsigned from = pop(machine).may;
    if (from == MAY_UNDEFINED)
        push(machine, zero);
    else if ((from & MAY_UNDEFINED) == 0)
        push(machine, value_of(1));
    else
        push(machine, (struct value){.may = MAY_ZERO | MAY_OTHER});
}

/* Of two known numbers. */
static struct value computed(uint8_t opcode, int64_t a, int64_t b)
{
    int64_t number = 0;
    switch (opcode) {
    case OP_INT_EQ:
        return value_of(a == b);
    case OP_INT_NEQ:
        return value_of(a != b);
    case OP_INT_LT:
        return value_of(a < b);
    case OP_INT_GT:
        return value_of(a > b);
    case OP_INT_LE:
        return value_of(a <= b);
    case OP_INT_GE:
        return value_of(a >= b);
    case OP_INT_ADD:
        return __builtin_add_overflow(a, b, &number) ? anything : value_of(number);
    case OP_INT_SUB:
        return __builtin_sub_overflow(a, b, &number) ? anything : value_of(number);
    case OP_INT_MUL:
        return __builtin_mul_overflow(a, b, &number) ? anything : value_of(number);
    default:
        return anything;
    }
}

/* Takes two values; is undefined when one of them is. */
static void compute(struct machine *machine, uint8_t opcode)
{
    const struct value b = pop(machine);
    const struct value a = pop(machine);
    if (a.may == MAY_UNDEFINED || b.may == MAY_UNDEFINED)
        push(machine, undefined);
    else if (a.known && b.known)
        push(machine, computed(opcode, a.number, b.number));
    else
        push(machine, anything);
}

/* Takes `count` values, gives one that may be anything. */
static void lose(struct machine *machine, size_t count)
{
    while (count-- > 0)
        (void)pop(machine);
    push(machine, anything);
}

/* $a at x: false, but undefined where libyara has it so when the place is. */
static void found_at(struct machine *machine)
{
    const unsigned passed_on = SW_YARA_AT_UNDEFINED ? MAY_UNDEFINED : 0;
    const struct value either = {.may = MAY_ZERO | MAY_UNDEFINED};
    (void)pop(machine); /* the string */
    push(machine, (pop(machine).may & passed_on) != 0 ? either : zero);
}

/* $a in (x..y): false, but undefined when an end of the range is. */
static void found_in(struct machine *machine)
{
    (void)pop(machine); /* the string */
    unsigned ends = pop(machine).may;
    ends |= pop(machine).may;
    const struct value either = {.may = MAY_ZERO | MAY_UNDEFINED};
    push(machine, (ends & MAY_UNDEFINED) != 0 ? either : zero);
}

/* @a[i], !a[i]: there is no such match. */
static void no_match(struct machine *machine)
{
    (void)pop(machine);
    (void)pop(machine);
    push(machine, undefined);
}

/* Takes a set of strings down to the undefined value that it begins with. */
static void pop_set(struct machine *machine)
{
    size_t count = 0;
    struct value value = pop(machine);
    for (; !machine->failed && value.may != MAY_UNDEFINED; value = pop(machine)) {
        if (!value.known)
            machine->failed = true;
        count++;
    }
    if (count == 0)
        machine->failed = true;
}

/* Whether "quantifier of a set" holds where none of the set is found. */
static struct value none_found(struct value quantifier)
{
    if (quantifier.may == MAY_UNDEFINED) /* all */
        return zero;
    if (quantifier.known)
        return value_of(quantifier.number <= 0);
    return anything;
}

static void of(struct machine *machine, bool percent)
{
    if (operand(machine, sizeof(uint64_t)) != OF_STRING_SET) {
        machine->failed = true;
        return;
    }
    pop_set(machine);
    const struct value quantifier = pop(machine);
    if (percent && quantifier.may == MAY_UNDEFINED)
        push(machine, undefined);
    else
        push(machine, none_found(quantifier));
}

static void of_in(struct machine *machine)
{
    unsigned last = pop(machine).may;
    unsigned first = pop(machine).may;
    pop_set(machine);
    struct value value = none_found(pop(machine));
    if (first == MAY_UNDEFINED || last == MAY_UNDEFINED)
        value = undefined;
    else if (((first | last) & MAY_UNDEFINED) != 0)
        value = join(value, undefined);
    push(machine, value);
}

/* any of them at x */
static void of_at(struct machine *machine)
{
    unsigned place = pop(machine).may;
    pop_set(machine);
    struct value value = none_found(pop(machine));
    if (place == MAY_UNDEFINED)
        value = undefined;
    else if ((place & MAY_UNDEFINED) != 0)
        value = join(value, undefined);
    push(machine, value);
}

static void push_rule(struct machine *machine)
{
    uint64_t index = operand(machine, sizeof(uint64_t));
    if (index >= machine->rule) {
        machine->failed = true;
        return;
    }
    machine->referred[index] = true;
    if (RULE_IS_DISABLED(&machine->rules->rules_table[index]))
        push(machine, undefined);
    else if (machine->bound[index])
        /* Undefined if it is set aside on some object. */
        push(machine, (struct value){.may = MAY_ZERO | MAY_UNDEFINED});
    else
        push(machine, anything);
}

/* The code holds the address of a text with one letter an argument; under them
 * lies the function. */
static void call(struct machine *machine)
{
    uint64_t address = operand(machine, sizeof(uint64_t));
    const char *arguments = NULL;
    if (machine->failed)
        return;
    memcpy(&arguments, &address, sizeof(arguments));
    lose(machine, strlen(arguments) + 1);
}

/* The operand counts from the top of the stack: 1 is the topmost value. */
static void to_double(struct machine *machine)
{
    uint64_t place = operand(machine, sizeof(uint64_t));
    if (place == 0 || place > machine->depth) {
        machine->failed = true;
        return;
    }
    struct value *value = &machine->stack[machine->depth - (size_t)place];
    if (value->may != MAY_UNDEFINED)
        *value = anything;
}

static struct value *slot(struct machine *machine)
{
    uint64_t index = operand(machine, sizeof(uint64_t));
    if (index < SLOTS)
        return &machine->slots[index];
    machine->failed = true;
    return &machine->slots[0];
}

/* `for any i in (1..#a)`: such a loop has no round. Another is not followed. */
static void start_range(struct machine *machine)
{
    const struct value last = pop(machine);
    const struct value first = pop(machine);
    bool empty = first.may == MAY_UNDEFINED || last.may == MAY_UNDEFINED ||
                 (first.known && last.known && first.number > last.number);
    if (!empty)
        machine->failed = true;
    push(machine, (struct value){.may = MAY_OTHER, .empty = true});
}

static void next_item(struct machine *machine)
{
    if (machine->depth == 0 || !machine->stack[machine->depth - 1].empty)
        machine->failed = true;
    push(machine, value_of(1)); /* there is none */
    push(machine, undefined);
}

/* A loop without a round is false, whatever it asks for. */
static void end_loop(struct machine *machine)
{
    (void)pop(machine); /* how many rounds have to hold ... */
    (void)pop(machine); /* ... and how many held */
    const struct value rounds = pop(machine);
    if (!rounds.known || rounds.number != 0)
        machine->failed = true;
    push(machine, zero);
}

static bool step_loop(struct machine *machine, uint8_t opcode)
{
    switch (opcode) {
    case OP_CLEAR_M:
        *slot(machine) = zero;
        return true;
    case OP_POP_M:
        *slot(machine) = pop(machine);
        return true;
    case OP_PUSH_M:
        push(machine, *slot(machine));
        return true;
    case OP_POP:
        (void)pop(machine);
        return true;
    case OP_ITER_START_INT_RANGE:
        start_range(machine);
        return true;
    case OP_ITER_NEXT:
        next_item(machine);
        return true;
    case OP_ITER_END:
        end_loop(machine);
        return true;
    case OP_JTRUE_P:
        jump_if_true(machine);
        return true;
    case OP_JZ:
        jump_if(machine, MAY_ZERO);
        return true;
    default:
        return false;
    }
}

/* Those that read no operand, or only tell what they push. False: not one. */
static bool step_simple(struct machine *machine, uint8_t opcode)
{
    switch (opcode) {
    case OP_NOP:
        return true;
    case OP_PUSH:
        push(machine, value_of((int64_t)operand(machine, 8)));
        return true;
    case OP_PUSH_8:
        push(machine, value_of((int64_t)operand(machine, 1)));
        return true;
    case OP_PUSH_16:
        push(machine, value_of((int64_t)operand(machine, 2)));
        return true;
    case OP_PUSH_32:
        push(machine, value_of((int64_t)operand(machine, 4)));
        return true;
    case OP_PUSH_U:
        push(machine, undefined);
        return true;
    case OP_FILESIZE:
    case OP_ENTRYPOINT:
        push(machine, anything);
        return true;
    case OP_OBJ_LOAD:
        (void)operand(machine, sizeof(uint64_t));
        push(machine, anything);
        return true;
    case OP_OBJ_FIELD:
        (void)operand(machine, sizeof(uint64_t));
        lose(machine, 1);
        return true;
    case OP_OBJ_VALUE:
    case OP_STR_TO_BOOL:
    case OP_BITWISE_NOT:
    case OP_INT_MINUS:
    case OP_DBL_MINUS:
        lose(machine, 1);
        return true;
    case OP_INDEX_ARRAY:
    case OP_LOOKUP_DICT:
    case OP_MATCHES:
        lose(machine, 2);
        return true;
    default:
        return false;
    }
}

static bool step_string(struct machine *machine, uint8_t opcode)
{
    switch (opcode) {
    case OP_FOUND:
    case OP_COUNT:
        (void)pop(machine);
        push(machine, zero);
        return true;
    case OP_FOUND_AT:
        found_at(machine);
        return true;
    case OP_FOUND_IN:
        found_in(machine);
        return true;
    case OP_OFFSET:
    case OP_LENGTH:
        no_match(machine);
        return true;
    case OP_OF:
    case OP_OF_PERCENT:
        of(machine, opcode == OP_OF_PERCENT);
        return true;
    case OP_OF_FOUND_IN:
        of_in(machine);
        return true;
    case OP_OF_FOUND_AT:
        of_at(machine);
        return true;
    default:
        return false;
    }
}

static bool step_flow(struct machine *machine, uint8_t opcode)
{
    switch (opcode) {
    case OP_AND:
    case OP_OR:
        logic(machine, opcode == OP_AND);
        return true;
    case OP_NOT:
        negate(machine);
        return true;
    case OP_DEFINED:
        ask_defined(machine);
        return true;
    case OP_JFALSE:
        jump_if(machine, MAY_ZERO);
        return true;
    case OP_JTRUE:
        jump_if(machine, MAY_OTHER);
        return true;
    case OP_PUSH_RULE:
        push_rule(machine);
        return true;
    case OP_CALL:
        call(machine);
        return true;
    case OP_INT_TO_DBL:
        to_double(machine);
        return true;
    default:
        return false;
    }
}

static void step(struct machine *machine, uint8_t opcode)
{
    bool reads = opcode >= OP_READ_INT && opcode <= OP_UINT32BE;
    bool texts = opcode >= OP_CONTAINS && opcode <= OP_IEQUALS;
    bool bits = opcode >= OP_BITWISE_AND && opcode <= OP_MOD;
    if (step_simple(machine, opcode) || step_string(machine, opcode) ||
        step_flow(machine, opcode) || step_loop(machine, opcode))
        return;
    if (reads)
        lose(machine, 1);
    else if (IS_DBL_OP(opcode))
        lose(machine, 2); /* compares with an undefined one as false or as undefined */
    else if (IS_INT_OP(opcode) || IS_STR_OP(opcode) || texts || bits)
        compute(machine, opcode);
    else
        machine->failed = true;
}

/* ---- rules ----------------------------------------------------------------- */

/* Runs one condition; true when its result can only be false or undefined. */
static bool run(struct machine *machine)
{
    while (!machine->failed) {
        land(machine);
        if (machine->failed || machine->at >= machine->end)
            break;
        uint8_t opcode = machine->code[machine->at++];
        if (opcode != OP_MATCH_RULE) {
            step(machine, opcode);
            continue;
        }
        bool own = operand(machine, sizeof(uint64_t)) == machine->rule;
        unsigned result = pop(machine).may;
        if (own && !machine->failed && machine->at == machine->end && machine->depth == 0 &&
            machine->landing_count == 0)
            return (result & MAY_OTHER) == 0;
        break;
    }
    machine->failed = true;
    return false;
}

/* A condition that was not understood may name any rule before it. */
static void refer_to_all(struct machine *machine)
{
    const YR_RULE *rules = machine->rules->rules_table;
    for (uint32_t i = 0; i < machine->rule; i++)
        machine->referred[i] = machine->referred[i] || rules[i].ns == rules[machine->rule].ns;
}

/* The rule whose OP_INIT_RULE ends at machine->at. False when the code has not
 * the form that is known. */
static bool one_rule(struct machine *machine, size_t size, bool *bound)
{
    size_t opcode_at = machine->at - 1;
    machine->end = size;
    int32_t offset = (int32_t)(uint32_t)operand(machine, sizeof(uint32_t));
    machine->rule = (uint32_t)operand(machine, sizeof(uint32_t));
    if (machine->failed || offset <= 0 || (size_t)offset > size - opcode_at ||
        machine->rule >= machine->rules->num_rules)
        return false;
    machine->end = opcode_at + (size_t)offset;
    if (machine->end < machine->at)
        return false;
    machine->live = true;
    machine->depth = 0;
    for (size_t i = 0; i < SLOTS; i++)
        machine->slots[i] = anything;
    machine->landing_count = 0;
    size_t end = machine->end;
    bound[machine->rule] =
        RULE_IS_DISABLED(&machine->rules->rules_table[machine->rule]) || run(machine);
    if (machine->failed)
        refer_to_all(machine);
    machine->failed = false;
    machine->at = end;
    return true;
}

static bool all_rules(struct machine *machine, size_t size, bool *bound)
{
    uint32_t count = 0;
    while (machine->at < size) {
        uint8_t opcode = machine->code[machine->at++];
        if (opcode == OP_HALT)
            return count == machine->rules->num_rules;
        if (opcode == OP_INIT_RULE) {
            if (!one_rule(machine, size, bound) || machine->rule != count++)
                return false;
        } else if (opcode == OP_IMPORT && size - machine->at >= sizeof(uint64_t)) {
            machine->at += sizeof(uint64_t);
        } else if (opcode != OP_NOP) {
            return false;
        }
    }
    return false;
}

bool sw_bound_find(const YR_RULES *rules, bool *bound, bool *referred)
{
    const YR_ARENA_BUFFER *code = &rules->arena->buffers[YR_CODE_SECTION];
    struct machine *machine = NULL;
    bool decided = false;
    memset(bound, 0, rules->num_rules * sizeof(*bound));
    memset(referred, 0, rules->num_rules * sizeof(*referred));
    if (!SW_YARA_OPCODES_KNOWN || rules->arena->num_buffers <= YR_CODE_SECTION ||
        code->data != rules->code_start)
        return false;
    machine = calloc(1, sizeof(*machine));
    if (machine != NULL)
        machine->stack = calloc(STACK_MAX, sizeof(*machine->stack));
    if (machine != NULL && machine->stack != NULL) {
        machine->rules = rules;
        machine->bound = bound;
        machine->referred = referred;
        machine->code = code->data;
        decided = all_rules(machine, code->used, bound);
    }
    if (!decided)
        memset(bound, 0, rules->num_rules * sizeof(*bound));
    if (machine != NULL)
        free(machine->stack);
    free(machine);
    return decided;
}
