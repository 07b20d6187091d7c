/* From lines of JSON to the texts that rows are compared by, for the common shapes of row.
 *
 * curate/rowtexts.py is the definition. A line is handled here only if its keys are, in order, those
 * of a row that Python has looked at, and its values are of the plain kinds below; for every other
 * line (and for anything that is not strictly valid JSON) the status is 0 and Python decides. So
 * this file may refuse a line, but must never read one differently.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#define DEEPEST 64
#define MOST_SLOTS 8

enum { STRING = 0, TURNS = 1, SIDE = 2 };       /* a string; messages; either */
enum { EVERY = 0, PROMPT = 1, COMPLETION = 2 }; /* which turns of TURNS */
enum { OTHER = 0, ASSISTANT = 1, SYSTEM = 2 };  /* roles, as far as they matter */

typedef struct {
    const uint8_t *p, *end;
} Reader;

typedef struct {
    const uint8_t *start, *end; /* a value's bytes; NULL when there is none */
} Span;

/* Bytes of `word` below `limit` (at most 128), or equal to a byte: the classic bit tricks. */
#define ONES 0x0101010101010101ull
#define TOPS 0x8080808080808080ull
#define HAS_ZERO(w) (((w)-ONES) & ~(w) & TOPS)

static int is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static void skip_spaces(Reader *r) {
    while (r->p < r->end && is_space(*r->p)) r->p++;
}

static int take(Reader *r, uint8_t wanted) {
    skip_spaces(r);
    if (r->p >= r->end || *r->p != wanted) return 0;
    r->p++;
    return 1;
}

/* The next byte at or after p that is a quote, a backslash or a control character. */
static const uint8_t *plain_run(const uint8_t *p, const uint8_t *end) {
    while (end - p >= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        uint64_t quotes = word ^ (ONES * '"'), slashes = word ^ (ONES * '\\');
        if (HAS_ZERO(quotes) | HAS_ZERO(slashes) | ((word - ONES * 0x20) & ~word & TOPS)) break;
        p += 8;
    }
    while (p < end && *p != '"' && *p != '\\' && *p >= 0x20) p++;
    return p;
}

static int hex4(const uint8_t *p, const uint8_t *end, uint32_t *value) {
    uint32_t sum = 0;
    if (end - p < 4) return 0;
    for (int k = 0; k < 4; k++) {
        uint8_t c = p[k];
        uint32_t digit;
        if (c >= '0' && c <= '9') digit = c - '0';
        else if (c >= 'a' && c <= 'f') digit = c - 'a' + 10u;
        else if (c >= 'A' && c <= 'F') digit = c - 'A' + 10u;
        else return 0;
        sum = sum << 4 | digit;
    }
    *value = sum;
    return 1;
}

/* One escape, p just after the backslash: its code point; returns its end, NULL when invalid. */
static const uint8_t *escape(const uint8_t *p, const uint8_t *end, uint32_t *point) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    uint32_t low;
    if (p >= end) return NULL;
    if (*p != 'u') {
        const char *found = memchr(names, *p, sizeof names - 1);
        if (!found) return NULL;
        *point = (uint8_t)values[found - names];
        return p + 1;
    }
    if (!hex4(p + 1, end, point)) return NULL;
    p += 5;
    if (*point >= 0xDC00 && *point < 0xE000) return NULL;
    if (*point < 0xD800 || *point >= 0xDC00) return p;
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u' || !hex4(p + 2, end, &low)) return NULL;
    if (low < 0xDC00 || low >= 0xE000) return NULL;
    *point = 0x10000 + ((*point - 0xD800) << 10) + (low - 0xDC00);
    return p + 6;
}

static uint8_t *put(uint32_t c, uint8_t *out) {
    if (c < 0x80) {
        *out++ = (uint8_t)c;
    } else if (c < 0x800) {
        *out++ = (uint8_t)(0xC0 | c >> 6);
        *out++ = (uint8_t)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = (uint8_t)(0xE0 | c >> 12);
        *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        *out++ = (uint8_t)(0x80 | (c & 0x3F));
    } else {
        *out++ = (uint8_t)(0xF0 | c >> 18);
        *out++ = (uint8_t)(0x80 | (c >> 12 & 0x3F));
        *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        *out++ = (uint8_t)(0x80 | (c & 0x3F));
    }
    return out;
}

/* A string whose opening quote was taken: its raw bytes. Escapes are checked. */
static int string(Reader *r, Span *raw) {
    raw->start = r->p;
    for (;;) {
        uint32_t point;
        r->p = plain_run(r->p, r->end);
        if (r->p >= r->end || *r->p < 0x20) return 0;
        if (*r->p == '"') {
            raw->end = r->p++;
            return 1;
        }
        r->p = escape(r->p + 1, r->end, &point);
        if (!r->p) return 0;
    }
}

