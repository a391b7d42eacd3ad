import { between, hashText, pick } from "./world/random.ts";

export type ClusterType = "HUB" | "SPOKE" | "EDGE" | "FAR_EDGE";
export type Platform = "OPENSHIFT" | "KUBERNETES" | "MICROSHIFT";
export type Environment = "PRODUCTION" | "STAGING" | "DEVELOPMENT" | "LAB";
export type GpuModel = "NVIDIA A100-SXM4-80GB" | "NVIDIA H100 80GB HBM3" | "NVIDIA L40S";

/** How a node's GPUs are given to pods: as wholes, in parts of their hardware, or to several in turns. */
export type GpuMode = "WHOLE" | "MIG" | "TIME_SLICED";

/** What a simulated cluster is, before anything listens for it. */
export interface ClusterSpec {
  readonly name: string;
  readonly displayName: string;
  readonly clusterType: ClusterType;
  readonly platform: Platform;
  readonly platformVersion: string;
  /** What its API server says at /version, without the "v". */
  readonly kubernetesVersion: string;
  readonly region: string;
  readonly environment: Environment;
  readonly labels: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly controlPlanes: number;
  readonly workers: number;
  readonly gpu?: {
    readonly nodes: number;
    readonly perNode: number;
    readonly model: GpuModel;
    /** Offered by dynamic resource allocation, and not as an extended resource. */
    readonly dra?: true;
    /** How the second node's GPUs are given to pods, if not as wholes. */
    readonly second?: Exclude<GpuMode, "WHOLE">;
  };
  /** What answers Prometheus' API is a Thanos querier. */
  readonly thanos?: true;
  /** Runs Istio. */
  readonly mesh: boolean;
  /** One pod of its checkout fails all day, and one node is short of memory. */
  readonly troubled?: true;
  /** Runs network functions (DU, CU, UPF, AMF, SMF). */
  readonly cnf: boolean;
  /** Its Loki keeps the logs of several tenants apart, and has the cluster's under this name. */
  readonly lokiTenant?: string;
  /** The version whose Tempo it has; small sites may have none. */
  readonly tempo?: "2.10" | "3.0";
}

type Draft = Omit<ClusterSpec, "seed" | "labels" | "platformVersion" | "kubernetesVersion" | "tempo"> & {
  readonly labels: Readonly<Record<string, string>>;
  readonly minor: number;
};

const OPENSHIFT_TO_KUBERNETES = 13; // OpenShift 4.18 is Kubernetes 1.31

/** The story a visitor meets first: a hub, two production regions (one with GPUs), an edge site and a GPU lab. */
const STORY: readonly Draft[] = [
  {
    name: "hub-eu-1",
    displayName: "Hub Europe 1",
    clusterType: "HUB",
    platform: "OPENSHIFT",
    minor: 18,
    region: "eu-central-1",
    environment: "PRODUCTION",
    labels: { team: "platform", tier: "hub" },
    controlPlanes: 3,
    workers: 3,
    thanos: true,
    troubled: true,
    mesh: true,
    cnf: false,
  },
  {
    name: "prod-east-1",
    displayName: "Production East 1",
    clusterType: "SPOKE",
    platform: "OPENSHIFT",
    minor: 18,
    region: "us-east-1",
    environment: "PRODUCTION",
    labels: { team: "shop", tier: "gold" },
    controlPlanes: 3,
    workers: 4,
    troubled: true,
    mesh: true,
    cnf: false,
  },
  {
    name: "prod-west-1",
    displayName: "Production West 1",
    clusterType: "SPOKE",
    platform: "KUBERNETES",
    minor: 33,
    region: "us-west-2",
    environment: "PRODUCTION",
    labels: { team: "shop", tier: "gold" },
    lokiTenant: "shop",
    controlPlanes: 3,
    workers: 3,
    gpu: { nodes: 2, perNode: 4, model: "NVIDIA A100-SXM4-80GB", second: "TIME_SLICED" },
    mesh: false,
    cnf: false,
  },
  {
    name: "edge-berlin-1",
    displayName: "Edge Berlin 1",
    clusterType: "EDGE",
    platform: "MICROSHIFT",
    minor: 18,
    region: "eu-berlin",
    environment: "PRODUCTION",
    labels: { team: "network", tier: "edge" },
    controlPlanes: 1,
    workers: 0,
    mesh: false,
    cnf: true,
  },
  {
    name: "lab-gpu-1",
    displayName: "GPU Lab 1",
    clusterType: "SPOKE",
    platform: "OPENSHIFT",
    minor: 19,
    region: "eu-central-1",
    environment: "LAB",
    labels: { team: "ml", tier: "lab" },
    controlPlanes: 3,
    workers: 1,
    gpu: { nodes: 2, perNode: 8, model: "NVIDIA H100 80GB HBM3", dra: true, second: "MIG" },
    mesh: false,
    cnf: false,
  },
];

