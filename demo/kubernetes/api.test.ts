import { describe, expect, it } from "vitest";
import { z } from "zod";
import { clusterSpec } from "../catalogue.ts";
import { call } from "../testing/call.ts";
import { lacking, recording } from "../testing/recordings.ts";
import { buildWorld } from "../world/world.ts";
import { kubernetesHandler } from "./api.ts";
import { People } from "./people.ts";

const TOKEN = "the-token";
const of = (index: number) => kubernetesHandler(buildWorld(clusterSpec(1, index)), new Set([TOKEN]));
const [openshift, gpus, edge] = [of(1), of(2), of(3)];
const ask = (path: string, handler = openshift, options: { method?: string; token?: string; now?: number } = {}) =>
  call(handler, path, { token: TOKEN, ...options });
const recorded = (name: string) => recording("kubernetes-1.36", name);

const slice = z.object({
  spec: z.object({ pool: z.object({ generation: z.number() }), devices: z.array(z.looseObject({})) }),
});
const given = z.object({ pool: z.string(), device: z.string(), adminAccess: z.boolean().optional() });
const claim = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  status: z.object({
    allocation: z.object({ devices: z.object({ results: z.array(given) }) }),
    reservedFor: z.array(z.object({ name: z.string() })),
  }),
});
const list = z.object({
  metadata: z.object({
    resourceVersion: z.string(),
    continue: z.string().optional(),
    remainingItemCount: z.number().optional(),
  }),
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({
        name: z.string(),
        namespace: z.string().optional(),
        labels: z.record(z.string(), z.string()),
      }),
    }),
  ),
});
const namesOf = (path: string, handler = openshift) =>
  list.parse(ask(path, handler).data).items.map(({ metadata }) => metadata.name);

