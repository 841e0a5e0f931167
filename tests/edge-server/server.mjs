// edge-server under test: started on a free port, with a store and credentials of its own.
//
// The environment says where things are: EDGE_SERVER (the program), EDGE_MODULES (the directory whose
// node_modules npm filled), EDGE_STORES (where stores are made), EDGE_SHOTS (for screenshots).

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after } from "node:test";

const program = process.env.EDGE_SERVER;
export const require = createRequire(path.join(process.env.EDGE_MODULES, "package.json"));

export const ADMIN = { id: "testid", secret: "testsecret" };

export function statement(effect, ...actions) {
  return { Effect: effect, Action: actions, Resource: "*" };
}

export function credential({ id, secret, token }, ...statements) {
  return { AccessKeyId: id, AccessKeySecret: secret, ...(token && { SecurityToken: token }),
    Policy: { Version: "1", Statement: statements } };
}

export const everything = [credential(ADMIN, statement("Allow", "dcdn:*", "esa:*", "kv:*"))];

/** Wait until check() is true or answers something; fail after seconds. */
export async function until(check, what, seconds = 10) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const result = await check();
    if (result) return result;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited ${seconds} s in vain: ${what}`);
}

// A test that fails may leave one behind, and this process would wait for it.
const running = new Set();
after(() => Promise.all([...running].map((one) => one.end())));

export class Server {
  constructor({ credentials = everything, options = [], home = null } = {}) {
    this.home = home ?? mkdtempSync(path.join(process.env.EDGE_STORES, "edge-"));
    this.store = path.join(this.home, "store");
    this.credentialsFile = path.join(this.home, "credentials.json");
    this.logFile = path.join(this.home, "log");
    this.options = options;
    this.writeCredentials(credentials);
  }

  writeCredentials(credentials, mode = 0o600) {
    rmSync(this.credentialsFile, { force: true });
    writeFileSync(this.credentialsFile, JSON.stringify({ Credentials: credentials }), { mode });
  }

  get log() { return readFileSync(this.logFile, "utf8"); }

  /** Start it, anew on the same store if it was stopped. */
  async start(port = 0) {
    const log = openSync(this.logFile, "w");
    const isOpen = this.options.includes("--no-auth");
    this.child = spawn(program, ["--store", this.store, "--listen", `127.0.0.1:${port}`,
      ...(isOpen ? [] : ["--credentials", this.credentialsFile]), ...this.options],
    { stdio: ["ignore", "ignore", log] });
    closeSync(log);
    running.add(this);
    this.gone = once(this.child, "exit");
    const found = await until(() => this.child.exitCode !== null ||
      /serving .* at http:\/\/([^/]+)\/ /.exec(this.log), "edge-server to serve");
    if (found === true) throw new Error(`edge-server ended:\n${this.log}`);
    this.endpoint = found[1];
    this.port = Number(found[1].split(":")[1]);
    this.url = `http://${this.endpoint}`;
    return this;
  }

  /** Its exit code, or the signal that ended it. */
  async stop(signal = "SIGTERM") {
    this.child.kill(signal);
    const [code, by] = await this.gone;
    return code ?? by;
  }

  async end() {
    if (this.child && this.child.exitCode === null && this.child.signalCode === null)
      await this.stop();
    running.delete(this);
    rmSync(this.home, { recursive: true, force: true });
  }
}
