/* From lines of JSON to the texts that rows are compared by, for the common shapes of row.
 *
 * curate/rowtexts.py is the definition. A line is handled here only if its keys are, in order, those
 * of a row that Python has looked at, and its values are of the plain kinds below; for every other
 * line (and for anything that is not strictly valid JSON) the status is 0 and Python decides. So
 * this file may refuse a line, but must never read one differently.
 */
#include "_json.h"

#define MOST_SLOTS 8

enum { STRING = 0, TURNS = 1, SIDE = 2 };       /* a string; messages; either */
enum { EVERY = 0, PROMPT = 1, COMPLETION = 2 }; /* which turns of TURNS */
enum { OTHER = 0, ASSISTANT = 1, SYSTEM = 2 };  /* roles, as far as they matter */

/* The role's kind; names are compared without case, as rowtexts.py does. -1: let Python decide. */
static int role_of(Span raw) {
    static const char *const assistants[] = {"gpt",  "assistant", "chatgpt", "bot",
                                             "bing", "bard",      "model",   "function_call"};
    uint8_t lower[16];
    Span name = {lower, lower};
    for (const uint8_t *p = raw.start; p < raw.end; p++) {
        if (*p >= 0x80 || *p == '\\') return -1;
        if (name.end - name.start == (ptrdiff_t)sizeof lower) return OTHER;
        lower[name.end++ - lower] = (uint8_t)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    }
    for (size_t k = 0; k < sizeof assistants / sizeof *assistants; k++) {
        if (is(name, assistants[k])) return ASSISTANT;
    }
    return is(name, "system") || is(name, "developer") ? SYSTEM : OTHER;
}

/* One message after its opening brace: role and content. Content must be a string or null. */
static int message(Reader *r, int *role, Span *content) {
    int roles = 0, contents = 0;
    *role = OTHER;
    content->start = content->end = NULL;
    if (take(r, '}')) return 1;
    do {
        Span key;
        if (!take(r, '"') || !string(r, &key) || memchr(key.start, '\\', (size_t)(key.end - key.start))) return 0;
        if (!take(r, ':')) return 0;
        skip_spaces(r);
        if (is(key, "role") || is(key, "from")) {
            Span name;
            if (roles++ || !take(r, '"') || !string(r, &name)) return 0;
            *role = role_of(name);
            if (*role < 0) return 0;
        } else if (is(key, "content") || is(key, "value")) {
            if (contents++) return 0;
            if (take(r, '"')) {
                if (!string(r, content)) return 0;
            } else if (!word(r, "null")) {
                return 0;
            }
        } else if (is(key, "tool_calls") || is(key, "function_call") || is(key, "refusal")) {
            if (!word(r, "null")) return 0;
        } else if (!skip(r, 2)) {
            return 0;
        }
    } while (take(r, ','));
    return take(r, '}');
}

/* The wanted turns of a list of messages, a line break after each; NULL: let Python decide. */
static uint8_t *turns(Span raw, int which, int with_system, uint8_t *out) {
    Reader r = {raw.start, raw.end};
    uint8_t *first = out, *answer = NULL, *answer_end = NULL;
    if (!take(&r, '[')) return NULL;
    if (take(&r, ']')) return out;
    do {
        int role;
        Span content;
        uint8_t *start = out;
        if (!take(&r, '{') || !message(&r, &role, &content)) return NULL;
        if (role == SYSTEM && !with_system) continue;
        if (content.start) out = decoded(content, out);
        *out++ = '\n';
        if (role == ASSISTANT) {
            answer = start;
            answer_end = out;
        }
    } while (take(&r, ','));
    if (!take(&r, ']')) return NULL;
    if (which == PROMPT) return answer ? answer : out;
    if (which == COMPLETION) {
        if (!answer) return first;
        memmove(first, answer, (size_t)(answer_end - answer));
        return first + (answer_end - answer);
    }
    return out;
}

