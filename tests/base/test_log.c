/* The log hook: what it is given. */
#include "base/log.h"

#include "support/run.h"

#include <string.h>

struct heard {
    int calls, level;
    kv_status status;
    char message[512];
    size_t size;
};

static void hear(void *ctx, int level, kv_status status, const char *message, size_t message_size)
{
    struct heard *heard = ctx;

    heard->calls++;
    heard->level = level;
    heard->status = status;
    heard->size = message_size;
    assert_true(message_size < sizeof(heard->message));
    memcpy(heard->message, message, message_size + 1);
}

static void test_emit(void **state)
{
    struct heard heard = {0};
    kvi_log log = {hear, &heard};

    (void)state;
    kvi_log_emit(&log, KV_LOG_WARNING, KV_IO, "%s: %d readers cleared", "/srv/store", 3);
    assert_int_equal(heard.calls, 1);
    assert_int_equal(heard.level, KV_LOG_WARNING);
    assert_int_equal(heard.status, KV_IO);
    assert_string_equal(heard.message, "/srv/store: 3 readers cleared");
    assert_int_equal(heard.size, strlen(heard.message));
    kvi_log_emit(&log, KV_LOG_INFO, KV_OK, "%s", "");
    assert_int_equal(heard.calls, 2);
    assert_int_equal(heard.size, 0);
}

/* A message of any length is cut, terminated, and its size says how much there is. */
static void test_long(void **state)
{
    char text[600];

    (void)state;
    memset(text, 'x', sizeof(text));
    for (int size = 200; size < (int)sizeof(text); size++) {
        struct heard heard = {0};
        kvi_log log = {hear, &heard};

        kvi_log_emit(&log, KV_LOG_ERROR, KV_OK, "%.*s", size, text);
        assert_int_equal(heard.size, strlen(heard.message));
        assert_int_equal(heard.size, size < 255 ? size : 255);
    }
}

static void test_silent(void **state)
{
    kvi_log log = {NULL, NULL};

    (void)state;
    kvi_log_emit(&log, KV_LOG_ERROR, KV_CORRUPT, "%s", "nobody hears");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("log: a message", test_emit),
        TEST("log: long messages", test_long),
        TEST("log: no hook", test_silent),
    };

    run_tests(tests);
    return run_all("log");
}
