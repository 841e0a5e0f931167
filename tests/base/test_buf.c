/* The caller's buffer: it grows, keeps what it holds, and stays whole when memory runs out. */
#include "base/buf.h"

#include "support/run.h"

static void test_append(void **state)
{
    kv_buf buf = {0};
    size_t capacity = 0, growths = 0;

    (void)state;
    for (size_t i = 0; i < 100000; i++) {
        char byte = (char)(i * 7);

        assert_int_equal(kvi_buf_append(&buf, &byte, 1), KV_OK);
        assert_int_equal(buf.size, i + 1);
        assert_true(buf.capacity >= buf.size);
        growths += buf.capacity != capacity;
        capacity = buf.capacity;
    }
    for (size_t i = 0; i < 100000; i++)
        assert_int_equal(((char *)buf.data)[i], (char)(i * 7));
    assert_true(growths < 60); /* It grows by a share, not by a byte. */
    kvi_buf_free(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.size + buf.capacity, 0);
}

static void test_reserve(void **state)
{
    kv_buf buf = {0};
    void *data;

    (void)state;
    assert_int_equal(kvi_buf_reserve(&buf, 0), KV_OK);
    assert_null(buf.data);
    assert_int_equal(kvi_buf_append(&buf, "kept", 4), KV_OK);
    assert_int_equal(kvi_buf_reserve(&buf, 1000), KV_OK);
    assert_int_equal(buf.size, 4);
    assert_true(buf.capacity >= 1000);
    assert_memory_equal(buf.data, "kept", 4);
    data = buf.data;
    assert_int_equal(kvi_buf_reserve(&buf, 10), KV_OK); /* Never smaller. */
    assert_int_equal(kvi_buf_append(&buf, data, 0), KV_OK);
    assert_int_equal(kvi_buf_append(&buf, NULL, 0), KV_OK);
    assert_true(buf.capacity >= 1000);
    assert_ptr_equal(buf.data, data);
    kvi_buf_free(&buf);
}

static void test_too_much(void **state)
{
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 4, SIZE_MAX / 2 + 1};
    kv_buf buf = {0};

    (void)state;
    assert_int_equal(kvi_buf_append(&buf, "kept", 4), KV_OK);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        kv_buf before = buf;

        assert_int_equal(kvi_buf_reserve(&buf, sizes[i]), KV_NO_MEMORY);
        assert_int_equal(kvi_buf_append(&buf, "", sizes[i]), KV_NO_MEMORY);
        assert_memory_equal(&buf, &before, sizeof(buf));
        assert_memory_equal(buf.data, "kept", 4);
    }
    kvi_buf_free(&buf);
}

static void test_release(void **state)
{
    kv_buf buf = {0};

    (void)state;
    kvi_buf_free(NULL);
    kvi_buf_free(&buf);
    assert_int_equal(kvi_buf_append(&buf, "again", 5), KV_OK);
    kvi_buf_free(&buf);
    kvi_buf_free(&buf);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("buf: append", test_append),
        TEST("buf: reserve", test_reserve),
        TEST("buf: more than there is", test_too_much),
        TEST("buf: free", test_release),
    };

    run_tests(tests);
    return run_all("buf");
}
