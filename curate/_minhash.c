/* The hot path of the near-duplicate pipeline, in plain C11 and without Python's API.
 *
 * curate/shingles.py, signatures.py, candidates.py and clusters.py are the definition; everything
 * here computes the same numbers, and tests hold the two together. Python loads this file's shared
 * object with ctypes (curate/kernel.py), which lets go of the interpreter lock during a call, so
 * threads run in parallel. No function keeps state. Those that return int return 0, or -1 when
 * memory is short.
 *
 * This file goes from text to token hashes, shingles and signatures; _extract.c reads texts out of lines
 * of JSON; _clusters.c links candidates and decides, _containment.c and _copies.c look closer. Loops are written so that compilers vectorise
 * them; results do not depend on the processor.
 */
#include "_kernel.h"

#include <stdlib.h>

#define LANES 32 /* permutations worked on together; kernel.py pads to a multiple of half of it */

/* ---- text to token hashes -------------------------------------------------------------------- */

enum { WORD = 1, UNSPACED = 2, FOLDS = 4 };            /* bits of Tables.classes */
enum { UNIT_AUTO = 0, UNIT_WORD = 1, UNIT_CHAR = 2 };

/* Python's own Unicode tables, handed over once (kernel.py). */
typedef struct {
    const uint8_t *classes;    /* for each code point: WORD, UNSPACED, FOLDS */
    const uint32_t *fold_from; /* the code points that case folding changes, ascending */
    const uint32_t *fold_to;   /* three for each, filled up with zeros */
    int64_t folds;
} Tables;

/* A lower-case word character stays itself; every other ASCII byte becomes zero. */
static inline uint8_t fold_byte(uint8_t c) {
    uint8_t lower = (uint8_t)(c | ((uint8_t)(c - 'A') < 26 ? 0x20 : 0));
    uint8_t keep = (uint8_t)(((uint8_t)(lower - 'a') < 26) | ((uint8_t)(c - '0') < 10) | (c == '_'));
    return (uint8_t)(lower & (uint8_t)-keep);
}

/* Fold a block of ASCII; returns which bytes are word characters, bit i for byte i. */
static inline uint64_t fold_block(const uint8_t *in, uint8_t *out, int *high) {
    uint64_t words = 0;
#if defined(__SSE2__)
    /* x - 'A' < 26 without sign, as a signed comparison: both sides moved down by 128. */
    const __m128i to_upper = _mm_set1_epi8((char)(0x80 - 'A')), to_lower = _mm_set1_epi8((char)(0x80 - 'a'));
    const __m128i to_digit = _mm_set1_epi8((char)(0x80 - '0')), case_bit = _mm_set1_epi8(0x20);
    const __m128i letters = _mm_set1_epi8(-128 + 26), digits = _mm_set1_epi8(-128 + 10);
    for (int k = 0; k < BLOCK / 16; k++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(in + 16 * k));
        __m128i upper = _mm_cmplt_epi8(_mm_add_epi8(v, to_upper), letters);
        __m128i lower = _mm_or_si128(v, _mm_and_si128(upper, case_bit));
        __m128i keep = _mm_cmplt_epi8(_mm_add_epi8(lower, to_lower), letters);
        keep = _mm_or_si128(keep, _mm_cmplt_epi8(_mm_add_epi8(v, to_digit), digits));
        keep = _mm_or_si128(keep, _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));
        _mm_storeu_si128((__m128i *)(out + 16 * k), _mm_and_si128(lower, keep));
        words |= (uint64_t)(uint32_t)_mm_movemask_epi8(keep) << (16 * k);
        *high |= _mm_movemask_epi8(v);
    }
#else
    for (int i = 0; i < BLOCK; i++) {
        out[i] = fold_byte(in[i]);
        words |= (uint64_t)(out[i] != 0) << i;
        *high |= in[i] & 0x80;
    }
#endif
    return words;
}

/* Which bytes of a block of folded text are not zero. */
static inline uint64_t word_block(const uint8_t *in) {
    uint64_t words = 0;
#if defined(__SSE2__)
    for (int k = 0; k < BLOCK / 16; k++) {
        __m128i zero = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(in + 16 * k)), _mm_setzero_si128());
        words |= (uint64_t)(uint32_t)(~_mm_movemask_epi8(zero) & 0xFFFF) << (16 * k);
    }
#else
    for (int i = 0; i < BLOCK; i++) words |= (uint64_t)(in[i] != 0) << i;
#endif
    return words;
}

/* Note where words begin and end in the block at `base`, by turns; `inside` says whether a word
 * reaches into it. */
