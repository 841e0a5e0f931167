// Unsigned requests, for servers with --no-auth: small and fast, with connections that are kept.

import http from "node:http";
import net from "node:net";

const encode = (parameters) => Object.entries(parameters)
  .map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join("&");

/** {status, ...the JSON answer}; rejects when the connection is lost. */
export function call(server, action, query = {}, form = null, { agent = false, version } = {}) {
  return new Promise((resolve, reject) => {
    const body = form === null ? "" : encode(form);
    const request = http.request({ host: "127.0.0.1", port: server.port, agent,
      method: form === null ? "GET" : "POST", path: `/?${encode(query)}`,
      headers: { "x-acs-action": action, "x-acs-version": version ?? "2018-01-15",
        "content-length": Buffer.byteLength(body),
        ...(body && { "content-type": "application/x-www-form-urlencoded" }) } }, (response) => {
      let text = "";
      response.on("data", (part) => { text += part; });
      response.on("error", reject);
      response.on("end", () => {
        try {
          resolve({ status: response.statusCode, ...JSON.parse(text) });
        } catch (error) {
          reject(error);
        }
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** A bare connection. read() is all that came so far, closed a promise of its end. */
export async function connect(server) {
  const socket = net.connect(server.port, "127.0.0.1");
  let text = "";
  socket.on("data", (part) => { text += part; });
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return { socket, closed, read: () => text, write: (part) => socket.write(part) };
}
