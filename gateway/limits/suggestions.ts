import type { GraphQLFormattedError } from "graphql";

/** Who may not ask about the schema is not told of it by what is near a wrong name either. */
export const withoutSuggestions = (errors: readonly GraphQLFormattedError[]): GraphQLFormattedError[] =>
  errors.map((error) => ({ ...error, message: error.message.replace(/ Did you mean .*\?$/s, "") }));
