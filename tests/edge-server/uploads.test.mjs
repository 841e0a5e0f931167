// High capacity: the SDKs' "Advance" calls, which ask for a permission, upload a file and name it in
// the operation; and uploads that come to nothing.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, renameSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import tls from "node:tls";

import { fault, makeClient } from "./clients.mjs";
import { call, connect } from "./plain.mjs";
import { ADMIN, Server, credential, everything, require, statement, until } from "./server.mjs";

const dcdn = require("@alicloud/dcdn20180115");
const esa = require("@alicloud/esa20240910");
const dara = require("@darabonba/typescript");
const { RuntimeOptions } = require("@alicloud/tea-util");

const FILE_SIZE_MAX = 100 * 1024 * 1024;
const READER = { id: "reader", secret: "readersecret" };
const WAITS = { readTimeout: 60000, connectTimeout: 10000 };

const spooled = (server) => readdirSync(path.join(server.home, "uploads"));

async function withServer(options, work, { credentials, home } = {}) {
  const server = new Server({ credentials, home });
  server.options = ["--upload-dir", path.join(server.home, "uploads"), ...options];
  try {
    await server.start();
    await work(server);
  } catch (error) {
    error.message += `\n${server.log}`;
    throw error;
  } finally {
    await server.end();
  }
}

/** What an SDK is given as a file: text, then spaces up to size bytes. */
function* pieces(text, size = 0) {
  yield Buffer.from(text);
  for (let left = size - Buffer.byteLength(text); left > 0; left -= 65536)
    yield Buffer.alloc(Math.min(left, 65536), " ");
}
const file = (document, size) => Readable.from(pieces(JSON.stringify(document), size));

/** The "Advance" call of an SDK's operation. */
async function advance(sdk, client, action, given, document, { size, runtime }) {
  client._openPlatformEndpoint = client._endpoint; // No setting of the SDK's reaches it.
  const Request = sdk[`${action}AdvanceRequest`];
  const method = `${action[0].toLowerCase()}${action.slice(1)}Advance`;
  const request = new Request({ ...given, urlObject: file(document, size) });
  return (await client[method](request, runtime)).body;
}

const dcdnClient = (server, key = ADMIN) =>
  makeClient("dcdn V3", { key, endpoint: server.endpoint }).client;
const dcdnAdvance = (client, action, given, document, size) => advance(dcdn, client, action, given,
  document, { size, runtime: new RuntimeOptions(WAITS) });

async function makeNamespace(server, namespace = "site") {
  const client = makeClient("dcdn V3", { key: ADMIN, endpoint: server.endpoint });
  await client.call("createNamespace", { namespace });
  return client;
}

/* ---- The SDKs' calls */

test("dcdn: batches of ten thousand keys, and more than the small form takes", () =>
  withServer([], async (server) => {
    const small = await makeNamespace(server), client = dcdnClient(server);
    const list = Array.from({ length: 10000 }, (_, i) => ({ Key: `key/${i}`,
      Value: `é\n${i} `.repeat(200) }));
    list.push({ Key: "with space", Value: "" });
    list.splice(5000, 1);
    const put = await dcdnAdvance(client, "BatchPutDcdnKvWithHighCapacity", { namespace: "site" },
      { Namespace: "site", KvList: list });
    assert.equal(put.successKeys.length, 9999);
    assert.deepEqual(put.failKeys, ["with space"]);
    assert.equal((await small.call("getKey", { namespace: "site", key: "key/9999" })).value,
      list[9998].Value);
    assert.equal((await small.call("listKeys", { namespace: "site" })).totalCount, 9999);
    const gone = await dcdnAdvance(client, "BatchDeleteDcdnKvWithHighCapacity",
      { namespace: "site" }, { Namespace: "site", Keys: list.slice(0, 9990).map((one) => one.Key) });
    assert.equal(gone.successKeys.length, 9990);
    assert.equal((await small.call("listKeys", { namespace: "site" })).totalCount, 9);
    assert.deepEqual(spooled(server), [], "a file is good once");
    assert.match(server.log, /PostObject key=- status=201 code=- in=1\d{7} /);
  }));

