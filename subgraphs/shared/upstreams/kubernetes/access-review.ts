import { z } from "zod";
import type { CallOptions, KubernetesClient } from "./client.ts";

/** Something that can be done to a kind of objects: in one namespace, or (without one) in all and cluster-wide. */
export interface Access {
  /** As "list"; "*" is all. */
  verb: string;
  /** Without a version; the core API's is "". */
  group: string;
  /** In the plural, as "pods". */
  resource: string;
  /** A part of it, as "exec". */
  subresource?: string;
  namespace?: string;
}

const Review = z.object({ status: z.object({ allowed: z.boolean() }) }).transform(({ status }) => status.allowed);

/**
 * Whether the client's own credentials may do this, as the API server says without doing it. It judges by its rules alone: whether
 * there is such a kind does not matter.
 * @throws UPSTREAM_REFUSED where they may not even ask, as nobody without credentials may (403).
 */
export const mayI = (client: KubernetesClient, resourceAttributes: Access, options: CallOptions): Promise<boolean> => {
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes },
  };
  return client.create(Review, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review, options);
};
