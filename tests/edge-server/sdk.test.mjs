// Every operation through the vendor's own SDKs, in each dialect and with each signature.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { CLIENTS, OPERATIONS, fault, makeClient } from "./clients.mjs";
import { ADMIN, Server, until } from "./server.mjs";

let server;
before(async () => { server = await new Server().start(); });
after(() => server?.end());

const UUID = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/;
const named = (name) => name.replace(" ", "-");
const connect = (name) => makeClient(name, { key: ADMIN, endpoint: server.endpoint });

/** A namespace of the test's own. */
async function inNamespace(name, work) {
  const client = connect(name), namespace = `test-${named(name)}`;
  await client.call("createNamespace", { namespace });
  try {
    await work(client, namespace);
  } finally {
    await client.call("deleteNamespace", { namespace });
  }
}

for (const name of CLIENTS) {
  test(`${name}: namespaces and the account`, async () => {
    const client = connect(name), namespace = `Space_${named(name)}`;
    const made = await client.call("createNamespace", { namespace, description: "é & =+%" });
    assert.equal(made.namespace, namespace);
    assert.equal(made.description, "é & =+%");
    assert.equal(made.status, "online");
    assert.match(made.namespaceId, /^\d{18}$/);
    assert.match(made.requestId, UUID);
    const told = await client.call("describeNamespace", { namespace: namespace.toUpperCase() });
    assert.equal(told.namespace, namespace, "letters' case does not tell names apart");
    assert.equal(told.namespaceId, made.namespaceId);
    assert.equal(told.capacity, 1073741824);
    assert.equal(told.capacityString, "1 GB");
    assert.equal(told.capacityUsed, 0);
    assert.equal(told.mode, client.dialect === "dcdn" ? "Normal" : undefined);
    assert.deepEqual(await fault(client.call("createNamespace", { namespace })).then(
      ({ code, status }) => [code, status]), ["InvalidNameSpace.Duplicate", 406]);
    const account = await client.call("account");
    assert.equal(account.status, "online");
    assert.equal(account.namespaceQuota, 10);
    assert.equal(account.namespaceUsed, account.namespaceList.length);
    assert.ok(account.namespaceList.some((one) => one.namespace === namespace));
    assert.equal((await client.call("accountStatus")).status, "online");
    assert.match((await client.call("deleteNamespace", { namespace })).requestId, UUID);
    for (const operation of ["describeNamespace", "deleteNamespace"])
      assert.deepEqual(await fault(client.call(operation, { namespace })).then(
        ({ code, status }) => [code, status]), ["InvalidNameSpace.NotFound", 404]);
  });

  test(`${name}: one key`, () => inNamespace(name, async (client, namespace) => {
    const key = "dir/é~*('!)+&=%?#\"\\", value = "a b+c&d=e%é\"\\\n\t€😀";
    const put = await client.call("putKey", { namespace, key, value, expirationTtl: 100 });
    assert.equal(Number(put.length), Buffer.byteLength(value));
    assert.equal(put.value, value);
    assert.equal((await client.call("getKey", { namespace, key })).value, value);
    const detail = await client.call("keyDetail", { namespace, key });
    assert.equal(detail.value, value);
    assert.ok(detail.expirationTtl >= 90 && detail.expirationTtl <= 100, detail.expirationTtl);
    if (OPERATIONS.keyStatus[client.dialect === "dcdn" ? 0 : 1]) {
      const status = await client.call("keyStatus", { namespace, key });
      assert.equal(status.complete, true);
      assert.match(status.expire, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/);
      const left = Date.parse(status.expire) - Date.now();
      assert.ok(left > 90000 && left <= 101000, `${left} ms`);
    }
    await client.call("putKey", { namespace, key, value: "again" });
    assert.equal((await client.call("keyDetail", { namespace, key })).expirationTtl, undefined);
    assert.match((await client.call("deleteKey", { namespace, key })).requestId, UUID);
    assert.match((await client.call("deleteKey", { namespace, key })).requestId, UUID);
    const gone = await fault(client.call("getKey", { namespace, key }));
    assert.deepEqual([gone.code, gone.status], ["InvalidKey.NotFound", 404]);
  }));

  test(`${name}: batches and lists`, () => inNamespace(name, async (client, namespace) => {
    const kvList = [{ key: "b/1", value: "v a+b&c=d%é\"\\\n" }, { key: "b/2", value: "",
      expirationTtl: 3600 }, { key: "a", value: "x", expiration: 1999999999 },
    { key: "b/1", value: "the later one wins" }];
    const put = await client.call("batchPut", { namespace, kvList });
    assert.deepEqual(put.successKeys, ["b/2", "a", "b/1"]);
    assert.deepEqual(put.failKeys, []);
    assert.equal((await client.call("getKey", { namespace, key: "b/1" })).value,
      "the later one wins");
    assert.equal((await client.call("getKey", { namespace, key: "b/2" })).value, "");
    const all = await client.call("listKeys", { namespace });
    assert.deepEqual(all.keys.map((one) => one.name), ["a", "b/1", "b/2"]);
    assert.match(all.keys[0].updateTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual([all.pageNumber, all.pageSize, all.totalCount], [1, 50, 3]);
    const part = await client.call("listKeys", { namespace, prefix: "b/", pageNumber: 2,
      pageSize: 1 });
    assert.deepEqual([part.keys.map((one) => one.name), part.totalCount, part.pageNumber],
      [["b/2"], 2, 2]);
    assert.deepEqual((await client.call("listKeys", { namespace, pageNumber: 9 })).keys, []);
    const gone = await client.call("batchDelete", { namespace, keys: ["a", "never there", "b/1"] });
    assert.deepEqual([gone.successKeys, gone.failKeys], [["a", "b/1"], ["never there"]]);
    assert.equal((await client.call("listKeys", { namespace })).totalCount, 1);
  }));

  test(`${name}: a fault of a key is that key's; Failures beside FailKeys is ignored`, () =>
    inNamespace(name, async (client, namespace) => {
      const kvList = [{ key: "good", value: "1" }, { key: "with space", value: "2" },
        { key: "k".repeat(513), value: "3" }, { key: "late", value: "4", expiration: 1 },
        { key: "nul\0", value: "5" }, { key: "also/good", value: "nul\0in\u0001value" },
        { key: "", value: "6" }, { key: "never", value: "7", expirationTtl: -5 }];
      const answer = await client.call("batchPut", { namespace, kvList });
      assert.deepEqual(answer.successKeys, ["good", "also/good"]);
      assert.deepEqual(answer.failKeys,
        ["with space", "k".repeat(513), "late", "nul\0", "", "never"]);
      if (name.startsWith("pop")) // The one client that shows what else was sent.
        assert.deepEqual(answer.failures.map((one) => [one.index, one.code]),
          [[1, "InvalidKey.Malformed"], [2, "InvalidKey.ExceedsMaximum"], [3, "Invalid.Parameter"],
            [4, "InvalidKey.Malformed"], [6, "InvalidKey.Malformed"], [7, "Invalid.Parameter"]]);
      assert.equal((await client.call("getKey", { namespace, key: "also/good" })).value,
        "nul\0in\u0001value");
    }));
}

test("esa: Base64 carries bytes", () => inNamespace("esa V3", async (client, namespace) => {
  const bytes = Buffer.from([0, 255, 1, 254, 10]);
  const put = await client.call("putKey", { namespace, key: "binary", base64: true,
    value: bytes.toString("base64") });
  assert.equal(Number(put.length), 5);
  assert.equal((await client.call("getKey", { namespace, key: "binary", base64: true })).value,
    bytes.toString("base64"));
  const text = await fault(client.call("getKey", { namespace, key: "binary" }));
  assert.equal(text.status, 400);
  const bad = await fault(client.call("putKey", { namespace, key: "x", base64: true, value: "*" }));
  assert.deepEqual([bad.status], [400]);
}));

test("a key is gone from its second on", () => inNamespace("dcdn V3", async (client, namespace) => {
  await client.call("putKey", { namespace, key: "brief", value: "v", expirationTtl: 1 });
  await until(() => client.call("getKey", { namespace, key: "brief" }).then(() => false,
    (error) => error.code === "InvalidKey.NotFound"), "the key to expire", 4);
  assert.equal((await client.call("listKeys", { namespace })).totalCount, 0);
}));

test("the account takes ten namespaces", async () => {
  const client = connect("dcdn V3"), made = [];
  const used = (await client.call("account")).namespaceUsed;
  for (let i = used; i < 10; i++) {
    made.push(`many-${i}`);
    await client.call("createNamespace", { namespace: `many-${i}` });
  }
  const full = await fault(client.call("createNamespace", { namespace: "one-more" }));
  assert.deepEqual([full.code, full.status], ["InvalidNameSpace.QuotaFull", 406]);
  for (const namespace of made) await client.call("deleteNamespace", { namespace });
});
