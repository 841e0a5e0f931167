/* kv_edge.h alone, as strict C++11: compiled by check_header.sh, never run. */
#include "kv_edge.h"

#if KV_EDGE_FORM_SIZE_MAX < KV_VALUE_SIZE_DEFAULT
#error "limits must be usable in the preprocessor"
#endif

typedef struct edge {
    kv_edge_options options;
    kv_edge_head head;
    kv_edge_answer answer;
} edge;

edge check_header_edge(void)
{
    edge one = {KV_EDGE_OPTIONS_INIT, {{"GET", 3}, {"/", 1}, NULL, 0}, KV_EDGE_ANSWER_INIT};
    return one;
}
