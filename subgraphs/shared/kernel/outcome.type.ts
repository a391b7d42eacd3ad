import { TellsOfOneCluster } from "./asks-clusters.ts";
import { Directive, Field, Int, ObjectType, registerEnumType } from "./graphql.ts";
import { type OutcomeFailure, OutcomeStatus, SkipReason } from "./outcome.ts";
import { GraphQLDateTime, GraphQLUUID } from "./scalars.ts";

registerEnumType(OutcomeStatus, {
  name: "OutcomeStatus",
  description: "How asking one cluster ended.",
  valuesConfig: {
    SUCCESS: { description: "A complete answer." },
    PARTIAL: { description: "An answer that the backend itself calls incomplete, or that was cut at a limit." },
    ERROR: { description: "No answer: error says why." },
    TIMEOUT: { description: "No complete answer in time." },
    SKIPPED: { description: "Not asked: skipReason says why." },
    CANCELLED: { description: "The caller went away first, or did not need its answer any more." },
  },
});
registerEnumType(SkipReason, {
  name: "SkipReason",
  description: "Why a cluster was not asked.",
  valuesConfig: {
    NO_CAPABILITY: { description: "It does not have what was asked about." },
    NO_ENDPOINT: { description: "No such endpoint is configured." },
    UNHEALTHY: { description: "Its last health check says that it would not answer." },
    CIRCUIT_OPEN: { description: "It failed too often just now; it is tried again soon." },
  },
});

@Directive("@shareable")
@ObjectType({ description: "Why a cluster gave no answer.", simpleResolvers: true })
export class OutcomeError implements OutcomeFailure {
  @Field(() => String, { description: "One of the API's error codes." })
  readonly code!: OutcomeFailure["code"];

  @Field(() => String, { description: "The reason, for people." })
  readonly message!: string;

  @Field(() => Boolean, { description: "Whether the same request may succeed later." })
  readonly retryable!: boolean;
}

/** One cluster's row of a federated answer. `C` is the subgraph's own view of a cluster. */
export interface ClusterOutcomeRow<C> {
  clusterId: string;
  clusterName: string;
  cluster: C | null;
  status: OutcomeStatus;
  skipReason: SkipReason | null;
  startedAt: Date;
  durationMs: number;
  rows: number;
  /** Of the answer's body; null where nobody counted. */
  bytes: number | null;
  truncated: boolean;
  warnings: string[];
  error: OutcomeFailure | null;
}

/** The object type of that row; made per subgraph, since each has a Cluster class of its own. */
export function clusterOutcomeType<C extends object>(cluster: () => new () => C): new () => ClusterOutcomeRow<C> {
  @TellsOfOneCluster()
  @Directive("@shareable")
  @ObjectType("ClusterOutcome", {
    description:
      "How asking one cluster ended; every federated answer has one for each cluster in scope, also for no rows.",
    simpleResolvers: true,
  })
  class ClusterOutcome implements ClusterOutcomeRow<C> {
    @Field(() => GraphQLUUID, { description: "The cluster's id." })
    readonly clusterId!: string;

    @Field(() => String, { description: "The cluster's name." })
    readonly clusterName!: string;

    @Field(() => cluster(), { nullable: true, description: "The cluster." })
    readonly cluster!: C | null;

    @Field(() => OutcomeStatus, { description: "How it ended." })
    readonly status!: OutcomeStatus;

    @Field(() => SkipReason, { nullable: true, description: "Why it was not asked, if it was not." })
    readonly skipReason!: SkipReason | null;

    @Field(() => GraphQLDateTime, { description: "When asking began." })
    readonly startedAt!: Date;

    @Field(() => Int, { description: "How long it took, in milliseconds." })
    readonly durationMs!: number;

    @Field(() => Int, { description: "Rows it answered." })
    readonly rows!: number;

    @Field(() => Int, { nullable: true, description: "Bytes it answered. Null where nobody counted." })
    readonly bytes!: number | null;

    @Field(() => Boolean, { description: "Whether rows were left out at a limit." })
    readonly truncated!: boolean;

    @Field(() => [String], { description: "What the backend warned about." })
    readonly warnings!: string[];

    @Field(() => OutcomeError, { nullable: true, description: "Why there is no answer, if there is none." })
    readonly error!: OutcomeFailure | null;
  }
  return ClusterOutcome;
}
