import { z } from "zod";
import { Platform } from "../../../prisma/generated/enums.ts";
import { ClusterType, Environment, UserAccess } from "../../shared/fleet/enums.type.ts";
import { Field, InputType } from "../../shared/kernel/graphql.ts";
import { GraphQLJSONObject, GraphQLURL } from "../../shared/kernel/scalars.ts";
import { coded } from "../../shared/kernel/validation.ts";
import { CREDENTIALS_RULES, CredentialsInput } from "../credentials/credentials.input.ts";

const NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
const LABEL_KEY = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
const MAX_LABELS = 64;

const name = coded("INVALID_CLUSTER_NAME", `must be DNS-compatible, 3 to 63 characters: ${NAME.source}`, (text) =>
  NAME.test(text),
);
const urlOf = (...protocols: string[]) =>
  coded("INVALID_URL", `must be a URL with ${protocols.join(" or ")}, and no user or password in it`, (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url !== undefined && protocols.includes(url.protocol) && !url.username && !url.password;
  });
const httpsUrl = urlOf("https:");
const endpointUrl = urlOf("https:", "http:").nullish();
const labels = z
  .record(z.string(), z.string({ message: "must be a string" }))
  .refine((map) => Object.keys(map).length <= MAX_LABELS, `at most ${MAX_LABELS} labels`)
  .superRefine((map, ctx) => {
    for (const [key, value] of Object.entries(map)) {
      const message = !LABEL_KEY.test(key)
        ? "not a Kubernetes label key"
        : !LABEL_VALUE.test(value)
          ? "not a Kubernetes label value"
          : null;
      if (message) ctx.addIssue({ code: "custom", path: [key], message });
    }
  });
const text = (max: number) => z.string().min(1).max(max).nullish();
/** What Loki and Tempo take. They refuse "." and "..", and read "|" as several tenants. */
const TENANT = /^(?!\.{1,2}$)[A-Za-z0-9!_.*'()-]{1,150}$/;
const tenant = z
  .string()
  .regex(TENANT, "must be 1 to 150 letters, digits and !-_.*'(), and neither . nor ..")
  .nullish();
const endpoints = z
  .object({
    prometheusUrl: endpointUrl,
    tempoUrl: endpointUrl,
    tempoTenant: tenant,
    lokiUrl: endpointUrl,
    lokiTenant: tenant,
    alertmanagerUrl: endpointUrl,
  })
  .partial()
  .nullish();
const credentials = CREDENTIALS_RULES.nullish();

@InputType({ description: "Where a cluster's observability backends answer." })
export class ClusterEndpointsInput {
  @Field(() => GraphQLURL, { nullable: true, description: "Prometheus or Thanos query endpoint." })
  readonly prometheusUrl?: string | null;

  @Field(() => GraphQLURL, { nullable: true, description: "Tempo query endpoint." })
  readonly tempoUrl?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The tenant to ask Tempo for, where it serves several: 1 to 150 letters, digits and !-_.*'().",
  })
  readonly tempoTenant?: string | null;

  @Field(() => GraphQLURL, { nullable: true, description: "Loki query endpoint." })
  readonly lokiUrl?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The tenant to ask Loki for, where it serves several: 1 to 150 letters, digits and !-_.*'().",
  })
  readonly lokiTenant?: string | null;

  @Field(() => GraphQLURL, { nullable: true, description: "Alertmanager API endpoint." })
  readonly alertmanagerUrl?: string | null;
}

@InputType({ description: "A cluster to register." })
export class RegisterClusterInput {
  static readonly rules = z.object({
    name,
    displayName: text(128),
    apiServerUrl: httpsUrl,
    platformVersion: text(64),
    region: text(128),
    labels: labels.nullish(),
    endpoints,
    credentials,
  });

  @Field(() => String, { description: "Unique name: DNS-compatible, 3 to 63 characters." })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: "Name for people, at most 128 characters." })
  readonly displayName?: string | null;

  @Field(() => GraphQLURL, { description: "Kubernetes API server, by https." })
  readonly apiServerUrl!: string;

  @Field(() => ClusterType, { defaultValue: "SPOKE", description: "Role in the fleet." })
  readonly clusterType!: ClusterType;

  @Field(() => Platform, { defaultValue: "OPENSHIFT", description: "Kubernetes distribution." })
  readonly platform!: Platform;

  @Field(() => String, { nullable: true, description: "Version of the platform; detected where it is left out." })
  readonly platformVersion?: string | null;

  @Field(() => String, { nullable: true, description: "Geographic region or zone." })
  readonly region?: string | null;

  @Field(() => Environment, { defaultValue: "DEVELOPMENT", description: "What the cluster is used for." })
  readonly environment!: Environment;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description: "Labels in Kubernetes syntax, for selectors; at most 64.",
  })
  readonly labels?: Record<string, string> | null;

  @Field(() => UserAccess, {
    defaultValue: "SERVICE_ACCOUNT",
    description: "In whose name users' questions are asked. USER_TOKEN is for administrators of all clusters to set.",
  })
  readonly userAccess!: UserAccess;

  @Field(() => ClusterEndpointsInput, { nullable: true, description: "Observability endpoints." })
  readonly endpoints?: ClusterEndpointsInput | null;

  @Field(() => CredentialsInput, { nullable: true, description: "How to sign in." })
  readonly credentials?: CredentialsInput | null;
}

@InputType({ description: "What to change about a cluster: what is left out stays, null clears." })
export class UpdateClusterInput {
  static readonly rules = z
    .object({
      name,
      displayName: text(128),
      apiServerUrl: httpsUrl,
      clusterType: z.enum(ClusterType),
      platform: z.enum(Platform),
      platformVersion: text(64),
      region: text(128),
      environment: z.enum(Environment),
      userAccess: z.enum(UserAccess),
      labels,
      endpoints,
      credentials,
    })
    .partial();

  @Field(() => String, { nullable: true, description: "Unique name: DNS-compatible, 3 to 63 characters." })
  readonly name?: string;

  @Field(() => String, { nullable: true, description: "Name for people, at most 128 characters." })
  readonly displayName?: string | null;

  @Field(() => GraphQLURL, { nullable: true, description: "Kubernetes API server, by https." })
  readonly apiServerUrl?: string;

  @Field(() => ClusterType, { nullable: true, description: "Role in the fleet." })
  readonly clusterType?: ClusterType;

  @Field(() => Platform, { nullable: true, description: "Kubernetes distribution." })
  readonly platform?: Platform;

  @Field(() => String, { nullable: true, description: "Version of the platform." })
  readonly platformVersion?: string | null;

  @Field(() => String, { nullable: true, description: "Geographic region or zone." })
  readonly region?: string | null;

  @Field(() => Environment, { nullable: true, description: "What the cluster is used for." })
  readonly environment?: Environment;

  @Field(() => UserAccess, {
    nullable: true,
    description:
      "In whose name users' questions are asked. USER_TOKEN, and where a cluster that has it leads, is for administrators of all clusters to set.",
  })
  readonly userAccess?: UserAccess;

  @Field(() => GraphQLJSONObject, { nullable: true, description: "All labels: replaces those there are." })
  readonly labels?: Record<string, string>;

  @Field(() => ClusterEndpointsInput, { nullable: true, description: "Endpoints to change, each by itself." })
  readonly endpoints?: ClusterEndpointsInput | null;

  @Field(() => CredentialsInput, { nullable: true, description: "New credentials, in place of those stored." })
  readonly credentials?: CredentialsInput | null;
}