static inline size_t *note_edges(uint64_t words, size_t base, uint64_t *inside, size_t *edges) {
    uint64_t changes = words ^ (words << 1 | *inside);
    *inside = words >> 63;
    for (; changes; changes &= changes - 1) *edges++ = base + lowest_bit(changes);
    return edges;
}

/* Fold a text of ASCII into `out` and note its words' edges; returns how many edges there are, or
 * SIZE_MAX when the text is not all ASCII. Up to a block beyond the text is written. */
static size_t fold_ascii(const uint8_t *text, size_t length, uint8_t *out, size_t *edges) {
    size_t at = 0, *next = edges;
    uint64_t inside = 0;
    int high = 0;
    for (; length - at >= BLOCK; at += BLOCK) {
        next = note_edges(fold_block(text + at, out + at, &high), at, &inside, next);
    }
    if (length > at) {
        uint8_t rest[BLOCK] = {0};
        memcpy(rest, text + at, length - at);
        next = note_edges(fold_block(rest, out + at, &high), at, &inside, next);
        at += BLOCK;
    }
    if (inside) *next++ = at;
    return high ? SIZE_MAX : (size_t)(next - edges);
}

/* Fold ASCII without noting words; nothing is written beyond `length`. */
static void fold_run(const uint8_t *text, size_t length, uint8_t *out) {
    size_t at = 0;
    int high = 0;
    for (; length - at >= BLOCK; at += BLOCK) fold_block(text + at, out + at, &high);
    for (; at < length; at++) out[at] = fold_byte(text[at]);
}

/* The edges of the words of folded text; a block of zeros must follow it. */
static size_t find_edges(const uint8_t *folded, size_t length, size_t *edges) {
    size_t *next = edges;
    uint64_t inside = 0;
    for (size_t at = 0; at <= length; at += BLOCK) next = note_edges(word_block(folded + at), at, &inside, next);
    return (size_t)(next - edges);
}

/* How many bytes of ASCII come first. */
static size_t ascii_run(const uint8_t *text, const uint8_t *end) {
    const uint8_t *p = text;
    uint64_t eight;
    while (end - p >= 8 && (memcpy(&eight, p, 8), (eight & 0x8080808080808080ull) == 0)) p += 8;
    while (p < end && *p < 0x80) p++;
    return (size_t)(p - text);
}

static size_t decode(const uint8_t *p, const uint8_t *end, uint32_t *point) {
    uint32_t c = *p;
    size_t need = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (need == 1 || (size_t)(end - p) < need) {
        *point = c < 0x80 ? c : 0;
        return 1;
    }
    c &= 0x7Fu >> need;
    for (size_t k = 1; k < need; k++) c = c << 6 | (p[k] & 0x3F);
    *point = c <= 0x10FFFF ? c : 0;
    return need;
}

static const uint32_t *folded(const Tables *t, uint32_t point) {
    int64_t low = 0, high = t->folds - 1;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (t->fold_from[middle] < point) low = middle + 1;
        else high = middle;
    }
    return t->fold_to + 3 * low;
}

/* Folded word characters in UTF-8 with a zero between words, or, if `apart`, after every
 * character. Returns the end of the output; counts the word characters of unspaced scripts. */
static uint8_t *fold_unicode(const Tables *t, const uint8_t *text, size_t length, int apart,
                             uint8_t *out, size_t *unspaced) {
    const uint8_t *end = text + length;
    *unspaced = 0;
    while (text < end) {
        uint32_t point, one[3] = {0, 0, 0};
        const uint32_t *points = one;
        if (*text < 0x80 && !apart) {
            size_t run = ascii_run(text, end);
            fold_run(text, run, out);
            text += run;
            out += run;
            continue;
        }
        text += decode(text, end, &point);
        one[0] = point;
        if (t->classes[point] & FOLDS) points = folded(t, point);
        for (int k = 0; k < 3 && (k == 0 || points[k]); k++) {
            uint8_t class = t->classes[points[k]];
            if (class & WORD) {
                *unspaced += (class & UNSPACED) != 0;
                out = put_utf8(points[k], out);
                if (apart) *out++ = 0;
            } else {
                *out++ = 0;
            }
        }
    }
    return out;
}

/* Characters in folded text: bytes that neither separate nor continue a character. */
static size_t count_characters(const uint8_t *p, const uint8_t *end) {
    size_t count = 0;
    for (; p < end; p++) count += (*p != 0) & ((*p & 0xC0) != 0x80);
    return count;
}

