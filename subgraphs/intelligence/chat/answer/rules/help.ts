import { escapeMarkdown } from "../markdown.ts";
import { INTENTS } from "./intents.ts";
import type { KnownCluster } from "./known-names.loader.ts";

/** At the end of every answer of the rules. */
export const CLOSING =
  "*No language model wrote this answer: rules recognised the question and ran the tools. Set `AIOPS_LLM_MODELS` to have a model answer.*";

/** The same where models are configured and none answered. */
export const closingInstead = (problem: string): string =>
  `*No language model wrote this answer: rules did, because no model answered. ${escapeMarkdown(problem)}*`;

/** What can be asked, of a cluster that there is. */
export const examples = ([first]: readonly KnownCluster[]): string =>
  INTENTS.map(({ name, example }) => `- ${name}: “${example.replace("CLUSTER", first?.name ?? "prod-1")}”`).join("\n");

const MOST_NAMED = 5;

/** For who named one that there is not. */
export function thereAre(clusters: readonly KnownCluster[]): string {
  if (clusters.length === 0) return "";
  const names = clusters.slice(0, MOST_NAMED).map(({ name }) => escapeMarkdown(name));
  const more = clusters.length > MOST_NAMED ? ` and ${clusters.length - MOST_NAMED} more` : "";
  return ` There ${clusters.length === 1 ? "is" : "are"} ${names.join(", ")}${more}.`;
}

export const help = (clusters: readonly KnownCluster[]): string =>
  "I answer questions about your clusters by rules, without a language model. I understand, for example:\n\n" +
  `${examples(clusters)}\n\nI also understand follow-ups: “and its logs?”, “what about the last 6 hours?”, “more”.`;

export const UNKNOWN_TEXT =
  "I did not understand this question: no language model answers, and it fits none of my rules.";
