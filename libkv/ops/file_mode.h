/** The permissions of the files of an open store. */
#ifndef KVI_FILE_MODE_H
#define KVI_FILE_MODE_H

#include "kv.h"
#include "ops/db.h"

/** Set them. Returns as kv_file_mode_set(). */
kv_status kvi_file_mode_set(kv_db *db, uint32_t file_mode, kv_error *error);

#endif
