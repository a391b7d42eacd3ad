import type { Matcher } from "../../promql/ast.ts";
import { createdAt } from "../world/lifecycle.ts";
import type { World } from "../world/world.ts";
import { DEFAULT_RECEIVER, INHIBITION, ROUTES } from "./alerts.ts";
import { GROUP_BY } from "./groups.ts";

export const VERSION = "0.33.1";
export const RECEIVERS: readonly string[] = ["null", DEFAULT_RECEIVER, "critical"];

const written = ({ name, operator, value }: Matcher) => `${name}${operator}${JSON.stringify(value)}`;
const items = (indent: string, texts: readonly string[]) => texts.map((item) => `${indent}- ${item}\n`).join("");

const ROUTE_LINES = ROUTES.map(
  ({ receiver, matchers }) =>
    `  - receiver: "${receiver}"\n    matchers:\n${items("    ", matchers.map(written))}    continue: false\n`,
).join("");

const CONFIG = `global:
  resolve_timeout: 5m
route:
  receiver: ${DEFAULT_RECEIVER}
  group_by:
${items("  ", GROUP_BY)}  continue: false
  routes:
${ROUTE_LINES}  group_wait: 10s
  group_interval: 1m
  repeat_interval: 4h
inhibit_rules:
- source_matchers:
${items("  ", INHIBITION.source.map(written))}  target_matchers:
${items("  ", INHIBITION.target.map(written))}  equal:
${items("  ", INHIBITION.equal)}receivers:
${RECEIVERS.map((name) => `- name: "${name}"\n`).join("")}templates: []
`;

/** /api/v2/status. */
export function status({ inventory }: World, now: number): unknown {
  const pod = inventory.pods.find(({ workload }) => workload === "prometheus-k8s");
  const started = pod === undefined ? now / 1000 : createdAt(pod.life, now / 1000);
  return {
    cluster: { peers: [], status: "disabled" },
    config: { original: CONFIG },
    uptime: new Date(started * 1000).toISOString(),
    versionInfo: {
      branch: "HEAD",
      buildDate: "20260929-12:08:01",
      buildUser: "demo",
      goVersion: "go1.27.1",
      revision: "demo",
      version: VERSION,
    },
  };
}
