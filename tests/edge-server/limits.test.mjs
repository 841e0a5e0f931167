// Limits to the byte, and what no well-behaved client would send but the SDKs let through.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { CLIENTS, fault, makeClient } from "./clients.mjs";
import { ADMIN, Server, require } from "./server.mjs";

const namespace = "limits";
let server, client, pop;

before(async () => {
  // The clients keep connections, and encode for seconds: theirs may not be closed meanwhile.
  server = await new Server({ options: ["--timeout", "60"] }).start();
  client = makeClient("dcdn V3", { key: ADMIN, endpoint: server.endpoint });
  pop = makeClient("pop POST", { key: ADMIN, endpoint: server.endpoint });
  await client.call("createNamespace", { namespace });
});
after(() => server?.end());

async function refused(promise, code, status = 400) {
  const { code: gotCode, status: gotStatus, message } = await fault(promise);
  assert.deepEqual([gotCode, gotStatus], [code, status], message);
}

for (const name of CLIENTS.filter((one) => one !== "pop GET")) {
  test(`${name}: a value of 2,000,000 bytes, and one more`, async () => {
    const one = makeClient(name, { key: ADMIN, endpoint: server.endpoint });
    const value = "é".repeat(999999) + "\u0001+";
    const put = await one.call("putKey", { namespace, key: "large", value });
    assert.equal(Number(put.length), 2000000);
    assert.ok(put.value.length < 300 && put.value.startsWith("é".repeat(100)) &&
      put.value.endsWith("\u0001+"), "the answer shows the ends alone");
    assert.equal((await one.call("getKey", { namespace, key: "large" })).value, value);
    await refused(one.call("putKey", { namespace, key: "large", value: `${value}x` }),
      "InvalidValue.ExceedsMaximum");
  });

  test(`${name}: a batch of 2,000,000 bytes, and one more`, async () => {
    const one = makeClient(name, { key: ADMIN, endpoint: server.endpoint });
    // Of a control character percent-encoded JSON makes 8 bytes. It takes the clients seconds.
    const byte = ["dcdn V3", "pop POST"].includes(name) ? "\u0001" : "v";
    const kvList = [{ key: "k".repeat(10), value: byte.repeat(1999989) }, { key: "l", value: "" }];
    const put = await one.call("batchPut", { namespace, kvList });
    assert.deepEqual(put.successKeys, ["k".repeat(10), "l"]);
    kvList[0].value = "v".repeat(1999989);
    kvList[1].value = "v";
    await refused(one.call("batchPut", { namespace, kvList }), "Invalid.Parameter");
  });
}

test("keys of 512 and 513 bytes", async () => {
  for (const key of ["k".repeat(512), "é".repeat(256)]) {
    await client.call("putKey", { namespace, key, value: key });
    assert.equal((await client.call("getKey", { namespace, key })).value, key);
    assert.deepEqual((await client.call("listKeys", { namespace, prefix: key })).keys.map(
      (one) => one.name), [key]);
    await refused(client.call("putKey", { namespace, key: `${key}x`, value: "v" }),
      "InvalidKey.ExceedsMaximum");
  }
  await refused(client.call("getKey", { namespace, key: "k".repeat(513) }),
    "InvalidKey.ExceedsMaximum");
});

test("10,000 and 10,001 keys", async () => {
  const kvList = Array.from({ length: 10000 }, (_, i) => ({ key: `many/${i}`, value: `${i}` }));
  const put = await client.call("batchPut", { namespace, kvList });
  assert.equal(put.successKeys.length, 10000);
  assert.equal((await client.call("listKeys", { namespace, prefix: "many/" })).totalCount, 10000);
  await refused(client.call("batchPut", { namespace, kvList: [...kvList, { key: "x", value: "" }] }),
    "InvalidKey.TooManyKeys");
  const keys = kvList.map((one) => one.key);
  await refused(client.call("batchDelete", { namespace, keys: [...keys, "x"] }),
    "InvalidKey.TooManyKeys");
  assert.equal((await client.call("listKeys", { namespace, prefix: "many/" })).totalCount, 10000,
    "a refused document changes nothing");
  const gone = await client.call("batchDelete", { namespace, keys });
  assert.equal(gone.successKeys.length, 10000);
});

