import { z } from "zod";
import { type Answer, json, type UpstreamCall } from "../server/answer.ts";
import type { People } from "./people.ts";
import { failure } from "./status.ts";

/** Who every token of a cluster belongs to that is no person's. */
export const ACCOUNT = "system:serviceaccount:aiops:viewer";
const AUDIENCE = "https://kubernetes.default.svc";
const OWNER = {
  username: ACCOUNT,
  uid: "6f1f0d3e-54a4-4f8c-9a53-0c9d1d2f7a10",
  groups: ["system:serviceaccounts", "system:serviceaccounts:aiops", "system:authenticated"],
};

interface Rules {
  readonly forbidden: ReadonlySet<string>;
  readonly tokens: ReadonlySet<string>;
  readonly people: People;
  /** Whether who asks may do something there. */
  readonly may: (namespace: string | undefined) => boolean;
}

const Attributes = z.object({
  namespace: z.string().default(""),
  verb: z.string().default(""),
  group: z.string().default(""),
  resource: z.string().default(""),
  subresource: z.string().default(""),
});
const AccessReview = z.object({ spec: z.object({ resourceAttributes: Attributes }) }).transform(({ spec }) => spec);
const TokenReview = z
  .object({ spec: z.object({ token: z.string().default(""), audiences: z.array(z.string()).optional() }) })
  .transform(({ spec }) => spec);

function created(kind: string, apiVersion: string, spec: object, status: object): Answer {
  return json(201, { kind, apiVersion, metadata: {}, spec, status });
}

function accessReview(body: unknown, { forbidden, may }: Rules): Answer | undefined {
  const parsed = AccessReview.safeParse(body);
  if (!parsed.success) return undefined;
  const { resourceAttributes } = parsed.data;
  const { subresource } = resourceAttributes;
  const resource = subresource === "" ? resourceAttributes.resource : `${resourceAttributes.resource}/${subresource}`;
  const known = resource === "*" ? forbidden.size === 0 : !forbidden.has(resource);
  const allowed = known && may(resourceAttributes.namespace || undefined);
  const reason = `RBAC: allowed by ClusterRoleBinding "aiops" of ClusterRole "aiops" to ServiceAccount "viewer/aiops"`;
  const said = Object.fromEntries(Object.entries(resourceAttributes).filter(([, value]) => value !== ""));
  return created(
    "SelfSubjectAccessReview",
    "authorization.k8s.io/v1",
    { resourceAttributes: said },
    { allowed, ...(allowed ? { reason } : {}) },
  );
}

function tokenReview(body: unknown, { tokens, people }: Rules): Answer | undefined {
  const parsed = TokenReview.safeParse(body);
  if (!parsed.success) return undefined;
  const { token, audiences = [AUDIENCE] } = parsed.data;
  if (token === "") return failure(400, "BadRequest", "token is required for TokenReview in authentication");
  const person = people.of(token);
  const user = person ? { username: person.name, groups: [...person.groups, "system:authenticated"] } : OWNER;
  const status =
    (person || tokens.has(token)) && audiences.includes(AUDIENCE)
      ? { authenticated: true, user, audiences: [AUDIENCE] }
      : { user: {}, error: "invalid bearer token" };
  return created("TokenReview", "authentication.k8s.io/v1", parsed.data, status);
}

const REVIEWS: ReadonlyMap<string, (body: unknown, rules: Rules) => Answer | undefined> = new Map([
  ["/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", accessReview],
  ["/apis/authentication.k8s.io/v1/tokenreviews", tokenReview],
]);

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Answers what is asked of the server's own judgement, which keeps nothing; undefined for any other call. */
export function reviewAnswer({ method, path, body }: UpstreamCall, rules: Rules): Answer | undefined {
  const review = method === "POST" ? REVIEWS.get(path) : undefined;
  if (review === undefined) return undefined;
  const message = "the object provided is unrecognized (must be of the kind that the path names)";
  return review(parsed(body), rules) ?? failure(400, "BadRequest", message);
}
