import type { UserAccess } from "../../../prisma/generated/enums.ts";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import { type Access, mayI } from "../../shared/upstreams/kubernetes/access-review.ts";

/** Something that the platform does with a cluster's credentials, in all namespaces. */
interface Use extends Omit<Access, "namespace"> {
  neededFor: string;
}

export interface ReviewedCluster extends Target {
  userAccess: UserAccess;
}

/** Whether they may; null where that could not be asked. */
export interface PermissionResult extends Use {
  allowed: boolean | null;
}

const USES: readonly Use[] = [
  { verb: "list", group: "", resource: "nodes", neededFor: "The cluster's nodes, and to detect GPUs and SR-IOV." },
  { verb: "list", group: "", resource: "pods", neededFor: "The cluster's pods, and to detect network functions." },
  { verb: "watch", group: "", resource: "pods", neededFor: "Keeping the pods current without listing them again." },
  { verb: "list", group: "", resource: "namespaces", neededFor: "The cluster's namespaces." },
  { verb: "list", group: "", resource: "events", neededFor: "The cluster's Kubernetes events." },
  { verb: "list", group: "", resource: "services", neededFor: "Proposing endpoints of Prometheus, Tempo and Loki." },
  { verb: "list", group: "networking.k8s.io", resource: "ingresses", neededFor: "Proposing endpoints by ingresses." },
  { verb: "list", group: "route.openshift.io", resource: "routes", neededFor: "Proposing endpoints by routes." },
  {
    verb: "list",
    group: "resource.k8s.io",
    resource: "resourceslices",
    neededFor: "Detecting GPUs that drivers offer by dynamic resource allocation.",
  },
  {
    verb: "list",
    group: "resource.k8s.io",
    resource: "resourceclaims",
    neededFor: "Which pods have the GPUs that are allocated so.",
  },
  {
    verb: "get",
    group: "config.openshift.io",
    resource: "clusterversions",
    neededFor: "The version of OpenShift.",
  },
];

/** Where the API server is asked in users' names. */
const IMPERSONATION: readonly Use[] = ["users", "groups"].map((resource) => ({
  verb: "impersonate",
  group: "",
  resource,
  neededFor: "Asking in the name of each user (userAccess: IMPERSONATE).",
}));

/** Half of them: together they take at most twice one's patience, and leave connections for what else is asked. */
const CONCURRENCY = 5;

interface Options {
  signal: AbortSignal;
  patienceMs: number;
  onInternalError: (error: unknown) => void;
}

/** What the stored credentials may do of what the platform does with them. Never rejects. */
export async function reviewPermissions(
  clients: FleetClients,
  cluster: ReviewedCluster,
  { patienceMs, ...options }: Options,
): Promise<PermissionResult[]> {
  const ask = async (use: Use, signal: AbortSignal): Promise<boolean> =>
    await mayI(await clients.kubernetes(cluster), use, { signal });
  const uses = cluster.userAccess === "IMPERSONATE" ? [...USES, ...IMPERSONATION] : USES;
  const answers = await fanOut(uses, ask, { ...options, patienceMs: () => patienceMs, concurrency: CONCURRENCY });
  return uses.map((use, i) => ({ ...use, allowed: answers[i]?.value ?? null }));
}
