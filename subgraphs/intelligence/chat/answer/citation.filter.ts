import type { ToolFinding } from "../../tools/tool.contract.ts";
import type { Citation, EndedCall } from "./answer.ts";

const MARK = /\s?\[(c\d+)(?::(s\d+))?\]/g;
/** Numbers that are claims: not a list's "1.", not a part of a name or of a mark. */
const NUMBER = /(?<![\w.:/-])\d+(?:[.,]\d+)*(?![\w:/-])/g;
const MOST_TOLD = 10;

export interface Verified {
  content: string;
  citations: Citation[];
}

/**
 * An answer with only those marks that name a source of a call that was made, and with a word about numbers that no tool told and the
 * user did not say. What stands on nothing is not taken out of a sentence, which would change what it says: it is named.
 */
export function verified(content: string, calls: ReadonlyMap<string, EndedCall>, said: string): Verified {
  const citations = new Map<string, Citation>();
  let refused = 0;
  const kept = content.replace(MARK, (mark, name: string, sourceId: string | undefined) => {
    const cited = citationsOf(name, sourceId, calls);
    if (cited.length === 0) {
      refused++;
      return "";
    }
    for (const citation of cited) citations.set(`${citation.callId} ${citation.id}`, citation);
    return mark;
  });
  const unknown = unsupported(kept, calls, said);
  const notes = [
    ...(unknown.length > 0 ? [`No tool told these numbers: ${unknown.join(", ")}.`] : []),
    ...(refused > 0
      ? [`${refused} ${refused === 1 ? "reference" : "references"} to nothing that was asked left out.`]
      : []),
  ];
  return {
    content: notes.length > 0 ? `${kept}\n\n> **Unverified.** ${notes.join(" ")}` : kept,
    citations: [...citations.values()],
  };
}

function citationsOf(name: string, sourceId: string | undefined, calls: ReadonlyMap<string, EndedCall>): Citation[] {
  const call = calls.get(name);
  const finding = call && findingOf(call);
  if (!finding) return [];
  return finding.sources
    .filter(({ id }) => sourceId === undefined || id === sourceId)
    .map((source) => ({ ...source, callId: call.id, tool: call.name }));
}

function unsupported(content: string, calls: ReadonlyMap<string, EndedCall>, said: string): string[] {
  const findings = [...calls.values()].flatMap((call) => findingOf(call) ?? []);
  if (findings.length === 0) return [];
  const told =
    findings.map(({ summary, result, sources }) => JSON.stringify([summary, result, sources])).join(" ") + said;
  const known = (told.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
  const plain = content.replace(MARK, "").replace(/```[\s\S]*?```|`[^`]*`|^\s*\d+\. /gm, " ");
  const claims = new Set(plain.match(NUMBER) ?? []);
  return [...claims].filter((text) => !isKnown(text, known)).slice(0, MOST_TOLD);
}

/** As told, or rounded from it, or a percentage of it. Single digits count things, and prove nothing either way. */
function isKnown(text: string, known: readonly number[]): boolean {
  const value = Number(text.replaceAll(",", ""));
  if (!Number.isFinite(value) || Math.abs(value) < 10) return true;
  const decimals = text.split(".")[1]?.length ?? 0;
  const half = 0.5 * 10 ** -decimals + 1e-9;
  return known.some((number) =>
    [1, 100, 0.001, 1000, 1 / 1024, 1 / 1024 ** 2, 1 / 1024 ** 3, 1e-6, 1e-9].some(
      (unit) => Math.abs(number * unit - value) <= half,
    ),
  );
}

const findingOf = ({ outcome }: EndedCall): ToolFinding | null => (outcome === "REJECTED" ? null : outcome.finding);
