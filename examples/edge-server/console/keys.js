// Browsing a namespace: keys by prefix, page by page, and one key with all that is known of it.

import { busy, bytes, confirmed, duration, field, h, number, say, sayFault, time } from "./dom.js";

const PAGE_SIZE = 50;
const REACH = 50000; // The service pages no further.

/** A select of namespaces; goes to another one's view when changed. */
export async function chooseNamespace(context, view) {
  const account = await context.service.account();
  const names = account.NamespaceList.map((one) => one.Namespace);
  const chosen = names.find((name) => name.toLowerCase() === context.argument.toLowerCase());
  if (names.length === 0) {
    context.main.append(h("p", { class: "card" }, "There are no namespaces yet: ",
      h("a", { href: "#/" }, "create one"), "."));
    return null;
  }
  if (chosen === undefined) {
    location.replace(`#/${view}/${encodeURIComponent(names[0])}`);
    return null;
  }
  const select = h("select", { value: chosen }, names.map((name) => h("option", {}, name)));
  select.addEventListener("change", () => {
    location.hash = `#/${view}/${encodeURIComponent(select.value)}`;
  });
  return { name: chosen, control: field("Namespace", select) };
}

/* ---- The list */

function keyList(context, namespace, onOpen) {
  const prefix = h("input", { type: "search", spellcheck: "false", autocapitalize: "off" });
  const rows = h("tbody", {});
  const summary = h("p", { class: "detail", role: "status" });
  const back = h("button", { type: "button" }, "Previous");
  const on = h("button", { type: "button" }, "Next");
  let page = 1, asked = 0;

  function row(one) {
    const open = h("button", { type: "button", class: "link", onclick: () => onOpen(one.Name) },
      one.Name);
    return h("tr", { "data-key": one.Name }, h("td", { class: "key" }, open),
      h("td", { class: "when" }, time(Date.parse(one.UpdateTime) / 1000)));
  }

  async function load() {
    const mine = ++asked; // Of two answers that cross, the later question counts.
    const answer = await context.service.list(namespace, prefix.value, page, PAGE_SIZE);
    if (mine !== asked || context.gone.aborted) return;
    const total = answer.TotalCount, first = (page - 1) * PAGE_SIZE;
    if (answer.Keys.length === 0 && page > 1 && total <= first) {
      page = Math.max(1, Math.ceil(total / PAGE_SIZE));
      await load();
      return;
    }
    rows.replaceChildren(...answer.Keys.map(row));
    if (answer.Keys.length === 0)
      rows.append(h("tr", {}, h("td", { colspan: 2, class: "empty" },
        prefix.value === "" ? "No keys yet." : "No key begins with that.")));
    summary.textContent = total === 0 ? "0 keys"
      : `${number(first + 1)}–${number(first + answer.Keys.length)} of ${number(total)} keys`;
    back.disabled = page === 1;
    on.disabled = first + answer.Keys.length >= total || (page + 1) * PAGE_SIZE > REACH;
  }
  const reload = () => load().catch(sayFault);

  let typing = 0;
  prefix.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      page = 1;
      reload();
    }, 200);
  });
  back.addEventListener("click", () => {
    page--;
    reload();
  });
  on.addEventListener("click", () => {
    page++;
    reload();
  });
  const node = h("section", { class: "card list" }, h("h2", {}, "Keys"),
    field("Search by prefix", prefix), summary,
    h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Key"),
        h("th", { scope: "col", class: "when" }, "Updated"))), rows)),
    h("div", { class: "actions pager" }, back, on));
  return { node, load, reload };
}

/* ---- One key */

