import { z } from "zod";
import { pagesOf } from "../../../shared/kernel/page.ts";
import { clusters, limit } from "../argument.input.ts";
import { askFor, clusterIdsOf, TOOL_MS } from "../question.loader.ts";
import { clipped, counted, fullOf, shownOf, spelled, tableOf, tally, tidy } from "../row.filter.ts";
import { coverageOf, OUTCOMES, Outcomes, sourcesOf } from "../source.mapper.ts";
import { defineTool, type ToolKit } from "../tool.contract.ts";

const PAGE = 100;
const MOST_PAGES = 5;
const number = z.number().nullable();

const NODES = `query GpuNodes($filter: GPUFilterInput, $page: Int!, $pageSize: Int!) {
  gpuNodes(filter: $filter, page: $page, pageSize: $pageSize) {
    total ${OUTCOMES}
    items {
      clusterName nodeName expectedGpus missingGpus lastUpdated
      gpus {
        index uuid name mode allocated utilizationGpuPercent memoryUsedMb memoryTotalMb temperatureCelsius powerDrawWatts
        health { status reasons }
        pods { namespace name }
      }
    }
  }
}`;
const Device = z.object({
  index: number,
  uuid: z.string(),
  name: z.string().nullable(),
  mode: z.string().nullable(),
  allocated: z.boolean().nullable(),
  utilizationGpuPercent: number,
  memoryUsedMb: number,
  memoryTotalMb: number,
  temperatureCelsius: number,
  powerDrawWatts: number,
  health: z.object({ status: z.string(), reasons: z.array(z.string()) }).nullable(),
  pods: z.array(z.object({ namespace: z.string(), name: z.string() })),
});
const Node = z.object({
  clusterName: z.string(),
  nodeName: z.string(),
  expectedGpus: number,
  missingGpus: number,
  lastUpdated: z.string(),
  gpus: z.array(Device),
});
const Nodes = z.object({
  gpuNodes: z.object({ total: z.number(), outcomes: Outcomes, items: z.array(Node) }),
});

export const getGpuNodes = defineTool({
  name: "get_gpu_nodes",
  title: "Get GPU nodes",
  description:
    "Nodes with GPUs, each device with use, memory, temperature, power, health and the pods that have it. What is null is unknown.",
  readOnly: true,
  timeoutMs: TOOL_MS,
  input: z.strictObject({
    clusters,
    problemsOnly: z.boolean().default(false).describe("Only devices that are not well, and nodes that miss some."),
    limit: limit(50),
  }),
  run: async ({ clusters: named, problemsOnly, limit: most }, kit) => {
    const filter = { clusterIds: await clusterIdsOf(kit, named) };
    const variables = { filter, page: 1, pageSize: problemsOnly ? PAGE : most };
    const { outcomes, items, total } = await nodesOf(kit, variables, problemsOnly ? MOST_PAGES : 1);
    const nodes = problemsOnly ? items.flatMap(onlyProblems) : items;
    const rows = nodes.slice(0, most).map(nodeRow);
    const devices = items.flatMap(({ gpus }) => gpus);
    const missing = items.reduce((sum, { missingGpus }) => sum + (missingGpus ?? 0), 0);
    const health = tally(devices.map((gpu) => gpu.health?.status ?? "UNKNOWN"));
    const coverage = coverageOf(outcomes);
    const shown = shownOf(rows);
    const looked = total > items.length ? ` (of ${counted(total, "node")}, the first ${items.length})` : "";
    return {
      summary: `${counted(items.length, "GPU node")}${looked} with ${counted(devices.length, "GPU")} in ${counted(coverage.answered, "cluster")}: health ${spelled(health) || "unknown"}; ${missing} missing.${problemsOnly ? ` ${counted(nodes.length, "node")} with problems.` : ""}${coverage.sentence}`,
      result: { nodesTotal: total, gpus: devices.length, missing, health, nodes: shown, ...coverage.facts },
      full: rows.length > shown.length ? fullOf(rows, problemsOnly ? nodes.length : total) : null,
      table: tableOf(
        nodes.flatMap(({ clusterName, nodeName, gpus }) =>
          gpus.map(({ uuid: gpu, name: model, ...rest }) => ({
            ...deviceFacts(rest),
            cluster: clusterName,
            node: nodeName,
            gpu,
            model,
          })),
        ),
        ["cluster", "node", "gpu", "model", "health", "utilizationPercent", "memoryUsedMb", "celsius", "pods"],
      ),
      sources: sourcesOf(outcomes, { language: "GRAPHQL", query: "gpuNodes", at: kit.caller.now.toISOString() }),
      operation: { document: NODES, variables },
    };
  },
});

type GpuNode = z.output<typeof Node>;

async function nodesOf(kit: ToolKit, variables: { page: number; pageSize: number; filter: object }, pages: number) {
  const { pageSize: size } = variables;
  const read = await pagesOf(
    async (page) =>
      (await askFor(kit, { document: NODES, variables: { ...variables, page }, answer: Nodes })).data.gpuNodes,
    { size, most: pages * size },
  );
  const [{ total, outcomes }] = read;
  return { total, outcomes, items: read.flatMap(({ items }) => items) };
}

