import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { Outbox } from "../../../prisma/outbox.ts";
import { clusterRow, identity } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { type HttpServer, startHttpServer } from "../../../test/support/http-server.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import { Changes } from "../../shared/fleet/changes.ts";
import { FleetClients } from "../../shared/fleet/clients.ts";
import { FleetDirectory } from "../../shared/fleet/directory.ts";
import { SIGNED_OUT } from "../../shared/fleet/sign-in.ts";
import type { BusEvent } from "../../shared/kernel/bus/events.ts";
import { AnomalyPayload } from "../../shared/kernel/bus/payloads.ts";
import { createLogger } from "../../shared/kernel/log.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { UpstreamHttp } from "../../shared/upstreams/http.ts";
import { anomalyLoaders } from "./anomaly.loader.ts";
import { AnomalyRepository } from "./anomaly.repository.ts";
import { AnomalyDeedService } from "./anomaly-deed.service.ts";
import type { AnomalyJudge, Candidate } from "./anomaly-judge.service.ts";
import { AnomalyRelationRepository } from "./anomaly-relation.repository.ts";
import { DetectionService } from "./detection.service.ts";
import { DetectionPool } from "./detection-pool.service.ts";
import { FleetSeries } from "./fleet-series.loader.ts";
import { JudgingService } from "./judging.service.ts";
import { RecordingService } from "./recording.service.ts";
import { RuleRepository } from "./rule.repository.ts";
import { RuleService, type RuleSpec } from "./rule.service.ts";
import { RuleRunService } from "./rule-run.service.ts";

const STEP = 60;
const NOON = new Date("2026-03-01T12:00:00Z");
const later = (minutes: number): Date => new Date(NOON.getTime() + minutes * 60_000);
const log = createLogger({ level: "silent", name: "test" });

