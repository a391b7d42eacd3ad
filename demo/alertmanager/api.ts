import type { Matcher } from "../../promql/ast.ts";
import { matcher } from "../../promql/matchers.ts";
import { type Answer, type Handler, json, text, type UpstreamCall } from "../server/answer.ts";
import type { World } from "../world/world.ts";
import { type ReceivedAlert, receivedAlerts, suppressed } from "./alerts.ts";
import { answer, empty, Invalid, Refused } from "./answers.ts";
import { RECEIVERS, status } from "./configuration.ts";
import { grouped } from "./groups.ts";
import { filters, satisfies } from "./matchers.ts";
import { type Silence, Silences, stateOf } from "./silences.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TRUTHS = new Set(["true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"]);
const GONE =
  "The Alertmanager v1 API was deprecated in version 0.16.0 and is removed as of version 0.27.0 - please use the equivalent route in the v2 API";

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
/** Anything but a word for true is false. */
const flag = (params: URLSearchParams, name: string) => TRUTHS.has((params.get(name) ?? "true").toLowerCase());

function gettableAlert(alert: ReceivedAlert): unknown {
  const { labels, annotations, generatorURL, silencedBy, inhibitedBy } = alert;
  return {
    annotations,
    endsAt: iso(alert.endsAt),
    fingerprint: alert.fingerprint,
    receivers: [{ name: alert.receiver }],
    startsAt: iso(alert.startsAt),
    status: { inhibitedBy, mutedBy: [], silencedBy, state: suppressed(alert) ? "suppressed" : "active" },
    updatedAt: iso(alert.updatedAt),
    generatorURL,
    labels,
  };
}

function gettableSilence(silence: Silence, now: number): unknown {
  const { id, comment, createdBy, matchers } = silence;
  return {
    id,
    status: { state: stateOf(silence, now) },
    updatedAt: iso(silence.updatedAt),
    comment,
    createdBy,
    endsAt: iso(silence.endsAt),
    matchers,
    startsAt: iso(silence.startsAt),
  };
}

function receiverParam(params: URLSearchParams): Matcher | undefined {
  const pattern = params.get("receiver") ?? "";
  if (pattern === "") return undefined;
  const wanted = matcher("receiver", "=~", pattern);
  try {
    wanted.matches("");
    return wanted;
  } catch {
    throw new Refused(400, `failed to parse receiver param: error parsing regexp: ${pattern}`);
  }
}

/** The alerts that a request's parameters ask for. */
function wanted(alerts: readonly ReceivedAlert[], { params }: UpstreamCall): ReceivedAlert[] {
  const matchers = filters(params);
  const receiver = receiverParam(params);
  const [active, silenced, inhibited] = [flag(params, "active"), flag(params, "silenced"), flag(params, "inhibited")];
  return alerts.filter((alert) => {
    if (!active && !suppressed(alert)) return false;
    if (!silenced && alert.silencedBy.length > 0) return false;
    if (!inhibited && alert.inhibitedBy.length > 0) return false;
    return receiver?.matches(alert.receiver) !== false && satisfies(alert.labels, matchers);
  });
}

function postSilence(silences: Silences, { headers, body, now }: UpstreamCall): Answer {
  const type = headers["content-type"] ?? "";
  if (!type.startsWith("application/json")) {
    throw new Invalid(415, 415, `unsupported media type "${type}", only [application/json] are allowed`);
  }
  return answer(200, { silenceID: silences.set(body, now) });
}

function oneSilence(silences: Silences, id: string, { method, now }: UpstreamCall): Answer {
  if (!UUID.test(id)) throw new Invalid(422, 601, `silenceID in path must be of type uuid: ${JSON.stringify(id)}`);
  if (method === "DELETE") return empty(silences.expire(id, now) ? 200 : 404);
  const silence = silences.get(id);
  return silence === undefined ? empty(404) : answer(200, gettableSilence(silence, now));
}

function listSilences(silences: Silences, { params, now }: UpstreamCall): Answer {
  const matchers = filters(params);
  const found = silences
    .list(now)
    .filter((silence) =>
      matchers.every(({ name, matches }) => silence.matchers.some((one) => one.name === name && matches(one.value))),
    );
  return answer(
    200,
    found.map((silence) => gettableSilence(silence, now)),
  );
}

type Routes = Readonly<Record<string, () => Answer>>;

function routes(world: World, silences: Silences, call: UpstreamCall): Routes | undefined {
  const name = call.path.slice("/api/v2/".length);
  const id = /^silence\/([^/]+)$/.exec(name)?.[1];
  if (id !== undefined) {
    const one = () => oneSilence(silences, decodeURIComponent(id), call);
    return { DELETE: one, GET: one };
  }
  const alerts = () => wanted(receivedAlerts(world, silences, call.now), call);
  const known: Readonly<Record<string, Routes>> = {
    status: { GET: () => answer(200, status(world, call.now)) },
    receivers: {
      GET: () =>
        answer(
          200,
          RECEIVERS.map((receiver) => ({ labels: { name: receiver }, name: receiver })),
        ),
    },
    alerts: { GET: () => answer(200, alerts().map(gettableAlert)) },
    "alerts/groups": {
      GET: () =>
        answer(
          200,
          grouped(alerts()).map((group) => ({
            alerts: group.alerts.map(gettableAlert),
            labels: group.labels,
            receiver: { name: group.receiver },
          })),
        ),
    },
    silences: { GET: () => listSilences(silences, call), POST: () => postSilence(silences, call) },
  };
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

function api(world: World, silences: Silences, call: UpstreamCall): Answer {
  const { method, path } = call;
  const methods = routes(world, silences, call);
  if (methods === undefined) return answer(404, { code: 404, message: `path ${path} was not found` });
  const allowed = Object.keys(methods).join(",");
  const act = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (act === undefined) {
    const refused = answer(405, { code: 405, message: `method ${method} is not allowed, but [${allowed}] are` });
    return { ...refused, headers: { ...refused.headers, allow: allowed } };
  }
  try {
    return act();
  } catch (error) {
    if (error instanceof Refused) return answer(error.status, error.message);
    if (error instanceof Invalid) return answer(error.status, { code: error.code, message: error.message });
    throw error;
  }
}

/** The Alertmanager of a cluster. */
export function alertmanagerHandler(world: World, silences: Silences = new Silences()): Handler {
  return (call) => {
    if (call.path.startsWith("/api/v2/")) return api(world, silences, call);
    if (call.path.startsWith("/api/v1/")) return json(410, { status: "deprecated", error: GONE });
    if (["/-/ready", "/-/healthy"].includes(call.path)) return text(200, "OK");
    return text(404, "404 page not found\n", { "x-content-type-options": "nosniff" });
  };
}
