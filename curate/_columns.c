/* From lines of JSON to columns, for plain records: what curate/plain.py does, without Python objects.
 *
 * A line is handled here only if its keys are, in order, those of a row that Python has looked at, and
 * its values are of the plain kinds; for every other line the status is 0 and Python reads it. So this
 * file may refuse a line, but must never read one differently.
 */
#include <stdlib.h>

#include "_arrow.h"
#include "_json.h"

#define MOST_SLOTS 8
#define MOST_KEYS 16 /* of an object inside a record */

enum { STRING = 1, NUMBER, BOOLEAN, NUL, LIST, OBJECT }; /* types of values, three bits each */

/* Which keys rows have. Key k of shape s, in order, is names[name_ends[k - 1]:name_ends[k]] for k from
 * firsts[s] to firsts[s + 1]; its value is field slots[k] (-1: none). Bit f of `needed` is set where
 * field f must hold a text. With `turns`, field 0 holds a
 * conversation, whose turns have the keys role_key and text_key; speaker k goes by the name
 * speaker_names[speaker_ends[k - 1]:speaker_ends[k]] (in lower case if `fold`) and the letter letters[k]. */
typedef struct {
    int64_t shapes;
    const int32_t *firsts, *name_ends;
    const uint8_t *names;
    const int32_t *slots;
    int32_t needed, turns, fold;
    const char *role_key, *text_key;
    int64_t speakers;
    const int32_t *speaker_ends;
    const uint8_t *speaker_names, *letters;
    int32_t unread; /* nobody reads the texts: lines are checked, and none is kept */
} Formats;

/* The texts so far: text i is data[offsets[i]:offsets[i + 1]], said by letters[i]. */
typedef struct {
    uint8_t *data;
    int64_t *offsets;
    uint8_t *letters;
    int64_t count;
    int unread;
} Texts;

static void add(Texts *texts, Span raw, uint8_t letter) {
    uint8_t *start;
    if (texts->unread) return;
    start = texts->data + texts->offsets[texts->count];
    texts->letters[texts->count++] = letter;
    texts->offsets[texts->count] = decoded(raw, start) - texts->data;
}

static int same(Span one, const uint8_t *bytes, ptrdiff_t length) {
    return one.end - one.start == length && memcmp(one.start, bytes, (size_t)length) == 0;
}

/* Any value; its type, or 0 when it is invalid, or an object that may hold a key twice. */
static int value(Reader *r, int depth) {
    Span keys[MOST_KEYS], ignored;
    int count = 0;
    skip_spaces(r);
    if (r->p >= r->end || depth > DEEPEST) return 0;
    switch (*r->p) {
    case '"':
        r->p++;
        return string(r, &ignored) ? STRING : 0;
    case '{':
        r->p++;
        if (take(r, '}')) return OBJECT;
        do {
            Span key;
            if (count == MOST_KEYS || !take(r, '"') || !string(r, &key)) return 0;
            if (memchr(key.start, '\\', (size_t)(key.end - key.start))) return 0;
            for (int k = 0; k < count; k++) {
                if (same(keys[k], key.start, key.end - key.start)) return 0;
            }
            keys[count++] = key;
            if (!take(r, ':') || !value(r, depth + 1)) return 0;
        } while (take(r, ','));
        return take(r, '}') ? OBJECT : 0;
    case '[':
        r->p++;
        if (take(r, ']')) return LIST;
        do {
            if (!value(r, depth + 1)) return 0;
        } while (take(r, ','));
        return take(r, ']') ? LIST : 0;
    case 't':
        return word(r, "true") ? BOOLEAN : 0;
    case 'f':
        return word(r, "false") ? BOOLEAN : 0;
    case 'n':
        return word(r, "null") ? NUL : 0;
    default:
        return number(r) ? NUMBER : 0;
    }
}

