import { type Config, ConfigError, isLoopback } from "../subgraphs/shared/kernel/config.ts";
import { parseAddress } from "../subgraphs/shared/kernel/network/address.ts";
import { namesTarget } from "../subgraphs/shared/kernel/network/target-allow.ts";

/** Where the demo fleet of this process listens. */
export const DEMO_HOST = "127.0.0.1";

/** Whether the guard of outbound calls lets the fleet be asked. */
export function mayAskDemo({ HOST, AIOPS_TARGET_ALLOW }: Config): boolean {
  const address = parseAddress(DEMO_HOST);
  return isLoopback(HOST) || (address !== null && namesTarget(AIOPS_TARGET_ALLOW, DEMO_HOST, address));
}

/** @throws ConfigError rather than start a demo fleet that was asked for and could only be refused. */
export function requireDemoThatMayBeAsked(config: Config): void {
  if (typeof config.AIOPS_DEMO !== "number" || mayAskDemo(config)) return;
  throw new ConfigError(
    `HOST=${config.HOST} listens beyond loopback, where the demo fleet on ${DEMO_HOST} may not be asked. ` +
      `Set AIOPS_TARGET_ALLOW=${DEMO_HOST}, or AIOPS_DEMO=off.`,
  );
}
