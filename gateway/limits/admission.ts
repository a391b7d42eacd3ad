import { type DocumentNode, type GraphQLSchema, getVariableValues, type OperationDefinitionNode } from "graphql";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import type { LimitsConfig } from "../../subgraphs/shared/kernel/limits-config.ts";
import { ROLES } from "../../subgraphs/shared/kernel/permissions.ts";
import type { Caller } from "../context.ts";
import type { CostModel } from "./cost.ts";
import type { FleetSizes } from "./fleet-sizes.ts";
import type { PersistedDocuments } from "./persisted-documents.ts";
import { Quota } from "./quota.ts";
import type { Rates } from "./rates.ts";
import { requireBounded } from "./variables.ts";

/** An operation that is valid, before anything is asked for it. */
export interface Asked {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** As they were sent. */
  variables: Readonly<Record<string, unknown>>;
  /** Of the document's text. */
  hash: string;
  caller: Caller;
}

/** As clients see it, in `extensions.cost`: of the operation, of a minute of theirs, and what is left of this one. */
export interface ToldCost {
  requested: number;
  budget: number;
  remaining: number;
}

export interface Admitted {
  cost: ToldCost;
  /** The operation is over. */
  release(): void;
}

export interface AdmissionOptions {
  config: Pick<LimitsConfig, "AIOPS_LIMITS" | "AIOPS_INTROSPECTION_ROLES" | "AIOPS_ADHOC_ROLES">;
  /** The current ones. */
  graph: () => { schema: GraphQLSchema; model: CostModel };
  documents: PersistedDocuments;
  fleetSizes: FleetSizes;
  rates: Rates;
  /** Told what each operation that runs costs. */
  onCost?: ((cost: number) => void) | undefined;
}

/** Whether an operation may run now, whatever transport it came by. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #underWay: Quota;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#underWay = new Quota(options.config.AIOPS_LIMITS.operationsPerUser);
  }

  get operationMs(): number {
    return this.#options.config.AIOPS_LIMITS.operationSeconds * 1000;
  }

  /** Whether somebody may ask about the schema, and be helped with it. */
  mayIntrospect({ identity, internal }: Caller): boolean {
    return (
      internal === true || identity.roles.some((role) => this.#options.config.AIOPS_INTROSPECTION_ROLES.includes(role))
    );
  }

  /**
   * Null for variables that do not fit: who runs the operation tells what is wrong with them.
   * @throws OPERATION_NOT_TRUSTED, FORBIDDEN, LIMIT_EXCEEDED, COST_LIMIT_EXCEEDED, RATE_LIMITED
   */
  async admit(asked: Asked): Promise<Admitted | null> {
    const { operation, variables, caller, hash } = asked;
    this.#requireTrusted(hash, caller);
    requireBounded(variables);
    const release = operation.operation === "subscription" ? () => {} : this.#take(caller);
    try {
      const cost = await this.#costOf(asked);
      if (cost !== null) return { cost: await this.#charge(cost, caller), release };
    } catch (error) {
      release();
      throw error;
    }
    release();
    return null;
  }

  #requireTrusted(hash: string, { identity, internal }: Caller): void {
    const { documents, config } = this.#options;
    if (internal || documents.isTrusted(hash)) return;
    if (identity.roles.some((role) => config.AIOPS_ADHOC_ROLES.includes(role))) return;
    throw new CodedError(
      "OPERATION_NOT_TRUSTED",
      `Only documents that this server was given may be asked here. Others need one of the roles: ${config.AIOPS_ADHOC_ROLES.join(", ") || "none has it"}.`,
    );
  }

  /** What our own parts ask on somebody's behalf holds up nothing of theirs: each has bounds of its own on what it asks at once. */
  #take({ identity, internal }: Caller): () => void {
    if (internal) return () => {};
    const release = this.#underWay.take(JSON.stringify([identity.tenant, identity.user]));
    if (release) return release;
    const limit = this.#options.config.AIOPS_LIMITS.operationsPerUser;
    throw new CodedError("LIMIT_EXCEEDED", `One user has at most ${limit} operations under way.`, {
      limit,
      retryAfterSeconds: 1,
    });
  }

  async #costOf({ document, operation, variables, caller }: Asked): Promise<number | null> {
    const { graph, fleetSizes } = this.#options;
    const { schema, model } = graph();
    const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
    if (!coerced) return null;
    const guess = fleetSizes.last(caller.identity) ?? 0;
    const { cost, fleetWide, introspects } = model.of(document, operation, coerced, guess);
    if (introspects && !this.mayIntrospect(caller)) {
      const roles = this.#options.config.AIOPS_INTROSPECTION_ROLES.join(", ") || "none has it";
      throw new CodedError("FORBIDDEN", `Asking about the schema needs one of the roles: ${roles}.`);
    }
    if (!fleetWide) return cost;
    const size = await fleetSizes.of(caller.identity);
    return size === guess ? cost : model.of(document, operation, coerced, size).cost;
  }

  async #charge(requested: number, { identity, internal }: Caller): Promise<ToldCost> {
    const { AIOPS_LIMITS: limits } = this.#options.config;
    // What our own parts ask was written here, and not by whoever they ask it for.
    const roles = internal ? ROLES : identity.roles;
    const operation = Math.max(...roles.map((role) => limits.cost[role].operation));
    const budget = Math.max(...roles.map((role) => limits.cost[role].minute));
    if (requested > operation) throw tooCostly(requested, operation);
    // A minute of their own, so that neither a report nor an assistant leaves its user without an answer.
    const who = JSON.stringify([identity.tenant, identity.user, ...(internal ? ["internal"] : [])]);
    const { spent, seconds } = await this.#options.rates.charge(who, requested);
    if (spent > budget) throw tooMuchAtOnce(requested, budget, seconds);
    this.#options.onCost?.(requested);
    return { requested, budget, remaining: budget - spent };
  }
}

const tooCostly = (cost: number, limit: number): CodedError =>
  new CodedError(
    "COST_LIMIT_EXCEEDED",
    `This would cost ${cost}; one operation may cost ${limit}. Ask for smaller pages, fewer clusters (clusterIds, selector) or fewer fields.`,
    { cost, limit },
  );

const tooMuchAtOnce = (cost: number, budget: number, retryAfterSeconds: number): CodedError =>
  new CodedError(
    "RATE_LIMITED",
    `The budget of this minute (${budget}) does not last for this (${cost}). Come back in ${retryAfterSeconds} s.`,
    { cost, budget, retryAfterSeconds },
  );
