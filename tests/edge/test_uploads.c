/* High capacity: a permission, the object POST, the operation that names the file; and that nothing
 * but a file that was uploaded here is ever read. */
#include "support/edge.h"

#include "edge/uploads.h"

#include <jansson.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST "uploads.localhost:8787"
#define TYPE "multipart/form-data; boundary=----b"
#define GOOD 200, ""

/* ---- A service that takes uploads */

static void upload_dir(const struct edge_fixture *fixture, char out[TEMPDIR_PATH_MAX])
{
    tempdir_join(out, fixture->store.root, "uploads");
}

static int uploads_setup(void **state)
{
    static char dir[TEMPDIR_PATH_MAX];
    struct edge_fixture *fixture = NULL;

    if (edge_setup(state) != 0)
        return -1;
    fixture = *state;
    upload_dir(fixture, dir);
    fixture->options.upload_dir = dir;
    fixture->options.upload_host = HOST;
    edge_reopen(fixture);
    return 0;
}

/* Files in the spool. */
static int files(const struct edge_fixture *fixture)
{
    char path[TEMPDIR_PATH_MAX];
    DIR *dir = NULL;
    const struct dirent *entry = NULL;
    int count = 0;

    upload_dir(fixture, path);
    dir = opendir(path);
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.';
    (void)closedir(dir);
    return count;
}

/* ---- What a client does */

static void authorize(struct edge_fixture *fixture, char key[KVI_UPLOAD_KEY_MAX])
{
    struct edge_request request =
        edge_request(EDGE_OPEN, "AuthorizeFileUpload", "Product=dcdn", NULL);
    struct edge_answer answer = edge_send(fixture, &request);

    edge_check(&answer, GOOD,
               "{\"Bucket\":\"uploads\",\"Endpoint\":\"localhost:8787\",\"UseAccelerate\":false}");
    assert_true(edge_string(&answer, "AccessKeyId")[0] != '\0');
    assert_true(edge_string(&answer, "EncodedPolicy")[0] != '\0');
    assert_true(edge_string(&answer, "Signature")[0] != '\0');
    (void)snprintf(key, KVI_UPLOAD_KEY_MAX, "%s", edge_string(&answer, "ObjectKey"));
    edge_answer_free(&answer);
}

static char *form_of(const char *key, const char *file, size_t file_size, size_t *size_out)
{
    static const char tail[] =
        "\r\n------b\r\nContent-Disposition: form-data; name=\"success_action_status\"\r\n\r\n201"
        "\r\n------b--\r\n";
    char *form = malloc(file_size + 2048);
    int used;

    assert_non_null(form);
    used =
        snprintf(form, 2048,
                 "------b\r\nContent-Disposition: form-data; name=\"OSSAccessKeyId\"\r\n\r\nupload"
                 "\r\n------b\r\nContent-Disposition: form-data; name=\"policy\"\r\n\r\ne30="
                 "\r\n------b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n%s"
                 "\r\n------b\r\nContent-Disposition: form-data; name=\"file\"; "
                 "filename=\"f.json\"\r\nContent-Type: application/json\r\n\r\n",
                 key);
    memcpy(form + used, file, file_size);
    memcpy(form + (size_t)used + file_size, tail, sizeof(tail) - 1);
    *size_out = (size_t)used + file_size + sizeof(tail) - 1;
    return form;
}

static struct edge_answer post_raw(struct edge_fixture *fixture, const char *body, size_t size,
                                   size_t chunk)
{
    struct edge_header headers[] = {{"Host", HOST}, {"Content-Type", TYPE}};

    return edge_send_raw(fixture->edge, "POST", "/", headers, 2, body, size, chunk);
}

static void post(struct edge_fixture *fixture, const char *key, const char *file, size_t file_size,
                 int http, const char *code)
{
    size_t size = 0;
    char *form = form_of(key, file, file_size, &size);
    struct edge_answer answer = post_raw(fixture, form, size, 4096);

    if (answer.http != http || strcmp(answer.code, code) != 0)
        fail_msg("%d %s: %s", answer.http, answer.code, answer.body);
    assert_string_equal(answer.content_type, "application/xml");
    assert_string_equal(answer.action, "PostObject");
    assert_non_null(strstr(answer.body, http == 201 ? "<PostResponse>" : "<Error><Code>"));
    if (http == 201)
        assert_non_null(strstr(answer.body, key));
    edge_answer_free(&answer);
    free(form);
}

