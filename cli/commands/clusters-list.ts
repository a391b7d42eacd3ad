import { allClusters, STATES } from "../clusters.ts";
import { command } from "../command.ts";
import { oneOf } from "../options.ts";
import { table } from "../table.ts";

const OUTPUTS = ["TABLE", "JSON", "NAMES"] as const;

export const clustersList = command({
  usage: "[--selector S] [--state S]… [--output table|json|names]",
  summary: "lists the clusters, all of them",
  help: [
    "--selector S    those with these labels, in Kubernetes syntax: team=shop,tier in (gold,silver)",
    "--state S       in this state: online, degraded, offline, unknown, provisioning; may be repeated",
    "--output O      table (default), json, or names: one in a line",
  ],
  options: {
    selector: { type: "string" },
    state: { type: "string", multiple: true },
    output: { type: "string" },
  },
  async run({ values }, api, terminal) {
    const output = oneOf(OUTPUTS, values.output, "output") ?? "TABLE";
    const states = (values.state ?? []).flatMap((state) => oneOf(STATES, state, "state") ?? []);
    const clusters = await allClusters(api, {
      ...(values.selector ? { labelSelector: values.selector } : {}),
      ...(states.length > 0 ? { states } : {}),
    });
    if (output === "JSON") terminal.out(`${JSON.stringify(clusters, null, 2)}\n`);
    else if (output === "NAMES") terminal.out(clusters.map(({ name }) => `${name}\n`).join(""));
    else {
      const heads = ["NAME", "STATE", "SCORE", "TYPE", "PLATFORM", "VERSION", "ENVIRONMENT", "REGION", "ERROR"];
      terminal.out(
        table(
          heads,
          clusters.map(({ name, status, clusterType, platform, platformVersion, environment, region }) => [
            name,
            status.state,
            status.healthScore,
            clusterType,
            platform,
            platformVersion,
            environment,
            region,
            status.lastError,
          ]),
        ),
      );
    }
    return 0;
  },
});
