import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identity } from "../../../test/support/clusters.ts";
import { startHttpServer } from "../../../test/support/http-server.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { SIGNED_OUT } from "../../shared/fleet/sign-in.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import { UpstreamHttp } from "../../shared/upstreams/http.ts";
import { ClusterQueries, type ClusterQuery } from "./cluster-queries.loader.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const LIMITS = { seriesPerCluster: 3, series: 10, samples: 10, bytes: 1000 };
const CLOSED = { at: NOW.getTime() / 1000 - 3600 };

describe("ClusterQueries", () => {
  const guard = loopbackGuard();
  let http: UpstreamHttp;
  let server: Awaited<ReturnType<typeof startHttpServer>>;
  let answer: object;

  beforeEach(async () => {
    http = new UpstreamHttp(guard);
    answers(1);
    server = await startHttpServer((_, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer)),
    );
  });
  afterEach(async () => {
    await http.close();
    await server[Symbol.asyncDispose]();
  });

  const answers = (series: number, more: object = {}): void => {
    const result = Array.from({ length: series }, (_, index) => ({
      metric: { index: String(index) },
      value: [1, "1"],
    }));
    answer = { status: "success", data: { resultType: "vector", result }, ...more };
  };
  const queries = (cacheBytes = 1_000_000) =>
    new ClusterQueries(
      new FleetClients(http, { signIn: () => Promise.resolve(SIGNED_OUT) }, guard),
      LIMITS,
      cacheBytes,
    );
  const query = (given: Partial<ClusterQuery> = {}, target: Partial<Target> = {}): ClusterQuery => ({
    target: { id: "c-1", name: "one", prometheusUrl: server.url, credentialsAt: NOW, ...target } as Target,
    query: "up",
    when: CLOSED,
    timeoutSeconds: 5,
    ...given,
  });
  const asker = (given: Partial<Identity> = {}) => ({ identity: identity(given), requestId: "r", startedAt: NOW });
  const ask = async (from: ClusterQueries, asked = query(), by = asker()) =>
    (await from.ask(asked, by, new AbortController().signal)).fromCache;

  it("keep what was answered about a closed window, for whoever has the same rights and asks the same", async () => {
    const kept = queries();
    expect([await ask(kept), await ask(kept), await ask(kept, query({ timeoutSeconds: 9 }))]).toEqual([
      false,
      true,
      true,
    ]);
    expect(kept.isKept(query(), asker())).toBe(true);
    for (const [asked, by] of [
      [query({ query: "down" }), asker()],
      [query({ when: { ...CLOSED, at: CLOSED.at - 1 } }), asker()],
      [query({}, { id: "c-2" }), asker()],
      [query({}, { prometheusUrl: `${server.url}/other` }), asker()],
      [query({}, { credentialsAt: new Date(0) }), asker()],
      [query(), asker({ user: "bob" })],
      [query(), asker({ roles: ["viewer"] })],
      [query(), asker({ scope: { regions: ["eu"] } })],
      [query(), asker({ tenant: "another" })],
    ] as const) {
      expect(kept.isKept(asked, by)).toBe(false);
      expect(await ask(kept, asked, by)).toBe(false);
    }
  });

  it.each<[string, number, object, Partial<ClusterQuery>]>([
    ["came with warnings", 1, { warnings: ["a store is down"] }, {}],
    ["was cut", 4, {}, {}],
    ["is of a window that is still open", 1, {}, { when: { at: NOW.getTime() / 1000 - 599 } }],
    ["may be of later samples", 1, {}, { query: "up @ end()" }],
  ])("keep no answer that %s", async (_, series, more, given) => {
    const kept = queries();
    answers(series, more);
    for (const requests of [1, 2]) {
      expect(await ask(kept, query(given))).toBe(false);
      expect(server.requests).toHaveLength(requests);
    }
  });

  it("keep none where there is no room", async () => {
    for (const room of [0, 10]) {
      const kept = queries(room);
      expect([await ask(kept), await ask(kept)]).toEqual([false, false]);
    }
  });

  it("cut an answer, and remember how many series it had", async () => {
    const kept = queries();
    expect(kept.seriesSeen(query(), asker())).toBeNull();
    answers(4);
    const { series, truncated } = await kept.ask(query(), asker(), new AbortController().signal);
    expect([series.length, truncated, kept.seriesSeen(query({ when: { at: 1 } }), asker())]).toEqual([3, true, 4]);
    expect(new URLSearchParams(server.requests[0]?.body).get("limit")).toBe("4");
    expect(kept.seriesSeen(query(), asker({ user: "bob" }))).toBeNull();
  });
});
