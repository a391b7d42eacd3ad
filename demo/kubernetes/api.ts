import { randomUUID } from "node:crypto";
import { type Answer, type Handler, json, text, type UpstreamCall } from "../server/answer.ts";
import type { World } from "../world/world.ts";
import { discovery } from "./discovery.ts";
import { health, version } from "./health.ts";
import type { KubernetesObject } from "./metadata.ts";
import { Expired, page } from "./paging.ts";
import { groupsOf, type Resource, resourcesOf } from "./resources.ts";
import { fieldSelector, labelSelector } from "./selectors.ts";
import { BadRequest, failure } from "./status.ts";

const PUBLIC = new Set(["/version", "/readyz", "/livez", "/healthz"]);
const ANONYMOUS = "system:anonymous";

/** What a path under /api or /apis names. */
interface Target {
  readonly group: string;
  readonly version: string;
  readonly namespace?: string;
  readonly plural: string;
  readonly name?: string;
}

function targetOf(path: string): Target | undefined {
  const parts = path.split("/").slice(1).map(decodeURIComponent);
  const [group, version, ...rest] = parts[0] === "api" ? ["", ...parts.slice(1)] : parts.slice(1);
  const rooted = parts[0] === "api" || parts[0] === "apis";
  const [first, second, third, fourth, extra] = rest;
  if (!rooted || group === undefined || version === undefined || first === undefined || extra !== undefined)
    return undefined;
  if (first === "namespaces" && second !== undefined && third !== undefined) {
    const base = { group, version, namespace: second, plural: third };
    return fourth === undefined ? base : { ...base, name: fourth };
  }
  if (third !== undefined) return undefined;
  return second === undefined ? { group, version, plural: first } : { group, version, plural: first, name: second };
}

function forbidden(path: string, target: Target | undefined): Answer {
  if (target === undefined) {
    return failure(403, "Forbidden", `forbidden: User "${ANONYMOUS}" cannot get path "${path}"`, {});
  }
  const { group, plural, name, namespace } = target;
  const what = name === undefined ? plural : `${plural} "${name}"`;
  const where = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const verb = name === undefined ? "list" : "get";
  const message = `${what} is forbidden: User "${ANONYMOUS}" cannot ${verb} resource "${plural}" in API group "${group}" ${where}`;
  const named = name === undefined ? {} : { name };
  return failure(403, "Forbidden", message, { ...named, ...(group === "" ? {} : { group }), kind: plural });
}

function limitOf(params: URLSearchParams): number {
  const limit = params.get("limit") ?? "0";
  if (!/^\d+$/.test(limit)) throw new BadRequest(`strconv.ParseInt: parsing "${limit}": invalid syntax`);
  return Number(limit);
}

function list(resource: Resource, namespace: string | undefined, world: World, call: UpstreamCall): Answer {
  const { params } = call;
  const now = Math.floor(call.now / 1000);
  const byLabels = labelSelector(params.get("labelSelector") ?? "");
  const byFields = fieldSelector(params.get("fieldSelector") ?? "", resource.fields);
  const matching = resource
    .list(world, now)
    .filter((object) => namespace === undefined || object.metadata.namespace === namespace)
    .filter((object) => byLabels(object.metadata.labels ?? {}) && byFields(object));
  const keyOf = ({ metadata }: KubernetesObject) =>
    metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
  const token = params.get("continue") ?? "";
  const { items, revision, next, remaining } = page(matching, keyOf, { limit: limitOf(params), token, revision: now });
  // The server cannot know how many are left without looking at them all, so with a selector it does not say.
  const selective = (params.get("labelSelector") ?? "") + (params.get("fieldSelector") ?? "") !== "";
  const more = next === undefined ? {} : { continue: next, ...(selective ? {} : { remainingItemCount: remaining }) };
  const apiVersion = resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
  return json(200, {
    kind: `${resource.kind}List`,
    apiVersion,
    metadata: { resourceVersion: String(revision), ...more },
    items,
  });
}

function get(resource: Resource, target: Target, world: World, now: number): Answer {
  const object = resource
    .list(world, now)
    .find(({ metadata }) => metadata.name === target.name && metadata.namespace === target.namespace);
  const { group, plural, name = "" } = target;
  const details = { name, ...(group === "" ? {} : { group }), kind: plural };
  const label = group === "" ? plural : `${plural}.${group}`;
  if (object === undefined) return failure(404, "NotFound", `${label} "${name}" not found`, details);
  const apiVersion = group === "" ? resource.version : `${group}/${resource.version}`;
  return json(200, { kind: resource.kind, apiVersion, ...object });
}

function resourceAnswer(target: Target, world: World, call: UpstreamCall): Answer {
  const { spec } = world;
  const knownGroup =
    target.group === ""
      ? target.version === "v1"
      : groupsOf(spec).some(([group, of]) => group === target.group && of === target.version);
  if (!knownGroup) return text(404, "404 page not found\n", { "x-content-type-options": "nosniff" });
  const resource = resourcesOf(spec).find(({ group, plural }) => group === target.group && plural === target.plural);
  // Getting one object of a namespaced kind needs its namespace; a list of a cluster-wide kind must not have one.
  const wrongScope =
    resource?.namespaced === false
      ? target.namespace !== undefined
      : target.name !== undefined && target.namespace === undefined;
  if (resource === undefined || wrongScope) {
    return failure(404, "NotFound", "the server could not find the requested resource", {});
  }
  if (call.method !== "GET" || call.params.get("watch") === "true" || call.params.get("watch") === "1") {
    return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
  }
  if (target.name !== undefined) return get(resource, target, world, Math.floor(call.now / 1000));
  try {
    return list(resource, target.namespace, world, call);
  } catch (error) {
    if (error instanceof BadRequest) return failure(400, "BadRequest", error.message);
    if (error instanceof Expired) return failure(410, "Expired", error.message, undefined, { continue: error.fresh });
    throw error;
  }
}

function route(world: World, token: string, call: UpstreamCall): Answer {
  const authorization = call.headers["authorization"];
  if (authorization !== undefined && authorization !== `Bearer ${token}`) {
    return failure(401, "Unauthorized", "Unauthorized");
  }
  const { path } = call;
  if (path === "/version") return version(world.spec);
  if (PUBLIC.has(path)) return health(path.slice(1), call.params.has("verbose"));
  const target = targetOf(path);
  if (authorization === undefined) return forbidden(path, target);
  const found = call.method === "GET" ? discovery(world.spec, path, call.headers["host"] ?? "") : undefined;
  if (found !== undefined) return found;
  if (target === undefined) return text(404, "404 page not found\n", { "x-content-type-options": "nosniff" });
  return resourceAnswer(target, world, call);
}

/** The Kubernetes API of a cluster. */
export function kubernetesHandler(world: World, token: string): Handler {
  return (call) => {
    const answer = route(world, token, call);
    const headers = { "audit-id": randomUUID(), "cache-control": "no-cache, private", ...answer.headers };
    return { ...answer, headers };
  };
}
