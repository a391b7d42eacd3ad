import { describe, expect, it } from "vitest";
import type {
  Case,
  EntityRef,
  LogLine,
  MetricPoint,
  MetricSignal,
  RankedCause,
  SpanSignal,
  TopologyEdge,
} from "./index.ts";
import { rankCauses } from "./index.ts";

const MINUTE = 60_000;
const ONSET = 1_000 * MINUTE;
const START = ONSET - 20 * MINUTE;
const END = ONSET + 4 * MINUTE;

const pod = (name: string): EntityRef => ({ kind: "POD", namespace: "shop", name });
const node = (name: string): EntityRef => ({ kind: "NODE", namespace: null, name });
const [FRONT, CART, PAY, STOCK] = [pod("front"), pod("cart"), pod("pay"), pod("stock")];

const NOTHING: Case = {
  onset: ONSET,
  windowSeconds: 240,
  history: [{ start: START, end: ONSET }],
  metrics: [],
  logs: [],
  spans: [],
  events: [],
  alerts: [],
  changes: [],
  topology: [],
  gaps: [],
};

/** A series with a point a minute. */
const series = (
  entity: EntityRef,
  metric: string,
  valueAt: (time: number) => number,
  more: Partial<MetricSignal> = {},
): MetricSignal => ({
  entity,
  metric,
  polarity: "UP",
  query: `${metric}{name="${entity.name}"}`,
  points: Array.from({ length: 24 }, (_, at): MetricPoint => {
    const time = START + at * MINUTE;
    return { time, value: valueAt(time) };
  }),
  ...more,
});

/** Small, different at each time, and the same at each run. */
const wobble = (time: number, size = 1): number => (((time / MINUTE) * 7919) % 13) * (size / 13);

interface Request {
  readonly time: number;
  readonly broken: boolean;
}

interface Told {
  readonly ms?: number;
  readonly gapMs?: number;
  readonly error?: boolean;
  readonly lines?: readonly (readonly [level: string, message: string])[];
}

/** Six requests a minute to the front, which calls the cart, which calls the others: what each of them does is told by request. */
function traffic(tell: (entity: EntityRef, request: Request) => Told): Pick<Case, "logs" | "spans"> {
  const logs: LogLine[] = [];
  const spans: SpanSignal[] = [];
  const visit = (
    entity: EntityRef,
    traceId: string,
    parentId: string | null,
    request: Request,
    callees: EntityRef[],
  ): number => {
    const { ms = 5 + wobble(request.time, 2), gapMs = 1, error = false, lines = [] } = tell(entity, request);
    const spanId = `${traceId}-${entity.name}`;
    let end = request.time + ms;
    for (const callee of callees) {
      const took = visit(
        callee,
        traceId,
        `${spanId}-${callee.name}`,
        { ...request, time: end },
        callee === CART ? [PAY, STOCK] : [],
      );
      spans.push(spanOf(entity, traceId, `${spanId}-${callee.name}`, spanId, "HTTP POST", end, took));
      end += took;
    }
    spans.push(
      spanOf(entity, traceId, spanId, parentId, `POST /${entity.name}`, request.time, end - request.time, error),
    );
    for (const [level, message] of lines) logs.push({ entity, time: request.time, level, message, traceId, spanId });
    return end - request.time + gapMs;
  };
  for (let time = START; time < END; time += MINUTE / 6) {
    visit(FRONT, `trace${time}`, null, { time, broken: time >= ONSET }, [CART]);
  }
  return { logs, spans };
}

const spanOf = (
  entity: EntityRef,
  traceId: string,
  spanId: string,
  parentId: string | null,
  operation: string,
  start: number,
  durationMs: number,
  error = false,
): SpanSignal => ({ traceId, spanId, parentId, entity, operation, start, durationMs, error });

const best = (asked: Partial<Case>): RankedCause | undefined => rankCauses({ ...NOTHING, ...asked }).causes[0];
const signalsOf = (cause: RankedCause | undefined): string[] => (cause?.signals ?? []).map(({ signal }) => signal);