/* Permission and POST; the URL of the file. */
static void upload(struct edge_fixture *fixture, const char *file, size_t file_size, char url[256])
{
    char key[KVI_UPLOAD_KEY_MAX];

    authorize(fixture, key);
    post(fixture, key, file, file_size, 201, "");
    (void)snprintf(url, 256, "http://" HOST "/%s", key);
}

static void use(struct edge_fixture *fixture, const char *version, const char *action,
                const char *query, const char *url, int http, const char *code, const char *want)
{
    char text[1024];
    char *encoded = edge_encode(url, strlen(url));
    struct edge_request request = edge_request(version, action, text, NULL);

    (void)snprintf(text, sizeof(text), "%s&Url=%s", query, encoded);
    request.method = "POST";
    edge_expect(fixture, &request, http, code, want);
    free(encoded);
}

/* ---- The operations */

static void test_put(void **state)
{
    struct edge_fixture *fixture = *state;
    static const char file[] =
        "{\"Namespace\":\"Main\" ,\"Key\":\"k\",\"Value\":\"value\",\"ExpirationTtl\":60}";
    char url[256];

    upload(fixture, file, sizeof(file) - 1, url);
    assert_int_equal(files(fixture), 1);
    use(fixture, EDGE_DCDN, "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k", url, GOOD,
        "{\"Length\":5,\"Value\":\"value\"}");
    fixture_expect(&fixture->store, "k", "value");
    assert_int_equal(files(fixture), 0);
    /* A file is good once. */
    use(fixture, EDGE_DCDN, "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k", url, 400,
        "Invalid.Parameter", NULL);
    fixture_advance(&fixture->store, 60);
    fixture_expect_absent(&fixture->store, "k");
    upload(fixture, file, sizeof(file) - 1, url);
    use(fixture, EDGE_ESA, "PutKvWithHighCapacity", "Namespace=main&Key=k", url, GOOD,
        "{\"Length\":\"5\"}");
}

static void test_batches(void **state)
{
    struct edge_fixture *fixture = *state;
    static const char puts[] = "{\"KvList\":[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"b b\","
                               "\"Value\":\"2\"}],\"Namespace\":\"main\"}";
    static const char deletes[] = "{\"Namespace\":\"main\",\"Keys\":[\"a\",\"c\"]}";
    char url[256];

    upload(fixture, puts, sizeof(puts) - 1, url);
    use(fixture, EDGE_DCDN, "BatchPutDcdnKvWithHighCapacity", "Namespace=main", url, GOOD,
        "{\"SuccessKeys\":[\"a\"],\"FailKeys\":[\"b b\"]}");
    fixture_expect(&fixture->store, "a", "1");
    upload(fixture, deletes, sizeof(deletes) - 1, url);
    use(fixture, EDGE_DCDN, "BatchDeleteDcdnKvWithHighCapacity", "Namespace=main", url, GOOD,
        "{\"SuccessKeys\":[\"a\",\"c\"],\"FailKeys\":[]}");
    fixture_expect_absent(&fixture->store, "a");
    upload(fixture, puts, sizeof(puts) - 1, url);
    use(fixture, EDGE_ESA, "BatchPutKvWithHighCapacity", "Namespace=main", url, GOOD, NULL);
    upload(fixture, deletes, sizeof(deletes) - 1, url);
    use(fixture, EDGE_ESA, "BatchDeleteKvWithHighCapacity", "Namespace=main", url, GOOD, NULL);
}

/* ---- Documents that are refused */

