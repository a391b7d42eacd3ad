import { z } from "zod";
import { clusters, limit, namespace, search } from "../argument.input.ts";
import { listed, ofEach, sumOf } from "../cluster-list.mapper.ts";
import { askClusters } from "../cluster-page.loader.ts";
import { clusterIdsOf, TOOL_MS } from "../question.loader.ts";
import { spelled, tally } from "../row.filter.ts";
import { defineTool } from "../tool.contract.ts";

const NOT_READY = ["RUNNING", "FAILED", "UNKNOWN"];
const PHASES = ["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "UNKNOWN"] as const;
const text = z.string().nullable();

const PODS = `query ListPods(
  $filter: ClusterFilterInput, $page: Int!, $pageSize: Int!, $pods: PodFilterInput, $pending: PodFilterInput, $most: Int!,
  $withPending: Boolean!
) {
  clusters(filter: $filter, page: $page, pageSize: $pageSize) {
    total
    items {
      id name
      pods(filter: $pods, pageSize: $most) { ...Pods }
      pending: pods(filter: $pending, pageSize: $most) @include(if: $withPending) { ...Pods }
    }
  }
}
fragment Pods on PodPage {
  total asOf
  items {
    namespace name phase reason ready restarts nodeName createdAt owner { kind name }
    containers { name state reason lastTerminationReason }
  }
}`;
const Pod = z.object({
  namespace: z.string(),
  name: z.string(),
  phase: text,
  reason: text,
  ready: z.boolean().nullable(),
  restarts: z.number().nullable(),
  nodeName: text,
  createdAt: text,
  owner: z.object({ kind: z.string(), name: z.string() }).nullable(),
  containers: z
    .array(z.object({ name: z.string(), state: text, reason: text, lastTerminationReason: text }))
    .nullable(),
});
const PodPage = z.object({ total: z.number(), asOf: z.string(), items: z.array(Pod) });
const ClusterPods = z.object({
  id: z.string(),
  name: z.string(),
  pods: PodPage.nullable(),
  pending: PodPage.nullish(),
});

export const listPods = defineTool({
  name: "list_pods",
  title: "List pods",
  description:
    "Pods with phase, readiness, restarts, node and why they do not run. To find what is broken use unhealthyOnly.",
  readOnly: true,
  timeoutMs: TOOL_MS,
  input: z.strictObject({
    clusters,
    namespace,
    phase: z.enum(PHASES).optional(),
    search: search("the pod's name"),
    unhealthyOnly: z.boolean().default(false).describe("Only pods that should run and are not ready."),
    limit: limit(50),
  }),
  run: async ({ clusters: named, namespace: ns, phase, search: nameContains, unhealthyOnly, limit: most }, kit) => {
    const ids = await clusterIdsOf(kit, named);
    const every = { ...(ns === undefined ? {} : { namespaces: [ns] }), nameContains };
    const phases = phase ? [phase] : unhealthyOnly ? NOT_READY : undefined;
    const withPending = unhealthyOnly && (phase === undefined || phase === "PENDING");
    const variables = {
      pods: { ...every, phases, ...(unhealthyOnly ? { ready: false } : {}) },
      // Whether a pod that has no node is ready, nobody says.
      pending: { ...every, phases: ["PENDING"] },
      withPending,
      most: ofEach(ids, most),
    };
    const question = { document: PODS, variables, filter: { ids } };
    const answered = await askClusters(kit, { ...question, item: ClusterPods });
    const pagesOf = ({ pods, pending }: z.output<typeof ClusterPods>) => [pods, pending].flatMap((page) => page ?? []);
    const rows = answered.clusters
      .flatMap(({ cluster }) => pagesOf(cluster).flatMap(({ items }) => items.map((pod) => podRow(cluster.name, pod))))
      .sort((a, b) => Number(a.ready) - Number(b.ready) || (b.restarts ?? 0) - (a.restarts ?? 0))
      .slice(0, most);
    const total = sumOf(answered.clusters, (cluster) => pagesOf(cluster).reduce((sum, page) => sum + page.total, 0));
    const phasesFound = tally(rows.map((row) => String(row["phase"])));
    const reasons = tally(rows.flatMap(({ why }) => (why === null ? [] : [String(why)])));
    return listed(kit, {
      ...question,
      noun: unhealthyOnly ? "unhealthy pod" : "pod",
      name: "pods",
      answered: answered.clusters,
      asOf: ({ pods }) => pods?.asOf ?? null,
      rows,
      total,
      words: [spelled(phasesFound), ...(Object.keys(reasons).length > 0 ? [spelled(reasons)] : [])],
      facts: { phases: phasesFound, reasons },
      columns: ["cluster", "namespace", "pod", "phase", "ready", "restarts", "why", "node"],
    });
  },
});

function podRow(cluster: string, { name, containers, nodeName, owner, createdAt, ...pod }: z.output<typeof Pod>) {
  const waiting = containers?.find(
    ({ state, reason }) => state !== "RUNNING" && reason !== null && reason !== "Completed",
  );
  const before = containers?.find(({ lastTerminationReason }) => lastTerminationReason !== null);
  return {
    cluster,
    namespace: pod.namespace,
    pod: name,
    phase: pod.phase,
    ready: pod.ready,
    restarts: pod.restarts,
    why: waiting?.reason ?? pod.reason,
    lastTermination: before?.lastTerminationReason ?? null,
    owner: owner && `${owner.kind}/${owner.name}`,
    node: nodeName,
    createdAt,
  };
}