describe("answers of the recorded shape", () => {
  // Which keys objects have varies: the recorded pods have no owner and have ended, some namespaces are annotated.
  it.each([
    ["version-anonymous", /^$/],
    ["nodes-list", /taints/],
    ["node-get", /^$/],
    ["namespaces-list", /annotations/],
    ["pods-list-page-1", /ownerReferences|hostIP|state|lastState|reason|message/],
    ["api-groups", /^$/],
    ["services-list", /managedFields|selector/],
  ])("%s", (name, varies) => {
    const real = recorded(name);
    const ours = ask(name === "node-get" ? "/api/v1/nodes/prod-west-1-gpu-0" : real.path, gpus);
    expect([ours.status, ours.contentType]).toEqual([real.status, real.contentType]);
    const fixed = (keys: string[]) => keys.filter((key) => !varies.test(key));
    expect(fixed(lacking(real.answer, ours.data))).toEqual([]);
    expect(fixed(lacking(ours.data, real.answer))).toEqual([]);
  });

  it.each(["pod-crashloop", "pod-pending"])("%s", (name) => {
    const [handler, path] =
      name === "pod-pending"
        ? [gpus, "/api/v1/namespaces/ai-training/pods/tuning-0"]
        : [edge, "/api/v1/namespaces/upf-core/pods/smf-0"];
    const ours = ask(path, handler);
    expect(ours.status).toBe(200);
    expect(lacking(recorded(name).answer, ours.data)).toEqual([]);
    expect(lacking(ours.data, recorded(name).answer).filter((key) => !/ownerReferences|hostIP/.test(key))).toEqual([]);
  });

  it.each([
    "readyz",
    "not-found-group",
    "not-found-path",
    "not-found-resource",
    "not-found-object",
    "pods-list-bad-field-selector",
    "pods-list-bad-label-selector",
    "method-not-allowed",
  ])("%s, to the letter", (name) => {
    const real = recorded(name);
    const ours = ask(real.path, openshift, { method: real.method });
    expect(ours.data).toEqual(real.answer);
    expect([ours.status, ours.contentType]).toEqual([real.status, real.contentType]);
  });

  it("tells who may not", () => {
    const anonymous = recorded("anonymous-forbidden");
    const nobody = call(openshift, anonymous.path);
    expect([nobody.status, nobody.data]).toEqual([403, anonymous.answer]);
    const stranger = ask("/api/v1/pods", openshift, { token: "another" });
    expect([stranger.status, stranger.data]).toEqual([401, recorded("unauthorized-bad-token").answer]);
    expect(call(openshift, "/api/v1/namespaces/shop/pods/x").data).toMatchObject({
      message:
        'pods "x" is forbidden: User "system:anonymous" cannot get resource "pods" in API group "" in the namespace "shop"',
    });
    expect(call(openshift, "/nope").status).toBe(403);
    for (const open of ["/version", "/readyz", "/livez", "/healthz"]) expect(call(openshift, open).status).toBe(200);
  });

  it("ssar-anonymous, to the letter", () => {
    const real = recorded("ssar-anonymous");
    const ours = call(openshift, real.path, { method: "POST", form: "{}" });
    expect([ours.status, ours.data]).toEqual([real.status, real.answer]);
  });

  const PODS = { verb: "list", group: "", resource: "pods", namespace: "shop" };
  it.each<[string, object]>([
    ["ssar-allowed", { resourceAttributes: PODS }],
    ["ssar-denied", { resourceAttributes: { ...PODS, resource: "secrets" } }],
    ["tokenreview-valid", { token: TOKEN }],
    ["tokenreview-invalid", { token: "nope" }],
    ["tokenreview-wrong-audience", { token: TOKEN, audiences: ["other"] }],
    ["tokenreview-empty", { token: "" }],
    ["tokenreview-empty", {}],
  ])("%s", (name, spec) => {
    const real = recorded(name);
    const world = buildWorld(clusterSpec(1, 1));
    const handler = kubernetesHandler(world, new Set([TOKEN]), undefined, new Set(["secrets"]));
    const ours = call(handler, real.path, { method: "POST", token: TOKEN, form: JSON.stringify({ spec }) });
    expect([ours.status, ours.contentType]).toEqual([real.status, real.contentType]);
    const fixed = (keys: string[]) => keys.filter((key) => !key.includes("managedFields"));
    expect(fixed(lacking(real.answer, ours.data))).toEqual([]);
    expect(lacking(ours.data, real.answer)).toEqual([]);
  });

  it("refuses a review that is none, and keeps no other object", () => {
    const { path } = recorded("ssar-allowed");
    for (const form of ["", "{", "null", '{"spec":{}}']) {
      const { status, data } = call(openshift, path, { method: "POST", token: TOKEN, form });
      expect([status, data]).toMatchObject([400, { reason: "BadRequest" }]);
    }
    expect(call(openshift, "/api/v1/pods", { method: "POST", token: TOKEN, form: "{}" }).status).toBe(405);
  });

  it("refuses a bad continue token and one that is too old", () => {
    const bad = ask(recorded("pods-list-bad-continue").path);
    expect(bad.status).toBe(400);
    expect(lacking(recorded("pods-list-bad-continue").answer, bad.data)).toEqual([]);
    const now = Date.UTC(2026, 5, 1);
    const first = list.parse(ask("/api/v1/pods?limit=3", openshift, { now }).data);
    const later = ask(`/api/v1/pods?limit=3&continue=${first.metadata.continue}`, openshift, { now: now + 900_000 });
    expect(later.status).toBe(410);
    expect(later.data).toMatchObject({ reason: "Expired", metadata: { continue: expect.any(String) } });
    expect(lacking(recorded("list-expired-continue-410").answer, later.data)).toEqual([]);
    const { metadata } = z.object({ metadata: z.object({ continue: z.string() }) }).parse(later.data);
    const fresh = ask(`/api/v1/pods?continue=${metadata.continue}`, openshift, { now: now + 900_000 });
    expect(list.parse(fresh.data).items).not.toHaveLength(0);
  });

  it("shows each health check on demand", () => {
    const { data, contentType } = ask("/readyz?verbose");
    expect(data).toMatch(/^(\[\+\]\S+ ok\n)+readyz check passed\n$/);
    expect(contentType).toBe(recorded("readyz-verbose").contentType);
  });
});

