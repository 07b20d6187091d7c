/* What `prose` and `languages` say of a text in regular expressions: how English prose ends, and whether a
 * text is English; for ASCII only. */
#include <string.h>

#include "_strings.h"

#define NOT_ASCII 255
#define TAIL 200     /* bytes at the end of a text that are looked at */
#define SHORTEST 60  /* of several sentences */
#define LAST 25      /* of a last sentence, edges aside */
#define FEW 4        /* of one that is cut off, before its last word */

static inline int white(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static inline int lower(uint8_t c) { return (uint8_t)(c - 'a') < 26; }
static inline int upper(uint8_t c) { return (uint8_t)(c - 'A') < 26; }
static inline int digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }
static inline int final_mark(uint8_t c) { return c == '.' || c == '!' || c == '?'; }
/* Sets of characters, as bits of a table: markup, marks that end a sentence, those and what prose has not,
 * and those that end a part of one. */
enum { MARKUP = 1, FINAL = 2, NO_PROSE = 4, PARTS = 8, TICK = 16 };
static const uint8_t SETS[256] = {
    ['\n'] = MARKUP | NO_PROSE, ['|'] = MARKUP | NO_PROSE, ['{'] = MARKUP | NO_PROSE, ['}'] = MARKUP | NO_PROSE,
    ['<'] = MARKUP | NO_PROSE,  ['>'] = MARKUP | NO_PROSE, ['.'] = FINAL | NO_PROSE | PARTS,
    ['!'] = FINAL | NO_PROSE | PARTS, ['?'] = FINAL | NO_PROSE | PARTS, ['#'] = NO_PROSE, ['*'] = NO_PROSE,
    ['['] = NO_PROSE, [']'] = NO_PROSE, ['='] = NO_PROSE, [':'] = NO_PROSE | PARTS, ['_'] = NO_PROSE,
    ['/'] = NO_PROSE, ['\\'] = NO_PROSE, ['@'] = NO_PROSE, [';'] = PARTS, ['`'] = TICK,
};
static inline int of(uint8_t c, uint8_t set) { return SETS[c] & set; }

/* Whether a text is marked up: [\n|{}<>]|``` */
static int marked_up(Span text) {
    for (const uint8_t *p = text.start; p < text.end; p++) {
        if (!of(*p, MARKUP | TICK)) continue;
        if (*p != '`') return 1;
        if (text.end - p > 2 && p[1] == '`' && p[2] == '`') return 1;
    }
    return 0;
}

/* Whether the end of a sentence stands before `p`: [a-z0-9][.!?]["”’)]?\s+, or with spaces only. */
static int follows_sentence(const uint8_t *first, const uint8_t *p, int spaces_only) {
    const uint8_t *gap = p;
    while (gap > first && (spaces_only ? gap[-1] == ' ' : white(gap[-1]))) gap--;
    if (gap == p) return 0;
    if (gap > first && (gap[-1] == '"' || gap[-1] == ')')) gap--;
    return gap - first >= 2 && final_mark(gap[-1]) && (lower(gap[-2]) || digit(gap[-2]));
}

/* Whether the last sentence, of at least LAST bytes between its first letter and `last`, follows on another
 * and holds none of some characters. */
static int last_sentence(const uint8_t *first, const uint8_t *last, uint8_t without, int spaces_only) {
    const uint8_t *p = last, *word = last + 1;
    while (p > first && !of(p[-1], without)) p--;
    while (word > p && lower(word[-1])) word--;
    /* Of a sentence that is cut off, a few words will do, if the last is in small letters: no name below a letter. */
    int cut = lower(*last) && !spaces_only && word > p && word[-1] == ' ';
    for (; last - p > LAST || (cut && word - p > FEW); p++) {
        if (upper(*p) && follows_sentence(first, p, spaces_only)) return 1;
    }
    return 0;
}

/* Of the characters before the tail only some that are ASCII matter, so they may be any. */
static uint8_t ending(Span text) {
    while (text.end > text.start && white(text.end[-1])) text.end--;
    ptrdiff_t length = text.end - text.start;
    if (length < 40) return 0;
    const uint8_t *first = length > TAIL ? text.end - TAIL : text.start, *last = text.end - 1;
    if (*last >= 0x80) return NOT_ASCII; /* it may be white space */
    if (!lower(*last) && !(final_mark(*last) && lower(last[-1]))) return 0;
    if (!is_ascii((Span){.start = first, .end = text.end})) return NOT_ASCII;
    if (length >= SHORTEST && lower(*last) && last_sentence(first, last, NO_PROSE, 0)) {
        if (!marked_up(text)) return 4;
    } else if (length >= SHORTEST && final_mark(*last) && lower(last[-1]) &&
               last_sentence(first, last - 1, FINAL, 1)) {
        if (!marked_up(text)) return 3;
    }
    if (length > 240 || !upper(*text.start)) return 0;
    if (final_mark(*last)) last--;
    if (!lower(*last)) return 0;
    for (const uint8_t *p = text.start; p < last; p++) {
        if (of(*p, PARTS)) return 0;
    }
    return marked_up(text) ? 0 : final_mark(text.end[-1]) ? 1 : 2;
}

