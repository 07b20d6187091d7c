/* What a text says up to case and white space, as a hash. */
#include <stdlib.h>
#include <string.h>

#include "_strings.h"

static uint64_t mixed(uint64_t h) {
    h ^= h >> 32;
    h *= 0xE9846AF9B1A615Dull;
    h ^= h >> 32;
    h *= 0xE9846AF9B1A615Dull;
    return h ^ h >> 28;
}

static uint64_t hashed(const uint8_t *bytes, size_t length, uint64_t seed) {
    uint64_t h = mixed(seed ^ length), word = 0;
    for (; length >= 8; bytes += 8, length -= 8) {
        memcpy(&word, bytes, 8);
        h = mixed(h ^ word) + 0x9E3779B97F4A7C15ull;
    }
    word = 0;
    memcpy(&word, bytes, length);
    return mixed(h ^ word);
}

/* The text in lower case, every run of white space as one space and none at the ends, for ASCII; the
 * bits of all bytes seen go to `any`, and beyond 0x7F there is no need to go on. */
static size_t evened(Span text, uint8_t *out, uint8_t *any) {
    const uint8_t *p = text.start;
    size_t length = 0;
    while (p < text.end && *any < 0x80) {
        uint64_t word = 0, spaces, upper;
        int spaced = !length || out[length - 1] == ' ';
        if (text.end - p >= 8) {
            memcpy(&word, p, 8);
            spaces = HAS_ZERO(word ^ (ONES * ' '));
            if (!((word | (word - ONES * 0x20)) & TOPS) && !(spaces & spaces << 8) && !(spaced && *p == ' ')) {
                upper = (word + ONES * (0x80 - 'A')) & ~(word + ONES * (0x7F - 'Z')) & TOPS;
                word |= upper >> 2;
                memcpy(out + length, &word, 8);
                length += 8;
                p += 8;
                continue;
            }
        }
        *any |= *p;
        if (*p != ' ' && (*p < '\t' || *p > '\r')) {
            out[length++] = (uint8_t)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
        } else if (!spaced) {
            out[length++] = ' ';
        }
        p++;
    }
    return length && out[length - 1] == ' ' ? length - 1 : length;
}

/* keys[i]: a hash of text i in lower case, with every run of white space as one space and none at the
 * ends; of a text that is not ASCII, of its bytes as they are, with asis[i] = 1. 2: without memory. */
EXPORT int curate_keys(struct ArrowArrayStream *stream, int64_t rows, uint64_t seed, uint64_t *keys,
                       uint8_t *asis) {
    Strings strings;
    Span text;
    int status = 0;
    size_t room = 0;
    uint8_t *buffer = NULL;
    if (!opened(&strings, stream)) return 1;
    for (int64_t row = 0; row < rows && !status; row++) {
        size_t size, length = 0;
        uint8_t any = 0;
        keys[row] = asis[row] = 0;
        if (next_text(&strings, &text) != 1) {
            status = 1;
            break;
        }
        if (!text.start) continue;
        size = (size_t)(text.end - text.start);
        if (size + 8 > room) {
            free(buffer);
            room = 2 * size + 8;
            buffer = malloc(room);
            if (!buffer) {
                status = 2;
                break;
            }
        }
        length = evened(text, buffer, &any);
        asis[row] = any >= 0x80;
        keys[row] = asis[row] ? hashed(text.start, size, seed) : hashed(buffer, length, seed);
    }
    free(buffer);
    closed(&strings);
    return status;
}
