import { GraphQLError } from "graphql";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { CodedError } from "../subgraphs/shared/kernel/errors.ts";
import { createErrorPresenter } from "./errors.ts";
import { surfaceMissingValues } from "./missing-values.ts";

function presenter() {
  const lines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line) => lines.push(JSON.parse(line)) });
  return { present: createErrorPresenter(log), lines };
}

describe("the presenter", () => {
  test("shows a coded error as it is, and nothing but its code and details", () => {
    const { present, lines } = presenter();
    const error = new GraphQLError("No.", {
      path: ["a", 0],
      extensions: {
        code: "FORBIDDEN",
        details: { requiredRole: "admin" },
        serviceName: "clusters",
        stacktrace: ["x"],
        http: {},
      },
    });
    expect(present(error, "id-1")).toEqual({
      message: "No.",
      path: ["a", 0],
      extensions: {
        code: "FORBIDDEN",
        details: { requiredRole: "admin" },
        traceId: "id-1",
        timestamp: expect.any(String),
      },
    });
    expect(present(new CodedError("CONFLICT", "Changed."), "id-2")).toMatchObject({
      message: "Changed.",
      extensions: { code: "CONFLICT", traceId: "id-2" },
    });
    expect(lines).toEqual([]);
  });

  test.each([
    ["an ordinary error", new Error("connect ECONNREFUSED 10.1.2.3:5432")],
    ["a GraphQL error without a code", new GraphQLError("request to http://clusters:4001 failed")],
    [
      "a code nobody knows",
      new GraphQLError("at http://clusters:4001", { extensions: { code: "DOWNSTREAM_SERVICE_ERROR" } }),
    ],
    [
      "a code that is a property of every object",
      new GraphQLError("http://clusters", { extensions: { code: "constructor" } }),
    ],
  ])("hides %s, and logs it with the request's id", (_, error) => {
    const { present, lines } = presenter();
    expect(present(error, "id-3")).toEqual({
      message: "Something failed here; the log has it under the trace id.",
      extensions: { code: "INTERNAL_SERVER_ERROR", traceId: "id-3", timestamp: expect.any(String) },
    });
    expect(lines).toMatchObject([{ requestId: "id-3", err: { message: error.message } }]);
  });

  test("takes the code from the error that another wraps", () => {
    const { present } = presenter();
    const limit = new GraphQLError("Too deep.", { extensions: { code: "LIMIT_EXCEEDED" } });
    const wrapped = new GraphQLError("Too deep.", {
      originalError: limit,
      extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
    });
    expect(present(wrapped, "id").extensions?.["code"]).toBe("LIMIT_EXCEEDED");
  });
});

describe("missing values", () => {
  test("become errors, but for those that have one", () => {
    const told = new GraphQLError("down", { path: ["a"], extensions: { code: "SUBGRAPH_UNAVAILABLE" } });
    const valueCompletion = [
      new GraphQLError("null for A.a", { path: ["a"] }),
      new GraphQLError("null for B.b", { path: ["b", 1] }),
    ];
    const result = surfaceMissingValues({ data: null, errors: [told], extensions: { valueCompletion, cost: 1 } });
    expect(result.errors).toEqual([told, expect.objectContaining({ path: ["b", 1] })]);
    expect(result.extensions).toEqual({ cost: 1 });
  });

  test("a result without any is returned as it is", () => {
    const result = { data: { a: 1 } };
    expect(surfaceMissingValues(result)).toBe(result);
  });
});
