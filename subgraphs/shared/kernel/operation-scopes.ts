import { authorisationKey } from "./auth-context.ts";
import { setCallScope } from "./call-scope.ts";
import { CodedError } from "./errors.ts";
import type { Operation } from "./subgraph.ts";

interface Scope {
  context: object;
  controller: AbortController;
  /** Hops under way, and those of them whose caller has gone away. */
  hops: number;
  cancelled: number;
  /** Forgets it; runs while no hop is under way. */
  idle?: NodeJS.Timeout;
}

/**
 * Kept this long after its last hop: longer than most pauses between two hops of one operation. Longer ones cost a repeated request;
 * keeping more costs memory, since a scope holds all that its operation was answered.
 */
const IDLE_MS = 3_000;
const MAX_SCOPES = 10_000;

/**
 * One context per operation and identity, whatever number of hops the plan takes: that is what makes "one upstream request per
 * cluster and distinct query" hold for the whole operation. The context's signal ends when every hop then under way was
 * cancelled, so that one cancelled caller does not end another's shared call.
 */
export class OperationScopes {
  /** In the order of their first hops. */
  readonly #scopes = new Map<string, Scope>();
  readonly #create: (operation: Operation) => object;

  constructor(create: (operation: Operation) => object) {
    this.#create = create;
  }

  /** How many are kept. */
  get size(): number {
    return this.#scopes.size;
  }

  /** Run one hop in its operation's scope. */
  async run<T>(operation: Operation, hop: (context: object) => Promise<T>): Promise<T> {
    const key = keyOf(operation);
    const scope = this.#enter(key, operation);
    const { signal } = operation;
    const cancel = (): void => {
      scope.cancelled += 1;
      abortIfDeserted(scope);
    };
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel, { once: true });
    try {
      return await hop(scope.context);
    } finally {
      signal.removeEventListener("abort", cancel);
      scope.hops -= 1;
      if (signal.aborted) scope.cancelled -= 1;
      else abortIfDeserted(scope);
      if (scope.hops === 0) scope.idle = setTimeout(() => this.#forget(key, scope), IDLE_MS).unref();
    }
  }

  /** No hop will come any more: what the operation was answered is garbage at once. One that is under way goes on with it. */
  end(operation: Pick<Operation, "id" | "identity">): void {
    const key = keyOf(operation);
    clearTimeout(this.#scopes.get(key)?.idle);
    this.#scopes.delete(key);
  }

  #enter(key: string, operation: Operation): Scope {
    let scope = this.#scopes.get(key);
    if (!scope || scope.controller.signal.aborted) {
      const controller = new AbortController();
      const { tenant, user } = operation.identity;
      setCallScope(controller.signal, { caller: `${tenant} ${user}` });
      scope = { controller, hops: 0, cancelled: 0, context: this.#create({ ...operation, signal: controller.signal }) };
    }
    clearTimeout(scope.idle);
    scope.hops += 1;
    this.#scopes.set(key, scope);
    if (this.#scopes.size > MAX_SCOPES) this.#forgetOldest();
    return scope;
  }

  #forget(key: string, scope: Scope): void {
    if (this.#scopes.get(key) === scope) this.#scopes.delete(key);
  }

  /** Its hops go on with it; one that comes later gets another. */
  #forgetOldest(): void {
    const [oldest] = this.#scopes.keys();
    if (oldest !== undefined) this.#scopes.delete(oldest);
  }
}

const keyOf = ({ id, identity }: Pick<Operation, "id" | "identity">): string => `${id} ${authorisationKey(identity)}`;

function abortIfDeserted({ controller, hops, cancelled }: Scope): void {
  if (hops > 0 && hops === cancelled) controller.abort(new CodedError("CANCELLED", "The request was cancelled."));
}
