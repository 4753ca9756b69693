/* SPDX-License-Identifier: Apache-2.0 */
/* Walks libyara's transition table from the root and lists every atom once. */
#include "engine/rule/atoms.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sweeper/rows.h"
#include <yara/ahocorasick.h>

/* Every state has a slot of its own in the transition table. */
#define NODES_MAX YR_AC_MAX_TRANSITION_TABLE_SIZE

struct node {
    uint32_t state;
    uint32_t parent; /* index in nodes; the root is its own */
    uint32_t depth;
    uint8_t byte;
};

struct walk {
    const YR_RULES *rules;
    struct node *nodes; /* breadth first: also the queue */
    size_t node_count;
    size_t node_capacity;
    struct sw_atoms atoms;
    size_t atom_capacity;
    uint8_t *seen; /* by index in the match pool */
    size_t seen_size;
};

static void copy_path(const struct walk *walk, size_t index, struct sw_atom *atom)
{
    const struct node *node = &walk->nodes[index];

    atom->size = (uint8_t)(node->depth < SW_ATOM_PATH_MAX ? node->depth : SW_ATOM_PATH_MAX);
    for (size_t at = atom->size; at-- > 0; node = &walk->nodes[node->parent])
        atom->path[at] = node->byte;
}

static bool mark_seen(struct walk *walk, size_t index, bool *seen_before)
{
    size_t size_old = walk->seen_size;

    if (!sw_rows_grow(&walk->seen, &walk->seen_size, index + 1, 1) || !walk->seen)
        return false;
    if (walk->seen_size > size_old)
        memset(walk->seen + size_old, 0, walk->seen_size - size_old);
    *seen_before = walk->seen[index] != 0;
    walk->seen[index] = 1;
    return true;
}

/* A state's list runs on into the list of its failure state, and so on to the
 * root's: the same structures, met again from deeper states. The first meeting,
 * breadth first, is in the state that owns the atom. Every later one is in a
 * state whose path ends with the owner's path, so that whatever is necessary
 * for a verification there contains what is necessary for one at the owner:
 * leaving it out loses nothing. What follows a match in its list is the same
 * wherever the match is met, so the reading ends at the first known one. */
static bool read_list(struct walk *walk, size_t index)
{
    const YR_AC_MATCH *pool = walk->rules->ac_match_pool;
    uint32_t first = walk->rules->ac_match_table[walk->nodes[index].state];
    bool seen = false;

    if (!first)
        return true;
    for (const YR_AC_MATCH *match = &pool[first - 1]; match; match = match->next) {
        if (!mark_seen(walk, (size_t)(match - pool), &seen))
            return false;
        if (seen)
            return true;
        struct sw_atoms *atoms = &walk->atoms;
        if (!sw_rows_grow(&atoms->rows, &walk->atom_capacity, atoms->count + 1,
                          sizeof(*atoms->rows)))
            return false;
        struct sw_atom *atom = &atoms->rows[atoms->count++];
        *atom = (struct sw_atom){.match = match};
        copy_path(walk, index, atom);
    }
    return true;
}

static bool push_children(struct walk *walk, size_t index)
{
    uint32_t state = walk->nodes[index].state;
    uint32_t depth = walk->nodes[index].depth;

    for (uint32_t byte = 0; byte < 256; byte++) {
        YR_AC_TRANSITION transition = walk->rules->ac_transition_table[state + 1 + byte];
        if (YR_AC_INVALID_TRANSITION(transition, byte + 1))
            continue;
        if (walk->node_count == NODES_MAX ||
            !sw_rows_grow(&walk->nodes, &walk->node_capacity, walk->node_count + 1,
                          sizeof(*walk->nodes)))
            return false;
        walk->nodes[walk->node_count++] = (struct node){
            .state = YR_AC_NEXT_STATE(transition),
            .parent = (uint32_t)index,
            .depth = depth + 1,
            .byte = (uint8_t)byte,
        };
    }
    return true;
}

static int by_string(const void *left, const void *right)
{
    const struct sw_atom *a = left;
    const struct sw_atom *b = right;

    if (a->match->string->idx != b->match->string->idx)
        return a->match->string->idx < b->match->string->idx ? -1 : 1;
    return (a->match > b->match) - (a->match < b->match);
}

enum sw_status sw_atoms_collect(const YR_RULES *rules, struct sw_atoms *atoms,
                                struct sw_error *error)
{
    struct walk walk = {.rules = rules};
    bool done = sw_rows_grow(&walk.nodes, &walk.node_capacity, 1, sizeof(*walk.nodes));

    if (done) {
        walk.nodes[0] = (struct node){.state = YR_AC_ROOT_STATE};
        walk.node_count = 1;
    }
    for (size_t index = 0; done && index < walk.node_count; index++)
        done = read_list(&walk, index) && push_children(&walk, index);
    free(walk.nodes);
    free(walk.seen);
    if (!done) {
        sw_atoms_done(&walk.atoms);
        return sw_fail(error, SW_STOP, "prefilter", 0, "no memory to read the rules' atoms");
    }
    if (walk.atoms.count)
        qsort(walk.atoms.rows, walk.atoms.count, sizeof(*walk.atoms.rows), by_string);
    *atoms = walk.atoms;
    return SW_OK;
}

void sw_atoms_done(struct sw_atoms *atoms)
{
    free(atoms->rows);
    *atoms = (struct sw_atoms){0};
}
