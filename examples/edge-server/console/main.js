// Signing in, and which view the address shows: #/, #/keys/NAMESPACE, #/batch/NAMESPACE, #/changes.

import { h, field, say, sayFault } from "./dom.js";
import { Service, ServiceError } from "./service.js";
import { overview } from "./overview.js";
import { keys } from "./keys.js";
import { batch } from "./batch.js";
import { changes } from "./changes.js";

const KEPT = "edgekv-console-key"; // In this tab's sessionStorage: it goes with the tab.
const views = { "": overview, keys, batch, changes };
const titles = { "": "Overview", keys: "Keys", batch: "Batch put", changes: "Changes" };

const main = document.getElementById("main");
const nav = document.getElementById("nav");
const account = document.getElementById("account");

let service = null;
let leaving = new AbortController(); // Aborted when the view that is shown goes.

function show(...nodes) {
  main.replaceChildren(...nodes);
}

function route() {
  leaving.abort();
  leaving = new AbortController();
  if (service === null) return;
  const [name, ...rest] = location.hash.replace(/^#\//, "").split("/");
  const view = views[name] ? name : "";
  document.title = `${titles[view]} – EdgeKV console`;
  for (const link of nav.querySelectorAll("a")) {
    const isHere = link.dataset.view === (view || "overview");
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  show();
  const argument = rest.length > 0 ? decodeURIComponent(rest.join("/")) : "";
  views[view]({ main, service, argument, gone: leaving.signal }).catch((error) => {
    if (error.name !== "AbortError") sayFault(error);
  });
}

/* ---- Signing in */

async function enter(key, isKept) {
  const candidate = new Service(key);
  await candidate.account(); // Any read will do: is the key good?
  service = candidate;
  if (isKept) sessionStorage.setItem(KEPT, JSON.stringify(key));
  nav.hidden = false;
  account.hidden = false;
  account.replaceChildren(
    h("span", { class: "who" }, key === null ? "no authentication" : key.id),
    ...(key === null ? [] : [h("button", { type: "button", onclick: leave }, "Sign out")]));
  route();
}

function leave() {
  sessionStorage.removeItem(KEPT);
  service = null;
  leaving.abort();
  nav.hidden = true;
  account.hidden = true;
  showSignIn();
}

function explain(error) {
  if (error.code === "Unauthorized.InvalidToken") return "The access key or its secret is wrong.";
  if (error.code === "Unauthorized.InvalidTime")
    return "This computer's clock and the server's differ by more than 15 minutes.";
  return error.code ? `${error.message} (${error.code})` : error.message;
}

function showSignIn(reason = "") {
  document.title = "Sign in – EdgeKV console";
  const id = h("input", { name: "id", autocomplete: "username", required: true, spellcheck: "false",
    autocapitalize: "off" });
  const secret = h("input", { name: "secret", type: "password", required: true,
    autocomplete: "current-password" });
  const token = h("input", { name: "token", autocomplete: "off", spellcheck: "false" });
  const keep = h("input", { type: "checkbox", id: "keep", checked: true });
  const fault = h("p", { class: "fault", role: "alert" }, reason);
  const button = h("button", { class: "primary" }, "Sign in");
  const form = h("form", { class: "card sign-in", "aria-labelledby": "sign-in-title" },
    h("h1", { id: "sign-in-title" }, "Sign in"),
    h("p", {}, "With an access key of the server's credentials file. The secret signs requests " +
      "here in the browser and is never sent."),
    field("Access key ID", id), field("Access key secret", secret),
    h("details", {}, h("summary", {}, "Temporary credentials"),
      field("Security token", token, "Only for a key that comes with one.")),
    h("div", { class: "check" }, keep, h("label", { for: "keep" }, "Stay signed in in this tab")),
    fault, button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    fault.textContent = "";
    button.disabled = true;
    try {
      await enter({ id: id.value.trim(), secret: secret.value, token: token.value.trim() },
        keep.checked);
    } catch (error) {
      fault.textContent = explain(error);
      secret.focus();
    }
    button.disabled = false;
  });
  show(form);
  id.focus();
}

async function start() {
  const kept = sessionStorage.getItem(KEPT);
  if (!crypto.subtle) {
    show(h("p", { class: "card" }, "Signing needs a secure page: open the console by https, or " +
      "at 127.0.0.1 or localhost."));
    return;
  }
  try {
    await enter(kept === null ? null : JSON.parse(kept), false);
  } catch (error) {
    sessionStorage.removeItem(KEPT);
    const isStranger = kept === null && error instanceof ServiceError && error.status === 403;
    showSignIn(isStranger ? "" : explain(error));
  }
}

window.addEventListener("hashchange", route);
window.addEventListener("unhandledrejection", (event) => say(String(event.reason), "bad"));
start();
