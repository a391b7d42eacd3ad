import { LRUCache } from "lru-cache";
import { authorisationKey } from "./auth-context.ts";
import type { Operation } from "./subgraph.ts";

interface Scope {
  context: object;
  controller: AbortController;
  users: number;
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
  readonly #scopes = new LRUCache<string, Scope>({ max: MAX_SCOPES, ttl: IDLE_MS, updateAgeOnGet: true });
  readonly #create: (operation: Operation) => object;

  constructor(create: (operation: Operation) => object) {
    this.#create = create;
  }

  /** Run one hop in its operation's scope. */
  async run<T>(operation: Operation, hop: (context: object) => Promise<T>): Promise<T> {
    const key = `${operation.id} ${authorisationKey(operation.identity)}`;
    const scope = this.#enter(key, operation);
    const cancel = (): void => {
      if (scope.users === 1) scope.controller.abort();
    };
    operation.signal.addEventListener("abort", cancel, { once: true });
    if (operation.signal.aborted) cancel();
    try {
      return await hop(scope.context);
    } finally {
      operation.signal.removeEventListener("abort", cancel);
      scope.users -= 1;
    }
  }

  #enter(key: string, operation: Operation): Scope {
    let scope = this.#scopes.get(key);
    if (!scope || scope.controller.signal.aborted) {
      const controller = new AbortController();
      scope = { controller, users: 0, context: this.#create({ ...operation, signal: controller.signal }) };
      this.#scopes.set(key, scope);
    }
    scope.users += 1;
    return scope;
  }
}