/* One hash for each word between edges; eight bytes after the last must be readable. */
static size_t hash_tokens(const uint8_t *folded, const size_t *edges, size_t count, uint64_t *hashes) {
    for (size_t k = 0; k < count / 2; k++) {
        const uint8_t *p = folded + edges[2 * k];
        size_t left = edges[2 * k + 1] - edges[2 * k];
        uint64_t hash = TOKEN_SEED;
        for (; left >= 8; left -= 8, p += 8) hash = mix(hash ^ load_little_endian(p));
        hashes[k] = mix(hash ^ (load_little_endian(p) & ((1ull << (8 * left)) - 1)));
    }
    return count / 2;
}

/* Room for the longest text of a batch. */
typedef struct {
    uint8_t *text, *bytes; /* a line's text; folded text */
    uint64_t *hashes, *shingles, *table;
    size_t *edges;
    uint32_t *low, *signature;
    int characters; /* whether the last text was cut into characters */
} Scratch;

static void scratch_free(Scratch *s) {
    free(s->text);
    free(s->bytes);
    free(s->hashes);
    free(s->shingles);
    free(s->table);
    free(s->edges);
    free(s->low);
    free(s->signature);
}

/* Pages of these that are never written to take no memory. */
static int scratch_make(Scratch *s, size_t longest, size_t width) {
    /* Case folding turns two bytes into at most six, of at most three characters; a separator
     * may follow each. No text has more tokens than twice its bytes. */
    size_t most = 2 * longest + 1;
    s->text = malloc(longest + 1);
    s->bytes = malloc(5 * longest + 3 * BLOCK);
    s->hashes = malloc(most * sizeof *s->hashes);
    s->shingles = malloc(most * sizeof *s->shingles);
    s->table = malloc((table_mask(most) + 1) * sizeof *s->table);
    s->edges = malloc((2 * most + 2) * sizeof *s->edges);
    s->low = malloc(most * sizeof *s->low);
    s->signature = malloc((width + 1) * sizeof *s->signature);
    s->characters = 0;
    if (s->text && s->bytes && s->hashes && s->shingles && s->table && s->edges && s->low && s->signature) return 0;
    scratch_free(s);
    return -1;
}

static size_t longest_of(const int64_t *starts, const int64_t *ends, int64_t rows) {
    size_t longest = 1;
    for (int64_t i = 0; i < rows; i++) {
        size_t length = (size_t)(ends[i] - starts[i]);
        if (length > longest) longest = length;
    }
    return longest;
}

/* Token hashes into s->hashes; SIZE_MAX when Unicode's tables are needed and `t` is NULL. */
static size_t tokenise(const Tables *t, const uint8_t *text, size_t length, int unit, Scratch *s) {
    size_t edges = SIZE_MAX, unspaced;
    uint8_t *end;
    s->characters = 0;
    if (unit != UNIT_CHAR) edges = fold_ascii(text, length, s->bytes, s->edges);
    if (edges == SIZE_MAX) {
        if (!t) return SIZE_MAX;
        s->characters = unit == UNIT_CHAR;
        end = fold_unicode(t, text, length, s->characters, s->bytes, &unspaced);
        if (unit == UNIT_AUTO && unspaced && 2 * unspaced > count_characters(s->bytes, end)) {
            s->characters = 1;
            end = fold_unicode(t, text, length, 1, s->bytes, &unspaced);
        }
        memset(end, 0, 2 * BLOCK);
        edges = find_edges(s->bytes, (size_t)(end - s->bytes), s->edges);
    } else {
        memset(s->bytes + length, 0, 8);
    }
    return hash_tokens(s->bytes, s->edges, edges, s->hashes);
}

/* One hash for each n-gram of the tokens, or for all of them when there are fewer than n. */
static size_t shingle(size_t tokens, size_t ngram, Scratch *s) {
    const uint64_t *h = s->hashes;
    size_t n = tokens < ngram ? tokens : ngram;
    if (n == 0) return 0;
    uint64_t total = 0, leading = 1, tag = n * POSITION + (s->characters ? CHAR_TAG : 0);
    for (size_t k = 0; k < n; k++) total = total * POLYNOMIAL + h[k];
    for (size_t k = 1; k < n; k++) leading *= POLYNOMIAL;
    s->shingles[0] = mix(total + tag);
    for (size_t i = n; i < tokens; i++) {
        total = (total - h[i - n] * leading) * POLYNOMIAL + h[i];
        s->shingles[i - n + 1] = mix(total + tag);
    }
    return tokens - n + 1;
}

