import type { Prisma } from "../../../prisma/generated/client.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { AnomalyLoaders } from "./anomaly.loader.ts";
import type { AnomalyRow } from "./anomaly.repository.ts";
import type { RuleRepository } from "./rule.repository.ts";
import { type SeriesState, taughtOnce } from "./series-state.filter.ts";

interface Deed {
  action: string;
  data: Prisma.AnomalyUpdateManyMutationInput;
  /** What is said, for the audit log; null where something is taken back. */
  said: Prisma.InputJsonObject | null;
  /** What the rule that found it is to remember of its series from now on. */
  teach?: (state: SeriesState, now: number) => SeriesState;
}

/** What people say of anomalies, and what the rules that found them learn of it; within one operation. */
export class AnomalyDeedService {
  readonly #operation: Operation;
  readonly #loaders: Pick<AnomalyLoaders, "byId">;
  readonly #rules: RuleRepository;
  readonly #changes: Changes;
  readonly #clock: Clock;

  constructor(
    operation: Operation,
    loaders: Pick<AnomalyLoaders, "byId">,
    { rules, changes, clock }: { rules: RuleRepository; changes: Changes; clock: Clock },
  ) {
    this.#operation = operation;
    this.#loaders = loaders;
    this.#rules = rules;
    this.#changes = changes;
    this.#clock = clock;
  }

  /** Whoever did before is replaced. @throws ANOMALY_NOT_FOUND */
  async acknowledge(id: string, note: string | null): Promise<AnomalyRow> {
    const { anomaly, user, now } = await this.#begin(id);
    const data = { ackOwner: user, ackNote: note, ackAt: now };
    return await this.#write(anomaly, { action: "ACKNOWLEDGE_ANOMALY", data, said: { note } });
  }

  /** Nothing happens where nobody did. @throws ANOMALY_NOT_FOUND */
  async withdraw(id: string): Promise<AnomalyRow> {
    const { anomaly } = await this.#begin(id);
    const data = { ackOwner: null, ackNote: null, ackAt: null };
    return await this.#write(anomaly, { action: "UNACKNOWLEDGE_ANOMALY", data, said: null });
  }

  /** The first time it is, the rule that found it asks more of its series from then on. @throws ANOMALY_NOT_FOUND */
  async markExpected(id: string, note: string | null): Promise<AnomalyRow> {
    const { anomaly, user, now } = await this.#begin(id);
    const data = { expectedBy: user, expectedNote: note, expectedAt: now };
    const teach = anomaly.expectedBy === null ? { teach: taughtOnce } : {};
    return await this.#write(anomaly, { action: "MARK_ANOMALY_EXPECTED", data, said: { note }, ...teach });
  }

  /** @param until null lifts it. @throws ANOMALY_NOT_FOUND, CONFLICT where no rule looks at its series, BAD_USER_INPUT */
  async muteSeries(id: string, until: Date | null): Promise<AnomalyRow> {
    const { anomaly, now } = await this.#begin(id);
    if (until && until <= now) {
      throw new CodedError("BAD_USER_INPUT", "until must be in the future.", { fields: ["until"] });
    }
    if (!anomaly.ruleId) {
      throw new CodedError("CONFLICT", "No rule looks at this series, so that there is nothing to mute.", { id });
    }
    return await this.#write(anomaly, {
      action: "MUTE_ANOMALY_SERIES",
      data: { mutedUntil: until },
      said: until && { until: until.toISOString() },
      teach: ({ mutedUntil: _before, ...state }) => (until ? { ...state, mutedUntil: until.getTime() / 1000 } : state),
    });
  }

  async #begin(id: string) {
    const { identity } = this.#operation;
    requireRole(identity, "operator");
    const anomaly = await this.#loaders.byId.load(id);
    if (!anomaly) {
      const message = `No anomaly ${JSON.stringify(id)}; of a scan, only what was kept is there.`;
      throw new CodedError("ANOMALY_NOT_FOUND", message, { id });
    }
    return { anomaly, user: identity.user, now: this.#clock.now() };
  }

  async #write(anomaly: AnomalyRow, { action, data, said, teach }: Deed): Promise<AnomalyRow> {
    const { id, clusterId, clusterName: name, ruleId, metricName, labels } = anomaly;
    const now = this.#clock.now();
    await this.#changes.commit(async (tx, record) => {
      await tx.anomaly.updateMany({ where: { id }, data });
      if (ruleId && teach) await this.#teach(tx, anomaly, ruleId, (state) => teach(state, now.getTime() / 1000));
      const named = { anomalyId: id, metricName, labels };
      await record.deed(this.#operation, {
        action,
        cluster: { id: clusterId, name, tenantId: this.#operation.identity.tenant },
        before: named,
        after: said && { ...named, ...said },
      });
    });
    // A later field of the same operation must see what was written.
    return (await this.#loaders.byId.clear(id).load(id)) ?? anomaly;
  }

  /** A run that is under way waits for it, or is waited for. */
  async #teach(
    tx: Prisma.TransactionClient,
    { clusterId, seriesKey }: AnomalyRow,
    ruleId: string,
    teach: (state: SeriesState) => SeriesState,
  ): Promise<void> {
    const now = this.#clock.now();
    const states = await this.#rules.lockedStates(tx, ruleId, [clusterId], now);
    const taught = [...states.values()].map((state) => ({
      ...state,
      series: { ...state.series, [seriesKey]: teach(state.series[seriesKey] ?? {}) },
    }));
    await this.#rules.saveStates(tx, ruleId, taught, now);
  }
}
