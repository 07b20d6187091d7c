/* What the files of the kernel share: compilers, hashing, blocks of 64 bytes, tables of hashes.
 *
 * Plain C11 without Python's API. SSE2 is part of every x86-64 processor and is used as it is; other
 * machines take the portable way, with the same results.
 */
#ifndef CURATE_KERNEL_H
#define CURATE_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

/* On x86-64 with glibc the loader picks the clone that fits the processor. */
#if defined(__has_attribute)
#if defined(__x86_64__) && defined(__gnu_linux__) && __has_attribute(target_clones)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif
#ifndef CLONES
#define CLONES
#endif

/* For a function with an argument that is constant at each call. */
#if defined(__GNUC__)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE static inline
#endif

#define TOKEN_SEED 0x9AE16A3B2F90404Full
#define POLYNOMIAL 0x9E3779B97F4A7C15ull
#define POSITION 0xD6E8FEB86659FD93ull
#define CHAR_TAG 0x5851F42D4C957F2Dull
#define BLOCK 64 /* bytes looked at together, one bit each */

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

static inline uint8_t *put_utf8(uint32_t c, uint8_t *out) {
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

/* ---- tables of hashes ------------------------------------------------------------------------ */

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

static inline size_t table_mask(size_t count) {
    size_t slots = 8;
    while (slots < 2 * count) slots *= 2;
    return slots - 1;
}

/* ---- lines of JSON (_extract.c) -------------------------------------------------------------- */

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

/* More than a line's bytes that its text may take. */
enum { LINE_ROOM = 16 };

/* The text of one line, written to `out`; returns its end, NULL where Python must look at the line.
 * `likely` remembers the shape of the line before. */
uint8_t *curate_line_text(const Shapes *shapes, const uint8_t *line, const uint8_t *end,
                          int64_t *likely, uint8_t *out);

#endif
