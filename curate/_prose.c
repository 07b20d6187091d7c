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

/* ends[i]: how text i ends, 0 where it is no such prose (or null), NOT_ASCII where it must be looked at in
 * another way. 1: not a stream of strings. */
EXPORT int curate_sentence_ends(struct ArrowArrayStream *stream, int64_t rows, uint8_t *ends) {
    return told(stream, rows, ends, ending);
}

#define LABEL 16     /* bytes, at least as many as the longest label of answer_form.py has with the mark behind it */
#define CAPITALS 24  /* characters without a small letter that are odd, as there, or with capitals after small ones */
#define TITLED 32    /* at most as many bytes as six words with a blank behind each, of a title that is so long */

/* 0 where a text surely begins as prose does: with a capital, with small letters soon, words in small letters among
 * the first, and without a label or capitals within words. */
static uint8_t odd_start(Span text) {
    int small = 0, small_word = 0, upwards = 0;
    if (text.start == text.end || !upper(*text.start)) return 1;
    for (const uint8_t *p = text.start; p < text.end && p < text.start + TITLED; p++) {
        int is_small = lower(*p);
        /* Of a title each word begins with a capital, or with what is no letter. */
        small_word |= p > text.start && is_small && p[-1] == ' ';
        if (p >= text.start + CAPITALS) continue;
        small |= is_small;
        upwards |= p > text.start && upper(*p) && lower(p[-1]);
        if (p < text.start + LABEL && (*p == ':' || *p == ']' || *p == '*' || *p == '>')) return 1;
    }
    return (uint8_t)(!small || upwards || (!small_word && text.end - text.start > TITLED));
}

/* odd[i]: whether text i may begin in one of the ways that answer_form.py looks for; 0 for null. 1: not a stream of
 * strings. */
EXPORT int curate_odd_starts(struct ArrowArrayStream *stream, int64_t rows, uint8_t *odd) {
    return told(stream, rows, odd, odd_start);
}

#define SAMPLE 300 /* bytes at the start of a text that tell its language */

/* The words of languages.py that are ASCII, with what they say; FOREIGN ones are looked for between white space or
 * a bracket and white space or a mark. */
enum { ENGLISH = 1, ENGLISH_ALONE = 2, FOREIGN_WORD = 4 };
static const struct {
    const char *word;
    uint8_t says;
} TELLING[] = {
    {"the", 3}, {"and", 3}, {"to", 3}, {"with", 3}, {"you", 3}, {"are", 3}, {"that", ENGLISH_ALONE},
    {"this", ENGLISH_ALONE}, {"it", ENGLISH_ALONE}, {"of", ENGLISH}, {"is", ENGLISH}, {"for", ENGLISH}, {"in", ENGLISH}};
#define TELLING_WORDS (sizeof TELLING / sizeof *TELLING)
static const char *const FOREIGN[] = {
    "der", "die", "das", "de", "en", "la", "und", "ist", "nicht", "le", "les", "des", "est", "une", "el", "los", "las",
    "que", "por", "con", "os", "uma", "para", "com", "il", "gli", "della", "per", "het", "een", "van", "niet", "hebben",
    "wij", "zijn", "ook", "foi", "tudo", "estava", "abbiamo", "tutto", "sono", "nous", "vous", "votre", "mit", "wir",
    "uns", "sie", "ihre", "merci", "nel", "uw", "seu", "sua", "pela", "wszystko", "od", "bir", "ve", "bu", "och", "att",
    "det", "som", "yang", "dan", "untuk", "na", "do", "jest"};
#define FOREIGN_WORDS (sizeof FOREIGN / sizeof *FOREIGN)
#define KNOWN_SLOTS 256

/* The words in a table that is found by their letters, of which there are at most eight. */
typedef struct {
    uint64_t letters[KNOWN_SLOTS];
    uint8_t says[KNOWN_SLOTS];
} Known;

static size_t known_at(const Known *known, uint64_t letters) {
    size_t at = (size_t)mix(letters) % KNOWN_SLOTS;
    while (known->letters[at] && known->letters[at] != letters) at = (at + 1) % KNOWN_SLOTS;
    return at;
}

/* A word in small letters, one byte each, the first in the lowest. 0 for longer ones. */
static uint64_t packed(const uint8_t *word, ptrdiff_t length) {
    uint64_t letters = 0;
    if (length > 8) return 0;
    for (ptrdiff_t i = 0; i < length; i++) letters |= (uint64_t)(upper(word[i]) ? word[i] + 32 : word[i]) << 8 * i;
    return letters;
}

static void know(Known *known, const char *word, uint8_t says) {
    uint64_t letters = packed((const uint8_t *)word, (ptrdiff_t)strlen(word));
    size_t at = known_at(known, letters);
    known->letters[at] = letters;
    known->says[at] = says;
}

