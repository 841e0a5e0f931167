#include "support/random.h"

#include "support/count.h"

#include <string.h>

uint64_t rng_next(struct rng *rng)
{
    uint64_t z = (rng->state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    return bound == 0 ? 0 : rng_next(rng) % bound;
}

uint64_t rng_between(struct rng *rng, uint64_t low, uint64_t high)
{
    return low + rng_below(rng, high - low + 1);
}

bool rng_percent(struct rng *rng, unsigned percent)
{
    return rng_below(rng, 100) < percent;
}

void rng_fill(struct rng *rng, void *out, size_t size)
{
    unsigned char *to = out;

    while (size > 0) {
        uint64_t word = rng_next(rng);
        size_t part = size < sizeof(word) ? size : sizeof(word);

        memcpy(to, &word, part);
        to += part;
        size -= part;
    }
}

void rng_fill_text(struct rng *rng, void *out, size_t size)
{
    static const char *const words[] = {"edge ", "cache ", "value ", "stored ", "once ", "again\n"};
    unsigned char *to = out;

    while (size > 0) {
        const char *word = words[rng_below(rng, COUNT(words))];
        size_t part = strlen(word);

        if (part > size)
            part = size;
        memcpy(to, word, part);
        to += part;
        size -= part;
    }
}