/** What stands before a server that is to be reached by TLS. */
async function tlsProxy(home) {
  const pem = (name) => path.join(home, `${name}.pem`);
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
    "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
    "-keyout", pem("key"), "-out", pem("cert")], { stdio: "ignore" });
  const cert = readFileSync(pem("cert"), "utf8");
  const proxy = tls.createServer({ cert, key: readFileSync(pem("key")) }, (outer) => {
    const inner = net.connect(proxy.target, "127.0.0.1");
    for (const [from, to] of [[outer, inner], [inner, outer]]) {
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  proxy.cert = cert;
  proxy.host = `127.0.0.1:${proxy.address().port}`;
  return proxy;
}

test("esa: all three, through the TLS that this SDK uploads by", async (t) => {
  const home = mkdtempSync(path.join(process.env.EDGE_STORES, "tls-"));
  const proxy = await tlsProxy(home);
  t.after(() => proxy.close());
  await withServer(["--upload-host", proxy.host], async (server) => {
    proxy.target = server.port;
    const small = await makeNamespace(server);
    const { client } = makeClient("esa V3", { key: ADMIN, endpoint: server.endpoint });
    const runtime = new dara.RuntimeOptions({ ...WAITS, ca: proxy.cert });
    const run = (action, given, document) =>
      advance(esa, client, action, { namespace: "site", ...given }, document, { runtime });
    const value = "v".repeat(25 * 1024 * 1024);
    const put = await run("PutKvWithHighCapacity", { key: "big" },
      { Namespace: "site", Key: "big", Value: value });
    assert.equal(Number(put.length), value.length);
    const over = await fault(run("PutKvWithHighCapacity", { key: "big" },
      { Namespace: "site", Key: "big", Value: `${value}v` }));
    assert.equal(over.code, "InvalidValue.ExceedsMaximum");
    const both = await run("BatchPutKvWithHighCapacity", {},
      { Namespace: "site", KvList: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }] });
    assert.deepEqual(both.successKeys, ["a", "b"]);
    const gone = await run("BatchDeleteKvWithHighCapacity", {},
      { Namespace: "site", Keys: ["a", "big"] });
    assert.deepEqual(gone.successKeys, ["a", "big"]);
    assert.deepEqual((await small.call("listKeys", { namespace: "site" })).keys
      .map((one) => one.name), ["b"]);
  }, { home });
});

test("who may not write gets no permission to upload", () => withServer([], async (server) => {
  await makeNamespace(server);
  const refused = await fault(dcdnAdvance(dcdnClient(server, READER),
    "BatchPutDcdnKvWithHighCapacity", { namespace: "site" }, { Namespace: "site", KvList: [] }));
  assert.deepEqual([refused.code, refused.status], ["Forbidden", 403]);
}, { credentials: [...everything, credential(READER, statement("Allow", "read", "list"))] }));

test("a URL that is not of a file uploaded here is refused, and nobody is called", (t) =>
  withServer([], async (server) => {
    let calls = 0;
    const other = http.createServer((_, answer) => { calls += 1; answer.end("{}"); });
    await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
    t.after(() => other.close());
    await makeNamespace(server);
    const client = dcdnClient(server);
    for (const url of [`http://127.0.0.1:${other.address().port}/kv-upload-0`,
      "file:///etc/passwd", `http://${server.endpoint}/healthz`,
      `http://${server.endpoint}/kv-upload-00000000000000000000000000000000`]) {
      for (const [action, given] of [["PutDcdnKvWithHighCapacity", { key: "k" }],
        ["BatchPutDcdnKvWithHighCapacity", {}], ["BatchDeleteDcdnKvWithHighCapacity", {}]]) {
        const Request = dcdn[`${action}Request`];
        const refused = await fault(client[action[0].toLowerCase() + action.slice(1)](
          new Request({ namespace: "site", url, ...given })));
        assert.deepEqual([refused.code, refused.status], ["Invalid.Parameter", 400], url);
      }
    }
    assert.equal(calls, 0);
  }));

/* ---- Bounds */

test("a file of 100 MB is taken, one byte more is not", () => withServer([], async (server) => {
  const small = await makeNamespace(server), client = dcdnClient(server);
  const document = (key) => ({ Namespace: "site", KvList: [{ Key: key, Value: "v" }] });
  const put = await dcdnAdvance(client, "BatchPutDcdnKvWithHighCapacity", { namespace: "site" },
    document("whole"), FILE_SIZE_MAX);
  assert.deepEqual(put.successKeys, ["whole"]);
  const over = await fault(dcdnAdvance(client, "BatchPutDcdnKvWithHighCapacity",
    { namespace: "site" }, document("over"), FILE_SIZE_MAX + 1));
  assert.equal(over.code, "EntityTooLarge");
  assert.equal(over.error.data.httpCode, 413);
  assert.deepEqual(spooled(server), []); // The refused one has no file even while it is read on.
  assert.deepEqual((await small.call("listKeys", { namespace: "site" })).keys
    .map((one) => one.name), ["whole"]);
}));

/** The object POST by hand: ask for a permission, and upload so much of the form as is wanted. */
async function permit(server) {
  const answer = await call(server, "AuthorizeFileUpload", { Product: "dcdn" }, null,
    { version: "2019-12-19" });
  assert.equal(answer.status, 200, JSON.stringify(answer));
  return answer;
}

const field = (name, value) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const form = (permission, text) =>
  `${field("key", permission.ObjectKey)}${field("file", text)}--b--\r\n`;
