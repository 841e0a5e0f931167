// The service's operations, called as any client calls them.

import { encodeParameters, sign } from "./signature.js";

const DCDN = "2018-01-15";
const OWN = "2026-11-24";

export class ServiceError extends Error {
  constructor(status, answer) {
    super(answer.Message || `The server answered ${status}.`);
    this.status = status;
    this.code = answer.Code || "";
    this.requestId = answer.RequestId || "";
  }
}

function given(parameters) {
  return Object.fromEntries(Object.entries(parameters)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => [name, String(value)]));
}

export class Service {
  /** key: {id, secret, token}, or null for a server without authentication. */
  constructor(key) {
    this.key = key;
  }

  async call(version, action, { query = {}, form = null } = {}) {
    const encodedQuery = encodeParameters(given(query));
    const body = form === null ? "" : encodeParameters(form);
    const request = { method: form === null ? "GET" : "POST", host: location.host,
      query: encodedQuery, body, action, version };
    const headers = this.key === null
      ? { "x-acs-action": action, "x-acs-version": version,
        ...(body !== "" && { "content-type": "application/x-www-form-urlencoded" }) }
      : await sign(request, this.key);
    const response = await fetch(encodedQuery === "" ? "/" : `/?${encodedQuery}`, {
      method: request.method, headers, body: body === "" ? undefined : body,
      cache: "no-store", credentials: "omit", redirect: "error" });
    const answer = await response.json();
    if (!response.ok) throw new ServiceError(response.status, answer);
    return answer;
  }

  account() { return this.call(DCDN, "DescribeDcdnKvAccount"); }
  createNamespace(Namespace, Description) {
    return this.call(DCDN, "PutDcdnKvNamespace", { form: { Namespace, Description } });
  }
  deleteNamespace(Namespace) {
    return this.call(DCDN, "DeleteDcdnKvNamespace", { query: { Namespace }, form: {} });
  }
  list(Namespace, Prefix, PageNumber, PageSize) {
    return this.call(DCDN, "ListDcdnKv", { query: { Namespace, Prefix, PageNumber, PageSize } });
  }
  get(Namespace, Key) { return this.call(DCDN, "GetDcdnKv", { query: { Namespace, Key } }); }
  put(Namespace, Key, Value, ExpirationTtl) {
    return this.call(DCDN, "PutDcdnKv",
      { query: { Namespace, Key, ExpirationTtl }, form: { Value } });
  }
  delete(Namespace, Key) {
    return this.call(DCDN, "DeleteDcdnKv", { query: { Namespace, Key }, form: {} });
  }
  batchPut(Namespace, KvList) {
    return this.call(DCDN, "BatchPutDcdnKv", { query: { Namespace }, form: { KvList } });
  }
  describeKey(Namespace, Key) {
    return this.call(OWN, "DescribeKvKey", { query: { Namespace, Key } });
  }
  store() { return this.call(OWN, "DescribeKvStore"); }
  changes(After, Epoch, Limit) {
    return this.call(OWN, "ListKvChanges", { query: { After, Epoch, Limit } });
  }
}
