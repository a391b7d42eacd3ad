import { Field, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { Cluster } from "../registry/cluster.type.ts";

export const ImportStatus = {
  REGISTERED: "REGISTERED",
  UPDATED: "UPDATED",
  SKIPPED: "SKIPPED",
  FAILED: "FAILED",
  PLANNED: "PLANNED",
} as const;
type ImportStatus = (typeof ImportStatus)[keyof typeof ImportStatus];

registerEnumType(ImportStatus, {
  name: "ImportStatus",
  description: "How the import of one cluster ended.",
  valuesConfig: {
    REGISTERED: { description: "It is a new cluster." },
    UPDATED: { description: "It was there, and has what was imported now." },
    SKIPPED: { description: "Nothing was done: error says why." },
    FAILED: { description: "It could not be imported: error says why." },
    PLANNED: { description: "It would be registered, or updated where cluster is given: this was a dry run." },
  },
});

@ObjectType({ description: "Why one cluster was not imported.", simpleResolvers: true })
export class ImportError {
  @Field(() => String, { description: "One of the API's error codes." })
  readonly code!: string;

  @Field(() => String, { description: "The reason, for people." })
  readonly message!: string;
}

@ObjectType({
  description: "How the import of one cluster ended, whatever became of the others.",
  simpleResolvers: true,
})
export class ImportOutcome {
  @Field(() => String, {
    description:
      "What it is called where it comes from: the kubeconfig's context, the hub's managed cluster, or namespace and name of its ClusterProfile.",
  })
  readonly context!: string;

  @Field(() => String, { nullable: true, description: "The cluster's name here. Null where none could be made." })
  readonly name!: string | null;

  @Field(() => ImportStatus, { description: "How it ended." })
  readonly status!: ImportStatus;

  @Field(() => Cluster, {
    nullable: true,
    description: "The cluster as it is now. Null where there is none, or none that was to be touched.",
  })
  readonly cluster!: Cluster | null;

  @Field(() => [String], { description: "What is left to do about a cluster that was imported." })
  readonly warnings!: readonly string[];

  @Field(() => ImportError, { nullable: true, description: "Why it was skipped or failed." })
  readonly error!: ImportError | null;
}
