/**
 * The operations' work: each fills call->answer from call->arguments. Layer edge. One file for each
 * kind of thing (handle_*.c).
 */
#ifndef KVI_EDGE_HANDLERS_H
#define KVI_EDGE_HANDLERS_H

#include "edge/call.h"

/* ---- handle_namespace.c: namespaces, and the account that has them */

/** PutDcdnKvNamespace, CreateKvNamespace */
void kvi_handle_namespace_put(kvi_call *call);
/** DeleteDcdnKvNamespace, DeleteKvNamespace */
void kvi_handle_namespace_delete(kvi_call *call);
/** DescribeDcdnKvNamespace, GetKvNamespace */
void kvi_handle_namespace_describe(kvi_call *call);
/** DescribeDcdnKvAccount, GetKvAccount */
void kvi_handle_account_describe(kvi_call *call);
/** DescribeDcdnKvAccountStatus, DescribeKvAccountStatus */
void kvi_handle_account_status(kvi_call *call);

/* ---- handle_key.c */

/** PutDcdnKv, PutKv */
void kvi_handle_key_put(kvi_call *call);
/** GetDcdnKv, GetKv */
void kvi_handle_key_get(kvi_call *call);
/** GetDcdnKvDetail, GetKvDetail */
void kvi_handle_key_detail(kvi_call *call);
/** GetDcdnKvStatus */
void kvi_handle_key_status(kvi_call *call);
/** DeleteDcdnKv, DeleteKv */
void kvi_handle_key_delete(kvi_call *call);

/* ---- handle_batch.c */

/** BatchPutDcdnKv, BatchPutKv */
void kvi_handle_batch_put(kvi_call *call);
/** BatchDeleteDcdnKv, BatchDeleteKv */
void kvi_handle_batch_delete(kvi_call *call);

/* ---- handle_list.c */

/** ListDcdnKv, ListKvs */
void kvi_handle_list(kvi_call *call);

/* ---- handle_upload.c: high capacity, and the permission to upload */

/** AuthorizeFileUpload */
void kvi_handle_upload_authorize(kvi_call *call);
/** PutDcdnKvWithHighCapacity, PutKvWithHighCapacity */
void kvi_handle_upload_put(kvi_call *call);
/** BatchPutDcdnKvWithHighCapacity, BatchPutKvWithHighCapacity */
void kvi_handle_upload_batch_put(kvi_call *call);
/** BatchDeleteDcdnKvWithHighCapacity, BatchDeleteKvWithHighCapacity */
void kvi_handle_upload_batch_delete(kvi_call *call);

/* ---- handle_store.c: beyond the service, for the console */

/** DescribeKvKey */
void kvi_handle_key_describe(kvi_call *call);
/** ListKvChanges */
void kvi_handle_changes(kvi_call *call);
/** DescribeKvStore */
void kvi_handle_store_describe(kvi_call *call);

#endif
