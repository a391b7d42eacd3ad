import type { ActiveAlert } from "../alerts/rule.ts";
import type { WorldPod } from "../inventory.ts";
import { mix, unit } from "../random.ts";
import type { World } from "../world.ts";
import type { AttributeValue, Flow, SpanKind, Step } from "./topology.ts";

export interface WorldSpan {
  /** Whose Tempo has it. */
  readonly cluster: string;
  readonly pod: WorldPod;
  readonly id: string;
  readonly parent?: string;
  readonly name: string;
  readonly kind: SpanKind;
  /** Microseconds. */
  readonly start: number;
  readonly duration: number;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** What went wrong, where something did. */
  readonly failure?: Failure;
}

export interface Failure {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
}

export interface WorldTrace {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** Microseconds. */
  readonly start: number;
  readonly spans: readonly WorldSpan[];
}

/** Which pods of a world may do a step, and how they are. */
export interface Cast {
  readonly world: World;
  readonly pods: ReadonlyMap<string, readonly WorldPod[]>;
}

const FAILURES: Readonly<Record<string, readonly [type: string, message: string]>> = {
  checkout: ["PaymentError", "payment failed: upstream request timeout"],
  "payment-api": ["TimeoutError", "card network did not answer within 2000ms"],
  "llm-inference": ["torch.AcceleratorError", "CUDA error: an illegal memory access was encountered"],
  smf: ["PfcpError", "PFCP session establishment failed: no answer from peer"],
};
const PLACES = ["handler.serve", "middleware.trace", "server.dispatch"];

/** How a step fails, in its service's words. */
export function failureOf(service: string, seed: number): Failure {
  const [type, message] = FAILURES[service] ?? ["UpstreamError", "connection reset by peer"];
  const frames = PLACES.map(
    (place, i) => `\tat ${service}.${place} (${service}/${place.split(".")[0]}.go:${40 + (mix(seed, i) % 400)})`,
  );
  return { type, message, stack: [`${type}: ${message}`, ...frames].join("\n") };
}

interface Performance {
  readonly pod: WorldPod;
  readonly trouble?: ActiveAlert;
}

/** A pod that does the step; one in trouble gets its share of the requests, and more. */
function perform({ world, pods }: Cast, service: string, t: number, seed: number): Performance | undefined {
  const candidates = pods.get(service) ?? [];
  const troubled = candidates.flatMap((pod) => {
    const trouble = world.alerts.about(pod, t);
    return trouble === undefined ? [] : [{ pod, trouble }];
  });
  const ill = troubled[mix(seed, 1) % (troubled.length || 1)];
  if (ill !== undefined && unit(seed, 2) < 0.5) return ill;
  const pod = candidates[mix(seed, 3) % (candidates.length || 1)];
  if (pod === undefined) return undefined;
  const trouble = troubled.find((one) => one.pod === pod)?.trouble;
  return trouble === undefined ? { pod } : { pod, trouble };
}

interface Stage {
  readonly t: number;
  readonly seed: number;
  readonly local: Cast;
  /** Where steps that may be remote are done. */
  readonly remote: Cast;
}

interface Acted {
  readonly step: Step;
  readonly cluster: string;
  readonly pod: WorldPod;
  readonly seed: number;
  readonly calls: readonly Acted[];
  failed: boolean;
  slowness: number;
}

/** Who does a step and what it has done, and how that goes; undefined where nobody is there to do it. */
function act(step: Step, stage: Stage, seed: number, caller?: Performance): Acted | undefined {
  const cast = step.remote === true ? stage.remote : stage.local;
  // What a service does for itself, the same pod does.
  const done = caller?.pod.workload === step.service ? caller : perform(cast, step.service, stage.t, seed);
  if (done === undefined) return undefined;
  // What is called from a remote step is done there as well.
  const within = step.remote === true ? { ...stage, local: stage.remote } : stage;
  const calls = step.calls.flatMap((call, i) => act(call, within, mix(seed, 100 + i), done) ?? []);
  const critical = done.trouble?.labels["severity"] === "critical";
  const failing = (critical && unit(seed, 4) < 0.6) || unit(seed, 5) < 0.003;
  if (failing) for (const call of calls) if (call.step.blamed === true) blame(call);
  const slowness = done.trouble === undefined ? 1 : 4 + 8 * unit(seed, 6);
  return {
    step,
    cluster: cast.world.spec.name,
    pod: done.pod,
    seed,
    calls,
    // Who calls what fails, fails too.
    failed: failing || calls.some((call) => call.failed),
    slowness: Math.max(slowness, ...calls.map((call) => call.slowness)),
  };
}

function blame(acted: Acted): void {
  acted.failed = true;
  for (const call of acted.calls) if (call.step.blamed === true) blame(call);
}

const hex32 = (word: number) => word.toString(16).padStart(8, "0");

function spansOf(acted: Acted, start: number, duration: number, parent: string | undefined): WorldSpan[] {
  const { step, seed, failed, cluster, pod } = acted;
  const id = hex32(mix(seed, 7) || 1) + hex32(mix(seed, 8));
  const status = "http.route" in step.attributes ? { "http.response.status_code": failed ? 500 : 200 } : {};
  const children = acted.calls.flatMap((call) => {
    const { from, to } = call.step;
    return spansOf(call, start + Math.round(from * duration), Math.round((to - from) * duration), id);
  });
  const span: WorldSpan = {
    cluster,
    pod,
    id,
    ...(parent === undefined ? {} : { parent }),
    name: step.name,
    kind: step.kind,
    start,
    duration,
    attributes: { ...step.attributes, ...status },
    ...(failed ? { failure: failureOf(step.service, seed) } : {}),
  };
  return [span, ...children];
}

/** The spans of a request of this kind that comes at `start` (microseconds). */
export function performFlow(flow: Flow, start: number, seed: number, local: Cast, remote: Cast): WorldSpan[] {
  const acted = act(flow.root, { t: start / 1e6, seed, local, remote }, seed);
  if (acted === undefined) return [];
  const usual = flow.mean * (0.4 + 1.8 * unit(seed, 9) ** 2);
  return spansOf(acted, start, Math.round(usual * acted.slowness * 1000), undefined);
}
