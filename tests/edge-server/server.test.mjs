// The program itself: its options, its pages, its metrics, and requests that no client sends.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { call, connect } from "./plain.mjs";
import { Server, until } from "./server.mjs";

let server;
before(async () => {
  server = await new Server({ options: ["--no-auth", "--metrics", "127.0.0.1:0"] }).start();
  await call(server, "PutDcdnKvNamespace", {}, { Namespace: "site" });
});
after(() => server?.end());

const run = (...given) => spawnSync(process.env.EDGE_SERVER, given, { encoding: "utf8",
  timeout: 10000 });

const store = path.join(process.env.EDGE_STORES, "never");
for (const [given, says] of [
  [[], "--store is missing"],
  [["--store", store], "either --credentials or --no-auth"],
  [["--store", store, "--no-auth", "--credentials", "x"], "exclude each other"],
  [["--store", store, "--no-auth", "--timeout", "10s"], "\"10s\" is not a whole number from 1"],
  [["--store", store, "--no-auth", "--timeout", "+1"], "not a whole number"],
  [["--store", store, "--no-auth", "--timeout", " 1"], "not a whole number"],
  [["--store", store, "--no-auth", "--timeout", ""], "not a whole number"],
  [["--store", store, "--no-auth", "--timeout", "0"], "not a whole number"],
  [["--store", store, "--no-auth", "--connections-max", "18446744073709551617"],
    "not a whole number"],
  [["--store", store, "--no-auth", "--namespaces-max", "-1"], "not a whole number"],
  [["--store", store, "--no-auth", "--listen", "8787"], "\"8787\" is not HOST:PORT"],
  [["--store", store, "--no-auth", "--listen", "127.0.0.1:65536"], "not a port"],
  [["--store", store, "--no-auth", "--listen", "::1:80"], "is not HOST:PORT"],
  [["--store", store, "--no-auth", "--listen", "0.0.0.0:0"], "must be on loopback"],
  [["--store", store, "--no-auth", "--listen", "[::]:0"], "must be on loopback"],
  [["--store", store, "--no-auth", "--host", "http://x"], "is not a name"],
  [["--store", store, "--no-auth", "--upload-host", "a.b"], "and --upload-dir is not"],
  ...["localhost", ".b", "a.", "a.:1", "a.b:", "a.b:x", "a:1.b", "http://a.b", "[::1]:1.1",
    `${"a".repeat(126)}.b`].map((name) => [["--store", store, "--no-auth", "--upload-dir", store,
    "--upload-host", name], "is not NAME or NAME:PORT"]),
  [["--store", store, "--no-auth", "--upload-dir", store, "--listen", "[::1]:0"],
    "name with --upload-host"],
  [["--store", store, "--credentials", "x", "--upload-dir", store, "--listen", "0.0.0.0:0"],
    "name with --upload-host"],
  [["--store", store, "--no-auth", "--upload-mib-max", "0"], "not a whole number from 1"],
  [["--store", store, "--no-auth", "--upload-dir", "/nowhere/at/all", "--listen", "127.0.0.1:0"],
    "/nowhere/at/all"],
  [["--store", store, "--no-auth", "extra"], "\"extra\" is no option"],
  [["--store", store, "--credentials", "/nowhere/x", "--listen", "127.0.0.1:0"], "No such file"],
  [["--store", store, "--credentials", "/dev/null", "--listen", "127.0.0.1:0"],
    "not a regular file"],
  [["--store", "/nowhere/at/all", "--no-auth", "--listen", "127.0.0.1:0"], "/nowhere/at/all"],
]) {
  test(`edge-server ${given.join(" ").replaceAll(store, "STORE")}: ${says}`, () => {
    const { status, stderr } = run(...given);
    assert.ok(status === 64 || status === 1, `exit status ${status}`);
    assert.ok(stderr.includes(says), stderr);
  });
}

test("--help and --version", () => {
  assert.match(run("--help").stdout, /--connections-max N/);
  assert.match(run("--version").stdout, /^edge-server \d+\.\d+\.\d+\n$/);
});

test("a credentials file that others can read is refused, unless they may", async () => {
  const guarded = new Server();
  chmodSync(guarded.credentialsFile, 0o640);
  await assert.rejects(guarded.start(), /chmod 600/);
  guarded.options = ["--credentials-readable"];
  await guarded.start();
  await guarded.end();
});

test("health", async () => {
  const response = await fetch(`${server.url}/healthz`);
  assert.equal(response.status, 200);
  const answer = await response.json();
  assert.deepEqual([answer.Status, answer.Code], ["ok", undefined]);
});