static const struct refused {
    const char *name, *action, *query, *file;
} refused[] = {
    {"put: empty", "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k", ""},
    {"put: not JSON", "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k",
     "{\"Namespace\":\"main\",\"Key\":\"k\",\"Value\":nonsense}"},
    {"put: no namespace", "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k",
     "{\"Key\":\"k\",\"Value\":\"v\"}"},
    {"put: another namespace", "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k",
     "{\"Namespace\":\"mane\",\"Key\":\"k\",\"Value\":\"v\"}"},
    {"put: a namespace that is a number", "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k",
     "{\"Namespace\":123456,\"Key\":\"k\",\"Value\":\"v\"}"},
    {"put: another key", "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k",
     "{\"Namespace\":\"main\",\"Key\":\"l\",\"Value\":\"v\"}"},
    {"put: no value", "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k",
     "{\"Namespace\":\"main\",\"Key\":\"k\"}"},
    {"put: many members", "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k",
     "{\"Namespace\":\"main\",\"Key\":\"k\",\"Value\":\"v\",\"x\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
     "1,"
     "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
     "1]}"},
    {"put: a past time", "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k",
     "{\"Namespace\":\"main\",\"Key\":\"k\",\"Value\":\"v\",\"Expiration\":1}"},
    {"batch put: no list", "BatchPutDcdnKvWithHighCapacity", "Namespace=main",
     "{\"Namespace\":\"main\",\"Keys\":[\"k\"]}"},
    {"batch put: an empty list", "BatchPutDcdnKvWithHighCapacity", "Namespace=main",
     "{\"Namespace\":\"main\",\"KvList\":[]}"},
    {"batch put: the list alone", "BatchPutDcdnKvWithHighCapacity", "Namespace=main",
     "[{\"Key\":\"k\",\"Value\":\"v\"}]"},
    {"batch put: a fault in the list", "BatchPutDcdnKvWithHighCapacity", "Namespace=main",
     "{\"Namespace\":\"main\",\"KvList\":[{\"Key\":\"k\",\"Value\":\"v\"},{}]}"},
    {"batch put: text behind", "BatchPutDcdnKvWithHighCapacity", "Namespace=main",
     "{\"Namespace\":\"main\",\"KvList\":[{\"Key\":\"k\",\"Value\":\"v\"}]} {}"},
    {"batch delete: no keys", "BatchDeleteDcdnKvWithHighCapacity", "Namespace=main",
     "{\"Namespace\":\"main\",\"KvList\":[]}"},
};

static void test_refused(void **state)
{
    struct edge_fixture *fixture = *state;
    const struct refused *row = fixture->store.row;
    char url[256];

    upload(fixture, row->file, strlen(row->file), url);
    use(fixture, EDGE_DCDN, row->action, row->query, url, 400, "Invalid.Parameter", NULL);
    fixture_expect_absent(&fixture->store, "k");
    assert_int_equal(files(fixture), 0); /* Used, and gone all the same. */
}

/* ---- URLs */

static void test_urls(void **state)
{
    struct edge_fixture *fixture = *state;
    static const char file[] = "{\"Namespace\":\"main\",\"Key\":\"k\",\"Value\":\"v\"}";
    char url[256], other[512];
    static const char *const foreign[] = {"",
                                          "http://127.0.0.1:1/obj",
                                          "http://" HOST,
                                          "http://" HOST "/",
                                          "http://" HOST "/x",
                                          "file:///etc/passwd",
                                          "http://" HOST "/../store/CURRENT",
                                          "ftp://" HOST "/kv-upload-",
                                          "http://user@" HOST "/kv-upload-"};

    for (size_t i = 0; i < COUNT(foreign); i++)
        use(fixture, EDGE_DCDN, "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k", foreign[i],
            400, "Invalid.Parameter", NULL);
    upload(fixture, file, sizeof(file) - 1, url);
    (void)snprintf(other, sizeof(other), "%s?", url);
    use(fixture, EDGE_DCDN, "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k", other, 400,
        "Invalid.Parameter", NULL);
    (void)snprintf(other, sizeof(other), "%.*s", (int)strlen(url) - 1, url);
    use(fixture, EDGE_DCDN, "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k", other, 400,
        "Invalid.Parameter", NULL);
    /* Behind TLS it is this. */
    (void)snprintf(other, sizeof(other), "https%s", url + 4);
    use(fixture, EDGE_DCDN, "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k", other, GOOD, NULL);
}

