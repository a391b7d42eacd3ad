import { describe, expect, onTestFinished, test, vi } from "vitest";
import { readConfig } from "../../subgraphs/shared/kernel/config.ts";
import { post, WAIT } from "../../test/support/gateway/clients.ts";
import { MODES, startSmallGateway } from "../../test/support/gateway/small-gateway.ts";
import { redisProblem, redisSpace } from "../../test/support/redis.ts";
import { until } from "../../test/support/until.ts";

const limits = (given: object) => ({ AIOPS_LIMITS: readConfig({ AIOPS_LIMITS: JSON.stringify(given) }).AIOPS_LIMITS });

test.each(MODES)(
  "an operation has its time, then its hops are cancelled and it says so: subgraphs %s",
  async (mode) => {
    const { gateway, fleet } = await startSmallGateway({ mode, config: limits({ operationSeconds: 1 }) });
    const { body } = await post(gateway.url, "{ hang }");
    expect(body.data.hang).toBeNull();
    expect(body.errors).toMatchObject([{ extensions: { code: "UPSTREAM_TIMEOUT" } }]);
    await vi.waitFor(() => expect(fleet.seen.aborted).toBe(1), WAIT);
  },
);

const problem = await redisProblem();
if (problem !== undefined && process.env["REQUIRE_SERVICES"] === "1") throw new Error(problem);

describe.skipIf(problem !== undefined)("two gateways on one Redis", () => {
  test("share each user's minute", async () => {
    const space = redisSpace();
    onTestFinished(() => space.dispose());
    const users = Array.from({ length: 20 }, (_, index) => `user-${index}-with-a-token-of-their-own`);
    const tokens = users.map((token) => ({ token, user: token, roles: ["admin"] }));
    const config = {
      ...limits({ cost: { admin: { operation: 10, minute: 10 } } }),
      AIOPS_API_TOKENS: readConfig({ AIOPS_API_TOKENS: JSON.stringify(tokens) }).AIOPS_API_TOKENS,
      REDIS_URL: space.env.REDIS_URL,
      AIOPS_REDIS_PREFIX: space.env.AIOPS_REDIS_PREFIX,
    };
    const gateways = [await startSmallGateway({ config }), await startSmallGateway({ config })];
    // Redis is not waited for long: on a busy machine a gateway may count alone for a moment, and another user shows it.
    await until("both count together", async () => {
      const headers = { authorization: `Bearer ${users.pop()}` };
      const left: number[] = [];
      for (const { gateway } of [...gateways, ...gateways]) {
        const { body } = await post(gateway.url, "{ a: operation b: operation }", { headers });
        left.push(body.extensions.cost?.remaining);
      }
      if (String(left) !== "8,6,4,2") return false;
      for (const { gateway, fleet } of gateways) {
        const hops = fleet.seen.hops.length;
        const answer = await post(gateway.url, "{ a: operation b: operation c: operation }", { headers });
        if (answer.status !== 429) return false;
        expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
        expect(fleet.seen.hops).toHaveLength(hops);
      }
      return true;
    });
  });
});
