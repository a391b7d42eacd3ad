import { AuthType, CnfType, Connectivity, Platform } from "../../../prisma/generated/enums.ts";
import { ClusterState, ClusterType, Environment, UserAccess } from "../../shared/fleet/enums.type.ts";
import { Directive, Field, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLURL, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { CapabilityFinding, ProposedEndpoint } from "../capabilities/capability.type.ts";

registerEnumType(Platform, { name: "Platform", description: "The Kubernetes distribution." });
registerEnumType(Connectivity, { name: "Connectivity", description: "Whether the API server is reached." });
registerEnumType(CnfType, { name: "CnfType", description: "A kind of cloud-native network function." });
registerEnumType(AuthType, { name: "AuthType", description: "How the platform signs in to a cluster." });

@ObjectType({ description: "A cluster's health, from the last check.", simpleResolvers: true })
export class ClusterStatus {
  @Field(() => ClusterState, { description: "Current cluster state." })
  readonly state!: ClusterState;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "Since when it has been in this state. Null before the first check.",
  })
  readonly since!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "When the last check ended, whatever it found. Null before the first.",
  })
  readonly checkedAt!: Date | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "0 to 100: 100, less 50 for the API server, 20 for Prometheus, 15 for Tempo and 15 for Loki, of what is configured. Null before the first check, and in the state UNKNOWN.",
  })
  readonly healthScore!: number | null;

  @Field(() => String, { nullable: true, description: "What failed in the last check, if anything did." })
  readonly lastError!: string | null;

  @Field(() => Connectivity, {
    nullable: true,
    description:
      "Whether the API server answers, if only to refuse: INTERMITTENT where it came and went three times within the last ten checks. Null where it was not asked.",
  })
  readonly connectivity!: Connectivity | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Whether the API server is ready, and accepts the credentials. Null where it could not be asked.",
  })
  readonly apiServerHealthy!: boolean | null;

  @Field(() => Boolean, { nullable: true, description: "Whether Prometheus is ready. Null where none is configured." })
  readonly prometheusHealthy!: boolean | null;

  @Field(() => Boolean, { nullable: true, description: "Whether Tempo is ready. Null where none is configured." })
  readonly tempoHealthy!: boolean | null;

  @Field(() => Boolean, { nullable: true, description: "Whether Loki is ready. Null where none is configured." })
  readonly lokiHealthy!: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Whether Alertmanager is ready; it has no part in the score. Null where none is configured.",
  })
  readonly alertmanagerHealthy!: boolean | null;
}

@ObjectType({
  description:
    "What was detected in a cluster. What could not be looked at, or is not looked for, is null: that is not the same as absent.",
  simpleResolvers: true,
})
export class ClusterCapabilities {
  @Field(() => Boolean, { nullable: true, description: "Whether any node has GPUs." })
  readonly hasGpuNodes!: boolean | null;

  @Field(() => Int, {
    nullable: true,
    description: "GPUs over all nodes, by their capacity, labels and resource slices; at least, where findings say so.",
  })
  readonly gpuCount!: number | null;

  @Field(() => [String], { description: "GPU products, by node labels and resource slices; sorted." })
  readonly gpuTypes!: string[];

  @Field(() => Boolean, { description: "Whether a Prometheus endpoint is configured and has answered." })
  readonly hasPrometheus!: boolean;

  @Field(() => Boolean, { nullable: true, description: "Whether that endpoint is a Thanos querier." })
  readonly hasThanos!: boolean | null;

  @Field(() => Boolean, { description: "Whether a Tempo endpoint is configured and has answered." })
  readonly hasTempo!: boolean;

  @Field(() => Boolean, { description: "Whether a Loki endpoint is configured and has answered." })
  readonly hasLoki!: boolean;

  @Field(() => Boolean, { nullable: true, description: "Whether a service mesh is installed." })
  readonly hasServiceMesh!: boolean | null;

  @Field(() => Boolean, { nullable: true, description: "Whether cloud-native network functions run here." })
  readonly hasCnfWorkloads!: boolean | null;

  @Field(() => [CnfType], { description: "Kinds of network functions found." })
  readonly cnfTypes!: CnfType[];

