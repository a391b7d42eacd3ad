import type { Api } from "./api.ts";
import type { OptionsConfig, parse } from "./options.ts";
import type { Terminal } from "./terminal.ts";

/** What was given to a command with these options. */
export type Given<O extends OptionsConfig> = ReturnType<typeof parse<O>>;

/** A command, such as `clusters list`. */
export interface Command<O extends OptionsConfig = OptionsConfig> {
  /** What follows its name. */
  usage: string;
  summary: string;
  /** A line for each option of its own. */
  help: readonly string[];
  options: O;
  /** @returns the exit code. @throws UsageError, CommandError */
  run(given: Given<O>, api: Api, terminal: Terminal): Promise<number>;
}

/** Checks that the options' types belong together. */
export const command = <const O extends OptionsConfig>(definition: Command<O>): Command<O> => definition;
