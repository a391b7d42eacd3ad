import pLimit from "p-limit";
import { z } from "zod";
import type { Api } from "../api.ts";
import { allClusters, clusterId } from "../clusters.ts";
import { command } from "../command.ts";
import { table } from "../table.ts";
import { CommandError, plain, UsageError } from "../terminal.ts";

const CONCURRENCY = 8;
const REFRESH = `mutation CliCheck($id: UUID!) {
  refreshCluster(id: $id) { status { state healthScore lastError } }
}`;
const Refreshed = z.object({
  refreshCluster: z.object({
    status: z.object({ state: z.string(), healthScore: z.number().nullable(), lastError: z.string().nullable() }),
  }),
});

interface Check {
  name: string;
  state: string;
  score: number | null;
  error: string | null;
}

export const clustersCheck = command({
  usage: "NAME… | --all [--selector S]",
  summary: "checks clusters now; exit code 1 unless every one of them is ONLINE",
  help: ["--all           every cluster", "--selector S    with --all: those with these labels"],
  options: { all: { type: "boolean" }, selector: { type: "string" } },
  async run({ values, positionals }, api, terminal) {
    if (values.all ? positionals.length > 0 : positionals.length === 0)
      throw new UsageError("Name the clusters to check, or give --all.");
    if (values.selector !== undefined && !values.all) throw new UsageError("--selector goes with --all.");
    const clusters: { name: string; id?: string }[] = values.all
      ? await allClusters(api, values.selector ? { labelSelector: values.selector } : {})
      : [...new Set(positionals)].map((name) => ({ name }));
    const limit = pLimit(CONCURRENCY);
    let done = 0;
    const checks = await limit.map(clusters, async ({ name, id }) => {
      const result = await check(api, name, id);
      done += 1;
      terminal.note(`[${done}/${clusters.length}] ${plain(name)} ${result.state}\n`);
      return result;
    });
    terminal.out(
      table(
        ["NAME", "STATE", "SCORE", "ERROR"],
        checks.map(({ name, state, score, error }) => [name, state, score, error]),
      ),
    );
    return checks.every(({ state }) => state === "ONLINE") ? 0 : 1;
  },
});

/** A cluster that cannot be checked is a row like the others. */
async function check(api: Api, name: string, id: string | undefined): Promise<Check> {
  try {
    const { refreshCluster } = await api.ask(Refreshed, REFRESH, { id: id ?? (await clusterId(api, name)) });
    const { state, healthScore: score, lastError: error } = refreshCluster.status;
    return { name, state, score, error };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { name, state: "NOT CHECKED", score: null, error: error.message };
  }
}
