// The live tail of the change log: every mutation that took effect, newest first.

import { bytes, field, h, number, sayFault, time } from "./dom.js";

const EVERY_MS = 1000;
const BEGIN_WITH = 100, LIMIT = 1000, ROWS_MAX = 500;
const KINDS = { Put: "put", Delete: "delete", Touch: "touch", NamespaceCreate: "namespace created",
  NamespaceSet: "namespace changed", NamespaceRename: "namespace renamed", NamespaceDrop: "namespace dropped",
  Settings: "settings" };

function row(change) {
  const key = change.Kind === "NamespaceCreate" ? "" : change.Key ?? "";
  const facts = [change.Kind === "Put" && bytes(change.Size),
    change.ExpiresAt !== undefined && `until ${time(Number(change.ExpiresAt))}`].filter(Boolean);
  return h("tr", { class: `change ${change.Kind.toLowerCase()}` },
    h("td", { class: "index" }, change.Sequence),
    h("td", { class: "when" }, time(Date.parse(change.Time) / 1000)),
    h("td", {}, h("span", { class: "kind" }, KINDS[change.Kind] ?? change.Kind)),
    h("td", {}, change.Namespace ?? (change.Kind === "NamespaceCreate" ? change.Key : "")),
    h("td", { class: "key" }, key), h("td", { class: "when" }, facts.join(", ")));
}

export async function changes(context) {
  const rows = h("tbody", {});
  const status = h("p", { class: "detail", role: "status" });
  const filter = h("input", { type: "search", spellcheck: "false", autocapitalize: "off" });
  const pause = h("button", { type: "button", "aria-pressed": "false" }, "Pause");
  let next, epoch, seen = 0, isPaused = false, isReading = false;

  function matches(node) {
    return filter.value === "" || node.textContent.includes(filter.value);
  }
  function add(list) {
    seen += list.length;
    for (const change of list) {
      const node = row(change);
      node.hidden = !matches(node);
      rows.prepend(node);
    }
    while (rows.children.length > ROWS_MAX) rows.lastChild.remove();
    status.textContent = `${isPaused ? "Paused" : "Live"}. ${number(seen)} changes` +
      (seen > ROWS_MAX ? `, the newest ${ROWS_MAX} shown` : "");
  }
  async function read() {
    if (isReading || isPaused || document.hidden) return;
    isReading = true;
    try {
      const answer = await context.service.changes(next, epoch, next === undefined ? BEGIN_WITH : LIMIT);
      if (context.gone.aborted) return;
      next = answer.Next;
      epoch = answer.Epoch;
      add(answer.Changes);
    } catch (error) {
      if (error.status !== 410) throw error;
      next = epoch = undefined; // The log was trimmed, or began anew: from its end again.
    } finally {
      isReading = false;
    }
  }
  filter.addEventListener("input", () => {
    for (const node of rows.children) node.hidden = !matches(node);
  });
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    pause.textContent = isPaused ? "Go on" : "Pause";
    add([]);
  });

  context.main.append(h("h1", {}, "Changes"),
    h("div", { class: "toolbar" }, field("Only lines with", filter), pause),
    h("section", { class: "card" }, status, h("div", { class: "scroll tall" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Sequence", "Time", "Change", "Namespace", "Key", "Value"].map(
        (name, i) => h("th", { scope: "col", class: i === 0 ? "index" : undefined }, name)))),
      rows))));
  await read();
  const timer = setInterval(() => read().catch(sayFault), EVERY_MS);
  context.gone.addEventListener("abort", () => clearInterval(timer));
}
