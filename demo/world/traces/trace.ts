import type { ActiveAlert } from "../alerts/rule.ts";
import type { Influence } from "../incidents/effect.ts";
import type { FailureText, WorldPod } from "../inventory.ts";
import { runsAt } from "../presence.ts";
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

const FAILURES: Readonly<Record<string, FailureText>> = {
  checkout: ["PaymentError", "payment failed: upstream request timeout"],
  "payment-api": ["TimeoutError", "card network did not answer within 2000ms"],
  "llm-inference": ["torch.AcceleratorError", "CUDA error: an illegal memory access was encountered"],
  smf: ["PfcpError", "PFCP session establishment failed: no answer from peer"],
};
const PLACES = ["handler.serve", "middleware.trace", "server.dispatch"];

/** How a step fails, in its service's words if there are no others. */
export function failureOf(service: string, seed: number, text?: FailureText): Failure {
  const [type, message] = text ?? FAILURES[service] ?? ["UpstreamError", "connection reset by peer"];
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
  const candidates = (pods.get(service) ?? []).filter((pod) => runsAt(pod, t));
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
  /** What incidents add to it, in microseconds. */
  readonly influence: Influence;
  /** Nobody answered: it has no span. */
  readonly refused: boolean;
  /** How it fails, where an incident is why. */
  readonly told?: FailureText;
  failed: boolean;
  slowness: number;
}

/** How a caller tells that a call failed because of an incident: its own steps fail alike, others say what they were answered. */
function toldOf(pod: WorldPod, calls: readonly Acted[]): FailureText | undefined {
  const failed = calls.find(({ told }) => told !== undefined);
  if (failed?.told === undefined || failed.refused || failed.pod === pod) return failed?.told;
  return ["UpstreamError", `${failed.step.name}: ${failed.pod.workload} answered 500`];
}

/** Who does a step and what it has done, and how that goes; undefined where nobody is there to do it. */
function act(step: Step, stage: Stage, seed: number, caller?: Performance): Acted | undefined {
  const cast = step.remote === true ? stage.remote : stage.local;
  // What a service does for itself, the same pod does.
  const own = caller?.pod.workload === step.service;
  const done = own ? caller : perform(cast, step.service, stage.t, seed);
  if (done === undefined) return undefined;
  // What is done to a call, is done where it comes in.
  const influence = own ? {} : cast.world.incidents.influence(done.pod, stage.t, seed);
  const about = { step, cluster: cast.world.spec.name, pod: done.pod, seed, influence };
  if (influence.refused !== undefined) {
    return { ...about, calls: [], refused: true, told: influence.refused, failed: true, slowness: 1 };
  }
  // What is called from a remote step is done there as well.
  const within = step.remote === true ? { ...stage, local: stage.remote } : stage;
  const calls = step.calls.flatMap((call, i) => act(call, within, mix(seed, 100 + i), done) ?? []);
  const critical = done.trouble?.labels["severity"] === "critical";
  const failing = (critical && unit(seed, 4) < 0.6) || unit(seed, 5) < 0.003;
  if (failing) for (const call of calls) if (call.step.blamed === true) blame(call);
  const slowness = done.trouble === undefined ? 1 : 4 + 8 * unit(seed, 6);
  const told = influence.failure ?? toldOf(done.pod, calls);
  return {
    ...about,
    calls,
    refused: false,
    ...(told === undefined ? {} : { told }),
    // Who calls what fails, fails too.
    failed: failing || told !== undefined || calls.some((call) => call.failed),
    slowness: Math.max(slowness, ...calls.map((call) => call.slowness)),
  };
}

function blame(acted: Acted): void {
  acted.failed = true;
  for (const call of acted.calls) if (call.step.blamed === true) blame(call);
}

const hex32 = (word: number) => word.toString(16).padStart(8, "0");

/** What incidents add to the time of a step, beyond what its calls' way takes. */
const addedTo = ({ influence, calls }: Acted): number =>
  calls.reduce((sum, call) => sum + (call.influence.delay ?? 0) + addedTo(call), influence.work ?? 0);

/** `usual` is what it takes without incidents. */
function spansOf(acted: Acted, start: number, usual: number, parent: string | undefined): WorldSpan[] {
  const { step, seed, failed, cluster, pod, told } = acted;
  if (acted.refused) return [];
  const id = hex32(mix(seed, 7) || 1) + hex32(mix(seed, 8));
  const status = "http.route" in step.attributes ? { "http.response.status_code": failed ? 500 : 200 } : {};
  const duration = usual + addedTo(acted);
  let shift = acted.influence.work ?? 0;
  const children = acted.calls.flatMap((call) => {
    const { from, to } = call.step;
    shift += call.influence.delay ?? 0;
    const spans = spansOf(call, start + shift + Math.round(from * usual), Math.round((to - from) * usual), id);
    shift += addedTo(call);
    return spans;
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
    ...(failed ? { failure: failureOf(step.service, seed, told) } : {}),
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
