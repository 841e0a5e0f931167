#include "codec/decimal.h"

#include <stdbool.h>

kv_status kvi_decimal_parse(kv_slice text, int64_t *out)
{
    const char *at = text.data;
    bool is_negative = text.size > 0 && *at == '-';
    size_t first = is_negative ? 1 : 0;
    int64_t number = 0;

    if (text.size > KVI_DECIMAL_MAX || text.size == first)
        return KV_NOT_A_NUMBER;
    for (size_t i = first; i < text.size; i++) {
        int digit = at[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, is_negative ? -digit : digit, &number))
            return KV_NOT_A_NUMBER;
    }
    *out = number;
    return KV_OK;
}

size_t kvi_decimal_print(int64_t number, char *out)
{
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    char reversed[KVI_DECIMAL_MAX];
    size_t count = 0, size = 0;

    do {
        reversed[count++] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0)
        out[size++] = '-';
    while (count > 0)
        out[size++] = reversed[--count];
    return size;
}
