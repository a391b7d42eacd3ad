import { type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from "graphql";
import type { Class, ReferenceResolver } from "./federate.ts";
import { getMetadataStorage } from "./graphql.ts";
import { requireAllNamespaces } from "./permissions.ts";
import type { Operation } from "./subgraph.ts";

type Resolve = GraphQLFieldResolver<unknown, unknown>;

/**
 * Whoever sees only some namespaces is refused everything that is not declared to know of them: a field that somebody adds is closed
 * until it is. Declared are fields that something is asked for ("Query.alerts", "Cluster.pods"), and types whose references are
 * resolved ("Pod").
 */
export class NamespaceGuard {
  readonly #declared: ReadonlySet<string>;
  readonly #unmet: Set<string>;

  constructor(declared: string) {
    this.#declared = new Set(declared.split(/\s+/).filter(Boolean));
    this.#unmet = new Set(this.#declared);
  }

  /** Closes what the schema's resolvers answer, where it is not declared. */
  guardFields(schema: GraphQLSchema, resolvers: readonly Class[]): void {
    for (const name of askedOf(schema, resolvers)) {
      this.#unmet.delete(name);
      if (this.#declared.has(name)) continue;
      const [type = "", field = ""] = name.split(".");
      const owner = schema.getType(type);
      const found = isObjectType(owner) ? owner.getFields()[field] : undefined;
      if (!found) throw new Error(`There is no field ${name} to guard.`);
      if (found.subscribe) found.subscribe = guarded(name, found.subscribe);
      found.resolve = guarded(name, found.resolve ?? ((source) => (source as Record<string, unknown>)[field]));
    }
  }

  guardReference(type: string, resolve: ReferenceResolver): ReferenceResolver {
    this.#unmet.delete(type);
    if (this.#declared.has(type)) return resolve;
    // Refused one by one: others of the same request are not to fail with it.
    return async (reference, context) => {
      refuse(type, context);
      return await resolve(reference, context);
    };
  }

  /** What is declared is there, so that the declarations say how things are. */
  settle(): void {
    if (this.#unmet.size > 0)
      throw new Error(`Declared for namespaces, and not there: ${[...this.#unmet].join(", ")}.`);
  }
}

const guarded =
  (name: string, resolve: Resolve): Resolve =>
  (source, args, context, info) => {
    refuse(name.replace(/^(Query|Mutation|Subscription)\./, ""), context);
    return resolve(source, args, context, info);
  };

const refuse = (what: string, context: unknown): void =>
  requireAllNamespaces((context as { operation: Operation }).operation.identity, what);

/** Every field that a method of a resolver answers; the others are parts of what such a one answered. */
function askedOf(schema: GraphQLSchema, resolvers: readonly Class[]): string[] {
  const { fieldResolvers, objectTypes } = getMetadataStorage();
  const typeName = new Map(objectTypes.map(({ target, name }) => [target, name]));
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return [
    ...roots.flatMap((root) => Object.keys(root?.getFields() ?? {}).map((field) => `${root?.name}.${field}`)),
    ...fieldResolvers
      .filter(({ kind, target }) => kind === "external" && resolvers.includes(target as unknown as Class))
      .map(({ getObjectType, schemaName }) => `${typeName.get(getObjectType?.() as never)}.${schemaName}`),
  ];
}
