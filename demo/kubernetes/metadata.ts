import { hashText } from "../world/random.ts";

/** Unix seconds as Kubernetes writes a time. */
export function timestamp(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** A Kubernetes object as far as lists and selectors care. */
export interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** The metadata that every object has. */
export function objectMetadata(
  uid: string,
  name: string,
  created: number,
  labels: Readonly<Record<string, string>>,
): { uid: string; name: string; resourceVersion: string; creationTimestamp: string; labels: typeof labels } {
  const resourceVersion = String(1000 + (hashText(uid) % 1_000_000));
  return { name, uid, resourceVersion, creationTimestamp: timestamp(created), labels };
}

/** Where an object stands in lists. */
export const keyOf = ({ metadata }: KubernetesObject): string =>
  metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
