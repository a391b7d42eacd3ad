import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { DemoCluster } from "../demo/fleet.ts";

/** A demo fleet as a process of its own, as far away as is said. */
export async function demoProcess(
  clusters: number,
  latencyMs: number,
): Promise<{ clusters: DemoCluster[]; process: ChildProcess; hang: (name: string) => Promise<void> }> {
  const main = new URL("../demo/main.js", import.meta.url).pathname;
  const env = {
    ...process.env,
    AIOPS_DEMO: String(clusters),
    AIOPS_DEMO_LATENCY_MS: String(latencyMs),
    AIOPS_DEMO_BASE_PORT: "0",
    AIOPS_DEMO_CONTROL_PORT: "0",
  };
  const child = fork(main, { env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [message] = (await once(child, "message")) as [{ clusters: DemoCluster[]; controlUrl: string }];
  /** From now on its Prometheus takes requests and answers none. */
  const hang = async (name: string): Promise<void> => {
    const response = await fetch(`${message.controlUrl}/clusters/${name}/prometheus/fault`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ fault: "hang" }),
    });
    if (!response.ok) throw new Error(`The demo refused the fault (${response.status}).`);
  };
  return { clusters: message.clusters, process: child, hang };
}
