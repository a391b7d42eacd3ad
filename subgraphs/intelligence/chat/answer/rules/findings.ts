import type { ToolFinding } from "../../../tools/tool.contract.ts";
import type { EndedCall } from "../answer.ts";

/** What a call found; null where it failed, was refused or was not made. */
export const findingOf = (ended: EndedCall | undefined): ToolFinding | null =>
  ended && ended.outcome !== "REJECTED" ? ended.outcome.finding : null;

/** Of searches for a cause the surer one comes first. */
export const bySureness = (one: EndedCall, other: EndedCall): number => doubt(one) - doubt(other);

function doubt(ended: EndedCall): number {
  const place = ["CONFIRMED", "LIKELY"].indexOf(String(findingOf(ended)?.result["verdict"]));
  return place < 0 ? 2 : place;
}
