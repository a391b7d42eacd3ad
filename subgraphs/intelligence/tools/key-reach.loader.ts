import { z } from "zod";
import { CodedError } from "../../shared/kernel/errors.ts";
import { askFor } from "./question.loader.ts";
import type { ToolKit } from "./tool.contract.ts";

// What is named by its own id belongs to a cluster, too: only that of a cluster in the conversation is touched.

const ALERT = `query ToolAlert($id: UUID!) { alert(id: $id) { clusterId clusterName alertname severity } }`;
const Alert = z.object({
  alert: z
    .object({ clusterId: z.string(), clusterName: z.string(), alertname: z.string(), severity: z.string() })
    .nullable(),
});
export type ReachedAlert = NonNullable<z.output<typeof Alert>["alert"]>;

/** @throws ALERT_NOT_FOUND also for one of a cluster that is not in reach */
export async function alertInReach(kit: ToolKit, id: string): Promise<ReachedAlert> {
  const { alert } = (await askFor(kit, { document: ALERT, variables: { id }, answer: Alert })).data;
  if (alert && isInReach(kit, alert.clusterId)) return alert;
  throw new CodedError("ALERT_NOT_FOUND", `No alert ${id} in this conversation's reach.`);
}

const ANOMALY = `query ToolAnomaly($id: UUID!) { anomaly(id: $id) { clusterId } }`;
const Anomaly = z.object({ anomaly: z.object({ clusterId: z.string() }).nullable() });

/** @throws ANOMALY_NOT_FOUND also for one of a cluster that is not in reach */
export async function anomalyInReach(kit: ToolKit, id: string): Promise<void> {
  const { anomaly } = (await askFor(kit, { document: ANOMALY, variables: { id }, answer: Anomaly })).data;
  if (anomaly && isInReach(kit, anomaly.clusterId)) return;
  throw new CodedError("ANOMALY_NOT_FOUND", `No kept anomaly ${id} in this conversation's reach.`);
}

const isInReach = ({ caller }: ToolKit, clusterId: string): boolean => caller.clusters?.includes(clusterId) ?? true;
