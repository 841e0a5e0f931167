/* What the decoders' targets share. A choice is the input's last byte; the bytes before it go to
 * the decoder in memory of exactly their size, so that ASan sees a read behind their end. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(int good)
{
    if (!good)
        abort();
}

/** Memory of exactly that size. Free it. */
static inline uint8_t *take_exact(size_t size)
{
    uint8_t *memory = malloc(size + (size == 0));

    require(memory != NULL);
    return memory;
}

/** A copy that ends where its memory does. Free it. */
static inline uint8_t *copy_exact(const void *data, size_t size)
{
    uint8_t *copy = take_exact(size);

    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

/** A copy with a 0 behind it. Free it. */
static inline char *copy_text(const void *data, size_t size)
{
    char *copy = (char *)take_exact(size + 1);

    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

/** Cut the last byte off; 0 when there is none. */
static inline uint8_t cut_choice(const uint8_t *data, size_t *size)
{
    return *size == 0 ? 0 : data[--*size];
}

#endif
