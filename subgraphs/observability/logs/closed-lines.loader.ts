import { authorisationKey } from "../../shared/kernel/auth-context.ts";
import type { CacheMeter } from "../../shared/kernel/cache-meter.ts";
import { callScope, setCallScope } from "../../shared/kernel/call-scope.ts";
import { nanosOf } from "../../shared/kernel/nano-time.ts";
import { SharedAnswers } from "../../shared/kernel/shared-answers.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { Lines } from "../../shared/upstreams/loki/client.ts";
import type { AskedLines } from "./loki.loader.ts";

/** Lines may still come late. For a while most of them do, and some for longer: so it is not kept for long either. */
const FRESHNESS_NANOS = 600_000_000_000n;
const TTL_MS = 300_000;
/** In memory, an answer takes about so many times the bytes of its text. */
const BYTES_PER_BYTE = 3;

/** Lines of stretches that ended a while ago, kept over all operations of the process, for askers of equal rights. */
export class ClosedLines {
  readonly #kept: SharedAnswers<Lines>;

  constructor(maxBytes: number, meter?: CacheMeter) {
    this.#kept = new SharedAnswers({
      maxBytes,
      ttlMs: TTL_MS,
      bytesOf: ({ bytes }) => bytes * BYTES_PER_BYTE,
      keeps: ({ warnings }) => warnings.length === 0,
      meter,
    });
  }

  /** What is kept, or else what `ask` comes to. */
  async get(
    { target, timeoutSeconds, query, start, end, limit, direction }: AskedLines,
    { identity, startedAt }: Pick<Operation, "identity" | "startedAt">,
    signal: AbortSignal,
    ask: (signal: AbortSignal) => Promise<Lines>,
  ): Promise<Lines> {
    if (end > nanosOf(startedAt) - FRESHNESS_NANOS) return await ask(signal);
    const { id, lokiUrl, lokiTenant, credentialsAt, as } = target;
    const whose = [id, lokiUrl, lokiTenant, credentialsAt, as?.key, authorisationKey(identity)];
    const key = JSON.stringify([whose, query, String(start), String(end), limit, direction]);
    const { answer } = await this.#kept.get(key, String(timeoutSeconds), signal, (own) => {
      setCallScope(own, callScope(signal));
      return ask(own);
    });
    return answer;
  }
}