function facts(answer) {
  const left = answer.ExpiresAt === undefined ? null : answer.ExpiresAt - Date.now() / 1000;
  const saved = answer.ValueSize > 0
    ? Math.round((1 - answer.StoredSize / answer.ValueSize) * 100) : 0;
  const rows = [["Expires", left === null ? "never"
    : `${time(Number(answer.ExpiresAt))} (in ${duration(Math.max(0, left))})`],
  ["Version", answer.Version],
  ["Updated", time(Date.parse(answer.UpdateTime) / 1000)],
  ["Size", `${bytes(answer.ValueSize)}${answer.ValueSize >= 1024
    ? ` (${number(answer.ValueSize)} bytes)` : ""}`],
  ["Stored", `${bytes(answer.StoredSize)}, ${answer.Codec}${saved > 0 ? `, ${saved} % saved` : ""}`]];
  if (answer.Metadata || answer.MetadataBase64)
    rows.push(["Metadata", answer.Metadata || answer.MetadataBase64]);
  return h("dl", { class: "facts" }, rows.map(([name, value]) =>
    h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

const SHOWN_MAX = 100000; // Characters: a page with megabytes of text is no help.

function valueView(answer) {
  if (answer.ValueBase64 !== undefined)
    return [h("p", { class: "detail" }, "Not text; here as base64:"),
      h("pre", { class: "value", tabindex: 0, "aria-label": "Value as base64" },
        answer.ValueBase64.slice(0, SHOWN_MAX))];
  const whole = answer.Value.length <= SHOWN_MAX;
  return [h("pre", { class: "value", tabindex: 0, "aria-label": "Value" },
    whole ? answer.Value : answer.Value.slice(0, SHOWN_MAX)),
  !whole && h("p", { class: "detail" },
    `The first ${number(SHOWN_MAX)} of ${number(answer.Value.length)} characters.`)];
}

function keyPanel(context, namespace, onChange, onEdit) {
  const node = h("section", { class: "card", "aria-live": "polite" });

  function clear(text = "Choose a key to see its value.") {
    node.replaceChildren(h("h2", {}, "Value"), h("p", { class: "empty" }, text));
  }
  async function remove(key, button) {
    if (!await confirmed(`Delete the key ${key}?`, "Delete")) return;
    if (await busy(button, () => context.service.delete(namespace, key))) {
      say(`${key} is deleted.`);
      clear();
      onChange();
    }
  }
  async function open(key) {
    let answer;
    try {
      answer = await context.service.describeKey(namespace, key);
    } catch (error) {
      clear(error.code === "InvalidKey.NotFound" ? `${key} is not there any more.` : error.message);
      onChange();
      return;
    }
    const isText = answer.Value !== undefined;
    const edit = h("button", { type: "button", onclick: () => onEdit(key, answer.Value) }, "Edit");
    const drop = h("button", { type: "button", class: "danger" }, "Delete");
    drop.addEventListener("click", () => remove(key, drop));
    node.replaceChildren(h("h2", { class: "key" }, key), facts(answer), ...valueView(answer)
      .filter(Boolean), h("div", { class: "actions" }, isText && edit, drop));
  }
  clear();
  return { node, open: (key) => open(key).catch(sayFault) };
}

/* ---- Putting one */

function putForm(context, namespace, onPut) {
  const key = h("input", { required: true, spellcheck: "false", autocapitalize: "off" });
  const value = h("textarea", { rows: 6, spellcheck: "false" });
  const ttl = h("input", { type: "number", min: 1, step: 1, inputmode: "numeric" });
  const button = h("button", { class: "primary" }, "Put");
  const form = h("form", { class: "card" }, h("h2", {}, "Put a key"),
    field("Key", key, "At most 512 bytes, no spaces"), field("Value", value),
    field("Expires in (seconds)", ttl, "Empty: never"), h("div", { class: "actions" }, button));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = key.value;
    if (!await busy(button, () => context.service.put(namespace, name, value.value, ttl.value)))
      return;
    say(`${name} is written.`);
    form.reset();
    onPut(name);
  });
  return { node: form, edit(name, text) {
    key.value = name;
    value.value = text;
    form.scrollIntoView({ block: "nearest" });
    value.focus();
  } };
}

export async function keys(context) {
  context.main.append(h("h1", {}, "Keys"));
  const namespace = await chooseNamespace(context, "keys");
  if (namespace === null || context.gone.aborted) return;
  const list = keyList(context, namespace.name, (key) => panel.open(key));
  const panel = keyPanel(context, namespace.name, list.reload, (key, text) => put.edit(key, text));
  const put = putForm(context, namespace.name, (key) => {
    list.reload();
    panel.open(key);
  });
  context.main.append(h("div", { class: "toolbar" }, namespace.control),
    h("div", { class: "columns keys" }, list.node, h("div", { class: "stack" }, panel.node, put.node)));
  await list.load();
}
