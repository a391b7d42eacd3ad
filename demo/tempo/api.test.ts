import { describe, expect, it } from "vitest";
import { z } from "zod";
import { clusterSpec } from "../catalogue.ts";
import { call } from "../testing/call.ts";
import { lacking, recording } from "../testing/recordings.ts";
import { failingPod } from "../world/incidents.ts";
import { buildWorld, type World } from "../world/world.ts";
import { tempoHandler } from "./api.ts";

const NOW = Date.UTC(2026, 10, 22, 22, 40);
const END = NOW / 1000;
// The recorded cluster runs network functions, as this one does; each version's recordings are of one like it.
const edge = buildWorld({ ...clusterSpec(1, 3), tempo: "2.10" });
const handler = tempoHandler(edge);
const world = buildWorld(clusterSpec(1, 0));
const hub = tempoHandler(world);

const value = z.record(z.string(), z.unknown());
const attributes = z.array(z.object({ key: z.string(), value }));
const spanSet = z.object({
  spans: z.array(
    z.object({
      spanID: z.string(),
      name: z.string().optional(),
      startTimeUnixNano: z.string(),
      durationNanos: z.string(),
      attributes: attributes.optional(),
    }),
  ),
  matched: z.number(),
  attributes: attributes.optional(),
});
const found = z.object({
  traces: z.array(
    z.object({
      traceID: z.string(),
      rootServiceName: z.string(),
      startTimeUnixNano: z.string(),
      durationMs: z.number(),
      spanSets: z.array(spanSet).optional(),
    }),
  ),
});

function search(params: Record<string, string>, of = hub) {
  const query = String(new URLSearchParams({ start: String(END - 3600), end: String(END), ...params }));
  return call(of, `/api/search?${query}`, { now: NOW });
}
const traces = (q: string, more: Record<string, string> = {}) => found.parse(search({ q, ...more }).data).traces;
const spansOf = (q: string, more: Record<string, string> = {}) =>
  traces(q, { limit: "5", spss: "50", ...more }).flatMap(({ spanSets = [] }) => spanSets.flatMap(({ spans }) => spans));
const told = (span: { attributes?: z.infer<typeof attributes> | undefined }, key: string) =>
  span.attributes?.find((one) => one.key === key)?.value;

describe("answers like the recorded ones", () => {
  it.each([
    "ready",
    "echo",
    "not-found",
    "search-bad-limit",
    "search-end-before-start",
    "search-traceql-parse-error",
    "search-traceql-type-error",
    "tag-values-v2-bad",
    "tag-values-v2-intrinsic-status",
    "tags-v2-bad-scope",
    "trace-bad-id",
    "trace-id-too-long",
    "trace-missing",
    "trace-v2-bad-id",
    "trace-v2-missing",
  ])("%s, to the letter", (name) => {
    const real = recording("tempo-2.10", name);
    const ours = call(handler, real.path, { now: NOW });
    expect([ours.status, ours.contentType || undefined, ours.data]).toEqual([
      real.status,
      real.contentType,
      real.answer,
    ]);
  });

  // What spans there have and these have not, and what is counted of how a query was answered.
  const data = /\.value\.|\.links|\.metrics\./;

  it.each([
    "buildinfo",
    "method-not-allowed",
    "search-no-params",
    "search-no-range",
    "search-tags-logfmt",
    "search-min-duration",
    "search-traceql",
    "search-traceql-aggregate",
    "search-traceql-duration",
    "search-traceql-empty-result",
    "search-traceql-event-link",
    "search-traceql-select",
    "search-traceql-structural",
    "tag-values-v1",
    "tag-values-v2",
    "tag-values-v2-filtered",
    "tag-values-v2-int",
    "tag-values-v2-unscoped",
    "tags-v1",
    "tags-v2",
    "tags-v2-scope",
  ])("the shape of %s", (name) => {
    const real = recording("tempo-2.10", name);
    const path = real.path
      .replace("ai-serving", "upf-core")
      .replace("TimeoutError", "PfcpError")
      .replace("count%28%29+%3E+3", "count%28%29+%3E+2");
    const ours = call(handler, path, { now: NOW, method: real.method });
    expect([ours.status, ours.contentType]).toEqual([real.status, real.contentType]);
    const fixed = (keys: string[]) => keys.filter((key) => !data.test(key));
    expect(fixed(lacking(real.answer, ours.data))).toEqual([]);
    expect(fixed(lacking(ours.data, real.answer))).toEqual([]);
  });

  it.each([
    ["trace-with-errors", "/api/traces/"],
    ["trace-v2", "/api/v2/traces/"],
  ])("the shape of %s", (name, path) => {
    const failed = edge.traces
      .between(END - 3600, END)
      .find(({ spans }) => spans[0]?.failure === undefined && spans.some(({ failure }) => failure !== undefined));
    const any = edge.traces
      .between(END - 3600, END)
      .find(({ spans }) => spans.some(({ failure }) => failure !== undefined));
    const real = recording("tempo-2.10", name);
    const ours = call(handler, path + ((failed ?? any)?.id ?? ""), { now: NOW });
    expect([ours.status, ours.contentType]).toEqual([real.status, real.contentType]);
    const fixed = (keys: string[]) => keys.filter((key) => !data.test(key));
    expect(fixed(lacking(real.answer, ours.data))).toEqual([]);
    expect(fixed(lacking(ours.data, real.answer))).toEqual([]);
  });
});

