/**
 * libkv-edge: the EdgeKV service on a kv_db. A second library, on libkv, jansson and libcrypto.
 *
 * A front end reads HTTP, hands over a request and sends the answer. This library has no sockets
 * and no threads: any server, CGI program or test can be the front end. docs/edge-api.md has the
 * operations and every decision.
 *
 *     kv_edge_begin(edge, &head, &request)       head read; a V3 signature is checked here
 *     kv_edge_body(request, data, size)          as often as there is body; 0: stop, it is refused
 *     kv_edge_finish(request, &answer)           the operation runs; send status, type and body
 *     kv_edge_end(request)                       releases the answer's memory
 *
 * Rules that span calls
 *
 * - A kv_edge is thread-safe. A request is not: use it from one thread at a time, but any thread.
 * - A request that is wrong is still a request: begin answers KV_OK, and finish has the answer
 *   that says what is wrong. Every answer is a JSON object with RequestId, except an upload's.
 * - No answer, message or error contains the secret of a key.
 * - Growing structs begin with `size`, as in kv.h.
 */
#ifndef KV_EDGE_H
#define KV_EDGE_H

#include "kv.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Largest body of a form: 2,000,000 control characters, each `\u0001` in JSON and that
 *  percent-encoded, are 16,000,000 bytes, and the names around them. */
#define KV_EDGE_FORM_SIZE_MAX 17000000
/** Largest uploaded file: the service's limit for a high-capacity batch. */
#define KV_EDGE_UPLOAD_SIZE_MAX (UINT64_C(100) << 20)

/** What a front end sends for a status: one triple for all of them. */
typedef struct kv_edge_status {
    int32_t http;        /**< HTTP status. */
    uint32_t retry;      /**< 1: the same request may succeed later. */
    const char *code;    /**< The service's code, static. */
    const char *message; /**< The service's message, static. */
} kv_edge_status;

/** Translate a status of kv.h. Threads: any. Returns the service's answer for it; for one that this
 *  library does not know, 500 InternalError. Since 0.1. */
KV_API kv_edge_status kv_status_edge(kv_status status);

/** A service on one store. Opaque. */
typedef struct kv_edge kv_edge;
/** A request from its head to its answer. Opaque. */
typedef struct kv_edge_request kv_edge_request;

/** kv_edge_options.flags */
enum {
    KV_EDGE_NO_AUTH = 1u << 0 /**< Every client may do everything; nothing is verified. */
};

/** Zero in a field asks for the default. */
typedef struct kv_edge_options {
    size_t size;
    uint32_t flags;            /**< KV_EDGE_*. */
    uint32_t nonces_max;       /**< Nonces remembered at once; full: 503. 0: 4,194,304. Each takes
                                    36 bytes (40 where the number is no power of two), when it is
                                    first used: 144 MiB of address space, of memory what the
                                    busiest 15 minutes needed. */
    uint64_t body_bytes_max;   /**< Bodies held in memory at once; more: 503. 0: 256 MiB. Senders
                                    whose signature is not verified yet share the first half. */
    const char *upload_dir;    /**< Where uploads are spooled: a directory of this service alone,
                                    made if missing, whose kv-upload-* files are removed at open.
                                    NULL: no high-capacity operations. */
    const char *upload_host;   /**< "bucket.endpoint:port" where clients reach this service for
                                    uploads. They get the two parts of the name separately. */
    uint64_t upload_bytes_max; /**< Of all spooled files; more: 503. 0: 1 GiB. */
    kv_clock_fn clock;         /**< For time stamps. NULL: the time that time() answers. */
    void *clock_ctx;
} kv_edge_options;
#if defined(__cplusplus)
#define KV_EDGE_OPTIONS_INIT { sizeof(kv_edge_options), 0, 0, 0, 0, 0, 0, 0, 0 }
#else
#define KV_EDGE_OPTIONS_INIT { .size = sizeof(kv_edge_options) }
#endif

