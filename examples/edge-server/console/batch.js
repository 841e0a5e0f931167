// Many keys at once: a pasted KvList, and what became of each of its keys.

import { bytes, busy, field, h, number } from "./dom.js";
import { chooseNamespace } from "./keys.js";

const EXAMPLE = JSON.stringify([{ Key: "site/title", Value: "Hello" },
  { Key: "session/42", Value: "{\"user\":\"ann\"}", ExpirationTtl: 3600 },
  { Key: "a key with spaces", Value: "will be refused" }], null, 2);

const text = new TextEncoder();

/** What can be said before anything is sent. Throws what is wrong. */
function look(source) {
  const list = JSON.parse(source);
  if (!Array.isArray(list)) throw new Error("A KvList is an array: [{\"Key\": …, \"Value\": …}, …]");
  const size = list.reduce((sum, one) => sum + text.encode(String(one?.Key ?? "")).length +
    text.encode(String(one?.Value ?? "")).length, 0);
  return { list, size };
}

function row(index, key, failure, isFailed) {
  const verdict = isFailed ? `${failure?.Message ?? "Not written."}` : "Written";
  return h("tr", { class: isFailed ? "failed" : "written" }, h("td", { class: "index" }, index),
    h("td", { class: "key" }, key), h("td", {},
      h("span", { class: "verdict" }, isFailed ? "Failed" : verdict),
      isFailed && h("span", { class: "detail" }, verdict, failure?.Code && ` ${failure.Code}`)));
}

const ROWS_MAX = 2000;

/* Failures have the place in the list; of a key that comes twice, one may fail and one be written. */
function verdicts(list, answer) {
  const failures = new Map((answer.Failures ?? []).map((one) => [one.Index, one]));
  const failed = failures.size;
  const rows = list.map((one, index) => ({ index, key: String(one.Key), failure: failures.get(index) }))
    .sort((a, b) => (b.failure !== undefined) - (a.failure !== undefined) || a.index - b.index);
  return [h("h2", {}, "Verdicts"),
    h("p", {}, `${number(list.length - failed)} written, ${number(failed)} failed. `,
      rows.length > ROWS_MAX && `The first ${number(ROWS_MAX)} are shown.`),
    h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {},
      h("th", { scope: "col", class: "index" }, "#"), h("th", { scope: "col" }, "Key"),
      h("th", { scope: "col" }, "Verdict"))),
    h("tbody", {}, rows.slice(0, ROWS_MAX).map(({ index, key, failure }) =>
      row(index + 1, key, failure, failure !== undefined)))))];
}

export async function batch(context) {
  context.main.append(h("h1", {}, "Batch put"));
  const namespace = await chooseNamespace(context, "batch");
  if (namespace === null || context.gone.aborted) return;
  const source = h("textarea", { rows: 16, spellcheck: "false", class: "code",
    placeholder: EXAMPLE });
  const summary = h("p", { class: "detail", role: "status" });
  const result = h("section", { class: "card", hidden: true, tabindex: -1,
    "aria-label": "Verdicts" });
  const button = h("button", { class: "primary" }, "Put all");
  const example = h("button", { type: "button" }, "Fill in an example");

  function check() {
    summary.className = "detail";
    if (source.value.trim() === "") {
      summary.textContent = "";
      return null;
    }
    try {
      const { list, size } = look(source.value);
      summary.textContent =
        `${number(list.length)} of at most 10,000 keys, ${bytes(size)} of at most 2,000,000 bytes`;
      return list;
    } catch (error) {
      summary.className = "fault";
      summary.textContent = error.message;
      return null;
    }
  }
  source.addEventListener("input", check);
  example.addEventListener("click", () => {
    source.value = EXAMPLE;
    check();
    source.focus();
  });
  const form = h("form", { class: "card" },
    field("KvList", source, "A JSON array of objects with Key, Value and, if wanted, " +
      "ExpirationTtl (seconds) or Expiration (Unix seconds)"),
    summary, h("div", { class: "actions" }, button, example));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const list = check();
    if (list === null) {
      source.focus();
      return;
    }
    const answer = await busy(button,
      () => context.service.batchPut(namespace.name, source.value));
    if (!answer) return;
    result.hidden = false;
    result.replaceChildren(...verdicts(list, answer));
    result.focus();
  });
  context.main.append(h("div", { class: "toolbar" }, namespace.control), form, result);
}
