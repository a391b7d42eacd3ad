import { z } from "zod";
import type { CallOptions, KubernetesClient } from "./client.ts";

/** Who a token belongs to, as the API server knows them. */
export interface TokenOwner {
  /** As "ann" or "system:serviceaccount:team:robot". */
  user: string;
  /** Null where the authenticator has none. */
  uid: string | null;
  groups: string[];
}

const Review = z.object({
  status: z.object({
    // Left out, not false, for a token that is refused.
    authenticated: z.boolean().default(false),
    user: z
      .object({
        username: z.string().default(""),
        uid: z.string().optional(),
        groups: z.array(z.string()).default([]),
      })
      .default({ username: "", groups: [] }),
    audiences: z.array(z.string()).default([]),
  }),
});

/**
 * Whose `token` it is; null where the API server accepts it from nobody, or for none of the `audiences` (without any: its own).
 * The client's credentials must be allowed to create tokenreviews. This is for signing in to the API by TokenReview, which comes
 * with the issue "Trust and production". No error has any part of the token.
 * @throws UPSTREAM_REFUSED where the client may not ask (401, 403); UPSTREAM_ERROR for an empty token (400).
 */
export async function reviewToken(
  client: KubernetesClient,
  token: string,
  { audiences = [], ...options }: CallOptions & { audiences?: readonly string[] },
): Promise<TokenOwner | null> {
  const spec = { token, ...(audiences.length > 0 ? { audiences } : {}) };
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec };
  const { status } = await client.create(Review, "/apis/authentication.k8s.io/v1/tokenreviews", review, options);
  const { username, uid = null, groups } = status.user;
  if (!status.authenticated || username === "") return null;
  // A server that does not know of audiences accepts a token that is meant for another.
  if (audiences.length > 0 && !status.audiences.some((audience) => audiences.includes(audience))) return null;
  return { user: username, uid, groups };
}