/**
 * Open a service on a store.
 *
 * @param db           Borrowed until kv_edge_close().
 * @param options      NULL: defaults. Strings are copied.
 * @param credentials  JSON: {"Credentials":[{"AccessKeyId","AccessKeySecret","SecurityToken"?,
 *                     "Policy"}]}. NULL with KV_EDGE_NO_AUTH. Not kept.
 * @param edge_out     Owned: close with kv_edge_close(). NULL on failure.
 * @param error        Optional: what is wrong with the credentials, without a secret.
 * Threads: any. Returns KV_OK; KV_INVALID (options, credentials); KV_IO (upload_dir, or another
 * service has it); KV_UNSUPPORTED (an option this version lacks, or libcrypto without an
 * algorithm); KV_NO_MEMORY.
 * Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_edge_open(kv_db *db, const kv_edge_options *options,
                                           const void *credentials, size_t credentials_size,
                                           kv_edge **edge_out, kv_error *error);
/** Close a service; NULL is fine. End all requests first. The store stays open. Since 0.1. */
KV_API void kv_edge_close(kv_edge *edge);
/**
 * Replace the credentials at once, for requests that begin from now on. Nonces stay remembered. On
 * failure the old ones stay in force.
 * Threads: any. Returns KV_OK; KV_INVALID; KV_NO_MEMORY. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_edge_credentials_set(kv_edge *edge, const void *credentials,
                                                      size_t credentials_size, kv_error *error);

/** One header line. Array item. */
typedef struct kv_edge_header {
    kv_slice name, value; /**< Name in any case; the value without the white space around it. */
} kv_edge_header;

/** What comes before the body. Borrowed during kv_edge_begin() only. */
typedef struct kv_edge_head {
    kv_slice method;               /**< "GET", "POST". */
    kv_slice target;               /**< As on the request line: "/?Namespace=site&Key=a". */
    const kv_edge_header *headers; /**< In order; a name may come twice. */
    size_t header_count;
} kv_edge_head;

/** What to send. Slices are borrowed until kv_edge_end(); none is NULL. */
typedef struct kv_edge_answer {
    size_t size;
    int32_t http;          /**< Status. */
    uint32_t reserved;
    kv_slice body;         /**< Never empty. */
    kv_slice content_type; /**< "application/json; charset=utf-8"; an upload's is XML. */
    kv_slice request_id;   /**< The answer's RequestId. */
    kv_slice action;       /**< For a log: the operation, an upload's is PostObject; empty if it is
                                not known. */
    kv_slice key_id;       /**< For a log: the key that signed it; empty if not verified. */
    kv_slice code;         /**< For a log: the answer's Code; empty on success. */
    uint64_t store_us;     /**< Time spent in libkv, microseconds. */
} kv_edge_answer;
#if defined(__cplusplus)
#define KV_EDGE_ANSWER_INIT { sizeof(kv_edge_answer) }
#else
#define KV_EDGE_ANSWER_INIT { .size = sizeof(kv_edge_answer) }
#endif

/**
 * Begin a request. A V3 signature, its nonce and the caller's policy are checked here, before any
 * body; a V1 signature needs the body and is checked by kv_edge_finish().
 *
 * @param request_out  Owned: end with kv_edge_end(). NULL on failure.
 * Threads: any. Returns KV_OK (also for a request that will be refused); KV_INVALID (an argument
 * is NULL); KV_NO_MEMORY (answer 503). Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_edge_begin(kv_edge *edge, const kv_edge_head *head,
                                            kv_edge_request **request_out);
/**
 * Hand over body bytes as they come, already without transfer encoding. Not kept. With size 0 it
 * only says whether the body is wanted: ask before you read one.
 *
 * Returns 1: go on. 0: the request is refused, read no more; finish has the answer. Since 0.1.
 */
KV_API int kv_edge_body(kv_edge_request *request, const void *data, size_t size);
/**
 * The body is complete, or was refused: run the operation and answer. A second call gives the same
 * answer and does nothing. When this returns, writes are durable as the store's handle promises. If
 * the body was cut off, do not finish the request: end it, and nothing is done.
 *
 * @param answer_out  Always set, as much as its size has room for.
 * Since 0.1.
 */
KV_API void kv_edge_finish(kv_edge_request *request, kv_edge_answer *answer_out);
/** End a request, finished or not (an unfinished one does nothing). NULL is fine. Since 0.1. */
KV_API void kv_edge_end(kv_edge_request *request);

#ifdef __cplusplus
}
#endif
#endif