/* ---- Permissions */

static void test_permission(void **state)
{
    struct edge_fixture *fixture = *state;
    char key[KVI_UPLOAD_KEY_MAX];
    char longest[101];

    memset(longest, 'k', 100);
    longest[100] = '\0';
    post(fixture, "kv-upload-00000000000000000000000000000000", "{}", 2, 403, "AccessDenied");
    post(fixture, "", "{}", 2, 403, "AccessDenied");
    post(fixture, "../store/CURRENT", "{}", 2, 403, "AccessDenied");
    post(fixture, longest, "{}", 2, 403, "AccessDenied");
    authorize(fixture, key);
    post(fixture, key, "{}", 2, 201, "");
    post(fixture, key, "{}", 2, 403, "AccessDenied"); /* Good once. */
    assert_int_equal(files(fixture), 1);
    fixture_advance(&fixture->store, 1799);
    authorize(fixture, key);
    assert_int_equal(files(fixture), 1);
    fixture_advance(&fixture->store, 1);
    post(fixture, key, "{}", 2, 201, "");
    assert_int_equal(files(fixture), 1); /* The first one's time is over. */
    authorize(fixture, key);
    fixture_advance(&fixture->store, 1800);
    post(fixture, key, "{}", 2, 403, "AccessDenied");
    assert_int_equal(files(fixture), 0);
}

static void test_permission_policy(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request request =
        edge_request(EDGE_OPEN, "AuthorizeFileUpload", "Product=dcdn", NULL);

    request.key_id = "reader";
    edge_expect(fixture, &request, 403, "Forbidden", NULL);
    request.key_id = "writer";
    edge_expect(fixture, &request, GOOD, NULL);
    request.key_id = "testid";
    request.query = "Product=ESA"; /* So the SDK of that dialect spells it. */
    edge_expect(fixture, &request, GOOD, NULL);
    request.query = "Product=other"; /* The key may dcdn, esa and kv. */
    edge_expect(fixture, &request, 403, "Forbidden", NULL);
    request.query = "";
    edge_expect(fixture, &request, 403, "Forbidden", NULL);
}

static void test_permissions_bounded(void **state)
{
    struct edge_fixture *fixture = *state;
    char key[KVI_UPLOAD_KEY_MAX];
    struct edge_request request =
        edge_request(EDGE_OPEN, "AuthorizeFileUpload", "Product=dcdn", NULL);

    fixture->options.nonces_max = 1024;
    edge_reopen(fixture);
    for (int i = 0; i < KVI_UPLOADS_MAX; i++)
        authorize(fixture, key);
    edge_expect(fixture, &request, 503, "ServiceBusy", NULL);
    fixture_advance(&fixture->store, 1800);
    authorize(fixture, key);
}

/* ---- Forms */

#define FIELD(name, data)                                                                          \
    "------b\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" data "\r\n"

static void expect_form(struct edge_fixture *fixture, const char *body, size_t size, int http,
                        const char *code)
{
    for (size_t chunk = 1; chunk <= 256; chunk *= 16) {
        struct edge_answer answer = post_raw(fixture, body, size, chunk);

        assert_int_equal(answer.http, http);
        assert_string_equal(answer.code, code);
        assert_non_null(strstr(answer.body, "<Error>"));
        edge_answer_free(&answer);
        assert_int_equal(files(fixture), 0);
    }
}