/** The same each time, and as good as random. */
const noise = (index: number): number => {
  const x = Math.sin(index * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
};

await describeDatabases("Runs of detection rules", (open) => {
  let test: TestDatabase;
  let http: UpstreamHttp;
  let prometheus: HttpServer;
  const pool = new DetectionPool(1);
  /** Of the first pod: from when on, in unix seconds, it is ten times as high, for one point. */
  let spikes: number[];
  let broken: boolean;
  let now: Date;
  let events: BusEvent[];
  let judge: AnomalyJudge | null;
  let clusterId: string;

  beforeAll(async () => {
    test = await open();
    http = new UpstreamHttp(loopbackGuard());
    prometheus = await startHttpServer(({ body }, response) => {
      if (broken) {
        response.writeHead(500).end();
        return;
      }
      const asked = new URLSearchParams(body);
      const [start, end] = [Number(asked.get("start")), Number(asked.get("end"))];
      const result = ["cart-0", "cart-1"].map((pod, series) => ({
        metric: { __name__: "load", namespace: "shop", pod },
        values: Array.from({ length: (end - start) / STEP + 1 }, (_, index) => {
          const time = start + index * STEP;
          const height = series === 0 && spikes.includes(time) ? 10_000 : 1;
          return [time, String(100 + height * noise(time / STEP + series * 0.5))];
        }),
      }));
      response.end(JSON.stringify({ status: "success", data: { resultType: "matrix", result } }));
    });
  });
  afterAll(async () => {
    await pool.close();
    await http.close();
    await prometheus[Symbol.asyncDispose]();
    await test.dispose();
  });
  beforeEach(async () => {
    [spikes, broken, now, events, judge] = [[], false, NOON, [], null];
    const row = clusterRow({ name: `c-${randomUUID().slice(0, 8)}`, prometheusUrl: prometheus.url });
    clusterId = (await test.database.prisma.cluster.create({ data: row })).id;
  });
  afterEach(async () => {
    const { prisma } = test.database;
    await prisma.detectionRule.deleteMany();
    await prisma.anomaly.deleteMany();
    await prisma.cluster.deleteMany();
  });

  const clock = { now: () => now };
  /** As one replica has them. */
  const parts = () => {
    const { prisma } = test.database;
    const clients = new FleetClients(http, { signIn: () => Promise.resolve(SIGNED_OUT) }, loopbackGuard());
    const outbox = new Outbox(prisma, async (_, event) => events.push(event as BusEvent));
    const limits = { series: 100, samples: 1_000_000 };
    const series = new FleetSeries({ clients, reader: pool, limits, onInternalError: () => {} });
    return {
      repository: new RuleRepository(prisma),
      directory: new FleetDirectory(prisma),
      detection: new DetectionService(series, pool),
      judging: new JudgingService(judge, new AnomalyRelationRepository(prisma)),
      recording: new RecordingService(new AnomalyRepository(prisma)),
      changes: new Changes({ prisma, outbox, clock, log }),
      clock,
    };
  };
  const operation = (): Operation => ({
    id: randomUUID(),
    requestId: "r",
    startedAt: now,
    identity: identity(),
    signal: new AbortController().signal,
  });
  const create = (given: Partial<RuleSpec> = {}) =>
    new RuleService(operation(), parts()).create({
      name: "load",
      expression: "load",
      method: "STATISTICAL",
      sensitivity: 0.5,
      every: "1m",
      window: "10h",
      notifyScore: 4,
      enabled: true,
      ...given,
    });
  const run = async (): Promise<void> => {
    const due = await test.database.prisma.detectionRule.findMany();
    for (const rule of due) await new RuleRunService(parts()).run(rule, new AbortController().signal);
  };
  const kept = () => test.database.prisma.anomaly.findMany({ where: { clusterId }, orderBy: { detectedAt: "asc" } });
  const rule = () => test.database.prisma.detectionRule.findFirstOrThrow();
  const spikeAt = (minutes: number): void => void spikes.push(later(minutes).getTime() / 1000);
  const deeds = () => {
    const { repository: rules, changes, directory } = parts();
    const { prisma } = test.database;
    const asked = operation();
    const loaders = anomalyLoaders(asked, directory, {
      anomalies: new AnomalyRepository(prisma),
      relations: new AnomalyRelationRepository(prisma),
    });
    return new AnomalyDeedService(asked, loaders, { rules, changes, clock });
  };

  it("record what happened since the last one, once, and tell of it", async () => {
    await create();
    await run();
    expect(await kept()).toEqual([]);
    expect(await rule()).toMatchObject({ lastError: null, lastRun: { seriesScanned: 2, recorded: 0, complete: true } });

    spikeAt(5);
    now = later(6);
    await run();
    const [anomaly, ...more] = await kept();
    expect(more).toEqual([]);
    expect(anomaly).toMatchObject({
      detectedAt: later(5),
      metricName: "load",
      labels: { namespace: "shop", pod: "cart-0" },
      namespace: "shop",
      anomalyType: "SPIKE",
      severity: "HIGH",
      notified: true,
    });
    expect(events.map(({ event_type, cluster_id, namespace }) => [event_type, cluster_id, namespace])).toEqual([
      ["ANOMALY_DETECTED", clusterId, "shop"],
    ]);
    expect(AnomalyPayload.parse(events[0]?.payload)).toMatchObject({
      anomaly_id: anomaly?.id,
      labels: { pod: "cart-0" },
    });
    expect(await rule()).toMatchObject({ lastRun: { recorded: 1, notified: 1, pointsScanned: 12 } });

    now = later(8);
    await run();
    expect(await kept()).toHaveLength(1);
    expect(events).toHaveLength(1);
  });

  it("of two replicas at once record it once", async () => {
    const made = await create();
    spikeAt(-5);
    const { repository } = parts();
    const taken = await Promise.all([repository.takeDue(now, 8), repository.takeDue(now, 8)]);
    expect(taken.flat().map(({ id }) => id)).toEqual([made.id]);
    // Even where a run takes longer than until the next one, which another replica then takes.
    const { signal } = new AbortController();
    await Promise.all([1, 2, 3].map(() => new RuleRunService(parts()).run(made, signal)));
    expect(await kept()).toHaveLength(1);
    expect(events).toHaveLength(1);
  });

  it("record of the time before they were there, and tell of what is not long ago", async () => {
    spikeAt(-120);
    await create();
    await run();
    expect(await kept()).toMatchObject([{ detectedAt: later(-120), notified: false }]);
    expect(events).toEqual([]);
  });

  it("are told what is expected: the series has to be rarer then", async () => {
    await create();
    await run();
    spikeAt(5);
    now = later(6);
    await run();
    const [first] = await kept();
    for (const note of ["a test of load", "again"]) await deeds().markExpected(first?.id ?? "", note);
    expect(await kept()).toMatchObject([{ expectedBy: "ann", expectedNote: "again" }]);
    // One power of ten: twice marked is learned once.
    const [state] = await test.database.prisma.detectionState.findMany();
    expect(Object.values(state?.series as object)).toMatchObject([{ taught: { weight: 1 } }]);
    // A spike as rare is recorded all the same, and told no more: others are from 4 on.
    spikeAt(60);
    now = later(61);
    await run();
    const scores = (await kept()).map(({ score, notified }) => [score > 4 && score < 5, notified]);
    expect(scores).toEqual([
      [true, true],
      [true, false],
    ]);
    expect(events).toHaveLength(1);
  });

  it("record what is muted, and tell nothing of it until then", async () => {
    const { id } = await create({ notifyScore: 3 });
    await run();
    await new RuleService(operation(), parts()).mute(id, later(30));
    spikeAt(5);
    now = later(6);
    await run();
    const [first] = await kept();
    expect(first).toMatchObject({ notified: false });
    await deeds().muteSeries(first?.id ?? "", later(120));
    spikeAt(60);
    now = later(61);
    await run();
    expect(await kept()).toMatchObject([{ notified: false, mutedUntil: later(120) }, { notified: false }]);
    spikeAt(180);
    now = later(181);
    await run();
    expect((await kept()).map(({ notified }) => notified)).toEqual([false, false, true]);
  });

  it("come back to a cluster that did not answer, and say so", async () => {
    await create();
    await run();
    spikeAt(5);
    [now, broken] = [later(6), true];
    await run();
    expect((await rule()).lastError).toMatch(/^1 of 1 clusters did not answer: /);
    expect(await rule()).toMatchObject({ lastRun: { complete: false, outcomes: [{ clusterId, status: "ERROR" }] } });
    [now, broken] = [later(20), false];
    await run();
    expect(await kept()).toMatchObject([{ detectedAt: later(5) }]);
    expect((await rule()).lastError).toBeNull();
  });

  it("say when their clusters are not there any more", async () => {
    await create({ selector: { ids: [clusterId] } });
    await test.database.prisma.cluster.update({ where: { id: clusterId }, data: { deletedAt: now } });
    await run();
    expect((await rule()).lastError).toMatch(/^No cluster /);
  });

  it("have a model judge what they found, and keep what it takes for an anomaly", async () => {
    await expect(create({ method: "LLM_ASSISTED" })).rejects.toMatchObject({ code: "MODEL_NOT_CONFIGURED" });
    const shown: Candidate[] = [];
    let anomalous = false;
    judge = {
      judge: async (candidates) => {
        shown.push(...candidates);
        return candidates.map(() => ({
          anomalous,
          explanation: "Nobody deploys at noon.",
          confidence: 0.9,
          model: "m",
        }));
      },
    };
    await create({ method: "LLM_ASSISTED" });
    await run();
    spikeAt(5);
    now = later(6);
    await run();
    expect(shown).toMatchObject([{ metricName: "load", labels: { pod: "cart-0" }, kind: "SPIKE", alerts: [] }]);
    expect(shown[0]?.before).toHaveLength(24);
    expect(shown[0]?.before.at(-1)).toBe(shown[0]?.actual);
    expect(await kept()).toEqual([]);

    anomalous = true;
    spikeAt(60);
    now = later(61);
    await run();
    expect(await kept()).toMatchObject([
      {
        detectionType: "LLM_ASSISTED",
        judgement: "Nobody deploys at noon.",
        model: "m",
        confidenceScore: 0.9,
        detectedAt: later(60),
      },
    ]);
  });

  it("are stopped in the middle with whoever runs them", async () => {
    const made = await create();
    const stop = new AbortController();
    const running = new RuleRunService(parts()).run(made, stop.signal);
    stop.abort(new Error("stopping"));
    await expect(running).rejects.toThrow();
    expect(await test.database.prisma.detectionState.count()).toBe(0);
  });
});
