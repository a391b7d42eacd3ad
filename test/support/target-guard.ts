import { parseTargetAllow } from "../../subgraphs/shared/kernel/network/target-allow.ts";
import { type Resolve, TargetGuard } from "../../subgraphs/shared/upstreams/target-guard.ts";

/** The guard of a process that listens on loopback: tests' servers may be asked. */
export const loopbackGuard = (resolve?: Resolve): TargetGuard =>
  new TargetGuard({ loopbackOnly: true, allow: { hosts: [], ranges: [] } }, resolve);

/** The guard of a deployment that others can ask; `allow` as in AIOPS_TARGET_ALLOW. */
export const publicGuard = (allow = "", resolve?: Resolve): TargetGuard =>
  new TargetGuard({ loopbackOnly: false, allow: allow ? parseTargetAllow(allow) : { hosts: [], ranges: [] } }, resolve);
