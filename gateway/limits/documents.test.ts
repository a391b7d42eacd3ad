import { expect, test } from "vitest";
import { post } from "../../test/support/gateway/clients.ts";
import { startSmallGateway } from "../../test/support/gateway/small-gateway.ts";
import { heapInUse } from "../../test/support/heap.ts";

const asStream = async (url: string, query: string): Promise<void> => {
  const response = await fetch(`${url}/graphql/stream`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  expect(await response.text()).toContain('"operation"');
};

/** Comments are no part of what a document asks, and are kept with it. */
test.each([
  ["asked", async (url: string, query: string) => expect((await post(url, query)).status).toBe(200)],
  ["streamed", asStream],
])("documents that are %s once leave memory", async (_, ask) => {
  const { gateway } = await startSmallGateway();
  const once = (index: number) => ask(gateway.url, `{ operation } # ${index} ${"x".repeat(500_000)}`);
  await once(0);
  const before = heapInUse();
  for (let index = 1; index < 120; index += 1) await once(index);
  expect(heapInUse() - before).toBeLessThan(30);
});
