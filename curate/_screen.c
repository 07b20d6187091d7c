/* One pass over texts for all rules: which of their words a text holds, and what it says up to case
 * and white space. Texts come from polars as they lie there, through Arrow's stream interface. */
#include <stdlib.h>
#include <string.h>

#include "_arrow.h"
#include "_json.h"

/* ---- The texts of a stream, chunk by chunk. -------------------------------------------------- */

typedef struct {
    struct ArrowArrayStream *stream;
    struct ArrowArray chunk;
    int views; /* string views, or large UTF-8 */
    int64_t at;
} Strings;

static int opened(Strings *strings, struct ArrowArrayStream *stream) {
    struct ArrowSchema schema;
    memset(strings, 0, sizeof *strings);
    strings->stream = stream;
    memset(&schema, 0, sizeof schema);
    if (stream->get_schema(stream, &schema)) return 0;
    strings->views = strcmp(schema.format, "vu") == 0;
    int known = strings->views || strcmp(schema.format, "U") == 0;
    if (schema.release) schema.release(&schema);
    return known;
}

static void closed(Strings *strings) {
    if (strings->chunk.release) strings->chunk.release(&strings->chunk);
    strings->chunk.release = NULL;
}

/* The next text; `start` is NULL for null. 0 at the end, -1 for an error. */
static int next_text(Strings *strings, Span *text) {
    struct ArrowArray *chunk = &strings->chunk;
    while (!chunk->release || strings->at == chunk->length) {
        closed(strings);
        memset(chunk, 0, sizeof *chunk);
        if (strings->stream->get_next(strings->stream, chunk)) return -1;
        if (!chunk->release) return 0;
        strings->at = 0;
    }
    int64_t i = chunk->offset + strings->at++;
    const uint8_t *valid = chunk->buffers[0];
    text->start = text->end = NULL;
    if (valid && !(valid[i >> 3] >> (i & 7) & 1)) return 1;
    if (strings->views) {
        const uint8_t *view = (const uint8_t *)chunk->buffers[1] + 16 * i;
        int32_t length, place[2];
        memcpy(&length, view, 4);
        memcpy(place, view + 8, 8);
        text->start = length <= 12 ? view + 4 : (const uint8_t *)chunk->buffers[2 + place[0]] + place[1];
        text->end = text->start + length;
    } else {
        const int64_t *offsets = chunk->buffers[1];
        text->start = (const uint8_t *)chunk->buffers[2] + offsets[i];
        text->end = (const uint8_t *)chunk->buffers[2] + offsets[i + 1];
    }
    return 1;
}

/* ---- Words: an automaton after Aho and Corasick, over classes of bytes. ----------------------- */

#define FOUND 0x8000u
#define LANES 4 /* texts that are read side by side, so that none waits for memory alone */

/* Bytes of a class are one to the automaton: both cases of a letter, all bytes beyond ASCII, and all bytes
 * that no word has. From state s a byte of class c leads to next[(s << shift) + c], a state,
 * with FOUND where words end: out[s] says which marks they set, two words of 64 bits a state. States are
 * numbered breadth first, so that those of short beginnings, where most bytes lead, lie together. */
typedef struct {
    uint8_t class_of[256];
    uint16_t *next;
    uint64_t *out;
    uint32_t states, shift;
} Automaton;

EXPORT void curate_automaton_free(Automaton *automaton) {
    if (!automaton) return;
    free(automaton->next);
    free(automaton->out);
    free(automaton);
}

static uint8_t folded(int c) { return (uint8_t)(c >= 0x80 ? 0x80 : c >= 'A' && c <= 'Z' ? c + 32 : c); }

/* Numbers the classes of the bytes of all words from 1; 0 is for all other bytes. */
static void classify(Automaton *a, const uint8_t *words, size_t length) {
    uint8_t number[256] = {0}, classes = 0;
    for (size_t i = 0; i < length; i++) {
        uint8_t c = folded(words[i]);
        if (!number[c]) number[c] = ++classes;
    }
    for (int c = 0; c < 256; c++) a->class_of[c] = number[folded(c)];
    while ((1u << a->shift) <= classes) a->shift++;
}

