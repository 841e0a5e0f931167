/* kv.h alone, as strict C11: compiled by check_header.sh, never run. */
#include "kv.h"

#if KV_VERSION < 0x000100
#error "KV_VERSION must be usable in the preprocessor"
#endif

typedef struct all {
    kv_error error;
    kv_options options;
    kv_settings settings;
    kv_namespace_info namespace_info;
    kv_list_options list_options;
    kv_write_options write_options;
    kv_report report;
    kv_work work;
    kv_changes_filter changes_filter;
    kv_stats stats;
} all;

all check_header(void);
all check_header(void)
{
    all one = {KV_ERROR_INIT,          KV_OPTIONS_INIT,      KV_SETTINGS_INIT,
               KV_NAMESPACE_INFO_INIT, KV_LIST_OPTIONS_INIT, KV_WRITE_OPTIONS_INIT,
               KV_REPORT_INIT,         KV_WORK_INIT,         KV_CHANGES_FILTER_INIT,
               KV_STATS_INIT};
    return one;
}
