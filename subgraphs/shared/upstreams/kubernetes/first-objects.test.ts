import { describe, expect, it } from "vitest";
import { replayingApi, servingApi } from "../../../../test/support/api-server.ts";
import { recording } from "../../../../test/support/recordings.ts";
import { readApiGroups } from "./api-groups.ts";
import { firstMetadata, firstObjects } from "./first-objects.ts";
import { INGRESSES, NODES, resourceSlices, SERVICES } from "./resource.ts";

const SERVER = "kubernetes-1.36";
const bounded = (most = 1000) => ({ most, signal: new AbortController().signal });
const page = (names: string[], next?: string) => ({
  metadata: { resourceVersion: "1", ...(next ? { continue: next } : {}) },
  items: names.map((name) => ({ metadata: { name } })),
});
const json = (request: string, answer: unknown, status = 200) => ({
  request,
  answer: { status, contentType: "application/json", answer },
});

describe("the first objects of a kind", () => {
  it("are all where there are not more", async () => {
    await using api = await replayingApi({
      request: "GET /api/v1/services?limit=500",
      answer: recording(SERVER, "services-list"),
    });
    const { objects, complete } = await firstObjects(api.client, SERVICES, {}, bounded());
    expect(complete).toBe(true);
    expect(objects).toHaveLength(10);
    expect(objects.find(({ name }) => name === "thanos-querier")).toMatchObject({
      namespace: "openshift-monitoring",
      headless: false,
      ports: [{ name: "web", port: 9091 }],
      externalHosts: [],
    });
    api.server.verify();
  });

  it("are read by their metadata alone, which older servers give with the rest", async () => {
    await using api = await replayingApi({
      request: "GET /api/v1/nodes?limit=500",
      answer: recording(SERVER, "nodes-list-partial-metadata"),
    });
    const { objects } = await firstMetadata(api.client, NODES, {}, bounded());
    expect(objects.map(({ name }) => name)).toEqual(["alpha-cp-0", "alpha-cp-1"]);
    expect(objects[0]).toMatchObject({ labels: expect.objectContaining({ "kubernetes.io/os": "linux" }) });
    expect(api.server.requests[0]?.headers.accept).toBe(
      "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
    );
  });

  it("end at the most that is wanted", async () => {
    await using api = await replayingApi(
      json("GET /api/v1/services?limit=3", page(["a", "b"], "t1")),
      json("GET /api/v1/services?limit=1&continue=t1", page(["c"], "t2")),
    );
    const { objects, complete } = await firstObjects(api.client, SERVICES, {}, bounded(3));
    expect(objects.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(complete).toBe(false);
    api.server.verify();
  });

  it("are what was read before the server forgot the list (410)", async () => {
    const expired = recording(SERVER, "list-expired-continue-410");
    await using api = await replayingApi(json("GET /api/v1/services?limit=500", page(["a"], "t1")), {
      request: "GET /api/v1/services?limit=500&continue=t1",
      answer: expired,
    });
    const { objects, complete } = await firstObjects(api.client, SERVICES, {}, bounded());
    expect([objects.length, complete]).toEqual([1, false]);
  });

  it("are of the group and namespace asked, and refused as the server refuses", async () => {
    await using api = await servingApi((_, response) =>
      response.writeHead(403, { "content-type": "application/json" }).end("{}"),
    );
    const asked = [
      firstObjects(api.client, INGRESSES, { namespace: "a/b" }, bounded()),
      firstObjects(api.client, resourceSlices("v1beta1"), {}, bounded()),
    ];
    for (const each of asked) await expect(each).rejects.toMatchObject({ code: "UPSTREAM_REFUSED" });
    expect(api.server.requests.map(({ path }) => path).sort()).toEqual([
      "/apis/networking.k8s.io/v1/namespaces/a%2Fb/ingresses?limit=500",
      "/apis/resource.k8s.io/v1beta1/resourceslices?limit=500",
    ]);
  });
});

it("reads the API groups with their versions, as recorded", async () => {
  await using api = await replayingApi({ request: "GET /apis", answer: recording(SERVER, "api-groups") });
  const groups = await readApiGroups(api.client, { signal: new AbortController().signal });
  expect([...groups]).toEqual([
    ["apiregistration.k8s.io", ["v1"]],
    ["apps", ["v1"]],
    ["events.k8s.io", ["v1"]],
  ]);
});
