import { randomUUID } from "node:crypto";
import { type Answer, type Handler, json, text, type UpstreamCall } from "../server/answer.ts";
import type { World } from "../world/world.ts";
import { discovery } from "./discovery.ts";
import { EXEC_PATH, execAnswer } from "./exec.ts";
import { health, version } from "./health.ts";
import { Ledger } from "./ledger.ts";
import { type KubernetesObject, keyOf } from "./metadata.ts";
import { Expired, page } from "./paging.ts";
import { impersonated, People, type Person } from "./people.ts";
import { apiVersionOf, groupsOf, type Resource, resourcesOf } from "./resources.ts";
import { ACCOUNT, reviewAnswer } from "./reviews.ts";
import { fieldSelector, labelSelector } from "./selectors.ts";
import { BadRequest, failure } from "./status.ts";
import { watchAnswer } from "./watch.ts";

const PUBLIC = new Set(["/version", "/readyz", "/livez", "/healthz"]);
const ANONYMOUS = "system:anonymous";
const NOTHING: ReadonlySet<string> = new Set();

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

function forbidden({ method, path }: UpstreamCall, target: Target | undefined, user: string): Answer {
  if (target === undefined) {
    return failure(403, "Forbidden", `forbidden: User "${user}" cannot get path "${path}"`, {});
  }
  const { group, plural, name, namespace } = target;
  const kinds = group === "" ? plural : `${plural}.${group}`;
  const what = name === undefined ? kinds : `${kinds} "${name}"`;
  const where = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const reading = name === undefined ? "list" : "get";
  const verb = method === "POST" ? "create" : reading;
  const message = `${what} is forbidden: User "${user}" cannot ${verb} resource "${plural}" in API group "${group}" ${where}`;
  const named = name === undefined ? {} : { name };
  return failure(403, "Forbidden", message, { ...named, ...(group === "" ? {} : { group }), kind: plural });
}

function limitOf(params: URLSearchParams): number {
  const limit = params.get("limit") ?? "0";
  if (!/^\d+$/.test(limit)) throw new BadRequest(`strconv.ParseInt: parsing "${limit}": invalid syntax`);
  return Number(limit);
}

/** What a request is served from. */
interface Cluster {
  readonly world: World;
  readonly ledger: Ledger;
  /** Kinds, by their plural, that the token may not ask for. */
  readonly forbidden: ReadonlySet<string>;
  readonly people: People;
}

function list(resource: Resource, namespace: string | undefined, { ledger }: Cluster, call: UpstreamCall): Answer {
  const { params } = call;
  const now = Math.floor(call.now / 1000);
  const byLabels = labelSelector(params.get("labelSelector") ?? "");
  const byFields = fieldSelector(params.get("fieldSelector") ?? "", resource.fields);
  const matches = (object: KubernetesObject) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    byLabels(object.metadata.labels ?? {}) &&
    byFields(object);
  if (isWatch(params)) return watchAnswer(resource, ledger, call, matches);
  const { objects, revision: latest } = ledger.list(resource, now);
  const query = { limit: limitOf(params), token: params.get("continue") ?? "", revision: latest, now };
  const { items, revision, next, remaining } = page(objects.filter(matches), keyOf, query);
  // The server cannot know how many are left without looking at them all, so with a selector it does not say.
  const selective = (params.get("labelSelector") ?? "") + (params.get("fieldSelector") ?? "") !== "";
  const more = next === undefined ? {} : { continue: next, ...(selective ? {} : { remainingItemCount: remaining }) };
  return json(200, {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: { resourceVersion: String(revision), ...more },
    items,
  });
}

const isWatch = (params: URLSearchParams): boolean => ["true", "1"].includes(params.get("watch") ?? "");

function get(resource: Resource, target: Target, { ledger }: Cluster, now: number): Answer {
  const object = ledger
    .list(resource, now)
    .objects.find(({ metadata }) => metadata.name === target.name && metadata.namespace === target.namespace);
  const { group, plural, name = "" } = target;
  const details = { name, ...(group === "" ? {} : { group }), kind: plural };
  const label = group === "" ? plural : `${plural}.${group}`;
  if (object === undefined) return failure(404, "NotFound", `${label} "${name}" not found`, details);
  return json(200, { kind: resource.kind, apiVersion: apiVersionOf(resource), ...object });
}

