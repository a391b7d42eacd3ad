import type { Identity } from "../../../shared/kernel/auth-context.ts";
import type { KnownPersona } from "../../personas/persona.service.ts";
import type { Source, ToolOutcome } from "../../tools/tool.contract.ts";

/** A tool's call within an answer, as it is kept and streamed. */
export interface AnswerCall {
  /** Unique in its message. */
  id: string;
  name: string;
  arguments: Record<string, unknown>;
  /** What an approval is given for. */
  argsHash: string;
}

/** A call that has ended, or that the user refused. */
export interface EndedCall extends AnswerCall {
  outcome: ToolOutcome | "REJECTED";
}

/** What was said before: questions, and answers with what their tools found. */
export interface Turn {
  role: "USER" | "ASSISTANT";
  content: string;
  calls: readonly EndedCall[];
}

/** A question to be answered, or an answer to be gone on with after an approval. */
export interface AnswerRequest {
  identity: Identity;
  requestId: string;
  persona: KnownPersona;
  /** The conversation's clusters, by id; null for all that the user may see. */
  clusters: readonly string[] | null;
  /** Preferred model; null for the configured order. */
  model: string | null;
  /** Oldest first, up to the question, which is the last. */
  turns: readonly Turn[];
  /** Of an answer that is gone on with: what it has said and done so far. */
  soFar: { content: string; calls: readonly EndedCall[] } | null;
  /** Ends when the answer is cancelled or the process stops. */
  signal: AbortSignal;
  now: Date;
}

/** Where an answer goes while it is made. What returns a promise is kept before the answer goes on. */
export interface AnswerSink {
  text(delta: string): void;
  /** @param needsApproval it is not run: the answer ends here, to be gone on with once the user has decided */
  called(call: AnswerCall, needsApproval: boolean): Promise<void>;
  ended(call: AnswerCall, outcome: ToolOutcome): Promise<void>;
}

/** What a sentence stands on: a source of a tool's call. */
export interface Citation extends Source {
  /** The call's id. */
  callId: string;
  tool: string;
}

export interface Answered {
  /** PARTIAL: a limit was reached, or the model broke off, and what there is stands. */
  status: "COMPLETE" | "PARTIAL" | "WAITING_FOR_APPROVAL";
  /** All of it, as kept: what was streamed, without what turned out to stand on nothing. */
  content: string;
  /** Which model wrote it; null for none. */
  model: string | null;
  tokensUsed: number | null;
  citations: readonly Citation[];
  /** Why it is partial. */
  problem: { code: string; message: string } | null;
}

/** Makes answers: by a model, or by rules where none is configured. */
export interface Answerer {
  /** @throws a coded error where there is no answer at all; CANCELLED */
  answer(request: AnswerRequest, sink: AnswerSink): Promise<Answered>;
}
