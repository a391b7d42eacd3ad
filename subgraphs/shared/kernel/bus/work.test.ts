import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { z } from "zod";
import { systemClock } from "../clock.ts";
import { MemoryBus } from "./memory.ts";
import { MISSED, tellWork, WorkStream, workHead } from "./work.ts";

const decode = (item: unknown): number | null => z.object({ n: z.number() }).safeParse(item).data?.n ?? null;
const opened = (count = 100) => new MemoryBus({ retention: { count, ageMs: 60_000 }, clock: systemClock });

it("tells what was told of a piece of work since a moment, and nothing of another on the same topic", async () => {
  const bus = opened();
  const workId = randomUUID();
  const other = `${randomUUID().slice(0, -1)}${workId.at(-1)}`;
  await tellWork(bus, workId, { n: 1 });
  const stream = new WorkStream({ bus, workId, after: await workHead(bus, workId), decode });
  const first = stream.next();
  await tellWork(bus, other, { n: 2 });
  await tellWork(bus, workId, { n: 3 });
  await tellWork(bus, workId, { of: "a newer version" });
  await tellWork(bus, workId, { n: 4 });
  expect([(await first).value, (await stream.next()).value]).toEqual([3, 4]);
  await bus.close();
});

it("says that something was missed, and ends when it is left", async () => {
  const bus = opened(3);
  const workId = randomUUID();
  const stream = new WorkStream({ bus, workId, after: await workHead(bus, workId), decode });
  for (const n of [1, 2, 3, 4, 5]) await tellWork(bus, workId, { n });
  expect((await stream.next()).value).toBe(MISSED);
  expect((await stream.next()).value).toBe(3);
  const left = stream
    .next()
    .then(() => stream.next())
    .then(() => stream.next());
  await stream.return();
  expect((await left).done).toBe(true);
  await bus.close();
});
