import type { Incident, IncidentKind } from "../demo/incidents.ts";
import type { ToolName } from "../subgraphs/intelligence/tools/tool-names.catalogue.ts";

export type SceneName = "first" | "second";

/** What went wrong in a scene, as the demo fleet tells it: an answer is held against it. */
export type Truth = Readonly<Record<IncidentKind, Incident>>;

/** A question as somebody on call writes it, and what a good answer does and says. */
export interface EvalQuestion {
  scene: SceneName;
  /** Several are one conversation; the last one is scored. */
  ask: readonly [string, ...string[]];
  /** "default" unless given. */
  persona?: string;
  /** The conversation's clusters, by name; all of them unless given. */
  clusters?: readonly string[];
  tools: {
    /** Each of them. */
    all?: readonly ToolName[];
    /** At least one of them. */
    any?: readonly ToolName[];
    /** Neither needed nor wrong. */
    fine?: readonly ToolName[];
    /** Wrong whatever else is right. */
    never?: readonly ToolName[];
  };
  /** Stands where a good answer begins: the finding comes first. */
  verdict?: RegExp;
  /** Each stands in a good answer. */
  facts: (truth: Truth) => readonly RegExp[];
  /** None of them does. */
  forbidden?: (truth: Truth) => readonly RegExp[];
  /** COMPLETE unless given. */
  status?: "COMPLETE" | "WAITING_FOR_APPROVAL";
}

/** A name as it stands in the fleet. */
export const named = (text: string): RegExp => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i");
