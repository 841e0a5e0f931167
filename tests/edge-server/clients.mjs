// The vendor's clients, each behind the same few methods: call("putKey", {namespace, key, ...}).
//
// What a client is given and what it answers are in lower camel case, as the newer SDKs have it;
// pop-core, which hands raw JSON through, is translated.

import { require } from "./server.mjs";

const dcdn = require("@alicloud/dcdn20180115");
const esa = require("@alicloud/esa20240910");
const openapi = require("@alicloud/openapi-client");
const core = require("@alicloud/openapi-core");
const Pop = require("@alicloud/pop-core");

/** Our word for an operation, DCDN's and ESA's (none: it has no such operation). */
export const OPERATIONS = {
  createNamespace: ["PutDcdnKvNamespace", "CreateKvNamespace"],
  deleteNamespace: ["DeleteDcdnKvNamespace", "DeleteKvNamespace"],
  describeNamespace: ["DescribeDcdnKvNamespace", "GetKvNamespace"],
  account: ["DescribeDcdnKvAccount", "GetKvAccount"],
  accountStatus: ["DescribeDcdnKvAccountStatus", "DescribeKvAccountStatus"],
  putKey: ["PutDcdnKv", "PutKv"],
  getKey: ["GetDcdnKv", "GetKv"],
  keyDetail: ["GetDcdnKvDetail", "GetKvDetail"],
  keyStatus: ["GetDcdnKvStatus", null],
  deleteKey: ["DeleteDcdnKv", "DeleteKv"],
  batchPut: ["BatchPutDcdnKv", "BatchPutKv"],
  batchDelete: ["BatchDeleteDcdnKv", "BatchDeleteKv"],
  listKeys: ["ListDcdnKv", "ListKvs"],
};

const lower = (name) => name[0].toLowerCase() + name.slice(1);
const upper = (name) => name[0].toUpperCase() + name.slice(1);

function mapNames(value, change) {
  if (Array.isArray(value)) return value.map((one) => mapNames(one, change));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [change(k), mapNames(v, change)]));
}

/* An SDK that was generated: a class for each request, and one for each element of a KvList. */
function generated(name, sdk, Client, Config, column, { key, endpoint, ...config }) {
  const client = new Client(new Config({ accessKeyId: key.id, accessKeySecret: key.secret,
    securityToken: key.token, endpoint, protocol: "http", regionId: "cn-hangzhou",
    readTimeout: 60000, connectTimeout: 60000, ...config }));
  return { name, dialect: column === 0 ? "dcdn" : "esa", client, async call(operation, given = {}) {
    const action = OPERATIONS[operation][column];
    const Request = sdk[`${action}Request`], Pair = sdk[`${action}RequestKvList`];
    const request = { ...given };
    if (Array.isArray(request.kvList)) request.kvList = request.kvList.map((one) => new Pair(one));
    const answer = Request === undefined ? await client[lower(action)]()
      : await client[lower(action)](new Request(request));
    return answer.body;
  } };
}

function pop(name, method, { key, endpoint }) {
  const client = new Pop({ accessKeyId: key.id, accessKeySecret: key.secret,
    securityToken: key.token, endpoint: `http://${endpoint}`, apiVersion: "2018-01-15" });
  return { name, dialect: "dcdn", client, async call(operation, given = {}) {
    const parameters = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined)
      .map(([k, v]) => [upper(k), Array.isArray(v) ? JSON.stringify(mapNames(v, upper)) : v]));
    return mapNames(await client.request(OPERATIONS[operation][0], parameters,
      { method, timeout: 60000 }), lower);
  } };
}

const makers = {
  "dcdn V3": (given) => generated("dcdn V3", dcdn, dcdn.default, openapi.Config, 0, given),
  "dcdn V1": (given) => generated("dcdn V1", dcdn, dcdn.default, openapi.Config, 0,
    { signatureAlgorithm: "v2", ...given }),
  "esa V3": (given) => generated("esa V3", esa, esa.default, core.$OpenApiUtil.Config, 1, given),
  "esa V1": (given) => generated("esa V1", esa, esa.default, core.$OpenApiUtil.Config, 1,
    { signatureAlgorithm: "v2", ...given }),
  "pop GET": (given) => pop("pop GET", "GET", given),
  "pop POST": (given) => pop("pop POST", "POST", given),
};
export const CLIENTS = Object.keys(makers);

/** given: {key: {id, secret, token}, endpoint}. */
export function makeClient(name, given) {
  return makers[name](given);
}

/** The fault that a call ends in: {code, status, message}. Fails if it does not. */
export async function fault(promise) {
  let answer;
  try {
    answer = await promise;
  } catch (error) {
    return { code: error.code, message: error.message,
      status: error.statusCode ?? error.entry?.response?.statusCode, error };
  }
  throw new Error(`expected a fault, got ${JSON.stringify(answer).slice(0, 300)}`);
}
