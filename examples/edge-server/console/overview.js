// The account: usage of each namespace, the store, and what it is doing.

import { bar, lines, usage } from "./charts.js";
import { busy, bytes, confirmed, field, h, number, say, sayFault } from "./dom.js";

const EVERY_MS = 2000;
const POINTS = 61; // Two minutes.
const RATES = [["gets", "ProcessGets"], ["keys written", "ProcessWritten"],
  ["commits", "ProcessCommits"]];

function tile(name, value, detail) {
  return h("div", { class: "tile" }, h("dt", {}, name), h("dd", {}, value),
    detail && h("dd", { class: "detail" }, detail));
}

function tiles(account, store) {
  const raw = store.StoreValueBytes, stored = store.StoreStoredBytes;
  return h("dl", { class: "tiles" },
    tile("Namespaces", `${account.NamespaceUsed} of ${account.NamespaceQuota}`),
    tile("Keys", number(store.StoreKeys), `${number(store.StoreExpiring)} expire`),
    tile("Used", bytes(account.CapacityUsed), `of ${bytes(account.Capacity)}`),
    tile("Values on disk", bytes(stored), `of ${bytes(raw)} before compression`),
    tile("File", bytes(store.StoreFileBytes),
      `${bytes(store.StorePagesFree * store.StorePageSize)} of it free`));
}

function compression(store) {
  const raw = store.StoreValueBytes, stored = store.StoreStoredBytes;
  const saved = raw > 0 ? Math.round((1 - stored / raw) * 100) : 0;
  const text = raw > 0 ? `${bytes(stored)} stored for ${bytes(raw)} of values: ${saved} % saved`
    : "No values yet";
  return h("section", { class: "card" }, h("h2", {}, "Compression"),
    h("div", { class: "pair" }, h("span", {}, "Values"), bar(raw, raw, bytes(raw)),
      h("span", { class: "amount" }, bytes(raw))),
    h("div", { class: "pair" }, h("span", {}, "Stored"), bar(stored, raw, text),
      h("span", { class: "amount" }, bytes(stored))),
    h("p", { class: "detail" }, text));
}

function namespaceRow(namespace, context, refresh) {
  const { Namespace: name, Description: about, Capacity: capacity, CapacityUsed: used } = namespace;
  const remove = h("button", { type: "button", class: "danger quiet",
    "aria-label": `Delete the namespace ${name}` }, "Delete");
  remove.addEventListener("click", async () => {
    if (!await confirmed(`Delete the namespace ${name} and all of its keys?`, "Delete")) return;
    if (await busy(remove, () => context.service.deleteNamespace(name))) {
      say(`The namespace ${name} is deleted.`);
      refresh();
    }
  });
  return h("li", { class: "namespace" },
    h("div", { class: "name" },
      h("a", { href: `#/keys/${encodeURIComponent(name)}` }, name),
      about && h("span", { class: "detail" }, about)),
    h("div", { class: "usage" }, usage(used, capacity, `${bytes(used)} of ${bytes(capacity)} used`),
      h("span", { class: "detail" }, `${bytes(used)} of ${bytes(capacity)}`)),
    remove);
}

function createForm(context, refresh) {
  const name = h("input", { required: true, maxlength: 64, pattern: "[A-Za-z0-9_\\-]+",
    spellcheck: "false", autocapitalize: "off" });
  const about = h("input", { maxlength: 1024 });
  const button = h("button", { class: "primary" }, "Create");
  const form = h("form", { class: "create" },
    field("Name", name, "Letters, digits, - and _"), field("Description", about, "Optional"),
    button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const created = await busy(button,
      () => context.service.createNamespace(name.value, about.value));
    if (!created) return;
    say(`The namespace ${created.Namespace} is created.`);
    form.reset();
    name.focus();
    refresh();
  });
  return form;
}

/** Counters of one moment and the next to rates; the first has none. */
function addRates(history, before, store, seconds) {
  RATES.forEach(([, member], index) => {
    const rate = before === null ? null : Math.max(0, (store[member] - before[member]) / seconds);
    history[index].push(rate);
    if (history[index].length > POINTS) history[index].shift();
  });
}

export async function overview(context) {
  const head = h("div", {}), list = h("ul", { class: "namespaces" }), chart = h("div", {});
  const savings = h("div", {});
  const history = RATES.map(() => []);
  let before = null, beforeAt = 0;

  async function refresh() {
    const [account, store] = await Promise.all([context.service.account(), context.service.store()]);
    if (context.gone.aborted) return;
    head.replaceChildren(tiles(account, store));
    savings.replaceChildren(compression(store));
    const names = JSON.stringify(account.NamespaceList);
    if (list.dataset.shown !== names) { // Do not take the focus away for nothing.
      list.dataset.shown = names;
      list.replaceChildren(...account.NamespaceList.map(
        (one) => namespaceRow(one, context, refresh)));
      if (account.NamespaceList.length === 0)
        list.append(h("li", { class: "empty" }, "No namespaces yet. Create the first one below."));
    }
    addRates(history, before, store, (performance.now() - beforeAt) / 1000);
    before = store;
    beforeAt = performance.now();
    chart.replaceChildren(lines(RATES.map(([name], i) => ({ name, values: history[i] })),
      { label: "Per second", points: POINTS, seconds: (POINTS - 1) * EVERY_MS / 1000 }));
  }

  context.main.append(h("h1", {}, "Overview"), head,
    h("section", { class: "card" }, h("h2", {}, "Namespaces"), list,
      h("h3", {}, "New namespace"), createForm(context, refresh)),
    h("div", { class: "columns" },
      h("section", { class: "card" }, h("h2", {}, "Gets and writes per second"), chart), savings));
  await refresh();
  const timer = setInterval(() => document.hidden || refresh().catch(sayFault), EVERY_MS);
  context.gone.addEventListener("abort", () => clearInterval(timer));
}
