import { z } from "zod";
import { clusters } from "../argument.input.ts";
import { askFor, clusterIdsOf, TOOL_MS } from "../question.loader.ts";
import { counted, fullOf, shownOf, tableOf, tidy } from "../row.filter.ts";
import { coverageOf, OUTCOMES, Outcomes, sourcesOf } from "../source.mapper.ts";
import { defineTool } from "../tool.contract.ts";

const SUMS =
  "nodes devices allocated allocationUnknown active idle activityUnknown utilizationPercent memoryTotalMb memoryUsedMb powerDrawWatts";
const SUMMARY = `query GpuSummary($selector: ClusterSelectorInput) {
  gpuSummary(selector: $selector) {
    ${OUTCOMES}
    total { ${SUMS} }
    clusters { clusterName summary { ${SUMS} } }
    models { model summary { ${SUMS} } }
    namespaces { namespace summary { ${SUMS} } }
  }
}`;
const Sums = z.object({
  nodes: z.number(),
  devices: z.number(),
  allocated: z.number(),
  allocationUnknown: z.number(),
  active: z.number(),
  idle: z.number(),
  activityUnknown: z.number(),
  utilizationPercent: z.number().nullable(),
  memoryTotalMb: z.number(),
  memoryUsedMb: z.number(),
  powerDrawWatts: z.number(),
});
const Summary = z.object({
  gpuSummary: z.object({
    outcomes: Outcomes,
    total: Sums,
    clusters: z.array(z.object({ clusterName: z.string(), summary: Sums })),
    models: z.array(z.object({ model: z.string().nullable(), summary: Sums })),
    namespaces: z.array(z.object({ namespace: z.string().nullable(), summary: Sums })),
  }),
});
const MOST_SHOWN = 10;

export const getGpuSummary = defineTool({
  name: "get_gpu_summary",
  title: "Get GPU summary",
  description:
    "How many GPUs there are, how many are given away, busy or idle, and how much memory and power they use: in all, by cluster, model and namespace.",
  readOnly: true,
  timeoutMs: TOOL_MS,
  input: z.strictObject({ clusters }),
  run: async ({ clusters: named }, kit) => {
    const ids = await clusterIdsOf(kit, named);
    const variables = { selector: ids && { ids } };
    const { data } = await askFor(kit, { document: SUMMARY, variables, answer: Summary });
    const { outcomes, total, clusters: each, models, namespaces } = data.gpuSummary;
    const coverage = coverageOf(outcomes);
    const rows = each
      .map(({ clusterName, summary }) => ({ cluster: clusterName, ...facts(summary) }))
      .sort((a, b) => b.gpus - a.gpus);
    const owners = namespaces
      .map(({ namespace, summary }) => ({ namespace, ...facts(summary) }))
      .sort((a, b) => b.gpus - a.gpus);
    const shown = shownOf(rows, MOST_SHOWN, 2000);
    const unknown = total.allocationUnknown > 0 ? `, ${total.allocationUnknown} not known` : "";
    return {
      summary: `${counted(total.devices, "GPU")} on ${counted(total.nodes, "node")} of ${counted(coverage.answered, "cluster")}: ${total.allocated} allocated${unknown}, ${total.active} active, ${total.idle} idle, ${told(total.utilizationPercent)} busy on average, ${Math.round(total.memoryUsedMb)} of ${Math.round(total.memoryTotalMb)} MB used, ${Math.round(total.powerDrawWatts)} W.${coverage.sentence}`,
      result: {
        total: facts(total),
        clusters: shown,
        models: models.slice(0, MOST_SHOWN).map(({ model, summary }) => ({ model, ...facts(summary) })),
        namespaces: shownOf(owners, MOST_SHOWN, 1500),
        ...coverage.facts,
      },
      full: rows.length > shown.length ? fullOf(rows) : null,
      table: tableOf(rows, ["cluster", "gpus", "allocated", "active", "idle", "utilizationPercent"]),
      sources: sourcesOf(outcomes, { language: "GRAPHQL", query: "gpuSummary", at: kit.caller.now.toISOString() }),
      operation: { document: SUMMARY, variables },
    };
  },
});

const told = (percent: number | null): string => (percent === null ? "unknown" : `${String(tidy(percent))} %`);

const facts = ({
  devices,
  allocated,
  active,
  idle,
  allocationUnknown,
  activityUnknown,
  ...sums
}: z.output<typeof Sums>) => ({
  gpus: devices,
  allocated,
  active,
  idle,
  ...(allocationUnknown > 0 ? { allocationUnknown } : {}),
  ...(activityUnknown > 0 ? { activityUnknown } : {}),
  utilizationPercent: tidy(sums.utilizationPercent),
  memoryUsedMb: Math.round(sums.memoryUsedMb),
  memoryTotalMb: Math.round(sums.memoryTotalMb),
  watts: Math.round(sums.powerDrawWatts),
});