  @Field(() => [CapabilityFinding], { description: "How each of these was found, or why nobody knows." })
  readonly findings!: CapabilityFinding[];

  @Field(() => GraphQLDateTime, { description: "When this was detected." })
  readonly detectedAt!: Date;
}

@ObjectType({ description: "Where a cluster's observability backends answer.", simpleResolvers: true })
export class ClusterEndpoints {
  @Field(() => GraphQLURL, { nullable: true, description: "Prometheus or Thanos query endpoint." })
  readonly prometheusUrl!: string | null;

  @Field(() => GraphQLURL, { nullable: true, description: "Tempo query endpoint." })
  readonly tempoUrl!: string | null;

  @Field(() => String, { nullable: true, description: "The tenant that Tempo is asked for, where it serves several." })
  readonly tempoTenant!: string | null;

  @Field(() => GraphQLURL, { nullable: true, description: "Loki query endpoint." })
  readonly lokiUrl!: string | null;

  @Field(() => String, { nullable: true, description: "The tenant that Loki is asked for, where it serves several." })
  readonly lokiTenant!: string | null;

  @Field(() => GraphQLURL, { nullable: true, description: "Alertmanager API endpoint." })
  readonly alertmanagerUrl!: string | null;
}

@ObjectType({
  description: "What is known about a cluster's stored credentials. Never a secret.",
  simpleResolvers: true,
})
export class CredentialsSummary {
  @Field(() => AuthType, { description: "How the platform signs in." })
  readonly authType!: AuthType;

  @Field(() => GraphQLDateTime, { description: "When they were stored." })
  readonly createdAt!: Date;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "When the token or client certificate ends. Null where it does not say, or is replaced by itself.",
  })
  readonly expiresAt!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "When every configured endpoint was last found to accept them. Null where none has been asked.",
  })
  readonly validatedAt!: Date | null;
}

@Directive('@key(fields: "id")')
@ObjectType({ description: "A registered OpenShift or Kubernetes cluster.", simpleResolvers: true })
export class Cluster {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;

  @Field(() => String, { description: "Unique name: DNS-compatible, 3 to 63 characters." })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: "Name for people." })
  readonly displayName!: string | null;

  @Field(() => GraphQLURL, { description: "Kubernetes API server." })
  readonly apiServerUrl!: string;

  @Field(() => ClusterType, { description: "Role in the fleet." })
  readonly clusterType!: ClusterType;

  @Field(() => Platform, { description: "Kubernetes distribution." })
  readonly platform!: Platform;

  @Field(() => String, { nullable: true, description: 'Version of the platform, such as "4.14.5"; detected.' })
  readonly platformVersion!: string | null;

  @Field(() => String, { nullable: true, description: "Geographic region or zone." })
  readonly region!: string | null;

  @Field(() => Environment, { description: "What the cluster is used for." })
  readonly environment!: Environment;

  @Field(() => UserAccess, { description: "In whose name it is asked for what users want to know." })
  readonly userAccess!: UserAccess;

  @Field(() => ClusterStatus, { description: "Health, from the last check." })
  readonly status!: ClusterStatus;

  @Field(() => ClusterCapabilities, {
    nullable: true,
    description: "What was detected. Null until a check has reached the API server.",
  })
  readonly capabilities!: ClusterCapabilities | null;

  @Field(() => ClusterEndpoints, { description: "Observability endpoints." })
  readonly endpoints!: ClusterEndpoints;

  @Field(() => [ProposedEndpoint], {
    description: "Endpoints found in the cluster that are not configured: proposed, and never used by themselves.",
  })
  readonly proposedEndpoints!: ProposedEndpoint[];

  @Field(() => GraphQLJSONObject, { description: "Labels, for selectors." })
  readonly labels!: Record<string, string>;

  @Field(() => GraphQLDateTime, { description: "When it was registered." })
  readonly createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: "When its registration last changed; health checks do not count." })
  readonly updatedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When a health check last reached it." })
  readonly lastSeenAt!: Date | null;
}

export const ClusterPage = pageType(() => Cluster, "Cluster");
