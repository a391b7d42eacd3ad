export { groupAlerts } from "./incident.ts";
export type * from "./model.ts";
export { rankCauses } from "./ranking.ts";
