/* One pass over texts for all rules: which of their words a text holds. Texts come from polars as they lie
 * there, through Arrow's stream interface. */
#include <stdlib.h>
#include <string.h>

#include "_strings.h"

/* ---- Words: an automaton after Aho and Corasick, over classes of bytes. ----------------------- */

#define FOUND 0x8000u
#define WORDS 8 /* of 64 marks each, as in textkernel.py */
#define LONGEST 12 /* bytes of a word, as in wanted_words.py */
#define START 0xFE
#define END 0xFF
#define BOUND 0xFD
#define KINDS 0xF5 /* the first of the words that stand for what kinds of characters a text holds */
#define LANES 6 /* texts that are read side by side, so that none waits for memory alone */
#define LINE 64 /* bytes of a line of the processor's cache */
#define TOGETHER 2048 /* texts that are ordered by length before they are read */
#define LENGTHS 256 /* classes of lengths, of four bytes each but the last */
#define LITTLE 16 /* bytes of a text that one lane is left alone with */
#define STEPS 256 /* bytes of each that are read before what was found in them is looked at */

/* A word with BOUND: its marks, its length, at which of its edges no word may go on, and the next one that ends in
 * the same state (1 is the first, 0 none). */
struct Bounded {
    uint64_t marks[WORDS];
    uint32_t length, next;
    uint8_t before, after;
};

/* Bytes of a class are one to the automaton: both cases of a letter, all bytes beyond ASCII, and all bytes
 * that no word has. START and END, which no text holds, stand in words for the place before a text's first
 * letter and the place after its last character that is no white space; BOUND as a word's first or last byte
 * asks that what stands beside it there belongs to no word. From state s a byte of class c leads to next[(s << shift) + c], a state,
 * with FOUND where words end: out[s] says which marks they set, WORDS words of 64 bits a state. States are
 * numbered breadth first, so that those of short beginnings, where most bytes lead, lie together. */
typedef struct {
    uint8_t class_of[256];
    uint16_t *next; /* in `rows`, from where a line of the processor's cache begins */
    void *rows;
    uint64_t *out;
    struct Bounded *bounded;
    uint32_t *first, *ending; /* ending[first[s]] to ending[first[s + 1] - 1]: the bounded words that end in state s */
    uint32_t states, shift;
    uint64_t starts[WORDS], ends[WORDS]; /* the marks of all words with START, and with END */
    uint64_t kinds[BOUND - KINDS][WORDS]; /* the marks for each kind of characters */
    int codes, numbers; /* whether codes and long numbers are looked for, which are the first two of them */
} Automaton;

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

