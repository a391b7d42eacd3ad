import type { Prisma } from "../../../prisma/generated/client.ts";
import type { Recorder } from "../../shared/fleet/changes.ts";
import type { AnomalyRepository, NewAnomaly } from "./anomaly.repository.ts";
import { toPayload } from "./anomaly-finding.mapper.ts";

/** What is found later than that is recorded, and no news any more. */
const NEWS_SECONDS = 3600;
/** Events of one scan; more at once tell nobody more. */
const MOST_EVENTS = 100;

/** Keeps anomalies, and tells of those that are to be told: no anomaly twice, whoever finds it again. */
export class RecordingService {
  readonly #anomalies: AnomalyRepository;

  constructor(anomalies: AnomalyRepository) {
    this.#anomalies = anomalies;
  }

  /** As part of the transaction. @param worthTelling of those that are new and recent, which are told as events */
  async record(
    tx: Prisma.TransactionClient,
    recorder: Recorder,
    found: readonly NewAnomaly[],
    { now, worthTelling }: { now: Date; worthTelling: (anomaly: NewAnomaly) => boolean },
  ): Promise<{ recorded: number; notified: number }> {
    const since = now.getTime() - NEWS_SECONDS * 1000;
    const telling = found
      .filter((anomaly) => anomaly.detectedAt.getTime() >= since && worthTelling(anomaly))
      .toSorted((a, b) => b.score - a.score)
      .slice(0, MOST_EVENTS);
    const told = new Set(telling.map(({ id }) => id));
    const inserted = await this.#anomalies.insert(
      tx,
      found.map((anomaly) => ({ ...anomaly, notified: told.has(anomaly.id) })),
      now,
    );
    const news = telling.filter(({ id }) => inserted.has(id));
    if (news.length > 0) {
      await recorder.event(
        ...news.map((anomaly) => ({
          type: "ANOMALY_DETECTED" as const,
          cluster: { id: anomaly.clusterId, tenantId: anomaly.tenantId },
          namespace: anomaly.namespace,
          payload: toPayload(anomaly),
        })),
      );
    }
    return { recorded: inserted.size, notified: news.length };
  }
}
