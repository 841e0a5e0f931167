#include "storage/file_system.h"

#include "base/layout.h"
#include "base/status.h"
#include "storage/path.h"

#include <errno.h>
#include <sys/vfs.h>

/* File systems that machines share, by their magic numbers. LMDB's locks are in memory that one
   machine alone sees. */
static const uint32_t shared_file_systems[] = {
    0x00006969, /* NFS */
    0x0000517B, /* SMB */
    0xFF534D42, /* CIFS */
    0xFE534D42, /* SMB2 */
    0x5346414F, /* AFS, OpenAFS's client */
    0x6B414653, /* AFS, the kernel's client */
    0x73757245, /* Coda */
    0x01021997, /* 9P */
    0x00C36400, /* Ceph */
    0x0BD00BD0, /* Lustre */
    0x47504653, /* GPFS */
    0x01161970, /* GFS2 */
    0x7461636F, /* OCFS2 */
    0x19830326, /* BeeGFS */
    0xAAD7AAEA, /* PanFS */
};

kv_status kvi_file_system_check(const char *store, kv_error *error)
{
    struct statfs fs;

    if (statfs(store, &fs) != 0)
        return kvi_path_error(error, errno, "look at", store);
    for (size_t i = 0; i < KVI_COUNT(shared_file_systems); i++)
        if ((uint32_t)fs.f_type == shared_file_systems[i])
            return kvi_error_set(error, KV_UNSUPPORTED, 0,
                                 "%s is on a network or cluster file system, which cannot hold a "
                                 "store",
                                 store);
    return KV_OK;
}
