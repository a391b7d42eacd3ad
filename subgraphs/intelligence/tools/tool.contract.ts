import type { z } from "zod";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { GraphAnswer } from "../../shared/kernel/graph.ts";
import type { ReachedCluster } from "./reach.loader.ts";
import type { ToolName } from "./tool-names.catalogue.ts";

/** Who calls a tool, and about which clusters. */
export interface ToolCaller {
  identity: Identity;
  requestId: string;
  /** What the conversation is about, by id; null for every cluster that the user may see. No tool asks another one. */
  clusters: readonly string[] | null;
  /** Its abortion reaches every upstream. */
  signal: AbortSignal;
  /** One "now" for a whole answer. */
  now: Date;
}

/** A cluster that was asked, and what: what a number in an answer stands on. */
export interface Source {
  /** Of this call: "s1", "s2", ... */
  id: string;
  clusterId: string | null;
  clusterName: string | null;
  language: "GRAPHQL" | "PROMQL" | "LOGQL" | "TRACEQL";
  query: string;
  /** RFC 3339. */
  at: string;
  /** As the cluster's outcome: SUCCESS, PARTIAL, ERROR, ... */
  outcome: string;
}

/** What a tool found. Everything in it is data of the fleet: whoever shows it to a model fences it. */
export interface ToolFinding {
  /** One sentence, with the numbers that matter. */
  summary: string;
  /** Small enough for a model's context: top rows, sampled points, statistics, clustered lines. */
  result: Record<string, unknown>;
  /** What the result was made from, for who asks for more of it; null where the result is all of it. */
  full: { rows: readonly Record<string, unknown>[]; total: number } | null;
  /** For people: what to show as a table. */
  table: { columns: readonly string[]; rows: readonly (readonly string[])[] } | null;
  sources: readonly Source[];
  /** Where in the graph the same can be asked: an operation that can be pasted, with its variables. */
  operation: { document: string; variables: Record<string, unknown> };
}

export interface ToolKit {
  /** Through the gateway, as the caller. */
  ask(document: string, variables: Record<string, unknown>): Promise<GraphAnswer>;
  /**
   * The clusters that this call may ask: those it names, by name or id, within the conversation's; null for all that the user may
   * see. @throws CLUSTER_NOT_FOUND
   */
  clusters(named: readonly string[] | undefined): Promise<readonly ReachedCluster[] | null>;
  caller: ToolCaller;
}

export interface Tool<Input extends z.ZodType = z.ZodType> {
  name: ToolName;
  title: string;
  /** For a model and for people: what it is for, and when to use another one. */
  description: string;
  /** What changes something needs the user's approval. */
  readOnly: boolean;
  /** How long it may take. */
  timeoutMs: number;
  input: Input;
  run(input: z.output<Input>, kit: ToolKit): Promise<ToolFinding>;
}

/** A call as it ended (spec 5.4). */
export interface ToolOutcome {
  status: "SUCCESS" | "ERROR" | "TIMEOUT";
  finding: ToolFinding | null;
  /** What went wrong, with its code, in words a user may read. */
  error: { code: string; message: string } | null;
  durationMs: number;
}

/** Keeps a tool's input and what it does with it of one type. */
export const defineTool = <Input extends z.ZodType>(tool: Tool<Input>): Tool => tool;
