#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void kvi_log_emit(const kvi_log *log, int level, kv_status status, const char *format, ...)
{
    char message[256];
    va_list args;
    int size;

    if (log->fn == NULL)
        return;
    va_start(args, format);
    size = vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (size < 0)
        return;
    if ((size_t)size >= sizeof(message))
        size = (int)sizeof(message) - 1;
    log->fn(log->ctx, level, status, message, (size_t)size);
}
