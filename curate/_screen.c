/* One pass over texts for all rules: which of their words a text holds. Texts come from polars as they lie
 * there, through Arrow's stream interface. */
#include "_automaton.h"
#include "_strings.h"

#define LANES 6 /* texts that are read side by side, so that none waits for memory alone */
#define TOGETHER 2048 /* texts that are ordered by length before they are read */
#define LENGTHS 256 /* classes of lengths, of four bytes each but the last */
#define LITTLE 16 /* bytes of a text that one lane is left alone with */
#define STEPS 256 /* bytes of each that are read before what was found in them is looked at */

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
