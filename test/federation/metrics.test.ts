import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DemoFleet, Fault } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { type Answer, startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const TOKENS = { ann: "token-of-ann-0123", bob: "token-of-bob-0123", eve: "token-of-eve-0123" };
const AGES_AGO = "2026-01-05T00:00:00Z";

await describeModes("Metrics", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  /** By name, as answers are. */
  let names: string[];
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    graph = await startGraph({
      mode,
      env: {
        AIOPS_METRICS_MAX_SERIES_PER_CLUSTER: "30",
        AIOPS_METRICS_MAX_SERIES: "60",
        AIOPS_METRICS_MAX_SAMPLES: "3000",
        // What one test lets fail, the next one asks again.
        AIOPS_UPSTREAM_REST_MS: "1",
        AIOPS_API_TOKENS: JSON.stringify([
          { token: TOKENS.ann, user: "ann", roles: ["admin"] },
          { token: TOKENS.bob, user: "bob", roles: ["viewer"] },
          { token: TOKENS.eve, user: "eve", roles: ["viewer"], scope: { labelSelector: "seen=no" } },
        ]),
      },
    });
    fleet = await enrolledFleet(graph, { clusters: 4 });
    names = fleet.clusters.map(({ name }) => name).sort();
    const { data } = await ask("{ clusters(pageSize: 10) { items { id name } } }");
    for (const { id, name } of data.clusters.items) ids[name] = id;
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  beforeEach(() => fleet.resetRequests());
  afterEach(async () => {
    for (const name of names) await fleet.setFault(name, "prometheus", null);
  });

  const ask = (query: string, variables: Record<string, unknown> = {}, user: keyof typeof TOKENS = "ann") =>
    graph.ask(query, variables, { token: TOKENS[user] });
  const sent = () => fleet.requests().filter(({ upstream }) => upstream === "prometheus");
  const metrics = async (query: object, user?: keyof typeof TOKENS): Promise<Answer> =>
    await ask(
      `query ($query: MetricQueryInput!) { metrics(query: $query) { complete clustersQueried clustersSucceeded
        results { clusterName status resultType fromCache data { metric values } outcome { status rows bytes truncated warnings } } } }`,
      { query },
      user,
    );
  const first = (): string => names[0] ?? "";
  const failing = (fault: Fault) => fleet.setFault(first(), "prometheus", fault);

  describe("what the clusters list", () => {
    const LIST = "truncated complete outcomes { clusterName status rows error { code } } clusters { clusterName items";

    it("is one sorted list of all, and each cluster's own", async () => {
      const { data, errors } = await ask(`{
        labels: metricLabels(matchers: ["kube_pod_info"]) { items ${LIST} } }
        values: metricLabelValues(label: "job") { items ${LIST} } }
      }`);
      expect(errors).toBeUndefined();
      for (const list of [data.labels, data.values]) {
        expect(list).toMatchObject({ truncated: false, complete: true });
        expect(list.clusters.map(({ clusterName }: { clusterName: string }) => clusterName)).toEqual(names);
        const all: string[] = list.clusters.flatMap(({ items }: { items: string[] }) => items);
        expect(list.items).toEqual([...new Set(all)].sort());
        expect(list.outcomes.map(({ rows }: { rows: number }) => rows)).toEqual(
          list.clusters.map(({ items }: { items: string[] }) => items.length),
        );
      }
      expect(data.labels.items).toEqual(expect.arrayContaining(["__name__", "namespace", "pod"]));
      expect(data.values.items).toContain("kubelet");
      expect(sent()).toHaveLength(8);
    });

    it("is cut at its limit, by each cluster and here, and says so", async () => {
      const { data } = await ask(
        `{ metricLabelValues(label: "__name__", limit: 3) { items truncated complete clusters { items outcome { status truncated rows } } } }`,
      );
      const { items, truncated, complete, clusters } = data.metricLabelValues;
      expect([items.length, truncated, complete]).toEqual([3, true, false]);
      const all: string[] = clusters.flatMap(({ items }: { items: string[] }) => items);
      expect(items).toEqual([...new Set(all)].sort().slice(0, 3));
      for (const { items: own, outcome } of clusters) {
        expect(own).toHaveLength(3);
        expect(outcome).toEqual({ status: "PARTIAL", truncated: true, rows: 3 });
      }
      expect(sent()[0]?.params["limit"]).toBe("4");
    });

    it("is series, metadata, rules and targets, each with who has it", async () => {
      const { data, errors } = await ask(`{
        metricSeries(matchers: ["up{job=\\"kubelet\\"}", "kube_node_info"]) { items { metric clusters { id } } clusters { items { metric } } }
        metricMetadata(metric: "up") { items { metric type help clusters { id } } }
        metricRules(kind: ALERTING) { items { clusterName group name kind query state health forSeconds activeAlerts } }
        metricTargets(limit: 5) { truncated items { clusterName pool labels health lastError lastScrape scrapeSeconds interval } }
      }`);
      expect(errors).toBeUndefined();
      const { items, clusters } = data.metricSeries;
      const series = clusters.flatMap(({ items }: { items: object[] }) => items);
      expect(new Set(items.map(({ metric }: { metric: object }) => JSON.stringify(metric))).size).toBe(items.length);
      expect(items.flatMap(({ clusters }: { clusters: object[] }) => clusters)).toHaveLength(series.length);
      for (const { metric, clusters } of data.metricMetadata.items) {
        expect(metric).toBe("up");
        expect(clusters).toHaveLength(4);
      }
      const { items: rules } = data.metricRules;
      expect(new Set(rules.map(({ clusterName }: { clusterName: string }) => clusterName))).toEqual(new Set(names));
      const order: string[] = rules.map(({ group, name, clusterName }: Record<string, string>) =>
        JSON.stringify([group, name, clusterName]),
      );
      expect(order).toEqual([...order].sort());
      for (const { kind, query, health, state } of rules) {
        expect([kind, health, query.length > 0]).toEqual(["ALERTING", "OK", true]);
        expect(["FIRING", "PENDING", "INACTIVE"]).toContain(state);
      }
      expect(data.metricTargets).toMatchObject({ truncated: true, items: { length: 5 } });
      for (const { health, lastScrape } of data.metricTargets.items) {
        expect(health).toMatch(/^(UP|DOWN)$/);
        expect(Date.parse(lastScrape)).toBeGreaterThan(0);
      }
    });

    it("stands without a cluster that fails, where the policy lets it", async () => {
      await failing("error-503");
      const list = (completeness: string) =>
        ask(`{ metricLabels${completeness} { complete items ${LIST.replace("truncated complete", "")} } } }`);
      const { data } = await list("");
      expect(data.metricLabels.complete).toBe(false);
      expect(data.metricLabels.outcomes[0]).toMatchObject({
        status: "ERROR",
        rows: 0,
        error: { code: "UPSTREAM_ERROR" },
      });
      expect(data.metricLabels.items.length).toBeGreaterThan(0);
      const refused = await list("(completeness: { onPartial: FAIL })");
      expect(refused.errors?.[0]?.extensions).toMatchObject({ code: "INCOMPLETE" });
    });

    it.each([
      ["BAD_USER_INPUT", `metricLabelValues(label: "0bad") { complete }`],
      ["BAD_USER_INPUT", `metricLabelValues(label: "a b") { complete }`],
      ["BAD_USER_INPUT", `metricLabels(limit: 0) { complete }`],
      ["BAD_USER_INPUT", `metricSeries(matchers: []) { complete }`],
      ["BAD_USER_INPUT", `metricSeries(matchers: ["sum(up)"]) { complete }`],
      ["BAD_USER_INPUT", `metricSeries(matchers: ["{job=~\\".*\\"}"]) { complete }`],
      ["INVALID_PROMQL", `metricSeries(matchers: ["up{"]) { complete }`],
      [
        "INVALID_TIME_RANGE",
        `metricLabels(range: { start: "2026-01-02T00:00:00Z", end: "2026-01-01T00:00:00Z" }) { complete }`,
      ],
      ["BAD_USER_INPUT", `metricMetadata(metric: "") { complete }`],
    ])("is refused with %s before anybody is asked: %s", async (code, field) => {
      const { errors } = await ask(`{ ${field} }`);
      expect(errors?.[0]?.extensions).toMatchObject({ code });
      expect(sent()).toHaveLength(0);
    });
  });

  describe("a label for the cluster", () => {
    it("is on every series, also where the expression says nothing of it", async () => {
      const { data } = await metrics({ query: "count(up)", clusterLabel: "cluster", time: new Date().toISOString() });
      expect(data.metrics.results.map(({ data }: { data: { metric: object }[] }) => data[0]?.metric)).toEqual(
        names.map((cluster) => ({ cluster })),
      );
      expect(new Set(sent().map(({ params }) => params["query"]))).toEqual(new Set(["count(up)"]));
    });

    it.each<[string, (all: string[]) => string[], string]>([
      ['sum(up{cluster="$1"})', ([one = ""]) => [one], "sum(up)"],
      ['sum(up{cluster!="$1",job!=""})', ([, ...rest]) => rest, 'sum(up{job!=""})'],
      ['sum(up{cluster=~"$1|nobody"})', ([one = ""]) => [one], "sum(up)"],
      ['sum(up{cluster!~"$1|nobody"})', ([, ...rest]) => rest, "sum(up)"],
      ['sum(up{cluster=~".+"})', (all) => all, "sum(up)"],
      ['count({cluster="$1",job="kubelet"})', ([one = ""]) => [one], 'count({job="kubelet"})'],
    ])("chooses who is asked, and is not sent: %s", async (query, chosen, words) => {
      const { data, errors } = await metrics({ query: query.replace("$1", first()), clusterLabel: "cluster" });
      expect(errors).toBeUndefined();
      const expected = chosen(names);
      expect(data.metrics).toMatchObject({ complete: true, clustersQueried: expected.length });
      expect(data.metrics.results.map(({ clusterName }: { clusterName: string }) => clusterName)).toEqual(expected);
      expect(sent().map(({ params }) => params["query"])).toEqual(expected.map(() => words));
      expect(new Set(sent().map(({ cluster }) => cluster))).toEqual(new Set(expected));
    });

    it("is an empty success where it matches nobody, and asks nobody", async () => {
      const { data, errors } = await metrics({ query: 'up{cluster="nobody"}', clusterLabel: "cluster" });
      expect(errors).toBeUndefined();
      expect(data.metrics).toEqual({ complete: true, clustersQueried: 0, clustersSucceeded: 0, results: [] });
      const own = await ask(
        `query ($id: UUID!) { cluster(id: $id) { metrics(query: { query: "up{cluster=\\"nobody\\"}", clusterLabel: "cluster" }) { status data { metric } outcome { rows } } } }`,
        { id: ids[first()] },
      );
      expect(own.data.cluster.metrics).toEqual({ status: "SUCCESS", data: [], outcome: { rows: 0 } });
      expect(sent()).toHaveLength(0);
    });

    it("lets a cluster have nothing to add to one selector, and answer another", async () => {
      const query = `sum(up{cluster="${first()}"}) or count(kube_node_info{cluster!="${first()}"})`;
      const { data } = await metrics({ query, clusterLabel: "cluster", time: new Date().toISOString() });
      const values = data.metrics.results.map(
        ({ data }: { data: { values: [number, string][] }[] }) => data[0]?.values[0]?.[1],
      );
      fleet.resetRequests();
      const single = async (query: string) =>
        (await metrics({ query, time: new Date().toISOString() })).data.metrics.results.map(
          ({ data }: { data: { values: [number, string][] }[] }) => data[0]?.values[0]?.[1],
        );
      const [up, nodes] = [await single("sum(up)"), await single("count(kube_node_info)")];
      expect(values).toEqual([up[0], ...nodes.slice(1)]);
    });

    it.each([
      ["BAD_USER_INPUT", { query: "up", clusterLabel: "__name__" }],
      ["BAD_USER_INPUT", { query: "up", clusterLabel: "a-b" }],
      ["INVALID_PROMQL", { query: 'up{cluster=~"("}', clusterLabel: "cluster" }],
    ])("is refused with %s before anybody is asked: %j", async (code, query) => {
      const { errors } = await metrics(query);
      expect(errors?.[0]?.extensions).toMatchObject({ code });
      expect(sent()).toHaveLength(0);
    });
  });

  describe("who has to answer", () => {
    const required = (...clusters: string[]) => ({ requiredClusterIds: clusters.map((name) => ids[name]) });
    const codeOf = async (completeness: object, query: object = {}) =>
      (await metrics({ query: "sum(up)", completeness, ...query })).errors?.[0]?.extensions["code"];

    it("is whoever can, unless the policy names all, these or so many", async () => {
      await failing("refuse");
      const [broken = "", well = ""] = names;
      expect(await codeOf({})).toBeUndefined();
      expect(await codeOf({ onPartial: "FAIL" })).toBe("INCOMPLETE");
      expect(await codeOf(required(well))).toBeUndefined();
      expect(await codeOf(required(broken))).toBe("INCOMPLETE");
      expect(await codeOf({ minClusters: 3 })).toBeUndefined();
      expect(await codeOf({ minClusters: 4 })).toBe("INCOMPLETE");
    });

    it("has to be in scope", async () => {
      const [one = "", two = ""] = names;
      expect(await codeOf(required(one), { clusterIds: [ids[two]] })).toBe("BAD_USER_INPUT");
      expect(await codeOf({ requiredClusterIds: ["00000000-0000-4000-8000-000000000000"] })).toBe("BAD_USER_INPUT");
      expect(sent()).toHaveLength(0);
    });

    it("has answered where the expression leaves nothing to ask it", async () => {
      const [one = "", two = ""] = names;
      const query = `sum(up{cluster="${one}"})`;
      expect(await codeOf(required(two), { query, clusterLabel: "cluster" })).toBeUndefined();
      expect(sent()).toHaveLength(1);
    });

    it.each(["completeness: { minClusters: 1 }", "scope: GLOBAL"])(
      "is no cluster's own business: %s",
      async (given) => {
        const { data, errors } = await ask(
          `query ($id: UUID!) { cluster(id: $id) { metrics(query: { query: "up", ${given} }) { status } } }`,
          { id: ids[first()] },
        );
        expect([data.cluster.metrics, errors?.[0]?.extensions["code"]]).toEqual([null, "BAD_USER_INPUT"]);
      },
    );
  });

  describe("an answer that is too large", () => {
    it("is cut to each cluster's limit, the same way each time, and PARTIAL", async () => {
      const query = { query: '{__name__=~"kube_.+"}', time: new Date().toISOString(), clusterIds: [ids[first()]] };
      const [once, again] = [await metrics(query), await metrics(query)];
      const [result] = once.data.metrics.results;
      expect(result).toMatchObject({ status: "PARTIAL", outcome: { status: "PARTIAL", rows: 30, truncated: true } });
      expect(result.outcome.bytes).toBeGreaterThan(1000);
      expect(once.data.metrics.complete).toBe(false);
      expect(again.data.metrics.results[0].data).toEqual(result.data);
      expect(sent()[0]?.params["limit"]).toBe("31");
    });

    it("is cut to what all may have together, the largest alike and the small ones not", async () => {
      const { data } = await metrics({ query: `kube_pod_info and on() vector(1)`, time: new Date().toISOString() });
      const rows = data.metrics.results.map(({ data }: { data: object[] }) => data.length);
      expect(rows).toEqual([15, 15, 15, 15]);
      const few = await metrics({ query: "topk(2, kube_pod_info)", time: new Date().toISOString() });
      expect(few.data.metrics).toMatchObject({ complete: true });
    });

    it("is cut at so many samples", async () => {
      // 61 points each: 3000 samples are 49 series, and a quarter of that 12.
      const { data } = await metrics({ query: "kube_pod_info" });
      const rows = data.metrics.results.map(({ data }: { data: object[] }) => data.length);
      expect(Math.max(...rows)).toBeLessThanOrEqual(15);
      const samples = data.metrics.results
        .flatMap(({ data }: { data: { values: object[] }[] }) => data)
        .reduce((sum: number, { values }: { values: object[] }) => sum + values.length, 0);
      expect(samples).toBeLessThanOrEqual(3000);
    });
  });

  describe("a closed window", () => {
    const hourTo = (end: string, query = "sum(up)") => ({ query, endTime: end });
    const cached = ({ data }: Answer): boolean[] =>
      data.metrics.results.map(({ fromCache }: { fromCache: boolean }) => fromCache);

    it("is asked once, and its answer kept for whoever has the same rights", async () => {
      const query = hourTo("2026-02-01T00:00:30Z");
      const once = await metrics(query);
      expect([cached(once), sent().length]).toEqual([[false, false, false, false], 4]);
      // On the grid, it is the same window.
      const again = await metrics({ ...hourTo("2026-02-01T00:00:00Z"), timeout: 20 });
      expect([cached(again), sent().length]).toEqual([[true, true, true, true], 4]);
      const values = ({ data }: Answer) => data.metrics.results.map(({ data }: { data: object[] }) => data);
      expect(values(again)).toEqual(values(once));
      await metrics(query, "bob");
      expect(sent()).toHaveLength(8);
    });

    it("is kept for each cluster by itself, and by instant as by range", async () => {
      const query = { query: "count(up)", time: AGES_AGO };
      await metrics({ ...query, clusterIds: [ids[first()]] });
      expect(cached(await metrics(query))).toEqual([true, false, false, false]);
      const labelled = await metrics({ ...query, clusterLabel: "cluster" });
      expect([cached(labelled), sent().length]).toEqual([[true, true, true, true], 4]);
      expect(labelled.data.metrics.results[0].data).toMatchObject([{ metric: { cluster: first() } }]);
    });

    it.each([
      ["ends now", { query: "count(up)" }],
      ["is this instant", { query: "count(up)", time: new Date().toISOString() }],
      ["looks ahead", { query: "count(up offset -5m)", time: AGES_AGO }],
    ])("is none where it %s", async (_, query) => {
      for (const requests of [4, 8]) {
        expect(cached(await metrics(query))).toEqual([false, false, false, false]);
        expect(sent()).toHaveLength(requests);
      }
    });

    it("is not kept where its answer was cut, or there was none", async () => {
      const query = { query: '{__name__=~"kube_.+"}', time: AGES_AGO, clusterIds: [ids[first()]] };
      for (const requests of [1, 2]) {
        const { data } = await metrics(query);
        expect(data.metrics.results[0]).toMatchObject({ status: "PARTIAL", fromCache: false });
        expect(sent()).toHaveLength(requests);
      }
      await failing("error-503");
      const failed = hourTo("2026-03-01T00:00:00Z");
      await metrics(failed);
      await fleet.setFault(first(), "prometheus", null);
      expect(cached(await metrics(failed))).toEqual([false, true, true, true]);
    });

    it("is asked once by operations at the same time, and goes on when one of them leaves", async () => {
      await fleet.setFault(first(), "prometheus", "slow", { delayMs: 500 });
      const query = hourTo("2026-04-01T00:00:00Z");
      const text = `query ($query: MetricQueryInput!) { metrics(query: $query) { results { status } } }`;
      const client = new AbortController();
      const one = { query: { ...query, clusterIds: [ids[first()]] } };
      const leaving = graph.ask(text, one, { token: TOKENS.ann, signal: client.signal });
      await until("it is asked", () => sent().length === 1);
      const staying = metrics(query);
      // With the others, it has asked the first one too, and has not: it waits with the one who leaves.
      await until("the others are asked", () => sent().length === 4);
      client.abort();
      await expect(leaving).rejects.toThrow();
      const { data } = await staying;
      expect(data.metrics.clustersSucceeded).toBe(4);
      expect([sent().length, fleet.aborted()]).toEqual([4, 0]);
    });
  });

  describe("a plan", () => {
    const explain = async (query: object) =>
      (
        await ask(
          `query ($query: MetricQueryInput!) { explainMetrics(query: $query) { requests startTime endTime step points closed estimatedSamples
            targets { clusterName queries skipped fromCache estimatedSeries } } }`,
          { query },
        )
      ).data.explainMetrics;

    it("says whom a query would ask what, over which window, and asks nobody", async () => {
      const query = `sum(up{cluster="${first()}"})`;
      const plan = await explain({ query, clusterLabel: "cluster", endTime: "2026-05-01T00:00:10Z", step: "5m" });
      expect(plan).toMatchObject({
        requests: 1,
        startTime: "2026-04-30T23:00:00.000Z",
        endTime: "2026-05-01T00:00:00.000Z",
        step: "5m",
        points: 13,
        closed: true,
        estimatedSamples: 13,
      });
      expect(plan.targets.map(({ clusterName }: { clusterName: string }) => clusterName)).toEqual(names);
      expect(plan.targets[0]).toMatchObject({
        queries: ["sum(up)"],
        skipped: null,
        fromCache: false,
        estimatedSeries: 1,
      });
      expect(plan.targets[1]).toMatchObject({
        queries: [],
        skipped: expect.stringContaining("cluster"),
        estimatedSeries: 0,
      });
      expect(sent()).toHaveLength(0);
    });

    it("says how the one answer over all clusters would come about", async () => {
      const { data } = await ask(
        `query ($query: MetricQueryInput!) { explainMetrics(query: $query) { requests combination { method leaves combining } targets { clusterName queries skipped } } }`,
        { query: { query: `avg(up{cluster!="${first()}"})`, scope: "GLOBAL", time: "2026-01-06T00:00:00Z" } },
      );
      const { combination, targets, requests } = data.explainMetrics;
      expect(combination).toMatchObject({
        method: "PUSHED_DOWN",
        leaves: { length: 2 },
        combining: expect.any(String),
      });
      expect(targets[0]).toMatchObject({
        clusterName: first(),
        queries: [],
        skipped: expect.stringContaining("cluster"),
      });
      for (const { queries } of targets.slice(1)) expect(queries).toEqual(combination.leaves);
      expect([requests, sent().length]).toEqual([6, 0]);
    });

    it("knows what is kept, and how much was answered before", async () => {
      const query = { query: "up{job='kubelet'}", time: "2026-11-21T00:00:00Z", clusterIds: [ids[first()]] };
      expect(await explain(query)).toMatchObject({ requests: 1, estimatedSamples: null });
      const { data } = await metrics(query);
      const [{ outcome }] = data.metrics.results;
      expect(await explain(query)).toMatchObject({
        requests: 0,
        estimatedSamples: outcome.rows,
        targets: [{ fromCache: true, estimatedSeries: outcome.rows }],
      });
      expect(sent()).toHaveLength(1);
    });
  });

  describe("a stream", () => {
    const ITEM =
      "round completed total done result { clusterName status data { metric values } outcome { error { code } } }";
    const stream = (args: string, token = TOKENS.ann) =>
      graph.subscribe(`subscription { metricStream(${args}) { ${ITEM} } }`, {}, { token });
    const take = async (items: AsyncIterableIterator<Answer>, count: number) => {
      const taken = [];
      for (let n = 0; n < count; n += 1) {
        const { value } = await items.next();
        expect(value.errors).toBeUndefined();
        taken.push(value.data.metricStream);
      }
      return taken;
    };

    it("has each cluster's part as it comes in, and goes on with a later window", async () => {
      await fleet.setFault(first(), "prometheus", "slow", { delayMs: 700 });
      const items = stream(`query: { query: "sum(up)", clusterLabel: "cluster" }, every: "5s", instant: true`);
      const round = await take(items, 4);
      expect(round.map(({ round, completed, total, done }) => [round, completed, total, done])).toEqual([
        [1, 1, 4, false],
        [1, 2, 4, false],
        [1, 3, 4, false],
        [1, 4, 4, true],
      ]);
      expect(round.at(-1).result.clusterName).toBe(first());
      expect(new Set(round.map(({ result }) => result.data[0].metric.cluster))).toEqual(new Set(names));
      expect(sent()).toHaveLength(4);
      const [next] = await take(items, 1);
      expect(next).toMatchObject({ round: 2, completed: 1, done: false });
      expect(next.result.data[0].values[0][0]).toBeGreaterThanOrEqual(round[0].result.data[0].values[0][0] + 5);
      await items.return?.();
      expect(sent().length).toBeLessThanOrEqual(8);
    });

    it("tells of a cluster that fails as of any other, and of none where there is none", async () => {
      await failing("error-503");
      const items = stream(`query: { query: "sum(up)" }, every: "5s"`);
      const round = await take(items, 4);
      const broken = round.find(({ result }) => result.clusterName === first());
      expect(broken.result).toMatchObject({ status: "ERROR", outcome: { error: { code: "UPSTREAM_ERROR" } } });
      await items.return?.();
      const nobody = stream(`query: { query: "up" }`, TOKENS.eve);
      expect(await take(nobody, 1)).toEqual([{ round: 1, completed: 0, total: 0, done: true, result: null }]);
      await nobody.return?.();
    });

    it("ends what it has asked as soon as its reader leaves", async () => {
      for (const name of names) await fleet.setFault(name, "prometheus", "hang");
      const items = stream(`query: { query: "sum(up)" }`);
      const pending = items.next();
      await until("all are asked", () => fleet.inFlight({ upstream: "prometheus" }) === 4);
      const left = performance.now();
      await items.return?.();
      await until("nobody is asked any more", () => fleet.inFlight({ upstream: "prometheus" }) === 0);
      expect(performance.now() - left).toBeLessThan(1000);
      await pending.catch(() => {});
    });

    it.each([
      ["INVALID_DURATION", `query: { query: "up" }, every: "0s"`],
      ["BAD_USER_INPUT", `query: { query: "up" }, every: "4s"`],
      ["INVALID_PROMQL", `query: { query: "up{" }`],
      ["BAD_USER_INPUT", `query: { query: "up", time: "2026-01-01T00:00:00Z" }`],
      ["BAD_USER_INPUT", `query: { query: "up", endTime: "2026-01-01T00:00:00Z" }`],
      ["BAD_USER_INPUT", `query: { query: "up", completeness: {} }`],
      ["BAD_USER_INPUT", `query: { query: "up", scope: GLOBAL }`],
      ["CLUSTER_NOT_FOUND", `query: { query: "up", clusterIds: ["00000000-0000-4000-8000-000000000000"] }`],
    ])("is refused with %s: %s", async (code, args) => {
      const { value } = await stream(args).next();
      expect(value.errors?.[0]?.extensions).toMatchObject({ code });
      expect(sent()).toHaveLength(0);
    });
  });

  describe("a pod's metrics", () => {
    it("are its own, whatever the expression says", async () => {
      const { data, errors } = await ask(
        `query ($id: UUID!) { cluster(id: $id) { pods(pageSize: 2) { items { namespace name
          metrics(query: "kube_pod_info{pod=\\"another\\"} or kube_pod_info{namespace!=\\"x\\"}", range: { duration: "5m" }) { status data { metric } } } } } }`,
        { id: ids[first()] },
      );
      expect(errors).toBeUndefined();
      expect(data.cluster.pods.items).toHaveLength(2);
      for (const { namespace, name, metrics } of data.cluster.pods.items) {
        expect(metrics.status).toBe("SUCCESS");
        expect(metrics.data).toMatchObject([{ metric: { namespace, pod: name } }]);
        const own = `namespace="${namespace}",pod="${name}"`;
        expect(sent().map(({ params }) => params["query"])).toContain(`kube_pod_info{${own}} or kube_pod_info{${own}}`);
      }
      expect(sent()).toHaveLength(2);
    });

    it("are refused where the expression is wrong", async () => {
      const { errors } = await ask(
        `query ($id: UUID!) { cluster(id: $id) { pods(pageSize: 1) { items { metrics(query: "sum(") { status } } } } }`,
        { id: ids[first()] },
      );
      expect(errors?.[0]?.extensions).toMatchObject({ code: "INVALID_PROMQL" });
      expect(sent()).toHaveLength(0);
    });
  });
});
