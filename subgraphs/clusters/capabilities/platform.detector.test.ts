import { expect, it } from "vitest";
import { z } from "zod";
import type { Platform } from "../../../prisma/generated/enums.ts";
import { recording } from "../../../test/support/recordings.ts";
import { type Look, missing } from "./look.detector.ts";
import { detectMesh } from "./mesh.detector.ts";
import { detectPlatform, type PlatformLooks } from "./platform.detector.ts";

const absent = missing("The API server has no such resource.");
const missed = (status: "FORBIDDEN" | "UNREACHABLE"): Look<never> => ({ missed: { status, detail: "No." } });
const plain: PlatformLooks = { openshift: absent, microshift: absent, kubernetes: { seen: "v1.36.2" } };

it.each<[string, Partial<PlatformLooks>, Platform, string | null, string, string]>([
  ["plain", {}, "KUBERNETES", "1.36.2", "FOUND", "Kubernetes 1.36.2."],
  [
    "plain, registered as the default",
    {},
    "OPENSHIFT",
    "1.36.2",
    "FOUND",
    "Kubernetes 1.36.2. Registered as OPENSHIFT: change that if it is wrong.",
  ],
  ["OpenShift", { openshift: { seen: "4.18.5" } }, "OPENSHIFT", "4.18.5", "FOUND", "OpenShift 4.18.5."],
  ["MicroShift", { microshift: { seen: "4.18.6" } }, "MICROSHIFT", "4.18.6", "FOUND", "MicroShift 4.18.6."],
  [
    "MicroShift, registered otherwise",
    { microshift: { seen: "4.18.6" } },
    "KUBERNETES",
    "4.18.6",
    "FOUND",
    "MicroShift 4.18.6. Registered as KUBERNETES: change that if it is wrong.",
  ],
  ["OpenShift's version forbidden", { openshift: missed("FORBIDDEN") }, "OPENSHIFT", null, "FORBIDDEN", "No."],
  ["MicroShift's version unanswered", { microshift: missed("UNREACHABLE") }, "KUBERNETES", null, "UNREACHABLE", "No."],
  ["no answer at all", { kubernetes: missed("UNREACHABLE") }, "KUBERNETES", null, "UNREACHABLE", "No."],
])("platform: %s", (_, looks, registered, version, status, detail) => {
  const { platformVersion, finding } = detectPlatform({ ...plain, ...looks }, registered);
  expect(platformVersion).toBe(version);
  expect(finding).toMatchObject({ capability: "PLATFORM", status, detail });
});

it("a mesh is not among the recorded API groups", () => {
  const { groups } = z
    .object({ groups: z.array(z.object({ name: z.string() })) })
    .parse(recording("kubernetes-1.36", "api-groups").answer);
  const { hasServiceMesh, finding } = detectMesh({ seen: new Map(groups.map(({ name }) => [name, ["v1"]])) });
  expect(hasServiceMesh).toBe(false);
  expect(finding).toMatchObject({ capability: "SERVICE_MESH", status: "ABSENT", source: "GET /apis" });
});

it.each<[string[], string]>([
  [["networking.istio.io", "security.istio.io"], "Istio."],
  [["maistra.io", "networking.istio.io"], "Istio, OpenShift Service Mesh."],
  [["linkerd.io", "policy.linkerd.io"], "Linkerd."],
  [["kuma.io"], "Kuma."],
  [["consul.hashicorp.com"], "Consul."],
])("the API groups %j are a mesh's", (names, detail) => {
  const { hasServiceMesh, finding } = detectMesh({ seen: new Map(names.map((name) => [name, ["v1"]])) });
  expect(hasServiceMesh).toBe(true);
  expect(finding).toMatchObject({ status: "FOUND", detail });
});

it("whether there is a mesh, nobody knows where the groups are forbidden", () => {
  expect(detectMesh(missed("FORBIDDEN"))).toMatchObject({ hasServiceMesh: null, finding: { status: "FORBIDDEN" } });
});