/* The words as a trie: the first of a state's children, and the next of a child's siblings, 0 for none. */
typedef struct {
    uint32_t child, sibling;
    uint8_t class;
    uint64_t out[2];
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

/* Breadth first: the failure state of a state, which is its longest ending that a word begins with, has a
 * smaller number, and is finished before it. What no child takes leads where the failure state's row leads:
 * the row is copied whole. queue[i] is the node of state i, fail[i] its failure state. */
static void fill(Automaton *a, Node *nodes, uint32_t *queue, uint32_t *fail) {
    size_t width = (size_t)1 << a->shift;
    uint32_t tail = 1;
    queue[0] = fail[0] = 0;
    for (uint32_t state = 0; state < tail; state++) {
        const Node *node = &nodes[queue[state]];
        uint16_t *row = a->next + state * width;
        if (state) memcpy(row, a->next + fail[state] * width, width * sizeof *row);
        for (uint32_t child = node->child; child; child = nodes[child].sibling) {
            uint32_t other = state ? row[nodes[child].class] & ~FOUND : 0;
            uint64_t *out = a->out + 2 * (size_t)tail;
            out[0] = nodes[child].out[0] | a->out[2 * other];
            out[1] = nodes[child].out[1] | a->out[2 * other + 1];
            fail[tail] = other;
            queue[tail] = child;
            row[nodes[child].class] = (uint16_t)(tail | (out[0] | out[1] ? FOUND : 0));
            tail++;
        }
    }
}

/* Word k is words[ends[k - 1]:ends[k]] and sets the marks marks[2k] and marks[2k + 1]. NULL without memory,
 * or with more states than there are numbers for. */
EXPORT Automaton *curate_automaton(const uint8_t *words, const int32_t *ends, const uint64_t *marks,
                                   int64_t count) {
    Automaton *a = calloc(1, sizeof *a);
    size_t most = count ? (size_t)ends[count - 1] + 1 : 1;
    uint32_t *fail = calloc(most, sizeof *fail), *queue = calloc(most, sizeof *queue);
    Node *nodes = calloc(most, sizeof *nodes);
    int whole = 0;
    if (!a || !fail || !queue || !nodes) goto done;
    classify(a, words, most - 1);
    a->states = 1;
    for (int64_t k = 0; k < count; k++) {
        uint32_t state = 0;
        for (int32_t i = k ? ends[k - 1] : 0; i < ends[k]; i++) {
            state = child_of(nodes, state, a->class_of[words[i]], &a->states);
        }
        nodes[state].out[0] |= marks[2 * k];
        nodes[state].out[1] |= marks[2 * k + 1];
    }
    if (a->states >= FOUND) goto done;
    a->next = calloc((size_t)a->states << a->shift, sizeof *a->next);
    a->out = calloc((size_t)a->states * 2, sizeof *a->out);
    if (!a->next || !a->out) goto done;
    fill(a, nodes, queue, fail);
    whole = 1;
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
    uint8_t any;
    uint64_t *marks;
    Span text;
} Lane;

static inline void step(const Automaton *a, Lane *lane) {
    uint8_t c = *lane->p++;
    uint32_t at = a->next[(lane->state << a->shift) + a->class_of[c]];
    lane->any |= c;
    lane->state = at & ~FOUND;
    if (at & FOUND) {
        lane->marks[0] |= a->out[2 * lane->state];
        lane->marks[1] |= a->out[2 * lane->state + 1];
    }
}

/* The marks of each text of a stream, two words a text; 0 for null. 1: not a stream of strings. */
EXPORT int curate_marks(const Automaton *a, struct ArrowArrayStream *stream, int64_t rows, uint64_t *marks) {
    Strings strings;
    Lane lanes[LANES];
    int busy = 0, status = 0;
    int64_t row = 0;
    if (!opened(&strings, stream)) return 1;
    memset(marks, 0, (size_t)rows * 16);
    for (;;) {
        int64_t chunk_end = strings.chunk.release ? row + (strings.chunk.length - strings.at) : row;
        /* A chunk's texts are gone with it: no lane reads on from one chunk into the next. */
        while (busy < LANES && row < rows && (row < chunk_end || !busy)) {
            Lane *lane = &lanes[busy];
            if (next_text(&strings, &lane->text) != 1) {
                status = 1;
                row = rows;
                break;
            }
            chunk_end = row + 1 + (strings.chunk.length - strings.at);
            lane->marks = marks + 2 * row++;
            if (lane->text.start == lane->text.end) continue;
            lane->p = lane->text.start;
            lane->state = 0;
            lane->any = 0;
            busy++;
        }
        if (!busy) break;
        ptrdiff_t steps = lanes[0].text.end - lanes[0].p;
        for (int k = 1; k < busy; k++) {
            ptrdiff_t left = lanes[k].text.end - lanes[k].p;
            if (left < steps) steps = left;
        }
        if (busy == LANES) {
            for (ptrdiff_t i = 0; i < steps; i++) {
                for (int k = 0; k < LANES; k++) step(a, &lanes[k]);
            }
        } else {
            for (int k = 0; k < busy; k++) {
                for (ptrdiff_t i = 0; i < steps; i++) step(a, &lanes[k]);
            }
        }
        for (int k = busy - 1; k >= 0; k--) {
            if (lanes[k].p < lanes[k].text.end) continue;
            if (lanes[k].any >= 0x80 && folds_to_ascii(lanes[k].text)) {
                lanes[k].marks[0] = lanes[k].marks[1] = ~(uint64_t)0;
            }
            lanes[k] = lanes[--busy];
        }
    }
    closed(&strings);
    return status;
}

/* ---- Keys: texts up to case and white space, as 64-bit hashes. -------------------------------- */

static uint64_t mixed(uint64_t h) {
    h ^= h >> 32;
    h *= 0xE9846AF9B1A615Dull;
    h ^= h >> 32;
    h *= 0xE9846AF9B1A615Dull;
    return h ^ h >> 28;
}

static uint64_t hashed(const uint8_t *bytes, size_t length, uint64_t seed) {
    uint64_t h = mixed(seed ^ length), word = 0;
    for (; length >= 8; bytes += 8, length -= 8) {
        memcpy(&word, bytes, 8);
        h = mixed(h ^ word) + 0x9E3779B97F4A7C15ull;
    }
    word = 0;
    memcpy(&word, bytes, length);
    return mixed(h ^ word);
}

/* The text in lower case, every run of white space as one space and none at the ends, for ASCII; the
 * bits of all bytes seen go to `any`, and beyond 0x7F there is no need to go on. */
static size_t evened(Span text, uint8_t *out, uint8_t *any) {
    const uint8_t *p = text.start;
    size_t length = 0;
    while (p < text.end && *any < 0x80) {
        uint64_t word = 0, spaces, upper;
        int spaced = !length || out[length - 1] == ' ';
        if (text.end - p >= 8) {
            memcpy(&word, p, 8);
            spaces = HAS_ZERO(word ^ (ONES * ' '));
            if (!((word | (word - ONES * 0x20)) & TOPS) && !(spaces & spaces << 8) && !(spaced && *p == ' ')) {
                upper = (word + ONES * (0x80 - 'A')) & ~(word + ONES * (0x7F - 'Z')) & TOPS;
                word |= upper >> 2;
                memcpy(out + length, &word, 8);
                length += 8;
                p += 8;
                continue;
            }
        }
        *any |= *p;
        if (*p != ' ' && (*p < '\t' || *p > '\r')) {
            out[length++] = folded(*p);
        } else if (!spaced) {
            out[length++] = ' ';
        }
        p++;
    }
    return length && out[length - 1] == ' ' ? length - 1 : length;
}

/* keys[i]: a hash of text i in lower case, with every run of white space as one space and none at the
 * ends; of a text that is not ASCII, of its bytes as they are, with asis[i] = 1. 2: without memory. */
EXPORT int curate_keys(struct ArrowArrayStream *stream, int64_t rows, uint64_t seed, uint64_t *keys,
                       uint8_t *asis) {
    Strings strings;
    Span text;
    int status = 0;
    size_t room = 0;
    uint8_t *buffer = NULL;
    if (!opened(&strings, stream)) return 1;
    for (int64_t row = 0; row < rows && !status; row++) {
        size_t size, length = 0;
        uint8_t any = 0;
        keys[row] = asis[row] = 0;
        if (next_text(&strings, &text) != 1) {
            status = 1;
            break;
        }
        if (!text.start) continue;
        size = (size_t)(text.end - text.start);
        if (size + 8 > room) {
            free(buffer);
            room = 2 * size + 8;
            buffer = malloc(room);
            if (!buffer) {
                status = 2;
                break;
            }
        }
        length = evened(text, buffer, &any);
        asis[row] = any >= 0x80;
        keys[row] = asis[row] ? hashed(text.start, size, seed) : hashed(buffer, length, seed);
    }
    free(buffer);
    closed(&strings);
    return status;
}
