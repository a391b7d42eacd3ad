import { describe, expect, it } from "vitest";
import { clusterNames, type NameSource } from "./cluster-name.mapper.ts";

const NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
const at = (context: string, server = `https://${context.length}.example.com:6443`): NameSource => ({
  context,
  server,
  endpoint: server,
});
const nameOf = (context: string, server?: string, prefix?: string) => clusterNames([at(context, server)], prefix)[0];

describe("clusterNames", () => {
  it.each([
    ["prod-east-1", "prod-east-1"],
    ["Prod East (1)", "prod-east-1"],
    ["kind-dev", "kind-dev"],
    ["minikube", "minikube"],
    ["Züri_Nord", "zuri-nord"],
    ["kubernetes-admin@prod", "prod"],
    ["ann@blue.eu-west-1.eksctl.io", "blue"],
    ["arn:aws:eks:us-east-1:123456789012:cluster/Payments_1", "payments-1"],
    ["gke_my-project_europe-west1-b_shop", "shop"],
    ["default/api-prod-east-example-com:6443/admin", "prod-east-example-com"],
    ["/api-crc-testing:6443/kube:admin", "crc-testing"],
    ["default/192-168-1-7:6443", "192-168-1-7"],
    ["x".repeat(80), "x".repeat(63)],
    [`${"x".repeat(62)}.y`, "x".repeat(62)],
  ])("%s → %s", (context, name) => {
    expect(nameOf(context)).toBe(name);
    expect(name).toMatch(NAME);
  });

  it("takes the name of an OpenShift cluster from its API server, where the context is of that server", () => {
    const context = "default/api-prod-east-example-com:6443/admin";
    expect(nameOf(context, "https://api.prod-east.example.com:6443")).toBe("prod-east");
    expect(nameOf(context, "https://api.other.example.com:6443")).toBe("prod-east-example-com");
  });

  it("puts the prefix in front, and cuts the rest", () => {
    expect(nameOf("Prod", undefined, "team-a-")).toBe("team-a-prod");
    expect(nameOf("y".repeat(80), undefined, "team-a-")).toBe(`team-a-${"y".repeat(56)}`);
  });

  it.each(["日本", "---", ""])("makes none of %j", (context) => {
    expect(nameOf(context)).toBe("");
    expect(nameOf(context, undefined, "team-")).toBe("");
  });

  const names = (...sources: [context: string, server: string][]) =>
    clusterNames(sources.map(([context, server]) => at(context, server)));

  it("says more of where a cluster is when another would have its name", () => {
    expect(
      names(
        ["arn:aws:eks:us-east-1:123456789012:cluster/shop", "https://one"],
        ["arn:aws:eks:eu-west-1:123456789012:cluster/shop", "https://two"],
      ),
    ).toEqual(["shop-us-east-1", "shop-eu-west-1"]);
    expect(
      names(
        ["default/api-prod-us-example-com:6443/admin", "https://api.prod.us.example.com:6443"],
        ["default/api-prod-eu-example-com:6443/admin", "https://api.prod.eu.example.com:6443"],
      ),
    ).toEqual(["prod-us-example-com", "prod-eu-example-com"]);
    expect(names(["prod", "https://one"], ["kubernetes-admin@prod", "https://two"])).toEqual([
      "prod",
      "kubernetes-admin-prod",
    ]);
  });

  it("tells by a hash of the API server what nothing else tells apart, whatever the order", () => {
    const [first, second] = names(["Prod", "https://one"], ["PROD", "https://two"]);
    expect(first).toMatch(/^prod-[0-9a-f]{6}$/);
    expect(second).toMatch(/^prod-[0-9a-f]{6}$/);
    expect(second).not.toBe(first);
    expect(names(["PROD", "https://two"], ["Prod", "https://one"])).toEqual([second, first]);
    const long = names(["X".repeat(70), "https://one"], ["X".repeat(71), "https://two"]);
    for (const name of long) expect(name).toMatch(/^x{56}-[0-9a-f]{6}$/);
    expect(new Set(long).size).toBe(2);
  });

  it("leaves a name to the context that is called so, whatever else there is", () => {
    const [exact, other] = names(["prod", "https://one"], ["Prod", "https://two"]);
    expect(exact).toBe("prod");
    expect(other).toMatch(/^prod-[0-9a-f]{6}$/);
  });

  it("gives contexts of one cluster one name", () => {
    const server = "https://api.prod.example.com:6443";
    expect(
      names(["default/api-prod-example-com:6443/ann", server], ["shop/api-prod-example-com:6443/bob", server]),
    ).toEqual(["prod", "prod"]);
  });
});
