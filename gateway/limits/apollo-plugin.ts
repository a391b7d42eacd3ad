import type { ApolloServerPlugin, HTTPGraphQLHead } from "@apollo/server";
import { GraphQLError } from "graphql";
import { CodedError, type ErrorCode } from "../../subgraphs/shared/kernel/errors.ts";
import type { GatewayContext } from "../context.ts";
import type { Admission, Admitted } from "./admission.ts";
import { withoutSuggestions } from "./suggestions.ts";

const STATUS: Partial<Record<ErrorCode, number>> = { OPERATION_NOT_TRUSTED: 403, FORBIDDEN: 403 };

/** Every query and mutation is admitted, has a time to end, and tells what it cost. */
export const limitOperations = (admission: Admission): ApolloServerPlugin<GatewayContext> => ({
  async requestDidStart() {
    let admitted: Admitted | null = null;
    let timer: NodeJS.Timeout | undefined;
    return {
      async didResolveOperation({ document, operation, request, queryHash, contextValue, response }) {
        if (!operation || operation.operation === "subscription") return;
        const { variables = {} } = request;
        try {
          admitted = await admission.admit({ document, operation, variables, hash: queryHash, caller: contextValue });
        } catch (error) {
          throw error instanceof CodedError ? refusal(error, response.http) : error;
        }
        timer = setTimeout(() => contextValue.abort(tooLong(admission.operationMs)), admission.operationMs);
      },
      async willSendResponse({ contextValue, response: { body } }) {
        clearTimeout(timer);
        admitted?.release();
        if (body.kind !== "single") return;
        const { singleResult } = body;
        if (admitted) singleResult.extensions = { ...singleResult.extensions, cost: admitted.cost };
        if (singleResult.errors && !admission.mayIntrospect(contextValue)) {
          singleResult.errors = withoutSuggestions(singleResult.errors);
        }
      },
    };
  },
});

/** As Apollo Server answers it by HTTP. */
function refusal(error: CodedError, { headers }: HTTPGraphQLHead): GraphQLError {
  const { code, message, details, extensions } = error;
  const retryAfter = details?.["retryAfterSeconds"];
  const mayComeBack = typeof retryAfter === "number";
  if (mayComeBack) headers.set("retry-after", String(retryAfter));
  const status = STATUS[code] ?? (mayComeBack ? 429 : 400);
  return new GraphQLError(message, { extensions: { ...extensions, http: { status } } });
}

const tooLong = (ms: number): CodedError =>
  new CodedError(
    "UPSTREAM_TIMEOUT",
    `The operation took longer than ${ms / 1000} s; what was not there by then is null.`,
  );
