/* Words to look for in texts: an automaton after Aho and Corasick, over classes of bytes. Built in _automaton.c, read in
 * _screen.c. */
#ifndef CURATE_AUTOMATON_H
#define CURATE_AUTOMATON_H

#include "_kernel.h"

#define FOUND 0x8000u
#define WORDS 12 /* of 64 marks each, as in textkernel.py */
#define LONGEST 12 /* bytes of a word, as in wanted_words.py */
#define START 0xFE
#define END 0xFF
#define BOUND 0xFD
#define KINDS 0xF5 /* the first of the words that stand for what kinds of characters a text holds */
#define LINE 64 /* bytes of a line of the processor's cache */

/* A word with BOUND: its marks, its length, at which of its edges no word may go on, and the next one that ends in
 * the same state (1 is the first, 0 none). */
struct Bounded {
    uint64_t marks[WORDS];
    uint32_t length, next;
    uint8_t before, after;
};

/* Bytes of a class are one to the automaton: both cases of a letter, all bytes beyond ASCII, and all bytes
 * that no word has. START and END, which no text holds, stand in words for the place before a text's first
 * letter and the place after its last character that is no white space; BOUND as a word's first or last byte
 * asks that what stands beside it there belongs to no word. From state s a byte of class c leads to next[(s << shift) + c], a state,
 * with FOUND where words end: out[s] says which marks they set, WORDS words of 64 bits a state. States are
 * numbered breadth first, so that those of short beginnings, where most bytes lead, lie together. */
typedef struct {
    uint8_t class_of[256];
    uint16_t *next; /* in `rows`, from where a line of the processor's cache begins */
    void *rows;
    uint64_t *out;
    struct Bounded *bounded;
    uint32_t *first, *ending; /* ending[first[s]] to ending[first[s + 1] - 1]: the bounded words that end in state s */
    uint32_t states, shift;
    uint64_t starts[WORDS], ends[WORDS]; /* the marks of all words with START, and with END */
    uint64_t kinds[BOUND - KINDS][WORDS]; /* the marks for each kind of characters */
    int codes, numbers; /* whether codes and long numbers are looked for, which are the first two of them */
} Automaton;

static inline void mark(uint64_t *restrict to, const uint64_t *restrict from) {
    for (int w = 0; w < WORDS; w++) to[w] |= from[w];
}

#endif
