/* The hot path of the near-duplicate pipeline, in plain C11 and without Python's API.
 *
 * curate/shingles.py, signatures.py, candidates.py and clusters.py are the definition; everything
 * here computes the same numbers, and tests hold the two together. Python loads this file's shared
 * object with ctypes (curate/kernel.py), which lets go of the interpreter lock during a call, so
 * threads run in parallel. No function keeps state. Those that return int return 0, or -1 when
 * memory is short.
 *
 * Loops are written so that compilers vectorise them; on x86-64 with glibc the loader picks the
 * clone that fits the processor, elsewhere there is one version. Results do not depend on it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#if defined(__has_attribute)
#if defined(__x86_64__) && defined(__gnu_linux__) && __has_attribute(target_clones)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif
#ifndef CLONES
#define CLONES
#endif

#define TOKEN_SEED 0x9AE16A3B2F90404Full
#define POLYNOMIAL 0x9E3779B97F4A7C15ull
#define POSITION 0xD6E8FEB86659FD93ull
#define CHAR_TAG 0x5851F42D4C957F2Dull
#define LANES 32 /* permutations worked on together; kernel.py pads to a multiple of it */

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

static inline uint64_t mix(uint64_t x) {
    x ^= x >> 33;
    x *= 0xFF51AFD7ED558CCDull;
    x ^= x >> 33;
    x *= 0xC4CEB9FE1A85EC53ull;
    return x ^ (x >> 33);
}