/* 128 bits of the tokens in order: the sum of the shingles, and a polynomial of the tokens. */
static void digest(size_t tokens, size_t shingles, const Scratch *s, uint64_t *out) {
    uint64_t sum = 0, polynomial = 0;
    out[0] = out[1] = 0;
    if (tokens == 0) return;
    for (size_t i = 0; i < shingles; i++) sum += s->shingles[i];
    for (size_t i = 0; i < tokens; i++) polynomial = polynomial * POLYNOMIAL + s->hashes[i];
    out[0] = mix(sum);
    out[1] = mix(polynomial + tokens);
}

/* ---- signatures ------------------------------------------------------------------------------ */

/* The minima of `lanes` permutations; a constant `lanes` lets compilers keep them in registers. */
ALWAYS_INLINE void minima_of(const uint32_t *low, size_t count, const uint32_t *a, const uint32_t *b,
                             uint32_t *out, const size_t lanes) {
    uint32_t best[LANES], aa[LANES], bb[LANES];
    for (size_t k = 0; k < lanes; k++) {
        aa[k] = a[k];
        bb[k] = b[k];
        best[k] = UINT32_MAX;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t h = low[i];
        for (size_t k = 0; k < lanes; k++) {
            uint32_t value = aa[k] * h + bb[k];
            best[k] = value < best[k] ? value : best[k];
        }
    }
    for (size_t k = 0; k < lanes; k++) out[k] = best[k];
}

/* datasketch 2's affine32: MurmurHash3's 32-bit finaliser, then the minimum of a*h + b. */
CLONES static void minima(const uint64_t *shingles, size_t count, uint32_t *low, const uint32_t *a,
                          const uint32_t *b, size_t width, uint32_t *out) {
    size_t j = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t h = (uint32_t)(shingles[i] >> 32);
        h ^= h >> 16;
        h *= 0x85EBCA6Bu;
        h ^= h >> 13;
        h *= 0xC2B2AE35u;
        low[i] = h ^ (h >> 16);
    }
    for (; j + LANES <= width; j += LANES) minima_of(low, count, a + j, b + j, out + j, LANES);
    for (; j < width; j += LANES / 2) minima_of(low, count, a + j, b + j, out + j, LANES / 2);
}

/* How texts are sketched: `a` and `b` hold `width` permutations (a multiple of LANES / 2), of which
 * the first bands * values count. */
typedef struct {
    int32_t unit, ngram;
    const uint32_t *a, *b;
    int64_t width, bands, values;
} Plan;

/* Sketch one text: `bands` keys, two words of digest, the token count. 0 when Unicode's tables are
 * needed and `t` is NULL. */
static int sketch_text(const Tables *t, const Plan *plan, const uint8_t *text, size_t length, Scratch *s,
                       uint32_t *keys, uint64_t *digests, uint32_t *tokens) {
    size_t found = tokenise(t, text, length, plan->unit, s);
    if (found == SIZE_MAX) return 0;
    size_t count = shingle(found, (size_t)plan->ngram, s);
    *tokens = (uint32_t)found;
    digest(found, count, s, digests);
    minima(s->shingles, count, s->low, plan->a, plan->b, (size_t)plan->width, s->signature);
    for (int64_t band = 0; band < plan->bands; band++) {
        uint64_t key = (uint64_t)(band + 1) * POSITION;
        for (int64_t r = 0; r < plan->values; r++) {
            key = (key ^ (count ? s->signature[band * plan->values + r] : 0)) * POLYNOMIAL;
            key ^= key >> 32;
        }
        keys[band] = (uint32_t)key;
    }
    return 1;
}

/* Sketch `rows` texts: keys (rows, bands), digests (rows, 2), token counts (rows). `signatures`
 * (rows, width) may be NULL. */
EXPORT int curate_sketch(const Tables *t, const uint8_t *data, const int64_t *offsets, int64_t rows,
                         const Plan *plan, uint32_t *keys, uint64_t *digests, uint32_t *tokens,
                         uint32_t *signatures) {
    Scratch s;
    size_t width = (size_t)plan->width;
    if (scratch_make(&s, longest_of(offsets, offsets + 1, rows), width)) return -1;
    for (int64_t row = 0; row < rows; row++) {
        size_t length = (size_t)(offsets[row + 1] - offsets[row]);
        sketch_text(t, plan, data + offsets[row], length, &s, keys + row * plan->bands, digests + 2 * row, tokens + row);
        if (signatures) memcpy(signatures + (size_t)row * width, s.signature, width * sizeof *signatures);
    }
    scratch_free(&s);
    return 0;
}

/* What became of a line: Python must look at it, done, Unicode's tables are needed. */
enum { LEFT = 0, DONE = 1, NEEDS_TABLES = 2 };

