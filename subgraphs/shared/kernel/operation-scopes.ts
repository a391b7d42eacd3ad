import { LRUCache } from "lru-cache";
import { authorisationKey } from "./auth-context.ts";
import { setCallScope } from "./call-scope.ts";
import type { Operation } from "./subgraph.ts";

interface Scope {
  context: object;
  controller: AbortController;
  /** Hops under way, and those of them whose caller has gone away. */
  hops: number;
  cancelled: number;
}

/** Kept this long after its last hop: longer than the pause between two hops of one operation. */
const IDLE_MS = 10_000;
const MAX_SCOPES = 10_000;

/**
 * One context per operation and identity, whatever number of hops the plan takes: that is what makes "one upstream request per
 * cluster and distinct query" hold for the whole operation. The context's signal ends when every hop then under way was
 * cancelled, so that one cancelled caller does not end another's shared call.
 */
export class OperationScopes {
  readonly #scopes = new LRUCache<string, Scope>({ max: MAX_SCOPES });
  readonly #create: (operation: Operation) => object;

  constructor(create: (operation: Operation) => object) {
    this.#create = create;
  }

  /** Run one hop in its operation's scope. */
  async run<T>(operation: Operation, hop: (context: object) => Promise<T>): Promise<T> {
    const key = `${operation.id} ${authorisationKey(operation.identity)}`;
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
      if (scope.hops === 0 && this.#scopes.peek(key) === scope) this.#scopes.set(key, scope, { ttl: IDLE_MS });
    }
  }

  #enter(key: string, operation: Operation): Scope {
    let scope = this.#scopes.get(key);
    if (!scope || scope.controller.signal.aborted) {
      const controller = new AbortController();
      const { tenant, user } = operation.identity;
      setCallScope(controller.signal, { caller: `${tenant} ${user}` });
      scope = { controller, hops: 0, cancelled: 0, context: this.#create({ ...operation, signal: controller.signal }) };
    }
    scope.hops += 1;
    // While a hop is under way, it does not grow old.
    this.#scopes.set(key, scope, { ttl: 0 });
    return scope;
  }
}

function abortIfDeserted({ controller, hops, cancelled }: Scope): void {
  if (hops > 0 && hops === cancelled) controller.abort();
}
