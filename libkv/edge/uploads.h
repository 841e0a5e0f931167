/**
 * Uploaded files: the upload side of the high-capacity operations, which the service gives to an
 * object store. A client asks for a permission (AuthorizeFileUpload), posts a form with one file to
 * the host that the permission names, and then calls the operation with the file's URL, which we
 * read from disk: no URL is ever downloaded. Layer edge. Threads: any.
 *
 * A permission is an unguessable object key, valid for one attempt and for some minutes. A file is
 * removed once it is used, when its time is over, or when the service opens again. Nothing here is
 * synced: a spool, not a store.
 */
#ifndef KVI_EDGE_UPLOADS_H
#define KVI_EDGE_UPLOADS_H

#include "kv_edge.h"

/** Bytes of an object key, with its terminator. */
#define KVI_UPLOAD_KEY_MAX 64
/** Permissions and files at once. */
#define KVI_UPLOADS_MAX 256

/** The spool. Opaque. */
typedef struct kvi_uploads kvi_uploads;
/** A file on its way in: a multipart/form-data body with the fields key and file, in that order. */
typedef struct kvi_upload kvi_upload;

/**
 * dir is made if missing, and emptied of our files; it is for this one service (a lock says so).
 * host: "bucket.endpoint:port". KV_OK; KV_INVALID (host without a dot); KV_IO; KV_NO_MEMORY.
 */
kv_status kvi_uploads_open(const char *dir, const char *host, uint64_t bytes_max, kvi_uploads **out,
                           kv_error *error);
/** End all uploads first. Files go. NULL is fine. */
void kvi_uploads_close(kvi_uploads *uploads);
/** "bucket.endpoint:port", as given. */
const char *kvi_uploads_host(const kvi_uploads *uploads);

/** Permit one upload until `until`; key_out is terminated. KV_OK; KV_BUSY (too many at once);
 *  KV_IO. */
kv_status kvi_uploads_permit(kvi_uploads *uploads, int64_t now, int64_t until,
                             char key_out[KVI_UPLOAD_KEY_MAX]);

/** Begin to receive a body. KV_OK; KV_INVALID (no boundary); KV_NO_MEMORY. */
kv_status kvi_upload_begin(kvi_uploads *uploads, kv_slice content_type, int64_t now,
                           kvi_upload **out);
/** KV_OK; KV_INVALID (not such a form); KV_NOT_FOUND (no such permission); KV_TOO_LARGE (over
 *  KV_EDGE_UPLOAD_SIZE_MAX); KV_BUSY (no room); KV_DISK_FULL; KV_IO. Then only end it. */
kv_status kvi_upload_add(kvi_upload *upload, const void *data, size_t size);
/** The body is complete: the file is there to be used. KV_OK; KV_INVALID. */
kv_status kvi_upload_finish(kvi_upload *upload);
/** The object key of a finished one. */
const char *kvi_upload_key(const kvi_upload *upload);
/** NULL is fine; drops what is not finished. */
void kvi_upload_end(kvi_upload *upload);

/**
 * Take the file that a URL names out of the spool: its bytes, mapped; give them back with
 * kvi_uploads_release(). KV_OK; KV_NOT_FOUND (not a URL of ours, used or expired); KV_IO.
 */
kv_status kvi_uploads_take(kvi_uploads *uploads, kv_slice url, int64_t now, kv_slice *bytes_out);
/** Give back what was taken; the file is gone. */
void kvi_uploads_release(kvi_uploads *uploads, kv_slice bytes);

#endif
