/* Makes the automaton of some words. */
#include "_automaton.h"

#include <stdlib.h>

EXPORT void curate_automaton_free(Automaton *automaton) {
    if (!automaton) return;
    free(automaton->rows);
    free(automaton->out);
    free(automaton->bounded);
    free(automaton->first);
    free(automaton->ending);
    free(automaton);
}

static uint8_t folded(int c) {
    if (c >= BOUND) return (uint8_t)c;
    return (uint8_t)(c >= 0x80 ? 0x80 : c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Numbers the classes of the bytes of all words from 1; 0 is for all other bytes. The commonest of texts come
 * first: where they lead from a state then stands in one line of the processor's cache. */
static void classify(Automaton *a, const uint8_t *words, size_t length) {
    static const uint8_t common[] = " etaoinshrdlucmfgpwybvkxjqz.,\n";
    uint8_t number[256] = {0}, asked[256] = {0}, classes = 0;
    for (size_t i = 0; i < length; i++) asked[folded(words[i])] = 1;
    for (const uint8_t *c = common; *c; c++) {
        if (asked[*c]) number[*c] = ++classes;
    }
    for (int c = 0; c < 256; c++) {
        if (asked[c] && !number[c]) number[c] = ++classes;
    }
    for (int c = 0; c < 256; c++) a->class_of[c] = number[folded(c)];
    while ((1u << a->shift) <= classes) a->shift++;
}

/* The words as a trie: the first of a state's children, and the next of a child's siblings, 0 for none. */
typedef struct {
    uint32_t child, sibling;
    uint32_t bounded; /* its first word with BOUND */
    uint8_t class;
    uint64_t out[WORDS];
} Node;

static uint32_t child_of(Node *nodes, uint32_t state, uint8_t class, uint32_t *count) {
    uint32_t child = nodes[state].child;
    while (child && nodes[child].class != class) child = nodes[child].sibling;
    if (!child) {
        child = (*count)++;
        nodes[child].class = class;
        nodes[child].sibling = nodes[state].child;
        nodes[state].child = child;
    }
    return child;
}

/* Lists the bounded words that end in a state: its own, from `word` on, and those of its failure state. 0 without memory. */
static int listed(Automaton *a, uint32_t word, uint32_t state, uint32_t other, size_t *room) {
    size_t count = a->first[state], most = count + (a->first[other + 1] - a->first[other]);
    for (uint32_t k = word; k; k = a->bounded[k].next) most++;
    if (most > *room) {
        uint32_t *more = realloc(a->ending, 2 * most * sizeof *more);
        if (!more) return 0;
        a->ending = more;
        *room = 2 * most;
    }
    for (uint32_t k = word; k; k = a->bounded[k].next) a->ending[count++] = k;
    for (uint32_t i = a->first[other]; i < a->first[other + 1]; i++) a->ending[count++] = a->ending[i];
    a->first[state + 1] = (uint32_t)count;
    return 1;
}

/* Breadth first: the failure state of a state, which is its longest ending that a word begins with, has a
 * smaller number, and is finished before it. What no child takes leads where the failure state's row leads:
 * the row is copied whole. queue[i] is the node of state i, fail[i] its failure state. */
static int fill(Automaton *a, Node *nodes, uint32_t *queue, uint32_t *fail) {
    size_t width = (size_t)1 << a->shift, room = 0;
    uint32_t tail = 1;
    queue[0] = fail[0] = 0;
    a->first[0] = a->first[1] = 0;
    for (uint32_t state = 0; state < tail; state++) {
        const Node *node = &nodes[queue[state]];
        uint16_t *row = a->next + state * width;
        if (state) memcpy(row, a->next + fail[state] * width, width * sizeof *row);
        for (uint32_t child = node->child; child; child = nodes[child].sibling) {
            uint32_t other = state ? row[nodes[child].class] & ~FOUND : 0;
            uint64_t *out = a->out + WORDS * (size_t)tail, any = 0;
            memcpy(out, nodes[child].out, sizeof nodes[child].out);
            mark(out, a->out + WORDS * (size_t)other);
            if (!listed(a, nodes[child].bounded, tail, other, &room)) return 0;
            for (int w = 0; w < WORDS; w++) any |= out[w];
            any |= a->first[tail + 1] - a->first[tail];
            fail[tail] = other;
            queue[tail] = child;
            row[nodes[child].class] = (uint16_t)(tail | (any ? FOUND : 0));
            tail++;
        }
    }
    return 1;
}

/* Word k is words[ends[k - 1]:ends[k]] and sets the marks from marks[WORDS * k] on. NULL without memory,
 * or with more states than there are numbers for. */
EXPORT Automaton *curate_automaton(const uint8_t *words, const int32_t *ends, const uint64_t *marks,
                                   int64_t count) {
    Automaton *a = calloc(1, sizeof *a);
    size_t most = count ? (size_t)ends[count - 1] + 1 : 1;
    uint32_t *fail = calloc(most, sizeof *fail), *queue = calloc(most, sizeof *queue);
    Node *nodes = calloc(most, sizeof *nodes);
    int whole = 0;
    if (!a || !fail || !queue || !nodes) goto done;
    a->bounded = calloc((size_t)count + 1, sizeof *a->bounded);
    if (!a->bounded) goto done;
    classify(a, words, most - 1);
    a->states = 1;
    for (int64_t k = 0; k < count; k++) {
        uint32_t state = 0;
        int32_t from = k ? ends[k - 1] : 0, to = ends[k];
        if (to - from == 1 && words[from] >= KINDS && words[from] < BOUND) {
            mark(a->kinds[words[from] - KINDS], marks + WORDS * k);
            a->codes |= words[from] == KINDS;
            a->numbers |= words[from] == KINDS + 1;
            continue;
        }
        int before = from < to && words[from] == BOUND, after = from < to && words[to - 1] == BOUND;
        for (int32_t i = from + before; i < to - after; i++) {
            state = child_of(nodes, state, a->class_of[words[i]], &a->states);
            if (words[i] == START) mark(a->starts, marks + WORDS * k);
            if (words[i] == END) mark(a->ends, marks + WORDS * k);
        }
        if (before || after) {
            struct Bounded *word = &a->bounded[k + 1];
            *word = (struct Bounded){.length = (uint32_t)(to - from - before - after), .next = nodes[state].bounded,
                                     .before = (uint8_t)before, .after = (uint8_t)after};
            mark(word->marks, marks + WORDS * k);
            nodes[state].bounded = (uint32_t)k + 1;
        } else {
            mark(nodes[state].out, marks + WORDS * k);
        }
    }
    if (a->states >= FOUND) goto done;
    a->rows = calloc(((size_t)a->states << a->shift) * sizeof *a->next + LINE, 1);
    a->out = calloc((size_t)a->states * WORDS, sizeof *a->out);
    a->first = calloc((size_t)a->states + 1, sizeof *a->first);
    if (!a->rows || !a->out || !a->first) goto done;
    a->next = (uint16_t *)(((uintptr_t)a->rows + LINE - 1) / LINE * LINE);
    whole = fill(a, nodes, queue, fail);
done:
    free(fail);
    free(queue);
    free(nodes);
    if (whole) return a;
    curate_automaton_free(a);
    return NULL;
}
