// Bad clients and bad days: slow ones, half requests, too many at once, a full disk, and ends under
// load, planned and not. What was acknowledged must be there afterwards.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";

import { call, connect } from "./plain.mjs";
import { Server, until } from "./server.mjs";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const healthy = async (server) => (await fetch(`${server.url}/healthz`)).status === 200;
const memory = (server) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, "utf8"))[1]) / 1024;

async function withServer(options, work) {
  const server = await new Server({ options: ["--no-auth", ...options] }).start();
  try {
    await call(server, "PutDcdnKvNamespace", {}, { Namespace: "site" });
    await work(server);
  } finally {
    await server.end();
  }
}

test("slow clients hold up nobody and are cut in the end", () =>
  withServer(["--timeout", "1"], async (server) => {
    const head = "POST /?Namespace=site&Key=k HTTP/1.1\r\nHost: localhost\r\nx-acs-action: PutDcdnKv" +
      "\r\nx-acs-version: 2018-01-15\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    const silent = [], drips = [];
    for (let i = 0; i < 50; i++) {
      silent.push(await connect(server));
      const half = await connect(server); // Silent in the middle of a request.
      half.write(i % 2 ? head : `${head}Content-Length: 1000\r\n\r\nValue=`);
      silent.push(half);
      const drip = await connect(server); // A byte now and then, for ever.
      drip.write(i % 2 ? head : `${head}Content-Length: 100000\r\n\r\nValue=`);
      drips.push(drip);
    }
    const from = Date.now();
    const dripping = setInterval(() => drips.forEach((one, i) =>
      one.socket.writable && one.write(i % 2 ? "x-a: b\r\n" : "v")), 300);
    for (let i = 0; i < 20; i++) {
      const begun = Date.now();
      const answer = await call(server, "PutDcdnKv", { Namespace: "site", Key: `k${i}` },
        { Value: "v" });
      assert.equal(answer.status, 200);
      assert.ok(Date.now() - begun < 2000, "others are served meanwhile");
    }
    await Promise.all(silent.map((one) => one.closed));
    assert.ok(Date.now() - from < 6000, `silent ones closed after ${Date.now() - from} ms`);
    await Promise.race([Promise.all(drips.map((one) => one.closed)), sleep(20000)]);
    clearInterval(dripping);
    assert.ok(Date.now() - from < 15000, `dripping ones cut after ${Date.now() - from} ms`);
    assert.ok(await healthy(server));
  }));

test("a client that does not read its answers holds memory for a bounded time", () =>
  withServer(["--timeout", "3"], async (server) => {
    await call(server, "PutDcdnKv", { Namespace: "site", Key: "big" },
      { Value: "\u0001".repeat(1900000) }); // 11 MB of JSON each time.
    const get = "GET /?Namespace=site&Key=big HTTP/1.1\r\nHost: localhost\r\nx-acs-action: GetDcdnKv" +
      "\r\nx-acs-version: 2018-01-15\r\n\r\n";
    const readers = [];
    for (let i = 0; i < 60; i++) { // 650 MB if all were answered at once.
      const one = await connect(server);
      one.socket.pause();
      one.write(get);
      readers.push(one);
    }
    await sleep(500);
    assert.ok(memory(server) < 600, `${memory(server)} MB`);
    await Promise.all(readers.map(async (one) => {
      await sleep(5000);
      one.socket.destroy();
    }));
    assert.equal((await call(server, "GetDcdnKv", { Namespace: "site", Key: "big" })).status, 200);
  }));

test("half requests and lost clients leave nothing behind", () =>
  withServer(["--metrics", "127.0.0.1:0", "--timeout", "2"], async (server) => {
    const closed = [];
    const whole = "POST /?Namespace=site&Key=half HTTP/1.1\r\nHost: localhost\r\nx-acs-action: " +
      "PutDcdnKv\r\nx-acs-version: 2018-01-15\r\ncontent-type: application/x-www-form-urlencoded\r\n" +
      "Transfer-Encoding: chunked\r\n\r\n8\r\nValue=ab\r\n2\r\ncd\r\n";
    for (let size = 1; size < whole.length; size += 3) {
      const one = await connect(server);
      one.write(whole.slice(0, size));
      if (size % 2) one.socket.resetAndDestroy?.() ?? one.socket.destroy();
      else one.socket.end();
      closed.push(one.closed);
    }
    await Promise.all(closed);
    const absent = await call(server, "GetDcdnKv", { Namespace: "site", Key: "half" });
    assert.equal(absent.Code, "InvalidKey.NotFound", "half a request is no request");
    const [, url] = /metrics at (\S+)/.exec(server.log);
    await until(async () => {
      const text = await (await fetch(url)).text();
      return /^libkv_http_requests_open 0$/m.test(text) &&
        /^libkv_http_answer_bytes 0$/m.test(text) && /^libkv_http_connections [01]$/m.test(text);
    }, "nothing to be held");
  }));

test("more connections than allowed wait their turn", () =>
  withServer(["--connections-max", "40", "--timeout", "2"], async (server) => {
    const idle = [];
    for (let i = 0; i < 100; i++) idle.push(await connect(server));
    const answer = await call(server, "PutDcdnKv", { Namespace: "site", Key: "k" }, { Value: "v" });
    assert.equal(answer.status, 200);
    idle.forEach((one) => one.socket.destroy());
  }));

