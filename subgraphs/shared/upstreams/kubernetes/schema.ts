import { z } from "zod";

const quantities = z.record(z.string(), z.string()).default({});
const labels = z.record(z.string(), z.string()).default({});

/** What we use of a Node. https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/ */
const Node = z
  .object({
    metadata: z.object({ name: z.string(), labels }),
    status: z.object({ capacity: quantities, allocatable: quantities }),
  })
  .transform(({ metadata, status }) => ({ name: metadata.name, labels: metadata.labels, capacity: status.capacity }));
export type Node = z.output<typeof Node>;

/** A page of them, as the official client names its parts. */
export const NodeList = z.object({
  items: z.array(Node),
  metadata: z.object({ _continue: z.string().optional() }).optional(),
});

export const Version = z.object({ gitVersion: z.string() });

/** OpenShift's own version record: the newest completed entry of its history is what runs. */
export const ClusterVersion = z
  .object({ status: z.object({ history: z.array(z.object({ state: z.string(), version: z.string() })).default([]) }) })
  .transform(({ status }) => status.history.find(({ state }) => state === "Completed")?.version ?? null);

export const MicroshiftVersion = z
  .object({ data: z.object({ version: z.string() }) })
  .transform(({ data }) => data.version.replace(/-.*$/, ""));
