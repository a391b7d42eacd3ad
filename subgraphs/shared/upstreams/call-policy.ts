import { callScope } from "../kernel/call-scope.ts";
import { CodedError } from "../kernel/errors.ts";
import type { Limits } from "../kernel/limits.ts";
import type { Calls } from "./call-meter.ts";
import { Circuit, type CircuitOptions, type CircuitState } from "./circuit.ts";
import type { UpstreamAnswer, UpstreamRequest } from "./http.ts";
import { retrying } from "./retry.ts";

export interface CallPolicyOptions extends CircuitOptions {
  /** What is bounded together, such as all backends of one cluster. */
  target: string;
  limits: Limits;
}

/** How calls go out to one backend of one cluster: in their turn, not while it rests, and again after what may pass. */
export class CallPolicy {
  readonly #target: string;
  readonly #limits: Limits;
  readonly #circuit: Circuit;

  constructor({ target, limits, ...circuit }: CallPolicyOptions) {
    this.#target = target;
    this.#limits = limits;
    this.#circuit = new Circuit(circuit);
  }

  get state(): CircuitState {
    return this.#circuit.state;
  }

  /**
   * @param calls is told of what was not sent.
   * @throws Skip(CIRCUIT_OPEN), LIMIT_EXCEEDED, RATE_LIMITED, and what `call` throws.
   */
  async run(request: UpstreamRequest, call: () => Promise<UpstreamAnswer>, calls?: Calls): Promise<UpstreamAnswer> {
    const { signal } = request;
    let sent = false;
    const once = (): Promise<UpstreamAnswer> => {
      sent = true;
      return call();
    };
    const asked = isIdempotent(request) ? () => retrying(once, signal) : once;
    try {
      this.#circuit.check();
      const { caller = "" } = callScope(signal);
      const answer = await this.#limits.run({ target: this.#target, caller, signal }, () => this.#circuit.run(asked));
      if (answer.status === 429) throw rateLimited(answer.retryAfterSeconds);
      return answer;
    } catch (error) {
      if (!sent) calls?.refused(error);
      throw error;
    }
  }

  /** A health check goes out whatever is resting; one that is answered ends the rest, so that a cluster is not ONLINE and unasked. */
  async probe(call: () => Promise<UpstreamAnswer>): Promise<UpstreamAnswer> {
    const answer = await call();
    if (answer.status < 500) this.#circuit.close();
    return answer;
  }
}

const isIdempotent = ({ idempotent, method, form, json }: UpstreamRequest): boolean =>
  idempotent ?? (method === undefined && form === undefined && json === undefined);

const rateLimited = (retryAfterSeconds: number | null): CodedError =>
  retryAfterSeconds === null
    ? new CodedError("RATE_LIMITED", "The endpoint answered that it is asked too often (429).")
    : new CodedError(
        "RATE_LIMITED",
        `The endpoint answered that it is asked too often (429); try again in ${retryAfterSeconds} s.`,
        { retryAfterSeconds },
      );