/* The characters of a raw string that `string` has checked. */
static uint8_t *decoded(Span raw, uint8_t *out) {
    const uint8_t *p = raw.start;
    while (p < raw.end) {
        const uint8_t *run = memchr(p, '\\', (size_t)(raw.end - p));
        size_t length = (size_t)((run ? run : raw.end) - p);
        uint32_t point = 0;
        memcpy(out, p, length);
        out += length;
        if (!run) break;
        p = escape(run + 1, raw.end, &point);
        out = put(point, out);
    }
    return out;
}

static int word(Reader *r, const char *text) {
    size_t length = strlen(text);
    if ((size_t)(r->end - r->p) < length || memcmp(r->p, text, length)) return 0;
    r->p += length;
    return 1;
}

/* Short decimal numbers; long ones and exponents may be out of range, and are left to Python. */
static int number(Reader *r) {
    const uint8_t *start = r->p, *digits;
    if (r->p < r->end && *r->p == '-') r->p++;
    digits = r->p;
    while (r->p < r->end && *r->p >= '0' && *r->p <= '9') r->p++;
    if (r->p == digits || (*digits == '0' && r->p - digits > 1)) return 0;
    if (r->p < r->end && *r->p == '.') {
        digits = ++r->p;
        while (r->p < r->end && *r->p >= '0' && *r->p <= '9') r->p++;
        if (r->p == digits) return 0;
    }
    return r->p - start <= 15 && (r->p >= r->end || (*r->p | 0x20) != 'e');
}

static int skip(Reader *r, int depth) {
    Span ignored;
    skip_spaces(r);
    if (r->p >= r->end || depth > DEEPEST) return 0;
    switch (*r->p) {
    case '"':
        r->p++;
        return string(r, &ignored);
    case '{':
        r->p++;
        if (take(r, '}')) return 1;
        do {
            if (!take(r, '"') || !string(r, &ignored) || !take(r, ':') || !skip(r, depth + 1)) return 0;
        } while (take(r, ','));
        return take(r, '}');
    case '[':
        r->p++;
        if (take(r, ']')) return 1;
        do {
            if (!skip(r, depth + 1)) return 0;
        } while (take(r, ','));
        return take(r, ']');
    case 't':
        return word(r, "true");
    case 'f':
        return word(r, "false");
    case 'n':
        return word(r, "null");
    default:
        return number(r);
    }
}