/* What `tell` says of each text, 0 for null. 1: not a stream of strings. */
static int told(struct ArrowArrayStream *stream, int64_t rows, uint8_t *found, uint8_t (*tell)(Span)) {
    Strings strings;
    Span text;
    int status = 0;
    if (!opened(&strings, stream)) return 1;
    for (int64_t row = 0; row < rows && !status; row++) {
        if (next_text(&strings, &text) != 1) {
            status = 1;
            break;
        }
        found[row] = text.start ? tell(text) : 0;
    }
    closed(&strings);
    return status;
}

/* ends[i]: how text i ends, 0 where it is no such prose (or null), NOT_ASCII where it must be looked at in
 * another way. 1: not a stream of strings. */
EXPORT int curate_sentence_ends(struct ArrowArrayStream *stream, int64_t rows, uint8_t *ends) {
    return told(stream, rows, ends, ending);
}

#define SAMPLE 300 /* bytes at the start of a text that tell its language */

/* Whether a word is English, and English only: the, and, to, with, you, are. */
static int english_word(const uint8_t *word, ptrdiff_t length) {
    char low[5] = {0};
    if (length < 2 || length > 4) return 0;
    for (ptrdiff_t i = 0; i < length; i++) low[i] = (char)(upper(word[i]) ? word[i] + 32 : word[i]);
    return !strcmp(low, "the") || !strcmp(low, "and") || !strcmp(low, "to") || !strcmp(low, "with") ||
           !strcmp(low, "you") || !strcmp(low, "are");
}

/* Whether nothing ends a word as the foreign ones must be ended. */
static int one_word(Span text) {
    for (const uint8_t *p = text.start; p < text.end; p++) {
        if (white(*p) || *p == ',' || *p == '.') return 0;
    }
    return 1;
}

/* Whether it holds no foreign word, nor one as long as those that English is told by (the, of, with). */
static int of_no_language(Span text) {
    const uint8_t *word = text.start;
    if (!one_word(text)) return 0;
    for (const uint8_t *p = word; p <= text.end; p++) {
        if (p < text.end && (lower(*p) || upper(*p) || digit(*p) || *p == '_')) continue;
        if (p - word >= 2 && p - word <= 4) return 0;
        word = p + 1;
    }
    return 1;
}

/* surely[i]: 1 where the start of text i is ASCII and holds such a word, 2 where no language can be told from
 * it. 1: not a stream of strings. */
EXPORT int curate_surely_english(struct ArrowArrayStream *stream, int64_t rows, uint8_t *surely) {
    Strings strings;
    Span text;
    int status = 0;
    if (!opened(&strings, stream)) return 1;
    for (int64_t row = 0; row < rows && !status; row++) {
        surely[row] = 0;
        if (next_text(&strings, &text) != 1) {
            status = 1;
            break;
        }
        if (!text.start) continue;
        if (text.end - text.start > SAMPLE) text.end = text.start + SAMPLE;
        if (!is_ascii(text)) continue;
        for (const uint8_t *p = text.start, *word = p; p <= text.end && !surely[row]; p++) {
            if (p < text.end && (lower(*p) || upper(*p) || digit(*p) || *p == '_')) continue;
            surely[row] = (uint8_t)english_word(word, p - word);
            word = p + 1;
        }
        if (!surely[row] && of_no_language(text)) surely[row] = 2;
    }
    closed(&strings);
    return status;
}

#define PROBE 16 /* characters of a text that are looked for elsewhere in it, as in repeats.py */
#define LAST_FEW 8
#define END_CHARACTERS 64
#define DOUBLED 60 /* bytes of a text that stands twice */

/* How often `probe` stands in a text, one behind the other; no more than `enough` (after Horspool). */
static int times(Span text, Span probe, int enough) {
    uint8_t skip[256];
    ptrdiff_t length = probe.end - probe.start;
    int count = 0;
    if (length < 1) return 0;
    memset(skip, (int)length, sizeof skip);
    for (ptrdiff_t i = 0; i + 1 < length; i++) skip[probe.start[i]] = (uint8_t)(length - 1 - i);
    for (const uint8_t *p = text.start; text.end - p >= length;) {
        uint8_t last = p[length - 1];
        if (last == probe.end[-1] && !memcmp(p, probe.start, (size_t)length)) {
            if (++count == enough) return count;
            p += length;
        } else {
            p += skip[last];
        }
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
