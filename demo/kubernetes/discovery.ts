import type { ClusterSpec } from "../catalogue.ts";
import { type Answer, json } from "../server/answer.ts";
import { groupsOf, resourcesOf } from "./resources.ts";

function groupObject([name, version]: readonly [string, string]): object {
  const preferred = { groupVersion: `${name}/${version}`, version };
  return { name, versions: [preferred], preferredVersion: preferred };
}

/** Answers /api, /apis, /apis/<group> and /apis/<group>/<version>; undefined for a path that is none of these or unknown. */
export function discovery(spec: ClusterSpec, path: string, host: string): Answer | undefined {
  const groups = groupsOf(spec);
  if (path === "/api") {
    const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress: host }];
    return json(200, { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs });
  }
  if (path === "/apis") return json(200, { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(groupObject) });
  const [root, first, second, more] = path.split("/").slice(1);
  const [group, version] = root === "api" ? ["", first] : [first, second];
  if ((root === "api" ? second : more) !== undefined) return undefined;
  const known = group === "" ? (["", "v1"] as const) : groups.find(([name]) => name === group);
  if (known === undefined) return undefined;
  if (version === undefined) return json(200, { kind: "APIGroup", apiVersion: "v1", ...groupObject(known) });
  if (version !== known[1]) return undefined;
  const resources = resourcesOf(spec)
    .filter((resource) => resource.group === group)
    .map(({ plural, kind, namespaced }) => ({
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: ["get", "list", "watch"],
    }));
  const groupVersion = group === "" ? version : `${group}/${version}`;
  return json(200, { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources });
}