function onlyProblems(node: GpuNode): GpuNode[] {
  const gpus = node.gpus.filter(({ health }) => health?.status === "WARNING" || health?.status === "CRITICAL");
  return gpus.length > 0 || (node.missingGpus ?? 0) > 0 ? [{ ...node, gpus }] : [];
}

const nodeRow = ({ clusterName, nodeName, expectedGpus, missingGpus, gpus }: GpuNode) => ({
  cluster: clusterName,
  node: nodeName,
  expected: expectedGpus,
  missing: missingGpus,
  gpus: gpus.map(({ index, uuid, name, ...rest }) => ({ index, uuid, model: name, ...deviceFacts(rest) })),
});

const deviceFacts = (gpu: Omit<z.output<typeof Device>, "uuid" | "name" | "index">) => ({
  health: gpu.health?.status ?? "UNKNOWN",
  ...(gpu.health && gpu.health.reasons.length > 0 ? { reasons: gpu.health.reasons.slice(0, 3) } : {}),
  ...(gpu.mode === null || gpu.mode === "WHOLE" ? {} : { mode: gpu.mode }),
  allocated: gpu.allocated,
  utilizationPercent: gpu.utilizationGpuPercent,
  memoryUsedMb: gpu.memoryUsedMb,
  memoryTotalMb: gpu.memoryTotalMb,
  celsius: gpu.temperatureCelsius,
  watts: tidy(gpu.powerDrawWatts),
  pods: gpu.pods.slice(0, 3).map(({ namespace, name }) => `${namespace}/${name}`),
});

const PROCESSES = `query GpuProcesses($filter: GPUProcessFilterInput, $pageSize: Int!) {
  gpuProcesses(filter: $filter, pageSize: $pageSize) {
    total ${OUTCOMES}
    items { clusterId nodeName gpuUuid pid processName usedMemoryMb type pod { namespace name } }
  }
}`;
const Processes = z.object({
  gpuProcesses: z.object({
    total: z.number(),
    outcomes: Outcomes,
    items: z.array(
      z.object({
        clusterId: z.string(),
        nodeName: z.string(),
        gpuUuid: z.string(),
        pid: z.number(),
        processName: z.string().nullable(),
        usedMemoryMb: number,
        type: z.string().nullable(),
        pod: z.object({ namespace: z.string(), name: z.string() }).nullable(),
      }),
    ),
  }),
});

export const getGpuProcesses = defineTool({
  name: "get_gpu_processes",
  title: "Get GPU processes",
  description:
    "What runs on GPUs, by nvidia-smi: process, memory, pod. Only in clusters whose administrator allowed it; slower than get_gpu_nodes.",
  readOnly: true,
  timeoutMs: TOOL_MS,
  input: z.strictObject({
    clusters,
    node: z.string().min(1).max(253).optional().describe("Only on the node of this name."),
    limit: limit(50),
  }),
  run: async ({ clusters: named, node, limit: pageSize }, kit) => {
    const filter = { clusterIds: await clusterIdsOf(kit, named), ...(node === undefined ? {} : { nodes: [node] }) };
    const variables = { filter, pageSize };
    const { data } = await askFor(kit, { document: PROCESSES, variables, answer: Processes });
    const { items, total, outcomes } = data.gpuProcesses;
    const coverage = coverageOf(outcomes);
    const names = new Map(outcomes.map(({ clusterId, clusterName }) => [clusterId, clusterName]));
    const rows = items.map(({ clusterId, nodeName, gpuUuid, processName, usedMemoryMb, pod, pid, type }) => ({
      cluster: names.get(clusterId) ?? clusterId,
      node: nodeName,
      gpu: gpuUuid,
      pid,
      process: processName === null ? null : clipped(processName, 120),
      memoryMb: usedMemoryMb,
      type,
      pod: pod && `${pod.namespace}/${pod.name}`,
    }));
    const shown = shownOf(rows);
    const used = rows.reduce((sum, { memoryMb }) => sum + (memoryMb ?? 0), 0);
    const outside = rows.filter(({ pod }) => pod === null).length;
    return {
      summary:
        coverage.answered === 0
          ? `No cluster tells its GPUs' processes.${coverage.sentence}`
          : `${total === 1 ? "1 process" : `${total} processes`} on GPUs of ${counted(coverage.answered, "cluster")}${total > rows.length ? `, of which ${rows.length} are listed` : ""}: ${used} MB in use, ${outside} outside of pods.${coverage.sentence}`,
      result: { total, processes: shown, ...coverage.facts },
      full: total > shown.length ? fullOf(rows, total) : null,
      table: tableOf(rows, ["cluster", "node", "gpu", "pid", "process", "memoryMb", "pod"]),
      sources: sourcesOf(outcomes, { language: "GRAPHQL", query: "gpuProcesses", at: kit.caller.now.toISOString() }),
      operation: { document: PROCESSES, variables },
    };
  },
});
