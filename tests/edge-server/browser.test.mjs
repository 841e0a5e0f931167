// The console in a real browser: what a person does, by mouse and by keyboard. Screenshots of each
// view lie in EDGE_SHOTS afterwards, for a person to look at.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import path from "node:path";

import { makeClient } from "./clients.mjs";
import { ADMIN, Server, credential, everything, require, statement } from "./server.mjs";

const { chromium } = require("playwright-core");
const shots = process.env.EDGE_SHOTS;
const reader = { id: "reader", secret: "readersecret" };

let server, browser, page;
const faults = []; // What the page itself complained of.

before(async () => {
  server = await new Server({ credentials: [...everything,
    credential(reader, statement("Allow", "dcdn:read", "dcdn:list", "kv:read", "kv:list"))] }).start();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  page = await newPage();
});
after(async () => {
  await browser?.close();
  await server?.end();
});

async function newPage(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const fresh = await context.newPage();
  fresh.setDefaultTimeout(10000);
  fresh.on("pageerror", (error) => faults.push(String(error)));
  fresh.on("console", (message) => {
    // A refused request is told by the browser too; the tests refuse some on purpose.
    if (message.type() === "error" && !/status of 40[0346]/.test(message.text()))
      faults.push(message.text());
  });
  return fresh;
}

const shoot = (name, from = page) => from.screenshot({ path: path.join(shots, `${name}.png`) });
const open = (hash, from = page) => from.goto(`${server.url}/console/${hash}`);
const said = (text) => page.getByRole("status").getByText(text).waitFor();

/** Wait until the chart has two rates, and have it show some. */
async function letTheChartGrow(from) {
  const client = makeClient("dcdn V3", { key: ADMIN, endpoint: server.endpoint });
  const kvList = Array.from({ length: 20 }, (_, i) => ({ key: `traffic/${i}`, value: "v" }));
  for (const end = Date.now() + 8500; Date.now() < end; await from.waitForTimeout(100)) {
    await client.call("batchPut", { namespace: "site", kvList });
    for (let i = 0; i < 10; i++)
      await client.call("getKey", { namespace: "site", key: "traffic/0" });
  }
  const caption = await from.locator("figcaption").innerText();
  assert.match(caption, /gets\s+[1-9]/);
  assert.match(caption, /keys written\s+[1-9]/);
}

async function signIn(from, key) {
  await from.getByLabel("Access key ID").fill(key.id);
  await from.getByLabel("Access key secret").fill(key.secret);
  await from.keyboard.press("Enter");
}

test("a wrong secret is told, the right one opens the console", async () => {
  await open("");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await shoot("sign-in");
  await signIn(page, { ...ADMIN, secret: "wrong" });
  await page.getByRole("alert").getByText("wrong").waitFor();
  await signIn(page, ADMIN);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.length), 0, "nothing outlives the tab");
});

test("a namespace is created, by keyboard alone", async () => {
  await page.getByLabel("Name", { exact: true }).focus();
  await page.keyboard.type("site");
  await page.keyboard.press("Tab");
  await page.keyboard.type("The first one");
  await page.keyboard.press("Enter");
  await said("The namespace site is created.");
  await page.getByRole("link", { name: "site" }).waitFor();
  await page.getByLabel("Name", { exact: true }).fill("SITE");
  await page.keyboard.press("Enter");
  await page.getByText("InvalidNameSpace.Duplicate").waitFor();
  await page.getByRole("button", { name: "Close this message" }).last().click();
});