describe("people", () => {
  const people = new People();
  people.know("anns", { name: "ann", groups: ["shop-team"] });
  people.grant("shop-team", ["shop"]);
  people.grant("root", ["*"]);
  const forbidden = new Set<string>();
  const handler = kubernetesHandler(buildWorld(clusterSpec(1, 1)), new Set([TOKEN]), undefined, forbidden, people);
  const as = (path: string, headers: Record<string, string>, token = TOKEN, form?: string) =>
    call(handler, path, { token, headers, ...(form ? { form, method: "POST" } : {}) });
  const [SHOP, EVERYWHERE] = ["/api/v1/namespaces/shop/pods", "/api/v1/pods"];

  it.each<[string, string, Record<string, string>, string, number]>([
    ["by token, where they may", SHOP, {}, "anns", 200],
    ["by token, where they may not", EVERYWHERE, {}, "anns", 403],
    [
      "impersonated, by their group",
      SHOP,
      { "impersonate-user": "bob", "impersonate-group": "a, shop-team" },
      TOKEN,
      200,
    ],
    ["impersonated, without a group", SHOP, { "impersonate-user": "bob" }, TOKEN, 403],
    ["impersonated, who may everything", EVERYWHERE, { "impersonate-user": "root" }, TOKEN, 200],
    ["who ask what there is", "/apis", { "impersonate-user": "bob" }, TOKEN, 200],
  ])("are answered %s", (_, path, headers, token, status) => expect(as(path, headers, token).status).toBe(status));

  it("are reviewed, and review", () => {
    const review = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const may = (namespace: string) =>
      as(
        review,
        {},
        "anns",
        JSON.stringify({ spec: { resourceAttributes: { verb: "list", resource: "pods", namespace } } }),
      ).data;
    expect([may("shop"), may("payments")]).toMatchObject([
      { status: { allowed: true } },
      { status: { allowed: false } },
    ]);
    const tokens = "/apis/authentication.k8s.io/v1/tokenreviews";
    const form = JSON.stringify({ spec: { token: "anns" } });
    expect(as(tokens, {}, TOKEN, form).data).toMatchObject({ status: { user: { username: "ann" } } });
    expect(as(tokens, {}, "anns", form).status).toBe(403);
  });

  it("are not impersonated where the account may not", () => {
    forbidden.add("users");
    const { status, data } = as(SHOP, { "impersonate-user": "root" });
    forbidden.clear();
    expect([status, data]).toMatchObject([
      403,
      { message: expect.stringContaining('cannot impersonate resource "users"') },
    ]);
  });
});