/* The letter of a speaker, 0 for one that Python must look at. */
static uint8_t speaker(const Formats *formats, Span name) {
    uint8_t lower[24];
    ptrdiff_t length = name.end - name.start;
    if (length > (ptrdiff_t)sizeof lower) return 0;
    for (ptrdiff_t i = 0; i < length; i++) {
        uint8_t c = name.start[i];
        if (c >= 0x80 || c == '\\') return 0;
        lower[i] = (uint8_t)(formats->fold && c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    for (int64_t k = 0; k < formats->speakers; k++) {
        int32_t first = k ? formats->speaker_ends[k - 1] : 0;
        Span known = {formats->speaker_names + first, formats->speaker_names + formats->speaker_ends[k]};
        if (same(known, lower, length)) return formats->letters[k];
    }
    return 0;
}

/* A list of turns that have a role and a text, and nothing else. */
static int conversation(const Formats *formats, Reader *r, Texts *texts) {
    if (!take(r, '[')) return 0;
    do {
        Span role = {NULL, NULL}, text = {NULL, NULL};
        uint8_t letter;
        if (!take(r, '{')) return 0;
        for (int k = 0; k < 2; k++) {
            Span key;
            if ((k && !take(r, ',')) || !take(r, '"') || !string(r, &key) || !take(r, ':')) return 0;
            if (!take(r, '"')) return 0;
            if (is(key, formats->role_key)) {
                if (!string(r, &role)) return 0;
            } else if (!is(key, formats->text_key) || !string(r, &text)) {
                return 0;
            }
        }
        if (!take(r, '}') || !role.start || !text.start) return 0;
        letter = speaker(formats, role);
        if (!letter) return 0;
        add(texts, text, letter);
    } while (take(r, ','));
    return take(r, ']');
}

/* The values of a line whose keys are those of shape `s`, and their types; a conversation goes to the texts.
 * 0 when it has other keys, or is not all plain. */
static int fields(const Formats *formats, int64_t s, Reader r, Span *found, uint64_t *types, Texts *texts) {
    const uint8_t *line = r.p;
    int32_t first = formats->firsts[s], last = formats->firsts[s + 1];
    *types = 0;
    if (!take(&r, '{')) return 0;
    for (int32_t k = first; k < last; k++) {
        const uint8_t *name = formats->names + (k ? formats->name_ends[k - 1] : 0);
        Span key, raw;
        int type;
        if (k > first && !take(&r, ',')) return 0;
        if (!take(&r, '"') || !string(&r, &key)) return 0;
        if (!same(key, name, formats->names + formats->name_ends[k] - name) || !take(&r, ':')) return 0;
        skip_spaces(&r);
        raw.start = r.p;
        if (formats->turns && formats->slots[k] == 0) type = conversation(formats, &r, texts) ? LIST : 0;
        else type = value(&r, 1);
        if (!type) return 0;
        raw.end = r.p;
        *types |= (uint64_t)type << (3 * (k - first));
        if (formats->slots[k] >= 0) found[formats->slots[k]] = raw;
    }
    if (!take(&r, '}')) return 0;
    skip_spaces(&r);
    /* Beyond strings there is ASCII only. */
    return r.p == r.end && (!r.high || is_utf8(line, r.end));
}

static int texts_of(const Formats *formats, const Span *found, Texts *texts) {
    int32_t held = 0;
    if (formats->turns) return found[0].start != NULL; /* they are there already */
    for (uint8_t slot = 0; slot < MOST_SLOTS; slot++) {
        Span raw = found[slot];
        if (!raw.start || is(raw, "null")) continue;
        if (*raw.start != '"') return 0;
        raw.start++;
        raw.end--;
        add(texts, raw, slot);
        held |= 1 << slot;
    }
    return (held & formats->needed) == formats->needed;
}

static void release_texts(struct ArrowArray *array) {
    free((void *)array->buffers[1]);
    free((void *)array->buffers[2]);
    free(array->buffers);
    array->release = NULL;
}

static void release_schema(struct ArrowSchema *schema) { schema->release = NULL; }

/* `texts` as an array of large UTF-8 strings, which owns them. */
static void exported(const Texts *texts, const void **buffers, struct ArrowSchema *schema,
                     struct ArrowArray *array) {
    memset(schema, 0, sizeof *schema);
    schema->format = "U";
    schema->name = "";
    schema->release = release_schema;
    memset(array, 0, sizeof *array);
    buffers[0] = NULL;
    buffers[1] = texts->offsets;
    buffers[2] = texts->data;
    array->length = texts->count;
    array->n_buffers = 3;
    array->buffers = buffers;
    array->release = release_texts;
}

/* The texts of lines `data[starts[i]:ends[i]]`, as `schema` and `array`; text j of them all is said by
 * letters[j] (or is field letters[j] of a flat record). Line i has sizes[i] texts, is of shape
 * shape_of[i], and its values are of types[i]; status[i] is 0 where Python must read it.
 * `most` is the room for letters. Returns 1 without memory, 2 without room. */
EXPORT int curate_columns(const Formats *formats, const uint8_t *data, const int64_t *starts,
                          const int64_t *ends, int64_t rows, int64_t most, struct ArrowSchema *schema,
                          struct ArrowArray *array, uint8_t *letters, int32_t *sizes, int32_t *shape_of,
                          uint64_t *types, uint8_t *status) {
    int64_t total = 0, likely = 0;
    Texts texts = {NULL, NULL, letters, 0, formats->unread};
    const void **buffers = malloc(3 * sizeof *buffers);
    for (int64_t row = 0; row < rows && !texts.unread; row++) total += ends[row] - starts[row];
    texts.data = malloc((size_t)total + 1);
    texts.offsets = malloc(((size_t)most + 1) * sizeof *texts.offsets);
    if (!buffers || !texts.data || !texts.offsets) {
        free(buffers);
        free(texts.data);
        free(texts.offsets);
        return 1;
    }
    texts.offsets[0] = 0;
    for (int64_t row = 0; row < rows; row++) {
        Reader line = {data + starts[row], data + ends[row], 0};
        int64_t before = texts.count;
        Span found[MOST_SLOTS];
        int ok = 0;
        for (int64_t tried = 0; tried < formats->shapes && !ok; tried++) {
            int64_t s = (likely + tried) % formats->shapes;
            memset(found, 0, sizeof found);
            texts.count = before;
            ok = fields(formats, s, line, found, &types[row], &texts);
            if (ok) likely = s;
        }
        ok = ok && texts_of(formats, found, &texts);
        if (!ok) texts.count = before;
        status[row] = (uint8_t)ok;
        shape_of[row] = (int32_t)likely;
        sizes[row] = (int32_t)(texts.count - before);
    }
    exported(&texts, buffers, schema, array);
    return 0;
}

/* Frees an array that nobody took. */
EXPORT void curate_release(struct ArrowArray *array) {
    if (array->release) array->release(array);
}
