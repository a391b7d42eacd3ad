import { createHash } from "node:crypto";
import { z } from "zod";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Graph } from "../../shared/kernel/graph.ts";
import type { Logger } from "../../shared/kernel/log.ts";
import { clustersInReach } from "./reach.loader.ts";
import { redacted } from "./redaction.filter.ts";
import type { Tool, ToolCaller, ToolKit, ToolOutcome } from "./tool.contract.ts";

export interface ToolInfo {
  name: string;
  title: string;
  description: string;
  readOnly: boolean;
  /** JSON Schema. */
  inputSchema: Record<string, unknown>;
}

/** The tools, for the assistant and for MCP clients alike: each is an operation on the graph, as the asking user. */
export class Toolbox {
  readonly #graph: Graph;
  readonly #tools: ReadonlyMap<string, Tool>;
  readonly #log: Pick<Logger, "error"> | undefined;
  readonly #onCall: ((tool: string, outcome: string) => void) | undefined;
  readonly tools: readonly ToolInfo[];

  /** @param onCall is told of each call that ended, by the tool's name; "unknown" for what is none */
  constructor(
    graph: Graph,
    tools: readonly Tool[],
    log?: Pick<Logger, "error">,
    onCall?: (tool: string, outcome: string) => void,
  ) {
    this.#graph = graph;
    this.#log = log;
    this.#onCall = onCall;
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.tools = tools.map(({ name, title, description, readOnly, input }) => {
      const inputSchema = z.toJSONSchema(input, { io: "input", unrepresentable: "any" }) as Record<string, unknown>;
      return { name, title, description, readOnly, inputSchema };
    });
  }

  isReadOnly(name: string): boolean {
    return this.#tools.get(name)?.readOnly ?? true;
  }

  /** Never rejects: what goes wrong is part of the conversation. @param given as a model wrote it */
  async call(name: string, given: unknown, caller: ToolCaller): Promise<ToolOutcome> {
    const outcome = await this.#call(name, given, caller);
    this.#onCall?.(this.#tools.has(name) ? name : "unknown", outcome.status);
    return outcome;
  }

  async #call(name: string, given: unknown, caller: ToolCaller): Promise<ToolOutcome> {
    const started = performance.now();
    const took = (): number => Math.round(performance.now() - started);
    const tool = this.#tools.get(name);
    const patience = AbortSignal.timeout(tool?.timeoutMs ?? 1000);
    const signal = AbortSignal.any([caller.signal, patience]);
    try {
      if (!tool) throw new CodedError("BAD_USER_INPUT", `There is no tool ${JSON.stringify(name.slice(0, 64))}.`);
      const input = inputOf(tool, given);
      const kit = this.#kit({ ...caller, signal });
      const finding = redacted(await withinSignal(tool.run(input, kit), signal));
      return { status: "SUCCESS", finding, error: null, durationMs: took() };
    } catch (error) {
      const late = patience.aborted && !caller.signal.aborted;
      const status = late ? "TIMEOUT" : "ERROR";
      const problem = late ? new CodedError("UPSTREAM_TIMEOUT", "The tool took too long.") : error;
      if (!(problem instanceof CodedError) && !signal.aborted)
        this.#log?.error({ err: problem, tool: name }, "a tool failed");
      const known =
        problem instanceof CodedError ? problem : new CodedError("INTERNAL_SERVER_ERROR", "The tool failed.");
      return { status, finding: null, error: { code: known.code, message: known.message }, durationMs: took() };
    }
  }

  #kit(caller: ToolCaller): ToolKit {
    const { identity, requestId, signal } = caller;
    const ask: ToolKit["ask"] = (document, variables) =>
      this.#graph.ask({ document, variables, identity, requestId, signal });
    const reach = clustersInReach(ask, caller.clusters);
    return { ask, clusters: reach, caller };
  }
}

/** What an approval is given for: another argument is another call. */
export const callHash = (name: string, given: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify([name, sorted(given)]))
    .digest("hex");

/** Of two records that say the same, one text. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, sorted(inner)]);
};

function inputOf(tool: Tool, given: unknown): unknown {
  const parsed = tool.input.safeParse(withoutNulls(given));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "arguments"}: ${message}`);
  throw new CodedError(
    "BAD_USER_INPUT",
    `The arguments of ${tool.name} are wrong: ${problems.slice(0, 5).join("; ")}.`,
  );
}

/** A tool that does not heed its signal does not hold an answer up. */
async function withinSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = (): void => reject(new CodedError("CANCELLED", "The tool was cancelled."));
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  try {
    return await Promise.race([work, ended]);
  } finally {
    signal.removeEventListener("abort", end);
    ended.catch(() => {});
  }
}

/** Models write null for what they leave out. */
const withoutNulls = (given: unknown): unknown =>
  typeof given === "object" && given !== null && !Array.isArray(given)
    ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
    : given;