test("the console's files", async () => {
  for (const [file, type] of [["", "text/html"], ["style.css", "text/css"],
    ["main.js", "text/javascript"], ["icon.svg", "image/svg+xml"]]) {
    const response = await fetch(`${server.url}/console/${file}`);
    assert.equal(response.status, 200);
    assert.ok(response.headers.get("content-type").startsWith(type));
    assert.match(response.headers.get("content-security-policy"), /default-src 'self'/);
    const again = await fetch(`${server.url}/console/${file}`,
      { headers: { "if-none-match": response.headers.get("etag") } });
    assert.equal(again.status, 304);
  }
  for (const file of ["nothing", "../main.c", "%2e%2e/main.c", "main.js/"]) {
    const connection = await connect(server);
    connection.write(`GET /console/${file} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await until(() => connection.read().includes("}"), "an answer");
    assert.match(connection.read(), /^HTTP\/1.1 404 /);
    connection.socket.destroy();
  }
  const html = await (await fetch(`${server.url}/console/`)).text();
  assert.ok(!/<script(?![^>]*src=)|<style|style=|https?:\/\//.test(html), "nothing inline or foreign");
  const { redirected, url } = await fetch(server.url, { headers: { accept: "text/html" } });
  assert.ok(redirected && url.endsWith("/console/"));
});

test("metrics, on a listener of their own", async () => {
  await call(server, "GetDcdnKv", { Namespace: "site", Key: "absent" });
  const [, url] = /metrics at (\S+)/.exec(server.log);
  const text = await (await fetch(url)).text();
  assert.match(text, /libkv_http_requests_total\{action="GetDcdnKv",status="404",code="InvalidKey.NotFound"\} 1/);
  assert.match(text, /libkv_http_request_seconds_bucket\{le="\+Inf"\} \d+/);
  assert.match(text, /libkv_store_namespaces 1/);
  const seen = new Set();
  for (const line of text.trimEnd().split("\n")) {
    assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[^}]*\})? [0-9.e+-]+)$/);
    if (line.startsWith("# TYPE")) seen.add(line);
  }
  assert.equal(seen.size, text.match(/^# TYPE/gm).length, "each is told once");
  assert.equal((await fetch(`${server.url}/metrics`)).status === 200, false);
});

/* ---- Requests by hand */

async function answerTo(text) {
  const connection = await connect(server);
  let isClosed = false;
  connection.closed.then(() => { isClosed = true; });
  connection.write(text);
  await until(() => isClosed || /\r\n\r\n/.test(connection.read()), "an answer, or the end");
  await new Promise((resolve) => setTimeout(resolve, 50));
  connection.socket.destroy();
  return connection.read();
}

const head = "POST /?Namespace=site&Key=k HTTP/1.1\r\nHost: localhost\r\nx-acs-action: PutDcdnKv\r\n" +
  "x-acs-version: 2018-01-15\r\ncontent-type: application/x-www-form-urlencoded\r\n";

test("a body in small chunks, and one that waits for 100 Continue", async () => {
  const chunks = [..."Value=abcdef"].map((one) => `1\r\n${one}\r\n`).join("");
  assert.match(await answerTo(`${head}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`),
    /^HTTP\/1.1 200 [^]*"Length":6/);
  const connection = await connect(server);
  connection.write(`${head}Content-Length: 7\r\nExpect: 100-continue\r\n\r\n`);
  await until(() => connection.read().includes("100 Continue"), "100 Continue");
  connection.write("Value=x");
  await until(() => connection.read().includes('"Length":1'), "the answer");
  connection.socket.destroy();
});

test("a foreign request that waits for 100 Continue is refused at once", async () => {
  const text = await answerTo(`${head.replace("localhost", "evil.example")}Content-Length: 7\r\n` +
    "Expect: 100-continue\r\n\r\n");
  assert.match(text, /^HTTP\/1.1 403 [^]*Forbidden.Host/);
});

test("two lengths, and a length without end, are refused", async () => {
  assert.match(await answerTo(`${head}Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n` +
    "7\r\nValue=x\r\n0\r\n\r\n"), /^HTTP\/1.1 400 /);
  assert.match(await answerTo(`${head}Content-Length: 99999999999\r\n\r\n`), /^HTTP\/1.1 413 /);
  assert.match(await answerTo(`${head}Content-Length: 7x\r\n\r\n`), /^HTTP\/1.1 4\d\d /);
});

test("a body over the limit is refused, read to its end or not", async () => {
  const value = "v".repeat(17_000_001);
  const refused = await call(server, "PutDcdnKv", { Namespace: "site", Key: "k" }, { Value: value })
    .catch((error) => error.code);
  assert.ok(refused.status >= 400 && refused.status < 500 ||
    ["EPIPE", "ECONNRESET"].includes(refused), JSON.stringify(refused));
  const two = await call(server, "PutDcdnKv", { Namespace: "site", Key: "k" },
    { Value: value.slice(0, 2_000_001) });
  assert.deepEqual([two.status, two.Code], [400, "InvalidValue.ExceedsMaximum"]);
});

test("what is not HTTP, and methods that are not for us", async () => {
  assert.match(await answerTo("nonsense\r\n\r\n"), /^$|^HTTP\/1\.. 4\d\d /);
  assert.match(await answerTo("GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"), /^HTTP\/1\.. 505 /);
  assert.match(await answerTo("PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"),
    /^HTTP\/1.1 4\d\d /);
  assert.match(await answerTo("GET /elsewhere HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    /^HTTP\/1.1 4\d\d /);
  assert.match(await answerTo("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    /^HTTP\/1.1 200 [^]*\r\n\r\n$/);
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200, "still there");
});

test("two requests behind each other on one connection", async () => {
  const get = "GET /?Namespace=site&Key=k HTTP/1.1\r\nHost: localhost\r\nx-acs-action: GetDcdnKv\r\n" +
    "x-acs-version: 2018-01-15\r\n\r\n";
  const put = `${head}Content-Length: 10\r\n\r\nValue=1234`;
  const connection = await connect(server);
  connection.write(put + get + put + get);
  await until(() => connection.read().split("HTTP/1.1 200").length === 5, "four answers");
  assert.equal(connection.read().match(/"Value":"1234"/g).length, 4);
  connection.socket.destroy();
});

test("a store that was replaced is opened anew", async () => {
  const moved = await new Server({ options: ["--no-auth"] }).start();
  await call(moved, "PutDcdnKvNamespace", {}, { Namespace: "old" });
  const fresh = path.join(moved.home, "fresh");
  const kv = (...given) => execFileSync(process.env.EDGE_KV, ["--store", fresh, ...given]);
  kv("init");
  kv("ns", "create", "new");
  renameSync(moved.store, path.join(moved.home, "aside"));
  renameSync(fresh, moved.store);
  const seen = new Set();
  await until(async () => {
    const answer = await call(moved, "DescribeDcdnKvNamespace", { Namespace: "new" });
    seen.add(answer.status);
    return answer.status === 200;
  }, "the new store");
  for (const status of seen) assert.ok([200, 404, 503].includes(status), `status ${status}`);
  assert.equal((await call(moved, "DescribeDcdnKvNamespace", { Namespace: "old" })).status, 404);
  assert.match(moved.log, /store: open again/);
  await moved.end();
});

test("a store that is away, then damaged: 503 until it is back", async () => {
  const moved = await new Server({ options: ["--no-auth"] }).start();
  const aside = path.join(moved.home, "aside");
  const refused = async (code) => {
    const answer = await call(moved, "DescribeDcdnKvNamespace", { Namespace: "kept" });
    assert.equal(answer.status, 503);
    assert.ok(answer.Message && answer.RequestId);
    return answer.Code === code;
  };
  await call(moved, "PutDcdnKvNamespace", {}, { Namespace: "kept" });
  renameSync(moved.store, aside);
  await until(async () => (await fetch(`${moved.url}/healthz`)).status === 503, "503");
  await until(() => /store: open .*: .*not/.test(moved.log), "a try to open it");
  assert.ok(await refused("StoreMoved"), "not the code of a key that is absent");
  assert.ok(!existsSync(moved.store), "no other store is made in its place");
  mkdirSync(moved.store);
  writeFileSync(path.join(moved.store, "CURRENT"), "nonsense");
  await until(() => refused("StoreCorrupt"), "the damage to be told");
  renameSync(moved.store, path.join(moved.home, "bad"));
  renameSync(aside, moved.store);
  await until(async () => (await fetch(`${moved.url}/healthz`)).status === 200, "200");
  assert.equal((await call(moved, "DescribeDcdnKvNamespace", { Namespace: "kept" })).status, 200);
  await moved.end();
});

test("--namespaces-max is the store's, until another is named", async () => {
  const own = await new Server({ options: ["--no-auth", "--namespaces-max", "3"] }).start();
  const quota = async () => (await call(own, "DescribeDcdnKvAccount")).NamespaceQuota;
  assert.equal(await quota(), 3);
  await own.stop();
  own.options = ["--no-auth"];
  await own.start();
  assert.equal(await quota(), 3);
  await own.stop();
  own.options = ["--no-auth", "--namespaces-max", "5"];
  await own.start();
  assert.equal(await quota(), 5);
  await own.end();
});
