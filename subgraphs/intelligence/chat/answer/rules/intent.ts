import type { ToolFinding } from "../../../tools/tool.contract.ts";
import type { ToolName } from "../../../tools/tool-names.catalogue.ts";
import type { Entities } from "./entities.ts";

export interface PlannedCall {
  name: ToolName;
  arguments: Record<string, unknown>;
}

/** What a plan has at hand. */
export interface Inquiry {
  /** As they were read, with what a follow-up took over from before. */
  entities: Entities;
  /** Lower case, without queries, ids and clusters' names. */
  text: string;
  /** As it was asked. */
  question: string;
  /** Clusters for tools' arguments; undefined for all of the conversation's. */
  clusters: string[] | undefined;
  now: Date;
  /** Runs tools side by side. What a call found, or null where it failed or was not made; the order is that of the calls. */
  ask: (...calls: PlannedCall[]) => Promise<(ToolFinding | null)[]>;
  /** Whether the persona has the tool. */
  may: (tool: ToolName) => boolean;
  /** A sentence for the answer, in our own words. */
  say: (markdown: string) => void;
}

/** A kind of question: how it is recognised, what is asked for it, and what to ask next. */
export interface Intent {
  name: string;
  /** For who asks what can be asked; CLUSTER stands for one that there is. */
  example: string;
  /** Without this it is not meant, whatever else is found. */
  needs?: RegExp;
  /** Points for each that is found. */
  signs: readonly (readonly [RegExp, number])[];
  /** Points for what the question names. */
  points?: (entities: Entities) => number;
  /** The first call that finds something leads the answer, unless another tool does. */
  plan: (inquiry: Inquiry) => Promise<void>;
  /** Its subject is a workload: one that does not run where it was asked for is worth a word. */
  aboutWorkloads?: true;
  /** The tool whose finding leads the answer, whenever it was called. */
  lead?: ToolName;
  next: (inquiry: Pick<Inquiry, "entities">) => string[];
}

/** Points that it takes to be meant. */
export const ENOUGH = 3;

/** Of what is undefined or null, nothing: tools have their own defaults. */
export const call = (name: ToolName, given: Record<string, unknown>): PlannedCall => ({
  name,
  arguments: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null)),
});

/** For the ends of suggestions: where the question was about. */
export const on = ({ clusters }: Entities): string =>
  clusters.length === 1 && clusters[0] ? ` on ${clusters[0].name}` : "";
