import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DemoFleet, startDemoFleet } from "../../../demo/fleet.ts";
import { servingApi } from "../../../test/support/api-server.ts";
import { identity } from "../../../test/support/clusters.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import { until } from "../../../test/support/until.ts";
import { askedAs } from "../../shared/fleet/asked-as.ts";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { systemClock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { vouchedFor } from "../../shared/kernel/vouched.ts";
import { KubernetesClient } from "../../shared/upstreams/kubernetes/client.ts";
import type { PodObject } from "../../shared/upstreams/kubernetes/objects/pod.ts";
import { PODS } from "../../shared/upstreams/kubernetes/resource.ts";
import { ObjectWatches, type ObjectWatchesOptions } from "./objects.watch.ts";

const signal = new AbortController().signal;
let fleet: DemoFleet;
const connected = new Map<string, Promise<KubernetesClient>>();
/** The fleet's clients, without a database behind them. */
const clients = {
  kubernetes: ({ name, id }: Target) => {
    const cluster = fleet.clusters.find((candidate) => candidate.name === name);
    if (!cluster) throw new CodedError("CREDENTIALS_INVALID", "none");
    const client =
      connected.get(id) ?? KubernetesClient.connect(cluster.kubeconfig, cluster.apiServerUrl, loopbackGuard());
    connected.set(id, client);
    return client;
  },
} as unknown as FleetClients;

beforeAll(async () => {
  fleet = await startDemoFleet({ clusters: 4 });
});
afterAll(async () => {
  await fleet.close();
  for (const client of connected.values()) await (await client).close();
});
beforeEach(() => fleet.resetRequests());

const open: ObjectWatches<PodObject>[] = [];
afterEach(async () => {
  for (const watches of open.splice(0)) watches.close();
  await until("every watch is given up", () => fleet.inFlight() === 0);
});
function watchesOf(options: Partial<ObjectWatchesOptions<PodObject>> = {}): ObjectWatches<PodObject> {
  const watches = new ObjectWatches({
    resource: PODS,
    clients,
    clock: systemClock,
    retry: { backoffMs: () => 10 },
    ...options,
  });
  open.push(watches);
  return watches;
}

const target = (index: number, more: Partial<Target> = {}): Target => {
  const { name = "", apiServerUrl = "" } = fleet.clusters[index] ?? {};
  const endpoints = {
    prometheusUrl: null,
    tempoUrl: null,
    lokiUrl: null,
    alertmanagerUrl: null,
    lokiTenant: null,
    tempoTenant: null,
  };
  return { id: `id-${name}`, name, apiServerUrl, credentialsAt: new Date(0), ...endpoints, ...more };
};
const paths = () => fleet.requests().map(({ path, params }) => `${params["watch"] ? "watch" : "list"} ${path}`);

describe("ObjectWatches", () => {
  it("shares one list and one watch between all readers of a cluster", async () => {
    const watches = watchesOf();
    const parts = [{ namespace: "shop" }];
    const readings = await Promise.all([
      watches.read(target(1), [], signal),
      watches.read(target(1), parts, signal),
      watches.read(target(1), [], signal),
    ]);
    expect(new Set(readings.map(({ objects }) => objects)).size).toBe(1);
    await until("the watch is open", () => paths().length === 2);
    expect(paths()).toEqual(["list /api/v1/pods", "watch /api/v1/pods"]);
    expect(watches.size).toBe(1);
  });

  it("lists for each user anew where a cluster is asked in their names, and only what they ask for", async () => {
    const watches = watchesOf();
    const as = askedAs({ ...identity(), ...vouchedFor("oidc", []) }, "IMPERSONATE");
    if (!as) throw new Error("It is asked in the platform's name.");
    await Promise.all([
      watches.read(target(1, { as }), [{ namespace: "shop" }], signal),
      watches.read(target(1, { as }), [], signal),
      watches.read(target(1, { as }), [], signal),
    ]);
    expect(paths().toSorted()).toEqual(["list /api/v1/namespaces/shop/pods", "list /api/v1/pods", "list /api/v1/pods"]);
    expect(watches.size).toBe(0);
  });

  it("tells followers what changes, and after a 410 what vanished", async () => {
    const watches = watchesOf();
    const { name } = target(1);
    const { snapshot, changes } = await watches.follow(target(1), signal);
    expect(snapshot.objects.length).toBeGreaterThan(20);
    const next = async () => {
      const { value } = await changes.next();
      return `${value.type} ${value.object.name} ${value.object.reason}`;
    };
    await until("the watch is open", () => paths().length === 2);
    fleet.putPod(name, "extra", "p-1");
    expect(await next()).toBe("ADDED p-1 null");
    fleet.putPod(name, "extra", "p-1", "crashing");
    expect(await next()).toBe("MODIFIED p-1 CrashLoopBackOff");
    await fleet.setFault(name, "kubernetes", "refuse");
    fleet.deletePod(name, "extra", "p-1");
    fleet.putPod(name, "extra", "p-2");
    fleet.compact(name);
    await fleet.setFault(name, "kubernetes", null);
    expect([await next(), await next()]).toEqual(["DELETED p-1 CrashLoopBackOff", "ADDED p-2 null"]);
    fleet.deletePod(name, "extra", "p-2");
    expect(await next()).toBe("DELETED p-2 null");
    await changes.return();
  });

  it("ends what nobody has read for a while, and not what is followed", async () => {
    const watches = watchesOf({ idleMs: 50 });
    const { changes } = await watches.follow(target(0), signal);
    await watches.read(target(1), [], signal);
    expect(watches.size).toBe(2);
    await until("one is ended", () => watches.size === 1);
    await until("its watch is given up", () => fleet.inFlight({ cluster: target(1).name }) === 0);
    await changes.return();
    await until("the other is ended, too", () => watches.size === 0);
  });

  it("keeps to its bounds by ending the one not read for longest", async () => {
    const watches = watchesOf({ maxWatches: 2 });
    await watches.read(target(0), [], signal);
    await watches.read(target(1), [], signal);
    await watches.read(target(0), [], signal);
    await watches.read(target(2), [], signal);
    expect(watches.size).toBe(2);
    await until("its watch is given up", () => fleet.inFlight({ cluster: target(1).name }) === 0);
    fleet.resetRequests();
    await watches.read(target(0), [], signal);
    await watches.read(target(2), [], signal);
    expect(paths().filter((path) => path.startsWith("list"))).toEqual([]);

    const few = watchesOf({ maxObjects: 10 });
    for (const index of [0, 1, 2]) await few.read(target(index), [], signal);
    expect(few.size).toBe(1);
  });

  it("begins anew with a cluster's new credentials or address", async () => {
    const watches = watchesOf();
    await watches.read(target(0), [], signal);
    await watches.read(target(0, { credentialsAt: new Date(1) }), [], signal);
    expect(paths().filter((path) => path.startsWith("list"))).toHaveLength(2);
    expect(watches.size).toBe(1);
    await until("only the new one is left", () => fleet.inFlight() === 1);
  });

  it("forgets a cluster that could not be asked: the next reader asks again", async () => {
    const watches = watchesOf();
    const { name } = target(3);
    await fleet.setFault(name, "kubernetes", "error-503");
    await expect(watches.read(target(3), [], signal)).rejects.toMatchObject({ code: "UPSTREAM_ERROR" });
    await until("it is forgotten", () => watches.size === 0);
    await fleet.setFault(name, "kubernetes", null);
    expect((await watches.read(target(3), [], signal)).objects.length).toBeGreaterThan(5);
    const none = target(3, { name: "no-such", id: "no-such" });
    await expect(watches.read(none, [], signal)).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
  });

  it("gives up a list that its only reader has left", async () => {
    const watches = watchesOf();
    await fleet.setFault(target(3).name, "kubernetes", "hang");
    const reader = new AbortController();
    const reading = watches.read(target(3), [], reader.signal);
    await until("the list is under way", () => fleet.inFlight() === 1);
    reader.abort(new Error("left"));
    await expect(reading).rejects.toThrow("left");
    await until("it is given up", () => fleet.inFlight() === 0);
    await fleet.setFault(target(3).name, "kubernetes", null);
  });
});

describe("where not all may be listed", () => {
  const descending = (a: string, b: string): number => (a > b ? -1 : 1);
  const list = (...names: string[]) =>
    JSON.stringify({
      metadata: { resourceVersion: "1" },
      items: names.map((path) => {
        const [namespace, name] = path.split("/");
        return { metadata: { namespace, name, uid: path, resourceVersion: "1" } };
      }),
    });
  const tooMany = JSON.stringify({
    metadata: { resourceVersion: "1", continue: "c", remainingItemCount: 20_000 },
    items: [],
  });

  it.each([
    ["by the credentials", 403, "{}", "UPSTREAM_REFUSED"],
    ["since there are too many", 200, tooMany, "LIMIT_EXCEEDED"],
  ])("%s, reads the parts that were asked for, and remembers it", async (_, status, body, code) => {
    await using api = await servingApi(({ path }, response) => {
      const [, namespace] = /namespaces\/([^/]+)\/pods/.exec(path) ?? [];
      if (namespace) response.end(list(`${namespace}/1`, `${namespace}/2`));
      else response.writeHead(status).end(body);
    });
    const watches = watchesOf({ clients: { kubernetes: async () => api.client } as unknown as FleetClients });
    const parts = [{ namespace: "b" }, { namespace: "a" }];
    const { objects, get } = await watches.read(target(0), parts, signal);
    expect(objects.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(["a/1", "a/2", "b/1", "b/2"]);
    expect(get("b", "1")).toBeDefined();
    await watches.read(target(0), [{ namespace: "a" }], signal);
    await watches.read(target(0), [{ namespace: "c" }], signal);
    const order = api.server.requests.map(({ path }) => path);
    expect([...order.slice(0, 1), ...order.slice(1, 3).toSorted(descending), ...order.slice(3)]).toEqual([
      "/api/v1/pods?limit=500",
      "/api/v1/namespaces/b/pods?limit=500",
      "/api/v1/namespaces/a/pods?limit=500",
      "/api/v1/namespaces/a/pods?limit=500",
      "/api/v1/namespaces/c/pods?limit=500",
    ]);
    expect(watches.size).toBe(0);
    await expect(watches.read(target(0), [], signal)).rejects.toMatchObject({ code });
    watches.close();
  });
});
