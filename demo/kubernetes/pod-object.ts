import { ownerUid } from "../world/deployments.ts";
import { gpuRequest } from "../world/gpus.ts";
import { MIB, type WorldContainer, type WorldPod } from "../world/inventory.ts";
import { createdAt, restartsAt, startedAt } from "../world/lifecycle.ts";
import { podPhase } from "../world/metrics/kube-state.ts";
import { fateAt, RUN_SECONDS } from "../world/presence.ts";
import { hex } from "../world/random.ts";
import { type KubernetesObject, objectMetadata, timestamp } from "./metadata.ts";

const JOB_SECONDS = 1800;

function containerSpec(container: WorldContainer, pod: WorldPod): object {
  const memory = `${container.memoryLimit / MIB}Mi`;
  const gpu = Object.fromEntries(Object.entries(gpuRequest(pod)).map(([name, count]) => [name, String(count)]));
  return {
    name: container.name,
    image: container.image,
    resources: {
      limits: { memory, ...gpu },
      requests: {
        cpu: `${Math.round(container.cpuRequest * 1000)}m`,
        memory: `${container.memoryLimit / MIB / 2}Mi`,
        ...gpu,
      },
    },
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: "IfNotPresent",
  };
}

function terminated(reason: string, exitCode: number, started: number, finished: number): object {
  return { terminated: { exitCode, reason, startedAt: timestamp(started), finishedAt: timestamp(finished) } };
}

function states(
  pod: WorldPod,
  container: WorldContainer,
  now: number,
): { state: object; lastState: object; up: boolean } {
  // What is wrong with a pod is wrong with its first container.
  const first = container === pod.containers[0];
  const fate = first ? fateAt(pod, now) : "steady";
  const started = startedAt(pod.life, now);
  const created = createdAt(pod.life, now);
  if (fate === "succeeded" || fate === "failed") {
    const [reason, code] = fate === "succeeded" ? ["Completed", 0] : ["Error", 1];
    return {
      state: terminated(String(reason), Number(code), created, created + JOB_SECONDS),
      lastState: {},
      up: false,
    };
  }
  const before = Math.max(created, started - (pod.life.ill?.every ?? pod.life.restartEvery));
  if (fate === "crashing") {
    const message = `back-off 5m0s restarting failed container=${container.name} pod=${pod.name}_${pod.namespace}`;
    const lastState = restartsAt(pod.life, now) === 0 ? {} : terminated("Error", 137, before, before + RUN_SECONDS);
    return { state: { waiting: { reason: "CrashLoopBackOff", message } }, lastState, up: false };
  }
  const killed = fate === "leaking" && restartsAt(pod.life, now) > 0;
  const lastState = killed ? terminated("OOMKilled", 137, before, started) : {};
  return { state: { running: { startedAt: timestamp(started) } }, lastState, up: true };
}

function status(pod: WorldPod, now: number): object {
  const phase = podPhase(pod, now);
  const created = createdAt(pod.life, now);
  const lastTransitionTime = timestamp(Math.max(created, startedAt(pod.life, now)));
  const condition = (type: string, yes: boolean, more: object = {}) => ({
    type,
    status: yes ? "True" : "False",
    lastProbeTime: null,
    lastTransitionTime,
    ...more,
  });
  if (pod.node === undefined) {
    const why = { reason: "Unschedulable", message: "0/8 nodes are available: 8 Insufficient nvidia.com/gpu." };
    return { phase, conditions: [condition("PodScheduled", false, why)], qosClass: "Burstable" };
  }
  if (fateAt(pod, now) === "evicted") {
    const message = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 54228Ki. ";
    const why = { reason: "TerminationByKubelet", message };
    const conditions = [condition("DisruptionTarget", true, why), condition("Ready", false, { reason: "PodFailed" })];
    return { phase, reason: "Evicted", message, conditions, startTime: timestamp(created), qosClass: "Burstable" };
  }
  const containerStatuses = pod.containers.map((container) => {
    const { state, lastState, up } = states(pod, container, now);
    const imageID = `sha256:${hex(pod.seed, container.image, 64)}`;
    const restartCount = container === pod.containers[0] ? restartsAt(pod.life, now) : 0;
    return {
      name: container.name,
      state,
      lastState,
      ready: up,
      restartCount,
      image: container.image,
      imageID,
      started: up,
    };
  });
  const ready = containerStatuses.every((container) => container.ready);
  return {
    phase,
    conditions: [
      condition("PodScheduled", true),
      condition("Initialized", true),
      condition("ContainersReady", ready),
      condition("Ready", ready),
    ],
    hostIP: pod.node.ip,
    hostIPs: [{ ip: pod.node.ip }],
    podIP: pod.ip,
    podIPs: [{ ip: pod.ip }],
    startTime: timestamp(created),
    containerStatuses,
    qosClass: "Burstable",
  };
}

/** A pod of the cluster with this seed as the API server tells it, without kind and apiVersion. `now` in unix seconds. */
export function podObject(pod: WorldPod, now: number, seed: number): KubernetesObject {
  const owner = pod.kind === "Deployment" ? "ReplicaSet" : pod.kind;
  const ownerName = pod.kind === "Deployment" ? pod.name.slice(0, pod.name.lastIndexOf("-")) : pod.workload;
  const apiVersion = { Job: "batch/v1", Node: "v1" }[pod.kind as string] ?? "apps/v1";
  const uid = ownerUid(pod, ownerName, seed);
  return {
    metadata: {
      ...objectMetadata(pod.uid, pod.name, createdAt(pod.life, now), pod.labels),
      namespace: pod.namespace,
      generation: 1,
      ownerReferences: [{ apiVersion, kind: owner, name: ownerName, uid, controller: true }],
    },
    spec: {
      containers: pod.containers.map((container) => containerSpec(container, pod)),
      restartPolicy: pod.kind === "Job" ? "Never" : "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      ...(pod.node === undefined ? {} : { nodeName: pod.node.name }),
      securityContext: {},
      schedulerName: "default-scheduler",
      tolerations: [{ operator: "Exists" }],
      priority: 0,
      ...(pod.workload === "nvidia-driver-daemonset" ? { hostPID: true } : {}),
      enableServiceLinks: true,
      preemptionPolicy: "PreemptLowerPriority",
    },
    status: status(pod, now),
  };
}
