// The V3 signature (ACS3-HMAC-SHA256), with what every browser has.

const ALGORITHM = "ACS3-HMAC-SHA256";
const text = new TextEncoder();

/** Percent-encode as signatures want it: only A-Z a-z 0-9 - _ . ~ stay bare. */
export function encode(value) {
  return encodeURIComponent(value).replace(/[!'()*]/g,
    (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
}

/** {Namespace: "site", Key: "a b"} to "Key=a%20b&Namespace=site". */
export function encodeParameters(parameters) {
  return Object.keys(parameters).sort()
    .map((name) => `${encode(name)}=${encode(parameters[name])}`).join("&");
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("");
}

async function sha256(data) {
  return hex(await crypto.subtle.digest("SHA-256", text.encode(data)));
}

async function hmac(secret, data) {
  const key = await crypto.subtle.importKey("raw", text.encode(secret),
    { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return hex(await crypto.subtle.sign("HMAC", key, text.encode(data)));
}

function nonce() {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}

/**
 * The headers of a signed request.
 *
 * request: {method, host, query, body, action, version}; query and body are encoded already, body ""
 * is none. key: {id, secret, token}, token "" is none.
 */
export async function sign(request, key, now = new Date()) {
  const headers = {
    "x-acs-action": request.action,
    "x-acs-version": request.version,
    "x-acs-date": now.toISOString().replace(/\.\d+Z$/, "Z"),
    "x-acs-signature-nonce": nonce(),
    "x-acs-content-sha256": await sha256(request.body),
  };
  if (request.body !== "") headers["content-type"] = "application/x-www-form-urlencoded";
  if (key.token) {
    headers["x-acs-accesskey-id"] = key.id;
    headers["x-acs-security-token"] = key.token;
  }
  const signed = { ...headers, host: request.host };
  const names = Object.keys(signed).sort();
  const canonical = [request.method, "/", request.query,
    names.map((name) => `${name}:${signed[name]}\n`).join(""), names.join(";"),
    headers["x-acs-content-sha256"]].join("\n");
  const signature = await hmac(key.secret, `${ALGORITHM}\n${await sha256(canonical)}`);
  headers.Authorization =
    `${ALGORITHM} Credential=${key.id},SignedHeaders=${names.join(";")},Signature=${signature}`;
  return headers;
}
