/* Which texts may repeat themselves, as repeats.py says. */
#include <string.h>

#include "_strings.h"

#define PROBE 16 /* characters of a text that are looked for elsewhere in it, as in repeats.py */
#define LAST_FEW 8
#define END_CHARACTERS 64
#define DOUBLED 60 /* bytes of a text that stands twice */

/* Where `probe`, of `length` bytes, stands first from `p` on; NULL where it does not. */
static const uint8_t *found_in(const uint8_t *p, const uint8_t *end, const uint8_t *probe, ptrdiff_t length) {
#if defined(__SSE2__)
    const __m128i first = _mm_set1_epi8((char)probe[0]), last = _mm_set1_epi8((char)probe[length - 1]);
    for (; end - p >= length + 15; p += 16) {
        __m128i starts = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)p), first);
        __m128i ends = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(p + length - 1)), last);
        for (unsigned both = (unsigned)_mm_movemask_epi8(_mm_and_si128(starts, ends)); both; both &= both - 1) {
            const uint8_t *here = p + lowest_bit(both);
            if (!memcmp(here, probe, (size_t)length)) return here;
        }
    }
#endif
    for (; end - p >= length; p++) {
        if (*p == *probe && p[length - 1] == probe[length - 1] && !memcmp(p, probe, (size_t)length)) return p;
    }
    return NULL;
}

/* How often `probe` stands in a text, one behind the other; no more than `enough`. */
static int times(Span text, Span probe, int enough) {
    ptrdiff_t length = probe.end - probe.start;
    int count = 0;
    if (length < 1) return 0;
    for (const uint8_t *p = text.start; (p = found_in(p, text.end, probe.start, length)); p += length) {
        if (++count == enough) break;
    }
    return count;
}

/* So many characters on, or before. */
static const uint8_t *forward(const uint8_t *p, const uint8_t *end, int64_t characters) {
    while (p < end && characters-- > 0) {
        for (p++; p < end && (*p & 0xC0) == 0x80; p++) {}
    }
    return p;
}

static const uint8_t *backward(const uint8_t *p, const uint8_t *start, int64_t characters) {
    while (p > start && characters-- > 0) {
        for (p--; p > start && (*p & 0xC0) == 0x80; p--) {}
    }
    return p;
}

/* Whether a text is the same thing twice, with nothing, a blank or a line's end or two between. */
static uint8_t doubled(Span text) {
    ptrdiff_t length = text.end - text.start;
    for (ptrdiff_t between = 0; between <= 2; between++) {
        ptrdiff_t half = (length - between) / 2;
        const uint8_t *middle = text.start + half;
        if (half < DOUBLED || (length - between) % 2) continue;
        if (between == 1 && *middle != ' ' && *middle != '\n') continue;
        if (between == 2 && (middle[0] != '\n' || middle[1] != '\n')) continue;
        if (!memcmp(text.start, middle + between, (size_t)half)) return 1;
    }
    return 0;
}

static uint8_t repeats(Span text) {
    int64_t characters = text.end - text.start;
    Span probe, end = {.end = text.end};
    if (!is_ascii(text)) {
        for (const uint8_t *p = text.start; p < text.end; p++) characters -= (*p & 0xC0) == 0x80;
    }
    int64_t at = characters * 8 / 10;
    if (characters == text.end - text.start) {
        probe.start = text.start + at;
        probe.end = text.end - probe.start > PROBE ? probe.start + PROBE : text.end;
    } else {
        probe.start = forward(text.start, text.end, at);
        probe.end = forward(probe.start, text.end, PROBE);
    }
    if (times(text, probe, 3) == 3 || doubled(text)) return 1;
    end.start = backward(text.end, text.start, END_CHARACTERS);
    probe.start = backward(text.end, text.start, LAST_FEW);
    probe.end = text.end;
    return times(end, probe, 4) == 4;
}

/* found[i]: whether text i repeats itself, as in repeats.py; 0 for null. 1: not a stream of strings. */
EXPORT int curate_repeats(struct ArrowArrayStream *stream, int64_t rows, uint8_t *found) {
    return told(stream, rows, found, repeats);
}
