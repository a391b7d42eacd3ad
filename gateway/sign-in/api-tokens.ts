import { createHash } from "node:crypto";
import { API_TOKEN, type ApiTokenOwner } from "../../subgraphs/shared/kernel/api-tokens.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import { Remembered } from "./remembered.ts";
import { cannotCheck, type SignIn } from "./sign-in.ts";

const KEEP_MS = 10_000;

export interface ApiTokens extends SignIn {
  /** One was revoked: ask anew about all. */
  forget(): void;
}

/** API tokens of our own, which are kept by their hashes. @param ask whose token has this hash; null for nobody's */
export function apiTokens(ask: (hash: string) => Promise<ApiTokenOwner | null>): ApiTokens {
  const remembered = new Remembered<ApiTokenOwner>({ keepMs: KEEP_MS });
  return {
    name: "API token",
    accepts: (token) => token.startsWith("aiops_"),
    signIn: (token) =>
      remembered.get(token, async () => {
        if (!API_TOKEN.test(token)) return null;
        try {
          return await ask(createHash("sha256").update(token).digest("hex"));
        } catch (error) {
          throw error instanceof CodedError && error.code === "SIGN_IN_UNAVAILABLE" ? error : cannotCheck(error);
        }
      }),
    forget: () => remembered.forget(),
  };
}
