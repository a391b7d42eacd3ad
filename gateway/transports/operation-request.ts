import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import type { OperationRequest } from "./operations.ts";

const Body = z.object({
  query: z.string().min(1),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});

/** The operation of a request: in the JSON body of a POST, or in a GET's search, where variables are JSON text. @throws BAD_USER_INPUT */
export function readOperation(request: Pick<FastifyRequest, "method" | "body" | "query">): OperationRequest {
  const parsed = Body.safeParse(request.method === "GET" ? fromSearch(request.query) : request.body);
  if (parsed.success) {
    const { query, operationName, variables } = parsed.data;
    return { query, operationName: operationName ?? undefined, variables: variables ?? undefined };
  }
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new CodedError("BAD_USER_INPUT", "A GraphQL request needs a query, as text, and variables, as an object.", {
    issues,
  });
}

function fromSearch(search: unknown): unknown {
  const { variables, ...rest } = search as Record<string, unknown>;
  if (typeof variables !== "string") return rest;
  try {
    return { ...rest, variables: JSON.parse(variables) as unknown };
  } catch {
    return { ...rest, variables };
  }
}
