import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../bench/free-port.ts";
import { until } from "./until.ts";

/** A real Alertmanager of Debian's package. */
export interface RealAlertmanager extends AsyncDisposable {
  url: string;
  /** As Prometheus sends them. */
  post(alerts: readonly { labels: Record<string, string>; startsAt?: Date; endsAt?: Date }[]): Promise<void>;
  /** Ends it: connections are refused from then on. May be called twice. */
  stop(): Promise<void>;
}

/** @param webhook where it posts notifications to, within a second; nowhere without. */
export async function startAlertmanager({ webhook }: { webhook?: string } = {}): Promise<RealAlertmanager> {
  const directory = await mkdtemp(join(tmpdir(), "aiops-alertmanager-"));
  const port = await freePort();
  const receiver = webhook
    ? `{ name: r, webhook_configs: [{ url: "${webhook}", send_resolved: true }] }`
    : "{ name: r }";
  await writeFile(
    join(directory, "alertmanager.yml"),
    `route: { receiver: r, group_by: [alertname], group_wait: 0s, group_interval: 1s }\nreceivers: [${receiver}]\n`,
  );
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
    post: async (alerts) => {
      const { ok, status } = await fetch(`${url}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(alerts),
      });
      if (!ok) throw new Error(`Alertmanager answered ${status}.`);
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
