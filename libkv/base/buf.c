#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

kv_status kvi_buf_reserve(kv_buf *buf, size_t capacity)
{
    size_t grown;
    void *data;

    if (capacity <= buf->capacity)
        return KV_OK;
    if (capacity > SIZE_MAX / 2)
        return KV_NO_MEMORY;
    /* Half again: a buffer that grows step by step moves a bounded number of times. */
    grown = buf->capacity + buf->capacity / 2;
    if (grown < capacity)
        grown = capacity;
    data = realloc(buf->data, grown);
    if (data == NULL)
        return KV_NO_MEMORY;
    buf->data = data;
    buf->capacity = grown;
    return KV_OK;
}

kv_status kvi_buf_append(kv_buf *buf, const void *data, size_t size)
{
    kv_status status;

    if (size > SIZE_MAX - buf->size)
        return KV_NO_MEMORY;
    status = kvi_buf_reserve(buf, buf->size + size);
    if (status != KV_OK)
        return status;
    if (size > 0)
        memcpy((char *)buf->data + buf->size, data, size);
    buf->size += size;
    return KV_OK;
}

void kvi_buf_free(kv_buf *buf)
{
    if (buf == NULL)
        return;
    free(buf->data);
    *buf = (kv_buf){0};
}
