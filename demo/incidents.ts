/**
 * What can go wrong inside a cluster: `deployment-error-loop` a rollout whose pods crash, `memory-leak` a pod that grows to its
 * limit and is killed there, `noisy-neighbour` a batch pod that takes a node's CPU, `network-delay` calls to one service that get
 * slow on the way, `gpu-xid-storm` a GPU with uncorrectable memory errors, `certificate-expiry` a serving certificate that nobody
 * renewed, `node-pressure` a node that runs out of memory and evicts pods.
 */
export const INCIDENT_KINDS = [
  "deployment-error-loop",
  "memory-leak",
  "noisy-neighbour",
  "network-delay",
  "gpu-xid-storm",
  "certificate-expiry",
  "node-pressure",
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

/** What is to be found at the root of an incident. */
export interface IncidentCause {
  readonly kind: "POD" | "WORKLOAD" | "NODE" | "GPU" | "CERTIFICATE" | "SERVICE";
  /** Null for what is in none, such as a node. */
  readonly namespace: string | null;
  /** Of a GPU its UUID. */
  readonly name: string;
}

/** An incident and the truth about it. */
export interface Incident {
  readonly kind: IncidentKind;
  readonly cluster: string;
  /** Milliseconds; nothing is wrong before. */
  readonly onset: number;
  /** Milliseconds, from when on all is as before; null where nobody has said when. */
  readonly end: number | null;
  readonly cause: IncidentCause;
  /** The alert that it fires, some minutes after its onset. */
  readonly alertname: string;
}

export interface IncidentOptions {
  /** Milliseconds, also in the past. Default: now. */
  readonly at?: number;
  /** Default: until it is ended. */
  readonly lengthSeconds?: number;
}
