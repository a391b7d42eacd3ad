/** What people look at, over every subgraph. */
export const QUERIES: readonly string[] = [
  `{ fleetSummary { total byState { value count } } }`,
  `{ clusters(pageSize: 20) { items { id name status { state } labels alertCounts { firing } } } }`,
  `{ metrics(query: { query: "sum(up)", selector: { labelSelector: "demo" } }) { complete results { cluster { name } status } } }`,
  `{ alerts(pageSize: 20) { total items { alertname severity clusterName acknowledgement { note } } } }`,
  `{ eventHistory(first: 20) { endCursor items { cursor event { eventType cluster { name } } } } }`,
  `{ gpuSummary(selector: { labelSelector: "demo" }) { complete total { devices } } }`,
  `{ personas { id name } chatSessions { total } detectionRules { total } }`,
  `{ apiTokens { total } auditLog(pageSize: 20) { total items { action subject } } }`,
  `{ anomalies { total } incidents { items { id alertCount } } reports { total } }`,
  `{ streamingStatus { head retention } }`,
];
