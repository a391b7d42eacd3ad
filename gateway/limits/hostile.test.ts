import { describe, expect, test } from "vitest";
import { hostileRequests } from "../../bench/hostile-requests.ts";
import { readConfig } from "../../subgraphs/shared/kernel/config.ts";
import { post } from "../../test/support/gateway/clients.ts";
import { dripping } from "../../test/support/gateway/dripping.ts";
import { startSmallGateway } from "../../test/support/gateway/small-gateway.ts";

/** In the words of the small fleet. */
const HOSTILE = hostileRequests({
  field: "operation",
  one: (id) => `cluster(id: ${id}) { id }`,
  byId: "query ($id: ID!) { cluster(id: $id) { id } }",
  text: (literal) => `cluster(id: ${literal}) { id }`,
  rows: (inner) => `clusters { ${inner} }`,
  column: "id",
  nest: {
    type: "Nested",
    root: (inner) => `nested { ${inner} }`,
    into: (inner) => `nested { ${inner} }`,
    leaf: "leaf",
  },
});

const JSON_TYPE = { "content-type": "application/json" };

describe("what means harm is refused, coded, and asks nothing", () => {
  test.each(HOSTILE)("$name", async ({ body, status, code }) => {
    const { gateway, fleet } = await startSmallGateway();
    const response = await fetch(`${gateway.url}/graphql`, { method: "POST", headers: JSON_TYPE, body });
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect({ status: response.status, code: errors[0]?.extensions.code }).toEqual({ status, code });
    // Few enough to send back.
    expect(errors.length).toBeLessThanOrEqual(101);
    const stream = await fetch(`${gateway.url}/graphql/stream`, { method: "POST", headers: JSON_TYPE, body });
    expect(await stream.text()).toContain('"errors":[');
    expect(fleet.seen.hops).toEqual([]);
    expect((await post(gateway.url, "{ operation }")).status).toBe(200);
  });

  test("introspection that multiplies is too costly for anybody", async () => {
    const { gateway } = await startSmallGateway({
      config: { AIOPS_LIMITS: readConfig({ AIOPS_LIMITS: '{"cost":{"admin":{"operation":5000}}}' }).AIOPS_LIMITS },
    });
    const six = Array.from({ length: 6 }, (_, index) => `a${index}: __schema { types { fields { name } } }`);
    const { status, body } = await post(gateway.url, `{ ${six.join(" ")} }`);
    expect([status, body.errors[0].extensions.code]).toEqual([400, "COST_LIMIT_EXCEEDED"]);
    const deep = `{ __schema { types { ${"fields { type { ".repeat(5)} name ${"} }".repeat(5)} } } }`;
    expect((await post(gateway.url, deep)).body.errors[0].extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
  });
});

describe("a request that never arrives", () => {
  const slow = { AIOPS_LIMITS: readConfig({ AIOPS_LIMITS: '{"requestSeconds":1}' }).AIOPS_LIMITS };
  const HEAD =
    "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n";

  test.each([
    ["its headers drip", HEAD, "x-more: x\r\n"],
    ["its body drips", `${HEAD}\r\n{`, " "],
    ["nothing comes at all", "", ""],
  ])("is ended: %s", async (_, head, drip) => {
    const { gateway, fleet } = await startSmallGateway({ config: slow });
    const { answer, ms } = await dripping(gateway.url, head, drip);
    expect(answer).toMatch(/^(HTTP\/1.1 408 |$)/);
    expect(ms).toBeGreaterThan(900);
    expect(ms).toBeLessThan(10_000);
    expect(fleet.seen.hops).toEqual([]);
  });
});

describe("a page of another site", () => {
  const query = encodeURIComponent("{ operation }");
  const from = (site: string) => ({ "sec-fetch-site": site, "apollo-require-preflight": "1" });

  test.each(["/graphql", "/graphql/stream"])(
    "asks nothing by an image or a link, which say no origin: %s",
    async (path) => {
      const { gateway, fleet } = await startSmallGateway();
      for (const site of ["cross-site", "same-site"]) {
        const refused = await fetch(`${gateway.url}${path}?query=${query}`, { headers: from(site) });
        expect(refused.status).toBe(403);
        expect(await refused.text()).toContain('"code":"FORBIDDEN"');
      }
      expect(fleet.seen.hops).toEqual([]);
      for (const site of ["same-origin", "none"]) {
        const served = await fetch(`${gateway.url}${path}?query=${query}`, { headers: from(site) });
        expect(await served.text()).toContain('"data":{"operation"');
      }
    },
  );
});
