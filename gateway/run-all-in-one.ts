import { randomBytes } from "node:crypto";
import { InternalTokens } from "../subgraphs/shared/kernel/auth-context.ts";
import { readConfig, requireUsableSignIn } from "../subgraphs/shared/kernel/config.ts";
import { Lifecycle } from "../subgraphs/shared/kernel/lifecycle.ts";
import { createLogger } from "../subgraphs/shared/kernel/log.ts";
import { exitOnOperatorError } from "../subgraphs/shared/kernel/operator-error.ts";
import { dropStartGarbage } from "../subgraphs/shared/kernel/start-garbage.ts";
import { startTracing } from "../subgraphs/shared/kernel/start-tracing.ts";
import { requireDemoThatMayBeAsked } from "./demo-host.ts";
import { startAllInOne } from "./start-all-in-one.ts";

/** The newcomer's process: its demo fleet, and the addresses on standard output. */
export async function runAllInOne(): Promise<void> {
  await exitOnOperatorError(async () => {
    const config = readConfig(process.env);
    requireUsableSignIn(config);
    requireDemoThatMayBeAsked(config);
    const log = createLogger({ level: config.LOG_LEVEL, name: "aiops" });
    const lifecycle = new Lifecycle(log);
    lifecycle.onSignals(config.AIOPS_SHUTDOWN_GRACE_MS);
    lifecycle.onClose("tracing", await startTracing(config, "aiops", log));
    const tokens = new InternalTokens(...(config.AIOPS_INTERNAL_SECRET ?? [randomBytes(32).toString("hex")]));
    const { gateway } = await startAllInOne({ config, log, lifecycle, tokens });
    console.log(
      `\n  AIOps NextGen is ready.\n\n  GraphiQL       ${gateway.url}/\n  GraphQL        ${gateway.url}/graphql`,
    );
    const { startDemo } = await import("./demo.ts");
    await startDemo({ config, log, lifecycle, gateway });
    dropStartGarbage();
  });
}
