import type { Prisma } from "../../../prisma/generated/client.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { AlertLoaders } from "./alert.loader.ts";
import type { AlertRow } from "./alert.repository.ts";

export interface Acknowledging {
  note: string | null;
  until: Date | null;
}

const CLEARED = { ackOwner: null, ackNote: null, ackAt: null, ackUntil: null };

/** Who takes care of an alert, as long as it fires or as they said. It is ours: Alertmanager does not know of it. */
export class AcknowledgementService {
  readonly #operation: Operation;
  readonly #loaders: Pick<AlertLoaders, "byId">;
  readonly #changes: Changes;
  readonly #clock: Clock;

  constructor(
    operation: Operation,
    loaders: Pick<AlertLoaders, "byId">,
    { changes, clock }: { changes: Changes; clock: Clock },
  ) {
    this.#operation = operation;
    this.#loaders = loaders;
    this.#changes = changes;
    this.#clock = clock;
  }

  /** Whoever did before is replaced. @throws ALERT_NOT_FOUND, CONFLICT unless it fires, BAD_USER_INPUT */
  async acknowledge(id: string, { note, until }: Acknowledging): Promise<AlertRow> {
    const { identity } = this.#operation;
    requireRole(identity, "operator");
    const now = this.#clock.now();
    if (until && until <= now) {
      throw new CodedError("BAD_USER_INPUT", "until must be in the future.", { fields: ["until"] });
    }
    const data = { ackOwner: identity.user, ackNote: note, ackAt: now, ackUntil: until };
    return await this.#write(id, "ACKNOWLEDGE_ALERT", data, { note, until: until?.toISOString() ?? null });
  }

  /** Nothing happens where nobody did. @throws ALERT_NOT_FOUND */
  async withdraw(id: string): Promise<AlertRow> {
    requireRole(this.#operation.identity, "operator");
    return await this.#write(id, "UNACKNOWLEDGE_ALERT", CLEARED, null);
  }

  async #write(
    id: string,
    action: string,
    data: Prisma.AlertUpdateManyMutationInput,
    said: Prisma.InputJsonObject | null,
  ): Promise<AlertRow> {
    const alert = await this.#loaders.byId.load(id);
    if (!alert) throw new CodedError("ALERT_NOT_FOUND", `No alert ${JSON.stringify(id)}.`, { id });
    await this.#changes.commit(async (tx, record) => {
      const { count } = await tx.alert.updateMany({ where: { id, ...(said ? { state: "FIRING" } : {}) }, data });
      if (said && count === 0) {
        throw new CodedError("CONFLICT", "Only an alert that fires can be acknowledged.", { id });
      }
      const { clusterId, clusterName: name, alertname, fingerprint, ackOwner } = alert;
      const named = { alertId: id, alertname, fingerprint };
      await record.deed(this.#operation, {
        action,
        cluster: { id: clusterId, name, tenantId: this.#operation.identity.tenant },
        before: { ...named, owner: ackOwner },
        after: said && { ...named, owner: this.#operation.identity.user, ...said },
      });
    });
    // A later field of the same operation must see what was written.
    return (await this.#loaders.byId.clear(id).load(id)) ?? alert;
  }
}
