/* From lines of JSON to the texts that rows are compared by, for the common shapes of row.
 *
 * curate/rowtexts.py is the definition. A line is handled here only if its keys are, in order, those
 * of a row that Python has looked at, and its values are of the plain kinds below; for every other
 * line (and for anything that is not strictly valid JSON) the status is 0 and Python decides. So
 * this file may refuse a line, but must never read one differently.
 */
#include "_json.h"

#define MOST_SLOTS 8

enum { STRING = 0, TURNS = 1, SIDE = 2 };       /* a string; messages; either */
enum { EVERY = 0, PROMPT = 1, COMPLETION = 2 }; /* which turns of TURNS */
enum { OTHER = 0, ASSISTANT = 1, SYSTEM = 2 };  /* roles, as far as they matter */

/* The characters of a string whose opening quote was taken, checked and copied in one go; NULL when
 * it is invalid. Up to 16 bytes beyond the result, but no more than were read, are written. */
static uint8_t *string_text(Reader *r, uint8_t *out) {
    for (;;) {
        const uint8_t *start = r->p;
        uint32_t point;
#if defined(__SSE2__)
        const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), last = _mm_set1_epi8(0x1F);
        unsigned hits = 0, high = 0;
        while (r->end - r->p >= 16) {
            __m128i v = _mm_loadu_si128((const __m128i *)r->p);
            __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash));
            hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(v, last), v));
            _mm_storeu_si128((__m128i *)out, v);
            high |= (unsigned)_mm_movemask_epi8(v);
            hits = (unsigned)_mm_movemask_epi8(hit);
            if (hits) break;
            r->p += 16;
            out += 16;
        }
        r->high |= high != 0; /* of a byte after the string's end, too: then more is checked */
        if (hits) {
            unsigned before = lowest_bit(hits);
            r->p += before;
            out += before;
            start = r->p;
        } else {
            start = r->p;
            plain_run(r);
        }
#else
        plain_run(r);
#endif
        memcpy(out, start, (size_t)(r->p - start));
        out += r->p - start;
        if (r->p >= r->end || *r->p < 0x20) return NULL;
        if (*r->p == '"') {
            r->p++;
            return out;
        }
        r->p = escape(r->p + 1, r->end, &point);
        if (!r->p) return NULL;
        out = put_utf8(point, out);
    }
}

/* The role's kind; names are compared without case, as rowtexts.py does. -1: let Python decide. */
static int role_of(Span raw) {
    static const char *const assistants[] = {"gpt",  "assistant", "chatgpt", "bot",
                                             "bing", "bard",      "model",   "function_call"};
    uint8_t lower[16];
    Span name = {lower, lower};
    for (const uint8_t *p = raw.start; p < raw.end; p++) {
        if (*p >= 0x80 || *p == '\\') return -1;
        if (name.end - name.start == (ptrdiff_t)sizeof lower) return OTHER;
        lower[name.end++ - lower] = (uint8_t)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    }
    for (size_t k = 0; k < sizeof assistants / sizeof *assistants; k++) {
        if (is(name, assistants[k])) return ASSISTANT;
    }
    return is(name, "system") || is(name, "developer") ? SYSTEM : OTHER;
}

/* One message after its opening brace: its role, and its content (a string or null), written to
 * `out`; returns the end of that, NULL: let Python decide. */
static uint8_t *message(Reader *r, int *role, uint8_t *out) {
    int roles = 0, contents = 0;
    *role = OTHER;
    if (take(r, '}')) return out;
    do {
        Span key;
        if (!take(r, '"') || !string(r, &key) || memchr(key.start, '\\', (size_t)(key.end - key.start))) return NULL;
        if (!take(r, ':')) return NULL;
        skip_spaces(r);
        if (is(key, "role") || is(key, "from")) {
            Span name;
            if (roles++ || !take(r, '"') || !string(r, &name)) return NULL;
            *role = role_of(name);
            if (*role < 0) return NULL;
        } else if (is(key, "content") || is(key, "value")) {
            if (contents++) return NULL;
            if (take(r, '"')) {
                out = string_text(r, out);
                if (!out) return NULL;
            } else if (!word(r, "null")) {
                return NULL;
            }
        } else if (is(key, "tool_calls") || is(key, "function_call") || is(key, "refusal")) {
            if (!word(r, "null")) return NULL;
        } else if (!skip(r, 2)) {
            return NULL;
        }
    } while (take(r, ','));
    return take(r, '}') ? out : NULL;
}