function resourceAnswer(target: Target, cluster: Cluster, call: UpstreamCall): Answer {
  const { spec } = cluster.world;
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
  if (call.method !== "GET") {
    return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
  }
  if (target.name !== undefined) return get(resource, target, cluster, Math.floor(call.now / 1000));
  try {
    return list(resource, target.namespace, cluster, call);
  } catch (error) {
    if (error instanceof BadRequest) return failure(400, "BadRequest", error.message);
    if (error instanceof Expired) return failure(410, "Expired", error.message, undefined, { continue: error.fresh });
    throw error;
  }
}

/** What the service account may not be taken for, by the kinds that it may not impersonate. */
function notImpersonated({ name, groups }: Person, forbidden: ReadonlySet<string>): Answer | undefined {
  const named = { users: [name], groups };
  for (const kind of ["users", "groups"] as const) {
    const [first] = named[kind];
    if (first === undefined || !forbidden.has(kind)) continue;
    const message = `${kind} "${first}" is forbidden: User "${ACCOUNT}" cannot impersonate resource "${kind}" in API group "" at the cluster scope`;
    return failure(403, "Forbidden", message, { name: first, kind });
  }
  return undefined;
}

/** Why a person is not answered; undefined where they may. Each may ask what there is, and what they may. */
function denied(
  person: Person,
  target: Target | undefined,
  { people }: Cluster,
  call: UpstreamCall,
): Answer | undefined {
  const open = call.method === "GET" ? target === undefined : call.path.endsWith("/selfsubjectaccessreviews");
  if (open && !EXEC_PATH.test(call.path)) return undefined;
  const namespace = target?.namespace ?? EXEC_PATH.exec(call.path)?.[1];
  return people.may(person, namespace) ? undefined : forbidden(call, target, person.name);
}

function route(cluster: Cluster, tokens: ReadonlySet<string>, call: UpstreamCall): Answer {
  const { world } = cluster;
  const authorization = call.headers["authorization"];
  const token = authorization?.replace(/^Bearer /, "") ?? "";
  const owner = cluster.people.of(token);
  if (authorization !== undefined && !owner && !tokens.has(token)) {
    return failure(401, "Unauthorized", "Unauthorized");
  }
  const { path } = call;
  if (path === "/version") return version(world.spec);
  if (PUBLIC.has(path)) return health(path.slice(1), call.params.has("verbose"));
  const target = targetOf(path);
  if (authorization === undefined) return forbidden(call, target, ANONYMOUS);
  const taken = impersonated(call);
  const refusal = taken && !owner ? notImpersonated(taken, cluster.forbidden) : undefined;
  if (refusal !== undefined) return refusal;
  const person = owner ?? taken;
  const denial = person && denied(person, target, cluster, call);
  if (denial !== undefined) return denial;
  const kept = person === undefined ? cluster.forbidden : NOTHING;
  if (target !== undefined && kept.has(target.plural)) return forbidden(call, target, ACCOUNT);
  const run = execAnswer(world, call);
  if (run !== undefined) return kept.has("pods/exec") ? forbidden(call, target, ACCOUNT) : run;
  const may = (namespace: string | undefined) => !person || cluster.people.may(person, namespace);
  const review = reviewAnswer(call, { forbidden: kept, tokens, people: cluster.people, may });
  if (review !== undefined) return review;
  const found = call.method === "GET" ? discovery(world.spec, path, call.headers["host"] ?? "") : undefined;
  if (found !== undefined) return found;
  if (target === undefined) return text(404, "404 page not found\n", { "x-content-type-options": "nosniff" });
  return resourceAnswer(target, cluster, call);
}

/** The Kubernetes API of a cluster, for whoever has one of the tokens. What is done to the ledger by hand shows here. */
export function kubernetesHandler(
  world: World,
  tokens: ReadonlySet<string>,
  ledger: Ledger = new Ledger(world),
  forbidden: ReadonlySet<string> = new Set(),
  people: People = new People(),
): Handler {
  return (call) => {
    const answer = route({ world, ledger, forbidden, people }, tokens, call);
    const headers = { "audit-id": randomUUID(), "cache-control": "no-cache, private", ...answer.headers };
    return { ...answer, headers };
  };
}
