/**
 * An answer: a JSON object with a RequestId, success or fault, written straight into the text that
 * is sent. Layer edge.
 *
 * A success is written member by member into memory that grows; a fault needs no memory beyond this
 * struct, so it can always be sent. Names are literals and given once each; texts are UTF-8.
 */
#ifndef KVI_EDGE_ANSWER_H
#define KVI_EDGE_ANSWER_H

#include "edge/json_write.h"
#include "kv_edge.h"

#include <stdbool.h>

/** An upper-case UUID. */
#define KVI_REQUEST_ID_SIZE 36

/** Begin with kvi_answer_begin(), end with kvi_answer_free(). */
typedef struct kvi_answer {
    int32_t http;
    const char *code; /**< Static: of a fault. NULL: a success. */
    const char *content_type;
    bool is_xml;          /**< A fault is sent as XML. */
    char message[512];    /**< Of a fault. */
    kvi_json_writer json; /**< Of a success, once finished a whole object. */
    char fault[4352];     /**< What is sent of a fault. */
    size_t fault_size;
    char request_id[KVI_REQUEST_ID_SIZE + 1];
} kvi_answer;

/** Begin a success with its RequestId; without randomness it is the fault of KV_IO at once. */
void kvi_answer_begin(kvi_answer *answer);
/** Release its text. */
void kvi_answer_free(kvi_answer *answer);

/**
 * Add a member, or, with a NULL name, an item of an array. No memory turns the answer into the
 * fault of KV_NO_MEMORY; a fault takes no more members.
 */
void kvi_answer_text(kvi_answer *answer, const char *name, kv_slice value);
/** The same of a terminated text. */
void kvi_answer_string(kvi_answer *answer, const char *name, const char *value);
/** Bytes, in base64. */
void kvi_answer_base64(kvi_answer *answer, const char *name, kv_slice value);
/** A number, at most 2^53 - 1: what is more becomes that. */
void kvi_answer_number(kvi_answer *answer, const char *name, uint64_t value);
/** true or false. */
void kvi_answer_boolean(kvi_answer *answer, const char *name, bool value);
/** The number as a string: whole, where a double could not hold it. */
void kvi_answer_digits(kvi_answer *answer, const char *name, uint64_t value);
/** The same of a number with a sign. */
void kvi_answer_digits_signed(kvi_answer *answer, const char *name, int64_t value);
/** The whole text up to 256 characters, else its first and last 100 with "..." between them. */
void kvi_answer_shortened(kvi_answer *answer, const char *name, kv_slice value);
/** "2026-11-24T01:51:26Z" */
void kvi_answer_time(kvi_answer *answer, const char *name, int64_t unix_s);
/** The same moment in China's time: "2026-11-24T09:51:26+08:00". */
void kvi_answer_time_china(kvi_answer *answer, const char *name, int64_t unix_s);
/** Bytes as people read them: "0 B", "1.5 MB", "1 GB" (2^30), cut, not rounded. */
void kvi_answer_capacity(kvi_answer *answer, const char *name, uint64_t bytes);
/** What follows, up to the end, is in an array. */
void kvi_answer_array_begin(kvi_answer *answer, const char *name);
/** The end of the array. */
void kvi_answer_array_end(kvi_answer *answer);
/** What follows, up to the end, is in an object. */
void kvi_answer_object_begin(kvi_answer *answer, const char *name);
/** The end of the object. */
void kvi_answer_object_end(kvi_answer *answer);
/** From here on it is XML, for the clients of an object store; also a fault is. */
void kvi_answer_become_xml(kvi_answer *answer);
/** The success of such an answer: the whole text, which is copied. */
void kvi_answer_xml(kvi_answer *answer, int32_t http, const char *text);

/** Make it a fault; the first one stays, and members are forgotten. code is static. */
void kvi_answer_fault(kvi_answer *answer, int32_t http, const char *code, const char *message);
/** The fault of a status (kv_status_edge()); KV_OK is none. */
void kvi_answer_status(kvi_answer *answer, kv_status status);
/** 400 Invalid.Parameter, with what is wrong behind the service's own sentence. */
__attribute__((format(printf, 2, 3))) void kvi_answer_invalid(kvi_answer *answer,
                                                              const char *format, ...);

/** Write the end, once; what is to be sent, borrowed until kvi_answer_free(). host: the HostId of a
 *  fault; empty: "localhost". */
kv_slice kvi_answer_finish(kvi_answer *answer, const char *host);

#endif