/* The wanted turns of a list of messages after its opening bracket, a line break after each; NULL:
 * let Python decide. */
static uint8_t *turns(Reader *r, int which, int with_system, uint8_t *out) {
    uint8_t *first = out, *answer = NULL, *answer_end = NULL;
    if (take(r, ']')) return out;
    do {
        int role;
        uint8_t *start = out;
        if (!take(r, '{')) return NULL;
        out = message(r, &role, out);
        if (!out) return NULL;
        if (role == SYSTEM && !with_system) {
            out = start;
            continue;
        }
        *out++ = '\n';
        if (role == ASSISTANT) {
            answer = start;
            answer_end = out;
        }
    } while (take(r, ','));
    if (!take(r, ']')) return NULL;
    if (which == PROMPT) return answer ? answer : out;
    if (which == COMPLETION) {
        if (!answer) return first;
        memmove(first, answer, (size_t)(answer_end - answer));
        return first + (answer_end - answer);
    }
    return out;
}

/* hh-rlhf transcripts hold several turns in one string; Python takes them apart. */
static int is_transcript(const uint8_t *text, size_t length) {
    return length >= 8 && (memcmp(text, "\n\nHuman:", 8) == 0 ||
                           (length >= 12 && memcmp(text, "\n\nAssistant:", 12) == 0));
}

/* What the value at the reader adds to the text; NULL: let Python decide. */
static uint8_t *piece(Reader *r, int kind, const Shapes *shapes, uint8_t *out) {
    uint8_t *start = out;
    if (r->p < r->end && *r->p == 'n') return word(r, "null") ? out : NULL;
    if (kind != STRING && take(r, '[')) {
        return turns(r, kind == SIDE ? EVERY : shapes->which, shapes->with_system, out);
    }
    if (kind == TURNS || !take(r, '"')) return NULL;
    out = string_text(r, out);
    if (!out || (kind == SIDE && is_transcript(start, (size_t)(out - start)))) return NULL;
    *out++ = '\n';
    return out;
}

/* Whether the values of a shape that count come in the order of the text. */
static int in_order(const Shapes *shapes, int64_t s) {
    int32_t last = -1;
    for (int32_t k = shapes->firsts[s]; k < shapes->firsts[s + 1]; k++) {
        if (shapes->slots[k] < 0) continue;
        if (shapes->slots[k] < last) return 0;
        last = shapes->slots[k];
    }
    return 1;
}

/* The text of a line whose keys are those of shape `s`; NULL when they are not, or for Python. */
static uint8_t *fields(const Shapes *shapes, int64_t s, Reader r, uint8_t *out) {
    const uint8_t *line = r.p;
    int32_t first = shapes->firsts[s], last = shapes->firsts[s + 1], kinds[MOST_SLOTS];
    Reader found[MOST_SLOTS] = {{NULL, NULL, 0}};
    int ordered = in_order(shapes, s);
    if (!take(&r, '{')) return NULL;
    for (int32_t k = first; k < last; k++) {
        const uint8_t *name = shapes->names + (k ? shapes->name_ends[k - 1] : 0);
        int32_t slot = shapes->slots[k];
        Span key;
        if (k > first && !take(&r, ',')) return NULL;
        if (!take(&r, '"') || !string(&r, &key)) return NULL;
        if (key.end - key.start != shapes->names + shapes->name_ends[k] - name) return NULL;
        if (memcmp(key.start, name, (size_t)(key.end - key.start)) || !take(&r, ':')) return NULL;
        skip_spaces(&r);
        if (slot >= 0 && ordered) {
            out = piece(&r, shapes->kinds[k], shapes, out);
            if (!out) return NULL;
            continue;
        }
        const uint8_t *value = r.p;
        if (!skip(&r, 1)) return NULL;
        if (slot >= 0) {
            found[slot] = (Reader){value, r.p, 0};
            kinds[slot] = shapes->kinds[k];
        }
    }
    if (!take(&r, '}')) return NULL;
    skip_spaces(&r);
    if (r.p != r.end || (r.high && !is_utf8(line, r.end))) return NULL;
    for (int k = 0; out && k < MOST_SLOTS; k++) {
        if (found[k].p) out = piece(&found[k], kinds[k], shapes, out);
    }
    return out;
}

