import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  parse,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import { namedClusters, pageSize } from "./extent.ts";

/** Asking one cluster, in fields of an answer. */
const CALL = 10;
/** Rows of a list of which the operation does not say how long it is. */
const UNSIZED = 10;
/** About what tools ask of the schema, and all of it has; what is selected of it does not matter. */
const INTROSPECTION = 20_000;
/** However often fragments double each other, it is a number. */
const MOST = Number.MAX_SAFE_INTEGER;

export interface Cost {
  cost: number;
  /** Whether it depends on how many clusters the fleet has. */
  fleetWide: boolean;
  /** Whether it asks about the schema. */
  introspects: boolean;
}

/** Where a selection is: how many clusters are asked for it, and how long the page is that it is of. */
interface Place {
  clusters: number | null;
  rows: number | null;
}

/**
 * What operations cost: each field is one, each cluster that is asked is ten, and a list has as many rows as its page. Counted of the
 * text alone, before anything is asked. Which fields ask clusters, and which lists have a row for each, the supergraph's tags say.
 */
export class CostModel {
  readonly #schema: GraphQLSchema;
  /** As `Type.field`. */
  readonly #asking = new Set<string>();
  /** Types of which an answer has one for each cluster asked. */
  readonly #perCluster = new Set<string>();

  /** @param schema what clients see. @param sdl of the supergraph. */
  constructor(schema: GraphQLSchema, sdl: string) {
    this.#schema = schema;
    for (const definition of parse(sdl, { noLocation: true }).definitions) {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
      const { name, fields = [] } = definition;
      if (isTagged(definition, "one-per-cluster")) this.#perCluster.add(name.value);
      for (const field of fields) {
        if (isTagged(field, "asks-clusters")) this.#asking.add(`${name.value}.${field.name.value}`);
      }
    }
    const holders = Object.values(schema.getTypeMap()).filter(
      (type) =>
        isObjectType(type) &&
        Object.values(type.getFields()).some((field) => this.#perCluster.has(getNullableType(field.type).toString())),
    );
    for (const { name } of holders) this.#perCluster.add(name);
  }

  /** @param variables coerced. @param fleet how many clusters are asked where the operation names none. */
  of(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Readonly<Record<string, unknown>>,
    fleet: number,
  ): Cost {
    const found = { fleetWide: false, introspects: false };
    const fragments = new Map<string, FragmentDefinitionNode>();
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    }
    const root = this.#schema.getRootType(operation.operation);
    if (!root) return { cost: 0, ...found };
    // A fragment is measured once at each kind of place, however often it is spread: measuring costs the document's size.
    const measured = new Map<string, number>();

    const ofSpread = (name: string, place: Place): number => {
      const key = `${name} ${place.clusters} ${place.rows}`;
      const known = measured.get(key);
      if (known !== undefined) return known;
      measured.set(key, 0);
      const fragment = fragments.get(name);
      const cost = fragment ? ofSet(fragment.selectionSet, this.#type(fragment), place) : 0;
      measured.set(key, cost);
      return cost;
    };

    const ofSelection = (selection: SelectionNode, type: GraphQLCompositeType, place: Place): number => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return ofSpread(selection.name.value, place);
      if (selection.kind === Kind.FIELD) return ofField(selection, type, place);
      return ofSet(selection.selectionSet, selection.typeCondition ? this.#type(selection) : type, place);
    };

    const ofSet = (set: SelectionSetNode, type: GraphQLCompositeType, place: Place): number => {
      let sum = 0;
      for (const selection of set.selections) sum += ofSelection(selection, type, place);
      return Math.min(sum, MOST);
    };

    const ofField = (node: FieldNode, type: GraphQLCompositeType, place: Place): number => {
      const name = node.name.value;
      if (name === "__schema" || name === "__type") {
        found.introspects = true;
        return INTROSPECTION;
      }
      const field = "getFields" in type ? type.getFields()[name] : undefined;
      if (!field) return 1;
      const given = field.args.length > 0 ? getArgumentValues(field, node, variables) : {};
      const rows = pageSize(field.args, given);
      let { clusters } = place;
      let calls = 0;
      if (this.#asking.has(`${type.name}.${name}`)) {
        const named = type === root ? namedClusters(field.args, given) : 1;
        if (named === null) found.fleetWide = true;
        calls = clusters = named ?? fleet;
      }
      const inner = getNamedType(field.type);
      if (!node.selectionSet || !isCompositeType(inner)) return 1 + CALL * calls;
      if (!isListType(getNullableType(field.type))) {
        const within = { clusters, rows: rows ?? (calls > 0 ? clusters : null) };
        return Math.min(1 + CALL * calls + ofSet(node.selectionSet, inner, within), MOST);
      }
      const perCluster = this.#perCluster.has(inner.name) ? clusters : null;
      const length = perCluster ?? rows ?? place.rows ?? UNSIZED;
      return Math.min(1 + CALL * calls + length * ofSet(node.selectionSet, inner, { clusters, rows: null }), MOST);
    };

    return { cost: ofSet(operation.selectionSet, root, { clusters: null, rows: null }), ...found };
  }

  #type({ typeCondition }: { readonly typeCondition?: NamedTypeNode | undefined }): GraphQLCompositeType {
    return this.#schema.getType(typeCondition?.name.value ?? "") as GraphQLCompositeType;
  }
}

const isTagged = (
  { directives = [] }: { readonly directives?: readonly ConstDirectiveNode[] | undefined },
  tag: string,
) =>
  directives.some(
    ({ name, arguments: given = [] }) =>
      name.value === "tag" && given.some(({ value }) => value.kind === Kind.STRING && value.value === tag),
  );
