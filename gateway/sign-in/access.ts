import type { Identity } from "../../subgraphs/shared/kernel/auth-context.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import type { AccessRules } from "../../subgraphs/shared/kernel/sign-in-config.ts";
import { vouchedFor } from "../../subgraphs/shared/kernel/vouched.ts";

/** Whom another authority says that somebody is. */
export interface Vouched {
  via: "oidc" | "kubernetes";
  user: string;
  groups: readonly string[];
  /** Until when. */
  expiresAt: Date | null;
}

/**
 * What they may do here: the first rule that names them or one of their groups decides. Of their groups those are kept that some
 * rule names: a directory may put somebody into hundreds. All of them, and the token, are for clusters that are asked in their name.
 * @throws FORBIDDEN where no rule does
 */
export function accessOf(
  rules: AccessRules,
  { via, user, groups }: Omit<Vouched, "expiresAt">,
  token: string,
  log: Logger,
): Identity {
  const rule = rules.find(
    (each) =>
      (each.via === undefined || each.via === via) &&
      (each.users?.includes(user) || each.groups?.some((group) => groups.includes(group))),
  );
  if (!rule) {
    log.info({ user, via }, "somebody signed in whom no rule of AIOPS_ACCESS names");
    throw new CodedError(
      "FORBIDDEN",
      "You are signed in, and have no role here: no rule of AIOPS_ACCESS names you or a group of yours. Ask an administrator.",
      { user },
    );
  }
  const { roles, tenant, scope } = rule;
  const named = new Set(rules.flatMap((each) => each.groups ?? []));
  const known = groups.filter((group) => named.has(group));
  return { user, groups: known, roles, tenant, scope, ...vouchedFor(via, groups, token) };
}