describe("lists", () => {
  it("come in pages that add up", () => {
    const all = namesOf("/api/v1/pods");
    const collected: string[] = [];
    let token = "";
    do {
      const page = list.parse(ask(`/api/v1/pods?limit=7&continue=${encodeURIComponent(token)}`).data);
      collected.push(...page.items.map(({ metadata }) => metadata.name));
      token = page.metadata.continue ?? "";
      expect(page.metadata.remainingItemCount ?? 0).toBe(all.length - collected.length);
    } while (token !== "");
    expect(collected).toEqual(all);
  });

  it.each([
    ["app=checkout", 3],
    ["app==checkout", 3],
    ["app in (checkout, cart)", 5],
    ["app in (checkout),app!=checkout", 0],
    ["cnf-type", 0],
  ])("selects pods by label: %s", (selector, count) => {
    expect(namesOf(`/api/v1/namespaces/shop/pods?labelSelector=${encodeURIComponent(selector)}`)).toHaveLength(count);
  });

  it("selects by absence and exclusion", () => {
    const all = namesOf("/api/v1/pods", edge).length;
    const count = (selector: string) =>
      namesOf(`/api/v1/pods?labelSelector=${encodeURIComponent(selector)}`, edge).length;
    expect(count("cnf-type") + count("!cnf-type")).toBe(all);
    expect(count("app notin (smf)")).toBe(all - 1);
    expect(count("cnf-type notin (upf,amf)")).toBe(all - 2);
    expect(ask("/api/v1/pods?labelSelector=a%20in%20b").status).toBe(400);
  });

  it("selects pods by field", () => {
    const onNode = namesOf("/api/v1/pods?fieldSelector=spec.nodeName%3Dprod-west-1-gpu-0", gpus);
    expect(onNode.length).toBeGreaterThan(2);
    expect(namesOf("/api/v1/pods?fieldSelector=metadata.name%3Dtuning-0", gpus)).toEqual(["tuning-0"]);
    expect(namesOf("/api/v1/pods?fieldSelector=status.phase%3DPending", gpus)).toEqual(["tuning-0"]);
    expect(namesOf("/api/v1/pods?fieldSelector=status.phase!%3DRunning,status.phase!%3DPending")).toHaveLength(2);
  });

  it("are empty for a namespace that does not exist", () => {
    const real = recorded("pods-list-empty-namespace");
    const ours = ask(real.path);
    expect(ours.status).toBe(200);
    expect(lacking(real.answer, ours.data)).toEqual([]);
    expect(list.parse(ours.data).items).toEqual([]);
  });
});

