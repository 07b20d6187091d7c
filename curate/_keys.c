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

/* How many bytes a character beyond ASCII has that is no white space, and whose other case, if any, is that of
 * Latin-1's letters; 0 for all others. Of what follows U+1FFF only blocks without letters of two cases count:
 * punctuation, currencies, the scripts of East Asia, pictures. */
static int plain_beyond(const uint8_t *p, ptrdiff_t left) {
    if (left >= 2 && *p == 0xC2) return p[1] > 0xA0 ? 2 : 0;
    if (left >= 2 && *p == 0xC3) return 2;
    if (left >= 3 && *p == 0xE2) {
        int punctuation = p[1] == 0x80 && p[2] >= 0x90 && p[2] != 0xA8 && p[2] != 0xA9 && p[2] != 0xAF;
        return punctuation || (p[1] == 0x81 && p[2] < 0x9F) || (p[1] == 0x82 && p[2] >= 0xA0) ? 3 : 0;
    }
    if (left >= 3 && *p == 0xE3) return p[1] > 0x80 ? 3 : 0;
    if (left >= 3 && *p >= 0xE4 && *p <= 0xE9) return 3;
    return left >= 4 && *p == 0xF0 && p[1] == 0x9F ? 4 : 0;
}

/* The text in lower case, every run of white space as one space and none at the ends; `known` becomes 0 at a
 * character beyond ASCII that must be told in another way, and there is no need to go on. */
static size_t evened(Span text, uint8_t *out, int *known) {
    const uint8_t *p = text.start;
    size_t length = 0;
    while (p < text.end) {
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
        if (*p >= 0x80) {
            int bytes = plain_beyond(p, text.end - p);
            if (!bytes) {
                *known = 0;
                return 0;
            }
            memcpy(out + length, p, (size_t)bytes);
            /* U+00C0 to U+00DE are capitals, but for the sign of multiplication. */
            if (*p == 0xC3 && p[1] <= 0x9E && p[1] != 0x97) out[length + 1] = (uint8_t)(p[1] + 0x20);
            length += (size_t)bytes;
            p += bytes;
            continue;
        }
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
 * ends; of a text with characters that are not known here, of its bytes as they are, with asis[i] = 1. 2: without
 * memory. */
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
        int known = 1;
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
        length = evened(text, buffer, &known);
        asis[row] = !known;
        keys[row] = asis[row] ? hashed(text.start, size, seed) : hashed(buffer, length, seed);
    }
    free(buffer);
    closed(&strings);
    return status;
}
