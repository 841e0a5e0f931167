/* Every operation in every dialect: what goes in, what comes out. A test is a row of steps on a new
 * store; each is sent signed (V3), and once more without any signature to a service that asks for
 * none. */
#include "support/edge.h"

#include "edge/operations.h"
#include "ops/db.h"
#include "storage/txn.h"
#include "tables/meta.h"

#include <jansson.h>

#include <stdio.h>
#include <string.h>

#define STEPS_MAX 9
#define GOOD 200, ""

struct step {
    const char *version, *action, *query, *form;
    int http;
    const char *code;
    const char *want; /* Members of the answer, as JSON; null: is not there. */
    int advance_s;    /* Before it. */
};

static const struct script {
    const char *name;
    struct step steps[STEPS_MAX];
} scripts[] = {
    {"dcdn: namespace",
     {{EDGE_DCDN, "PutDcdnKvNamespace", "", "Description=the%20first%20namespace&Namespace=Ns1",
       GOOD,
       "{\"Namespace\":\"Ns1\",\"NamespaceId\":\"100000000000000002\","
       "\"Description\":\"the first namespace\",\"Status\":\"online\"}",
       0},
      {EDGE_DCDN, "DescribeDcdnKvNamespace", "Namespace=ns1", NULL, GOOD,
       "{\"Namespace\":\"Ns1\",\"NamespaceId\":\"100000000000000002\","
       "\"Description\":\"the first namespace\",\"Status\":\"online\",\"Mode\":\"Normal\","
       "\"Capacity\":1073741824,\"CapacityUsed\":0,\"CapacityString\":\"1 GB\","
       "\"CapacityUsedString\":\"0 B\"}",
       0},
      {EDGE_DCDN, "PutDcdnKvNamespace", "", "Namespace=NS1", 406, "InvalidNameSpace.Duplicate",
       NULL, 0},
      {EDGE_DCDN, "DeleteDcdnKvNamespace", "Namespace=nS1", "", GOOD, NULL, 0},
      {EDGE_DCDN, "DescribeDcdnKvNamespace", "Namespace=ns1", NULL, 404,
       "InvalidNameSpace.NotFound", NULL, 0},
      {EDGE_DCDN, "PutDcdnKvNamespace", "", "Namespace=ns1", GOOD,
       "{\"Namespace\":\"ns1\",\"NamespaceId\":\"100000000000000003\",\"Description\":\"\"}", 0}}},
    {"esa: namespace",
     {{EDGE_ESA, "CreateKvNamespace", "", "Description=d&Namespace=ns1", GOOD,
       "{\"Namespace\":\"ns1\",\"Description\":\"d\",\"Status\":\"online\"}", 0},
      {EDGE_ESA, "GetKvNamespace", "Namespace=ns1", NULL, GOOD,
       "{\"Namespace\":\"ns1\",\"Mode\":null,\"CapacityString\":\"1 GB\"}", 0},
      {EDGE_ESA, "DeleteKvNamespace", "Namespace=ns1", "", GOOD, NULL, 0},
      {EDGE_ESA, "GetKvNamespace", "Namespace=ns1", NULL, 404, "InvalidNameSpace.NotFound", NULL,
       0}}},
    {"dcdn: account",
     {{EDGE_DCDN, "PutDcdnKv", "Key=key&Namespace=main", "Value=value", GOOD, NULL, 0},
      {EDGE_DCDN, "DescribeDcdnKvAccount", "", NULL, GOOD,
       "{\"Status\":\"online\",\"NamespaceQuota\":1024,\"NamespaceUsed\":1,"
       "\"Capacity\":1099511627776,\"CapacityString\":\"1 TB\",\"CapacityUsed\":8,"
       "\"CapacityUsedString\":\"8 B\",\"NamespaceList\":[{\"Namespace\":\"main\","
       "\"NamespaceId\":\"100000000000000001\",\"Description\":\"\",\"Status\":\"online\","
       "\"Capacity\":1073741824,\"CapacityUsed\":8,\"CapacityString\":\"1 GB\","
       "\"CapacityUsedString\":\"8 B\"}]}",
       0},
      {EDGE_DCDN, "DescribeDcdnKvAccountStatus", "", NULL, GOOD, "{\"Status\":\"online\"}", 0}}},
    {"esa: account",
     {{EDGE_ESA, "GetKvAccount", "", NULL, GOOD, "{\"NamespaceUsed\":1,\"Status\":\"online\"}", 0},
      {EDGE_ESA, "DescribeKvAccountStatus", "", NULL, GOOD, "{\"Status\":\"online\"}", 0}}},
    {"dcdn: a key's life",
     {{EDGE_DCDN, "PutDcdnKv", "ExpirationTtl=60&Key=key%2F1~*(%C3%A9)&Namespace=main",
       "Value=value1", GOOD, "{\"Length\":6,\"Value\":\"value1\"}", 0},
      {EDGE_DCDN, "GetDcdnKv", "Key=key%2F1~*(%C3%A9)&Namespace=main", NULL, GOOD,
       "{\"Value\":\"value1\"}", 0},
      {EDGE_DCDN, "GetDcdnKvDetail", "Key=key%2F1~*(%C3%A9)&Namespace=main", NULL, GOOD,
       "{\"Value\":\"value1\",\"ExpirationTtl\":\"41\"}", 19},
      {EDGE_DCDN, "GetDcdnKvStatus", "Key=key%2F1~*(%C3%A9)&Namespace=main", "", GOOD,
       "{\"Complete\":true,\"Expire\":\"2023-11-15T06:14:20+08:00\"}", 0},
      {EDGE_DCDN, "GetDcdnKvDetail", "Key=key%2F1~*(%C3%A9)&Namespace=main", NULL, GOOD,
       "{\"ExpirationTtl\":\"1\"}", 40},
      {EDGE_DCDN, "GetDcdnKv", "Key=key%2F1~*(%C3%A9)&Namespace=main", NULL, 404,
       "InvalidKey.NotFound", NULL, 1}}},
    {"dcdn: a permanent key",
     {{EDGE_DCDN, "PutDcdnKv", "Key=k&Namespace=main", "Value=", GOOD,
       "{\"Length\":0,\"Value\":\"\"}", 0},
      {EDGE_DCDN, "GetDcdnKvDetail", "Key=k&Namespace=main", NULL, GOOD,
       "{\"Value\":\"\",\"ExpirationTtl\":null}", 0},
      {EDGE_DCDN, "GetDcdnKvStatus", "Key=k&Namespace=main", NULL, GOOD,
       "{\"Complete\":true,\"Expire\":null}", 0},
      {EDGE_DCDN, "DeleteDcdnKv", "Key=k&Namespace=main", "", GOOD, NULL, 0},
      {EDGE_DCDN, "DeleteDcdnKv", "Key=k&Namespace=main", "", GOOD, NULL, 0},
      {EDGE_DCDN, "GetDcdnKv", "Key=k&Namespace=main", NULL, 404, "InvalidKey.NotFound", NULL, 0},
      {EDGE_DCDN, "GetDcdnKvDetail", "Key=k&Namespace=main", NULL, 404, "InvalidKey.NotFound", NULL,
       0},
      {EDGE_DCDN, "GetDcdnKvStatus", "Key=k&Namespace=main", "", 404, "InvalidKey.NotFound", NULL,
       0}}},
    {"esa: a key's life",
     {{EDGE_ESA, "PutKv", "ExpirationTtl=60&Key=k&Namespace=main", "Value=test", GOOD,
       "{\"Length\":\"4\",\"Value\":\"test\"}", 0},
      {EDGE_ESA, "GetKv", "Key=k&Namespace=main", NULL, GOOD, "{\"Value\":\"test\"}", 0},
      {EDGE_ESA, "GetKvDetail", "Key=k&Namespace=main", "", GOOD,
       "{\"Value\":\"test\",\"ExpirationTtl\":\"60\"}", 0},
      {EDGE_ESA, "DeleteKv", "Key=k&Namespace=main", NULL, GOOD, NULL, 0},
      {EDGE_ESA, "GetKv", "Key=k&Namespace=main", NULL, 404, "InvalidKey.NotFound", NULL, 0}}},
    {"esa: base64",
     {{EDGE_ESA, "PutKv", "Base64=true&Key=k&Namespace=main", "Value=AAH%2F", GOOD,
       "{\"Length\":\"3\",\"Value\":\"AAH/\"}", 0},
      {EDGE_ESA, "GetKv", "Base64=true&Key=k&Namespace=main", NULL, GOOD, "{\"Value\":\"AAH/\"}",
       0},
      {EDGE_ESA, "GetKv", "Key=k&Namespace=main", NULL, 400, "InvalidValue.NotText", NULL, 0},
      {EDGE_DCDN, "GetDcdnKv", "Key=k&Namespace=main&Base64=true", NULL, 400,
       "InvalidValue.NotText", NULL, 0},
      {EDGE_ESA, "PutKv", "Base64=TRUE&Key=k&Namespace=main", "Value=YQ%3D%3D", GOOD,
       "{\"Length\":\"1\"}", 0},
      {EDGE_ESA, "GetKv", "Base64=false&Key=k&Namespace=main", NULL, GOOD, "{\"Value\":\"a\"}", 0},
      {EDGE_ESA, "PutKv", "Base64=true&Key=k&Namespace=main", "Value=YQ", 400, "Invalid.Parameter",
       NULL, 0},
      {EDGE_ESA, "PutKv", "Base64=maybe&Key=k&Namespace=main", "Value=YQ", 400, "Invalid.Parameter",
       NULL, 0},
      {EDGE_DCDN, "PutDcdnKv", "Base64=true&Key=k&Namespace=main", "Value=YQ%3D%3D", GOOD,
       "{\"Length\":4}", 0}}},
    {"dcdn: batch put",
     {{EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
       "KvList=%5B%7B%22Key%22%3A%22a%22%2C%22Value%22%3A%22v%20a%2Bb%26c%3Dd%25%C3%A9%5C%22%5C%5C"
       "%5Cn%22%7D%2C%7B%22ExpirationTtl%22%3A3600%2C%22Key%22%3A%22b%22%2C%22Value%22%3A%22%22%7D"
       "%2C%7B%22Expiration%22%3A1999999999%2C%22Key%22%3A%22c%22%2C%22Value%22%3A%22x%22%7D%5D",
       GOOD, "{\"SuccessKeys\":[\"a\",\"b\",\"c\"],\"FailKeys\":[],\"Failures\":[]}", 0},
      {EDGE_DCDN, "GetDcdnKv", "Key=a&Namespace=main", NULL, GOOD,
       "{\"Value\":\"v a+b&c=d%\xc3\xa9\\\"\\\\\\n\"}", 0},
      {EDGE_DCDN, "GetDcdnKvDetail", "Key=b&Namespace=main", NULL, GOOD,
       "{\"Value\":\"\",\"ExpirationTtl\":\"3600\"}", 0},
      {EDGE_DCDN, "GetDcdnKvStatus", "Key=c&Namespace=main", "", GOOD,
       "{\"Expire\":\"2033-05-18T11:33:19+08:00\"}", 0},
      {EDGE_DCDN, "BatchDeleteDcdnKv", "Namespace=main",
       "Keys=%5B%22a%22%2C%22b%20c%22%2C%22b%22"
       "%2C%22none%22%5D",
       GOOD,
       "{\"SuccessKeys\":[\"a\",\"b\",\"none\"],\"FailKeys\":[\"b c\"],\"Failures\":[{\"Index\":1,"
       "\"Key\":\"b c\",\"Code\":\"InvalidKey.Malformed\","
       "\"Message\":\"The specified key is invalid.\"}]}",
       0},
      {EDGE_DCDN, "ListDcdnKv", "Namespace=main", NULL, GOOD,
       "{\"TotalCount\":1,\"Keys\":[{\"Name\":\"c\",\"UpdateTime\":\"2023-11-14T22:13:20Z\"}]}",
       0}}},
    {"esa: batch",
     {{EDGE_ESA, "BatchPutKv", "Namespace=main",
       "KvList=[{\"ExpirationTtl\":5,\"Key\":\"a\",\"Value\":\"1\",\"Base64\":true}]", GOOD,
       "{\"SuccessKeys\":[\"a\"],\"FailKeys\":[]}", 0},
      {EDGE_ESA, "GetKv", "Key=a&Namespace=main", NULL, GOOD, "{\"Value\":\"1\"}", 0},
      {EDGE_ESA, "BatchDeleteKv", "Namespace=main", "Keys=[\"a\",\"b\"]", GOOD,
       "{\"SuccessKeys\":[\"a\",\"b\"],\"FailKeys\":[]}", 0},
      {EDGE_ESA, "ListKvs", "Namespace=main", NULL, GOOD, "{\"TotalCount\":0,\"Keys\":[]}", 0}}},
    {"batch: what fails is told, the rest is written",
     {{EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
       "KvList=[{\"Key\":\"good\",\"Value\":\"1\"},{\"Key\":\"\",\"Value\":\"1\"},"
       "{\"Key\":\"a b\",\"Value\":\"1\"},{\"Key\":\"late\",\"Value\":\"1\",\"Expiration\":1},"
       "{\"Key\":\"none\",\"Value\":\"1\",\"ExpirationTtl\":0},{\"Key\":\"also\",\"Value\":\"2\"},"
       "{\"Key\":\"zero\\u0000\",\"Value\":\"\"}]",
       GOOD,
       "{\"SuccessKeys\":[\"good\",\"also\"],\"FailKeys\":[\"\",\"a b\",\"late\",\"none\","
       "\"zero\\u0000\"],\"Failures\":["
       "{\"Index\":1,\"Key\":\"\",\"Code\":\"InvalidKey.Malformed\","
       "\"Message\":\"The specified key is invalid.\"},"
       "{\"Index\":2,\"Key\":\"a b\",\"Code\":\"InvalidKey.Malformed\","
       "\"Message\":\"The specified key is invalid.\"},"
       "{\"Index\":3,\"Key\":\"late\",\"Code\":\"Invalid.Parameter\","
       "\"Message\":\"The specified parameter is invalid.\"},"
       "{\"Index\":4,\"Key\":\"none\",\"Code\":\"Invalid.Parameter\","
       "\"Message\":\"The specified parameter is invalid.\"},"
       "{\"Index\":6,\"Key\":\"zero\\u0000\",\"Code\":\"InvalidKey.Malformed\","
       "\"Message\":\"The specified key is invalid.\"}]}",
       0},
      {EDGE_DCDN, "ListDcdnKv", "Namespace=main", NULL, GOOD, "{\"TotalCount\":2}", 0},
      {EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main", "KvList=[{\"Key\":\"\",\"Value\":\"1\"}]",
       GOOD, "{\"SuccessKeys\":[],\"FailKeys\":[\"\"]}", 0}}},
    {"batch: of two puts of a key the last counts, and is told once",
     {{EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
       "KvList=[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"b\",\"Value\":\"2\"},"
       "{\"Key\":\"a\",\"Value\":\"3\"}]",
       GOOD, "{\"SuccessKeys\":[\"b\",\"a\"],\"FailKeys\":[]}", 0},
      {EDGE_DCDN, "GetDcdnKv", "Key=a&Namespace=main", NULL, GOOD, "{\"Value\":\"3\"}", 0},
      {EDGE_DCDN, "BatchDeleteDcdnKv", "Namespace=main", "Keys=[\"a\",\"b\",\"a\"]", GOOD,
       "{\"SuccessKeys\":[\"a\",\"b\",\"a\"],\"FailKeys\":[]}", 0},
      {EDGE_DCDN, "ListDcdnKv", "Namespace=main", NULL, GOOD, "{\"TotalCount\":0}", 0}}},
    {"batch: a key that fails once and is written once is in both lists",
     {{EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
       "KvList=[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"a\",\"Value\":\"2\",\"Expiration\":1}]",
       GOOD, "{\"SuccessKeys\":[\"a\"],\"FailKeys\":[\"a\"]}", 0},
      {EDGE_DCDN, "GetDcdnKv", "Key=a&Namespace=main", NULL, GOOD, "{\"Value\":\"1\"}", 0},
      {EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
       "KvList=[{\"Key\":\"b\",\"Key\":\"c\",\"Value\":\"1\",\"More\":[{}],\"ExpirationTtl\":9,"
       "\"Expiration\":1}]",
       GOOD, "{\"SuccessKeys\":[\"c\"],\"FailKeys\":[]}", 0}}},
    {"keys: what they may be",
     {{EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
       "KvList=[{\"Key\":\".\",\"Value\":\"\"},{\"Key\":\"..\",\"Value\":\"\"},"
       "{\"Key\":\"/\",\"Value\":\"\"},{\"Key\":\"\\\\\",\"Value\":\"\"},"
       "{\"Key\":\"\\u00a0\",\"Value\":\"\"},{\"Key\":\"\\u2003\",\"Value\":\"\"},"
       "{\"Key\":\"\\ud83d\\ude00\",\"Value\":\"\"}]",
       GOOD, "{\"FailKeys\":[]}", 0},
      {EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
       "KvList=[{\"Key\":\" \",\"Value\":\"\"},{\"Key\":\"\\u0000\",\"Value\":\"\"},"
       "{\"Key\":\"\\u001f\",\"Value\":\"\"},{\"Key\":\"\\u007f\",\"Value\":\"\"}]",
       GOOD, "{\"SuccessKeys\":[]}", 0}}},
    {"list: pages and prefixes",
     {{EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
       "KvList=[{\"Key\":\"b1\",\"Value\":\"\"},{\"Key\":\"a1\",\"Value\":\"\"},"
       "{\"Key\":\"a3\",\"Value\":\"\"},{\"Key\":\"a2\",\"Value\":\"\"},"
       "{\"Key\":\"gone\",\"Value\":\"\",\"ExpirationTtl\":5}]",
       GOOD, NULL, 0},
      {EDGE_DCDN, "ListDcdnKv", "Namespace=main&PageNumber=1&PageSize=2&Prefix=a", NULL, GOOD,
       "{\"PageNumber\":1,\"PageSize\":2,\"TotalCount\":3,\"Keys\":["
       "{\"Name\":\"a1\",\"UpdateTime\":\"2023-11-14T22:13:20Z\"},"
       "{\"Name\":\"a2\",\"UpdateTime\":\"2023-11-14T22:13:20Z\"}]}",
       5},
      {EDGE_DCDN, "ListDcdnKv", "Namespace=main&PageNumber=2&PageSize=2&Prefix=a", NULL, GOOD,
       "{\"PageNumber\":2,\"Keys\":[{\"Name\":\"a3\",\"UpdateTime\":\"2023-11-14T22:13:20Z\"}]}",
       0},
      {EDGE_DCDN, "ListDcdnKv", "Namespace=main&PageNumber=3&PageSize=2&Prefix=a", NULL, GOOD,
       "{\"PageNumber\":3,\"TotalCount\":3,\"Keys\":[]}", 0},
      {EDGE_DCDN, "ListDcdnKv", "Namespace=main&PageNumber=&PageSize=&Prefix=", NULL, GOOD,
       "{\"PageNumber\":1,\"PageSize\":50,\"TotalCount\":4}", 0},
      {EDGE_DCDN, "ListDcdnKv", "Namespace=main&Prefix=none", NULL, GOOD,
       "{\"TotalCount\":0,\"Keys\":[]}", 0},
      {EDGE_DCDN, "ListDcdnKv", "Namespace=main&PageNumber=500&PageSize=100", NULL, GOOD,
       "{\"Keys\":[]}", 0},
      {EDGE_DCDN, "ListDcdnKv", "Namespace=main&Prefix=a%20", NULL, 400, "InvalidKey.Malformed",
       NULL, 0}}},
    {"deadlines: which one counts",
     {{EDGE_DCDN, "PutDcdnKv", "Key=k&Namespace=main&Expiration=nonsense&ExpirationTtl=60",
       "Value=v", GOOD, NULL, 0},
      {EDGE_DCDN, "GetDcdnKvDetail", "Key=k&Namespace=main", NULL, GOOD,
       "{\"ExpirationTtl\":\"60\"}", 0},
      {EDGE_DCDN, "PutDcdnKv",
       "Key=k&Namespace=main&Expiration=1700000100&ExpirationTtl=", "Value=v", GOOD, NULL, 0},
      {EDGE_DCDN, "GetDcdnKvDetail", "Key=k&Namespace=main", NULL, GOOD,
       "{\"ExpirationTtl\":\"100\"}", 0},
      {EDGE_DCDN, "PutDcdnKv", "Key=k&Namespace=main&Expiration=&ExpirationTtl=", "Value=v", GOOD,
       NULL, 0},
      {EDGE_DCDN, "GetDcdnKvDetail", "Key=k&Namespace=main", NULL, GOOD, "{\"ExpirationTtl\":null}",
       0},
      {EDGE_DCDN, "PutDcdnKv", "Key=k&Namespace=main&ExpirationTtl=9223372036854775807", "Value=v",
       GOOD, NULL, 0},
      {EDGE_DCDN, "GetDcdnKvStatus", "Key=k&Namespace=main", NULL, GOOD,
       "{\"Expire\":\"9999-12-31T23:59:59+08:00\"}", 0},
      {EDGE_DCDN, "PutDcdnKv", "Key=k&Namespace=main&Expiration=1700000000", "Value=v", GOOD, NULL,
       0}}},
    {"parameters: from the query and from the form alike",
     {{EDGE_DCDN, "PutDcdnKv", "", "Namespace=main&Key=k&Value=a+b%2B&ExpirationTtl=7", GOOD,
       "{\"Length\":4,\"Value\":\"a b+\"}", 0},
      {EDGE_DCDN, "GetDcdnKvDetail", "", "Namespace=main&Key=k", GOOD,
       "{\"Value\":\"a b+\",\"ExpirationTtl\":\"7\"}", 0},
      {EDGE_DCDN, "DescribeDcdnKvNamespace", "Namespace=main", "", GOOD, NULL, 0},
      {EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k&Value=q&Unknown=1", NULL, GOOD,
       "{\"Value\":\"q\"}", 0},
      {EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k", "Value=v&Key=other", 400,
       "Invalid.Parameter", NULL, 0}}},
    {"kv: a key with all that is known of it",
     {{EDGE_ESA, "PutKv", "Base64=true&Key=bytes&Namespace=main", "Value=AAH%2F", GOOD, NULL, 0},
      {EDGE_OWN, "DescribeKvKey", "Namespace=main&Key=bytes", NULL, GOOD,
       "{\"Value\":null,\"ValueBase64\":\"AAH/\",\"ValueSize\":3,\"StoredSize\":3,"
       "\"Codec\":\"raw\",\"Metadata\":\"\",\"ExpiresAt\":null,"
       "\"UpdateTime\":\"2023-11-14T22:13:20Z\"}",
       0},
      {EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=text&ExpirationTtl=10", "Value=x", GOOD, NULL,
       0},
      {EDGE_OWN, "DescribeKvKey", "Namespace=main&Key=text", NULL, GOOD,
       "{\"Value\":\"x\",\"ValueBase64\":null,\"ExpiresAt\":\"1700000010\"}", 0},
      {EDGE_OWN, "DescribeKvKey", "Namespace=main&Key=none", NULL, 404, "InvalidKey.NotFound", NULL,
       0}}},
};

static void send_steps(struct edge_fixture *fixture, const struct script *script,
                       enum edge_signing signing, bool all_in_form)
{
    for (size_t i = 0; i < STEPS_MAX && script->steps[i].action != NULL; i++) {
        const struct step *step = &script->steps[i];
        struct edge_request request =
            edge_request(step->version, step->action, step->query, step->form);

        request.signing = signing;
        request.all_in_form = all_in_form && step->form != NULL;
        request.chunk = i % 2 == 0 ? 0 : 7;
        fixture_advance(&fixture->store, step->advance_s);
        edge_expect(fixture, &request, step->http, step->code, step->want);
    }
}

static void test_script(void **state)
{
    struct edge_fixture *fixture = *state;

    send_steps(fixture, fixture->store.row, EDGE_V3, false);
}

static void test_script_v1(void **state)
{
    struct edge_fixture *fixture = *state;

    send_steps(fixture, fixture->store.row, EDGE_V1, false);
}

static void test_script_v1_form(void **state)
{
    struct edge_fixture *fixture = *state;

    send_steps(fixture, fixture->store.row, EDGE_V1, true);
}

static void test_script_open(void **state)
{
    struct edge_fixture *fixture = *state;

    send_steps(fixture, fixture->store.row, EDGE_UNSIGNED, false);
}

/* ---- The table itself */

/* Each row's action is sent by some step above, and refuses what it needs and does not get. */
static void test_table(void **state)
{
    struct edge_fixture *fixture = *state;
    const kvi_operation *operation = NULL;

    for (size_t i = 0; (operation = kvi_operation_at(i)) != NULL; i++) {
        static const char *const versions[] = {EDGE_DCDN, EDGE_ESA, EDGE_OWN, EDGE_OPEN};
        struct edge_request request =
            edge_request(versions[operation->dialect], operation->name, "Product=dcdn", NULL);
        struct edge_answer answer = edge_send(fixture, &request);

        assert_string_equal(answer.action, operation->name);
        assert_string_equal(answer.key_id, "testid");
        assert_int_equal(operation->needs & ~operation->takes, 0);
        if (operation->dialect == KVI_OPEN) /* This service takes no uploads. */
            edge_check(&answer, 400, "UnsupportedOperation", NULL);
        else if (operation->needs != 0)
            edge_check(&answer, 400, "Invalid.Parameter", NULL);
        else
            edge_check(&answer, 200, "", NULL);
        edge_answer_free(&answer);
    }
    assert_int_equal(kvi_operation_at(SIZE_MAX) == NULL, 1);
}

/* ---- The console's change log and statistics */

static void put(struct edge_fixture *fixture, const char *key)
{
    (void)fixture_put(&fixture->store, key, "v");
}

static void test_changes(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request request = edge_request(EDGE_OWN, "ListKvChanges", "Limit=2", NULL);
    struct edge_answer answer;
    char query[128], epoch[32], next[32];

    put(fixture, "a");
    put(fixture, "b");
    /* Without a place: the newest ones. */
    answer = edge_send(fixture, &request);
    edge_check(&answer, 200, "",
               "{\"Next\":\"3\",\"Changes\":["
               "{\"Sequence\":\"2\",\"Kind\":\"Put\",\"Time\":\"2023-11-14T22:13:20Z\","
               "\"Namespace\":\"main\",\"Key\":\"a\",\"Size\":1},"
               "{\"Sequence\":\"3\",\"Kind\":\"Put\",\"Time\":\"2023-11-14T22:13:20Z\","
               "\"Namespace\":\"main\",\"Key\":\"b\",\"Size\":1}]}");
    (void)snprintf(epoch, sizeof(epoch), "%s", edge_string(&answer, "Epoch"));
    (void)snprintf(next, sizeof(next), "%s", edge_string(&answer, "Next"));
    edge_answer_free(&answer);
    /* From there: nothing yet, then what came. */
    (void)snprintf(query, sizeof(query), "Epoch=%s&After=%s", epoch, next);
    request.query = query;
    edge_expect(fixture, &request, 200, "", "{\"Next\":\"3\",\"Changes\":[]}");
    assert_status(kv_delete(fixture->store.db, fixture->store.ns, "a", 1, NULL), KV_OK);
    edge_expect(fixture, &request, 200, "",
                "{\"Next\":\"4\",\"Changes\":[{\"Sequence\":\"4\",\"Kind\":\"Delete\","
                "\"Time\":\"2023-11-14T22:13:20Z\",\"Namespace\":\"main\",\"Key\":\"a\","
                "\"Size\":0}]}");
    /* From the start. */
    request.query = "After=0&Limit=1";
    edge_expect(fixture, &request, 200, "",
                "{\"Next\":\"1\",\"Changes\":[{\"Sequence\":\"1\",\"Kind\":\"NamespaceCreate\","
                "\"Time\":\"2023-11-14T22:13:20Z\",\"Namespace\":\"main\",\"Key\":\"main\","
                "\"Size\":1073741824}]}");
}

/* Who continues from an epoch that ended is told the present one, for the next time. */
static void test_changes_epoch(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request request = edge_request(EDGE_OWN, "ListKvChanges", "Limit=1", NULL);
    char query[128], first[32], second[32];
    struct edge_answer answer;
    kvi_txn *txn;

    put(fixture, "a");
    answer = edge_send(fixture, &request);
    (void)snprintf(first, sizeof(first), "%s", edge_string(&answer, "Epoch"));
    edge_answer_free(&answer);
    assert_status(kvi_txn_begin_write(fixture->store.db->env, &txn), KV_OK);
    assert_status(kvi_meta_epoch_renew(txn, 2), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    put(fixture, "b");
    (void)snprintf(query, sizeof(query), "Epoch=%s&After=2", first);
    request.query = query;
    answer = edge_send(fixture, &request);
    edge_check(&answer, 200, "", NULL);
    assert_string_equal(edge_string(&answer, "Next"), "3");
    (void)snprintf(second, sizeof(second), "%s", edge_string(&answer, "Epoch"));
    assert_string_not_equal(first, second);
    edge_answer_free(&answer);
    (void)snprintf(query, sizeof(query), "Epoch=%s&After=3", second);
    edge_expect(fixture, &request, 200, "", "{\"Next\":\"3\",\"Changes\":[]}");
    (void)snprintf(query, sizeof(query), "Epoch=%s&After=3", first);
    edge_expect(fixture, &request, 410, "ChangesTrimmed", NULL);
}

static void test_changes_refused(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request request = edge_request(EDGE_OWN, "ListKvChanges", "After=99", NULL);

    edge_expect(fixture, &request, 410, "ChangesTrimmed", NULL);
    request.query = "Epoch=1&After=0";
    edge_expect(fixture, &request, 410, "ChangesTrimmed", NULL);
    request.query = "After=-1";
    edge_expect(fixture, &request, 400, "Invalid.Parameter", NULL);
    request.query = "After=18446744073709551616";
    edge_expect(fixture, &request, 400, "Invalid.Parameter", NULL);
    request.query = "Limit=0";
    edge_expect(fixture, &request, 400, "Invalid.Parameter", NULL);
    request.query = "Limit=1001";
    edge_expect(fixture, &request, 400, "Invalid.Parameter", NULL);
    request.query = "Limit=1000";
    edge_expect(fixture, &request, 200, "", NULL);
}

/* A log that begins late, or is off: the newest that there are. */
static void test_changes_trimmed(void **state)
{
    struct edge_fixture *fixture = *state;
    kv_settings settings = KV_SETTINGS_INIT;
    struct edge_request request = edge_request(EDGE_OWN, "ListKvChanges", NULL, NULL);

    settings.changes_bytes_max = 0;
    put(fixture, "a");
    assert_status(kv_settings_set(fixture->store.db, &settings), KV_OK);
    put(fixture, "b");
    assert_status(kv_sweep(fixture->store.db, NULL), KV_OK);
    edge_expect(fixture, &request, 200, "", "{\"Changes\":[]}");
}

static void test_changes_kinds(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request request = edge_request(EDGE_OWN, "ListKvChanges", "After=0", NULL);
    struct edge_answer answer;
    static const char *const kinds[] = {"NamespaceCreate", "Put",          "Touch", "NamespaceSet",
                                        "NamespaceRename", "NamespaceDrop"};
    kv_op touch = op_touch("a");
    const json_t *changes = NULL;

    put(fixture, "a");
    touch.flags = KV_OP_TTL;
    touch.ttl_s = 10;
    assert_status(kv_put(fixture->store.db, fixture->store.ns, &touch, NULL), KV_OK);
    assert_status(kv_namespace_set(fixture->store.db, fixture->store.ns, 1 << 20, "d", 1), KV_OK);
    assert_status(kv_namespace_rename(fixture->store.db, fixture->store.ns, "new", 3), KV_OK);
    assert_status(kv_namespace_drop(fixture->store.db, fixture->store.ns), KV_OK);
    answer = edge_send(fixture, &request);
    edge_check(&answer, 200, "", NULL);
    changes = json_object_get(answer.json, "Changes");
    assert_int_equal(json_array_size(changes), COUNT(kinds));
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const json_t *change = json_array_get(changes, i);

        assert_string_equal(json_string_value(json_object_get(change, "Kind")), kinds[i]);
        /* Its name went with it. */
        assert_null(json_object_get(change, "Namespace"));
    }
    assert_string_equal(json_string_value(json_object_get(json_array_get(changes, 2), "ExpiresAt")),
                        "1700000010");
    edge_answer_free(&answer);
}

static void test_store(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request request = edge_request(EDGE_OWN, "DescribeKvStore", NULL, NULL);
    struct edge_answer answer;

    put(fixture, "key");
    answer = edge_send(fixture, &request);
    edge_check(&answer, 200, "",
               "{\"StoreNamespaces\":1,\"StoreKeys\":1,\"StoreKeyBytes\":3,\"StoreValueBytes\":1,"
               "\"StoreSequence\":\"2\",\"ProcessWritten\":1}");
    assert_true(json_is_string(json_object_get(answer.json, "StoreEpoch")));
    assert_true(json_is_integer(json_object_get(answer.json, "ProcessSyncUs")));
    assert_int_equal(json_object_size(answer.json), 1 + sizeof(kv_stats) / 8 - 1);
    edge_answer_free(&answer);
}

/* ---- Values that come through another door */

static void test_metadata(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request request =
        edge_request(EDGE_OWN, "DescribeKvKey", "Namespace=main&Key=k", NULL);
    kv_op op = op_put("k", "");
    char value[4096];

    memset(value, 'z', sizeof(value));
    op.value = value;
    op.value_size = sizeof(value);
    op.metadata = "text/html";
    op.metadata_size = 9;
    assert_status(kv_put(fixture->store.db, fixture->store.ns, &op, NULL), KV_OK);
    edge_expect(fixture, &request, 200, "",
                "{\"Metadata\":\"text/html\",\"MetadataBase64\":null,\"Codec\":\"zstd\","
                "\"ValueSize\":4096,\"Version\":\"2\"}");
    op.metadata = "\xff";
    op.metadata_size = 1;
    assert_status(kv_put(fixture->store.db, fixture->store.ns, &op, NULL), KV_OK);
    edge_expect(fixture, &request, 200, "",
                "{\"Metadata\":null,\"MetadataBase64\":\"/w==\",\"Version\":\"3\"}");
}

static void test_description_not_text(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request request =
        edge_request(EDGE_DCDN, "DescribeDcdnKvNamespace", "Namespace=main", NULL);

    assert_status(
        kv_namespace_set(fixture->store.db, fixture->store.ns, KV_CAPACITY_UNLIMITED, "a\xff", 2),
        KV_OK);
    /* Unlimited ends where the file does. */
    edge_expect(fixture, &request, 200, "",
                "{\"Description\":\"a?\",\"Capacity\":68719476736,\"CapacityString\":\"64 GB\"}");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EDGE_TEST("every row of the table", test_table),
        EDGE_TEST("kv: changes", test_changes),
        EDGE_TEST("kv: changes of an epoch that ended", test_changes_epoch),
        EDGE_TEST("kv: changes refused", test_changes_refused),
        EDGE_TEST("kv: changes of a log that is off", test_changes_trimmed),
        EDGE_TEST("kv: kinds of changes", test_changes_kinds),
        EDGE_TEST("kv: the store", test_store),
        EDGE_TEST("kv: metadata", test_metadata),
        EDGE_TEST("a description that is no text", test_description_not_text),
    };

    run_tests(tests);
    for (size_t i = 0; i < COUNT(scripts); i++) {
        const char *name = scripts[i].name;

        run_row(name, test_script, edge_setup, edge_teardown, &scripts[i]);
        run_row(run_name("%s (V1)", name), test_script_v1, edge_setup, edge_teardown, &scripts[i]);
        run_row(run_name("%s (V1, all in the form)", name), test_script_v1_form, edge_setup,
                edge_teardown, &scripts[i]);
        run_row(run_name("%s (no auth)", name), test_script_open, edge_setup_open, edge_teardown,
                &scripts[i]);
    }
    return run_all("edge_operations");
}
