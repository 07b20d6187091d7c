/* Which rows hold the marks (_screen.c) that rules ask for: for many masks in one pass over the marks.
 *
 * curate/screening.py is the definition.
 */
#include "_kernel.h"

#define ROWS 1024 /* of them, the marks of all columns fit into a core's cache */

/* The marks of a column: word w of row i stands at words[w * step + i * stride]. */
typedef struct {
    const uint64_t *words;
    int64_t step, stride;
} Marks;

/* A column's words with all of the marks in `want`. */
typedef struct {
    uint64_t want;
    int32_t column, word;
} Term;

/* Flags are all bits of a word or none, as vectors of them are compared. Keeps what holds a term, of rows first to first + rows, or, where `at` is given, at[first] and so on. */
CLONES static void keep(const uint64_t *words, int64_t stride, const uint32_t *at, int64_t first, int64_t rows, uint64_t want,
                        uint64_t *kept) {
    if (at) {
        for (int64_t i = 0; i < rows; i++) kept[i] &= -(uint64_t)((words[at[first + i] * stride] & want) == want);
    } else if (stride == 1) {
        for (int64_t i = 0; i < rows; i++) kept[i] &= -(uint64_t)((words[first + i] & want) == want);
    } else {
        for (int64_t i = 0; i < rows; i++) kept[i] &= -(uint64_t)((words[(first + i) * stride] & want) == want);
    }
}

CLONES static void add(uint64_t *found, const uint64_t *kept, int64_t rows) {
    for (int64_t i = 0; i < rows; i++) found[i] |= kept[i];
}

/* The places of the flags that are set, from `first` on; how many there are. */
static int64_t places(const uint64_t *flags, int64_t rows, uint32_t first, uint32_t *out) {
    int64_t count = 0, i = 0;
    for (; i + 4 <= rows; i += 4) {
        if (!(flags[i] | flags[i + 1] | flags[i + 2] | flags[i + 3])) continue;
        for (int64_t k = i; k < i + 4; k++) {
            out[count] = first + (uint32_t)k;
            count += (int64_t)(flags[k] & 1);
        }
    }
    for (; i < rows; i++) {
        out[count] = first + (uint32_t)i;
        count += (int64_t)(flags[i] & 1);
    }
    return count;
}

/* Way w is the terms from term_ends[w - 1] to term_ends[w], all of which must hold, and mask m the ways from
 * way_ends[m - 1] to way_ends[m], one of which must. found[m * (rows + 1)] on: where mask m is fulfilled, ascending; counts[m] of them. With `at`, the rows looked at are
 * these rows of the columns, and what is found are places in it. */
EXPORT void curate_candidates(const Marks *columns, const Term *terms, const int32_t *term_ends, const int32_t *way_ends,
                              int64_t masks, const uint32_t *at, int64_t rows, uint32_t *found, int64_t *counts) {
    uint64_t any[ROWS], kept[ROWS];
    memset(counts, 0, (size_t)masks * sizeof *counts);
    for (int64_t first = 0; first < rows; first += ROWS) {
        int64_t here = rows - first < ROWS ? rows - first : ROWS;
        for (int64_t m = 0; m < masks; m++) {
            memset(any, 0, (size_t)here * sizeof *any);
            for (int32_t w = m ? way_ends[m - 1] : 0; w < way_ends[m]; w++) {
                memset(kept, 0xFF, (size_t)here * sizeof *kept);
                for (int32_t t = w ? term_ends[w - 1] : 0; t < term_ends[w]; t++) {
                    const Marks *marks = &columns[terms[t].column];
                    keep(marks->words + terms[t].word * marks->step, marks->stride, at, first, here, terms[t].want, kept);
                }
                add(any, kept, here);
            }
            counts[m] += places(any, here, (uint32_t)first, found + m * (rows + 1) + counts[m]);
        }
    }
}

/* at[i]: where rows[i] stands among the known ones; both ascend. Returns how many of them are not there. */
EXPORT int64_t curate_places(const uint32_t *known, int64_t count, const uint32_t *rows, int64_t asked, uint32_t *at) {
    int64_t k = 0, missing = 0;
    for (int64_t i = 0; i < asked; i++) {
        while (k < count && known[k] < rows[i]) k++;
        at[i] = (uint32_t)k;
        missing += k == count || known[k] != rows[i];
    }
    return missing;
}
