import type { ValidationRule } from "graphql";
import { sizeLimit } from "./size.ts";

/** What one client may ask of the gateway. The same on every transport. */
export const LIMITS = {
  tokens: 5000,
  depth: 15,
  rootFields: 50,
  fields: 500,
  /** Of an operation, at all levels together. */
  variables: { depth: 20, values: 10_000 },
  /** A kubeconfig of the 1 MiB that is imported at once, written as JSON. */
  bodyBytes: 2 * 1024 * 1024,
  subscriptionsPerSocket: 100,
  /** Of one socket, over any minute: more is no person and no well-made client. */
  messagesPerMinute: 600,
  /** Results kept for one slow subscriber. */
  queuedResults: 256,
  connectionInitMs: 10_000,
} as const;

/** Checked beside the specification's own rules. */
export const LIMIT_RULES: readonly ValidationRule[] = [sizeLimit(LIMITS)];
