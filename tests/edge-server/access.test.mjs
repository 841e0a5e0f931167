// Who may do what: signatures, clocks, nonces, policies, the credentials file.

import assert from "node:assert/strict";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, renameSync } from "node:fs";
import { after, before, test } from "node:test";
import http from "node:http";

import { CLIENTS, fault, makeClient } from "./clients.mjs";
import { ADMIN, Server, credential, everything, statement, until } from "./server.mjs";

const reader = { id: "reader", secret: "r" }, batcher = { id: "batcher", secret: "b" };
const guarded = { id: "guarded", secret: "g" }, guest = { id: "guest", secret: "t", token: "STS.x" };
const credentials = [...everything,
  credential(reader, statement("Allow", "dcdn:read", "dcdn:list", "esa:read", "esa:list")),
  credential(batcher, statement("Allow", "dcdn:BatchPutDcdnKv", "esa:batchputk?")),
  credential(guarded, statement("Allow", "*"), statement("Deny", "*:Delete*")),
  credential(guest, statement("Allow", "dcdn:*", "esa:*"))];
let server;

before(async () => {
  server = await new Server({ credentials }).start();
  await connect("dcdn V3", ADMIN).call("createNamespace", { namespace: "site" });
});
after(() => server?.end());

const connect = (name, key) => makeClient(name, { key, endpoint: server.endpoint });
const get = { namespace: "site", key: "k" }, put = { ...get, value: "v" };

async function refused(promise, code, status = 403) {
  const got = await fault(promise);
  assert.deepEqual([got.code, got.status], [code, status], got.message);
}

for (const name of CLIENTS) {
  test(`${name}: a wrong secret and an unknown key are told alike`, async () => {
    await refused(connect(name, { ...ADMIN, secret: "wrong" }).call("putKey", put),
      "Unauthorized.InvalidToken");
    await refused(connect(name, { id: "nobody", secret: "x" }).call("putKey", put),
      "Unauthorized.InvalidToken");
  });

  test(`${name}: policies`, async () => {
    await connect(name, ADMIN).call("putKey", put);
    await connect(name, reader).call("getKey", get);
    await connect(name, reader).call("listKeys", { namespace: "site" });
    await refused(connect(name, reader).call("putKey", put), "Forbidden");
    await refused(connect(name, reader).call("deleteKey", get), "Forbidden");
    await connect(name, batcher).call("batchPut", { namespace: "site",
      kvList: [{ key: "a", value: "b" }] });
    await refused(connect(name, batcher).call("getKey", get), "Forbidden");
    await connect(name, guarded).call("putKey", put);
    await refused(connect(name, guarded).call("deleteKey", get), "Forbidden");
  });

  test(`${name}: temporary credentials need their token`, async () => {
    await connect(name, guest).call("putKey", put);
    await refused(connect(name, { ...guest, token: "STS.y" }).call("putKey", put),
      "Unauthorized.InvalidToken");
    await refused(connect(name, { ...guest, token: undefined }).call("putKey", put),
      "Unauthorized.InvalidToken");
  });
}

/* ---- By hand, for what no SDK does: a signed request, every part of which can be changed. */

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

function signed({ action = "GetDcdnKv", query = "Key=k&Namespace=site", body = "",
  date = new Date(), nonce = randomBytes(16).toString("hex"), change = {} } = {}) {
  const headers = { host: server.endpoint, "x-acs-action": action, "x-acs-version": "2018-01-15",
    "x-acs-date": date.toISOString().replace(/\.\d+/, ""), "x-acs-signature-nonce": nonce,
    "x-acs-content-sha256": sha256(body) };
  const names = Object.keys(headers).sort();
  const canonical = [body === "" ? "GET" : "POST", "/", query,
    names.map((one) => `${one}:${headers[one]}\n`).join(""), names.join(";"), sha256(body)].join("\n");
  const signature = createHmac("sha256", ADMIN.secret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`).digest("hex");
  headers.authorization = `ACS3-HMAC-SHA256 Credential=${ADMIN.id},SignedHeaders=` +
    `${names.join(";")},Signature=${signature}`;
  return { method: body === "" ? "GET" : "POST", query, body, headers: { ...headers, ...change } };
}

function send({ method, query, body, headers }) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port: server.port, method,
      path: `/?${query}`, headers }, (response) => {
      let text = "";
      response.on("data", (part) => { text += part; });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers,
        ...JSON.parse(text) }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

test("a nonce is good once", async () => {
  const request = signed();
  assert.equal((await send(request)).status, 200);
  const again = await send(request);
  assert.deepEqual([again.status, again.Code], [403, "Unauthorized.InvalidToken"]);
});

test("a clock may differ by 15 minutes", async () => {
  const minutes = (count) => new Date(Date.now() + count * 60000);
  for (const count of [-14, 14])
    assert.equal((await send(signed({ date: minutes(count) }))).status, 200);
  for (const count of [-16, 16, -60 * 24 * 365]) {
    const answer = await send(signed({ date: minutes(count) }));
    assert.deepEqual([answer.status, answer.Code], [403, "Unauthorized.InvalidTime"]);
  }
});

test("every signed part counts", async () => {
  for (const change of [{ "x-acs-action": "GetDcdnKvDetail" }, { "x-acs-version": "2024-09-10" },
    { "x-acs-signature-nonce": "0".repeat(32) }, { "x-acs-content-sha256": sha256("x") }]) {
    const answer = await send(signed({ change }));
    assert.deepEqual([answer.status, answer.Code], [403, "Unauthorized.InvalidToken"],
      JSON.stringify(change));
  }
  const query = { ...signed(), query: "Key=other&Namespace=site" };
  assert.equal((await send(query)).Code, "Unauthorized.InvalidToken");
  const body = { ...signed({ action: "PutDcdnKv", body: "Value=one" }), body: "Value=two" };
  assert.equal((await send(body)).Code, "Unauthorized.InvalidToken");
});

test("what is missing is told, whatever it is", async () => {
  for (const name of ["x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"]) {
    const request = signed();
    delete request.headers[name];
    const answer = await send(request);
    assert.deepEqual([answer.status, answer.Code], [403, "Unauthorized.InvalidParameters"], name);
  }
  const bare = await send({ method: "GET", query: "Action=GetDcdnKv&Version=2018-01-15", body: "",
    headers: {} });
  assert.deepEqual([bare.status, bare.Code], [403, "Unauthorized.InvalidParameters"]);
  assert.ok(bare.RequestId && bare.Message && bare.HostId);
});

test("a foreign Host or Origin is refused", async () => {
  for (const change of [{ host: "evil.example" }, { host: "127.0.0.1.evil.example" },
    { host: `evil.example:${server.port}` }])
    assert.deepEqual([(await send(signed({ change }))).Code], ["Forbidden.Host"]);
  for (const origin of ["http://evil.example", "null", "http://127.0.0.1:1",
    `http://${server.endpoint}.evil.example`])
    assert.deepEqual([(await send(signed({ change: { origin } }))).Code], ["Forbidden.Origin"]);
  assert.equal((await send(signed({ change: { origin: server.url } }))).status, 200);
});

