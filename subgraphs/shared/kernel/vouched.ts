import { createHash } from "node:crypto";
import { z } from "zod";

/** A bearer token of somebody's own. Neither JSON nor a log nor an error shows it: who sends it on has to ask for it. */
export class UserToken {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  /** Tells tokens apart. */
  hash(): string {
    return createHash("sha256").update(this.#value).digest("base64url");
  }

  toJSON(): undefined {}
}

/** What somebody else says of a user: who that is, all groups, and the token that they said it of. */
export const Vouched = z.strictObject({
  by: z.enum(["configuration", "oidc", "kubernetes"]),
  groups: z.array(z.string()),
  token: z.instanceof(UserToken).optional(),
});
export type Vouched = z.infer<typeof Vouched>;

/** They travel in a header with each hop. */
const MOST_CHARACTERS = { groups: 8192, token: 8192 };

/** Nothing, where the groups are too many to be passed on, rather than some of them. */
export const vouchedFor = (by: Vouched["by"], groups: readonly string[], token?: string): { vouched?: Vouched } =>
  JSON.stringify(groups).length > MOST_CHARACTERS.groups
    ? {}
    : {
        vouched: {
          by,
          groups: [...groups],
          ...(token !== undefined && token.length <= MOST_CHARACTERS.token ? { token: new UserToken(token) } : {}),
        },
      };

/** Equal for what is equal in every part; tells none. */
export const vouchedKey = ({ by, groups, token }: Vouched): string =>
  createHash("sha256")
    .update(JSON.stringify([by, groups.toSorted(), token?.hash()]))
    .digest("base64url");
