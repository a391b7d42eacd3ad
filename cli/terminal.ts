/** Where a command writes. */
export interface Terminal {
  /** Data: what another program may read. */
  out(text: string): void;
  /** Progress, summaries and errors: for people. */
  note(text: string): void;
}

/** The command was not given as it should be: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** It could not be done, for a reason outside: exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Text from elsewhere in one line, without what a terminal would take for a command. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\s]+/gu, " ").trim();
