#include "cli/du_sum.h"

#include <stdlib.h>
#include <string.h>

static kv_status du_name(cli_du_row *row, const void *name, size_t size)
{
    row->name = malloc(size + 1);
    if (row->name == NULL)
        return KV_NO_MEMORY;
    if (size > 0)
        memcpy(row->name, name, size);
    row->name_size = size;
    return KV_OK;
}

/* A new row below the open ones. */
static kv_status du_open(cli_du_sum *sum, const void *name, size_t size)
{
    if (sum->rows == NULL || sum->row_count == sum->row_capacity) {
        size_t capacity = sum->row_capacity * 2 + 64;
        cli_du_row *rows = realloc(sum->rows, capacity * sizeof(*rows));
        if (rows == NULL)
            return KV_NO_MEMORY;
        sum->rows = rows;
        sum->row_capacity = capacity;
    }
    sum->rows[sum->row_count] = (cli_du_row){0};
    if (du_name(&sum->rows[sum->row_count], name, size) != KV_OK)
        return KV_NO_MEMORY;
    sum->open[sum->open_count++] = sum->row_count++;
    return KV_OK;
}

kv_status cli_du_begin(cli_du_sum *sum)
{
    sum->top = calloc(sum->top_max + 1, sizeof(*sum->top));
    if (sum->top == NULL)
        return KV_NO_MEMORY;
    return du_open(sum, sum->prefix.data, sum->prefix.size);
}

/* Open the rows of a key's prefixes, and close those that it does not have: keys come in order, so
 * none that follows has them. */
static kv_status du_descend(cli_du_sum *sum, const char *key, size_t size)
{
    size_t begin = sum->prefix.size;
    size_t level = 1; /* open[0] is of all keys. */
    kv_status status = KV_OK;

    for (; status == KV_OK && level <= sum->depth && level <= CLI_DU_DEPTH_MAX; level++) {
        const char *slash = begin < size ? memchr(key + begin, '/', size - begin) : NULL;
        const cli_du_row *row = NULL;
        if (slash == NULL)
            break;
        begin = (size_t)(slash - key) + 1;
        if (level < sum->open_count)
            row = &sum->rows[sum->open[level]];
        if (row != NULL && row->name_size == begin && memcmp(row->name, key, begin) == 0)
            continue;
        sum->open_count = level;
        status = du_open(sum, key, begin);
    }
    if (level < sum->open_count)
        sum->open_count = level;
    return status;
}

/* Keep it if it is one of the largest. */
static kv_status du_add_top(cli_du_sum *sum, const kv_entry *entry, uint64_t bytes)
{
    cli_du_row row = {.keys = 1, .bytes = bytes, .stored = entry->stored_size};
    size_t i = sum->top_count;

    if (sum->top_max == 0 || (i == sum->top_max && sum->top[i - 1].bytes >= bytes))
        return KV_OK;
    if (du_name(&row, entry->key.data, entry->key.size) != KV_OK)
        return KV_NO_MEMORY;
    if (i == sum->top_max)
        free(sum->top[--i].name);
    else
        sum->top_count++;
    for (; i > 0 && sum->top[i - 1].bytes < bytes; i--)
        sum->top[i] = sum->top[i - 1];
    sum->top[i] = row;
    return KV_OK;
}

kv_status cli_du_add(cli_du_sum *sum, const kv_entry *entry)
{
    uint64_t bytes = entry->key.size + entry->value_size + entry->metadata.size;
    kv_status status = du_descend(sum, entry->key.data, entry->key.size);

    if (status != KV_OK)
        return status;
    for (size_t i = 0; i < sum->open_count; i++) {
        cli_du_row *row = &sum->rows[sum->open[i]];
        row->keys++;
        row->bytes += bytes;
        row->stored += entry->stored_size;
    }
    return du_add_top(sum, entry, bytes);
}

/* Most bytes first; rows with as many stay in the order of keys, a prefix before those in it. */
static int du_compare(const void *a, const void *b)
{
    const cli_du_row *left = a;
    const cli_du_row *right = b;
    size_t common = left->name_size < right->name_size ? left->name_size : right->name_size;
    int order = memcmp(left->name, right->name, common);

    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    if (order != 0)
        return order;
    return (left->name_size > right->name_size) - (left->name_size < right->name_size);
}

void cli_du_sort(cli_du_sum *sum)
{
    if (sum->row_count > 1)
        qsort(sum->rows + 1, sum->row_count - 1, sizeof(*sum->rows), du_compare);
}

void cli_du_free(cli_du_sum *sum)
{
    for (size_t i = 0; i < sum->row_count; i++)
        free(sum->rows[i].name);
    for (size_t i = 0; i < sum->top_count; i++)
        free(sum->top[i].name);
    free(sum->rows);
    free(sum->top);
}