const PLACES = [
  ["us-east-1", "east"],
  ["us-west-2", "west"],
  ["eu-central-1", "eu"],
  ["ap-southeast-1", "asia"],
  ["sa-east-1", "south"],
] as const;
const CITIES = ["munich", "hamburg", "paris", "madrid", "oslo", "austin", "denver", "osaka", "lima", "perth"] as const;

function generated(seed: number, index: number): Draft {
  const what = (name: string) => `${index}/${name}`;
  const roll = between(seed, what("type"), 0, 1);
  const number = String(index + 1);
  if (roll < 0.35) {
    const far = roll < 0.1;
    const city = pick(seed, what("city"), CITIES);
    return {
      name: `${far ? "faredge" : "edge"}-${city}-${number}`,
      displayName: `${far ? "Far edge" : "Edge"} ${city[0]?.toUpperCase()}${city.slice(1)} ${number}`,
      clusterType: far ? "FAR_EDGE" : "EDGE",
      platform: far || roll < 0.25 ? "MICROSHIFT" : "OPENSHIFT",
      minor: pick(seed, what("minor"), [17, 18, 19]),
      region: `site-${city}`,
      environment: pick(seed, what("environment"), ["PRODUCTION", "PRODUCTION", "STAGING"]),
      labels: { team: "network", tier: "edge" },
      controlPlanes: 1,
      workers: 0,
      mesh: false,
      cnf: true,
    };
  }
  const [region, short] = pick(seed, what("region"), PLACES);
  const environment = pick(seed, what("environment"), ["PRODUCTION", "PRODUCTION", "STAGING", "DEVELOPMENT", "LAB"]);
  const prefix = { PRODUCTION: "prod", STAGING: "stage", DEVELOPMENT: "dev", LAB: "lab" }[environment];
  const openshift = between(seed, what("platform"), 0, 1) < 0.65;
  const draft: Draft = {
    name: `${prefix}-${short}-${number}`,
    displayName: `${prefix[0]?.toUpperCase()}${prefix.slice(1)} ${short} ${number}`,
    clusterType: index % 50 === 49 ? "HUB" : "SPOKE",
    platform: openshift ? "OPENSHIFT" : "KUBERNETES",
    minor: openshift ? pick(seed, what("minor"), [16, 17, 18, 19]) : pick(seed, what("minor"), [31, 32, 33, 34]),
    region,
    environment,
    labels: {
      team: pick(seed, what("team"), ["shop", "platform", "payments", "ml"]),
      tier: environment === "PRODUCTION" ? "gold" : "silver",
    },
    controlPlanes: 3,
    workers: 2 + Math.floor(between(seed, what("workers"), 0, 4)),
    mesh: between(seed, what("mesh"), 0, 1) < 0.3,
    cnf: false,
  };
  if (between(seed, what("gpu"), 0, 1) >= 0.25) return draft;
  const model = pick<GpuModel>(seed, what("model"), ["NVIDIA A100-SXM4-80GB", "NVIDIA H100 80GB HBM3", "NVIDIA L40S"]);
  const nodes = 1 + (index % 2);
  const modes: (GpuMode | undefined)[] = ["TIME_SLICED", model === "NVIDIA L40S" ? "TIME_SLICED" : "MIG", "WHOLE"];
  const second = nodes > 1 ? modes[Math.floor(between(seed, what("second"), 0, 3))] : undefined;
  const mode = second === undefined || second === "WHOLE" ? {} : { second };
  return { ...draft, gpu: { nodes, perNode: pick(seed, what("gpus"), [2, 4, 8]), model, ...mode } };
}

/** Tracing costs storage that small sites lack: those far out have none, every third of the others at the edge neither. */
function traced(seed: number, index: number, type: ClusterType): boolean {
  if (type === "FAR_EDGE") return false;
  return type !== "EDGE" || index < STORY.length || between(seed, `${index}/tempo`, 0, 3) >= 1;
}

/** The specification of cluster `index` (0 first) of the fleet with this seed: the story first, then generated ones. */
export function clusterSpec(seed: number, index: number): ClusterSpec {
  const { minor, ...draft } = STORY[index] ?? generated(seed, index);
  const patch = Math.floor(between(seed, `${index}/patch`, 2, 20));
  const kubernetes = draft.platform === "KUBERNETES";
  return {
    ...draft,
    platformVersion: kubernetes ? `1.${minor}.${patch}` : `4.${minor}.${patch}`,
    kubernetesVersion: kubernetes ? `1.${minor}.${patch}` : `1.${minor + OPENSHIFT_TO_KUBERNETES}.${4 + (patch % 8)}`,
    labels: { demo: "true", ...draft.labels, platform: draft.platform.toLowerCase() },
    seed: hashText(draft.name, seed),
    ...(traced(seed, index, draft.clusterType) ? { tempo: index % 2 === 0 ? "2.10" : "3.0" } : {}),
  };
}