describe("what clusters differ in", () => {
  it("has GPUs as capacity and labels", () => {
    const selector = encodeURIComponent("nvidia.com/gpu.present=true");
    const { items } = list.parse(ask(`/api/v1/nodes?labelSelector=${selector}`, gpus).data);
    expect(items).toHaveLength(2);
    // The second node's are shared, by four pods each.
    for (const [index, [offered, product, strategy]] of [
      ["4", "NVIDIA-A100-SXM4-80GB", "none"],
      ["16", "NVIDIA-A100-SXM4-80GB-SHARED", "time-slicing"],
    ].entries()) {
      expect(items[index]).toMatchObject({ status: { capacity: { "nvidia.com/gpu": offered } } });
      expect(items[index]?.metadata.labels).toMatchObject({
        "nvidia.com/gpu.product": product,
        "nvidia.com/gpu.sharing-strategy": strategy,
        "nvidia.com/gpu.count": "4",
        "nvidia.com/gpu.memory": "81920",
      });
    }
    expect(namesOf(`/api/v1/nodes?labelSelector=${selector}`)).toEqual([]);
  });

  it("serves the platform's version where the platform keeps it", () => {
    const { platformVersion } = clusterSpec(1, 1);
    expect(ask("/apis/config.openshift.io/v1/clusterversions/version").data).toMatchObject({
      kind: "ClusterVersion",
      status: { desired: { version: platformVersion }, history: [{ state: "Completed", version: platformVersion }] },
    });
    expect(namesOf("/apis/config.openshift.io/v1/clusterversions")).toEqual(["version"]);
    for (const handler of [gpus, edge]) {
      const other = ask("/apis/config.openshift.io/v1/clusterversions/version", handler);
      expect([other.status, other.contentType]).toEqual([404, "text/plain; charset=utf-8"]);
    }
    expect(ask("/api/v1/namespaces/kube-public/configmaps/microshift-version", edge).data).toMatchObject({
      data: { version: clusterSpec(1, 3).platformVersion },
    });
  });

  it("has what leads to its monitoring, each platform its own way", () => {
    expect(namesOf("/api/v1/services")).toEqual([
      "kubernetes",
      "alertmanager-main",
      "prometheus-k8s",
      "thanos-querier",
    ]);
    expect(namesOf("/apis/route.openshift.io/v1/namespaces/openshift-monitoring/routes")).toContain("thanos-querier");
    expect(namesOf("/apis/networking.k8s.io/v1/ingresses")).toEqual([]);
    expect(namesOf("/apis/networking.k8s.io/v1/ingresses", gpus)).toEqual(["kube-prometheus-stack-prometheus"]);
    expect(ask("/apis/route.openshift.io/v1/routes", gpus).status).toBe(404);
  });

  it("has what network functions need of nodes", () => {
    const [node] = list.parse(ask("/api/v1/nodes", edge).data).items;
    expect(node).toMatchObject({ status: { capacity: { "openshift.io/sriov_fronthaul": "8" } } });
    expect(ask("/apis/ptp.openshift.io", edge).status).toBe(200);
    expect(ask("/apis/ptp.openshift.io", gpus).status).toBe(404);
  });

  it("offers GPUs by resource slices instead, of a version that is on by default or by the driver's demand", () => {
    const lab = of(4);
    const { items } = list.parse(ask("/apis/resource.k8s.io/v1beta1/resourceslices", lab).data);
    const slices = z.array(slice).parse(items);
    expect(slices.map(({ spec }) => [spec.pool.generation, spec.devices.length].join()).toSorted()).toEqual([
      "1,1",
      "2,16",
      "2,8",
    ]);
    expect(slices[0]?.spec.devices[0]).not.toHaveProperty("attributes");
    const nodes = list.parse(ask("/api/v1/nodes", lab).data).items;
    expect(JSON.stringify(nodes)).not.toContain('"nvidia.com/gpu":');
    expect(ask("/apis/resource.k8s.io/v1/resourceslices", lab).status).toBe(404);
    const newer = kubernetesHandler(
      buildWorld({ ...clusterSpec(1, 4), kubernetesVersion: "1.34.1" }),
      new Set([TOKEN]),
    );
    expect(namesOf("/apis/resource.k8s.io/v1/resourceslices", newer)).toHaveLength(3);
  });

  it("gives those GPUs out by resource claims, and lets exporters look at all as administrators", () => {
    const { items } = list.parse(ask("/apis/resource.k8s.io/v1beta1/resourceclaims", of(4)).data);
    const claims = z.array(claim).parse(items);
    const train = claims.find(({ metadata }) => metadata.name === "train-0-gpus");
    expect(train).toMatchObject({
      metadata: { namespace: "ai-training" },
      status: { reservedFor: [{ name: "train-0" }] },
    });
    expect(train?.status.allocation.devices.results).toHaveLength(4);
    const given = claims.flatMap(({ status }) => status.allocation.devices.results).filter((each) => !each.adminAccess);
    expect(new Set(given.map(({ pool, device }) => `${pool}/${device}`)).size).toBe(given.length);
    expect(given).toHaveLength(7 + 6);
    expect(namesOf("/apis/resource.k8s.io/v1beta1/namespaces/nvidia-gpu-operator/resourceclaims", of(4))).toHaveLength(
      2,
    );
    expect(ask("/apis/resource.k8s.io/v1beta1/resourceclaims", gpus).status).toBe(404);
  });

  it("refuses what its token may not ask for", () => {
    const handler = kubernetesHandler(buildWorld(clusterSpec(1, 1)), new Set([TOKEN]), undefined, new Set(["nodes"]));
    const refused = ask("/api/v1/nodes", handler);
    expect(refused.status).toBe(403);
    expect(lacking(recorded("viewer-nodes").answer, refused.data)).toEqual([]);
    expect(refused.data).toMatchObject({
      message: expect.stringContaining('cannot list resource "nodes" in API group ""'),
    });
    expect(ask("/api/v1/pods", handler).status).toBe(200);
  });

  it("lists what it has under /api and /apis", () => {
    expect(ask("/api").data).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
    expect(ask("/api/v1").data).toMatchObject({ kind: "APIResourceList", groupVersion: "v1" });
    expect(ask("/apis/config.openshift.io").data).toMatchObject({ kind: "APIGroup", name: "config.openshift.io" });
    expect(ask("/apis/config.openshift.io", gpus).status).toBe(404);
    expect(ask("/apis/apps/v1/daemonsets").data).toMatchObject({ reason: "NotFound", code: 404 });
  });
});