static inline uint64_t load_little_endian(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline unsigned lowest_bit(uint64_t x) {
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(x);
#else
    unsigned n = 0;
    while (!(x & 1)) {
        x >>= 1;
        n++;
    }
    return n;
#endif
}

CLONES static int has_high_bytes(const uint8_t *text, size_t length) {
    uint8_t any = 0;
    for (size_t i = 0; i < length; i++) any |= text[i];
    return any & 0x80;
}

/* A lower-case word character stays itself; every other ASCII byte becomes zero. */
static inline uint8_t fold_byte(uint8_t c) {
    uint8_t lower = (uint8_t)(c | ((uint8_t)(c - 'A') < 26 ? 0x20 : 0));
    uint8_t keep = (uint8_t)(((uint8_t)(lower - 'a') < 26) | ((uint8_t)(c - '0') < 10) | (c == '_'));
    return (uint8_t)(lower & (uint8_t)-keep);
}

CLONES static void fold_ascii(const uint8_t *text, size_t length, uint8_t *out) {
    for (size_t i = 0; i < length; i++) out[i] = fold_byte(text[i]);
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

static uint8_t *encode(uint32_t c, uint8_t *out) {
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
            if (run >= 32) fold_ascii(text, run, out);
            else for (size_t i = 0; i < run; i++) out[i] = fold_byte(text[i]);
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
                out = encode(points[k], out);
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

/* One hash for each zero-ended run of bytes; eight zero bytes must follow `end`. */
static size_t hash_tokens(const uint8_t *p, const uint8_t *end, uint64_t *hashes) {
    size_t count = 0;
    for (;;) {
        while (p < end && *p == 0) p++;
        if (p >= end) return count;
        uint64_t hash = TOKEN_SEED;
        for (;;) {
            uint64_t word = load_little_endian(p);
            uint64_t zeros = (word - 0x0101010101010101ull) & ~word & 0x8080808080808080ull;
            if (zeros) {
                unsigned bits = lowest_bit(zeros) & ~7u;
                hash = mix(hash ^ (word & (bits ? ~0ull >> (64 - bits) : 0)));
                p += bits / 8;
                break;
            }
            hash = mix(hash ^ word);
            p += 8;
        }
        hashes[count++] = hash;
    }
}

/* Room for the longest text of a batch. */
typedef struct {
    uint8_t *bytes;
    uint64_t *hashes, *shingles, *table;
    uint32_t *low;
    int characters; /* whether the last text was cut into characters */
} Scratch;

static void scratch_free(Scratch *s) {
    free(s->bytes);
    free(s->hashes);
    free(s->shingles);
    free(s->table);
    free(s->low);
}

static int scratch_make(Scratch *s, const int64_t *offsets, int64_t rows) {
    size_t longest = 1, slots = 8;
    for (int64_t i = 0; i < rows; i++) {
        size_t length = (size_t)(offsets[i + 1] - offsets[i]);
        if (length > longest) longest = length;
    }
    /* Case folding turns two bytes into at most six, of at most three characters; a separator
     * may follow each. No text has more tokens than twice its bytes. */
    size_t most = 2 * longest + 1;
    while (slots < 2 * most) slots *= 2;
    s->bytes = malloc(5 * longest + 64);
    s->hashes = malloc(most * sizeof *s->hashes);
    s->shingles = malloc(most * sizeof *s->shingles);
    s->table = malloc(slots * sizeof *s->table);
    s->low = malloc(most * sizeof *s->low);
    s->characters = 0;
    if (s->bytes && s->hashes && s->shingles && s->table && s->low) return 0;
    scratch_free(s);
    return -1;
}

static size_t tokenise(const Tables *t, const uint8_t *text, size_t length, int unit, Scratch *s) {
    uint8_t *end;
    size_t unspaced;
    if (unit != UNIT_CHAR && !has_high_bytes(text, length)) {
        s->characters = 0;
        fold_ascii(text, length, s->bytes);
        end = s->bytes + length;
    } else {
        s->characters = unit == UNIT_CHAR;
        end = fold_unicode(t, text, length, s->characters, s->bytes, &unspaced);
        if (unit == UNIT_AUTO && unspaced && 2 * unspaced > count_characters(s->bytes, end)) {
            s->characters = 1;
            end = fold_unicode(t, text, length, 1, s->bytes, &unspaced);
        }
    }
    memset(end, 0, 16);
    return hash_tokens(s->bytes, end, s->hashes);
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

static void digest(size_t tokens, const Scratch *s, uint64_t *out) {
    uint64_t sum = 0, polynomial = 0;
    out[0] = out[1] = 0;
    if (tokens == 0) return;
    for (size_t i = 0; i < tokens; i++) {
        sum += mix(s->hashes[i] + (i + 1) * POSITION);
        polynomial = polynomial * POLYNOMIAL + s->hashes[i];
    }
    out[0] = mix(sum + (s->characters ? CHAR_TAG : 0));
    out[1] = mix(polynomial + tokens);
}

/* ---- signatures ------------------------------------------------------------------------------ */

/* datasketch 2's affine32: MurmurHash3's 32-bit finaliser, then the minimum of a*h + b. */
CLONES static void minima(const uint64_t *shingles, size_t count, uint32_t *low, const uint32_t *a,
                          const uint32_t *b, size_t width, uint32_t *out) {
    for (size_t i = 0; i < count; i++) {
        uint32_t h = (uint32_t)(shingles[i] >> 32);
        h ^= h >> 16;
        h *= 0x85EBCA6Bu;
        h ^= h >> 13;
        h *= 0xC2B2AE35u;
        low[i] = h ^ (h >> 16);
    }
    for (size_t j = 0; j < width; j += LANES) {
        uint32_t best[LANES], aa[LANES], bb[LANES];
        memcpy(aa, a + j, sizeof aa);
        memcpy(bb, b + j, sizeof bb);
        memset(best, 0xFF, sizeof best);
        for (size_t i = 0; i < count; i++) {
            uint32_t h = low[i];
            for (size_t k = 0; k < LANES; k++) {
                uint32_t value = aa[k] * h + bb[k];
                best[k] = value < best[k] ? value : best[k];
            }
        }
        memcpy(out + j, best, sizeof best);
    }
}

/* Sketch `rows` texts: keys (rows, bands), digests (rows, 2), token counts (rows). `a` and `b` hold
 * `width` permutations, of which the first bands * values count. `signatures` (rows, width) may be
 * NULL. */
EXPORT int curate_sketch(const Tables *t, const uint8_t *data, const int64_t *offsets, int64_t rows,
                         int32_t unit, int32_t ngram, const uint32_t *a, const uint32_t *b,
                         int64_t width, int64_t bands, int64_t values, uint32_t *keys,
                         uint64_t *digests, uint32_t *tokens, uint32_t *signatures) {
    Scratch s;
    uint32_t *signature = malloc((size_t)width * sizeof *signature);
    if (!signature) return -1;
    if (scratch_make(&s, offsets, rows)) {
        free(signature);
        return -1;
    }
    for (int64_t row = 0; row < rows; row++) {
        const uint8_t *text = data + offsets[row];
        size_t found = tokenise(t, text, (size_t)(offsets[row + 1] - offsets[row]), unit, &s);
        size_t count = shingle(found, (size_t)ngram, &s);
        tokens[row] = (uint32_t)found;
        digest(found, &s, digests + 2 * row);
        minima(s.shingles, count, s.low, a, b, (size_t)width, signature);
        if (signatures) memcpy(signatures + row * width, signature, (size_t)width * sizeof *signature);
        for (int64_t band = 0; band < bands; band++) {
            uint64_t key = (uint64_t)(band + 1) * POSITION;
            for (int64_t r = 0; r < values; r++) {
                key = (key ^ (count ? signature[band * values + r] : 0)) * POLYNOMIAL;
                key ^= key >> 32;
            }
            keys[row * bands + band] = (uint32_t)key;
        }
    }
    scratch_free(&s);
    free(signature);
    return 0;
}

/* ---- shingle sets ---------------------------------------------------------------------------- */

/* Add `value` to an open-addressed table of distinct values (zero marks a free slot, so the value
 * zero itself is kept as one). Returns whether it is new. */
static inline int table_add(uint64_t *table, size_t mask, uint64_t value) {
    value += value == 0;
    size_t at = (size_t)value & mask;
    while (table[at]) {
        if (table[at] == value) return 0;
        at = (at + 1) & mask;
    }
    table[at] = value;
    return 1;
}

static inline int table_has(const uint64_t *table, size_t mask, uint64_t value) {
    value += value == 0;
    size_t at = (size_t)value & mask;
    while (table[at]) {
        if (table[at] == value) return 1;
        at = (at + 1) & mask;
    }
    return 0;
}

static size_t table_mask(size_t count) {
    size_t slots = 8;
    while (slots < 2 * count) slots *= 2;
    return slots - 1;
}

/* The distinct shingle hashes of each text, one text after the other; `ends[i]` is where text i's
 * end. `values` needs room for two hashes a byte and one a text. */
EXPORT int curate_sets(const Tables *t, const uint8_t *data, const int64_t *offsets, int64_t rows,
                       int32_t unit, int32_t ngram, uint64_t *values, int64_t *ends) {
    Scratch s;
    int64_t used = 0;
    if (scratch_make(&s, offsets, rows)) return -1;
    for (int64_t row = 0; row < rows; row++) {
        const uint8_t *text = data + offsets[row];
        size_t found = tokenise(t, text, (size_t)(offsets[row + 1] - offsets[row]), unit, &s);
        size_t count = shingle(found, (size_t)ngram, &s), mask = table_mask(count);
        memset(s.table, 0, (mask + 1) * sizeof *s.table);
        for (size_t i = 0; i < count; i++) {
            if (table_add(s.table, mask, s.shingles[i])) values[used++] = s.shingles[i];
        }
        ends[row] = used;
    }
    scratch_free(&s);
    return 0;
}

/* The token hashes of each text, laid out as in curate_sets. */
EXPORT int curate_tokens(const Tables *t, const uint8_t *data, const int64_t *offsets, int64_t rows,
                         int32_t unit, uint64_t *values, int64_t *ends, uint8_t *characters) {
    Scratch s;
    int64_t used = 0;
    if (scratch_make(&s, offsets, rows)) return -1;
    for (int64_t row = 0; row < rows; row++) {
        const uint8_t *text = data + offsets[row];
        size_t found = tokenise(t, text, (size_t)(offsets[row + 1] - offsets[row]), unit, &s);
        memcpy(values + used, s.hashes, found * sizeof *values);
        used += (int64_t)found;
        ends[row] = used;
        characters[row] = (uint8_t)s.characters;
    }
    scratch_free(&s);
    return 0;
}

/* ---- candidates ------------------------------------------------------------------------------ */

static inline uint32_t root_of(uint32_t *parents, uint32_t i) {
    while (parents[i] != i) {
        parents[i] = parents[parents[i]];
        i = parents[i];
    }
    return i;
}

static inline void join(uint32_t *parents, uint32_t i, uint32_t j) {
    i = root_of(parents, i);
    j = root_of(parents, j);
    if (i < j) parents[j] = i;
    else parents[i] = j;
}

/* Join, in `parents`, the ranks that have the same key; roots are the smallest ranks. */
EXPORT int curate_link(const uint32_t *keys, int64_t count, uint32_t *parents) {
    size_t slots = 16;
    while (slots < 2 * (size_t)count) slots *= 2;
    uint64_t *table = calloc(slots, sizeof *table); /* key in the upper half, rank + 1 below */
    if (!table) return -1;
    for (int64_t rank = 0; rank < count; rank++) {
        uint32_t key = keys[rank];
        size_t at = key & (slots - 1);
        while (table[at] && (uint32_t)(table[at] >> 32) != key) at = (at + 1) & (slots - 1);
        if (table[at]) join(parents, (uint32_t)table[at] - 1, (uint32_t)rank);
        else table[at] = (uint64_t)key << 32 | (uint64_t)(rank + 1);
    }
    free(table);
    return 0;
}

/* ---- clusters -------------------------------------------------------------------------------- */

enum { REPRESENTATIVE = 0, SINGLE = 1, MATCH = 2 };
enum { MEMBERS_TRIED = 64 }; /* see curate/clusters.py */
#define NONE UINT32_MAX

typedef struct {
    uint64_t key;  /* band in the upper half, key below; all ones marks a free slot */
    uint32_t head; /* first entry of the bucket */
} Slot;

typedef struct {
    uint32_t member; /* the row; of a list of rows, its first */
    uint32_t newest; /* single linkage: the latest entry of this list of rows */
    uint32_t next;   /* the next entry of the bucket (single linkage: the next list, or row) */
} Entry;

typedef struct {
    const uint32_t *keys;
    const uint64_t *values;
    const int64_t *offsets;
    int64_t bands;
    double threshold;
    uint64_t *table; /* the shingles of row `tabled` */
    size_t mask;
    uint32_t tabled;
    Slot *slots;
    size_t slot_mask;
    Entry *entries;
    uint32_t used;
    uint32_t *seen, *parents; /* by row, counted from the start of the group */
    int64_t compared;
} Work;

/* The exact similarity of rows i and j; 0 as soon as it must stay below `least`. */
static double similarity_of(Work *w, uint32_t i, uint32_t j, double least) {
    size_t left = (size_t)(w->offsets[i + 1] - w->offsets[i]);
    size_t right = (size_t)(w->offsets[j + 1] - w->offsets[j]);
    size_t small = left < right ? left : right, large = left < right ? right : left;
    if ((double)small / (double)large < least) return 0.0;
    w->compared++;
    if (w->tabled != i) {
        w->mask = table_mask(left);
        memset(w->table, 0, (w->mask + 1) * sizeof *w->table);
        for (int64_t k = w->offsets[i]; k < w->offsets[i + 1]; k++) table_add(w->table, w->mask, w->values[k]);
        w->tabled = i;
    }
    /* inter / (left + right - inter) >= least needs this many in common; one less is asked for,
     * so that rounding never decides: the division below does. */
    double needed = least * (double)(left + right) / (1.0 + least) - 1.0;
    size_t misses = needed < (double)right ? right - (needed > 0 ? (size_t)needed : 0) : 0;
    size_t common = 0, missed = 0;
    const uint64_t *values = w->values + w->offsets[j];
    for (size_t k = 0; k < right; k++) {
        if (table_has(w->table, w->mask, values[k])) common++;
        else if (++missed > misses) return 0.0;
    }
    double value = (double)common / (double)(left + right - common);
    return value >= least ? value : 0.0;
}

static Slot *slot_of(Work *w, uint64_t band, uint32_t key) {
    uint64_t wanted = band << 32 | key;
    size_t at = (size_t)mix(wanted) & w->slot_mask;
    while (w->slots[at].key != wanted && w->slots[at].key != UINT64_MAX) at = (at + 1) & w->slot_mask;
    if (w->slots[at].key == UINT64_MAX) {
        w->slots[at].key = wanted;
        w->slots[at].head = NONE;
    }
    return &w->slots[at];
}

static uint32_t entry(Work *w, uint32_t member, uint32_t newest, uint32_t next) {
    w->entries[w->used] = (Entry){member, newest, next};
    return w->used++;
}

static void representatives(Work *w, uint32_t start, uint32_t stop, uint32_t first_free,
                            uint32_t last_kept, int32_t *keeper, double *similarity) {
    for (uint32_t i = start; i < stop; i++) {
        const uint32_t *keys = w->keys + (int64_t)i * w->bands;
        uint32_t best = NONE;
        double most = 0.0;
        for (int64_t band = 0; i >= first_free && band < w->bands; band++) {
            for (uint32_t e = slot_of(w, (uint64_t)band, keys[band])->head; e != NONE; e = w->entries[e].next) {
                uint32_t j = w->entries[e].member;
                if (w->seen[j - start] == i - start) continue;
                w->seen[j - start] = i - start;
                double value = similarity_of(w, i, j, w->threshold);
                if (value > most || (value == most && most > 0.0 && j < best)) {
                    best = j;
                    most = value;
                }
            }
        }
        if (best != NONE) {
            keeper[i] = (int32_t)best;
            similarity[i] = most;
        } else if (i < last_kept) {
            for (int64_t band = 0; band < w->bands; band++) {
                Slot *slot = slot_of(w, (uint64_t)band, keys[band]);
                slot->head = entry(w, i, NONE, slot->head);
            }
        }
    }
}

static void note_link(uint32_t i, uint32_t j, double value, int32_t *link, double *link_similarity) {
    if (link[i] == (int32_t)i || value > link_similarity[i]) {
        link[i] = (int32_t)j;
        link_similarity[i] = value;
    }
}

/* A bucket is a chain of lists, one for each cluster that met it; a list is a chain of rows. */
static void single(Work *w, uint32_t start, uint32_t stop, int32_t *keeper, double *similarity,
                   int32_t *link, double *link_similarity) {
    uint32_t *parents = w->parents;
    for (uint32_t i = start; i < stop; i++) parents[i - start] = i - start;
    for (uint32_t i = start; i < stop; i++) {
        const uint32_t *keys = w->keys + (int64_t)i * w->bands;
        for (int64_t band = 0; band < w->bands; band++) {
            uint32_t list = slot_of(w, (uint64_t)band, keys[band])->head;
            for (; list != NONE; list = w->entries[list].next) {
                if (root_of(parents, w->entries[list].member - start) == root_of(parents, i - start)) continue;
                int tried = 0;
                for (uint32_t e = w->entries[list].newest; e != NONE && tried < MEMBERS_TRIED;
                     e = w->entries[e].next, tried++) {
                    uint32_t j = w->entries[e].member;
                    if (w->seen[j - start] == i - start) continue;
                    w->seen[j - start] = i - start;
                    double value = similarity_of(w, i, j, w->threshold);
                    if (value > 0.0) {
                        note_link(i, j, value, link, link_similarity);
                        note_link(j, i, value, link, link_similarity);
                        join(parents, i - start, j - start);
                        break;
                    }
                }
            }
        }
        for (int64_t band = 0; band < w->bands; band++) {
            Slot *slot = slot_of(w, (uint64_t)band, keys[band]);
            uint32_t list = slot->head, last = NONE;
            for (; list != NONE; last = list, list = w->entries[list].next) {
                if (root_of(parents, w->entries[list].member - start) == root_of(parents, i - start)) break;
            }
            if (list != NONE) {
                w->entries[list].newest = entry(w, i, NONE, w->entries[list].newest);
            } else {
                uint32_t made = entry(w, i, entry(w, i, NONE, NONE), NONE);
                if (last == NONE) slot->head = made;
                else w->entries[last].next = made;
            }
        }
    }
    for (uint32_t i = start; i < stop; i++) {
        uint32_t root = root_of(parents, i - start) + start;
        keeper[i] = (int32_t)root;
        if (root != i) similarity[i] = similarity_of(w, i, root, 0.0);
    }
}

static void work_free(Work *w) {
    free(w->table);
    free(w->slots);
    free(w->entries);
    free(w->seen);
    free(w->parents);
}

static int work_make(Work *w, const int64_t *groups, int64_t count) {
    size_t widest = 1, members = 1, slots = 16;
    for (int64_t g = 0; g < count; g++) {
        size_t size = (size_t)(groups[g + 1] - groups[g]);
        if (size > members) members = size;
    }
    for (int64_t row = 0; count && row < groups[count]; row++) {
        size_t size = (size_t)(w->offsets[row + 1] - w->offsets[row]);
        if (size > widest) widest = size;
    }
    while (slots < 2 * members * (size_t)w->bands) slots *= 2;
    w->slot_mask = slots - 1;
    w->table = malloc((table_mask(widest) + 1) * sizeof *w->table);
    w->slots = malloc(slots * sizeof *w->slots);
    w->entries = malloc(2 * members * (size_t)w->bands * sizeof *w->entries);
    w->seen = malloc(members * sizeof *w->seen);
    w->parents = malloc(members * sizeof *w->parents);
    w->tabled = NONE;
    w->compared = 0;
    if (w->table && w->slots && w->entries && w->seen && w->parents) return 0;
    work_free(w);
    return -1;
}

/* Decide `count` groups; the arguments are those of curate.clusters.cluster. The result arrays come
 * filled with "everyone is kept". */
EXPORT int curate_cluster(const uint32_t *keys, int64_t bands, const uint64_t *values,
                          const int64_t *offsets, const int64_t *groups, const int64_t *references,
                          int64_t count, double threshold, int32_t mode, int32_t *keeper,
                          double *similarity, int32_t *link, double *link_similarity,
                          int64_t *compared) {
    Work w = {.keys = keys, .values = values, .offsets = offsets, .bands = bands, .threshold = threshold};
    size_t all_slots;
    if (work_make(&w, groups, count)) return -1;
    all_slots = w.slot_mask;
    for (int64_t g = 0; g < count; g++) {
        uint32_t start = (uint32_t)groups[g], stop = (uint32_t)groups[g + 1];
        uint32_t first_free = start + (uint32_t)references[g];
        size_t slots = 16;
        while (slots < 2 * (size_t)(stop - start) * (size_t)bands) slots *= 2;
        w.slot_mask = slots - 1 < all_slots ? slots - 1 : all_slots;
        memset(w.slots, 0xFF, (w.slot_mask + 1) * sizeof *w.slots);
        memset(w.seen, 0xFF, (size_t)(stop - start) * sizeof *w.seen);
        w.used = 0;
        if (mode == SINGLE) single(&w, start, stop, keeper, similarity, link, link_similarity);
        else representatives(&w, start, stop, first_free, mode == MATCH ? first_free : stop, keeper, similarity);
    }
    *compared = w.compared;
    work_free(&w);
    return 0;
}

/* ---- containment ----------------------------------------------------------------------------- */

enum { SEED = 3 }; /* see curate/containment.py */

/* Sellers' dynamic programme: the least edits from `wanted` to a stretch of `text`. */
static int32_t least_edits(const uint64_t *wanted, size_t size, const uint64_t *text, size_t length,
                           int32_t *column) {
    int32_t best = (int32_t)size;
    for (size_t j = 0; j <= size; j++) column[j] = (int32_t)j;
    for (size_t i = 0; i < length; i++) {
        int32_t diagonal = 0; /* column[j - 1] of the token before */
        for (size_t j = 1; j <= size; j++) {
            int32_t value = diagonal + (wanted[j - 1] != text[i]);
            diagonal = column[j];
            if (diagonal + 1 < value) value = diagonal + 1;
            if (column[j - 1] + 1 < value) value = column[j - 1] + 1;
            column[j] = value;
        }
        if (column[size] < best) best = column[size];
    }
    return best;
}

/* For each text, the reference contained most (-1 for none) and to which degree. The arrays are
 * those of curate.containment.References; `keys` and `indices` are its table. */
EXPORT int curate_contained(const uint64_t *tokens, const int64_t *offsets, const uint8_t *characters,
                            int64_t rows, const uint64_t *wanted, const int64_t *wanted_offsets,
                            int64_t references, const uint64_t *keys, const int32_t *indices,
                            int64_t slots, int64_t seeds, const int64_t *starts,
                            const int32_t *owners, const int32_t *needed, double containment,
                            int32_t *best, double *degree) {
    size_t mask = (size_t)slots - 1, longest = 0;
    for (int64_t r = 0; r < references; r++) {
        size_t size = (size_t)(wanted_offsets[r + 1] - wanted_offsets[r]);
        if (size > longest) longest = size;
    }
    int64_t *seen = malloc(((size_t)seeds + 1) * sizeof *seen);           /* seed: last row + 1 */
    int64_t *met_by = malloc(((size_t)references + 1) * sizeof *met_by);  /* reference: last row + 1 */
    int32_t *met = malloc(((size_t)references + 1) * sizeof *met);        /* reference: seeds met */
    int32_t *column = malloc((longest + 1) * sizeof *column);
    int status = seen && met_by && met && column ? 0 : -1;
    if (status == 0) {
        memset(seen, 0, ((size_t)seeds + 1) * sizeof *seen);
        memset(met_by, 0, ((size_t)references + 1) * sizeof *met_by);
    }
    for (int64_t row = 0; status == 0 && row < rows; row++) {
        const uint64_t *text = tokens + offsets[row];
        size_t length = (size_t)(offsets[row + 1] - offsets[row]);
        uint64_t tag = SEED * POSITION + (characters[row] ? CHAR_TAG : 0);
        best[row] = -1;
        degree[row] = 0.0;
        for (size_t i = 0; i + SEED <= length; i++) {
            uint64_t seed = mix((text[i] * POLYNOMIAL + text[i + 1]) * POLYNOMIAL + text[i + 2] + tag);
            size_t at = (size_t)seed & mask;
            while (indices[at] >= 0 && keys[at] != seed) at = (at + 1) & mask;
            int32_t index = indices[at];
            if (index < 0 || seen[index] == row + 1) continue;
            seen[index] = row + 1;
            for (int64_t k = starts[index]; k < starts[index + 1]; k++) {
                int32_t r = owners[k];
                if (met_by[r] != row + 1) {
                    met_by[r] = row + 1;
                    met[r] = 0;
                }
                if (++met[r] != needed[r]) continue;
                size_t size = (size_t)(wanted_offsets[r + 1] - wanted_offsets[r]);
                int32_t edits = least_edits(wanted + wanted_offsets[r], size, text, length, column);
                double value = 1.0 - (double)edits / (double)size;
                if (value >= containment && (value > degree[row] || (value == degree[row] && r < best[row]))) {
                    best[row] = r;
                    degree[row] = value;
                }
            }
        }
    }
    free(seen);
    free(met_by);
    free(met);
    free(column);
    return status;
}