static void test_forms(void **state)
{
    struct edge_fixture *fixture = *state;
    static const char *const wrong[] = {
        "",
        "nonsense",
        "------b--",
        FIELD("key", "k") "------b--",                   /* No file. */
        FIELD("key", "k") FIELD("key", "k") "------b--", /* Two keys. */
        "------b\r\nX: y\r\n\r\n",
    };
    char key[KVI_UPLOAD_KEY_MAX];
    size_t size = 0;
    char *form = NULL;
    struct edge_answer answer;

    for (size_t i = 0; i < COUNT(wrong); i++)
        expect_form(fixture, wrong[i], strlen(wrong[i]), 400, "MalformedPOSTRequest");
    expect_form(fixture, FIELD("file", "before the key"), strlen(FIELD("file", "before the key")),
                403, "AccessDenied");
    /* Cut off: nothing is left. */
    authorize(fixture, key);
    form = form_of(key, "{}", 2, &size);
    answer = post_raw(fixture, form, size - 10, 0);
    assert_int_equal(answer.http, 400);
    edge_answer_free(&answer);
    assert_int_equal(files(fixture), 0);
    free(form);
    /* A content type without a boundary. */
    answer = edge_send_raw(fixture->edge, "POST", "/",
                           (struct edge_header[]){{"content-type", "multipart/form-data"}}, 1, "a",
                           1, 0);
    assert_int_equal(answer.http, 400);
    assert_string_equal(answer.code, "MalformedPOSTRequest");
    edge_answer_free(&answer);
}

/* What is refused is gone at once, before the request ends. */
static void test_refused_early(void **state)
{
    struct edge_fixture *fixture = *state;
    static const char file[1500] = {0};
    char key[KVI_UPLOAD_KEY_MAX];
    size_t size = 0;
    char *form = NULL;
    kv_edge_header header = {{"content-type", 12}, {TYPE, strlen(TYPE)}};
    kv_edge_head head = {{"POST", 4}, {"/", 1}, &header, 1};
    kv_edge_request *request = NULL;
    kv_edge_answer answer = KV_EDGE_ANSWER_INIT;

    fixture->options.upload_bytes_max = 1000;
    edge_reopen(fixture);
    authorize(fixture, key);
    form = form_of(key, file, sizeof(file), &size);
    assert_status(kv_edge_begin(fixture->edge, &head, &request), KV_OK);
    assert_int_equal(kv_edge_body(request, form, size / 2), 1);
    assert_int_equal(files(fixture), 1);
    assert_int_equal(kv_edge_body(request, form + size / 2, size - size / 2), 0);
    assert_int_equal(files(fixture), 0);
    kv_edge_finish(request, &answer);
    assert_int_equal(answer.http, 503);
    assert_memory_equal(answer.action.data, "PostObject", answer.action.size);
    kv_edge_end(request);
    free(form);
}

/* Begun, and given up by the client. */
static void test_given_up(void **state)
{
    struct edge_fixture *fixture = *state;
    char key[KVI_UPLOAD_KEY_MAX];
    size_t size = 0;
    char *form = NULL;
    kv_edge_header header = {{"content-type", 12}, {TYPE, strlen(TYPE)}};
    kv_edge_head head = {{"POST", 4}, {"/", 1}, &header, 1};
    kv_edge_request *request = NULL;

    authorize(fixture, key);
    form = form_of(key, "0123456789", 10, &size);
    assert_status(kv_edge_begin(fixture->edge, &head, &request), KV_OK);
    assert_int_equal(kv_edge_body(request, form, size - 5), 1);
    assert_int_equal(files(fixture), 1);
    kv_edge_end(request);
    assert_int_equal(files(fixture), 0);
    free(form);
}

/* ---- Bounds */

/* A file of 2 MiB where 3 MiB are kept at once: the second waits until the first is used. */
static void test_bytes_bounded(void **state)
{
    struct edge_fixture *fixture = *state;
    size_t size = 2 << 20;
    char *file = malloc(size);
    char key[KVI_UPLOAD_KEY_MAX];
    char url[256];

    assert_non_null(file);
    memset(file, ' ', size);
    fixture->options.upload_bytes_max = 3 << 20;
    edge_reopen(fixture);
    upload(fixture, file, size, url);
    authorize(fixture, key);
    post(fixture, key, file, size, 503, "ServiceBusy");
    assert_int_equal(files(fixture), 1);
    use(fixture, EDGE_DCDN, "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k", url, 400,
        "Invalid.Parameter", NULL);
    authorize(fixture, key);
    post(fixture, key, file, size, 201, "");
    free(file);
}

