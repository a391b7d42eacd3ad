import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { check } from "../../shared/kernel/validation.ts";
import { RegisterClusterInput, UpdateClusterInput } from "./cluster.input.ts";
import { ClusterFilterInput } from "./cluster-filter.input.ts";

const VALID = { name: "prod-1", apiServerUrl: "https://api.example:6443" };
const CA = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----";

function refusal(rules: z.ZodType, value: object): unknown {
  try {
    check(rules, value);
  } catch (error) {
    return error;
  }
  return "It was accepted.";
}
const register = (given: object): unknown => refusal(RegisterClusterInput.rules, { ...VALID, ...given });
const issue = (path: string, message: unknown = expect.any(String)) => ({ details: { issues: [{ path, message }] } });

describe("a cluster's name", () => {
  it.each(["abc", "a-b", "0a1", "a--b", "prod-eu-1", "a".repeat(63)])("may be %s", (name) => {
    expect(register({ name })).toBe("It was accepted.");
  });

  it.each(["", "ab", "a".repeat(64), "-abc", "abc-", "Abc", "a_b", "a.b", "a b", "äbc", "abc\n", " abc", "a/b"])(
    "may not be %j",
    (name) => {
      const error = {
        code: "INVALID_CLUSTER_NAME",
        ...issue("name", expect.stringMatching(/^must be DNS-compatible, 3 to 63 characters/)),
      };
      expect(register({ name })).toMatchObject(error);
      expect(refusal(UpdateClusterInput.rules, { name })).toMatchObject(error);
    },
  );
});

describe("the tenant of a cluster's Loki and Tempo", () => {
  it.each(["a", "fake", "team-a_1.b", "!*'()", "...", "x".repeat(150)])("may be %s", (tenant) => {
    expect(register({ endpoints: { lokiTenant: tenant, tempoTenant: tenant } })).toBe("It was accepted.");
  });

  it.each(["", ".", "..", "a|b", "a/b", "a b", "é", "a\n", "x".repeat(151)])("may not be %j", (tenant) => {
    for (const field of ["lokiTenant", "tempoTenant"]) {
      const error = issue(`endpoints.${field}`, expect.stringContaining("1 to 150 letters"));
      expect(register({ endpoints: { [field]: tenant } })).toMatchObject(error);
      expect(refusal(UpdateClusterInput.rules, { endpoints: { [field]: tenant } })).toMatchObject(error);
    }
  });
});

describe("a cluster's URLs", () => {
  it.each<[string, object]>([
    ["apiServerUrl", { apiServerUrl: "http://api.example" }],
    ["apiServerUrl", { apiServerUrl: "api.example:6443" }],
    ["apiServerUrl", { apiServerUrl: "https://" }],
    ["apiServerUrl", { apiServerUrl: "https://ann:secret@api.example" }],
    ["apiServerUrl", { apiServerUrl: "https://ann@api.example" }],
    ["apiServerUrl", { apiServerUrl: "ftp://api.example" }],
    ["apiServerUrl", { apiServerUrl: "" }],
    ["endpoints.prometheusUrl", { endpoints: { prometheusUrl: "ftp://p.example" } }],
    ["endpoints.prometheusUrl", { endpoints: { prometheusUrl: "http://:secret@p.example" } }],
    ["endpoints.tempoUrl", { endpoints: { tempoUrl: "t.example" } }],
    ["endpoints.lokiUrl", { endpoints: { lokiUrl: "/loki" } }],
    ["endpoints.alertmanagerUrl", { endpoints: { alertmanagerUrl: "file:///etc/passwd" } }],
  ])("are refused by the name of the field: %s", (path, given) => {
    const error = register(given);
    expect(error).toMatchObject({
      code: "INVALID_URL",
      ...issue(path, expect.stringContaining("no user or password")),
    });
    expect(JSON.stringify([error, (error as Error).message])).not.toContain("secret");
    expect(refusal(UpdateClusterInput.rules, given)).toMatchObject({ code: "INVALID_URL" });
  });

  it("may be by http, but for the API server's", () => {
    expect(register({ endpoints: { prometheusUrl: "http://p.example:9090/x", lokiUrl: null } })).toBe(
      "It was accepted.",
    );
  });
});