/* hh-rlhf transcripts hold several turns in one string; Python takes them apart. */
static int is_transcript(const uint8_t *text, size_t length) {
    return length >= 8 && (memcmp(text, "\n\nHuman:", 8) == 0 ||
                           (length >= 12 && memcmp(text, "\n\nAssistant:", 12) == 0));
}

static uint8_t *piece(Span raw, int kind, int which, int with_system, uint8_t *out) {
    uint8_t *start = out;
    if (!raw.start || is(raw, "null")) return out;
    if (kind != STRING && *raw.start == '[') return turns(raw, kind == SIDE ? EVERY : which, with_system, out);
    if (kind == TURNS || *raw.start != '"') return NULL;
    raw.start++;
    raw.end--;
    out = decoded(raw, out);
    if (kind == SIDE && is_transcript(start, (size_t)(out - start))) return NULL;
    *out++ = '\n';
    return out;
}

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

/* The values of a line whose keys are those of shape `s`; 0 when they are not, or it is invalid. */
static int fields(const Shapes *shapes, int64_t s, Reader r, Span *found, int32_t *kinds) {
    int32_t k = shapes->firsts[s], last = shapes->firsts[s + 1];
    if (!take(&r, '{')) return 0;
    for (; k < last; k++) {
        const uint8_t *name = shapes->names + (k ? shapes->name_ends[k - 1] : 0);
        Span key, value;
        if (k > shapes->firsts[s] && !take(&r, ',')) return 0;
        if (!take(&r, '"') || !string(&r, &key)) return 0;
        if (key.end - key.start != shapes->names + shapes->name_ends[k] - name) return 0;
        if (memcmp(key.start, name, (size_t)(key.end - key.start)) || !take(&r, ':')) return 0;
        skip_spaces(&r);
        value.start = r.p;
        if (!skip(&r, 1)) return 0;
        value.end = r.p;
        if (shapes->slots[k] >= 0) {
            found[shapes->slots[k]] = value;
            kinds[shapes->slots[k]] = shapes->kinds[k];
        }
    }
    if (!take(&r, '}')) return 0;
    skip_spaces(&r);
    return r.p == r.end;
}

/* The texts of lines `data[starts[i]:ends[i]]`, one after the other in `out` (room: the lines' bytes
 * and 16 more for each); text i ends at stops[i], and is empty where status[i] is 0. */
EXPORT int curate_extract(const Shapes *shapes, const uint8_t *data, const int64_t *starts,
                          const int64_t *ends, int64_t rows, uint8_t *out, int64_t *stops,
                          uint8_t *status) {
    uint8_t *at = out;
    int64_t likely = 0;
    for (int64_t row = 0; row < rows; row++) {
        Reader line = {data + starts[row], data + ends[row]};
        Span found[MOST_SLOTS];
        int32_t kinds[MOST_SLOTS];
        int ok = 0;
        uint8_t *stop = at;
        memset(found, 0, sizeof found);
        memset(kinds, 0, sizeof kinds);
        for (int64_t tried = 0; tried < shapes->shapes && !ok; tried++) {
            int64_t s = (likely + tried) % shapes->shapes;
            ok = fields(shapes, s, line, found, kinds);
            if (ok) likely = s;
            else memset(found, 0, sizeof found);
        }
        ok = ok && is_utf8(line.p, line.end);
        for (int k = 0; ok && k < MOST_SLOTS; k++) {
            stop = piece(found[k], kinds[k], shapes->which, shapes->with_system, stop);
            ok = stop != NULL;
        }
        if (ok) at = stop;
        status[row] = (uint8_t)ok;
        stops[row] = at - out;
    }
    return 0;
}

/* Where the line breaks of `length` bytes are (room for as many); returns 0, and how many there are. */
EXPORT int curate_line_breaks(const uint8_t *data, int64_t length, int64_t *found, int64_t *count) {
    const uint8_t *p = data, *end = data + length;
    *count = 0;
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) found[(*count)++] = p++ - data;
    return 0;
}
