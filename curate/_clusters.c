/* Candidates and verdicts: texts that share band keys, exact similarity.
 *
 * curate/candidates.py and clusters.py are the definition (see _minhash.c).
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
 * But rows of x and y shingles within the threshold have t / (1 + t) · (x + y) of them in common, c say, and so
 * share one of the x - c + 1 rarest of the one and the y - c + 1 rarest of the other, in an order that is the
 * same for all (Bayardo et al. 2007, Xiao et al. 2008). Rows are met by these, and compared where they share a
 * band key too: the answer is that of the buckets. Rows wait by shingle and by size, since what is asked for
 * depends on both sizes: what all rows of a template share is then not among it. */

typedef struct {
    uint32_t count; /* how often the shingle stands in the group, or more where counters are shared */
    uint64_t value;
} Shingle;

typedef struct {
    uint32_t member, next;
} Meeting;

typedef struct {
    uint32_t *counts, *first;
    uint64_t *waiting; /* of which sizes rows wait at a shingle: bit c % 64 for size class c */
    Meeting *met;
    Shingle *own;
    size_t counters, heads, used;
    double *least; /* the smallest size of each class */
    size_t *asked; /* how many of the rarest shingles are asked for, for each class of the others' size */
    size_t classes, low, high; /* only classes from low to high (exclusive) can be within the threshold */
} Meetings;

enum { MOST_COUNTERS = 1 << 22, MOST_HEADS = 1 << 23, EXACT_SIZES = 256 };

/* The size at which the next class begins: a row more or less may decide whether all of a template meet. */
static double next_class(double size) {
    return size < EXACT_SIZES ? size + 1.0 : size * (1.0 + 1.0 / EXACT_SIZES);
}

static int by_rarity(const void *left, const void *right) {
    const Shingle *a = left, *b = right;
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    return a->value < b->value ? -1 : a->value > b->value;
}

/* How many of its rarest shingles a row must be met by, whatever the size of the other. */
static size_t rarest(const Work *w, uint32_t row) {
    size_t size = (size_t)(w->offsets[row + 1] - w->offsets[row]);
    size_t left = size + 1 - (size_t)(w->threshold * (double)size * (1.0 - 1e-9));
    return left < size ? left : size;
}

static size_t class_of(const Meetings *m, size_t size) {
    size_t low = 0, high = m->classes;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (m->least[middle] <= (double)size) low = middle;
        else high = middle;
    }
    return low;
}

