import { CodedError } from "../../kernel/errors.ts";
import type { UserToken } from "../../kernel/vouched.ts";
import { forbidsUser } from "../failures.ts";
import { statusError } from "./answers.ts";

/** In whose name an API server is asked: with their own token, or without one by the client's right to impersonate them. */
export interface AsUser {
  user: string;
  groups: readonly string[];
  token: UserToken | null;
}

export type SentHeaders = Record<string, string | string[]>;

/** Names go as UTF-8, which the API server reads them as. */
const utf8 = (name: string): string => Buffer.from(name, "utf8").toString("latin1");

export const userHeaders = ({ user, groups, token }: AsUser): SentHeaders =>
  token
    ? { Authorization: `Bearer ${token.reveal()}` }
    : { "Impersonate-User": utf8(user), ...(groups.length > 0 ? { "Impersonate-Group": groups.map(utf8) } : {}) };

const MAY_NOT_IMPERSONATE = /cannot impersonate/;

/** What a refusal means to the user in whose name was asked; the cluster's own credentials are refused as ever. */
export function userRefusal(status: number, body: string, { user, token }: AsUser): CodedError {
  if (status === 403 && MAY_NOT_IMPERSONATE.test(body)) {
    return new CodedError(
      "UPSTREAM_REFUSED",
      "The cluster's credentials may not impersonate its users (403): give them the verb impersonate for users and groups.",
      { status },
    );
  }
  return (status === 401 && !token) || (status !== 401 && status !== 403)
    ? statusError(status)
    : forbidsUser(status, user);
}
