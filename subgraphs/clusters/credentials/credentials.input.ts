import { z } from "zod";
import { SECRET_REFERENCE } from "../../shared/fleet/secret-references.ts";
import { Field, InputType } from "../../shared/kernel/graphql.ts";
import { GraphQLURL } from "../../shared/kernel/scalars.ts";
import { coded } from "../../shared/kernel/validation.ts";

/** What cannot stand in a header, a line break from a copied file above all, would fail at each request instead. */
const token = z
  .string()
  .max(16_384)
  .regex(/^[\x21-\x7e]+$/, "must be one line without spaces")
  .nullish();
const caCertificate = z.string().max(65_536).includes("BEGIN CERTIFICATE", { message: "must be PEM" }).nullish();
const secretReference = z
  .string()
  .regex(SECRET_REFERENCE, "must be namespace/name or namespace/name/key of a Secret")
  .nullish();
const issuerUrl = coded("INVALID_URL", "must be an https URL without user, password, query and fragment", (text) => {
  const url = URL.parse(text);
  return url?.protocol === "https:" && !url.username && !url.password && !url.search && !url.hash;
});
const oidc = z
  .object({
    issuerUrl,
    clientId: z.string().min(1).max(256),
    clientSecret: z.string().min(1).max(4096),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, "must be one word"))
      .max(32)
      .nullish(),
    audience: z.string().min(1).max(512).nullish(),
    caCertificate,
  })
  .nullish();

const one = (...given: unknown[]): boolean => given.filter(Boolean).length === 1;

export const CREDENTIALS_RULES = z
  .object({
    kubeconfig: z.string().min(1).max(262_144).nullish(),
    token,
    caCertificate,
    prometheusToken: token,
    serviceAccountTokenSecretRef: secretReference,
    prometheusTokenSecretRef: secretReference,
    oidc,
  })
  .refine(
    (given) => one(given.kubeconfig, given.token, given.serviceAccountTokenSecretRef, given.oidc),
    "give either kubeconfig or token, or serviceAccountTokenSecretRef, or oidc",
  )
  .refine(
    (given) => !(given.prometheusToken && given.prometheusTokenSecretRef),
    "give either prometheusToken or prometheusTokenSecretRef",
  );

@InputType({
  description: "A client of an OIDC issuer: tokens are fetched by the client credentials flow, and never stored.",
})
export class OidcCredentialsInput {
  @Field(() => GraphQLURL, {
    description: "The issuer, by https; /.well-known/openid-configuration under it says where tokens are.",
  })
  readonly issuerUrl!: string;

  @Field(() => String, { description: "The client's id." })
  readonly clientId!: string;

  @Field(() => String, { description: "The client's secret." })
  readonly clientSecret!: string;

  @Field(() => [String], { nullable: true, description: "Scopes to ask for." })
  readonly scopes?: string[] | null;

  @Field(() => String, { nullable: true, description: "The audience to ask for, where the issuer wants one." })
  readonly audience?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The issuer's certificate authority in PEM, where it is not a public one.",
  })
  readonly caCertificate?: string | null;
}

@InputType({
  description:
    "How to sign in to a cluster: a kubeconfig, a bearer token, a reference to a Secret, or a client of an OIDC issuer. Stored sealed, and never returned.",
})
export class CredentialsInput {
  static readonly rules = CREDENTIALS_RULES;

  @Field(() => String, {
    nullable: true,
    description: "A kubeconfig, complete in itself (kubectl config view --raw --flatten); its current context is used.",
  })
  readonly kubeconfig?: string | null;

  @Field(() => String, { nullable: true, description: "A bearer token, for instance of a service account." })
  readonly token?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The cluster's certificate authority in PEM, where it is not a public one.",
  })
  readonly caCertificate?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "A bearer token for Prometheus, where the cluster's own is not accepted. The cluster's own is only sent over https.",
  })
  readonly prometheusToken?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "A Secret of the platform's own cluster with the bearer token, as namespace/name or namespace/name/key (token unless given). Read where it is used.",
  })
  readonly serviceAccountTokenSecretRef?: string | null;

  @Field(() => String, { nullable: true, description: "Such a Secret with the token for Prometheus." })
  readonly prometheusTokenSecretRef?: string | null;

  @Field(() => OidcCredentialsInput, { nullable: true, description: "A client of an OIDC issuer." })
  readonly oidc?: OidcCredentialsInput | null;
}
