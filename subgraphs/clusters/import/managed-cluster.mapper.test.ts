import { describe, expect, it } from "vitest";
import type { ManagedCluster } from "../../shared/upstreams/kubernetes/managed-clusters.ts";
import { descriptionOf, isHubItself } from "./managed-cluster.mapper.ts";

const managed = (more: Partial<ManagedCluster> = {}): ManagedCluster => ({
  name: "prod-1",
  displayName: null,
  server: "https://api.prod-1.example.com:6443",
  caCertificate: null,
  labels: {},
  properties: {},
  kubernetesVersion: "1.31.4",
  profileNamespace: null,
  ...more,
});

describe("descriptionOf", () => {
  it.each([
    [
      { "product.open-cluster-management.io": "OpenShift", "version.openshift.io": "4.18.3" },
      {},
      "OPENSHIFT",
      "4.18.3",
    ],
    [{ "product.open-cluster-management.io": "ROSA" }, {}, "OPENSHIFT", null],
    [{ "version.openshift.io": "4.16.1" }, {}, "OPENSHIFT", "4.16.1"],
    [{}, { vendor: "OpenShift" }, "OPENSHIFT", null],
    [{ "product.open-cluster-management.io": "MicroShift" }, {}, "MICROSHIFT", null],
    [{ "product.open-cluster-management.io": "EKS" }, { vendor: "EKS" }, "KUBERNETES", "1.31.4"],
    [{}, {}, "KUBERNETES", "1.31.4"],
  ])("finds the platform in claims %j and labels %j", (properties, labels, platform, platformVersion) => {
    expect(descriptionOf(managed({ properties, labels }))).toMatchObject({ platform, platformVersion });
  });

  it("finds region and environment where they are told", () => {
    const properties = { "region.open-cluster-management.io": "us-east-1" };
    expect(descriptionOf(managed({ properties, labels: { region: "other", environment: "Prod" } }))).toMatchObject({
      region: "us-east-1",
      environment: "PRODUCTION",
    });
    expect(descriptionOf(managed({ labels: { region: "eu", env: "staging" } }))).toMatchObject({
      region: "eu",
      environment: "STAGING",
    });
    expect(descriptionOf(managed({ labels: { env: "constructor" } }))).toMatchObject({
      region: null,
      environment: null,
    });
  });

  it("keeps the labels that the registry takes", () => {
    const labels = {
      team: "shop",
      "cluster.open-cluster-management.io/clusterset": "default",
      "feature.open-cluster-management.io/addon-search-collector": "available",
      "bad key": "x",
      long: "x".repeat(64),
      empty: "",
    };
    expect(descriptionOf(managed({ labels })).labels).toEqual({
      "cluster.open-cluster-management.io/clusterset": "default",
      empty: "",
      team: "shop",
    });
    const many = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`l${String(i).padStart(2, "0")}`, "x"]));
    expect(Object.keys(descriptionOf(managed({ labels: many })).labels)).toEqual(Object.keys(many).slice(0, 64));
  });
});

it("knows the hub itself by its name, its label and its API server", () => {
  const hub = "https://api.hub.example.com:6443";
  expect(isHubItself(managed(), hub)).toBe(false);
  expect(isHubItself(managed({ server: null }), hub)).toBe(false);
  expect(isHubItself(managed({ name: "local-cluster" }), hub)).toBe(true);
  expect(isHubItself(managed({ labels: { "local-cluster": "true" } }), hub)).toBe(true);
  expect(isHubItself(managed({ server: `${hub}/` }), hub)).toBe(true);
});