describe("the newer version", () => {
  const newer = tempoHandler(buildWorld(clusterSpec(1, 3)));

  it.each(["search-bad-limit", "search-range-too-long", "trace-v2-missing"])("answers as recorded: %s", (name) => {
    const real = recording("tempo-3.0", name);
    const ours = call(newer, real.path, { now: 1_795_386_669_000 });
    expect([ours.status, ours.contentType, ours.data]).toEqual([real.status, real.contentType, real.answer]);
  });

  it("is another one", () => {
    const version = (of: typeof newer) =>
      z.object({ version: z.string() }).parse(call(of, "/api/status/buildinfo").data).version;
    expect([version(newer), version(handler)]).toEqual(["v3.0.3", "v2.10.8"]);
    const long = { q: "{}", start: String(END - 30 * 86_400), end: String(END) };
    expect([search(long, newer).status, search(long, handler).status]).toEqual([400, 200]);
  });
});

describe("a search", () => {
  const failing = failingPod(world.inventory)?.name ?? "";

  it("finds spans by attributes of any scope, by status and duration, and tells what was asked about", () => {
    const spans = spansOf(`{ resource.k8s.pod.name = "${failing}" && status = error && duration > 100ms }`);
    expect(spans.length).toBeGreaterThan(3);
    for (const span of spans) {
      expect(Number(span.durationNanos)).toBeGreaterThan(100_000_000);
      expect(told(span, "k8s.pod.name")).toEqual({ stringValue: failing });
      expect(told(span, "status")).toEqual({ stringValue: "error" });
    }
    for (const span of spansOf('{ .http.response.status_code >= 500 && name =~ "POST.*" && kind = server }')) {
      expect(told(span, "http.response.status_code")).toEqual({ intValue: "500" });
      expect(span.name).toMatch(/^POST/);
    }
    const either = spansOf(
      '{ resource.service.name = "cart" || (resource.service.name = "catalog" && span.url.path != "/x") }',
    );
    expect(new Set(either.map((span) => told(span, "service.name")?.["stringValue"]))).toEqual(
      new Set(["cart", "catalog"]),
    );
    expect(spansOf("{ span.nothing != nil }")).toEqual([]);
    expect(spansOf("{ span.url.path = nil && !(status = error) }").length).toBeGreaterThan(0);
    expect(
      spansOf('{ event.exception.type = "PaymentError" && trace:duration > 1s && rootServiceName = "frontend" }')
        .length,
    ).toBeGreaterThan(0);
  });

  it("finds structures, aggregates and selections", () => {
    for (const span of spansOf('{ resource.service.name = "frontend" } >> { resource.service.name = "payment-api" }')) {
      expect(told(span, "service.name")).toEqual({ stringValue: "payment-api" });
    }
    expect(spansOf('{ resource.service.name = "payment-api" } >> { resource.service.name = "frontend" }')).toEqual([]);
    expect(
      spansOf('{ resource.service.name = "payment-api" } << { resource.service.name = "frontend" }').length,
    ).toBeGreaterThan(0);
    expect(spansOf('{ name = "POST /checkout" } > { name = "GET /cart" }').length).toBeGreaterThan(0);
    expect(spansOf('{ resource.service.name = "cart" } && { resource.service.name = "catalog" }')).toEqual([]);
    const [both] = traces('{ resource.service.name = "cart" } && { resource.service.name = "kafka" } | count() > 1', {
      limit: "1",
    });
    expect(both?.spanSets?.[0]?.attributes).toEqual([{ key: "count()", value: { intValue: "2" } }]);
    expect(traces("{} | avg(duration) > 1h")).toEqual([]);
    const [selected] = spansOf("{ status = error } | select(resource.k8s.node.name)", { limit: "1" });
    expect(told(selected ?? {}, "k8s.node.name")).toMatchObject({
      stringValue: expect.stringContaining("worker") as string,
    });
  });

  it("gives the newest traces within its window, as many as asked for", () => {
    const all = traces("{}", { limit: "1000" });
    const times = all.map(({ startTimeUnixNano }) => BigInt(startTimeUnixNano));
    expect(times).toEqual(times.toSorted((a, b) => (a < b ? 1 : -1)));
    expect(
      times.every((time) => time >= BigInt(END - 3600) * 1_000_000_000n && time <= BigInt(END) * 1_000_000_000n),
    ).toBe(true);
    expect(traces("{}", { limit: "7" }).map(({ traceID }) => traceID)).toEqual(
      all.slice(0, 7).map(({ traceID }) => traceID),
    );
    expect(all.some(({ traceID }) => traceID.length < 32)).toBe(true);
    expect(all.every(({ traceID }) => !traceID.startsWith("0"))).toBe(true);
    expect(traces("{}", { start: String(END - 90 * 86_400), end: String(END - 60 * 86_400) })).toEqual([]);
  });

  it("takes the tags and durations of before TraceQL", () => {
    const slow = found.parse(
      search({ tags: 'service.name="checkout" http.response.status_code=500', minDuration: "500ms" }).data,
    ).traces;
    expect(slow.length).toBeGreaterThan(0);
    for (const { durationMs, spanSets } of slow) {
      expect(durationMs).toBeGreaterThanOrEqual(500);
      expect(spanSets).toBeUndefined();
    }
    expect(search({ minDuration: "2s", maxDuration: "1s" }).status).toBe(400);
    expect(search({ minDuration: "soon" }).status).toBe(400);
  });

  it.each(["{ status = error } | by(name)", '{ span.a =~ "(" }', "{", "{ nope = 1 }", ""])(
    "refuses %s, or asks for nothing",
    (q) => {
      expect(search({ q }).status).toBe(q === "" ? 200 : 400);
    },
  );
});