test("names and keys that cannot be", async () => {
  for (const bad of ["", "a b", "n".repeat(65), "é", "a/b"])
    await refused(client.call("createNamespace", { namespace: bad }), "InvalidNameSpace.Malformed");
  for (const key of ["", "a b", "tab\t", "nul\0", "\u007f"])
    await refused(client.call("putKey", { namespace, key, value: "v" }), "InvalidKey.Malformed");
  await refused(client.call("createNamespace", { namespace: "fine",
    description: "d".repeat(1025) }), "Invalid.Parameter");
  await refused(client.call("getKey", { namespace: "nowhere", key: "k" }),
    "InvalidNameSpace.NotFound", 404);
});

test("what the SDKs let through", async () => {
  const raw = (KvList) => pop.client.request("BatchPutDcdnKv", { Namespace: namespace, KvList },
    { method: "POST" });
  await refused(client.call("putKey", { namespace, key: "no-value" }), "Invalid.Parameter");
  await refused(client.call("putKey", { namespace, value: "no key" }), "Invalid.Parameter");
  await refused(client.call("batchPut", { namespace, kvList: [] }), "Invalid.Parameter");
  await refused(client.call("batchPut", { namespace }), "Invalid.Parameter");
  for (const bad of ["", "{}", "[1]", "[{}]", "[{\"Key\":\"a\"}]", "[{\"Value\":\"a\"}]",
    "[{\"Key\":\"a\",\"Value\":1}]", "[{\"Key\":\"a\",\"Value\":true}]",
    "[{\"Key\":\"a\",\"Value\":{}}]", "[{\"Key\":\"a\",\"Value\":null}]",
    "[{\"Key\":\"a\",\"Value\":\"v\",\"ExpirationTtl\":1.5}]",
    "[{\"Key\":\"a\",\"Value\":\"\\ud800\"}]", "[{\"Key\":\"\\udc00\",\"Value\":\"v\"}]",
    "[{\"Key\":\"a\",\"Value\":\"v\"}", "nonsense"])
    await refused(raw(bad), "Invalid.Parameter");
  await refused(client.call("batchPut", { namespace, kvList: [{ key: "a", value: "\ud800" }] }),
    "Invalid.Parameter"); // JSON.stringify writes \ud800.
  const list = [{ Key: "a", Value: "b" }]; // Not a text: KvList.1.Key=a&KvList.1.Value=b.
  await refused(raw(list), "Invalid.Parameter");
  assert.equal((await client.call("listKeys", { namespace, prefix: "a" })).totalCount, 0,
    "a refused document writes nothing");
});

test("times that cannot be", async () => {
  const put = (more) => client.call("putKey", { namespace, key: "timed", value: "v", ...more });
  const now = Math.floor(Date.now() / 1000);
  for (const more of [{ expirationTtl: 0 }, { expirationTtl: -5 }, { expirationTtl: 1.5 },
    { expiration: now - 10 }, { expiration: 1.5 }])
    await refused(put(more), "Invalid.Parameter");
  await put({ expirationTtl: "60" }); // A digit string is a number in a query.
  await put({ expiration: now + 60 });
  await put({ expirationTtl: 60, expiration: 1 }); // The TTL wins; the other is not looked at.
  assert.ok((await client.call("keyDetail", { namespace, key: "timed" })).expirationTtl >= 58);
  await put({ expirationTtl: 9007199254740992 });
  assert.equal((await client.call("getKey", { namespace, key: "timed" })).value, "v");
});

test("pages that cannot be", async () => {
  const list = (more) => client.call("listKeys", { namespace, ...more });
  for (const more of [{ pageSize: 0 }, { pageSize: 101 }, { pageNumber: 0 }, { pageNumber: -1 },
    { pageNumber: 1001 }, { pageNumber: 501, pageSize: 100 }, { pageSize: "x" }])
    await refused(list(more), "Invalid.Parameter");
  assert.deepEqual((await list({ pageNumber: 500, pageSize: 100 })).keys, []);
});

test("a whole value can be asked for with a key of percent signs", async () => {
  const { default: Dcdn, PutDcdnKvRequest } = require("@alicloud/dcdn20180115");
  assert.ok(client.client instanceof Dcdn);
  const key = "%25%2B+%00%";
  await client.client.putDcdnKv(new PutDcdnKvRequest({ namespace, key, value: "v" }));
  assert.equal((await client.call("getKey", { namespace, key })).value, "v");
});
