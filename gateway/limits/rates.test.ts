import { describe, expect, onTestFinished, test } from "vitest";
import { RedisServer } from "../../bench/faults/redis-server.ts";
import { createLogger } from "../../subgraphs/shared/kernel/log.ts";
import { missingPrograms } from "../../test/support/prometheus.ts";
import { until } from "../../test/support/until.ts";
import { openRates, type Rates } from "./rates.ts";

const missing = missingPrograms("redis-server");
if (missing.length > 0 && process.env["REQUIRE_SERVICES"] === "1") throw new Error("redis-server is missing");

async function opened(url: string | undefined) {
  const lines: string[] = [];
  const log = createLogger({ level: "info", name: "test", destination: { write: (line: string) => lines.push(line) } });
  const rates = await openRates({ url, prefix: "test:", log });
  onTestFinished(() => rates.close());
  return { rates, lines };
}

/** On a busy machine an answer of Redis may come too late to be counted: then with somebody else. */
const together = async (one: Rates, two: Rates, user: string): Promise<void> => {
  let tries = 0;
  await until("both count together", async () => {
    tries += 1;
    const who = `${user} ${tries}`;
    const [{ spent: first }, { spent: both }] = [await one.charge(who, 10), await two.charge(who, 5)];
    return first === 10 && both === 15;
  });
};

test("in one process, each user has a minute of their own, and it ends", async () => {
  const { rates } = await opened(undefined);
  expect(await rates.charge("ann", 10)).toMatchObject({ spent: 10 });
  const { spent, seconds } = await rates.charge("ann", 5);
  expect(spent).toBe(15);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(await rates.charge("bob", 1)).toMatchObject({ spent: 1 });
  expect(rates.shared).toBeNull();
});

describe.skipIf(missing.length > 0)("with Redis", () => {
  test("gateways count together; without it each for itself, at once and with a word in the log; and together again", async () => {
    const server = await RedisServer.start();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const [one, two] = [await opened(server.url), await opened(server.url)];
    await together(one.rates, two.rates, "ann");
    one.lines.length = 0;

    await server.kill();
    await until("they know", () => !one.rates.shared && !two.rates.shared);
    const began = performance.now();
    expect(await one.rates.charge("ann", 1)).toMatchObject({ spent: 1 });
    expect(await two.rates.charge("ann", 2)).toMatchObject({ spent: 2 });
    expect(performance.now() - began).toBeLessThan(5000);
    await until("it is told", () => one.lines.length > 0);
    expect(one.lines.filter((line) => line.includes("each gateway counts"))).toHaveLength(1);

    await server.start();
    await together(one.rates, two.rates, "bob");
    expect(one.lines.at(-1)).toContain("count the rates of users together");
  });
});