test("a key is put, shown with what is known of it, edited and deleted", async () => {
  await page.getByRole("link", { name: "site" }).click();
  await page.getByText("No keys yet.").waitFor();
  await page.getByLabel("Key", { exact: true }).fill("page/é*('~)");
  await page.getByLabel("Value").last().fill("héllo\n" + "text that repeats ".repeat(200));
  await page.getByLabel("Expires in").fill("3600");
  await page.getByRole("button", { name: "Put", exact: true }).click();
  await said("page/é*('~) is written.");
  await page.getByRole("heading", { name: "page/é*('~)" }).waitFor();
  const facts = await page.locator("dl.facts").innerText();
  for (const fact of [/in (59 min 5\d s|1 h)/, /Version\s+\d+/, /zstd, 9\d % saved/, /3,607 bytes/])
    assert.match(facts, fact);
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Value").last().fill("short");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByLabel("Value", { exact: true }).first().getByText("short").waitFor();
  assert.match(await page.locator("dl.facts").innerText(), /Expires\s+never/);
  await page.getByRole("region").or(page.locator("section")).getByRole("button",
    { name: "Delete" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await said("is deleted.");
  await page.getByText("No keys yet.").waitFor();
});

test("a batch shows a verdict for each key", async () => {
  await page.getByRole("link", { name: "Batch put" }).click();
  await page.getByLabel("KvList").fill("not JSON");
  await page.locator("p.fault").first().waitFor();
  await page.getByRole("button", { name: "Fill in an example" }).click();
  await page.getByRole("button", { name: "Put all" }).click();
  await page.getByText("2 written, 1 failed.").waitFor();
  await page.getByRole("row", { name: /a key with spaces.*InvalidKey\.Malformed/ }).waitFor();
  await shoot("batch");
  const many = Array.from({ length: 120 }, (_, i) => ({ Key: `item/${String(i).padStart(3, "0")}`,
    Value: `{"n": ${i}, "text": "${"again and again ".repeat(60)}"}` }));
  await page.getByLabel("KvList").fill(JSON.stringify(many));
  await page.getByRole("button", { name: "Put all" }).click();
  await page.getByText("120 written, 0 failed.").waitFor();
});

test("keys are searched by prefix and paged", async () => {
  await page.getByRole("link", { name: "Keys" }).click();
  await page.getByText("1–50 of 122 keys").waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("51–100 of 122 keys").waitFor();
  await page.getByLabel("Search by prefix").fill("item/11");
  await page.getByText("1–10 of 10 keys").waitFor();
  await page.getByRole("button", { name: "item/117" }).click();
  await page.getByRole("heading", { name: "item/117" }).waitFor();
  await shoot("keys");
  await page.getByLabel("Search by prefix").fill("nothing");
  await page.getByText("No key begins with that.").waitFor();
});

test("the tail of the change log is live", async () => {
  await page.getByRole("link", { name: "Changes" }).click();
  await page.getByRole("row", { name: /put site item\/119/ }).waitFor();
  const other = await newPage();
  await open("", other);
  await signIn(other, ADMIN);
  await open("#/keys/site", other);
  await other.getByLabel("Key", { exact: true }).fill("from/elsewhere");
  await other.getByRole("button", { name: "Put", exact: true }).click();
  await page.getByRole("row", { name: /put site from\/elsewhere/ }).waitFor();
  await page.getByLabel("Only lines with").fill("elsewhere");
  assert.equal(await page.locator("tbody tr:visible").count(), 1);
  await page.getByLabel("Only lines with").fill("");
  await shoot("changes");
  await other.context().close();
});

test("who may only read is told so", async () => {
  const other = await newPage();
  await open("", other);
  await signIn(other, reader);
  await other.getByLabel("Name", { exact: true }).fill("mine");
  await other.keyboard.press("Enter");
  await other.getByText("(Forbidden)").waitFor();
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await other.evaluate(() => sessionStorage.length), 0);
  await other.context().close();
});

test("dark mode and a narrow screen", async () => {
  const dark = await newPage({ colorScheme: "dark" });
  await open("", dark);
  await shoot("sign-in-dark", dark);
  await signIn(dark, ADMIN);
  await dark.getByRole("link", { name: "site" }).waitFor();
  await letTheChartGrow(dark);
  await shoot("overview-dark", dark);
  await open("#/keys/site", dark);
  await dark.getByRole("button", { name: "item/003" }).click();
  await dark.getByRole("heading", { name: "item/003" }).waitFor();
  await shoot("keys-dark", dark);
  await dark.context().close();

  const narrow = await newPage({ viewport: { width: 360, height: 740 } });
  await open("", narrow);
  await signIn(narrow, ADMIN);
  for (const [name, hash] of [["overview", "#/"], ["keys", "#/keys/site"], ["batch", "#/batch/site"],
    ["changes", "#/changes"]]) {
    await open(hash, narrow);
    await narrow.getByRole("heading", { level: 1 }).waitFor();
    await narrow.waitForTimeout(500);
    const wide = await narrow.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 360, `${name} is ${wide} pixels wide`);
    assert.ok(await narrow.evaluate(() => [...document.querySelectorAll("nav")].every(
      (nav) => nav.scrollWidth <= nav.clientWidth)), `${name}: all links are in sight`);
    await narrow.screenshot({ path: path.join(shots, `${name}-narrow.png`), fullPage: true });
  }
  await narrow.context().close();
});

test("a namespace is deleted after a question", async () => {
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("link", { name: "site" }).waitFor();
  await letTheChartGrow(page);
  await shoot("overview");
  await page.getByRole("button", { name: "Delete the namespace site" }).click();
  await page.getByRole("dialog").waitFor();
  await shoot("question");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Delete the namespace site" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await said("The namespace site is deleted.");
  await page.getByText("No namespaces yet.").waitFor();
});

test("controls have names and the page complained of nothing", async () => {
  for (const hash of ["#/", "#/batch", "#/changes"]) {
    await open(hash);
    await page.getByRole("heading", { level: 1 }).waitFor();
    const nameless = await page.evaluate(() => [...document.querySelectorAll(
      "input, textarea, select, button, a")].filter((node) => !(node.labels?.length ||
      node.textContent.trim() || node.getAttribute("aria-label"))).map((node) => node.outerHTML));
    assert.deepEqual(nameless, []);
  }
  assert.deepEqual(faults, []);
});

test("a server without authentication asks for no key", async () => {
  const free = await new Server({ options: ["--no-auth"] }).start();
  const other = await newPage();
  await other.goto(`${free.url}/`); // A person types the address alone.
  await other.getByRole("heading", { name: "Overview" }).waitFor();
  await other.getByText("no authentication").waitFor();
  assert.match(other.url(), /\/console\/$/);
  await other.context().close();
  await free.end();
});
