import { operationFromDocument } from "@apollo/federation-internals";
import { buildOperationContext } from "@apollo/gateway";
import type { FetchNode, QueryPlan } from "@apollo/query-planner";
import {
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  getNamedType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  visit,
} from "graphql";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import type { Generation } from "./generation.ts";

/** A validated subscription, as a client sent it. */
export interface SubscriptionRequest {
  document: DocumentNode;
  /** The document, printed: equal subscriptions have equal texts. */
  text: string;
  operationName: string | undefined;
  variables: Record<string, unknown>;
}

export interface SubscriptionPlan {
  /** The fetch that is opened as a stream on its subgraph. */
  primary: FetchNode;
  /** What runs for every event: the primary fetch, answered by the event, and then the rest of the graph. */
  perEvent: QueryPlan;
  operation: ReturnType<typeof buildOperationContext>;
  root: FieldNode;
  /** The field is tagged `replay`: its stream begins with something of its own, such as a snapshot or a backlog. */
  replays: boolean;
  /** The field is tagged `state`: a new stream tells all that matters of what one missed. */
  tellsState: boolean;
}

/** Plans are kept with their generation. @throws what the planner cannot plan. */
export function planSubscription(generation: Generation, request: SubscriptionRequest): SubscriptionPlan {
  const key = `${request.operationName ?? ""}\n${request.text}`;
  const known = generation.plans.get(key);
  if (known) return known;
  const plan = makePlan(generation, request);
  generation.plans.set(key, plan);
  return plan;
}

function makePlan(generation: Generation, { document, operationName }: SubscriptionRequest): SubscriptionPlan {
  const named = operationName === undefined ? {} : { operationName };
  const operation = buildOperationContext({ schema: generation.apiSchema, operationDocument: document, ...named });
  const root = rootField(operation);
  const planned = hasCursor(generation, root) ? withCursor(document, root) : document;
  const { node } = generation.planner.buildQueryPlan(operationFromDocument(generation.api, planned, named));
  if (node?.kind !== "Subscription") {
    const message = "The one field of this subscription is skipped: take @skip or @include off it.";
    throw new CodedError("BAD_USER_INPUT", message);
  }
  const { primary, rest } = node;
  return {
    primary,
    perEvent: { kind: "QueryPlan", node: { kind: "Sequence", nodes: rest ? [primary, rest] : [primary] } },
    operation,
    root,
    replays: isTagged(generation, root.name.value, "replay"),
    tellsState: isTagged(generation, root.name.value, "state"),
  };
}

/** The one root field of a subscription (validation has seen to that), through fragments. */
function rootField({ operation, fragments }: SubscriptionPlan["operation"]): FieldNode {
  const fieldIn = (set: SelectionSetNode): FieldNode | undefined => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) return selection;
      const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value];
      const field = inner && fieldIn(inner.selectionSet);
      if (field) return field;
    }
    return undefined;
  };
  const field = fieldIn(operation.selectionSet);
  if (!field) throw new Error("A subscription without a field.");
  return field;
}

/** What the gateway itself asks a stream's item for; the client's answer is shaped without it. */
const CURSOR_ALIAS = "_gatewayCursor";

function hasCursor({ apiSchema }: Generation, root: FieldNode): boolean {
  const item = getNamedType(apiSchema.getSubscriptionType()?.getFields()[root.name.value]?.type);
  return isObjectType(item) && Object.hasOwn(item.getFields(), "cursor");
}

const withCursor = (document: DocumentNode, root: FieldNode): DocumentNode =>
  visit(document, {
    Field: (field) => {
      if (field !== root || !field.selectionSet) return undefined;
      const cursor: FieldNode = {
        kind: Kind.FIELD,
        name: { kind: Kind.NAME, value: "cursor" },
        alias: { kind: Kind.NAME, value: CURSOR_ALIAS },
      };
      return {
        ...field,
        selectionSet: { ...field.selectionSet, selections: [...field.selectionSet.selections, cursor] },
      };
    },
  });

/** Which event it is, as every subscription to it would name it; null where its stream gives its items no names. */
export function nameOfEvent({ primary, root }: SubscriptionPlan, { data }: ExecutionResult): string | null {
  const item = data?.[(root.alias ?? root.name).value];
  if (typeof item !== "object" || item === null || !(CURSOR_ALIAS in item)) return null;
  return `${primary.serviceName} ${String(item[CURSOR_ALIAS])}`;
}

function isTagged({ supergraph }: Generation, field: string, tag: string): boolean {
  const definition = supergraph.schema.schemaDefinition.rootType("subscription")?.field(field);
  return definition?.appliedDirectivesOf("tag").some((applied) => applied.arguments()["name"] === tag) ?? false;
}

/** Whether the stream starts in the past for its first reader, so that one who joins later would miss that part. */
export function startsInThePast({ root, replays }: SubscriptionPlan, variables: Record<string, unknown>): boolean {
  if (replays) return true;
  const after = root.arguments?.find(({ name }) => name.value === "after")?.value;
  if (after?.kind === Kind.VARIABLE) return variables[after.name.value] != null;
  return after !== undefined && after.kind !== Kind.NULL;
}

/** Whether a stream opened for one plan's primary fetch can go on under another's. */
export function samePrimary(a: SubscriptionPlan, b: SubscriptionPlan): boolean {
  const text = ({ primary }: SubscriptionPlan): string =>
    JSON.stringify([primary.serviceName, primary.operation, primary.operationName, primary.variableUsages]);
  return text(a) === text(b);
}