uint8_t *curate_line_text(const Shapes *shapes, const uint8_t *line, const uint8_t *end,
                          int64_t *likely, uint8_t *out) {
    for (int64_t tried = 0; tried < shapes->shapes; tried++) {
        int64_t s = (*likely + tried) % shapes->shapes;
        uint8_t *stop = fields(shapes, s, (Reader){line, end, 0}, out);
        if (stop) {
            *likely = s;
            return stop;
        }
    }
    return NULL;
}

/* The texts of lines `data[starts[i]:ends[i]]`, one after the other in `out` (room: the lines' bytes
 * and LINE_ROOM more for each); text i ends at stops[i], and is empty where status[i] is 0. */
EXPORT int curate_extract(const Shapes *shapes, const uint8_t *data, const int64_t *starts,
                          const int64_t *ends, int64_t rows, uint8_t *out, int64_t *stops,
                          uint8_t *status) {
    uint8_t *at = out;
    int64_t likely = 0;
    for (int64_t row = 0; row < rows; row++) {
        uint8_t *stop = curate_line_text(shapes, data + starts[row], data + ends[row], &likely, at);
        status[row] = stop != NULL;
        if (stop) at = stop;
        stops[row] = at - out;
    }
    return 0;
}

/* Where the line breaks of `length` bytes are (room for as many); returns 0, and how many there are. */
EXPORT int curate_line_breaks(const uint8_t *data, int64_t length, int64_t *found, int64_t *count) {
    const uint8_t *p = data, *end = data + length;
    *count = 0;
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) found[(*count)++] = p++ - data;
    return 0;
}

/* Where the lines of `length` bytes start and end (room for as many and one more), without their line breaks.
 * Where a carriage return stands before some line feed, it belongs to the line break, here and at all others;
 * returns 1 then, else 0. */
EXPORT int curate_line_places(const uint8_t *data, int64_t length, int64_t *starts, int64_t *ends,
                              int64_t *count) {
    const uint8_t *p = data, *end = data + length;
    int64_t lines = 0;
    int returns = 0;
    while (p < end) {
        const uint8_t *stop = memchr(p, '\n', (size_t)(end - p));
        if (stop) returns |= stop > p && stop[-1] == '\r';
        else stop = end;
        starts[lines] = p - data;
        ends[lines++] = stop - data;
        p = stop + 1;
    }
    for (int64_t i = 0; returns && i < lines; i++) {
        if (ends[i] > starts[i] && data[ends[i] - 1] == '\r') ends[i]--;
    }
    *count = lines;
    return returns;
}

/* The elements of an array's text, each of them followed by a comma or by the array's end: where they start and
 * end (room for `most`), and how many there are. Stops before what is not strictly valid JSON or not whole, which
 * is for Python to read; returns the place after the last element's comma, or before the array's end. */
EXPORT int64_t curate_elements(const uint8_t *data, int64_t length, int64_t most, int64_t *starts, int64_t *ends,
                               int64_t *count) {
    Reader r = {data, data + length, 0};
    int64_t after = 0;
    *count = 0;
    while (*count < most) {
        const uint8_t *start;
        skip_spaces(&r);
        start = r.p;
        r.high = 0;
        if (!skip(&r, 1) || (r.high && !is_utf8(start, r.p))) break;
        starts[*count] = start - data;
        ends[*count] = r.p - data;
        skip_spaces(&r);
        if (r.p >= r.end || (*r.p != ',' && *r.p != ']')) break;
        ++*count;
        if (*r.p == ']') return r.p - data;
        after = ++r.p - data;
    }
    return after;
}