/* Sketch lines of JSON `data[starts[i]:ends[i]]` without keeping their texts. */
EXPORT int curate_sketch_lines(const Tables *t, const Shapes *shapes, const uint8_t *data,
                               const int64_t *starts, const int64_t *ends, int64_t rows,
                               const Plan *plan, uint32_t *keys, uint64_t *digests,
                               uint32_t *tokens, uint8_t *status) {
    Scratch s;
    int64_t likely = 0;
    if (scratch_make(&s, longest_of(starts, ends, rows) + LINE_ROOM, (size_t)plan->width)) return -1;
    for (int64_t row = 0; row < rows; row++) {
        const uint8_t *stop = curate_line_text(shapes, data + starts[row], data + ends[row], &likely, s.text);
        status[row] = LEFT;
        if (!stop) continue;
        status[row] = sketch_text(t, plan, s.text, (size_t)(stop - s.text), &s, keys + row * plan->bands,
                                  digests + 2 * row, tokens + row)
                          ? DONE
                          : NEEDS_TABLES;
    }
    scratch_free(&s);
    return 0;
}

/* ---- shingle sets ---------------------------------------------------------------------------- */

/* The distinct shingle hashes of a text; returns how many. */
static int64_t set_of(size_t tokens, int32_t ngram, Scratch *s, uint64_t *values) {
    size_t count = shingle(tokens, (size_t)ngram, s), mask = table_mask(count);
    int64_t used = 0;
    memset(s->table, 0, (mask + 1) * sizeof *s->table);
    for (size_t i = 0; i < count; i++) {
        if (table_add(s->table, mask, s->shingles[i])) values[used++] = s->shingles[i];
    }
    return used;
}

/* The distinct shingle hashes of each text, one text after the other; `ends[i]` is where text i's
 * end. `values` needs room for two hashes a byte and one a text. */
EXPORT int curate_sets(const Tables *t, const uint8_t *data, const int64_t *offsets, int64_t rows,
                       int32_t unit, int32_t ngram, uint64_t *values, int64_t *ends) {
    Scratch s;
    int64_t used = 0;
    if (scratch_make(&s, longest_of(offsets, offsets + 1, rows), 0)) return -1;
    for (int64_t row = 0; row < rows; row++) {
        size_t found = tokenise(t, data + offsets[row], (size_t)(offsets[row + 1] - offsets[row]), unit, &s);
        used += set_of(found, ngram, &s, values + used);
        ends[row] = used;
    }
    scratch_free(&s);
    return 0;
}

/* The same for lines of JSON; `values` needs room for the tokens of all of them. `status` is 0 for a
 * line that Python must look at, whose set is empty here. */
EXPORT int curate_sets_lines(const Tables *t, const Shapes *shapes, const uint8_t *data,
                             const int64_t *starts, const int64_t *ends, int64_t rows, int32_t unit,
                             int32_t ngram, uint64_t *values, int64_t *stops, uint8_t *status) {
    Scratch s;
    int64_t used = 0, likely = 0;
    if (scratch_make(&s, longest_of(starts, ends, rows) + LINE_ROOM, 0)) return -1;
    for (int64_t row = 0; row < rows; row++) {
        const uint8_t *stop = curate_line_text(shapes, data + starts[row], data + ends[row], &likely, s.text);
        size_t found = stop ? tokenise(t, s.text, (size_t)(stop - s.text), unit, &s) : 0;
        status[row] = !stop ? LEFT : found == SIZE_MAX ? NEEDS_TABLES : DONE;
        if (status[row] == DONE) used += set_of(found, ngram, &s, values + used);
        stops[row] = used;
    }
    scratch_free(&s);
    return 0;
}

/* The token hashes of each text, laid out as in curate_sets. */
EXPORT int curate_tokens(const Tables *t, const uint8_t *data, const int64_t *offsets, int64_t rows,
                         int32_t unit, uint64_t *values, int64_t *ends, uint8_t *characters) {
    Scratch s;
    int64_t used = 0;
    if (scratch_make(&s, longest_of(offsets, offsets + 1, rows), 0)) return -1;
    for (int64_t row = 0; row < rows; row++) {
        size_t found = tokenise(t, data + offsets[row], (size_t)(offsets[row + 1] - offsets[row]), unit, &s);
        memcpy(values + used, s.hashes, found * sizeof *values);
        used += (int64_t)found;
        ends[row] = used;
        characters[row] = (uint8_t)s.characters;
    }
    scratch_free(&s);
    return 0;
}
