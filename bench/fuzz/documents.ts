import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
  type OperationTypeNode,
} from "graphql";
import { generator } from "./promql.ts";
import { hostileValue, plausibleValue } from "./values.ts";

export interface FuzzedDocument {
  document: string;
  variables: Record<string, unknown>;
}

export interface DocumentFuzzOptions {
  seed: number;
  /** Real ids and names, so that some of what is asked is there. */
  known?: readonly string[];
  /** The same of what belongs to an argument, by its name; may grow meanwhile. */
  named?: Readonly<Record<string, readonly string[]>>;
  /** What is asked for; queries and some mutations unless given. */
  roots?: { kind: "query" | "mutation" | "subscription"; fields: RegExp };
}

/** What would take the clusters away that everything else is asked of. */
const SPARING = /^(delete|purge|update|set|rotate)Cluster/;
const DEEPEST = 6;
const MOST_FIELDS = 25;

/** Documents made from the schema: what they select, and with which values, is the same for the same seed. */
export class DocumentFuzz {
  readonly #schema: GraphQLSchema;
  readonly #random: () => number;
  readonly #known: readonly string[];
  readonly #named: Readonly<Record<string, readonly string[]>>;
  readonly #roots: DocumentFuzzOptions["roots"];
  /** What the field at hand may name of what is there. */
  #naming: readonly string[] = [];
  #variables: { name: string; type: GraphQLInputType; value: unknown }[] = [];
  #fragments: string[] = [];
  #fields = 0;

  constructor(schema: GraphQLSchema, { seed, known = [], named = {}, roots }: DocumentFuzzOptions) {
    this.#schema = schema;
    this.#random = generator(seed);
    this.#known = known;
    this.#named = named;
    this.#roots = roots;
  }

  next(): FuzzedDocument {
    this.#variables = [];
    this.#fragments = [];
    this.#fields = 0;
    const kind = this.#roots?.kind ?? (this.#chance(0.25) ? "mutation" : "query");
    const root = this.#schema.getRootType(kind as OperationTypeNode);
    if (!root) throw new Error(`There is no ${kind}.`);
    const fields = Object.values(root.getFields()).filter(({ name }) => this.#roots?.fields.test(name) ?? true);
    const several = kind !== "subscription" && this.#chance(0.5);
    const asked = Array.from({ length: several ? 2 : 1 }, () => this.#field(this.#pick(fields), 0));
    const selections = `{ ${asked.join(" ")} }`;
    const declared = this.#variables.map(({ name, type }) => `$${name}: ${String(type)}`).join(", ");
    const document = [`${kind} Fuzz${declared && `(${declared})`} ${selections}`, ...this.#fragments].join("\n");
    const sent = this.#variables.filter(() => !this.#chance(0.01));
    const text = this.#chance(0.02) ? this.#broken(document) : document;
    return { document: text, variables: Object.fromEntries(sent.map(({ name, value }) => [name, value])) };
  }

  #chance(of: number): boolean {
    return this.#random() < of;
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }

  /** A character more, less or twice, somewhere. */
  #broken(text: string): string {
    const at = Math.floor(this.#random() * text.length);
    return text.slice(0, at) + this.#pick(["", "{", "}", '"', "\u0000", "...", "@", "\ud83d"]) + text.slice(at + 1);
  }

  #selections(type: GraphQLOutputType, depth: number): string {
    const named = getNamedType(type);
    if (isAbstractType(named)) {
      const possible = this.#schema.getPossibleTypes(named);
      const parts = Array.from({ length: 2 }, () => this.#pick(possible));
      return `{ __typename ${parts.map((each) => `... on ${each.name} ${this.#selections(each, depth + 1)}`).join(" ")} }`;
    }
    if (!isCompositeType(named)) return "";
    const fields = Object.values((named as GraphQLObjectType).getFields()).filter(
      ({ type: inner }) => depth < DEEPEST || !isCompositeType(getNamedType(inner)),
    );
    const wanted = 1 + Math.floor(this.#random() * 4);
    const parts =
      fields.length === 0 ? [] : Array.from({ length: wanted }, () => this.#field(this.#pick(fields), depth));
    const set = `{ ${["__typename", ...parts].join(" ")} }`;
    if (!this.#chance(0.1)) return set;
    if (this.#chance(0.5)) return `{ ... on ${named.name} ${set} }`;
    const name = `F${this.#fragments.length}`;
    this.#fragments.push(`fragment ${name} on ${named.name} ${set}`);
    return `{ ...${name} }`;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    this.#fields += 1;
    if (this.#fields > MOST_FIELDS) return "__typename";
    if (depth === 0) this.#naming = SPARING.test(field.name) ? [] : this.#known;
    const passed = field.args
      .filter((arg) => (isRequiredArgument(arg) ? !this.#chance(0.005) : this.#chance(0.35)))
      .map((arg) => `${arg.name}: ${this.#variable(arg.name, arg.type)}`);
    const directive = this.#chance(0.05) ? ` @${this.#pick(["include", "skip"])}(if: ${this.#chance(0.5)})` : "";
    // Two of the same name could ask for different things.
    const alias = `a${this.#fields}: `;
    return `${alias}${field.name}${passed.length > 0 ? `(${passed.join(", ")})` : ""}${directive} ${this.#selections(field.type, depth + 1)}`;
  }

  #variable(name: string, type: GraphQLInputType): string {
    const variable = `v${this.#variables.length}`;
    this.#variables.push({ name: variable, type, value: this.#value(name, type, 0) });
    return `$${variable}`;
  }

  #value(name: string, type: GraphQLInputType, depth: number): unknown {
    // Of a wrong type altogether, now and then.
    if (this.#chance(0.01)) return hostileValue(this.#random);
    if (isNonNullType(type)) return this.#chance(0.003) ? null : this.#value(name, type.ofType, depth);
    if (this.#chance(0.02)) return null;
    if (isListType(type)) {
      const length = this.#chance(0.01) ? 300 : Math.floor(this.#random() * 3);
      return Array.from({ length }, () => this.#value(name, type.ofType, depth + 1));
    }
    if (isEnumType(type)) return this.#pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const all = Object.values(type.getFields());
      // Of some inputs exactly one field may be given.
      const alone = this.#chance(0.3) ? this.#pick(all) : null;
      const fields = all.filter(
        (field) => isRequiredInputField(field) || (alone ? field === alone : this.#chance(depth > 2 ? 0.1 : 0.3)),
      );
      return Object.fromEntries(fields.map((field) => [field.name, this.#value(field.name, field.type, depth + 1)]));
    }
    const named = this.#named[name] ?? [];
    if (named.length > 0 && this.#chance(0.8)) return this.#pick(named);
    return plausibleValue(type.name, name, this.#random, this.#naming);
  }
}
