import { describe, expect, it } from "vitest";
import { z } from "zod";
import { recording } from "../../../../../test/support/recordings.ts";
import { EventObject } from "./event.ts";
import { NamespaceObject } from "./namespace.ts";
import { NodeObject } from "./node.ts";
import { PodObject } from "./pod.ts";

const answer = (name: string): unknown => recording("kubernetes-1.36", name).answer;
const items = <T extends z.ZodType>(name: string, item: T): z.output<T>[] =>
  z.object({ items: z.array(item) }).parse(answer(name)).items;
/** A pod with this status, for what no recording shows. */
const podWith = (status: object, metadata: object = {}) =>
  PodObject.parse({ metadata: { name: "p", namespace: "n", ...metadata }, spec: { containers: [] }, status });
const state = (name: string, state: object) => ({ name, state });

describe("objects as kube-apiserver 1.36 tells them", () => {
  it("nodes", () => {
    const nodes = items("nodes-list", NodeObject);
    expect(nodes.length).toBeGreaterThan(0);
    expect(nodes[0]).toMatchObject({
      namespace: null,
      name: "alpha-cp-0",
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: expect.stringMatching(/^\d+$/),
      roles: expect.arrayContaining(["control-plane"]),
      ready: true,
      unschedulable: false,
      capacity: { cpu: "32", memory: "125Gi" },
      allocatable: { cpu: "31500m" },
      taints: expect.arrayContaining([{ key: "node-role.kubernetes.io/master", value: null, effect: "NoSchedule" }]),
      createdAt: expect.any(Date),
      kubeletVersion: expect.stringMatching(/^v1\./),
    });
    expect(nodes[0]?.conditions).toContainEqual(
      expect.objectContaining({ type: "Ready", status: "True", since: new Date("2026-11-21T21:48:09Z") }),
    );
  });

  it("a namespace", () => {
    expect(items("namespaces-list", NamespaceObject)[0]).toMatchObject({
      namespace: null,
      phase: "Active",
      labels: {},
    });
  });

  it("a pod that ended, one that failed and one that runs", () => {
    const [ended, failed, running] = items("pods-list-page-1", PodObject);
    expect(ended).toMatchObject({
      namespace: "ai-serving",
      name: "eval-done",
      phase: "Succeeded",
      reason: "Completed",
    });
    expect(ended?.containers[0]).toMatchObject({ state: "TERMINATED", reason: "Completed", exitCode: 0, restarts: 0 });
    expect(failed).toMatchObject({ phase: "Failed", reason: "Error" });
    expect(running).toMatchObject({ phase: "Running", reason: null, ready: true, restarts: 0, owner: null });
    expect(running?.containers[0]).toMatchObject({ state: "RUNNING", reason: null, startedAt: expect.any(Date) });
  });

  it("a pod that crashes and one that is not placed", () => {
    const crashing = PodObject.parse(answer("pod-crashloop"));
    expect(crashing).toMatchObject({ phase: "Running", reason: "CrashLoopBackOff", ready: false });
    expect(crashing.restarts).toBeGreaterThan(0);
    expect(crashing.containers[0]).toMatchObject({ state: "WAITING", lastTerminationReason: expect.any(String) });
    expect(PodObject.parse(answer("pod-pending"))).toMatchObject({
      phase: "Pending",
      reason: "Unschedulable",
      ready: null,
      restarts: null,
      nodeName: null,
      startedAt: null,
      containers: [{ state: null, restarts: null, ready: null }],
    });
  });

  it.each<[string, object, string | null]>([
    ["evicted", { phase: "Failed", reason: "Evicted" }, "Evicted"],
    [
      "held up by its init container",
      {
        phase: "Pending",
        initContainerStatuses: [state("init", { waiting: { reason: "ImagePullBackOff" } })],
        containerStatuses: [state("main", { waiting: { reason: "PodInitializing" } })],
      },
      "ImagePullBackOff",
    ],
    [
      "whose init container still works",
      {
        phase: "Pending",
        initContainerStatuses: [state("init", { running: {} })],
        containerStatuses: [state("main", { waiting: { reason: "PodInitializing" } })],
      },
      "PodInitializing",
    ],
    [
      "of which one container has done its work",
      {
        phase: "Running",
        containerStatuses: [
          state("a", { terminated: { exitCode: 0, reason: "Completed" } }),
          state("b", { running: {} }),
        ],
      },
      null,
    ],
    [
      "of which one container was killed",
      { phase: "Running", containerStatuses: [state("a", { terminated: { exitCode: 137, reason: "OOMKilled" } })] },
      "OOMKilled",
    ],
    ["that says nothing", {}, null],
  ])("a pod %s", (_, status, reason) => expect(podWith(status).reason).toBe(reason));

  it("a pod that is being deleted, and owners", () => {
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    expect(podWith({ phase: "Running" }, { deletionTimestamp }).reason).toBe("Terminating");
    const ownerReferences = [
      { kind: "Note", name: "a" },
      { kind: "Job", name: "b", controller: true },
    ];
    expect(podWith({}, { ownerReferences }).owner).toEqual({ kind: "Job", name: "b", controller: true, uid: null });
    expect(podWith({}, { ownerReferences: ownerReferences.slice(0, 1) }).owner).toMatchObject({ kind: "Note" });
  });

  it("events of old and new reporters", () => {
    const events = items("events-core-list", EventObject);
    expect(events[0]).toEqual({
      name: "llm-inference-0.3seed",
      namespace: "ai-serving",
      uid: expect.any(String),
      resourceVersion: "356",
      involved: { kind: "Pod", namespace: "ai-serving", name: "llm-inference-0", uid: null, fieldPath: null },
      type: "Normal",
      reason: "Scheduled",
      message: "Successfully assigned ai-serving/llm-inference-0 to alpha-gpu-0",
      count: 1,
      firstSeenAt: new Date("2026-11-22T20:48:11Z"),
      lastSeenAt: new Date("2026-11-22T21:45:11Z"),
      component: "kubelet",
      host: "alpha-worker-0",
    });
    for (const { lastSeenAt, count } of events) expect([lastSeenAt, count]).not.toContain(null);
    const newer = {
      metadata: { name: "e", namespace: "n", creationTimestamp: "2026-01-01T00:00:00Z" },
      involvedObject: { kind: "Pod" },
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: "2026-01-01T00:00:01.500000Z",
      reportingComponent: "scheduler",
    };
    const at = new Date("2026-01-01T00:00:01.500Z");
    expect(EventObject.parse(newer)).toMatchObject({
      count: 1,
      firstSeenAt: at,
      lastSeenAt: at,
      component: "scheduler",
    });
    const series = { count: 7, lastObservedTime: "2026-01-01T00:05:00.000000Z" };
    expect(EventObject.parse({ ...newer, series })).toMatchObject({
      count: 7,
      lastSeenAt: new Date("2026-01-01T00:05:00Z"),
    });
  });
});
