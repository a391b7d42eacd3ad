import { graphql } from "graphql";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DemoFleet, startDemoFleet } from "../../../demo/fleet.ts";
import { identity } from "../../../test/support/clusters.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import { until } from "../../../test/support/until.ts";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import { systemClock } from "../../shared/kernel/clock.ts";
import { KubernetesClient } from "../../shared/upstreams/kubernetes/client.ts";
import { clusters } from "../index.ts";
import { inventoryLoaders } from "./inventory.loader.ts";
import { InventoryService } from "./inventory.service.ts";
import { InventoryWatches } from "./inventory.watch.ts";

const page = { page: 1, pageSize: 100 };
const connected = new Map<string, Promise<KubernetesClient>>();
let fleet: DemoFleet;
let targets: Target[];
let watches: InventoryWatches;
let statements = 0;

const clients = {
  kubernetes: (target: Target) => {
    const { kubeconfig = "" } = fleet.clusters.find(({ name }) => name === target.name) ?? {};
    const client =
      connected.get(target.id) ?? KubernetesClient.connect(kubeconfig, target.apiServerUrl, loopbackGuard());
    connected.set(target.id, client);
    return client;
  },
} as unknown as FleetClients;
/** Everybody may see all clusters but the last. */
const directory = {
  byIds: async (_: Identity, ids: readonly string[]) => {
    statements += 1;
    return ids.map((id) => targets.slice(0, -1).find((target) => target.id === id) ?? null);
  },
} as unknown as FleetDirectory;

beforeAll(async () => {
  fleet = await startDemoFleet({ clusters: 4 });
  const endpoints = {
    prometheusUrl: null,
    tempoUrl: null,
    lokiUrl: null,
    alertmanagerUrl: null,
    lokiTenant: null,
    tempoTenant: null,
  };
  targets = fleet.clusters.map(({ name, apiServerUrl }, index) => ({
    id: `00000000-0000-4000-8000-00000000000${index}`,
    name,
    apiServerUrl,
    credentialsAt: null,
    ...endpoints,
  }));
  watches = new InventoryWatches({ clients, clock: systemClock });
});
afterAll(async () => {
  watches.close();
  await until("every watch is given up", () => fleet.inFlight() === 0);
  await fleet.close();
  for (const client of connected.values()) await (await client).close();
});
beforeEach(() => {
  fleet.resetRequests();
  statements = 0;
});

/** The service of one operation. */
function operation(controller = new AbortController()): InventoryService {
  const { signal } = controller;
  const of = { id: "o", requestId: "r", startedAt: new Date(), identity: identity(), signal };
  return new InventoryService(
    inventoryLoaders(of, directory, watches, (error) => {
      throw error;
    }),
  );
}
const idOf = (index: number): string => targets[index]?.id ?? "";
const lists = () => fleet.requests().filter(({ params }) => !params["watch"]);

describe("InventoryService", () => {
  it("finds many pods of many clusters by one statement and one list each", async () => {
    const known = await Promise.all([0, 1, 2].map((index) => operation().pods(idOf(index), page, {})));
    const keys = known.flatMap((found) => found?.items ?? []);
    expect(keys.length).toBeGreaterThan(60);
    watches.close();
    await until("all is forgotten", () => watches.pods.size === 0);
    fleet.resetRequests();
    statements = 0;

    const inventory = operation();
    const pods = await Promise.all(
      keys.map(({ clusterId, object: { namespace, name } }) => inventory.pod(clusterId, namespace ?? "", name)),
    );
    expect(pods.map((found) => found?.object.uid)).toEqual(keys.map(({ object }) => object.uid));
    expect(lists().map(({ path }) => path)).toEqual(["/api/v1/pods", "/api/v1/pods", "/api/v1/pods"]);
    expect(statements).toBe(1);
  });

  it("has nothing of a cluster that is not to be seen, and does not ask it", async () => {
    const inventory = operation();
    expect(await inventory.pod(idOf(3), "shop", "x")).toBeNull();
    expect(await inventory.nodes(idOf(3), page, null)).toBeNull();
    expect(await inventory.namespaces(idOf(3))).toBeNull();
    expect(await inventory.events(idOf(3), page, {})).toBeNull();
    expect(fleet.requests()).toEqual([]);
  });

  it("names the cluster that cannot be asked, and why", async () => {
    await fleet.setFault(targets[2]?.name ?? "", "kubernetes", "refuse");
    await expect(operation().namespaces(idOf(2))).rejects.toMatchObject({
      code: "UPSTREAM_UNREACHABLE",
      message: `${targets[2]?.name}: The connection was refused.`,
      details: { clusterId: idOf(2) },
    });
    await fleet.setFault(targets[2]?.name ?? "", "kubernetes", null);
  });

  it("ends with its operation", async () => {
    await fleet.setFault(targets[2]?.name ?? "", "kubernetes", "hang");
    const client = new AbortController();
    const reading = operation(client).namespaces(idOf(2));
    await until("the list is under way", () => lists().length === 1);
    client.abort();
    await expect(reading).rejects.toMatchObject({ code: "CANCELLED" });
    await until("it is given up", () => fleet.requests().length === 1 && watches.namespaces.size === 0);
    await fleet.setFault(targets[2]?.name ?? "", "kubernetes", null);
  });
});

describe("references from other subgraphs", () => {
  const ENTITIES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
    ... on Pod { uid phase nodeName } ... on Node { uid ready } } }`;

  it("to pods and nodes of clusters cost one list each, and are null for what is gone or hidden", async () => {
    const { schema } = await clusters.schema();
    const keys = (await operation().pods(idOf(1), page, {}))?.items ?? [];
    const pods = keys.map(({ clusterId, object: { namespace, name } }) => ({
      __typename: "Pod",
      clusterId,
      namespace,
      name,
    }));
    const nodes = [...new Set(keys.flatMap(({ object }) => object.nodeName ?? []))].map((name) => ({
      __typename: "Node",
      clusterId: idOf(1),
      name,
    }));
    const none = [
      { __typename: "Pod", clusterId: idOf(1), namespace: "shop", name: "gone" },
      { __typename: "Pod", clusterId: idOf(3), namespace: "shop", name: "hidden" },
      { __typename: "Node", clusterId: idOf(3), name: "hidden" },
    ];
    watches.close();
    await until("all is forgotten", () => watches.pods.size === 0 && watches.nodes.size === 0);
    fleet.resetRequests();
    const { data, errors } = await graphql({
      schema,
      source: ENTITIES,
      variableValues: { representations: [...pods, ...nodes, ...none] },
      contextValue: { inventory: operation() },
    });
    expect(errors).toBeUndefined();
    const entities = data?.["_entities"] as ({ uid: string } | null)[];
    expect(entities.slice(0, pods.length).map((pod) => pod?.uid)).toEqual(keys.map(({ object }) => object.uid));
    expect(entities.slice(pods.length, pods.length + nodes.length)).not.toContain(null);
    expect(entities.slice(-none.length)).toEqual([null, null, null]);
    expect(
      lists()
        .map(({ path }) => path)
        .sort(),
    ).toEqual(["/api/v1/nodes", "/api/v1/pods"]);
  });
});
