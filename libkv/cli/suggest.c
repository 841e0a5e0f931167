#include "cli/suggest.h"

#include <string.h>

#define NAME_SIZE_MAX 32 /* Longer words are no mistyped names. */

static size_t suggest_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Mistakes that lead from a to b: a letter more, less, another one, or two neighbours exchanged. */
static size_t suggest_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][NAME_SIZE_MAX + 1]; /* For prefixes of a: two before, one before, this one. */
    size_t *older = rows[0];
    size_t *old = rows[1];
    size_t *row = rows[2];

    for (size_t j = 0; j <= b_size; j++)
        old[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *oldest = older;
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            row[j] = suggest_least(old[j - 1] + (a[i - 1] != b[j - 1]),
                                   suggest_least(old[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = suggest_least(row[j], older[j - 2] + 1);
        }
        older = old;
        old = row;
        row = oldest;
    }
    return old[b_size];
}

void cli_suggest(cli_suggestion *suggestion, const char *name)
{
    size_t size = strlen(name);
    size_t distance = 0;

    if (size > NAME_SIZE_MAX || suggestion->word_size > NAME_SIZE_MAX)
        return;
    distance = suggest_distance(suggestion->word, suggestion->word_size, name, size);
    /* One mistake in three letters, so that short words do not match everything. */
    if (distance > size / 3 || (suggestion->name != NULL && distance >= suggestion->distance))
        return;
    suggestion->name = name;
    suggestion->distance = distance;
}
