import { z } from "zod";
import { Platform } from "../../../prisma/generated/enums.ts";
import { ClusterType, Environment } from "../../shared/fleet/enums.type.ts";
import { Field, InputType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { RegisterClusterInput } from "../registry/cluster.input.ts";

const OnExisting = { SKIP: "SKIP", UPDATE: "UPDATE", FAIL: "FAIL" } as const;
type OnExisting = (typeof OnExisting)[keyof typeof OnExisting];
registerEnumType(OnExisting, {
  name: "OnExisting",
  description: "What becomes of a cluster whose name is registered already.",
  valuesConfig: {
    SKIP: { description: "It stays as it is." },
    UPDATE: { description: "It gets the imported address and credentials; labels are added to its own." },
    FAIL: { description: "Its outcome is CLUSTER_ALREADY_EXISTS, and it stays as it is." },
  },
});

const HubSource = { ACM: "ACM", CLUSTER_PROFILE: "CLUSTER_PROFILE", AUTO: "AUTO" } as const;
type HubSource = (typeof HubSource)[keyof typeof HubSource];
registerEnumType(HubSource, {
  name: "HubSource",
  description: "Which of a hub's APIs lists its clusters.",
  valuesConfig: {
    ACM: { description: "ManagedCluster, of Red Hat Advanced Cluster Management and Open Cluster Management." },
    CLUSTER_PROFILE: { description: "ClusterProfile, of Kubernetes' SIG Multicluster." },
    AUTO: { description: "ManagedCluster where there is any, else ClusterProfile." },
  },
});

const MAX_KUBECONFIG = 1_048_576;

const namePrefix = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,29}$/, "must be small letters, digits and hyphens, at most 30")
  .nullish();
const prometheusUrlTemplate = z
  .string()
  .max(2048)
  .regex(/^([^{}]|\{name\}|\{host\})*$/, "may have {name} and {host} in it, and no other braces")
  .nullish();

@InputType({ description: "A kubeconfig, and what its clusters are registered as." })
export class ImportKubeconfigInput {
  static readonly rules = z.object({
    kubeconfig: z.string().min(1).max(MAX_KUBECONFIG),
    contexts: z.array(z.string().min(1).max(1024)).min(1).max(200).nullish(),
    namePrefix,
    labels: RegisterClusterInput.rules.shape.labels,
    prometheusUrlTemplate,
  });

  @Field(() => String, {
    description:
      "The kubeconfig, complete in itself (kubectl config view --raw --flatten), at most 1 MiB. Each cluster gets the part that is its own.",
  })
  readonly kubeconfig!: string;

  @Field(() => [String], { nullable: true, description: "Which contexts, by name, at most 200; all unless given." })
  readonly contexts?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: "Put in front of each cluster's name, which is made from its context: small letters, digits, hyphens.",
  })
  readonly namePrefix?: string | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: "Labels for each of them, in Kubernetes syntax." })
  readonly labels?: Record<string, string> | null;

  @Field(() => Environment, {
    nullable: true,
    description: "What they are used for. DEVELOPMENT for new ones unless given.",
  })
  readonly environment?: Environment | null;

  @Field(() => ClusterType, { nullable: true, description: "Their role. SPOKE for new ones unless given." })
  readonly clusterType?: ClusterType | null;

  @Field(() => Platform, {
    nullable: true,
    description:
      "Their distribution. For new ones unless given: OPENSHIFT where oc wrote the context (project/host:port/user), else KUBERNETES.",
  })
  readonly platform?: Platform | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Prometheus of each, with {name} for the cluster's name and {host} for its API server's: https://prometheus.{name}.example.com",
  })
  readonly prometheusUrlTemplate?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: "Say what would be done, and change nothing." })
  readonly dryRun!: boolean;

  @Field(() => OnExisting, { defaultValue: "SKIP", description: "What becomes of those registered already." })
  readonly onExisting!: OnExisting;
}

@InputType({ description: "A hub, and which of its clusters to register." })
export class ImportFromHubInput {
  static readonly rules = z.object({
    labelSelector: z.string().max(4096).nullish(),
    namePrefix,
    serviceAccount: z.string().min(1).max(253).nullish(),
  });

  @Field(() => GraphQLUUID, { description: "The hub: a registered cluster with credentials." })
  readonly clusterId!: string;

  @Field(() => HubSource, { defaultValue: "AUTO", description: "Which of its APIs lists the clusters." })
  readonly source!: HubSource;

  @Field(() => String, {
    nullable: true,
    description: "Of the clusters' labels on the hub, in Kubernetes syntax; all unless given.",
  })
  readonly labelSelector?: string | null;

  @Field(() => String, { nullable: true, description: "Put in front of each cluster's name on the hub." })
  readonly namePrefix?: string | null;

  @Field(() => Environment, {
    nullable: true,
    description:
      "What they are used for. For new ones unless given: what the label environment or env says (prod, stage, dev, lab), else DEVELOPMENT.",
  })
  readonly environment?: Environment | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Name of the ManagedServiceAccount whose token signs in to the clusters; the only one that a cluster has unless given.",
  })
  readonly serviceAccount?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: "Say what would be done, and change nothing." })
  readonly dryRun!: boolean;

  @Field(() => OnExisting, { defaultValue: "SKIP", description: "What becomes of those registered already." })
  readonly onExisting!: OnExisting;
}