describe("the root cause", () => {
  it("of a deployment whose new version fails is the pod that fails first, and not those that wait for it", () => {
    const { logs, spans } = traffic((entity, { time, broken }) => {
      if (entity === PAY) {
        return broken
          ? { error: true, lines: [["ERROR", `NullPointerException: card of order ${time} is null`]] }
          : { lines: [["INFO", `charged card for order ${time}`]] };
      }
      const failed = broken && (entity === CART || entity === FRONT);
      return failed
        ? { error: true, lines: [["ERROR", `upstream answered 500 for request ${time}`]] }
        : { lines: [["INFO", `answered request ${time} of ${entity.name}`]] };
    });
    expect(rankCauses({ ...NOTHING, logs, spans }).causes[0]?.entity).toEqual(PAY);
    const workload: EntityRef = { kind: "WORKLOAD", namespace: "shop", name: "pay" };
    const cause = best({
      logs,
      spans,
      changes: [{ entity: workload, time: ONSET - 2 * MINUTE, kind: "ROLLOUT", description: "pay:1.4.1 to pay:1.5.0" }],
      topology: [{ from: workload, to: PAY, kind: "OWNS" }],
    });
    expect(cause).toMatchObject({ entity: PAY, verdict: "CONFIRMED" });
    expect(signalsOf(cause)).toEqual(expect.arrayContaining(["LOGS", "ERRORS", "CHANGES"]));
    const said = cause?.evidence.find(({ signal, pattern }) => signal === "ERRORS" && pattern !== null);
    expect(said).toMatchObject({ value: 1, expected: 0, pattern: "NullPointerException: card of order" });
    expect((said?.at ?? 0) - ONSET).toBeLessThan(100);
    expect(said?.statement).toBe(
      '"NullPointerException: card of order <*> is null" is in 100 % of 24 requests to POST /pay; usually in 0 %.',
    );
    expect(said?.traceIds).toHaveLength(3);
  });

  it("that says nothing any more is known by the lines that are missing", () => {
    const { logs, spans } = traffic((entity, { time, broken }) =>
      entity === STOCK && broken ? {} : { lines: [["INFO", `answered request ${time} of ${entity.name}`]] },
    );
    const cause = best({ logs, spans });
    expect(cause).toMatchObject({ entity: STOCK, verdict: "LIKELY" });
    expect(cause?.evidence[0]).toMatchObject({ signal: "LOGS", value: 0, expected: 1 });
  });

  it("of lines that were not asked for is not that they are missing", () => {
    const { logs, spans } = traffic(() => ({ lines: [["INFO", "answered"]] }));
    const cut = ONSET - 5 * MINUTE;
    const early = logs.filter(({ time }) => time < cut);
    expect(best({ logs: early, spans })?.signals.map(({ signal }) => signal)).toContain("LOGS");
    const { causes } = rankCauses({ ...NOTHING, logs: early, spans, logRanges: [{ start: START, end: cut }] });
    expect(causes.flatMap(signalsOf)).not.toContain("LOGS");
  });

  it("of a memory leak is the pod that nears its limit, with the restarts that come of it", () => {
    const leak = (time: number): number => 200 + Math.max(0, (time - ONSET) / MINUTE + 6) * 80;
    const cause = best({
      metrics: [
        series(CART, "memory", leak, { limit: 1_000 }),
        ...[FRONT, PAY, STOCK].map((entity) =>
          series(entity, "memory", (time) => 300 + wobble(time, 20), { limit: 1_000 }),
        ),
      ],
      events: [
        {
          entity: CART,
          time: ONSET + MINUTE,
          reason: "OOMKilling",
          message: "Memory cgroup out of memory",
          type: "Warning",
          count: 1,
        },
      ],
    });
    expect(cause).toMatchObject({ entity: CART, verdict: "CONFIRMED" });
    expect(cause?.evidence.find(({ signal }) => signal === "METRICS")).toMatchObject({
      query: 'memory{name="cart"}',
      at: ONSET + 3 * MINUTE,
      value: 920,
    });
  });

  it("of a noisy neighbour is the pod that takes what its node is short of, and neither the node nor its victims", () => {
    const host = node("node-1");
    const { logs, spans } = traffic((entity, { broken }) => (broken && entity !== FRONT ? { ms: 60 } : {}));
    const noisy = pod("batch");
    const runsOn: TopologyEdge[] = [CART, PAY, STOCK, noisy].map((from) => ({ from, to: host, kind: "RUNS_ON" }));
    const { causes } = rankCauses({
      ...NOTHING,
      logs,
      spans,
      metrics: [
        series(noisy, "cpu", (time) => (time >= ONSET ? 7.5 : 0.2) + wobble(time, 0.05)),
        series(host, "cpu", (time) => (time >= ONSET ? 7.9 : 2) + wobble(time, 0.2)),
        ...[CART, PAY, STOCK].map((entity) => series(entity, "cpu", (time) => 0.4 + wobble(time, 0.1))),
      ],
      topology: runsOn,
    });
    expect(causes[0]?.entity).toEqual(noisy);
    expect(causes.map(({ entity }) => entity)).toEqual(expect.arrayContaining([host, CART, PAY, STOCK]));
  });

  it("of a slow network is the end that all slow ways have in common", () => {
    const slow = traffic((entity, { broken }) => (broken && entity === PAY ? { gapMs: 400 } : {}));
    expect(best(slow)).toMatchObject({ entity: PAY, verdict: "LIKELY", signals: [{ signal: "TRACES" }] });
    const behind = traffic((entity, { broken }) =>
      broken && (entity === PAY || entity === STOCK) ? { gapMs: 400 } : {},
    );
    const { causes } = rankCauses({ ...NOTHING, ...behind });
    expect(causes.filter((cause) => cause.verdict !== "INCONCLUSIVE").map(({ entity }) => entity)).toEqual([CART]);
    expect(best(behind)?.evidence[0]?.statement).toBe("The way to or from it takes 400 ms; usually 1 ms.");
  });

  it("of a slow service is the one that is slow by itself", () => {
    expect(best(traffic((entity, { broken }) => (broken && entity === STOCK ? { ms: 900 } : {})))).toMatchObject({
      entity: STOCK,
      signals: [{ signal: "TRACES" }],
    });
  });

  it("of an XID storm is the GPU, and not the pods that use it", () => {
    const gpu: EntityRef = { kind: "GPU", namespace: null, name: "GPU-7c" };
    const worker = pod("trainer");
    const lines: LogLine[] = Array.from({ length: 24 * 6 }, (_, at) => {
      const time = START + (at * MINUTE) / 6;
      return {
        entity: worker,
        time,
        level: null,
        message: time < ONSET ? "INFO step done" : "ERROR CUDA error: unspecified launch failure",
      };
    });
    const cause = best({
      logs: lines,
      metrics: [series(gpu, "gpu_xid", (time) => (time < ONSET ? 0 : 12), { limit: 1 })],
      events: [
        {
          entity: gpu,
          time: ONSET,
          reason: "XidError",
          message: "Xid 79: GPU has fallen off the bus",
          type: "Warning",
          count: 12,
        },
      ],
      topology: [{ from: worker, to: gpu, kind: "USES" }],
    });
    expect(cause).toMatchObject({ entity: gpu, verdict: "CONFIRMED" });
  });

  it("of an expired certificate is the certificate, although nothing about it is new", () => {
    const certificate: EntityRef = { kind: "CERTIFICATE", namespace: "shop", name: "pay-tls" };
    const { logs, spans } = traffic((entity, { broken }) => {
      if (!broken || entity !== CART) return { lines: [["INFO", "answered"]] };
      return { error: true, lines: [["ERROR", "x509: certificate has expired or is not yet valid"]] };
    });
    const cause = best({
      logs,
      spans,
      metrics: [
        series(certificate, "certificate_seconds_left", (time) => (ONSET - time) / 1000, {
          polarity: "DOWN",
          limit: 0,
        }),
      ],
      events: [
        {
          entity: certificate,
          time: ONSET,
          reason: "CertificateExpired",
          message: "pay-tls expired",
          type: "Warning",
          count: 1,
        },
      ],
      topology: [{ from: CART, to: certificate, kind: "USES" }],
    });
    expect(cause?.entity).toEqual(certificate);
  });

  it("of evicted pods is the node under pressure", () => {
    const host = node("node-2");
    const victims = ["a", "b", "c"].map(pod);
    const cause = best({
      metrics: [series(host, "node_memory_pressure", (time) => (time < ONSET ? 0 : 1), { limit: 1 })],
      events: victims.map((entity) => ({
        entity,
        time: ONSET + MINUTE,
        reason: "Evicted",
        message: "The node was low on resource: memory",
        type: "Warning" as const,
        count: 1,
      })),
      topology: victims.map((from) => ({ from, to: host, kind: "RUNS_ON" as const })),
    });
    expect(cause?.entity).toEqual(host);
  });
});

