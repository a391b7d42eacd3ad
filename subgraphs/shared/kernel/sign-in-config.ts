import { z } from "zod";
import { Identity } from "./auth-context.ts";
import { distinct, isLoopback, json } from "./config-schemas.ts";

const ApiTokens = z
  .array(
    Identity.omit({ apiToken: true, vouched: true, unattended: true }).extend({
      token: z.string().min(16),
      expiresAt: z.iso.datetime().optional(),
    }),
  )
  .min(1)
  .refine((entries) => distinct(entries.map(({ token }) => token)), "each token stands for one identity")
  .transform((entries) =>
    entries.map(({ token, expiresAt, ...identity }) => ({
      token,
      expiresAt: expiresAt ? new Date(expiresAt) : null,
      identity,
    })),
  );

const names = z.array(z.string().min(1)).min(1).optional();
const AccessRules = z
  .array(
    Identity.pick({ roles: true, tenant: true, scope: true })
      .extend({
        groups: names,
        users: names,
        /** Only those who signed in this way: a group's name may mean something else to another authority. */
        via: z.enum(["oidc", "kubernetes"]).optional(),
      })
      .refine(({ groups, users }) => groups ?? users, "name groups, users or both"),
  )
  .min(1);
/** Who of those that others vouch for may do what. */
export type AccessRules = z.output<typeof AccessRules>;

/** By TLS, so that nobody on the way can put keys of their own into it. */
export const isTrustworthyUrl = (text: string): boolean => {
  const url = URL.parse(text);
  if (url?.protocol === "http:") return isLoopback(url.hostname.replace(/^\[(.*)\]$/, "$1"));
  return url?.protocol === "https:";
};

const claim = z.string().min(1).max(200);

/** What says who somebody is, and what they may do. */
export const SIGN_IN_VARIABLES = {
  AIOPS_API_TOKENS: {
    schema: json(ApiTokens).optional(),
    example: '[{"token":"<at least 16 characters>","user":"ann","roles":["admin"]}]',
  },
  AIOPS_ACCESS: {
    schema: json(AccessRules).optional(),
    example: '[{"groups":["sre"],"roles":["operator"],"scope":{"labelSelector":"team=payments"}}]',
  },
  AIOPS_OIDC_ISSUER: {
    schema: z.string().refine(isTrustworthyUrl, "a URL with https:, or with http: on loopback").optional(),
    example: "https://sso.example.com/realms/fleet",
  },
  AIOPS_OIDC_AUDIENCE: { schema: z.string().min(1).optional(), example: "aiops" },
  AIOPS_OIDC_USER_CLAIM: { schema: claim.default("sub"), example: "email" },
  AIOPS_OIDC_GROUPS_CLAIM: { schema: claim.default("groups"), example: "groups" },
  AIOPS_TOKENREVIEW_KUBECONFIG: {
    schema: z.string().min(1).optional(),
    example: "in-cluster (or /etc/aiops/tokenreview.kubeconfig)",
  },
  AIOPS_TOKENREVIEW_AUDIENCES: {
    schema: z
      .string()
      .transform((text) => text.split(",").map((audience) => audience.trim()))
      .refine((audiences) => audiences.every(Boolean), "each entry is an audience")
      .default([]),
    example: "https://aiops.example.com",
  },
} as const;

export type SignInConfig = {
  readonly [K in keyof typeof SIGN_IN_VARIABLES]: z.output<(typeof SIGN_IN_VARIABLES)[K]["schema"]>;
};

/** Whether anybody is asked who they are. */
export const asksForCredentials = (config: SignInConfig): boolean =>
  Boolean(config.AIOPS_API_TOKENS ?? config.AIOPS_OIDC_ISSUER ?? config.AIOPS_TOKENREVIEW_KUBECONFIG);

/** What the ways to sign in lack, a line each. */
export function signInProblems(config: SignInConfig): string[] {
  const byOthers = config.AIOPS_OIDC_ISSUER ?? config.AIOPS_TOKENREVIEW_KUBECONFIG;
  const missing: (keyof SignInConfig)[] = [
    ...(config.AIOPS_OIDC_ISSUER && !config.AIOPS_OIDC_AUDIENCE ? (["AIOPS_OIDC_AUDIENCE"] as const) : []),
    ...(byOthers && !config.AIOPS_ACCESS ? (["AIOPS_ACCESS"] as const) : []),
  ];
  return missing.map(
    (name) =>
      `  ${name} is required with the way to sign in that is configured. Example: ${name}=${SIGN_IN_VARIABLES[name].example}`,
  );
}