test("SIGHUP reads the credentials again; a bad file changes nothing", async () => {
  const late = { id: "late", secret: "l" };
  const all = [...credentials, credential(late, statement("Allow", "dcdn:*"))];
  const reload = async (expected) => {
    const before = server.log.length;
    server.child.kill("SIGHUP");
    await until(() => server.log.slice(before).includes(expected), expected);
  };
  await refused(connect("dcdn V3", late).call("getKey", get), "Unauthorized.InvalidToken");
  server.writeCredentials(all, 0o644);
  await reload("the old ones stay");
  server.writeCredentials([{ nonsense: true }]);
  await reload("the old ones stay");
  await refused(connect("dcdn V3", late).call("getKey", get), "Unauthorized.InvalidToken");
  await connect("dcdn V3", ADMIN).call("getKey", get);
  server.writeCredentials(all);
  await reload("credentials: read again");
  await connect("dcdn V3", late).call("getKey", get);
  server.writeCredentials(everything);
  await reload("credentials: read again");
  await refused(connect("dcdn V3", late).call("getKey", get), "Unauthorized.InvalidToken");
});

test("a store that is opened anew takes the credentials file as it is then", async () => {
  const own = await new Server().start();
  const client = (key) => makeClient("dcdn V3", { key, endpoint: own.endpoint });
  const late = { id: "late", secret: "l" };
  await client(ADMIN).call("accountStatus");
  renameSync(own.store, `${own.store}-aside`);
  own.writeCredentials([{ nonsense: true }]);
  await until(() => own.log.includes("it is opened anew"), "the loss to be seen");
  renameSync(`${own.store}-aside`, own.store);
  await until(() => /store: open .*credential 1: /.test(own.log), "the bad file to be told");
  const away = await fault(client(ADMIN).call("accountStatus"));
  assert.deepEqual([away.code, away.status], ["StoreMoved", 503]);
  own.writeCredentials([credential(late, statement("Allow", "dcdn:*"))]);
  await until(() => own.log.includes("store: open again"), "the new file to be read");
  await client(late).call("accountStatus");
  await refused(client(ADMIN).call("accountStatus"), "Unauthorized.InvalidToken");
  await own.end();
});

/** Whether a text is in a process's heap, where its main thread reads files; null: no telling. */
function isInMemory(pid, text) {
  let memory;
  try {
    memory = openSync(`/proc/${pid}/mem`, "r");
  } catch {
    return null;
  }
  const found = readFileSync(`/proc/${pid}/maps`, "utf8").split("\n").some((line) => {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw-p .*\[heap\]$/.exec(line) ?? [];
    if (from === undefined) return false;
    const bytes = Buffer.alloc(Number(BigInt(`0x${to}`) - BigInt(`0x${from}`)));
    try {
      return bytes.subarray(0, readSync(memory, bytes, 0, bytes.length,
        BigInt(`0x${from}`))).includes(text);
    } catch {
      return false; // Guard pages and the like.
    }
  });
  closeSync(memory);
  return found;
}

test("the credentials file does not stay in memory", async (t) => {
  const written = `"AccessKeySecret":"${ADMIN.secret}"`; // libkv-edge keeps the secret alone.
  const seen = isInMemory(server.child.pid, written);
  if (seen === null) return t.skip("this process may not look");
  assert.ok(isInMemory(server.child.pid, ADMIN.secret), "the look finds what is there");
  assert.equal(seen, false);
});

test("no secret is in the log, and a client cannot write lines of its own", async () => {
  await send({ method: "GET", query: "Action=x%0A2026-11-24T00:00:00.000Z%20forged&Version=1",
    body: "", headers: { "x-acs-action": "forged\ttext" } });
  const log = server.log;
  for (const { AccessKeySecret: secret } of credentials)
    if (secret.length > 3) assert.ok(!log.includes(secret), `${secret} is in the log`);
  for (const line of log.trimEnd().split("\n"))
    assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (edge-server: |\d+\.\d+\.\d+\.\d+:\d+ \S+ key=\S+ status=\d+ code=\S+ in=\d+ out=\d+ us=\d+ store_us=\d+ id=\S+$)/);
});
