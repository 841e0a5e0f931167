/*
 * The operations' work: each fills call->answer from call->arguments. Layer edge. One file for each
 * kind of thing (handle_*.c).
 */
#ifndef KVI_EDGE_HANDLERS_H
#define KVI_EDGE_HANDLERS_H

#include "edge/call.h"

/* handle_namespace.c: namespaces, and the account that has them. */
void kvi_handle_namespace_put(kvi_call *call);
void kvi_handle_namespace_delete(kvi_call *call);
void kvi_handle_namespace_describe(kvi_call *call);
void kvi_handle_account_describe(kvi_call *call);
void kvi_handle_account_status(kvi_call *call);
/* handle_key.c */
void kvi_handle_key_put(kvi_call *call);
void kvi_handle_key_get(kvi_call *call);
void kvi_handle_key_detail(kvi_call *call);
void kvi_handle_key_status(kvi_call *call);
void kvi_handle_key_delete(kvi_call *call);
/* handle_batch.c */
void kvi_handle_batch_put(kvi_call *call);
void kvi_handle_batch_delete(kvi_call *call);
/* handle_list.c */
void kvi_handle_list(kvi_call *call);
/* handle_upload.c: high capacity, and the permission to upload. */
void kvi_handle_upload_authorize(kvi_call *call);
void kvi_handle_upload_put(kvi_call *call);
void kvi_handle_upload_batch_put(kvi_call *call);
void kvi_handle_upload_batch_delete(kvi_call *call);
/* handle_store.c: beyond the service, for the console. */
void kvi_handle_key_describe(kvi_call *call);
void kvi_handle_changes(kvi_call *call);
void kvi_handle_store_describe(kvi_call *call);

#endif
