import { expect, it } from "vitest";
import { identity } from "../../../test/support/clusters.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { nanosOf } from "../../shared/kernel/nano-time.ts";
import type { Lines } from "../../shared/upstreams/loki/client.ts";
import { ClosedLines } from "./closed-lines.loader.ts";
import type { AskedLines } from "./loki.loader.ts";

const NOW = new Date("2026-11-23T12:00:00Z");
const minutesAgo = (minutes: number): bigint => nanosOf(new Date(NOW.getTime() - minutes * 60_000));
const asked = (more: Partial<AskedLines> = {}): AskedLines => ({
  target: { id: "c1", lokiUrl: "https://loki.example", lokiTenant: null, credentialsAt: null } as Target,
  timeoutSeconds: 30,
  query: '{app="x"}',
  start: minutesAgo(60),
  end: minutesAgo(10),
  limit: 100,
  direction: "BACKWARD",
  ...more,
});

/** How often the cluster itself is asked. */
function counting(warnings: string[] = []) {
  const lines = new ClosedLines(1_000_000);
  let count = 0;
  const ask = (): Promise<Lines> => {
    count += 1;
    return Promise.resolve({ streams: [], limit: 100, bytes: 10, warnings });
  };
  const { signal } = new AbortController();
  return async (question: AskedLines, who = identity()): Promise<number> => {
    await lines.get(question, { identity: who, startedAt: NOW }, signal, ask);
    return count;
  };
}

it("keeps the lines of what ended a while ago, for those of equal rights", async () => {
  const asks = counting();
  expect([await asks(asked()), await asks(asked())]).toEqual([1, 1]);
  expect(await asks(asked(), identity({ scope: { regions: ["eu"] } }))).toBe(2);
});

it.each<[string, Partial<AskedLines>]>([
  ["another query", { query: '{app="y"}' }],
  ["another start", { start: minutesAgo(61) }],
  ["another end", { end: minutesAgo(11) }],
  ["another limit", { limit: 101 }],
  ["another direction", { direction: "FORWARD" }],
  ["another cluster", { target: { ...asked().target, id: "c2" } }],
  ["another tenant", { target: { ...asked().target, lokiTenant: "a" } }],
  ["other credentials", { target: { ...asked().target, credentialsAt: NOW } }],
])("asks again for %s", async (_, more) => {
  const asks = counting();
  expect([await asks(asked()), await asks(asked(more))]).toEqual([1, 2]);
});

it("keeps nothing that may still change, or that its server warns about", async () => {
  const open = counting();
  expect([await open(asked({ end: minutesAgo(9) })), await open(asked({ end: minutesAgo(9) }))]).toEqual([1, 2]);
  const warned = counting(["partial"]);
  expect([await warned(asked()), await warned(asked())]).toEqual([1, 2]);
});
