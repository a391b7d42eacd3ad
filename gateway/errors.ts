import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { ERROR_CODES } from "../subgraphs/shared/kernel/errors.ts";
import type { Logger } from "../subgraphs/shared/kernel/log.ts";
import { traceIdOr } from "../subgraphs/shared/kernel/tracing.ts";
import { withoutValues } from "./input-echo.ts";
import { MISSING_VALUE } from "./missing-values.ts";

/** Apollo Server's own codes, and what a client is told for each. */
const APOLLO_CODES: ReadonlyMap<string, string> = new Map([
  ["GRAPHQL_PARSE_FAILED", "GRAPHQL_PARSE_FAILED"],
  ["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_VALIDATION_FAILED"],
  ["INVALID_GRAPHQL", "GRAPHQL_VALIDATION_FAILED"],
  ["OPERATION_RESOLUTION_FAILURE", "BAD_USER_INPUT"],
  ["BAD_REQUEST", "BAD_USER_INPUT"],
]);

/** An error as every transport sends it: `extensions` holds code, details, traceId and timestamp, and nothing else. */
export type ErrorPresenter = (error: unknown, requestId: string) => GraphQLFormattedError;

/**
 * The one way from any error to what a client reads. An error with a code of the catalogue was made for the caller; any other
 * may hold a stack, an address or a secret: the log gets it, under the request id (and the trace's, where there is one), and the client a fixed text.
 */
export function createErrorPresenter(log: Logger): ErrorPresenter {
  return (error, requestId) => {
    const { message, path, locations, extensions } = asFormatted(error);
    const known = codeOf(error);
    if (!known) log.error({ err: error, requestId, path }, "an operation failed");
    const code = known ?? "INTERNAL_SERVER_ERROR";
    const details = extensions?.["details"];
    return {
      message:
        code === "INTERNAL_SERVER_ERROR" && message !== MISSING_VALUE ? ERROR_CODES[code] : withoutValues(message),
      ...(path ? { path } : {}),
      ...(locations ? { locations } : {}),
      extensions: {
        code,
        ...(details === undefined ? {} : { details }),
        traceId: traceIdOr(requestId),
        timestamp: new Date().toISOString(),
      },
    };
  };
}

function asFormatted(error: unknown): GraphQLFormattedError {
  if (error instanceof GraphQLError) return error.toJSON();
  return error as GraphQLFormattedError;
}

/** The innermost known code: Apollo wraps, for example, a limit's error in a general validation error. */
function codeOf(error: unknown): string | undefined {
  const { extensions, originalError } = error as {
    extensions?: { code?: unknown; http?: { status?: number } };
    originalError?: unknown;
  };
  const inner = originalError ? codeOf(originalError) : undefined;
  if (inner) return inner;
  // Some of Apollo Server's own say only by their status whose fault it is.
  if (extensions?.code === undefined && extensions?.http?.status === 400) return "BAD_USER_INPUT";
  const code = String(extensions?.code);
  return Object.hasOwn(ERROR_CODES, code) ? code : APOLLO_CODES.get(code);
}