/* Upload head, so many bytes of value and tail, and name the file in an operation. */
static void use_large(struct edge_fixture *fixture, const char *action, const char *head,
                      size_t value_size, const char *tail, int http, const char *code,
                      const char *want)
{
    size_t head_size = strlen(head);
    size_t tail_size = strlen(tail);
    char *file = malloc(head_size + value_size + tail_size);
    char url[256];

    assert_non_null(file);
    memcpy(file, head, head_size);
    memset(file + head_size, 'v', value_size);
    memcpy(file + head_size + value_size, tail, tail_size);
    upload(fixture, file, head_size + value_size + tail_size, url);
    use(fixture, EDGE_DCDN, action, "Namespace=main&Key=k", url, http, code, want);
    free(file);
}

/* Larger values than the small form takes, up to the store's ceiling. */
static void test_large(void **state)
{
    static const char one[] = "{\"Namespace\":\"main\",\"Key\":\"k\",\"Value\":\"";
    static const char many[] = "{\"Namespace\":\"main\",\"KvList\":[{\"Key\":\"k\",\"Value\":\"";
    struct edge_fixture *fixture = *state;

    use_large(fixture, "PutDcdnKvWithHighCapacity", one, KV_VALUE_SIZE_CEILING, "\"}", GOOD,
              "{\"Length\":26214400}");
    use_large(fixture, "PutDcdnKvWithHighCapacity", one, KV_VALUE_SIZE_CEILING + 1, "\"}", 400,
              "InvalidValue.ExceedsMaximum",
              "{\"Message\":\"The size of the value cannot exceed 26,214,400 bytes.\"}");
    use_large(fixture, "BatchPutDcdnKvWithHighCapacity", many, KV_VALUE_SIZE_CEILING + 1, "\"}]}",
              GOOD,
              "{\"SuccessKeys\":[],\"FailKeys\":[\"k\"],\"Failures\":[{\"Index\":0,\"Key\":\"k\","
              "\"Code\":\"InvalidValue.ExceedsMaximum\","
              "\"Message\":\"The size of the value cannot exceed 26,214,400 bytes.\"}]}");
}

/* 100 MB, and a byte more. */
static void test_largest(void **state)
{
    struct edge_fixture *fixture = *state;
    size_t size = KV_EDGE_UPLOAD_SIZE_MAX;
    char *file = malloc(size + 1);
    char key[KVI_UPLOAD_KEY_MAX];
    char url[256];

    assert_non_null(file);
    memset(file, ' ', size + 1);
    memcpy(file, "{\"Namespace\":\"main\",\"KvList\":[{\"Key\":\"k\",\"Value\":\"v\"}]}", 55);
    upload(fixture, file, size, url);
    use(fixture, EDGE_DCDN, "BatchPutDcdnKvWithHighCapacity", "Namespace=main", url, GOOD,
        "{\"SuccessKeys\":[\"k\"]}");
    authorize(fixture, key);
    post(fixture, key, file, size + 1, 413, "EntityTooLarge");
    assert_int_equal(files(fixture), 0);
    /* Its memory counts as a body's. */
    fixture->options.body_bytes_max = 1 << 20;
    edge_reopen(fixture);
    upload(fixture, file, 2 << 20, url);
    use(fixture, EDGE_DCDN, "BatchPutDcdnKvWithHighCapacity", "Namespace=main", url, 503,
        "ServiceBusy", NULL);
    assert_int_equal(files(fixture), 0);
    free(file);
}

/* ---- The directory */

static void test_directory(void **state)
{
    struct edge_fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX], name[TEMPDIR_PATH_MAX], url[256];
    struct stat st;
    int fd = -1;
    kvi_uploads *second = NULL;
    kv_error error = KV_ERROR_INIT;

    upload_dir(fixture, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    /* It has one service. */
    assert_status(kvi_uploads_open(path, HOST, 1, &second, &error), KV_IO);
    assert_null(second);
    assert_non_null(strstr(error.message, path));
    /* What a service left behind goes when the next one opens; other files stay. */
    upload(fixture, "{}", 2, url);
    kv_edge_close(fixture->edge);
    fixture->edge = NULL;
    assert_int_equal(files(fixture), 0);
    tempdir_join(name, path, "kv-upload-0123");
    fd = open(name, O_CREAT | O_WRONLY, 0600);
    (void)close(fd);
    tempdir_join(name, path, "other");
    fd = open(name, O_CREAT | O_WRONLY, 0600);
    (void)close(fd);
    assert_int_equal(files(fixture), 2);
    edge_reopen(fixture);
    assert_int_equal(files(fixture), 1);
    use(fixture, EDGE_DCDN, "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k", url, 400,
        "Invalid.Parameter", NULL);
}

