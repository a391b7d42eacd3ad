import type { z } from "zod";
import { EventObject } from "./objects/event.ts";
import { IngressObject } from "./objects/ingress.ts";
import type { KubernetesObject } from "./objects/metadata.ts";
import { NamespaceObject } from "./objects/namespace.ts";
import { NodeObject } from "./objects/node.ts";
import { PodObject } from "./objects/pod.ts";
import { ResourceClaimObject } from "./objects/resource-claim.ts";
import { ResourceSliceObject } from "./objects/resource-slice.ts";
import { RouteObject } from "./objects/route.ts";
import { ServiceObject } from "./objects/service.ts";

/** A kind of object that is listed and watched. */
export interface Resource<T extends KubernetesObject> {
  /** As it stands in a path: "pods". */
  plural: string;
  /** As "networking.k8s.io/v1"; of the core API, none. */
  groupVersion?: string;
  schema: z.ZodType<T>;
}

/** Which part of a cluster's objects: one namespace, one node's pods, or (empty) all. */
export interface Scope {
  namespace?: string;
  nodeName?: string;
}

export const NODES: Resource<NodeObject> = { plural: "nodes", schema: NodeObject };
export const NAMESPACES: Resource<NamespaceObject> = { plural: "namespaces", schema: NamespaceObject };
export const PODS: Resource<PodObject> = { plural: "pods", schema: PodObject };
export const EVENTS: Resource<EventObject> = { plural: "events", schema: EventObject };
export const SERVICES: Resource<ServiceObject> = { plural: "services", schema: ServiceObject };
export const INGRESSES: Resource<IngressObject> = {
  plural: "ingresses",
  groupVersion: "networking.k8s.io/v1",
  schema: IngressObject,
};
export const ROUTES: Resource<RouteObject> = {
  plural: "routes",
  groupVersion: "route.openshift.io/v1",
  schema: RouteObject,
};
/** In a version that the server has: "v1", or "v1beta1" before Kubernetes 1.34. */
export const resourceSlices = (version: string): Resource<ResourceSliceObject> => ({
  plural: "resourceslices",
  groupVersion: `resource.k8s.io/${version}`,
  schema: ResourceSliceObject,
});

/** In the version of the slices. */
export const resourceClaims = (version: string): Resource<ResourceClaimObject> => ({
  plural: "resourceclaims",
  groupVersion: `resource.k8s.io/${version}`,
  schema: ResourceClaimObject,
});

/** The path of a list or watch, with its query string. */
export function resourcePath(
  { plural, groupVersion }: Resource<KubernetesObject>,
  { namespace, nodeName }: Scope,
  query: Readonly<Record<string, string>>,
): string {
  const root = groupVersion === undefined ? "/api/v1" : `/apis/${groupVersion}`;
  const base = namespace === undefined ? root : `${root}/namespaces/${encodeURIComponent(namespace)}`;
  const params = new URLSearchParams(query);
  if (nodeName !== undefined) params.set("fieldSelector", `spec.nodeName=${nodeName}`);
  return `${base}/${plural}?${params.toString()}`;
}

/** Sorts by namespace, then name: the separator comes before every letter. */
export const objectKey = (namespace: string | null, name: string): string => `${namespace ?? ""}\u0000${name}`;
