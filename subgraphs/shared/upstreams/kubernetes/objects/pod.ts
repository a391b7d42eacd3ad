import { z } from "zod";
import { count, flag, listOf, metadata, text, time } from "./metadata.ts";
import { readiness } from "./node.ts";

const Waiting = z.object({ reason: text });
const Running = z.object({ startedAt: time });
const Terminated = z.object({ reason: text, exitCode: count, startedAt: time });
const State = z.object({ waiting: Waiting.nullish(), running: Running.nullish(), terminated: Terminated.nullish() });
const ContainerStatus = z.object({
  name: z.string(),
  ready: flag,
  restartCount: count,
  state: State.nullish(),
  lastState: State.nullish(),
});
type ContainerStatus = z.output<typeof ContainerStatus>;
const Condition = z.object({ type: z.string(), status: z.string(), reason: text });
const Status = z.object({
  phase: text,
  reason: text,
  podIP: text,
  hostIP: text,
  startTime: time,
  qosClass: text,
  conditions: listOf(Condition),
  initContainerStatuses: listOf(ContainerStatus),
  containerStatuses: listOf(ContainerStatus),
});
type Status = z.output<typeof Status>;
const Owner = z.object({ kind: z.string(), name: z.string(), uid: text, controller: flag });

/** A pod. What no kubelet has reported yet is null. */
export const PodObject = z
  .object({
    metadata: z.object({ ...metadata, deletionTimestamp: text, ownerReferences: listOf(Owner) }),
    spec: z.object({ nodeName: text, containers: listOf(z.object({ name: z.string(), image: text })) }).nullish(),
    status: Status.nullish(),
  })
  .transform(({ metadata: { creationTimestamp, deletionTimestamp, ownerReferences, ...identity }, spec, status }) => ({
    ...identity,
    createdAt: creationTimestamp,
    owner: ownerReferences.find(({ controller }) => controller) ?? ownerReferences[0] ?? null,
    nodeName: spec?.nodeName ?? null,
    phase: status?.phase ?? null,
    reason: deletionTimestamp ? "Terminating" : status ? reasonOf(status) : null,
    ready: readiness(status?.conditions ?? []),
    restarts: status?.containerStatuses.length
      ? status.containerStatuses.reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0)
      : null,
    containers: (spec?.containers ?? []).map(({ name, image }) => ({
      name,
      image,
      ...container(status?.containerStatuses.find((reported) => reported.name === name)),
    })),
    podIp: status?.podIP ?? null,
    hostIp: status?.hostIP ?? null,
    qosClass: status?.qosClass ?? null,
    startedAt: status?.startTime ?? null,
  }));
export type PodObject = z.output<typeof PodObject>;

function container(reported: ContainerStatus | undefined) {
  const { waiting, running, terminated } = reported?.state ?? {};
  return {
    ready: reported?.ready ?? null,
    restarts: reported?.restartCount ?? null,
    state: waiting
      ? ("WAITING" as const)
      : running
        ? ("RUNNING" as const)
        : terminated
          ? ("TERMINATED" as const)
          : null,
    reason: waiting?.reason ?? terminated?.reason ?? null,
    exitCode: terminated?.exitCode ?? null,
    startedAt: running?.startedAt ?? terminated?.startedAt ?? null,
    lastTerminationReason: reported?.lastState?.terminated?.reason ?? null,
  };
}

/** Why the pod is as it is, as kubectl's STATUS column has it: the most telling of what its parts say. Null where all is well. */
function reasonOf({ phase, reason, conditions, initContainerStatuses, containerStatuses }: Status): string | null {
  if (reason) return reason;
  const blocked = initContainerStatuses.find(({ state }) => {
    const failed = state?.terminated && state.terminated.exitCode !== 0;
    return failed || (state?.waiting?.reason && state.waiting.reason !== "PodInitializing");
  });
  const waiting = containerStatuses.find(({ state }) => state?.waiting?.reason);
  const failed = containerStatuses.find(({ state }) => state?.terminated && state.terminated.exitCode !== 0);
  const ended = phase === "Running" ? undefined : containerStatuses.find(({ state }) => state?.terminated);
  for (const told of [blocked, waiting, failed, ended]) {
    const why = told?.state?.waiting?.reason ?? told?.state?.terminated?.reason;
    if (why) return why;
  }
  return conditions.find(({ type, status }) => type === "PodScheduled" && status === "False")?.reason ?? null;
}
