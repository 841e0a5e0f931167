// Small helpers for building the page. Text is always text: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

function apply(node, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else if (name === "width%") node.style.width = `${value}%`;
    else node.setAttribute(name, value === true ? "" : value);
  }
}

function append(node, children) {
  for (const child of children.flat(Infinity))
    if (child !== null && child !== undefined && child !== false) node.append(child);
  return node;
}

/** h("a", {href: "#/", onclick: f}, "text", node, [more]). */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  append(node, children); // First: a select's value needs its options.
  apply(node, properties);
  return node;
}

export function svg(tag, properties = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  apply(node, properties);
  return append(node, children);
}

let labels = 0;
/** A labelled control; hint is read with it. */
export function field(label, control, hint) {
  control.id = `field-${++labels}`;
  const parts = [h("label", { for: control.id }, label), control];
  if (hint) {
    parts.push(h("small", { id: `${control.id}-hint` }, hint));
    control.setAttribute("aria-describedby", `${control.id}-hint`);
  }
  return h("div", { class: "field" }, parts);
}

/** A word at the foot of the page for some seconds; faults stay until closed. */
export function say(message, kind = "good") {
  const note = h("div", { class: `message ${kind}` }, h("span", {}, message),
    h("button", { type: "button", "aria-label": "Close this message",
      onclick: () => note.remove() }, "×"));
  const all = document.getElementById("messages");
  if (kind === "good") all.querySelectorAll(".good").forEach((older) => older.remove());
  all.append(note);
  if (kind === "good") setTimeout(() => note.remove(), 5000);
}

export function sayFault(error) {
  const code = error.code ? ` (${error.code})` : "";
  say(`${error.message}${code}`, "bad");
}

/** Ask before what cannot be undone. */
export function confirmed(question, action) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-label": question },
      h("form", { method: "dialog" }, h("p", {}, question),
        h("div", { class: "actions" }, h("button", { value: "no", autofocus: true }, "Cancel"),
          h("button", { value: "yes", class: "danger" }, action))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** While work runs the button is disabled; faults are said. Returns what work did, or undefined. */
export async function busy(button, work) {
  button.disabled = true;
  try {
    return await work();
  } catch (error) {
    sayFault(error);
    return undefined;
  } finally {
    button.disabled = false;
  }
}

/** 1536 to "1.5 KB": units of 1024, named as the service names them. */
export function bytes(count) {
  const units = [count === 1 ? "byte" : "bytes", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (count >= 1024 && unit < units.length - 1) {
    count /= 1024;
    unit++;
  }
  return `${unit === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${units[unit]}`;
}

export function number(count) {
  return Number(count).toLocaleString("en");
}

/** Unix seconds, as the reader's clock has them. */
export function time(seconds) {
  return new Date(seconds * 1000).toLocaleString("sv"); // 2026-11-24 10:01:40
}

/** 3700 to "1 h 1 min". */
export function duration(seconds) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const at = units.findIndex(([, size]) => seconds >= size);
  if (at < 0) return "0 s";
  const [name, size] = units[at];
  const rest = at + 1 < units.length ? Math.floor((seconds % size) / units[at + 1][1]) : 0;
  return `${Math.floor(seconds / size)} ${name}${rest ? ` ${rest} ${units[at + 1][0]}` : ""}`;
}
