import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import type { OperationRequest } from "./operations.ts";

const Body = z
  .object({
    query: z.string().nullish(),
    operationName: z.string().nullish(),
    variables: z.record(z.string(), z.unknown()).nullish(),
    extensions: z.unknown().optional(),
  })
  .refine(({ query, extensions }) => query || extensions, { path: ["query"], message: "is required" });

/** Clients may put anything else there. */
const Extensions = z.object({
  persistedQuery: z.object({ version: z.literal(1), sha256Hash: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
});

/** What is of interest here of a request's extensions. */
export const readExtensions = (extensions: unknown): OperationRequest["extensions"] =>
  Extensions.safeParse(extensions).data;

/** The operation of a request: in the JSON body of a POST, or in a GET's search, where variables are JSON text. @throws BAD_USER_INPUT */
export function readOperation(request: Pick<FastifyRequest, "method" | "body" | "query">): OperationRequest {
  const parsed = Body.safeParse(request.method === "GET" ? fromSearch(request.query) : request.body);
  if (parsed.success) {
    const { query, operationName, variables, extensions } = parsed.data;
    return {
      query: query ?? undefined,
      operationName: operationName ?? undefined,
      variables: variables ?? undefined,
      extensions: readExtensions(extensions),
    };
  }
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new CodedError("BAD_USER_INPUT", "A GraphQL request needs a query, as text, and variables, as an object.", {
    issues,
  });
}

function fromSearch(search: unknown): unknown {
  const { variables, extensions, ...rest } = search as Record<string, unknown>;
  return { ...rest, variables: fromJson(variables), extensions: fromJson(extensions) };
}

function fromJson(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
