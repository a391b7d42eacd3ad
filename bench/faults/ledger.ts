import type { Client } from "./client.ts";

/** One who writes, again and again, each time something of its own; what was acknowledged has to be there in the end. */
export interface Writer {
  name: string;
  write(n: number): Promise<void>;
  /** Acknowledged writes that are not there. */
  lost(): Promise<string[]>;
}

/** What was acknowledged, in all. */
export interface Ledger {
  acknowledged: number;
  /** What events have to tell of, and when it was acknowledged, by `performance.now()`. */
  published: Map<string, number>;
}

/** A write was answered, and is told of by an event, where one is named. */
export function acknowledge(ledger: Ledger, subject?: string): void {
  ledger.acknowledged += 1;
  if (subject !== undefined) ledger.published.set(subject, performance.now());
}

/** The answer of one that nothing stands in the way of. */
export async function must<T>(client: Client, query: string, variables: object = {}): Promise<T> {
  const answer = await client.ask<T>(query, variables);
  if (answer === undefined) throw new Error(`It was refused: ${query}`);
  return answer;
}
