/**
 * The name that a mistyped word comes nearest to. No state, no store.
 */
#ifndef KVI_CLI_SUGGEST_H
#define KVI_CLI_SUGGEST_H

#include <stddef.h>

/** A search. Start with {.word = ..., .word_size = ...}; name is then the nearest one, or NULL. */
typedef struct cli_suggestion {
    const char *word; /**< As it was typed; borrowed. */
    size_t word_size;
    const char *name; /**< Borrowed from the caller of cli_suggest(). NULL: none is near enough. */
    size_t distance;  /**< Mistakes between word and name. */
} cli_suggestion;

/** Compare the word with one more name; of equally near ones the first stays. */
void cli_suggest(cli_suggestion *suggestion, const char *name);

#endif
