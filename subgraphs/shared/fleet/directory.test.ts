import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClusterRow, clusterRow, identity } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import type { ClusterScope, Identity } from "../kernel/auth-context.ts";
import { vouchedFor } from "../kernel/vouched.ts";
import { FleetDirectory } from "./directory.ts";
import type { ClusterSelector } from "./selector.ts";

/** The fleet of the tests, by name. */
const FLEET: Record<string, Partial<ClusterRow>> = {
  edge: { clusterType: "EDGE", environment: "PRODUCTION", region: "us", labels: { team: "ran", tier: "silver" } },
  hub: { clusterType: "HUB", environment: "PRODUCTION", region: "eu", labels: { team: "core", tier: "gold" } },
  lab: { clusterType: "SPOKE", environment: "LAB", region: "eu", labels: { legacy: "" } },
  plain: { clusterType: "SPOKE", environment: "DEVELOPMENT", region: null },
  site: {
    clusterType: "FAR_EDGE",
    environment: "STAGING",
    region: "us",
    labels: { team: "ran", "example.com/site": "7" },
  },
  // Never to be seen by the default tenant, or by anybody.
  gone: {
    clusterType: "HUB",
    environment: "PRODUCTION",
    region: "eu",
    labels: { team: "core" },
    deletedAt: new Date(),
  },
  theirs: { tenantId: "other", clusterType: "HUB", environment: "PRODUCTION", region: "eu", labels: { team: "core" } },
};
const ALL = ["edge", "hub", "lab", "plain", "site"];

