/** A query that cannot be answered, in Prometheus' terms: `bad_data` is 400, `execution` 422, `timeout` 503. */
export class QueryError extends Error {
  readonly errorType: "bad_data" | "execution" | "timeout";

  constructor(errorType: "bad_data" | "execution" | "timeout", message: string) {
    super(message);
    this.name = "QueryError";
    this.errorType = errorType;
  }
}

/** The expression or a parameter is wrong. */
export function badData(message: string): QueryError {
  return new QueryError("bad_data", message);
}

/** The expression is fine and its evaluation is not. */
export function execution(message: string): QueryError {
  return new QueryError("execution", message);
}

/** PromQL that a real Prometheus knows and this library does not. */
export function unsupported(what: string): QueryError {
  return execution(`${what} is not supported here`);
}
