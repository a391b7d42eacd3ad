import { z } from "zod";
import type { Container } from "../../shared/upstreams/kubernetes/exec.ts";
import { flag, listOf, metadata, text } from "../../shared/upstreams/kubernetes/objects/metadata.ts";

/**
 * Where nvidia-smi may be run, the best first: the GPU operator's own pods, by their labels in its own namespaces. Nobody names others.
 * The driver's sees the node's processes; the others only their own.
 */
const PLACES = [
  { label: "app.kubernetes.io/component", value: /^nvidia-driver$/, container: "nvidia-driver-ctr" },
  { label: "app", value: /^nvidia-driver-daemonset/, container: "nvidia-driver-ctr" },
  { label: "app", value: /^nvidia-device-plugin-daemonset$/, container: "nvidia-device-plugin" },
  { label: "app", value: /^nvidia-dcgm-exporter$/, container: "nvidia-dcgm-exporter" },
] as const;
export const NAMESPACES = ["gpu-operator", "nvidia-gpu-operator"] as const;

/** A pod as far as it matters here. */
export const SmiPod = z
  .object({
    metadata: z.object(metadata),
    spec: z.object({ nodeName: text, hostPID: flag, containers: listOf(z.object({ name: z.string() })) }).nullish(),
    status: z.object({ phase: text }).nullish(),
  })
  .transform(({ metadata: identity, spec, status }) => ({
    ...identity,
    node: spec?.nodeName ?? null,
    hostPid: spec?.hostPID ?? false,
    containers: (spec?.containers ?? []).map(({ name }) => name),
    running: status?.phase === "Running",
  }));
export type SmiPod = z.output<typeof SmiPod>;

/** The place on one node. */
export interface SmiPlace extends Container {
  node: string;
  /** Whether processes of the whole node are seen there. */
  seesProcesses: boolean;
}

/** The best place on each node that has one. */
export function placesIn(pods: readonly SmiPod[]): Map<string, SmiPlace> {
  const found = PLACES.flatMap(({ label, value, container }) =>
    pods.flatMap((pod): SmiPlace[] => {
      const { node, namespace, name, running, hostPid, containers, labels } = pod;
      const fits = running && value.test(labels[label] ?? "") && containers.includes(container);
      return fits && node && namespace ? [{ node, namespace, pod: name, container, seesProcesses: hostPid }] : [];
    }),
  );
  // The best is the first, and the last to be set stays.
  return new Map(found.reverse().map((place) => [place.node, place]));
}