await describeDatabases("FleetDirectory", (open) => {
  let test: TestDatabase;
  let directory: FleetDirectory;
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    test = await open();
    directory = new FleetDirectory(test.database.prisma);
    for (const [name, given] of Object.entries(FLEET).reverse()) {
      const { id } = await test.database.prisma.cluster.create({ data: clusterRow({ name, ...given }) });
      ids[name] = id;
    }
  });
  afterAll(() => test.dispose());

  const idOf = (name: string): string => ids[name] ?? "";
  const select = async (
    selector: ClusterSelector,
    scope: ClusterScope | null = null,
    tenant = "default",
  ): Promise<string[]> => (await directory.select(identity({ scope, tenant }), selector)).map(({ name }) => name);

  /** Each as a selector of the caller's, and as the scope of an identity: both restrict alike. */
  const RESTRICTIONS: [ClusterScope, string[]][] = [
    [{}, ALL],
    [{ environments: ["PRODUCTION"] }, ["edge", "hub"]],
    [{ environments: ["LAB", "STAGING"] }, ["lab", "site"]],
    [{ regions: ["eu"] }, ["hub", "lab"]],
    [{ regions: ["nowhere"] }, []],
    [{ types: ["SPOKE"] }, ["lab", "plain"]],
    [{ types: ["HUB", "EDGE"], regions: ["us"] }, ["edge"]],
    [{ labelSelector: "team=ran" }, ["edge", "site"]],
    [{ labelSelector: "team==ran,tier=silver" }, ["edge"]],
    [{ labelSelector: "team" }, ["edge", "hub", "site"]],
    [{ labelSelector: "!team" }, ["lab", "plain"]],
    [{ labelSelector: "team!=ran" }, ["hub", "lab", "plain"]],
    [{ labelSelector: "team in (core,none)" }, ["hub"]],
    [{ labelSelector: "team notin (core,none)" }, ["edge", "lab", "plain", "site"]],
    [{ labelSelector: "team,tier notin (gold)" }, ["edge", "site"]],
    [{ labelSelector: "legacy=" }, ["lab"]],
    [{ labelSelector: "legacy" }, ["lab"]],
    [{ labelSelector: "example.com/site=7" }, ["site"]],
    [{ labelSelector: "Team=ran" }, []],
    [{ labelSelector: "team=ra" }, []],
    [{ labelSelector: "team=ran", environments: ["PRODUCTION"], regions: ["us"], types: ["EDGE"] }, ["edge"]],
  ];

  it.each(RESTRICTIONS)("selects by %j, in the order of names", async (selector, names) => {
    expect(await select(selector)).toEqual(names);
  });

  it.each(RESTRICTIONS)("shows nobody what is out of the scope %j", async (scope, names) => {
    expect(await select({}, scope)).toEqual(names);
    const some = await directory.byIds(identity({ scope }), ALL.map(idOf));
    expect(some.flatMap((target) => target?.name ?? [])).toEqual(names);
  });

  it("takes only what selector and scope both allow", async () => {
    expect(await select({ regions: ["us"] }, { environments: ["PRODUCTION"] })).toEqual(["edge"]);
    expect(await select({ regions: ["eu"] }, { regions: ["us"] })).toEqual([]);
  });

  it("selects by id", async () => {
    expect(await select({ ids: [idOf("site"), idOf("hub")] })).toEqual(["hub", "site"]);
    expect(await select({}, { ids: [idOf("lab")] })).toEqual(["lab"]);
  });

  it.each<ClusterSelector>([
    {},
    { ids: [], labelSelector: "", environments: [], regions: [], types: [] },
    { ids: null, regions: null },
  ])("selects all by %j", async (selector) => expect(await select(selector)).toEqual(ALL));

  it("keeps tenants apart", async () => {
    expect(await select({}, null, "other")).toEqual(["theirs"]);
    expect(await select({}, null, "third")).toEqual([]);
    expect(await directory.byIds(identity({ tenant: "other" }), [idOf("hub"), idOf("theirs")])).toMatchObject([
      null,
      { name: "theirs" },
    ]);
  });

  it("has a target's endpoints, and nothing more", async () => {
    expect(await directory.byIds(identity(), [idOf("hub")])).toEqual([
      {
        id: idOf("hub"),
        name: "hub",
        clusterType: "HUB",
        apiServerUrl: "https://api.example:6443",
        prometheusUrl: null,
        tempoUrl: null,
        lokiUrl: null,
        alertmanagerUrl: null,
        lokiTenant: null,
        tempoTenant: null,
        credentialsAt: null,
      },
    ]);
  });

  it("answers by id in the order asked, twice what is asked twice", async () => {
    const asked = ["site", "gone", "edge", "theirs", "site"].map(idOf);
    const names = (await directory.byIds(identity(), [...asked, randomUUID()])).map((target) => target?.name ?? null);
    expect(names).toEqual(["site", null, "edge", null, "site", null]);
    expect(await directory.byIds(identity(), [])).toEqual([]);
  });

  it.each<[string, () => string, ClusterScope | null]>([
    ["unknown", () => randomUUID(), null],
    ["deleted", () => idOf("gone"), null],
    ["another tenant's", () => idOf("theirs"), null],
    ["out of the identity's scope", () => idOf("edge"), { regions: ["eu"] }],
  ])("refuses a named id that is %s, in the same words", async (_, named, scope) => {
    const id = named();
    await expect(select({ ids: [idOf("hub"), id] }, scope)).rejects.toMatchObject({
      code: "CLUSTER_NOT_FOUND",
      message: `No cluster "${id}".`,
      details: { id },
    });
  });

  it("takes a named id that another part of the selector excludes for no error", async () => {
    expect(await select({ ids: [idOf("hub"), idOf("edge")], regions: ["us"] })).toEqual(["edge"]);
  });

  it("refuses a malformed label selector", async () => {
    await expect(select({ labelSelector: "a b" })).rejects.toMatchObject({ code: "INVALID_LABEL_SELECTOR" });
  });

  it("says in whose name a cluster is asked, where it is set up so", async () => {
    const { id } = await test.database.prisma.cluster.create({ data: clusterRow({ userAccess: "IMPERSONATE" }) });
    const as = async (who: Partial<Identity>) => (await directory.byIds({ ...identity(), ...who }, [id]))[0]?.as;
    expect(await as(vouchedFor("oidc", ["sre"]))).toMatchObject({ user: "ann", groups: ["sre"], refusal: null });
    expect(await as({})).toMatchObject({ refusal: expect.any(String) });
    expect(await as({ unattended: true })).toBeUndefined();
    expect((await directory.byIds(identity(), [idOf("hub")]))[0]).not.toHaveProperty("as");
    await test.database.prisma.cluster.delete({ where: { id } });
  });

  describe("visible", () => {
    it("has deleted clusters too, of the tenant and within the scope", async () => {
      const all = Object.keys(FLEET).map(idOf);
      const names = async (scope: ClusterScope | null): Promise<string[]> => {
        const seen = await directory.visible(identity({ scope }), all);
        return Object.keys(FLEET).filter((name) => seen.has(idOf(name)));
      };
      expect(await names(null)).toEqual([...ALL, "gone"]);
      expect(await names({ labelSelector: "team=core" })).toEqual(["hub", "gone"]);
    });
  });
});