static int is(Span raw, const char *text) {
    size_t length = strlen(text);
    return (size_t)(raw.end - raw.start) == length && memcmp(raw.start, text, length) == 0;
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

/* One message after its opening brace: role and content. Content must be a string or null. */
static int message(Reader *r, int *role, Span *content) {
    int roles = 0, contents = 0;
    *role = OTHER;
    content->start = content->end = NULL;
    if (take(r, '}')) return 1;
    do {
        Span key;
        if (!take(r, '"') || !string(r, &key) || memchr(key.start, '\\', (size_t)(key.end - key.start))) return 0;
        if (!take(r, ':')) return 0;
        skip_spaces(r);
        if (is(key, "role") || is(key, "from")) {
            Span name;
            if (roles++ || !take(r, '"') || !string(r, &name)) return 0;
            *role = role_of(name);
            if (*role < 0) return 0;
        } else if (is(key, "content") || is(key, "value")) {
            if (contents++) return 0;
            if (take(r, '"')) {
                if (!string(r, content)) return 0;
            } else if (!word(r, "null")) {
                return 0;
            }
        } else if (is(key, "tool_calls") || is(key, "function_call") || is(key, "refusal")) {
            if (!word(r, "null")) return 0;
        } else if (!skip(r, 2)) {
            return 0;
        }
    } while (take(r, ','));
    return take(r, '}');
}

/* The wanted turns of a list of messages, a line break after each; NULL: let Python decide. */
static uint8_t *turns(Span raw, int which, int with_system, uint8_t *out) {
    Reader r = {raw.start, raw.end};
    uint8_t *first = out, *answer = NULL, *answer_end = NULL;
    if (!take(&r, '[')) return NULL;
    if (take(&r, ']')) return out;
    do {
        int role;
        Span content;
        uint8_t *start = out;
        if (!take(&r, '{') || !message(&r, &role, &content)) return NULL;
        if (role == SYSTEM && !with_system) continue;
        if (content.start) out = decoded(content, out);
        *out++ = '\n';
        if (role == ASSISTANT) {
            answer = start;
            answer_end = out;
        }
    } while (take(&r, ','));
    if (!take(&r, ']')) return NULL;
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

static uint8_t *piece(Span raw, int kind, int which, int with_system, uint8_t *out) {
    uint8_t *start = out;
    if (!raw.start || is(raw, "null")) return out;
    if (kind != STRING && *raw.start == '[') return turns(raw, kind == SIDE ? EVERY : which, with_system, out);
    if (kind == TURNS || *raw.start != '"') return NULL;
    raw.start++;
    raw.end--;
    out = decoded(raw, out);
    if (kind == SIDE && is_transcript(start, (size_t)(out - start))) return NULL;
    *out++ = '\n';
    return out;
}

static int is_utf8(const uint8_t *p, const uint8_t *end) {
    while (p < end) {
        uint64_t eight;
        if (end - p >= 8 && (memcpy(&eight, p, 8), (eight & TOPS) == 0)) {
            p += 8;
            continue;
        }
        uint8_t c = *p;
        uint32_t point;
        ptrdiff_t more = c < 0x80 ? 0 : c < 0xC2 ? -1 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : c < 0xF5 ? 3 : -1;
        if (more < 0 || end - p <= more) return 0;
        point = more ? c & (0x3Fu >> more) : c;
        for (ptrdiff_t k = 1; k <= more; k++) {
            if ((p[k] & 0xC0) != 0x80) return 0;
            point = point << 6 | (p[k] & 0x3Fu);
        }
        if ((more == 2 && (point < 0x800 || (point >= 0xD800 && point < 0xE000))) ||
            (more == 3 && (point < 0x10000 || point > 0x10FFFF)))
            return 0;
        p += more + 1;
    }
    return 1;
}

/* Which keys rows have, and what becomes of each value. Key k of shape s, in order, is
 * names[name_ends[k - 1]:name_ends[k]] for k from firsts[s] to firsts[s + 1]; its value goes to
 * place slots[k] of the text (-1: nowhere) and is of kind kinds[k]. */
typedef struct {
    int64_t shapes;
    const int32_t *firsts, *name_ends;
    const uint8_t *names;
    const int32_t *slots, *kinds;
    int32_t which, with_system;
} Shapes;

/* The values of a line whose keys are those of shape `s`; 0 when they are not, or it is invalid. */
static int fields(const Shapes *shapes, int64_t s, Reader r, Span *found, int32_t *kinds) {
    int32_t k = shapes->firsts[s], last = shapes->firsts[s + 1];
    if (!take(&r, '{')) return 0;
    for (; k < last; k++) {
        const uint8_t *name = shapes->names + (k ? shapes->name_ends[k - 1] : 0);
        Span key, value;
        if (k > shapes->firsts[s] && !take(&r, ',')) return 0;
        if (!take(&r, '"') || !string(&r, &key)) return 0;
        if (key.end - key.start != shapes->names + shapes->name_ends[k] - name) return 0;
        if (memcmp(key.start, name, (size_t)(key.end - key.start)) || !take(&r, ':')) return 0;
        skip_spaces(&r);
        value.start = r.p;
        if (!skip(&r, 1)) return 0;
        value.end = r.p;
        if (shapes->slots[k] >= 0) {
            found[shapes->slots[k]] = value;
            kinds[shapes->slots[k]] = shapes->kinds[k];
        }
    }
    if (!take(&r, '}')) return 0;
    skip_spaces(&r);
    return r.p == r.end;
}

/* The texts of lines `data[starts[i]:ends[i]]`, one after the other in `out` (room: the lines' bytes
 * and 16 more for each); text i ends at stops[i], and is empty where status[i] is 0. */
EXPORT int curate_extract(const Shapes *shapes, const uint8_t *data, const int64_t *starts,
                          const int64_t *ends, int64_t rows, uint8_t *out, int64_t *stops,
                          uint8_t *status) {
    uint8_t *at = out;
    int64_t likely = 0;
    for (int64_t row = 0; row < rows; row++) {
        Reader line = {data + starts[row], data + ends[row]};
        Span found[MOST_SLOTS];
        int32_t kinds[MOST_SLOTS];
        int ok = 0;
        uint8_t *stop = at;
        memset(found, 0, sizeof found);
        memset(kinds, 0, sizeof kinds);
        for (int64_t tried = 0; tried < shapes->shapes && !ok; tried++) {
            int64_t s = (likely + tried) % shapes->shapes;
            ok = fields(shapes, s, line, found, kinds);
            if (ok) likely = s;
            else memset(found, 0, sizeof found);
        }
        ok = ok && is_utf8(line.p, line.end);
        for (int k = 0; ok && k < MOST_SLOTS; k++) {
            stop = piece(found[k], kinds[k], shapes->which, shapes->with_system, stop);
            ok = stop != NULL;
        }
        if (ok) at = stop;
        status[row] = (uint8_t)ok;
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
