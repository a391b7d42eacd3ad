import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type DemoCluster, type DemoFleet, startDemoFleet } from "../../demo/fleet.ts";
import { kubeconfigBinding } from "../../subgraphs/shared/fleet/credentials.ts";
import { type AskOptions, startGraph, type TestGraph } from "../support/graph.ts";
import { addContext, type Kubeconfig, mergedKubeconfig } from "../support/kubeconfig.ts";
import { describeModes } from "../support/modes.ts";

const TOKENS = {
  admin: "admin-token-0123456789",
  operator: "operator-token-0123456789",
  scoped: "scoped-token-0123456789",
};
const AIOPS_API_TOKENS = JSON.stringify([
  { token: TOKENS.admin, user: "ann", roles: ["admin"] },
  { token: TOKENS.operator, user: "oli", roles: ["operator"] },
  { token: TOKENS.scoped, user: "sam", roles: ["admin"], scope: { labelSelector: "team=mine" } },
]);

const FIELDS = `context name status warnings error { code message }
  cluster { id name apiServerUrl clusterType platform platformVersion region environment displayName labels endpoints { prometheusUrl } credentials { authType } }`;
const KUBECONFIG = `mutation ($input: ImportKubeconfigInput!) { importKubeconfig(input: $input) { ${FIELDS} } }`;
const HUB = `mutation ($input: ImportFromHubInput!) { importFromHub(input: $input) { ${FIELDS} } }`;

interface Outcome {
  context: string;
  name: string | null;
  status: string;
  warnings: string[];
  error: { code: string; message: string } | null;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for.
  cluster: any;
}