static void know_all(Known *known) {
    memset(known, 0, sizeof *known);
    for (size_t i = 0; i < FOREIGN_WORDS; i++) know(known, FOREIGN[i], FOREIGN_WORD);
    for (size_t i = 0; i < TELLING_WORDS; i++) know(known, TELLING[i].word, TELLING[i].says);
}

enum { UNCLEAR, SURELY, NO_LANGUAGE };

/* Which of these the start of a text, all ASCII, is. */
static uint8_t sure_of(const Known *known, Span text) {
    int said = 0;
    for (const uint8_t *p = text.start, *word = p; p <= text.end; p++) {
        if (p < text.end && (lower(*p) || upper(*p) || digit(*p) || *p == '_')) continue;
        int says = p == word ? 0 : known->says[known_at(known, packed(word, p - word))];
        if (says == FOREIGN_WORD) {
            int ends = p < text.end && (white(*p) || *p == ',' || *p == '.');
            if (!ends || (word > text.start && !white(word[-1]) && word[-1] != '(')) says = 0;
        }
        said |= says;
        if (says == (ENGLISH | ENGLISH_ALONE)) return SURELY;
        word = p + 1;
    }
    if ((said & FOREIGN_WORD) && !(said & ENGLISH_ALONE)) return UNCLEAR;
    return said & ENGLISH ? SURELY : NO_LANGUAGE;
}

/* surely[i]: SURELY where the start of text i is ASCII, and English without a doubt; NO_LANGUAGE where it is ASCII
 * and no language can be told from it. 1: not a stream of strings. */
EXPORT int curate_surely_english(struct ArrowArrayStream *stream, int64_t rows, uint8_t *surely) {
    Strings strings;
    Span text;
    Known known;
    int status = 0;
    if (!opened(&strings, stream)) return 1;
    know_all(&known);
    for (int64_t row = 0; row < rows && !status; row++) {
        surely[row] = UNCLEAR;
        if (next_text(&strings, &text) != 1) {
            status = 1;
            break;
        }
        if (!text.start) continue;
        if (text.end - text.start > SAMPLE) text.end = text.start + SAMPLE;
        if (is_ascii(text)) surely[row] = sure_of(&known, text);
    }
    closed(&strings);
    return status;
}

#define OPENING 8 /* characters that are looked at where marks stand before a text, as in completion_copies_prompt.py */
#define SAME 3    /* characters that begin both texts */

static inline int mark_before(uint8_t c) {
    return c == '"' || c == '\'' || c == '>' || c == '*' || c == '#' || c == '-';
}

/* Whether two texts begin with the same three characters, in any case, or the second does behind marks and white space; 1 also
 * where characters beyond ASCII must be looked at for that. */
static uint8_t same_start(Span prompt, Span completion) {
    const uint8_t *p = prompt.start, *c = completion.start;
    ptrdiff_t length = prompt.end - p < SAME ? prompt.end - p : SAME, there = completion.end - c;
    for (ptrdiff_t i = 0; i < length; i++) {
        if (p[i] >= 0x80) return 1;
    }
    for (ptrdiff_t i = 0; i < OPENING && i < there; i++) {
        if (c[i] >= 0x80) return 1;
    }
    ptrdiff_t opening = there < OPENING ? there : OPENING, marks = 0;
    if (there > 0 && (mark_before(*c) || white(*c))) {
        while (marks < opening && (mark_before(c[marks]) || c[marks] == ' ' || c[marks] == '\n' || c[marks] == '\t')) marks++;
    }
    for (int behind = 0; behind < 2; behind++) {
        const uint8_t *from = behind ? c + marks : c;
        ptrdiff_t left = behind ? opening - marks : there;
        if (packed(from, left < SAME ? left : SAME) == packed(p, length)) return 1;
    }
    return 0;
}

/* same[i]: what `same_start` says of the texts i of two streams; 0 where one is null. 1: not streams of strings. */
EXPORT int curate_same_starts(struct ArrowArrayStream *prompts, struct ArrowArrayStream *completions, int64_t rows,
                              uint8_t *same) {
    Strings left, right;
    Span prompt, completion;
    int status = 0;
    if (!opened(&left, prompts)) return 1;
    if (!opened(&right, completions)) return 1;
    for (int64_t row = 0; row < rows && !status; row++) {
        status = next_text(&left, &prompt) != 1 || next_text(&right, &completion) != 1;
        if (!status) same[row] = prompt.start && completion.start ? same_start(prompt, completion) : 0;
    }
    closed(&left);
    closed(&right);
    return status;
}
