/* Reading strictly valid JSON, and refusing what is rare: shared by the kernel's files.
 *
 * Whatever a function refuses (0 or NULL) Python reads; nothing may be read differently.
 */
#ifndef CURATE_JSON_H
#define CURATE_JSON_H

#include "_kernel.h"

#define DEEPEST 64

typedef struct {
    const uint8_t *p, *end;
    int high; /* whether a byte beyond ASCII was met in a string */
} Reader;

typedef struct {
    const uint8_t *start, *end; /* a value's bytes; NULL when there is none */
} Span;

/* Bytes of `word` below `limit` (at most 128), or equal to a byte: the classic bit tricks. */
#define ONES 0x0101010101010101ull
#define TOPS 0x8080808080808080ull
#define HAS_ZERO(w) (((w)-ONES) & ~(w) & TOPS)

static inline int is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static inline void skip_spaces(Reader *r) {
    while (r->p < r->end && is_space(*r->p)) r->p++;
}

static inline int take(Reader *r, uint8_t wanted) {
    skip_spaces(r);
    if (r->p >= r->end || *r->p != wanted) return 0;
    r->p++;
    return 1;
}

/* To the next quote, backslash or control character. */
static inline void plain_run(Reader *r) {
    const uint8_t *p = r->p, *end = r->end;
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), last = _mm_set1_epi8(0x1F);
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)p);
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash));
        hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(v, last), v));
        unsigned hits = (unsigned)_mm_movemask_epi8(hit), high = (unsigned)_mm_movemask_epi8(v);
        if (hits) {
            unsigned before = lowest_bit(hits);
            r->high |= (high & ((1u << before) - 1)) != 0;
            r->p = p + before;
            return;
        }
        r->high |= high != 0;
        p += 16;
    }
#else
    while (end - p >= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        uint64_t quotes = word ^ (ONES * '"'), slashes = word ^ (ONES * '\\');
        if (HAS_ZERO(quotes) | HAS_ZERO(slashes) | ((word - ONES * 0x20) & ~word & TOPS)) break;
        r->high |= (word & TOPS) != 0;
        p += 8;
    }
#endif
    for (; p < end && *p != '"' && *p != '\\' && *p >= 0x20; p++) r->high |= *p >= 0x80;
    r->p = p;
}

static inline int hex4(const uint8_t *p, const uint8_t *end, uint32_t *value) {
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
static inline const uint8_t *escape(const uint8_t *p, const uint8_t *end, uint32_t *point) {
    uint32_t low;
    if (p >= end) return NULL;
    switch (*p) {
    case '"':
    case '\\':
    case '/':
        *point = *p;
        return p + 1;
    case 'b':
        *point = '\b';
        return p + 1;
    case 'f':
        *point = '\f';
        return p + 1;
    case 'n':
        *point = '\n';
        return p + 1;
    case 'r':
        *point = '\r';
        return p + 1;
    case 't':
        *point = '\t';
        return p + 1;
    case 'u':
        break;
    default:
        return NULL;
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

/* A string whose opening quote was taken: its raw bytes. Escapes are checked. */
static inline int string(Reader *r, Span *raw) {
    raw->start = r->p;
    for (;;) {
        uint32_t point;
        plain_run(r);
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
static inline uint8_t *decoded(Span raw, uint8_t *out) {
    const uint8_t *p = raw.start;
    while (p < raw.end) {
        const uint8_t *run = memchr(p, '\\', (size_t)(raw.end - p));
        size_t length = (size_t)((run ? run : raw.end) - p);
        uint32_t point = 0;
        memcpy(out, p, length);
        out += length;
        if (!run) break;
        p = escape(run + 1, raw.end, &point);
        out = put_utf8(point, out);
    }
    return out;
}

static inline int word(Reader *r, const char *text) {
    size_t length = strlen(text);
    if ((size_t)(r->end - r->p) < length || memcmp(r->p, text, length)) return 0;
    r->p += length;
    return 1;
}

/* Short decimal numbers; long ones and exponents may be out of range, and are left to Python. */
static inline int number(Reader *r) {
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

static inline int skip(Reader *r, int depth) {
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

static inline int is(Span raw, const char *text) {
    size_t length = strlen(text);
    return (size_t)(raw.end - raw.start) == length && memcmp(raw.start, text, length) == 0;
}

static inline int is_utf8(const uint8_t *p, const uint8_t *end) {
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

#endif
