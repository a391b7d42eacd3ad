import type { ApiGroups } from "../../shared/upstreams/kubernetes/api-groups.ts";
import { type Finding, type Look, missedFinding } from "./look.detector.ts";

/** API groups that only a mesh brings; Istio's others also come with the Gateway API alone. */
const MESHES: Readonly<Record<string, string>> = {
  "networking.istio.io": "Istio",
  "maistra.io": "OpenShift Service Mesh",
  "linkerd.io": "Linkerd",
  "policy.linkerd.io": "Linkerd",
  "kuma.io": "Kuma",
  "consul.hashicorp.com": "Consul",
};
export const GROUPS = "GET /apis";

/** A service mesh, by the API groups that it brings. Null where these could not be read. */
export function detectMesh(groups: Look<ApiGroups>): { hasServiceMesh: boolean | null; finding: Finding } {
  const capability = "SERVICE_MESH" as const;
  if ("missed" in groups) {
    return { hasServiceMesh: null, finding: missedFinding(capability, GROUPS, groups.missed) };
  }
  const found = Object.keys(MESHES).filter((group) => groups.seen.has(group));
  const names = [...new Set(found.map((group) => MESHES[group]))].join(", ");
  if (found.length === 0) {
    const detail = "None of the API groups is a service mesh's.";
    return { hasServiceMesh: false, finding: { capability, status: "ABSENT", source: GROUPS, detail } };
  }
  const source = `${GROUPS}: ${found.join(", ")}`;
  return { hasServiceMesh: true, finding: { capability, status: "FOUND", source, detail: `${names}.` } };
}