static void test_directory_refused(void **state)
{
    struct edge_fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    kvi_uploads *uploads = NULL;

    tempdir_join(path, fixture->store.root, "none/below");
    assert_status(kvi_uploads_open(path, HOST, 1, &uploads, NULL), KV_IO);
    tempdir_join(path, fixture->store.root, "other");
    assert_status(kvi_uploads_open(path, "localhost", 1, &uploads, NULL), KV_INVALID);
    assert_status(kvi_uploads_open(path, ".localhost", 1, &uploads, NULL), KV_INVALID);
    assert_status(kvi_uploads_open(path, "localhost.", 1, &uploads, NULL), KV_INVALID);
    assert_status(kvi_uploads_open(path, HOST, 1, &uploads, NULL), KV_OK);
    assert_string_equal(kvi_uploads_host(uploads), HOST);
    kvi_uploads_close(uploads);
    kvi_uploads_close(NULL);
}

/* The spool's file is not what was received: nobody else should be in there, but it is looked at.
 */
static void test_file_changed(void **state)
{
    struct edge_fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX], name[TEMPDIR_PATH_MAX], url[256];

    upload_dir(fixture, path);
    upload(fixture, "{\"Namespace\":\"main\"}", 20, url);
    tempdir_join(name, path, strrchr(url, '/') + 1);
    assert_int_equal(truncate(name, 3), 0);
    use(fixture, EDGE_DCDN, "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k", url, 500,
        "StoreIo", NULL);
    upload(fixture, "{\"Namespace\":\"main\"}", 20, url);
    tempdir_join(name, path, strrchr(url, '/') + 1);
    assert_int_equal(unlink(name), 0);
    use(fixture, EDGE_DCDN, "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k", url, 500,
        "StoreIo", NULL);
}

/* ---- A service that takes none */

static void test_not_served(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_answer answer;

    use(fixture, EDGE_DCDN, "PutDcdnKvWithHighCapacity", "Namespace=main&Key=k",
        "http://" HOST "/k", 400, "UnsupportedOperation", NULL);
    answer = post_raw(fixture, "------b--", 9, 0);
    edge_check(&answer, 400, "Invalid.Parameter", NULL);
    edge_answer_free(&answer);
}

#define UPLOADS_TEST(name, function) TEST_WITHIN(name, function, uploads_setup, edge_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        UPLOADS_TEST("put", test_put),
        UPLOADS_TEST("batches", test_batches),
        UPLOADS_TEST("urls: of files uploaded here alone", test_urls),
        UPLOADS_TEST("permission: good once, for half an hour", test_permission),
        UPLOADS_TEST("permission: for whom the policy lets write", test_permission_policy),
        UPLOADS_TEST("permissions: so many at once", test_permissions_bounded),
        UPLOADS_TEST("forms that are refused", test_forms),
        UPLOADS_TEST("refused: its room is free at once", test_refused_early),
        UPLOADS_TEST("given up", test_given_up),
        UPLOADS_TEST("bytes: so many at once", test_bytes_bounded),
        UPLOADS_TEST("a value of 25 MB and one over", test_large),
        UPLOADS_TEST("a file of 100 MB and one over", test_largest),
        UPLOADS_TEST("directory", test_directory),
        UPLOADS_TEST("directory: refused", test_directory_refused),
        UPLOADS_TEST("a file that is not what it was", test_file_changed),
        EDGE_TEST("a service that takes none", test_not_served),
    };

    run_tests(tests);
    run_rows(refused, test_refused, uploads_setup, edge_teardown);
    return run_all("edge_uploads");
}
