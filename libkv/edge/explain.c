#include "edge/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

kv_status kvi_edge_explain(kv_error *error, kv_status status, int os_errno, const char *format, ...)
{
    char text[96] = {0};
    size_t used = 0;
    va_list arguments;

    if (error == NULL)
        return status;
    error->status = status;
    error->os_errno = os_errno;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    used = strlen(error->message);
    if (os_errno != 0)
        (void)snprintf(error->message + used, sizeof(error->message) - used, ": %s",
                       strerror_r(os_errno, text, sizeof(text)));
    return status;
}
