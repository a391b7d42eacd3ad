import { Field, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { type OutcomeFailure, OutcomeStatus, SkipReason } from "../../shared/kernel/outcome.ts";
import { OutcomeError } from "../../shared/kernel/outcome.type.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster, CredentialsSummary } from "../registry/cluster.type.ts";
import { SignInEndpoint } from "./sign-in-endpoint.filter.ts";

registerEnumType(SignInEndpoint, {
  name: "SignInEndpoint",
  description: "An endpoint of a cluster that credentials sign in to.",
  valuesConfig: {
    API_SERVER: { description: "The Kubernetes API server." },
    PROMETHEUS: { description: "Prometheus or a Thanos querier." },
    TEMPO: { description: "Tempo." },
    LOKI: { description: "Loki." },
    ALERTMANAGER: { description: "Alertmanager." },
  },
});

@ObjectType({ description: "How one endpoint of a cluster takes credentials.", simpleResolvers: true })
export class EndpointOutcome {
  @Field(() => SignInEndpoint, { description: "Which endpoint." })
  readonly endpoint!: SignInEndpoint;

  @Field(() => OutcomeStatus, {
    description: "SUCCESS where it accepts them, else ERROR or TIMEOUT; SKIPPED where none is configured.",
  })
  readonly status!: OutcomeStatus;

  @Field(() => SkipReason, { nullable: true, description: "Why it was not asked, if it was not." })
  readonly skipReason!: SkipReason | null;

  @Field(() => Int, { description: "How long asking it took, in milliseconds." })
  readonly durationMs!: number;

  @Field(() => OutcomeError, { nullable: true, description: "Why it does not accept them." })
  readonly error!: OutcomeFailure | null;

  @Field(() => Boolean, {
    description:
      "Whether this is why a rotation changed nothing: the endpoint takes the old credentials and not the new.",
  })
  readonly blocking!: boolean;
}

@ObjectType({
  description:
    "Whether credentials may do something that the platform does with them, in all of a cluster's namespaces.",
  simpleResolvers: true,
})
export class Permission {
  @Field(() => String, { description: "What is done: get, list or watch." })
  readonly verb!: string;

  @Field(() => String, { description: "The API group of the kind; empty for the core API." })
  readonly group!: string;

  @Field(() => String, { description: "The kind that it is done to, in the plural, such as pods." })
  readonly resource!: string;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Whether the API server allows it, which it says whether or not the cluster has the kind. Null where it could not be asked.",
  })
  readonly allowed!: boolean | null;

  @Field(() => String, { description: "What is missing without it." })
  readonly neededFor!: string;
}

@ObjectType({ description: "What became of a cluster's credentials.", simpleResolvers: true })
export class CredentialsOutcome {
  @Field(() => Cluster, { description: "The cluster." })
  readonly cluster!: Cluster;

  @Field(() => Boolean, { description: "Whether the given credentials are stored now. False for a validation." })
  readonly applied!: boolean;

  @Field(() => [EndpointOutcome], { description: "Each endpoint's own outcome." })
  readonly endpoints!: EndpointOutcome[];

  @Field(() => CredentialsSummary, { nullable: true, description: "What is stored now. Null where nothing is." })
  readonly credentials!: CredentialsSummary | null;

  /** Not a field: whether the stored credentials were accepted just now, so that the API server can be asked about them. */
  readonly validated!: boolean;
}

@ObjectType({ description: "Credentials that could not be wrapped by the new key.", simpleResolvers: true })
export class KeyRotationFailure {
  @Field(() => GraphQLUUID, { description: "Whose credentials." })
  readonly clusterId!: string;

  @Field(() => String, { description: "One of the API's error codes." })
  readonly code!: string;

  @Field(() => String, { description: "Why, with the record and the key that is missing." })
  readonly message!: string;
}

@ObjectType({ description: "How far the stored credentials are wrapped by the current key.", simpleResolvers: true })
export class KeyRotation {
  @Field(() => String, { description: "The id of the first of AIOPS_ENCRYPTION_KEYS: the current one." })
  readonly currentKeyId!: string;

  @Field(() => Int, { description: "Records with credentials, of all tenants." })
  readonly total!: number;

  @Field(() => Int, { description: "Those that this call wrapped by the current key." })
  readonly rewrapped!: number;

  @Field(() => Int, {
    description: "Those that it is still to wrap: call again until only failures are left. An old key may go at 0.",
  })
  readonly remaining!: number;

  @Field(() => [KeyRotationFailure], { description: "What this call could not wrap, of the caller's own tenant." })
  readonly failures!: KeyRotationFailure[];
}
