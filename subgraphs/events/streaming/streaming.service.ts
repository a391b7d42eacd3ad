import { randomUUID } from "node:crypto";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import { EVENTS } from "../../shared/kernel/bus/events.ts";
import {
  GATEWAY_ANSWERS,
  GATEWAY_QUESTIONS,
  GatewayAnswer,
  type GatewayQuestion,
} from "../../shared/kernel/bus/gateway-talk.ts";
import { BusReader } from "../../shared/kernel/bus/reader.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";

type Asked = GatewayQuestion extends infer Q
  ? Q extends unknown
    ? Omit<Q, "question_id" | "tenant_id">
    : never
  : never;

/** Nobody knows how many gateways there are: those that answer by then are. */
const PATIENCE_MS = 500;

/** Who listens, as the gateways tell it. */
export class StreamingService {
  readonly #bus: EventBus;
  readonly #changes: Changes;

  constructor(bus: EventBus, changes: Changes) {
    this.#bus = bus;
    this.#changes = changes;
  }

  /** The newest event's cursor, and the gateways that there are. */
  async status(operation: Operation): Promise<{ head: string; gateways: GatewayAnswer[] }> {
    const [head, gateways] = await Promise.all([this.#bus.head(EVENTS), this.#ask(operation, { kind: "COUNT" })]);
    return { head, gateways };
  }

  async list(operation: Operation): Promise<GatewayAnswer[]> {
    requireWholeFleet(operation.identity);
    return await this.#ask(operation, { kind: "LIST" });
  }

  /** @returns whether there was such a one. */
  async close(operation: Operation, id: string): Promise<boolean> {
    const { identity } = operation;
    requireWholeFleet(identity);
    const answers = await this.#ask(operation, { kind: "CLOSE", subscription_id: id }, ({ closed }) => closed);
    const closed = answers.some((answer) => answer.closed);
    const cluster = { id: null, tenantId: identity.tenant, name: id };
    await this.#changes.commit((_, record) =>
      record.deed(operation, { action: "CLOSE_SUBSCRIPTION", cluster, before: null, after: { closed } }),
    );
    return closed;
  }

  /** @param enough ends the wait before its time. */
  async #ask(
    { identity, signal }: Operation,
    asked: Asked,
    enough: (answer: GatewayAnswer) => boolean = () => false,
  ): Promise<GatewayAnswer[]> {
    const id = randomUUID();
    const reader = new BusReader({
      bus: this.#bus,
      topic: GATEWAY_ANSWERS,
      after: await this.#bus.head(GATEWAY_ANSWERS),
      decode: (answer) => GatewayAnswer.safeParse(answer).data ?? null,
    });
    const leave = (): void => void reader.return();
    const timer = setTimeout(leave, PATIENCE_MS);
    signal.addEventListener("abort", leave, { once: true });
    try {
      await this.#bus.publish(GATEWAY_QUESTIONS, { ...asked, question_id: id, tenant_id: identity.tenant });
      const answers: GatewayAnswer[] = [];
      for await (const reading of reader) {
        if (!("event" in reading) || reading.event.question_id !== id) continue;
        answers.push(reading.event);
        if (enough(reading.event)) break;
      }
      return answers.sort((a, b) => (a.gateway_id < b.gateway_id ? -1 : 1));
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
      await reader.return();
    }
  }
}

/** What others are subscribed to names clusters. @throws FORBIDDEN */
function requireWholeFleet(identity: Identity): void {
  requireRole(identity, "admin");
  if (!identity.scope) return;
  throw new CodedError("FORBIDDEN", "Streams are those of all clusters: this needs an admin without a scope.");
}
