/* Memory behind which an access faults: whoever reads or writes one byte too many is seen. */
#ifndef SUPPORT_GUARD_H
#define SUPPORT_GUARD_H

#include <stddef.h>
#include <stdint.h>

/** `size` bytes of zeros that end where memory does. Release with guard_free(). */
uint8_t *guard_take(size_t size);
/** The same, holding a copy of data. */
uint8_t *guard_copy(const void *data, size_t size);
/** With the size it was taken with. */
void guard_free(const uint8_t *memory, size_t size);

#endif