static inline void mark(uint64_t *restrict to, const uint64_t *restrict from) {
    for (int w = 0; w < WORDS; w++) to[w] |= from[w];
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

/* Characters beyond ASCII whose other case is an ASCII letter: the Kelvin sign, the long s, the dotted I.
 * A text with one of them may match anything. */
static int folds_to_ascii(Span text) {
    for (const uint8_t *p = text.start; p + 1 < text.end; p++) {
        if (*p < 0xC4) continue;
        if (*p == 0xC4 && p[1] == 0xB0) return 1;
        if (*p == 0xC5 && p[1] == 0xBF) return 1;
        if (*p == 0xE2 && p + 2 < text.end && p[1] == 0x84 && p[2] == 0xAA) return 1;
    }
    return 0;
}

/* A text on its way through the automaton. */
typedef struct {
    const uint8_t *p;
    uint32_t state;
    int64_t row;
    uint64_t marks[WORDS];
    Span text;
} Lane;

static inline int of_word(uint8_t c) {
    return ((uint8_t)((c | 32) - 'a') < 26) | ((uint8_t)(c - '0') < 10) | (c == '_');
}

/* The words of a state that depend on what stands beside them, where they end before `end`. Nobody can tell what does, so
 * there is no branch for it. */
static inline void beside(const Automaton *a, Lane *lane, uint32_t state, const uint8_t *end) {
    const uint32_t *from = a->ending + a->first[state], *to = a->ending + a->first[state + 1];
    int after = end < lane->text.end && of_word(*end);
    for (; from < to; from++) {
        const struct Bounded *word = &a->bounded[*from];
        const uint8_t *start = end - word->length;
        int before = start > lane->text.start && of_word(start[-1]);
        uint64_t whole = (uint64_t)((before & word->before) | (after & word->after)) - 1;
        for (int w = 0; w < WORDS; w++) lane->marks[w] |= word->marks[w] & whole;
    }
}

/* Of so many texts, each byte leads to a state; at[i * lanes + k] says to which, and whether words end there, after i
 * bytes of text k. To keep all of them costs less than to look at each whether words do. */
ALWAYS_INLINE void walk(const Automaton *a, const uint8_t *const *p, uint32_t *states, uint32_t steps, uint32_t lanes,
                        uint32_t shift, uint16_t *at) {
    const uint8_t *class_of = a->class_of;
    const uint16_t *next = a->next;
    for (uint32_t i = 0; i < steps; i++) {
        for (uint32_t k = 0; k < lanes; k++) {
            uint16_t here = next[(states[k] << shift) + class_of[p[k][i]]];
            *at++ = here;
            states[k] = here & ~FOUND;
        }
    }
}

static void walk_all(const Automaton *a, const uint8_t *const *p, uint32_t *states, uint32_t steps, uint16_t *at) {
    switch (a->shift) {
    case 5: walk(a, p, states, steps, LANES, 5, at); break;
    case 6: walk(a, p, states, steps, LANES, 6, at); break;
    default: walk(a, p, states, steps, LANES, a->shift, at);
    }
}

/* A bit for each of 64 states in which words end. */
static inline uint64_t ended(const uint16_t *at) {
    uint64_t bits = 0;
#if defined(__SSE2__)
    for (int i = 0; i < 4; i++) {
        __m128i low = _mm_loadu_si128((const __m128i *)(at + 16 * i)), high = _mm_loadu_si128((const __m128i *)(at + 16 * i + 8));
        uint64_t few = (uint64_t)_mm_movemask_epi8(_mm_packs_epi16(low, high)); /* keeps signs, as FOUND is one */
        bits |= few << 16 * i;
    }
#else
    for (int i = 0; i < 64; i++) bits |= (uint64_t)(at[i] / FOUND) << i;
#endif
    return bits;
}

/* Reads on in all lanes by so many steps. */
static void read_on(const Automaton *a, Lane *lanes, uint32_t busy, uint32_t steps) {
    uint16_t at[LANES * STEPS + 64], places[LANES * STEPS];
    const uint8_t *p[LANES];
    uint32_t states[LANES], count = busy * steps;
    size_t bounded = 0;
    for (uint32_t k = 0; k < busy; k++) {
        p[k] = lanes[k].p;
        states[k] = lanes[k].state;
    }
    if (busy == LANES) walk_all(a, p, states, steps, at);
    else walk(a, p, states, steps, busy, a->shift, at);
    memset(at + count, 0, 64 * sizeof *at);
    for (uint32_t first = 0; first < count; first += 64) {
        for (uint64_t bits = ended(at + first); bits; bits &= bits - 1) {
            uint32_t place = first + lowest_bit(bits), state = at[place] & ~FOUND;
            mark(lanes[busy == LANES ? place % LANES : place % busy].marks, a->out + (size_t)WORDS * state);
            places[bounded] = (uint16_t)place;
            bounded += a->first[state] < a->first[state + 1];
        }
    }
    for (size_t h = 0; h < bounded; h++) {
        Lane *lane = &lanes[places[h] % busy];
        beside(a, lane, at[places[h]] & ~FOUND, lane->p + places[h] / busy + 1);
    }
    for (uint32_t k = 0; k < busy; k++) {
        lanes[k].state = states[k];
        lanes[k].p += steps;
    }
}

static inline uint32_t fed(const Automaton *a, Lane *lane, uint32_t state, uint8_t c) {
    uint32_t at = a->next[(state << a->shift) + a->class_of[c]];
    if (at & FOUND) mark(lane->marks, a->out + (size_t)WORDS * (at & ~FOUND));
    return at & ~FOUND;
}

static inline int is_white(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static inline int is_letter(uint8_t c) { return (uint8_t)((c | 32) - 'a') < 26; }

/* The state in which a text is begun. */
static uint32_t begun(const Automaton *a, Lane *lane) {
    return is_letter(*lane->text.start) ? fed(a, lane, 0, START) : 0;
}

/* The words at the edges of a text, where it does not begin with a letter, or ends with white space. What stands
 * beyond ASCII at an edge may be a space or no letter: then all of them are marked. */
static void at_edges(const Automaton *a, Lane *lane) {
    const uint8_t *first = lane->text.start, *end = lane->text.end, *p;
    uint32_t state = 0;
    while (end > first && is_white(end[-1])) end--;
    while (first < end && *first < 0x80 && !is_letter(*first)) first++;
    if (first < end && *first >= 0x80) {
        mark(lane->marks, a->starts);
    } else if (first < end && first > lane->text.start) {
        state = fed(a, lane, 0, START);
        for (p = first; p < end && p < first + LONGEST; p++) state = fed(a, lane, state, *p);
        if (p == end) fed(a, lane, state, END);
    }
    if (end > lane->text.start && end[-1] >= 0x80) {
        mark(lane->marks, a->ends);
    } else if (end == lane->text.end) {
        fed(a, lane, lane->state, END);
    } else {
        state = 0;
        p = end - lane->text.start > LONGEST ? end - LONGEST : lane->text.start;
        if (p == lane->text.start && p < end) state = begun(a, lane);
        for (; p < end; p++) state = fed(a, lane, state, *p);
        fed(a, lane, state, END);
    }
}

/* Whether a text holds [0-9][0-9 ().:-]{5}. */
static int long_number(Span text) {
    static const uint8_t of_number[256] = {
        ['0'] = 2, ['1'] = 2, ['2'] = 2, ['3'] = 2, ['4'] = 2, ['5'] = 2, ['6'] = 2, ['7'] = 2, ['8'] = 2, ['9'] = 2,
        [' '] = 1, ['('] = 1, [')'] = 1, ['.'] = 1, [':'] = 1, ['-'] = 1};
    const uint8_t *p = text.start;
    while (text.end - p >= 6) {
        if (!of_number[p[5]]) {
            p += 6;
        } else if (of_number[p[0]] < 2) {
            p++;
        } else {
            int same = 1;
            while (same < 6 && of_number[p[same]]) same++;
            if (same == 6) return 1;
            p += same + 1;
        }
    }
    return 0;
}

/* Whether a text holds [A-Z]{6}[0-9]{2}. */
static int code(Span text) {
    const uint8_t *p = text.start;
    while (text.end - p >= 8) {
        int capitals = 0;
        if ((uint8_t)(p[5] - 'A') >= 26) {
            p += 6;
            continue;
        }
        while (capitals < 6 && (uint8_t)(p[capitals] - 'A') < 26) capitals++;
        if (capitals == 6 && (uint8_t)(p[6] - '0') < 10 && (uint8_t)(p[7] - '0') < 10) return 1;
        p += capitals == 6 ? 1 : capitals + 1;
    }
    return 0;
}

/* Marks what kinds of characters a text holds: codes, long numbers, and beyond ASCII the kinds of wanted_words.py. */
static void by_kind(const Automaton *a, Lane *lane, int ascii) {
    unsigned kinds = 0;
    if (a->codes && code(lane->text)) mark(lane->marks, a->kinds[0]);
    if (a->numbers && long_number(lane->text)) mark(lane->marks, a->kinds[1]);
    if (ascii) return;
    for (const uint8_t *p = lane->text.start; p + 1 < lane->text.end; p++) {
        if (*p < 0xC0) continue;
        if (*p == 0xC2) kinds |= p[1] < 0xA0 ? 1 : 2;
        else if (*p == 0xC3) kinds |= 4;
        else if (*p != 0xE2 || p + 2 == lane->text.end || p[1] > 0x81) kinds |= 32;
        else kinds |= p[1] == 0x80 && p[2] >= 0x90 && p[2] < 0xA8 ? 8 : 16;
    }
    for (int k = 2; k < BOUND - KINDS; k++) {
        if (kinds >> (k - 2) & 1) mark(lane->marks, a->kinds[k]);
    }
}

/* The lane's text has been read: what is to be said of all of it. */
static void finish(const Automaton *a, Lane *lane) {
    int ascii = is_ascii(lane->text);
    at_edges(a, lane);
    by_kind(a, lane, ascii);
    if (!ascii && folds_to_ascii(lane->text)) memset(lane->marks, 0xFF, sizeof lane->marks);
}

/* Reads to the end of a text, of which little is left. */
static void read_out(const Automaton *a, Lane *lane) {
    uint32_t state = lane->state;
    for (const uint8_t *p = lane->p; p < lane->text.end; p++) {
        uint32_t at = a->next[(state << a->shift) + a->class_of[*p]];
        state = at & ~FOUND;
        if (!(at & FOUND)) continue;
        mark(lane->marks, a->out + (size_t)WORDS * state);
        if (a->first[state] < a->first[state + 1]) beside(a, lane, state, p + 1);
    }
    lane->state = state;
    lane->p = lane->text.end;
}

/* Texts that are read together, in the order of their lengths: those that are read side by side then end almost
 * together, and begin together. */
typedef struct {
    Span texts[TOGETHER];
    int64_t rows[TOGETHER];
    uint16_t order[TOGETHER];
    int count;
} Group;

static inline unsigned length_class(Span text) {
    size_t length = (size_t)(text.end - text.start) / 4;
    return length < LENGTHS ? (unsigned)length : LENGTHS - 1;
}

static void sort_by_length(Group *group) {
    uint16_t places[LENGTHS + 1] = {0};
    for (int i = 0; i < group->count; i++) places[length_class(group->texts[i]) + 1]++;
    for (int k = 1; k < LENGTHS; k++) places[k] += places[k - 1];
    for (int i = 0; i < group->count; i++) group->order[places[length_class(group->texts[i])]++] = (uint16_t)i;
}

/* The next texts of one chunk of a stream, which is gone with its texts when the next one comes, from `row` on; those that
 * hold nothing are left out. Returns how many were met, -1 for an error. */
static int64_t gathered(Strings *strings, int64_t row, int64_t rows, Group *group) {
    int64_t met = 0;
    group->count = 0;
    while (group->count < TOGETHER && row + met < rows) {
        if (met && strings->at == strings->chunk.length) break;
        Span text;
        if (next_text(strings, &text) != 1) return -1;
        if (text.start != text.end) {
            group->texts[group->count] = text;
            group->rows[group->count++] = row + met;
        }
        met++;
    }
    sort_by_length(group);
    return met;
}

static void put(const Lane *lane, uint64_t *marks, int64_t step, int64_t stride) {
    for (int w = 0; w < WORDS; w++) marks[w * step + lane->row * stride] = lane->marks[w];
}

static void read_group(const Automaton *a, const Group *group, uint64_t *marks, int64_t step, int64_t stride) {
    Lane lanes[LANES];
    uint32_t busy = 0;
    for (int next = 0; busy || next < group->count;) {
        for (; busy < LANES && next < group->count; next++) {
            Lane *lane = &lanes[busy++];
            lane->text = group->texts[group->order[next]];
            lane->row = group->rows[group->order[next]];
            lane->p = lane->text.start;
            memset(lane->marks, 0, sizeof lane->marks);
            lane->state = begun(a, lane);
        }
        ptrdiff_t steps = STEPS;
        for (uint32_t k = 0; k < busy; k++) {
            ptrdiff_t left = lanes[k].text.end - lanes[k].p;
            if (left < steps) steps = left;
        }
        read_on(a, lanes, busy, (uint32_t)steps);
        for (uint32_t k = busy; k-- > 0;) {
            if (lanes[k].text.end - lanes[k].p > LITTLE) continue;
            read_out(a, &lanes[k]);
            finish(a, &lanes[k]);
            put(&lanes[k], marks, step, stride);
            if (k < --busy) lanes[k] = lanes[busy];
        }
    }
}

/* The marks of each text of a stream, word w of text i at marks[w * step + i * stride]; 0 for null. 1: not a stream
 * of strings. */
EXPORT int curate_marks(const Automaton *a, struct ArrowArrayStream *stream, int64_t rows, uint64_t *marks, int64_t step,
                        int64_t stride) {
    Strings strings;
    Group group;
    int64_t row = 0, met = 0;
    if (!opened(&strings, stream)) return 1;
    for (int w = 0; w < WORDS; w++) {
        for (int64_t i = 0; i < rows; i++) marks[w * step + i * stride] = 0;
    }
    for (; row < rows; row += met) {
        met = gathered(&strings, row, rows, &group);
        if (met < 0) break;
        read_group(a, &group, marks, step, stride);
    }
    closed(&strings);
    return met < 0;
}

/* The marks of one text; of words that ask for no edge of it, and no kind. */
EXPORT void curate_marks_of(const Automaton *a, const uint8_t *text, int64_t length, uint64_t *marks) {
    Lane lane = {.p = text, .text = {text, text + length}};
    while (lane.p < lane.text.end) {
        ptrdiff_t left = lane.text.end - lane.p;
        read_on(a, &lane, 1, (uint32_t)(left < STEPS ? left : STEPS));
    }
    memcpy(marks, lane.marks, sizeof lane.marks);
}