describe("a cluster's labels", () => {
  it.each<Record<string, string>>([
    {},
    { team: "payments", "app.kubernetes.io/name": "web_1.2-3", A: "", "0": "0" },
    { [`${"a".repeat(63)}`]: "v".repeat(63), [`${"p".repeat(253)}/k`]: "v" },
    Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`l${i}`, "v"])),
  ])("may be %j", (labels) => expect(register({ labels })).toBe("It was accepted."));

  it.each<[string, Record<string, unknown>, string]>([
    ["labels", Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`l${i}`, "v"])), "at most 64 labels"],
    ["labels.", { "": "v" }, "not a Kubernetes label key"],
    ["labels.-a", { "-a": "v" }, "not a Kubernetes label key"],
    ["labels.a b", { "a b": "v" }, "not a Kubernetes label key"],
    ["labels.a=b", { "a=b": "v" }, "not a Kubernetes label key"],
    ["labels./a", { "/a": "v" }, "not a Kubernetes label key"],
    ["labels.P/a", { "P/a": "v" }, "not a Kubernetes label key"],
    [`labels.${"a".repeat(64)}`, { ["a".repeat(64)]: "v" }, "not a Kubernetes label key"],
    ["labels.a", { a: "-v" }, "not a Kubernetes label value"],
    ["labels.a", { a: "v,w" }, "not a Kubernetes label value"],
    ["labels.a", { a: "v".repeat(64) }, "not a Kubernetes label value"],
    ["labels.a", { a: "v\n" }, "not a Kubernetes label value"],
    ["labels.a", { a: 1 }, "must be a string"],
    ["labels.a", { a: { b: "c" } }, "must be a string"],
  ])("are refused at %s", (path, labels, message) => {
    expect(register({ labels })).toMatchObject({ code: "BAD_USER_INPUT", ...issue(path, message) });
  });
});

describe("a cluster's credentials", () => {
  it.each<object>([
    { token: "t" },
    { token: "t", caCertificate: CA, prometheusToken: "p" },
    { kubeconfig: "apiVersion: v1" },
    { kubeconfig: "apiVersion: v1", token: null, prometheusToken: null },
  ])("may be %j", (credentials) => expect(register({ credentials })).toBe("It was accepted."));

  it.each<[string, object]>([
    ["credentials", { kubeconfig: "k", token: "hunter2" }],
    ["credentials", {}],
    ["credentials", { prometheusToken: "hunter2" }],
    ["credentials", { kubeconfig: null, token: null }],
    ["credentials.token", { token: "hunter2 \n" }],
    ["credentials.token", { token: "hunter2".repeat(3000) }],
    ["credentials.prometheusToken", { token: "t", prometheusToken: "hunter2\r\nX-Header: y" }],
    ["credentials.caCertificate", { token: "t", caCertificate: "hunter2" }],
    ["credentials.kubeconfig", { kubeconfig: "hunter2".repeat(40_000) }],
  ])("are refused at %s, and not echoed", (path, credentials) => {
    const error = register({ credentials });
    expect(error).toMatchObject({ code: "BAD_USER_INPUT", ...issue(path) });
    expect(JSON.stringify([error, (error as Error).message])).not.toContain("hunter2");
  });
});

describe("a registration", () => {
  it("tells all that is wrong at once", () => {
    expect(register({ name: "X", apiServerUrl: "x", displayName: "", region: "r".repeat(129) })).toMatchObject({
      details: { issues: ["name", "displayName", "apiServerUrl", "region"].map((path) => ({ path })) },
    });
  });
});

describe("a change", () => {
  it.each<object>([
    {},
    { displayName: null, region: null, platformVersion: null },
    { endpoints: { prometheusUrl: null } },
    { labels: {} },
    { environment: "LAB", clusterType: "EDGE", platform: "MICROSHIFT" },
  ])("may be %j", (change) => expect(refusal(UpdateClusterInput.rules, change)).toBe("It was accepted."));

  it.each(["name", "apiServerUrl", "clusterType", "platform", "environment", "labels"])("may not clear %s", (field) => {
    expect(refusal(UpdateClusterInput.rules, { [field]: null })).toMatchObject({
      code: "BAD_USER_INPUT",
      ...issue(field),
    });
  });
});

describe("a filter", () => {
  it.each<[object, string]>([
    [{ nameContains: "x".repeat(64) }, "nameContains"],
    [{ labelSelector: "x".repeat(4097) }, "labelSelector"],
  ])("is bounded: %#", (filter, path) => {
    expect(refusal(ClusterFilterInput.rules, filter)).toMatchObject({ code: "BAD_USER_INPUT", ...issue(path) });
  });
});
