#include "storage/stray_meta.h"

#include "base/bytes.h"
#include "base/number.h"
#include "storage/handles.h"
#include "storage/lmdb_page.h"

#include <errno.h>
#include <unistd.h>

/* The number that LMDB itself writes back: that of the transaction which the page held before. Then
   the page is not the newest, and nothing else in it counts. */
kv_status kvi_stray_meta_withdraw(kvi_env *env, uint64_t transaction)
{
    uint64_t stray = transaction + 1, before = kvi_number_minus(transaction, 1);
    off_t at = (off_t)((stray & 1) * env->page_size + KVI_META_TRANSACTION);
    uint8_t number[8];
    ssize_t size;

    if (kvi_env_transaction(env) <= transaction)
        return KV_OK;
    kvi_le64_store(number, before);
    do
        size = pwrite(env->data_fd, number, sizeof(number), at);
    while (size < 0 && errno == EINTR);
    if (size != (ssize_t)sizeof(number))
        return size < 0 ? kvi_lmdb_status(errno) : KV_IO;
    return fdatasync(env->data_fd) == 0 ? KV_OK : kvi_lmdb_status(errno);
}