/* Of a row of `size` shingles: what is asked for. */
static void ask(Meetings *m, double threshold, size_t size) {
    double smallest = threshold * (double)size * (1.0 - 1e-9), largest = (double)size / threshold * (1.0 + 1e-9);
    m->low = m->high = class_of(m, (size_t)smallest);
    for (; m->high < m->classes && m->least[m->high] <= largest; m->high++) {
        double other = m->least[m->high] > smallest ? m->least[m->high] : smallest;
        double common = threshold / (1.0 + threshold) * ((double)size + other) * (1.0 - 1e-9) - 1e-9;
        size_t whole = common > 0.0 ? (size_t)common : 0, asked = size + ((double)whole < common ? 0 : 1) - whole;
        m->asked[m->high] = asked < size ? asked : size;
    }
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

static void meetings_free(Meetings *m) {
    free(m->counts);
    free(m->first);
    free(m->waiting);
    free(m->met);
    free(m->own);
    free(m->least);
    free(m->asked);
}

/* -1 without memory. */
static int meetings_make(Meetings *m, const Work *w, uint32_t start, uint32_t stop) {
    size_t shingles = (size_t)(w->offsets[stop] - w->offsets[start]), meetings = 1, widest = 1;
    for (uint32_t i = start; i < stop; i++) {
        size_t size = (size_t)(w->offsets[i + 1] - w->offsets[i]);
        meetings += rarest(w, i);
        if (size > widest) widest = size;
    }
    *m = (Meetings){.counters = power_of_two(shingles, MOST_COUNTERS), .heads = power_of_two(meetings, MOST_HEADS)};
    for (double size = 0.0; size <= (double)widest; size = next_class(size)) m->classes++;
    m->counts = calloc(m->counters, sizeof *m->counts);
    m->first = malloc(m->heads * sizeof *m->first);
    m->waiting = calloc(m->heads, sizeof *m->waiting);
    m->met = malloc(meetings * sizeof *m->met);
    m->own = malloc(widest * sizeof *m->own);
    m->least = malloc(m->classes * sizeof *m->least);
    m->asked = malloc(m->classes * sizeof *m->asked);
    if (!m->counts || !m->first || !m->waiting || !m->met || !m->own || !m->least || !m->asked) return -1;
    memset(m->first, 0xFF, m->heads * sizeof *m->first);
    double size = 0.0;
    for (size_t c = 0; c < m->classes; c++, size = next_class(size)) m->least[c] = size;
    for (int64_t k = w->offsets[start]; k < w->offsets[stop]; k++) m->counts[mix(w->values[k]) & (m->counters - 1)]++;
    return 0;
}

/* Where rows of a size class wait at a shingle. */
static size_t head_of(const Meetings *m, uint64_t value, size_t class) {
    return (size_t)mix(value + class * POSITION) & (m->heads - 1);
}

/* Compare row i with those that wait at a shingle, of one size class. */
static void meet(Work *w, const Meetings *m, uint32_t start, uint32_t i, size_t head, uint32_t *best, double *most) {
    for (uint32_t e = m->first[head]; e != NONE; e = m->met[e].next) {
        uint32_t j = m->met[e].member;
        if (w->seen[j - start] == i - start) continue;
        w->seen[j - start] = i - start;
        double value = share_a_band(w, i, j) ? similarity_of(w, i, j, w->threshold) : 0.0;
        if (value > *most || (value == *most && *most > 0.0 && j < *best)) {
            *best = j;
            *most = value;
        }
    }
}

/* The row nearest to row i among those that wait, or NONE, and its similarity. */
static uint32_t nearest(Work *w, Meetings *m, uint32_t start, uint32_t i, size_t size, double *most) {
    uint32_t best = NONE;
    ask(m, w->threshold, size);
    for (size_t k = 0; k < rarest(w, i); k++) {
        uint64_t value = m->own[k].value, sizes = m->waiting[mix(value) & (m->heads - 1)];
        for (; sizes; sizes &= sizes - 1) {
            size_t class = m->low + ((lowest_bit(sizes) - m->low) & 63);
            for (; class < m->high; class += 64) {
                if (k < m->asked[class]) meet(w, m, start, i, head_of(m, value, class), &best, most);
            }
        }
    }
    return best;
}

/* As `representatives`; -1 without memory. */
static int many_representatives(Work *w, uint32_t start, uint32_t stop, uint32_t first_free,
                                uint32_t last_kept, int32_t *keeper, double *similarity) {
    Meetings m;
    int status = meetings_make(&m, w, start, stop);
    for (uint32_t i = start; status == 0 && i < stop; i++) {
        size_t size = (size_t)(w->offsets[i + 1] - w->offsets[i]);
        for (size_t k = 0; k < size; k++) {
            uint64_t value = w->values[w->offsets[i] + (int64_t)k];
            m.own[k] = (Shingle){m.counts[mix(value) & (m.counters - 1)], value};
        }
        qsort(m.own, size, sizeof *m.own, by_rarity);
        double most = 0.0;
        uint32_t best = i >= first_free ? nearest(w, &m, start, i, size, &most) : NONE;
        if (best != NONE) {
            keeper[i] = (int32_t)best;
            similarity[i] = most;
        } else if (i < last_kept) {
            size_t class = class_of(&m, size);
            for (size_t k = 0; k < rarest(w, i); k++) {
                uint32_t *head = &m.first[head_of(&m, m.own[k].value, class)];
                m.waiting[mix(m.own[k].value) & (m.heads - 1)] |= 1ull << (class & 63);
                m.met[m.used] = (Meeting){i, *head};
                *head = (uint32_t)m.used++;
            }
        }
    }
    meetings_free(&m);
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
