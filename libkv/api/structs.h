/**
 * Structs that grow: the caller may be compiled with an older or a newer kv.h than the library.
 *
 * In: a field that the caller's struct lacks is 0, which asks for the default. A field that the
 * library does not know must be 0. Out: the library fills as much as the caller's struct has room
 * for. Every such struct begins with its size in bytes, a size_t.
 */
#ifndef KVI_STRUCTS_H
#define KVI_STRUCTS_H

#include "kv.h"

/** Bytes of these structs in 0.1, as every ..._SIZE_MIN: not sizeof, which grows with kv.h. */
#define KVI_OPTIONS_SIZE_MIN 104
#define KVI_SETTINGS_SIZE_MIN 48

/**
 * Copy the caller's struct.
 *
 * @param own       The copy, own_size bytes. Its size member becomes the smaller of both sizes: the
 *                  caller does not know what lies behind it.
 * @param given     The caller's; NULL: a struct of zeros.
 * @param size_min  Bytes of the struct in 0.1.
 * Returns KV_OK; KV_INVALID (no kv.h had a struct of that size); KV_UNSUPPORTED (a field that this
 * library does not know is not 0).
 */
kv_status kvi_struct_take(void *own, size_t own_size, const void *given, size_t size_min);
/** Check the size of a struct that the library is to fill. KV_OK; KV_INVALID: NULL, or a size that
 *  no kv.h had. */
kv_status kvi_struct_check(const void *given, size_t size_min);
/** As the kv_..._init() functions: zeros, but for the size. KV_OK; KV_INVALID: NULL, or a size that
 *  no kv.h had. */
kv_status kvi_struct_init(void *out, size_t size, size_t size_min);
/** Fill the caller's struct from the library's, as far as it reaches; its size member stays. */
void kvi_struct_give(void *given, const void *own, size_t own_size);

/** Copy options, put in every default, check them. KV_OK; KV_INVALID; KV_UNSUPPORTED (also
 *  KV_UNTRUSTED, which this version lacks). */
kv_status kvi_options_take(kv_options *own, const kv_options *given);
/** The same for settings. A map_size_max of 0 stays, another one is rounded up. KV_OK; KV_INVALID;
 *  KV_UNSUPPORTED. */
kv_status kvi_settings_take(kv_settings *own, const kv_settings *given);
/** The limits of a call: a field that is 0 is taken from `defaults`. KV_OK; KV_INVALID: above the
 *  ceiling, or a reserved field is not 0. */
kv_status kvi_limits_take(kv_limits *own, const kv_limits *given, const kv_limits *defaults);

#endif