const otlp = z.object({
  trace: z.object({
    resourceSpans: z.array(
      z.object({
        resource: z.object({ attributes }),
        scopeSpans: z.array(
          z.object({
            spans: z.array(z.object({ traceId: z.string(), spanId: z.string(), parentSpanId: z.string().optional() })),
          }),
        ),
      }),
    ),
  }),
});

describe("a trace", () => {
  const callee: World = buildWorld(clusterSpec(1, 1), undefined, () => ({ caller }));
  const caller: World = buildWorld(clusterSpec(1, 0), undefined, () => ({ callee }));
  const read = (of: World, id: string) => {
    const { trace } = otlp.parse(call(tempoHandler(of), `/api/v2/traces/${id}`, { now: NOW }).data);
    return trace.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  };

  it("is found by its id with and without leading zeros", () => {
    const zeros = caller.traces.between(END - 3600, END).find(({ id }) => id.startsWith("0"));
    const id = zeros?.id ?? "";
    expect(read(caller, id.replace(/^0+/, ""))).toEqual(read(caller, id));
    expect(Buffer.from(read(caller, id)[0]?.traceId ?? "", "base64").toString("hex")).toBe(id);
  });

  it("is in two clusters' Tempos in parts that fit together, the second without a root", () => {
    const [crossing] = callee.traces.between(END - 3600, END).filter(({ id }) => caller.traces.find(id) !== undefined);
    const [here, there] = [read(caller, crossing?.id ?? ""), read(callee, crossing?.id ?? "")];
    const ids = new Set(here.map(({ spanId }) => spanId));
    expect(ids).toContain(there[0]?.parentSpanId);
    const q = '{ resource.service.name = "payment-api" }';
    const listed = found.parse(search({ q, limit: "1000" }, tempoHandler(callee)).data).traces;
    const part = listed.find(({ traceID }) => traceID.padStart(32, "0") === crossing?.id);
    expect(part?.rootServiceName).toBe("<root span not yet received>");
  });

  it("is not there before it is", () => {
    const [next] = world.traces.between(END, END + 60);
    expect(call(hub, `/api/traces/${next?.id}`, { now: NOW }).status).toBe(404);
    expect(call(hub, `/api/traces/${next?.id}`, { now: NOW + 60_000 }).status).toBe(200);
  });
});
