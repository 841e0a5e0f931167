#include "tables/features.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* A word: the names of its bits, from bit 0, and those that this version supports. */
typedef struct feature_word {
    const char *names[64];
    uint64_t supported;
} feature_word;

enum { COMPATIBLE, READ_COMPATIBLE, INCOMPATIBLE };

static const feature_word words[] = {
    /* A table of numbers over time. No library checks that it supports compatible features. */
    [COMPATIBLE] = {.names = {"history"}, .supported = 0},
    /* Values may be compressed with dictionaries, which have a table. */
    [READ_COMPATIBLE] = {.names = {"dictionaries"}, .supported = 0},
    /* Commits newer than what the tables hold may be in segments of a log, at the position that
       row 0 of `usage` names. */
    [INCOMPATIBLE] = {.names = {"logged"}, .supported = 0},
};

/* Append to a text, as far as there is room. */
static size_t text_add(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    int added;

    va_start(arguments, format);
    added = vsnprintf(text + size, KVI_FEATURES_WHY_MAX - size, format, arguments);
    va_end(arguments);
    if (added < 0)
        return size;
    size += (size_t)added;
    return size < KVI_FEATURES_WHY_MAX ? size : KVI_FEATURES_WHY_MAX - 1;
}

/* The names of what is missing: "logged", bit 5 and bit 17. */
static size_t features_name(const feature_word *word, uint64_t missing, char *text, size_t size)
{
    const char *between = "";

    for (unsigned bit = 0; bit < 64; bit++) {
        if ((missing >> bit & 1) == 0)
            continue;
        missing ^= (uint64_t)1 << bit;
        if (word->names[bit] != NULL)
            size = text_add(text, size, "%s\"%s\"", between, word->names[bit]);
        else
            size = text_add(text, size, "%sbit %u", between, bit);
        between = (missing & (missing - 1)) != 0 ? ", " : " and ";
    }
    return size;
}

kv_status kvi_features_check(const kvi_features *features, bool may_write,
                             char why[KVI_FEATURES_WHY_MAX])
{
    uint64_t unreadable = features->incompatible & ~words[INCOMPATIBLE].supported;
    uint64_t unwritable = features->read_compatible & ~words[READ_COMPATIBLE].supported;
    size_t size;

    why[0] = '\0';
    if (unreadable != 0) {
        size = text_add(why, 0, "needs ");
        size = features_name(&words[INCOMPATIBLE], unreadable, why, size);
        (void)text_add(why, size, ", which this version of libkv does not have");
        return KV_UNSUPPORTED;
    }
    if (may_write && unwritable != 0) {
        size = text_add(why, 0, "can only be opened read-only: to write needs ");
        size = features_name(&words[READ_COMPATIBLE], unwritable, why, size);
        (void)text_add(why, size, ", which this version of libkv does not have");
        return KV_UNSUPPORTED;
    }
    return KV_OK;
}
