/* Which texts contain a reference in all but a few words.
 *
 * curate/containment.py is the definition (see _minhash.c).
 */
#include "_kernel.h"

#include <stdlib.h>

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
