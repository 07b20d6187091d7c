/* The texts of a column, as they lie in polars, through Arrow's stream interface. */
#ifndef CURATE_STRINGS_H
#define CURATE_STRINGS_H

#include <string.h>

#include "_arrow.h"
#include "_json.h"

typedef struct {
    struct ArrowArrayStream *stream;
    struct ArrowArray chunk;
    int views; /* string views, or large UTF-8 */
    int64_t at;
} Strings;

static int opened(Strings *strings, struct ArrowArrayStream *stream) {
    struct ArrowSchema schema;
    memset(strings, 0, sizeof *strings);
    strings->stream = stream;
    memset(&schema, 0, sizeof schema);
    if (stream->get_schema(stream, &schema)) return 0;
    strings->views = strcmp(schema.format, "vu") == 0;
    int known = strings->views || strcmp(schema.format, "U") == 0;
    if (schema.release) schema.release(&schema);
    return known;
}

static void closed(Strings *strings) {
    if (strings->chunk.release) strings->chunk.release(&strings->chunk);
    strings->chunk.release = NULL;
}

/* The next text; `start` is NULL for null. 0 at the end, -1 for an error. */
static int next_text(Strings *strings, Span *text) {
    struct ArrowArray *chunk = &strings->chunk;
    while (!chunk->release || strings->at == chunk->length) {
        closed(strings);
        memset(chunk, 0, sizeof *chunk);
        if (strings->stream->get_next(strings->stream, chunk)) return -1;
        if (!chunk->release) return 0;
        strings->at = 0;
    }
    int64_t i = chunk->offset + strings->at++;
    const uint8_t *valid = chunk->buffers[0];
    text->start = text->end = NULL;
    if (valid && !(valid[i >> 3] >> (i & 7) & 1)) return 1;
    if (strings->views) {
        const uint8_t *view = (const uint8_t *)chunk->buffers[1] + 16 * i;
        int32_t length, place[2];
        memcpy(&length, view, 4);
        memcpy(place, view + 8, 8);
        text->start = length <= 12 ? view + 4 : (const uint8_t *)chunk->buffers[2 + place[0]] + place[1];
        text->end = text->start + length;
    } else {
        const int64_t *offsets = chunk->buffers[1];
        text->start = (const uint8_t *)chunk->buffers[2] + offsets[i];
        text->end = (const uint8_t *)chunk->buffers[2] + offsets[i + 1];
    }
    return 1;
}

/* What `tell` says of each text, 0 for null. 1: not a stream of strings. */
static inline int told(struct ArrowArrayStream *stream, int64_t rows, uint8_t *found, uint8_t (*tell)(Span)) {
    Strings strings;
    Span text;
    int status = 0;
    if (!opened(&strings, stream)) return 1;
    for (int64_t row = 0; row < rows && !status; row++) {
        if (next_text(&strings, &text) != 1) {
            status = 1;
            break;
        }
        found[row] = text.start ? tell(text) : 0;
    }
    closed(&strings);
    return status;
}

static inline int is_ascii(Span text) {
    const uint8_t *p = text.start;
    uint64_t word;
    uint8_t any = 0;
    for (; text.end - p >= 8; p += 8) {
        memcpy(&word, p, 8);
        if (word & TOPS) return 0;
    }
    while (p < text.end) any |= *p++;
    return any < 0x80;
}

#endif