await describeModes("Import", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let hub: DemoCluster;
  let spokes: DemoCluster[];

  const as = (who: keyof typeof TOKENS): AskOptions => ({ token: TOKENS[who] });
  const ask = (query: string, variables = {}, who: keyof typeof TOKENS = "admin") =>
    graph.ask(query, variables, as(who));

  beforeAll(async () => {
    graph = await startGraph({ mode, env: { AIOPS_API_TOKENS } });
    fleet = await startDemoFleet({ clusters: 5 });
    const [first, ...others] = fleet.clusters;
    if (!first) throw new Error("no demo cluster");
    hub = first;
    spokes = others;
  });
  afterEach(async () => {
    const { data } = await ask(`{ clusters(pageSize: 100) { items { id } } }`);
    for (const { id } of data.clusters.items)
      await ask(`mutation ($id: UUID!) { deleteCluster(id: $id) { id } purgeCluster(id: $id) }`, { id });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const importing = async (config: Kubeconfig, more: object = {}): Promise<Outcome[]> => {
    const { data, errors } = await ask(KUBECONFIG, { input: { kubeconfig: JSON.stringify(config), ...more } });
    expect(errors).toBeUndefined();
    return data.importKubeconfig;
  };
  const registry = async () =>
    (await ask(`{ clusters(pageSize: 100) { items { name labels updatedAt } } auditLog { total } }`)).data;
  const shape = ({ context, name, status, error }: Outcome) => [context, name, status, error?.code ?? null];

  describe("of a kubeconfig", () => {
    it("registers every context with credentials of its own, and what is wrong with one is its own outcome", async () => {
      const config = mergedKubeconfig(spokes);
      const [east] = config.clusters;
      const good = { ...east?.cluster };
      const user = { token: "marked-secret-of-a-bad-one" };
      addContext(
        config,
        "with-exec",
        { ...good, server: "https://a:1" },
        { exec: { command: "aws", env: ["marked-exec"] } },
      );
      addContext(config, "with-files", { server: "https://b:1", "certificate-authority": "/etc/ca.pem" }, user);
      addContext(config, "insecure", { server: "https://c:1", "insecure-skip-tls-verify": true }, user);
      addContext(config, "plain-http", { server: "http://d:1" }, user);
      addContext(config, "日本", { server: "https://e:1" }, user);
      addContext(config, "metadata", { server: "https://169.254.169.254" }, user);
      config.contexts.push({ name: "nobody", context: { cluster: east?.name ?? "", user: "nobody" } });
      config.contexts.push({ name: "shop/prod-east-1", context: { cluster: east?.name ?? "", user: "with-files" } });

      const outcomes = await importing(config, {
        labels: { team: "platform" },
        environment: "STAGING",
        prometheusUrlTemplate: "https://prometheus.{name}.example.com/{host}",
      });
      expect(outcomes.map(shape)).toEqual([
        ...spokes.map(({ name }) => [name, name, "REGISTERED", null]),
        ["with-exec", "with-exec", "FAILED", "CREDENTIALS_INVALID"],
        ["with-files", "with-files", "FAILED", "CREDENTIALS_INVALID"],
        ["insecure", "insecure", "FAILED", "CREDENTIALS_INVALID"],
        ["plain-http", "plain-http", "FAILED", "INVALID_URL"],
        ["日本", null, "FAILED", "INVALID_CLUSTER_NAME"],
        ["metadata", "metadata", "FAILED", "TARGET_NOT_ALLOWED"],
        ["nobody", "nobody", "FAILED", "CREDENTIALS_INVALID"],
        ["shop/prod-east-1", "shop-prod-east-1", "SKIPPED", "CLUSTER_ALREADY_EXISTS"],
      ]);
      expect(JSON.stringify(outcomes)).not.toContain("marked-");
      expect(outcomes[4]?.error?.message).toContain("service account token");
      expect(outcomes.at(-1)?.error?.message).toContain(`"prod-east-1"`);
      expect(outcomes[0]?.cluster).toMatchObject({
        apiServerUrl: spokes[0]?.apiServerUrl,
        clusterType: "SPOKE",
        platform: "KUBERNETES",
        environment: "STAGING",
        labels: { team: "platform" },
        endpoints: { prometheusUrl: "https://prometheus.prod-east-1.example.com/127.0.0.1" },
        credentials: { authType: "KUBECONFIG" },
      });

      for (const [i, spoke] of spokes.entries()) {
        const id = outcomes[i]?.cluster.id;
        const { data } = await ask(
          `mutation ($id: UUID!) { refreshCluster(id: $id) { status { apiServerHealthy lastError } } }`,
          { id },
        );
        expect(data.refreshCluster.status.apiServerHealthy, data.refreshCluster.status.lastError).toBe(true);
        const row = await graph.platform.database.prisma.clusterCredentials.findUniqueOrThrow({
          where: { clusterId: id },
        });
        const stored = graph.platform.vault.open(row.kubeconfigEncrypted ?? new Uint8Array(), kubeconfigBinding(id));
        expect(stored).toContain(spoke.token);
        for (const other of spokes) if (other !== spoke) expect(stored).not.toContain(other.token);
        expect(stored).not.toContain("marked-");
      }
      const { data } = await ask(`{ auditLog(filter: { action: "REGISTER_CLUSTER" }) { items { subject actor } } }`);
      const audited = data.auditLog.items.map(({ subject }: { subject: string }) => subject).toSorted();
      expect(audited).toEqual(spokes.map(({ name }) => name).toSorted());
    });

    it("takes the contexts that are named, in that order, and says which are not there", async () => {
      const [a, b] = spokes.map(({ name }) => name);
      const outcomes = await importing(mergedKubeconfig(spokes), {
        contexts: [b, "not-there", a],
        namePrefix: "team-a-",
      });
      expect(outcomes.map(shape)).toEqual([
        [b, `team-a-${b}`, "REGISTERED", null],
        ["not-there", null, "FAILED", "BAD_USER_INPUT"],
        [a, `team-a-${a}`, "REGISTERED", null],
      ]);
    });

    it("leaves, changes or refuses what is registered already, as it is told to", async () => {
      const config = mergedKubeconfig(spokes.slice(0, 1));
      await importing(config, { labels: { kept: "yes", team: "before" }, environment: "LAB" });
      const before = await registry();
      expect((await importing(config)).map(shape)).toEqual([
        ["prod-east-1", "prod-east-1", "SKIPPED", "CLUSTER_ALREADY_EXISTS"],
      ]);
      expect((await importing(config, { onExisting: "FAIL" })).map(shape)).toEqual([
        ["prod-east-1", "prod-east-1", "FAILED", "CLUSTER_ALREADY_EXISTS"],
      ]);
      expect(await registry()).toEqual(before);

      const [updated] = await importing(config, { onExisting: "UPDATE", labels: { team: "after" } });
      expect(updated).toMatchObject({
        status: "UPDATED",
        cluster: { labels: { kept: "yes", team: "after" }, environment: "LAB" },
      });
      const { data } = await ask(`{ auditLog { items { action } } }`);
      expect(data.auditLog.items[0].action).toBe("UPDATE_CLUSTER");
    });

    it("changes nothing in a dry run, and says the same", async () => {
      const config = mergedKubeconfig(spokes);
      await importing(config, { contexts: [spokes[0]?.name] });
      addContext(config, "with-exec", { server: "https://a:1" }, { exec: { command: "aws" } });
      const before = await registry();
      const planned = await importing(config, { dryRun: true, onExisting: "UPDATE" });
      expect(planned.map(({ status }) => status)).toEqual([...spokes.map(() => "PLANNED"), "FAILED"]);
      expect(planned.map(({ cluster }) => cluster?.name ?? null)).toEqual([spokes[0]?.name, null, null, null, null]);
      expect(await registry()).toEqual(before);
    });

    it("refuses what is no kubeconfig, or too much, as a whole", async () => {
      const codeOf = async (input: object) => (await ask(KUBECONFIG, { input })).errors?.[0]?.extensions["code"];
      expect(await codeOf({ kubeconfig: "[" })).toBe("CREDENTIALS_INVALID");
      expect(await codeOf({ kubeconfig: "kind: Config" })).toBe("CREDENTIALS_INVALID");
      expect(await codeOf({ kubeconfig: "x".repeat(1_048_577) })).toBe("BAD_USER_INPUT");
      expect(await codeOf({ kubeconfig: "{}", prometheusUrlTemplate: "https://{nmae}" })).toBe("BAD_USER_INPUT");
      expect(await codeOf({ kubeconfig: "{}", namePrefix: "No-" })).toBe("BAD_USER_INPUT");
      const many: Kubeconfig = { contexts: [], clusters: [], users: [] };
      for (let i = 0; i <= 200; i += 1) addContext(many, `c-${i}`, { server: `https://c-${i}` }, { token: "t" });
      expect(await codeOf({ kubeconfig: JSON.stringify(many) })).toBe("LIMIT_EXCEEDED");
    });

    it("is not unfolded without end by aliases", async () => {
      const levels = Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} [*l${i}, *l${i}]`);
      const kubeconfig = `l0: &l0 [x]\n${levels.join("\n")}
contexts: [{ name: bomb, context: { cluster: bomb, user: bomb } }]
clusters: [{ name: bomb, cluster: { server: "https://a:1", extensions: *l30 } }]
users: [{ name: bomb, user: { token: *l30 } }]`;
      const { data } = await ask(KUBECONFIG, { input: { kubeconfig } });
      expect(data.importKubeconfig.map(shape)).toEqual([["bomb", "bomb", "FAILED", "CREDENTIALS_INVALID"]]);
    });

    it("needs admin, and puts nothing where its importer could not see it", async () => {
      const config = JSON.stringify(mergedKubeconfig(spokes.slice(0, 2)));
      const refused = await ask(KUBECONFIG, { input: { kubeconfig: config } }, "operator");
      expect(refused.errors?.[0]?.extensions["code"]).toBe("FORBIDDEN");
      const { data } = await ask(KUBECONFIG, { input: { kubeconfig: config } }, "scoped");
      expect(data.importKubeconfig.map(({ status, error }: Outcome) => [status, error?.code])).toEqual([
        ["FAILED", "FORBIDDEN"],
        ["FAILED", "FORBIDDEN"],
      ]);
      expect((await registry()).clusters.items).toEqual([]);
      const mine = await ask(KUBECONFIG, { input: { kubeconfig: config, labels: { team: "mine" } } }, "scoped");
      expect(mine.data.importKubeconfig.map(({ status }: Outcome) => status)).toEqual(["REGISTERED", "REGISTERED"]);
    });
  });

  // The demo's hub has its objects in the shapes that the documentation of Open Cluster Management and of the ClusterProfile
  // API shows: no recording of a real Red Hat ACM hub was available.
  describe("from a hub", () => {
    const registerHub = async ({ name, apiServerUrl, kubeconfig }: DemoCluster): Promise<string> => {
      const input = { name, apiServerUrl, clusterType: "HUB", credentials: { kubeconfig } };
      const { data } = await ask(`mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { id } }`, {
        input,
      });
      return data.registerCluster.id;
    };
    const fromHub = async (input: object): Promise<Outcome[]> => {
      const { data, errors } = await ask(HUB, { input });
      expect(errors).toBeUndefined();
      return data.importFromHub;
    };
    const healthOf = async (id: string) =>
      (await ask(`mutation ($id: UUID!) { refreshCluster(id: $id) { status { apiServerHealthy lastError } } }`, { id }))
        .data.refreshCluster.status;

    it("registers what Red Hat ACM manages, with the tokens that it keeps", async () => {
      const clusterId = await registerHub(hub);
      const outcomes = await fromHub({ clusterId, source: "ACM" });
      expect(outcomes.map(shape)).toEqual([
        ["edge-berlin-1", "edge-berlin-1", "REGISTERED", null],
        ["lab-gpu-1", "lab-gpu-1", "REGISTERED", null],
        ["local-cluster", "local-cluster", "SKIPPED", "CLUSTER_ALREADY_EXISTS"],
        ["prod-east-1", "prod-east-1", "REGISTERED", null],
        ["prod-west-1", "prod-west-1", "REGISTERED", null],
      ]);
      for (const { context, cluster, warnings } of outcomes.filter(({ status }) => status === "REGISTERED")) {
        const spoke = spokes.find(({ name }) => name === context);
        const { apiServerUrl, platform, platformVersion, region, environment } = spoke ?? hub;
        expect(cluster).toMatchObject({ apiServerUrl, platform, region, environment, clusterType: "SPOKE" });
        expect(cluster.platformVersion).toBe(platform === "MICROSHIFT" ? null : platformVersion);
        expect(cluster.labels).toMatchObject({
          name: context,
          vendor: platform === "OPENSHIFT" ? "OpenShift" : "Other",
        });
        expect(Object.keys(cluster.labels).filter((key) => key.startsWith("feature."))).toEqual([]);
        const { apiServerHealthy, lastError } = await healthOf(cluster.id);
        if (cluster.credentials) {
          expect({ apiServerHealthy, lastError, warnings }).toEqual({
            apiServerHealthy: true,
            lastError: null,
            warnings: [],
          });
        } else {
          expect(warnings[0]).toContain("no ManagedServiceAccount token");
          expect(apiServerHealthy).not.toBe(true);
          expect(lastError).toContain("No credentials are stored");
        }
      }
      const signedIn = outcomes.filter(({ cluster }) => cluster?.credentials).map(({ context }) => context);
      expect(signedIn).toEqual(["edge-berlin-1", "prod-east-1"]);
    });

    it("registers ClusterProfiles, with the tokens that are synced to them", async () => {
      const clusterId = await registerHub(hub);
      const outcomes = await fromHub({
        clusterId,
        source: "CLUSTER_PROFILE",
        environment: "STAGING",
        namePrefix: "p-",
      });
      expect(outcomes.map(shape)).toEqual(
        ["edge-berlin-1", "lab-gpu-1", "prod-east-1", "prod-west-1"].map((name) => [
          `fleet-system/${name}`,
          `p-${name}`,
          "REGISTERED",
          null,
        ]),
      );
      const east = outcomes[2]?.cluster;
      const { apiServerUrl, displayName, region, platformVersion } = spokes[0] ?? hub;
      expect(east).toMatchObject({ apiServerUrl, displayName, region, platformVersion, environment: "STAGING" });
      expect(await healthOf(east.id)).toEqual({ apiServerHealthy: true, lastError: null });
      expect(outcomes.map(({ cluster }) => cluster.credentials !== null)).toEqual([true, false, true, false]);
    });

    it("selects by the hub's labels, plans, and updates what is there", async () => {
      const clusterId = await registerHub(hub);
      const only = { clusterId, labelSelector: "team=shop,vendor=OpenShift" };
      expect((await fromHub({ ...only, dryRun: true })).map(shape)).toEqual([
        ["prod-east-1", "prod-east-1", "PLANNED", null],
      ]);
      expect((await registry()).clusters.items).toHaveLength(1);
      await importing(mergedKubeconfig(spokes.slice(0, 1)), { labels: { own: "yes" }, environment: "LAB" });
      expect((await fromHub(only)).map(({ status }) => status)).toEqual(["SKIPPED"]);
      const [updated] = await fromHub({ ...only, onExisting: "UPDATE" });
      expect(updated).toMatchObject({
        status: "UPDATED",
        cluster: { labels: { own: "yes", team: "shop" }, environment: "LAB", platform: "OPENSHIFT" },
      });
      expect((await healthOf(updated?.cluster.id)).apiServerHealthy).toBe(true);
      const [named] = await fromHub({ ...only, namePrefix: "x-", serviceAccount: "another" });
      expect(named).toMatchObject({ status: "REGISTERED", cluster: { credentials: null } });
    });

    it("says what is no hub, and what cannot be read", async () => {
      const codeOf = async (input: object, who?: keyof typeof TOKENS) =>
        (await ask(HUB, { input }, who)).errors?.[0]?.extensions["code"];
      const [east] = spokes;
      if (!east) throw new Error("no demo cluster");
      const clusterId = await registerHub(east);
      for (const source of ["ACM", "CLUSTER_PROFILE", "AUTO"])
        expect(await codeOf({ clusterId, source }), source).toBe("NOT_A_HUB");
      expect(await codeOf({ clusterId, labelSelector: "a in b" })).toBe("INVALID_LABEL_SELECTOR");
      expect(await codeOf({ clusterId }, "operator")).toBe("FORBIDDEN");
      expect(await codeOf({ clusterId }, "scoped")).toBe("CLUSTER_NOT_FOUND");
      expect(await codeOf({ clusterId: "550e8400-e29b-41d4-a716-446655440000" })).toBe("CLUSTER_NOT_FOUND");
      await fleet.setFault(east.name, "kubernetes", "refuse");
      expect(await codeOf({ clusterId })).toBe("UPSTREAM_UNREACHABLE");
      await fleet.setFault(east.name, "kubernetes", null);
    });
  });
});
