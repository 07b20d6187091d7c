/* Candidates and verdicts: texts that share band keys, exact similarity, containment.
 *
 * curate/candidates.py, clusters.py and containment.py are the definition (see _minhash.c).
 */
#include "_kernel.h"

#include <stdlib.h>

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
enum { FEW_MEMBERS = 512 };  /* in a group of so many it is cheap to meet everyone of a bucket */
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

/* ---- large groups ---- */

/* Rows made from one template share band keys with nearly everyone, so that buckets would cost n².
 * But two rows within the threshold also share one of their rarest shingles: of the shingles of a row,
 * in an order that is the same for all, all but `threshold` times their number, and one more. Rows
 * are met by these, and compared where they share a band key too: the answer is that of the buckets. */

typedef struct {
    uint32_t count; /* how often the shingle stands in the group, or more where counters are shared */
    uint64_t value;
} Shingle;

typedef struct {
    uint32_t member, next;
} Meeting;

enum { MOST_COUNTERS = 1 << 22, MOST_HEADS = 1 << 26 };

static int by_rarity(const void *left, const void *right) {
    const Shingle *a = left, *b = right;
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    return a->value < b->value ? -1 : a->value > b->value;
}

static size_t rarest(const Work *w, uint32_t row) {
    size_t size = (size_t)(w->offsets[row + 1] - w->offsets[row]);
    size_t left = size + 1 - (size_t)(w->threshold * (double)size * (1.0 - 1e-9));
    return left < size ? left : size;
}

static int share_a_band(const Work *w, uint32_t i, uint32_t j) {
    const uint32_t *left = w->keys + (int64_t)i * w->bands, *right = w->keys + (int64_t)j * w->bands;
    for (int64_t band = 0; band < w->bands; band++) {
        if (left[band] == right[band]) return 1;
    }
    return 0;
}

static size_t power_of_two(size_t least, size_t most) {
    size_t size = 16;
    while (size < least && size < most) size *= 2;
    return size;
}

/* As `representatives`; -1 without memory. */
static int many_representatives(Work *w, uint32_t start, uint32_t stop, uint32_t first_free,
                                uint32_t last_kept, int32_t *keeper, double *similarity) {
    size_t shingles = (size_t)(w->offsets[stop] - w->offsets[start]), meetings = 1, widest = 1;
    for (uint32_t i = start; i < stop; i++) {
        size_t size = (size_t)(w->offsets[i + 1] - w->offsets[i]);
        meetings += rarest(w, i);
        if (size > widest) widest = size;
    }
    size_t counters = power_of_two(shingles, MOST_COUNTERS), heads = power_of_two(meetings, MOST_HEADS);
    uint32_t *counts = calloc(counters, sizeof *counts), *first = malloc(heads * sizeof *first);
    Meeting *met = malloc(meetings * sizeof *met);
    Shingle *own = malloc(widest * sizeof *own);
    int status = counts && first && met && own ? 0 : -1;
    uint32_t used = 0;
    if (status == 0) {
        memset(first, 0xFF, heads * sizeof *first);
        for (int64_t k = w->offsets[start]; k < w->offsets[stop]; k++) counts[mix(w->values[k]) & (counters - 1)]++;
    }
    for (uint32_t i = start; status == 0 && i < stop; i++) {
        size_t size = (size_t)(w->offsets[i + 1] - w->offsets[i]), asked = rarest(w, i);
        for (size_t k = 0; k < size; k++) {
            uint64_t value = w->values[w->offsets[i] + (int64_t)k];
            own[k] = (Shingle){counts[mix(value) & (counters - 1)], value};
        }
        qsort(own, size, sizeof *own, by_rarity);
        uint32_t best = NONE;
        double most = 0.0;
        for (size_t k = 0; i >= first_free && k < asked; k++) {
            for (uint32_t e = first[mix(own[k].value) & (heads - 1)]; e != NONE; e = met[e].next) {
                uint32_t j = met[e].member;
                if (w->seen[j - start] == i - start) continue;
                w->seen[j - start] = i - start;
                double value = share_a_band(w, i, j) ? similarity_of(w, i, j, w->threshold) : 0.0;
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
            for (size_t k = 0; k < asked; k++) {
                uint32_t *head = &first[mix(own[k].value) & (heads - 1)];
                met[used] = (Meeting){i, *head};
                *head = used++;
            }
        }
    }
    free(counts);
    free(first);
    free(met);
    free(own);
    return status;
}

static int by_buckets(int64_t size, int32_t mode) {
    return mode == SINGLE || size <= FEW_MEMBERS;
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

static int work_make(Work *w, const int64_t *groups, int64_t count, int32_t mode) {
    size_t widest = 1, members = 1, in_buckets = 1, slots = 16;
    for (int64_t g = 0; g < count; g++) {
        size_t size = (size_t)(groups[g + 1] - groups[g]);
        if (size > members) members = size;
        if (size > in_buckets && by_buckets((int64_t)size, mode)) in_buckets = size;
    }
    for (int64_t row = 0; count && row < groups[count]; row++) {
        size_t size = (size_t)(w->offsets[row + 1] - w->offsets[row]);
        if (size > widest) widest = size;
    }
    while (slots < 2 * in_buckets * (size_t)w->bands) slots *= 2;
    w->slot_mask = slots - 1;
    w->table = malloc((table_mask(widest) + 1) * sizeof *w->table);
    w->slots = malloc(slots * sizeof *w->slots);
    w->entries = malloc(2 * in_buckets * (size_t)w->bands * sizeof *w->entries);
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
    if (work_make(&w, groups, count, mode)) return -1;
    all_slots = w.slot_mask;
    for (int64_t g = 0; g < count; g++) {
        uint32_t start = (uint32_t)groups[g], stop = (uint32_t)groups[g + 1];
        uint32_t first_free = start + (uint32_t)references[g], last_kept = mode == MATCH ? first_free : stop;
        memset(w.seen, 0xFF, (size_t)(stop - start) * sizeof *w.seen);
        if (!by_buckets(stop - start, mode)) {
            if (many_representatives(&w, start, stop, first_free, last_kept, keeper, similarity)) {
                work_free(&w);
                return -1;
            }
            continue;
        }
        size_t slots = 16;
        while (slots < 2 * (size_t)(stop - start) * (size_t)bands) slots *= 2;
        w.slot_mask = slots - 1 < all_slots ? slots - 1 : all_slots;
        memset(w.slots, 0xFF, (w.slot_mask + 1) * sizeof *w.slots);
        w.used = 0;
        if (mode == SINGLE) single(&w, start, stop, keeper, similarity, link, link_similarity);
        else representatives(&w, start, stop, first_free, last_kept, keeper, similarity);
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
