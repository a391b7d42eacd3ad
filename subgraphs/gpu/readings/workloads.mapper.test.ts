import { expect, it } from "vitest";
import { holderOf, workloadsOf } from "./workloads.mapper.ts";
import { ownersQuery } from "./workloads.plan.ts";

const series = (metric: Record<string, string>) => ({ metric, values: [[0, "1"]] as [number, string][] });
const owned = (pod: string, kind: string, owner: string, more: Record<string, string> = {}) =>
  series({ namespace: "ai", pod, owner_kind: kind, owner_name: owner, owner_is_controller: "true", ...more });
const set = (replicaset: string, name: string) =>
  series({ namespace: "ai", replicaset, owner_kind: "Deployment", owner_name: name, owner_is_controller: "true" });

const workloads = workloadsOf([
  owned("serve-7f9c4d8b6-x2x4z", "ReplicaSet", "serve-7f9c4d8b6"),
  set("serve-7f9c4d8b6", "serve"),
  owned("orphan-5d8f-abcde", "ReplicaSet", "orphan-5d8f"),
  owned("train-0", "StatefulSet", "train"),
  owned("tune-x7k2p", "Job", "tune"),
  owned("bare", "<none>", "<none>"),
  owned("train-0", "Backup", "not-its-controller", { owner_is_controller: "false" }),
  // Without honorLabels, the scrape target's own labels stand in front.
  series({
    namespace: "monitoring",
    pod: "kube-state-metrics-0",
    exported_namespace: "lab",
    exported_pod: "notebook-0",
    owner_kind: "StatefulSet",
    owner_name: "notebook",
  }),
]);
const of = (namespace: string, name: string) => workloads.get(`${namespace}/${name}`);

it("is what owns a pod, and of a replica set its deployment where that is told", () => {
  expect(of("ai", "serve-7f9c4d8b6-x2x4z")).toEqual({ kind: "Deployment", name: "serve" });
  expect(of("ai", "orphan-5d8f-abcde")).toEqual({ kind: "ReplicaSet", name: "orphan-5d8f" });
  expect(of("ai", "train-0")).toEqual({ kind: "StatefulSet", name: "train" });
  expect(of("ai", "tune-x7k2p")).toEqual({ kind: "Job", name: "tune" });
  expect(of("ai", "bare")).toEqual({ kind: "Pod", name: "bare" });
  expect(of("lab", "notebook-0")).toEqual({ kind: "StatefulSet", name: "notebook" });
});

it("has what its pods have together; what several share, or nobody tells, is nobody's, with the reason", () => {
  const holder = (pods: string[], gap: string | null = null) =>
    holderOf(
      pods.map((name) => ({ namespace: "ai", name })),
      { workloads, gap },
    );
  expect(holder(["train-0"])).toEqual({ namespace: "ai", kind: "StatefulSet", name: "train", reason: null });
  expect(holder(["train-0", "bare"])).toMatchObject({
    namespace: "ai",
    name: null,
    reason: expect.stringMatching(/share/),
  });
  expect(holder(["gone-0"])).toMatchObject({
    namespace: "ai",
    kind: null,
    name: null,
    reason: expect.stringMatching(/does not tell/),
  });
  expect(holder(["gone-0"], "Prometheus: down.")).toMatchObject({ name: null, reason: "Prometheus: down." });
  expect(holder([])).toMatchObject({
    namespace: null,
    name: null,
    reason: expect.stringMatching(/reserved for no pod/),
  });
});

it("is asked for by name, over a time, and of many pods by their namespaces", () => {
  const pods = [
    { namespace: "ai", name: "a.b" },
    { namespace: "ai", name: "c" },
  ];
  expect(ownersQuery(pods, 0)).toBe(
    [
      `kube_pod_owner{namespace=~"ai",pod=~"a\\\\.b|c"}`,
      `kube_replicaset_owner{namespace=~"ai",owner_kind="Deployment"}`,
      `kube_pod_owner{exported_namespace=~"ai",exported_pod=~"a\\\\.b|c"}`,
      `kube_replicaset_owner{exported_namespace=~"ai",owner_kind="Deployment"}`,
    ].join(" or "),
  );
  expect(ownersQuery(pods, 60)).toContain(
    `max_over_time(kube_replicaset_owner{namespace=~"ai",owner_kind="Deployment"}[60s])`,
  );
  const many = Array.from({ length: 301 }, (_, index) => ({ namespace: "ai", name: `p-${index}` }));
  expect(ownersQuery(many, 0)).toContain(`kube_pod_owner{namespace=~"ai"}`);
});
