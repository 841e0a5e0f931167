/**
 * Growing structs in and out: the caller's may be of an older or a newer header than the library.
 *
 * In: what the caller's lacks is 0, which asks for the default; a field that the library does not
 * know must be 0. Out: as much as the caller's has room for.
 */
#ifndef KVI_STRUCTS_H
#define KVI_STRUCTS_H

#include "kv.h"

/** As 0.1 shipped it, as every ..._SIZE_MIN: never sizeof, which grows. */
#define KVI_SETTINGS_SIZE_MIN 48

/**
 * Copy the caller's struct, NULL for all zero. size_min is what 0.1 shipped. The size of the copy
 * is the smaller of both structs': what lies behind it the caller does not know.
 * KV_OK; KV_INVALID (a size no header ever had); KV_UNSUPPORTED (asks for something newer).
 */
kv_status kvi_struct_take(void *own, size_t own_size, const void *given, size_t size_min);
/** Whether the caller's output struct has a sane size. */
kv_status kvi_struct_check(const void *given, size_t size_min);
/** Fill the caller's struct; its size stays as it is. */
void kvi_struct_give(void *given, const void *own, size_t own_size);

/** Take options and put every default in. */
kv_status kvi_options_take(kv_options *own, const kv_options *given);
/** The same for settings; a map_size_max of 0 stays, another is rounded up as at creation. */
kv_status kvi_settings_take(kv_settings *own, const kv_settings *given);
/** Defaults of a call from those of the handle. */
kv_status kvi_limits_take(kv_limits *own, const kv_limits *given, const kv_limits *defaults);

#endif
