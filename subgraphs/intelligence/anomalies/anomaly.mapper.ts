import { type Page, type PageRequest, pageOf } from "../../shared/kernel/page.ts";
import type { AnomalyRow } from "./anomaly.repository.ts";
import type { AnomalyDetection, AnomalyRemark } from "./anomaly.type.ts";

export function toAnomaly(row: AnomalyRow): AnomalyDetection {
  const { ackOwner, ackNote, ackAt, expectedBy, expectedNote, expectedAt, createdAt, ...anomaly } = row;
  return {
    ...anomaly,
    recorded: createdAt !== null,
    cluster: { id: anomaly.clusterId },
    acknowledgement: remark(ackOwner, ackNote, ackAt),
    expected: remark(expectedBy, expectedNote, expectedAt),
  };
}

const remark = (by: string | null, note: string | null, at: Date | null): AnomalyRemark | null =>
  by && at ? { by, note, at } : null;

export const toAnomalyPage = (
  { rows, total }: { rows: AnomalyRow[]; total: number },
  page: PageRequest,
): Page<AnomalyDetection> => pageOf(rows.map(toAnomaly), total, page);