const head = (permission, length) => "POST / HTTP/1.1\r\n" +
  `Host: ${permission.Bucket}.${permission.Endpoint}\r\nContent-Length: ${length}\r\n` +
  "Content-Type: multipart/form-data; boundary=b\r\n\r\n";

async function upload(server, text) {
  const permission = await permit(server), body = form(permission, text);
  const one = await connect(server);
  one.write(head(permission, Buffer.byteLength(body)) + body);
  const status = await until(() => /^HTTP\/1.1 (\d+) [^]*<\/\w+>$/.exec(one.read()), "an answer");
  one.socket.destroy();
  return { status: Number(status[1]), text: one.read(),
    url: `http://${permission.Bucket}.${permission.Endpoint}/${permission.ObjectKey}` };
}

/** An upload that has begun and does not end. */
async function begin(server) {
  const permission = await permit(server), body = form(permission, "x".repeat(1_000_000));
  const one = await connect(server), before = spooled(server).length;
  one.write(head(permission, body.length) + body.slice(0, 500_000));
  await until(() => spooled(server).length > before, "the file");
  return { ...one, rest: body.slice(500_000) };
}

test("uploads beyond the bound of all are put off, until one is used", () =>
  withServer(["--no-auth", "--upload-mib-max", "2"], async (server) => {
    await call(server, "PutDcdnKvNamespace", {}, { Namespace: "site" });
    const text = JSON.stringify({ Namespace: "site", Keys: ["k"] }) + " ".repeat(1_500_000);
    const first = await upload(server, text);
    assert.equal(first.status, 201);
    const second = await upload(server, text);
    assert.equal(second.status, 503);
    assert.match(second.text, /<Error><Code>ServiceBusy</);
    assert.equal(spooled(server).length, 1);
    const used = await call(server, "BatchDeleteDcdnKvWithHighCapacity",
      { Namespace: "site", Url: first.url });
    assert.equal(used.status, 200, JSON.stringify(used));
    assert.equal((await upload(server, text)).status, 201);
  }));

test("a full disk refuses uploads, and nothing of them stays", async (t) => {
  const place = mkdtempSync(path.join(process.env.EDGE_STORES, "spool-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", place]);
  if (mounted.status !== 0) return t.skip("this process may not mount a file system");
  try {
    await withServer(["--no-auth", "--upload-dir", place], async (server) => {
      const refused = await upload(server, "x".repeat(3_000_000));
      assert.equal(refused.status, 507);
      assert.match(refused.text, /<Error><Code>\w+</);
      assert.deepEqual(readdirSync(place), []);
      assert.equal((await upload(server, "x".repeat(1_000_000))).status, 201);
    });
    assert.deepEqual(readdirSync(place), [], "a stop takes the files along");
  } finally {
    spawnSync("umount", ["-l", place]);
  }
});

/* ---- Ends */

test("an upload that is given up leaves no file", () =>
  withServer(["--no-auth", "--timeout", "2"], async (server) => {
    const given = await begin(server), silent = await begin(server);
    given.socket.destroy();
    await silent.closed;
    await until(() => spooled(server).length === 0, "both files to go");
    assert.match(server.log, /status=0 code=ConnectionLost/);
  }));

test("what a killed server leaves behind, the next one removes", () =>
  withServer(["--no-auth"], async (server) => {
    const { url } = await upload(server, '{"Namespace":"site","Keys":["k"]}');
    await begin(server);
    assert.equal(spooled(server).length, 2);
    await server.stop("SIGKILL");
    assert.equal(spooled(server).length, 2);
    await server.start(server.port);
    assert.deepEqual(spooled(server), []);
    const refused = await call(server, "BatchDeleteDcdnKvWithHighCapacity",
      { Namespace: "site", Url: url });
    assert.equal(refused.Code, "Invalid.Parameter");
    await upload(server, "{}");
    await server.stop();
    assert.deepEqual(spooled(server), []);
  }));

test("a store that was replaced does not wait for an upload on its way", () =>
  withServer(["--no-auth"], async (server) => {
    const slow = await begin(server);
    const drip = setInterval(() => slow.socket.writable && slow.write("x"), 100);
    const fresh = path.join(server.home, "fresh");
    const kv = (...given) => execFileSync(process.env.EDGE_KV, ["--store", fresh, ...given]);
    kv("init");
    kv("ns", "create", "new");
    renameSync(server.store, path.join(server.home, "aside"));
    renameSync(fresh, server.store);
    await until(async () => (await call(server, "DescribeDcdnKvNamespace", { Namespace: "new" }))
      .status === 200, "the new store", 8);
    clearInterval(drip);
    slow.write(slow.rest);
    await until(() => /^HTTP\/1.1 503 /.test(slow.read()), "the upload to be refused");
    slow.socket.destroy();
  }));