describe("the ranking", () => {
  it("finds nothing where nothing is other than usual", () => {
    const quiet = traffic((entity, { time }) => ({ lines: [["INFO", `answered request ${time} of ${entity.name}`]] }));
    const metrics = [FRONT, CART].map((entity) => series(entity, "cpu", (time) => 1 + wobble(time, 0.1)));
    const { causes, verdict } = rankCauses({ ...NOTHING, ...quiet, metrics });
    expect(verdict).toBe("INCONCLUSIVE");
    expect(causes.filter((cause) => cause.verdict !== "INCONCLUSIVE")).toEqual([]);
  });

  it("is not misled by more traffic", () => {
    const { logs, spans } = traffic(() => ({ lines: [["INFO", "answered"]] }));
    const again = <T extends { traceId?: string | null; spanId?: string | null; parentId?: string | null }>(
      item: T,
    ): T => ({
      ...item,
      traceId: `2${item.traceId}`,
      spanId: `2${item.spanId}`,
      ...(item.parentId ? { parentId: `2${item.parentId}` } : {}),
    });
    const more = {
      logs: [...logs, ...logs.filter(({ time }) => time >= ONSET).map(again)],
      spans: [...spans, ...spans.filter(({ start }) => start >= ONSET).map(again)],
    };
    expect(rankCauses({ ...NOTHING, ...more }).causes.flatMap(signalsOf)).toEqual([]);
  });

  it("of nothing is empty, and says what was missing", () => {
    const { causes, verdict, missing } = rankCauses({
      ...NOTHING,
      history: [],
      gaps: [{ source: "TRACES", reason: "Tempo did not answer." }],
    });
    expect({ causes, verdict }).toEqual({ causes: [], verdict: "INCONCLUSIVE" });
    expect(missing).toEqual([
      "TRACES: Tempo did not answer.",
      "There are no metrics of the time it happened.",
      "There are no log lines of the time it happened.",
      "There are no traces of the time it happened.",
      "There are no Kubernetes events.",
      "There is no record of changes.",
      "It is not known what runs where.",
      "There is no history of lines and traces: what is usual is not known.",
    ]);
  });

  it("takes a change for nothing where nothing else is wrong, and is less sure when two are about as good", () => {
    const changes = [{ entity: PAY, time: ONSET - MINUTE, kind: "ROLLOUT" as const, description: "1.5.0" }];
    expect(rankCauses({ ...NOTHING, changes }).causes).toEqual([]);
    const hot = [CART, STOCK].map((entity) => series(entity, "cpu", (time) => (time < ONSET ? 1 : 60)));
    const calm = [FRONT, PAY].map((entity) => series(entity, "cpu", (time) => 1 + wobble(time, 0.1)));
    expect(rankCauses({ ...NOTHING, metrics: [...hot, ...calm] }).verdict).toBe("INCONCLUSIVE");
    const one = rankCauses({ ...NOTHING, metrics: [...hot.slice(1), ...calm] });
    expect([one.causes[0]?.entity, one.verdict]).toEqual([STOCK, "LIKELY"]);
  });

  it("is the same in any order, and has only numbers whatever comes", () => {
    const { logs, spans } = traffic((entity, { time, broken }) => ({
      ms: broken && entity === CART ? 300 : 5 + wobble(time),
      lines: [[broken ? "ERROR" : "INFO", `request ${time} of ${entity.name} ${broken ? "failed" : "done"}`]],
    }));
    const odd: Partial<Case> = {
      metrics: [
        series(CART, "cpu", (time) => (time < ONSET ? Number.NaN : Number.POSITIVE_INFINITY)),
        series(PAY, "cpu", () => 0),
        series(STOCK, "cpu", (time) => (time < ONSET ? 0 : 1e308)),
      ],
      spans: [
        ...spans,
        spanOf(PAY, "x", "x1", "x1", "", Number.NaN, 5),
        spanOf(PAY, "x", "x2", "gone", "", ONSET, Number.NaN),
        spanOf(PAY, "x", "x3", "x4", "", ONSET, -5),
        spanOf(PAY, "x", "x4", "x3", "", ONSET, 5),
      ],
      logs: [
        ...logs,
        { entity: PAY, time: Number.NaN, level: null, message: "" },
        { entity: PAY, time: ONSET, level: null, message: "" },
      ],
      events: [{ entity: PAY, time: ONSET, reason: "", message: "", type: "Warning", count: Number.NaN }],
    };
    const ranking = rankCauses({ ...NOTHING, ...odd });
    const numbers = ranking.causes.flatMap(({ score, signals }) => [score, ...signals.map(({ z }) => z)]);
    expect(numbers.filter((value) => !Number.isFinite(value))).toEqual([]);
    const turned = {
      ...odd,
      logs: odd.logs?.toReversed() ?? [],
      spans: odd.spans?.toReversed() ?? [],
      metrics: odd.metrics?.toReversed() ?? [],
    };
    const names = ({ causes }: ReturnType<typeof rankCauses>) =>
      causes.map(({ entity, score }) => `${entity.name} ${score.toFixed(6)}`);
    expect(names(rankCauses({ ...NOTHING, ...turned }))).toEqual(names(ranking));
  });

  it("looks at no more than it may, the window first, and says so", () => {
    const logs: LogLine[] = Array.from({ length: 70_000 }, (_, at) => ({
      entity: PAY,
      time: START + (at * (END - START)) / 70_000,
      level: "INFO",
      message: `tick ${at}`,
    }));
    const { missing } = rankCauses({ ...NOTHING, logs });
    expect(missing).toContain("Of 70000 logs, the latest 60000 were looked at.");
  });
});
