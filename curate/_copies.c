/* How near two rows are word by word: what they have in common, and whether few edits lead from one to the
 * other.
 *
 * curate/copies.py is the definition.
 */
#include "_kernel.h"

#include <stdlib.h>

typedef struct {
    const uint64_t *words;
    int64_t size;
} Words;

static Words words_of(const uint64_t *values, const int64_t *offsets, int64_t row) {
    return (Words){values + offsets[row], offsets[row + 1] - offsets[row]};
}

/* The words that two rows have in common, and those that one of them has, each counted once. */
static void overlap(Words left, Words right, uint64_t *table, uint64_t *seen, int64_t *common, int64_t *either) {
    size_t mask = table_mask((size_t)left.size), seen_mask = table_mask((size_t)right.size);
    memset(table, 0, (mask + 1) * sizeof *table);
    memset(seen, 0, (seen_mask + 1) * sizeof *seen);
    *common = *either = 0;
    for (int64_t i = 0; i < left.size; i++) *either += table_add(table, mask, left.words[i]);
    for (int64_t i = 0; i < right.size; i++) {
        if (!table_add(seen, seen_mask, right.words[i])) continue;
        if (table_has(table, mask, right.words[i])) ++*common;
        else ++*either;
    }
}

/* common[k], either[k]: of the words of rows left[k] and right[k]. -1: without memory. */
EXPORT int curate_overlaps(const uint64_t *values, const int64_t *offsets, const int64_t *left,
                           const int64_t *right, int64_t pairs, int64_t *common, int64_t *either) {
    int64_t widest = 1;
    for (int64_t k = 0; k < pairs; k++) {
        int64_t one = words_of(values, offsets, left[k]).size, other = words_of(values, offsets, right[k]).size;
        if (one > widest) widest = one;
        if (other > widest) widest = other;
    }
    size_t slots = table_mask((size_t)widest) + 1;
    uint64_t *tables = malloc(2 * slots * sizeof *tables);
    if (!tables) return -1;
    for (int64_t k = 0; k < pairs; k++) {
        overlap(words_of(values, offsets, left[k]), words_of(values, offsets, right[k]), tables, tables + slots,
                common + k, either + k);
    }
    free(tables);
    return 0;
}

/* Furthest[k]: how far one comes in the left row, on diagonal k (right minus left place), with so many edits;
 * where two neighbours are swapped this is one edit (Ukkonen 1985, Berghel and Roach 1996). */
static int within(Words left, Words right, int64_t allowed, int64_t *before, int64_t *now) {
    while (left.size && right.size && left.words[0] == right.words[0]) {
        left.words++, right.words++;
        left.size--, right.size--;
    }
    while (left.size && right.size && left.words[left.size - 1] == right.words[right.size - 1]) {
        left.size--, right.size--;
    }
    int64_t goal = right.size - left.size;
    if (goal > allowed || -goal > allowed) return 0;
    /* Diagonal k stands at k + allowed + 1; those not reached yet are far behind. */
    int64_t middle = allowed + 1;
    for (int64_t k = 0; k < 2 * allowed + 3; k++) before[k] = now[k] = -2;
    for (int64_t edits = 0; edits <= allowed; edits++) {
        for (int64_t k = -edits; k <= edits; k++) {
            int64_t at = edits ? before[middle + k] + 1 : 0;
            if (edits) {
                int64_t same = before[middle + k], inserted = before[middle + k - 1];
                if (before[middle + k + 1] + 1 > at) at = before[middle + k + 1] + 1;
                if (inserted > at) at = inserted;
                if (same >= 0 && same + 1 < left.size && same + k + 1 < right.size && same + k >= 0 &&
                    left.words[same] == right.words[same + k + 1] &&
                    left.words[same + 1] == right.words[same + k] && same + 2 > at)
                    at = same + 2;
            }
            if (at > left.size) at = left.size;
            if (at + k > right.size) at = right.size - k;
            if (at < 0 || at + k < 0) {
                now[middle + k] = -2;
                continue;
            }
            while (at < left.size && at + k < right.size && left.words[at] == right.words[at + k]) at++;
            now[middle + k] = at;
            if (k == goal && at == left.size) return 1;
        }
        int64_t *swap = before;
        before = now;
        now = swap;
    }
    return 0;
}

/* near[k]: whether at most allowed[k] edits lead from row left[k] to row right[k]. -1: without memory. */
EXPORT int curate_within_edits(const uint64_t *values, const int64_t *offsets, const int64_t *left,
                               const int64_t *right, const int64_t *allowed, int64_t pairs, uint8_t *near) {
    int64_t most = 0;
    for (int64_t k = 0; k < pairs; k++) {
        if (allowed[k] > most) most = allowed[k];
    }
    int64_t *reached = malloc((size_t)(4 * most + 6) * sizeof *reached);
    if (!reached) return -1;
    for (int64_t k = 0; k < pairs; k++) {
        near[k] = (uint8_t)within(words_of(values, offsets, left[k]), words_of(values, offsets, right[k]),
                                  allowed[k], reached, reached + 2 * most + 3);
    }
    free(reached);
    return 0;
}
