import type { WorldPod } from "../inventory.ts";
import { startedAt } from "../lifecycle.ts";
import { answersAt, fateAt, RUN_SECONDS, runsAt, stateSince } from "../presence.ts";
import { hashText, mix, unit } from "../random.ts";
import { failureOf, type WorldTrace } from "../traces/trace.ts";
import type { World } from "../world.ts";
import { type Saying, type Voice, voiceOf } from "./chatter.ts";
import { type Entry, type LogLine, lineOf } from "./line.ts";

/** In trouble, a container complains every so many seconds. */
const COMPLAINT = 12;
const SLOW = 1_000_000;

function filled(text: string, seed: number): string {
  let hole = 0;
  return text.replaceAll("#", () => String(mix(seed, 20 + hole++) % 900));
}

function said({ level, message, fields = {} }: Saying, at: number, seed: number): Entry {
  const values = Object.fromEntries(
    Object.entries(fields).map(([name, value], i) => {
      const text = filled(value, mix(seed, i));
      return [name, value === "#" ? Number(text) : text];
    }),
  );
  return { at, seed, level, message: filled(message, seed), fields: values };
}

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** One entry in every slot of so many seconds, somewhere in it. */
function slots(
  seed: number,
  every: number,
  { from, to }: Stretch,
  entry: (at: number, seed: number) => Entry[],
): Entry[] {
  const entries: Entry[] = [];
  for (let index = Math.floor(from / every); index * every < to; index++) {
    const own = mix(seed, index);
    const at = Math.floor((index + 0.98 * unit(own, 1)) * every * 1e6);
    if (at >= from * 1e6 && at < to * 1e6) entries.push(...entry(at, own));
  }
  return entries;
}

function chatter(pod: WorldPod, { every, sayings }: Voice, seed: number, stretch: Stretch): Entry[] {
  return slots(seed, every, stretch, (at, own) => {
    const saying = sayings[mix(own, 2) % sayings.length];
    // A crashing container is not there most of the time.
    const t = at / 1e6;
    const silent = fateAt(pod, t) === "crashing" && t - stateSince(pod, t) > RUN_SECONDS;
    return saying === undefined || silent ? [] : [said(saying, at, own)];
  });
}

/** What a pod in trouble complains of while it is. */
function complaints(world: World, pod: WorldPod, seed: number, stretch: Stretch): Entry[] {
  return slots(seed, COMPLAINT, stretch, (at, own) => {
    const alert = world.alerts.about(pod, at / 1e6);
    if (alert === undefined) return [];
    if (alert.labels["severity"] !== "critical") {
      return [{ at, seed: own, level: "warn", message: "running degraded", fields: { reason: alert.rule.name } }];
    }
    const { message, stack } = failureOf(pod.workload, own);
    return [{ at, seed: own, level: "error", message, fields: { attempt: 1 + (own % 4) }, stack }];
  });
}

/** How a crashing container begins and ends. */
function crashes(pod: WorldPod, { from, to }: Stretch): Entry[] {
  const { life, illness, within } = pod;
  const entries: Entry[] = [];
  const ill = illness === "crashing" ? life.ill : undefined;
  const every = ill?.every ?? life.restartEvery;
  const first = ill?.from ?? startedAt(life, Math.max(from - RUN_SECONDS, within?.from ?? 0));
  for (let started = first; started < Math.min(to, ill?.to ?? to); started += every) {
    const seed = mix(pod.seed, started);
    const { message, stack } = failureOf(pod.workload, seed, pod.failure);
    entries.push(
      { at: started * 1e6, seed, level: "info", message: "starting", fields: { version: "2.4.1" } },
      { at: (started + RUN_SECONDS) * 1e6, seed, level: "error", message: `fatal: ${message}`, stack },
    );
  }
  return entries.filter(({ at }) => at >= from * 1e6 && at < to * 1e6);
}

/** What services write of the requests that they answer. */
function requests(pod: WorldPod, traces: readonly WorldTrace[]): Entry[] {
  return traces.flatMap((trace) =>
    trace.spans.flatMap((span): Entry[] => {
      const path = span.attributes["url.path"];
      if (span.pod !== pod || path === undefined) return [];
      const at = span.start + span.duration;
      const about = { seed: mix(hashText(span.id), 1), span: { trace: trace.id, id: span.id } };
      const served: Entry = {
        ...about,
        at,
        level: span.failure !== undefined ? "error" : span.duration > SLOW ? "warn" : "info",
        message: span.failure === undefined ? "request served" : "request failed",
        fields: {
          method: String(span.attributes["http.request.method"]),
          path: String(path),
          status: Number(span.attributes["http.response.status_code"]),
          duration_ms: Math.round(span.duration / 1000),
        },
      };
      if (span.failure === undefined) return [served];
      const { type, message, stack } = span.failure;
      return [{ ...about, at: at - 200, level: "error", message, fields: { error: type }, stack }, served];
    }),
  );
}

/** The lines of a pod's container between two unix seconds, given the requests that begin then. */
export function containerLines(
  world: World,
  pod: WorldPod,
  container: string,
  stretch: Stretch,
  traces: readonly WorldTrace[],
): LogLine[] {
  const voice = voiceOf(container);
  const seed = hashText(`log/${container}`, pod.seed);
  const entries = chatter(pod, voice, seed, stretch);
  if (container === pod.containers[0]?.name) {
    entries.push(...complaints(world, pod, seed + 1, stretch), ...requests(pod, traces));
    if (pod.fate === "crashing" || pod.illness === "crashing") entries.push(...crashes(pod, stretch));
    const caused = world.incidents.effects.flatMap(({ lines }) => lines?.(pod, stretch) ?? []);
    entries.push(...caused.filter(({ at }) => answersAt(pod, at / 1e6)));
  }
  const written = entries.filter(({ at }) => runsAt(pod, at / 1e6));
  return written.map((entry) => lineOf(voice.style, entry));
}
