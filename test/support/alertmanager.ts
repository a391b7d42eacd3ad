import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./prometheus.ts";
import { until } from "./until.ts";

/** A real Alertmanager of Debian's package that sends nothing anywhere. */
export interface RealAlertmanager extends AsyncDisposable {
  url: string;
  /** Ends it: connections are refused from then on. May be called twice. */
  stop(): Promise<void>;
}

export async function startAlertmanager(): Promise<RealAlertmanager> {
  const directory = await mkdtemp(join(tmpdir(), "aiops-alertmanager-"));
  const port = await freePort();
  await writeFile(join(directory, "alertmanager.yml"), "route: { receiver: none }\nreceivers: [{ name: none }]\n");
  const child = spawn(
    "prometheus-alertmanager",
    [
      `--config.file=${join(directory, "alertmanager.yml")}`,
      `--storage.path=${join(directory, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      // No gossip: it is alone.
      "--cluster.listen-address=",
    ],
    { stdio: "ignore" },
  );
  const url = `http://127.0.0.1:${port}`;
  await until("Alertmanager is ready", async () => {
    if (child.exitCode !== null) throw new Error(`Alertmanager ended with ${child.exitCode}.`);
    return await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  };
  return {
    url,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
