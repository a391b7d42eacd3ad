/** Every code an API error can carry, with what it means. Clients switch on these; they are never renamed. */
export const ERROR_CODES = {
  BAD_USER_INPUT: "An argument breaks a rule; details.issues names the field and the rule.",
  UNAUTHENTICATED: "No valid credentials came with the request.",
  FORBIDDEN: "The identity lacks the role this needs.",
  SIGN_IN_UNAVAILABLE: "Credentials cannot be checked now: what vouches for them does not answer. Come back.",
  CLUSTER_NOT_FOUND: "No such cluster, or none that this identity may see.",
  CLUSTER_ALREADY_EXISTS: "Another cluster has this name.",
  INVALID_CLUSTER_NAME: "A cluster name must be DNS-compatible, 3 to 63 characters.",
  INVALID_URL: "A URL is malformed or not of an allowed kind.",
  TARGET_NOT_ALLOWED: "A URL leads where this server is not to connect; the message has the rule and the way out.",
  INVALID_LABEL_SELECTOR: "A label selector is not in Kubernetes syntax.",
  INVALID_DURATION: "A duration must match ^[0-9]+[smhdw]$ and be positive.",
  INVALID_TIME_RANGE: "A time range ends before it starts, or is over-determined.",
  INVALID_PROMQL: "The expression is not valid PromQL.",
  INVALID_LOGQL: "The expression is not valid LogQL, or not of the kind that is asked for here.",
  INVALID_TRACEQL: "The expression is not valid TraceQL.",
  INVALID_TRACE_ID: "A trace id is 1 to 32 hexadecimal digits.",
  INVALID_MATCHER: "A matcher is not in Alertmanager's syntax.",
  NOT_GLOBAL: "The expression cannot be answered over all clusters as one; details.reason says why, and what to do.",
  INCOMPLETE: "Fewer clusters answered than the completeness policy asks for; details.clusters has each one's reason.",
  TOO_MANY_POINTS: "The range and step ask for more points than are answered.",
  INVALID_CURSOR: "A cursor is not one this stream gave out.",
  CREDENTIALS_INVALID: "The credentials cannot be used or were refused.",
  CREDENTIALS_EXPIRED: "The stored credentials were refused, and their token or certificate has ended.",
  CONFLICT: "The record was changed by somebody else in the meantime.",
  NO_CLUSTER_SUCCEEDED: "Every cluster in scope failed; details.clusters has each one's reason.",
  UPSTREAM_UNREACHABLE: "No connection to the cluster's endpoint.",
  UPSTREAM_TIMEOUT: "The cluster's endpoint did not answer in time.",
  UPSTREAM_REFUSED: "The cluster's endpoint refused the credentials.",
  CLUSTER_FORBIDS_USER:
    "The cluster is asked in its users' names, and does not let this one, or they cannot be told to it; the message has the way out.",
  UPSTREAM_ERROR: "The cluster's endpoint answered with an error.",
  UPSTREAM_QUERY_FAILED: "The cluster's backend could not evaluate the query.",
  UPSTREAM_INVALID_ANSWER: "The cluster's endpoint answered something that is not its API.",
  UPSTREAM_ANSWER_TOO_LARGE: "The answer is larger than the limit.",
  NOT_A_HUB: "The cluster has no API that lists clusters which it manages.",
  CIRCUIT_OPEN: "The cluster's endpoint failed repeatedly and rests; details.retryAfterSeconds says for how long.",
  COST_LIMIT_EXCEEDED: "The operation would cost more than one of this role may; details has cost and limit.",
  RATE_LIMITED: "Too many requests; details.retryAfterSeconds says when to come back.",
  ALERT_NOT_FOUND: "No such alert, or none that this identity may see.",
  SILENCE_NOT_FOUND: "No such silence in that cluster's Alertmanager.",
  WEBHOOK_NOT_FOUND: "No such alert webhook, or none that this identity may see.",
  API_TOKEN_NOT_FOUND: "No such API token, or not one's own.",
  WATCH_NOT_FOUND: "No such metric watch, or none that this identity may see.",
  GPU_NOT_FOUND: "No such GPU, or none that this identity may see.",
  ANALYSIS_NOT_FOUND: "No such root cause analysis, or none that this identity may see.",
  ANOMALY_NOT_FOUND: "No such anomaly, or none that this identity may see.",
  DETECTION_RULE_NOT_FOUND: "No such detection rule, or none that this identity may see.",
  REPORT_NOT_FOUND: "No such report, or none that this identity may read, or its time is over.",
  REPORT_SCHEDULE_NOT_FOUND: "No such report schedule, or none that this identity may see.",
  PERSONA_NOT_FOUND: "No such persona, or not one's own.",
  MODEL_NOT_CONFIGURED: "This needs a language model, and none is configured (AIOPS_LLM_MODELS).",
  MODEL_NOT_FOUND: "No language model of this id is configured.",
  MODEL_UNAVAILABLE: "No configured language model answers; details.models has each one's reason.",
  CONTEXT_TOO_LARGE: "The conversation does not fit into the model's context, and cannot be made smaller.",
  CHAT_SESSION_NOT_FOUND: "No such conversation, or none that this identity may read, or it has ended.",
  CHAT_MESSAGE_NOT_FOUND: "No such message in a conversation that this identity may read.",
  NO_ENDPOINT: "The cluster has no such endpoint configured.",
  CANCELLED: "The caller went away or cancelled.",
  KEY_UNAVAILABLE: "A stored secret was sealed with a key that is not configured.",
  SUBGRAPH_UNAVAILABLE: "A part of the graph cannot be reached.",
  STORAGE_UNAVAILABLE: "What records or events are kept in does not answer now. Come back.",
  STREAM_INTERRUPTED: "A stream broke off; subscribe again with after: <last cursor>.",
  SLOW_CONSUMER: "The client read too slowly; subscribe again with after: <last cursor>.",
  SCHEMA_CHANGED: "The schema changed and the subscription no longer fits it.",
  SHUTTING_DOWN: "The server is stopping; connect again.",
  LIMIT_EXCEEDED: "A limit of the server was reached.",
  PERSISTED_QUERY_NOT_FOUND: "No document of this hash is known here: send the document along with it.",
  OPERATION_NOT_TRUSTED: "Only the documents that this server was given may be asked, and this is none of them.",
  INTERNAL_SERVER_ERROR: "Something failed here; the log has it under the trace id.",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error meant for the caller: its message and details go out as they are, so they hold no secret, stack or upstream address. */
export class CodedError extends Error {
  override readonly name = "CodedError";
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, details?: Record<string, unknown>, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }

  /** What graphql-js copies into the answer's error. */
  get extensions(): Record<string, unknown> {
    return this.details ? { code: this.code, details: this.details } : { code: this.code };
  }
}

export const clusterNotFound = (id: string): CodedError =>
  new CodedError("CLUSTER_NOT_FOUND", `No cluster ${JSON.stringify(id)}.`, { id });
