import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXAMPLES } from "../../gateway/graphiql/examples.ts";
import { type Answer, ask } from "../support/graph.ts";
import { Program } from "../support/process.ts";
import { until } from "../support/until.ts";

const ADDRESS = /GraphiQL\s+(http:\/\/127\.0\.0\.1:\d+)\/\s/;

const ROOT = join(import.meta.dirname, "../..");

/** Every query that the README and the pages of docs/ show, as it stands. */
function documentedQueries(): string[] {
  const pages = ["README.md", ...readdirSync(join(ROOT, "docs")).map((name) => join("docs", name))];
  const blocks = pages.flatMap((page) =>
    [...readFileSync(join(ROOT, page), "utf8").matchAll(/```graphql\n([\s\S]*?)```/g)].map(([, block = ""]) => block),
  );
  expect(blocks.length).toBeGreaterThan(15);
  return blocks.filter((block) => block.startsWith("query"));
}

describe("npm start", () => {
  let dataDir: string;
  let env: Record<string, string>;
  let url: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "aiops-e2e-"));
    env = { DATA_DIR: dataDir, PORT: "0", AIOPS_DEMO_CONTROL_PORT: "0" };
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  const summary = `{ fleetSummary { total byState { value count } } }`;
  const online = (count: number) =>
    until(`${count} clusters are online`, async () => {
      const { data } = await ask(url, summary);
      return (
        data.fleetSummary.total === count &&
        data.fleetSummary.byState[0]?.value === "ONLINE" &&
        data.fleetSummary.byState[0].count === count
      );
    });

  it("serves the demo fleet, keeps a cluster over a restart, and then shows the user's own fleet alone", async () => {
    await using first = new Program("gateway/all-in-one.js", { env });
    [, url = ""] = await first.prints(ADDRESS);
    await first.prints(/Demo fleet\s+http/);
    await online(5);

    for (const query of documentedQueries()) expect((await ask(url, query)).errors, query).toBeUndefined();
    const answers = new Map<string, Answer>();
    for (const { title, query, variables } of EXAMPLES) {
      if (!query.includes("\nsubscription ")) answers.set(title, await ask(url, query, variables));
    }
    for (const [title, { errors }] of answers) expect(errors, title).toBeUndefined();
    const fleet = answers.get("Fleet")?.data;
    expect(fleet.clusters.items).toHaveLength(5);
    expect(fleet.metrics).toMatchObject({ complete: true, clustersSucceeded: 5 });
    for (const { data } of fleet.metrics.results) {
      expect(data.length).toBeGreaterThan(2);
      expect(data[0].metric.namespace).toBeTypeOf("string");
      expect(data[0].values).toHaveLength(61);
    }
    const registered = answers.get("Register")?.data.registerCluster.id;

    await using second = new Program("gateway/all-in-one.js", { env });
    expect(await second.ended()).toBe(1);
    expect(second.output).toContain(dataDir);
    expect(second.output).not.toMatch(/\n\s+at /);

    expect(await first.stop()).toBe(0);
    await using third = new Program("gateway/all-in-one.js", { env });
    [, url = ""] = await third.prints(ADDRESS);
    const found = await until("the demo has left", async () => {
      const { data } = await ask(
        url,
        `{ clusters { total items { id name status { state } credentials { authType } } } }`,
      ).catch(() => ({ data: null }));
      return data?.clusters.total === 1 && data.clusters.items[0];
    });
    expect(found).toMatchObject({ id: registered, name: "my-cluster-1", credentials: { authType: "KUBECONFIG" } });
    expect(await third.stop()).toBe(0);
  });
});