test("10,000 connections at once", async (t) => {
  const most = Number(execFileSync("bash", ["-c", "ulimit -Hn"], { encoding: "utf8" }));
  if (most < 10200) return t.skip(`this process may open ${most} files`);
  await withServer(["--connections-max", "10100", "--timeout", "240"], async (server) => {
    const many = [];
    for (let i = 0; i < 10000; i += 100)
      many.push(...await Promise.all(Array.from({ length: 100 }, () => connect(server))));
    const get = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (const one of many) one.write(get);
    await until(() => many.every((one) => one.read().endsWith("}")), "10,000 answers", 120);
    assert.ok(memory(server) < 700, `${memory(server)} MB`);
    const answer = await call(server, "PutDcdnKv", { Namespace: "site", Key: "k" }, { Value: "v" });
    assert.equal(answer.status, 200);
    many.forEach((one) => one.socket.destroy());
    await until(() => healthy(server), "health");
  });
});

/* ---- Ends under load */

/** Write keys from many connections until told to stop; acknowledged ones are noted. */
function writeLoad(server, writers, round) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: writers });
  const acknowledged = [];
  let isOver = false;
  const work = Array.from({ length: writers }, async (_, writer) => {
    for (let i = 0; !isOver; i++) {
      const keys = Array.from({ length: 3 }, (_, n) => `${round}/${writer}/${i}/${n}`);
      const list = keys.map((key) => ({ Key: key, Value: `value of ${key} `.repeat(20) }));
      try {
        const answer = await call(server, "BatchPutDcdnKv", { Namespace: "site" },
          { KvList: JSON.stringify(list) }, { agent });
        if (answer.status === 200 && answer.SuccessKeys.length === 3) acknowledged.push(...keys);
      } catch {
        if (isOver) return;
        await sleep(10); // The server has gone.
      }
    }
  });
  return { acknowledged, async stop() {
    isOver = true;
    await Promise.all(work);
    agent.destroy();
  } };
}

async function mustHold(server, keys) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const lost = [];
  for (let i = 0; i < keys.length; i += 200)
    await Promise.all(keys.slice(i, i + 200).map(async (key) => {
      const answer = await call(server, "GetDcdnKv", { Namespace: "site", Key: key }, null,
        { agent });
      if (answer.Value !== `value of ${key} `.repeat(20)) lost.push(key);
    }));
  agent.destroy();
  assert.deepEqual(lost, [], "nothing acknowledged is lost");
}

for (const signal of ["SIGTERM", "SIGKILL"]) {
  test(`${signal} under load loses nothing that was acknowledged`, () =>
    withServer([], async (server) => {
      const all = [];
      for (let round = 0; round < 3; round++) {
        const load = writeLoad(server, 24, round);
        await until(() => load.acknowledged.length > 300 * (round + 1), "some writes");
        const begun = Date.now();
        const end = await server.stop(signal);
        assert.equal(end, signal === "SIGTERM" ? 0 : "SIGKILL", server.log);
        assert.ok(Date.now() - begun < 5000, `ended after ${Date.now() - begun} ms`);
        if (signal === "SIGTERM") assert.match(server.log, /edge-server: stopped\n$/);
        await load.stop();
        all.push(...load.acknowledged);
        await server.start();
        await mustHold(server, all);
      }
    }));
}

test("SIGTERM waits for a request in flight, but not for ever", () =>
  withServer([], async (server) => {
    const head = "POST /?Namespace=site&Key=late HTTP/1.1\r\nHost: localhost\r\nx-acs-action: " +
      "PutDcdnKv\r\nx-acs-version: 2018-01-15\r\ncontent-type: application/x-www-form-urlencoded\r\n" +
      "Content-Length: 9\r\n\r\nValue=";
    const late = await connect(server), never = await connect(server);
    late.write(head);
    never.write(head);
    await sleep(200);
    const begun = Date.now(), stopped = server.stop();
    await sleep(2000);
    late.write("yes");
    await until(() => late.read().includes('"Length":3'), "the late one's answer");
    assert.match(late.read(), /Connection: close/i);
    assert.equal(await stopped, 0);
    assert.ok(Date.now() - begun < 14000, `stopped after ${Date.now() - begun} ms`);
    await server.start();
    assert.equal((await call(server, "GetDcdnKv", { Namespace: "site", Key: "late" })).Value, "yes");
  }));

async function fillDisk(server) {
  const written = [];
  for (let i = 0; i < 5000; i++) {
    const value = randomBytes(6000).toString("base64");
    const answer = await call(server, "PutDcdnKv", { Namespace: "site", Key: `key/${i}` },
      { Value: value });
    if (answer.status !== 200) return { written, refusal: answer };
    written.push([`key/${i}`, value]);
  }
  return { written };
}

async function mustRead(server, written) {
  for (const [key, value] of written)
    assert.equal((await call(server, "GetDcdnKv", { Namespace: "site", Key: key })).Value, value);
}

test("a full disk refuses writes, still deletes and reads, and loses nothing", async (t) => {
  const place = mkdtempSync(path.join(process.env.EDGE_STORES, "full-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", place]);
  if (mounted.status !== 0) return t.skip("this process may not mount a file system");
  const server = new Server({ options: ["--no-auth"] });
  server.store = path.join(place, "store");
  try {
    await server.start();
    await call(server, "PutDcdnKvNamespace", {}, { Namespace: "site" });
    const { written, refusal } = await fillDisk(server);
    assert.equal(refusal?.status, 507, JSON.stringify(refusal));
    await mustRead(server, written);
    for (const [key] of written.splice(0, 50)) {
      const answer = await call(server, "DeleteDcdnKv", { Namespace: "site", Key: key }, {});
      assert.equal(answer.status, 200, JSON.stringify(answer));
    }
    await until(async () => (await call(server, "PutDcdnKv", { Namespace: "site", Key: "again" },
      { Value: "v".repeat(1000) })).status === 200, "room again");
    assert.equal(await server.stop(), 0);
    await server.start();
    await mustRead(server, written);
  } finally {
    await server.end();
    spawnSync("umount", ["-l", place]);
  }
});
