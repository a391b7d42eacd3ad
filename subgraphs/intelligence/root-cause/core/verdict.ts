import { type Finding, STANDS_OUT } from "./finding.ts";
import type { Verdict } from "./model.ts";

/** A change is no symptom, and an alert is made of the same metrics: neither stands for itself. */
const SYMPTOMS: ReadonlySet<Finding["source"]> = new Set(["METRICS", "TRACES", "LOGS", "EVENTS"]);

/** Two sources that do not know of one another make it sure, one of which must show something wrong; one makes it likely. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const sources = new Set(findings.filter(({ z }) => z >= STANDS_OUT).map(({ source }) => source));
  const symptoms = [...sources].filter((source) => SYMPTOMS.has(source)).length;
  if (symptoms >= 2 || (symptoms === 1 && sources.has("CHANGES"))) return "CONFIRMED";
  return symptoms === 1 ? "LIKELY" : "INCONCLUSIVE";
}

const LOWER: Record<Verdict, Verdict> = { CONFIRMED: "LIKELY", LIKELY: "INCONCLUSIVE", INCONCLUSIVE: "INCONCLUSIVE" };
const TIED = 0.9;

/** Of the whole case: when another cause is about as good, less is sure. */
export function verdictAmong(causes: readonly { score: number; verdict: Verdict }[]): Verdict {
  const [best, second] = causes;
  if (!best) return "INCONCLUSIVE";
  return second && second.score >= TIED * best.score ? LOWER[best.verdict] : best.verdict;
}
