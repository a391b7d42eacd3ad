import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../bench/free-port.ts";
import { until } from "./until.ts";

/** Real servers of Debian's packages; a test that needs one says so by name where it is missing. */
export const missingPrograms = (...programs: string[]): string[] =>
  programs.filter((program) => spawnSync("which", [program]).status !== 0);

export interface RealPrometheus extends AsyncDisposable {
  url: string;
  /** Prometheus' own answer, undecoded. */
  api(
    path: string,
    params: Record<string, string>,
  ): Promise<{ status: string; errorType?: string; error?: string; data: { resultType: string; result: never } }>;
}

/** Prometheus scraping itself and a real node exporter every second, and a page of metrics of the test's own. */
export async function startPrometheus(metrics: string): Promise<RealPrometheus> {
  const directory = await mkdtemp(join(tmpdir(), "aiops-prometheus-"));
  const [port, exporterPort] = [await freePort(), await freePort()];
  const page = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () =>
      socket.end(`HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close\r\n\r\n${metrics}`),
    );
  }).listen(0, "127.0.0.1");
  await once(page, "listening");
  const target = (job: string, at: number) =>
    `  - job_name: ${job}\n    static_configs: [{ targets: ["127.0.0.1:${at}"] }]\n`;
  const own = page.address();
  const config = `global: { scrape_interval: 1s }\nscrape_configs:\n${target("prometheus", port)}${target("node", exporterPort)}${target("test", typeof own === "object" && own ? own.port : 0)}`;
  await writeFile(join(directory, "prometheus.yml"), config);
  const children = [
    run("prometheus-node-exporter", [`--web.listen-address=127.0.0.1:${exporterPort}`]),
    run("prometheus", [
      `--config.file=${join(directory, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(directory, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]),
  ];
  const url = `http://127.0.0.1:${port}`;
  const api = apiOf(url);
  await until(
    "Prometheus has scraped every target a few times",
    async () => {
      const answer = await api("query", {
        query: "min(count_over_time(up[1m])) >= bool 5 and count(up == 1) == 3",
      }).catch(() => null);
      const [series] = (answer?.data?.result ?? []) as { value: [number, string] }[];
      return series?.value[1] === "1";
    },
    40_000,
  );
  return {
    url,
    api,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(children.map(stop));
      page.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Prometheus over stored samples, given in the OpenMetrics text format; it scrapes nothing. */
export async function startStoredPrometheus(samples: string): Promise<RealPrometheus> {
  const directory = await mkdtemp(join(tmpdir(), "aiops-prometheus-"));
  const [input, data, config] = ["samples.om", "data", "prometheus.yml"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await Promise.all([writeFile(input, samples), writeFile(config, "{}\n")]);
  const blocks = ["tsdb", "create-blocks-from", "openmetrics", "--quiet", input, data];
  await promisify(execFile)("promtool", blocks, { maxBuffer: 1 << 26 });
  const port = await freePort();
  const child = run("prometheus", [
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    "--storage.tsdb.retention.time=100y",
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const url = `http://127.0.0.1:${port}`;
  await until("Prometheus is ready", async () => {
    if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}.`);
    return await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return {
    url,
    api: apiOf(url),
    [Symbol.asyncDispose]: async () => {
      await stop(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Prometheus that evaluates rules every second and tells an Alertmanager; it scrapes nothing. */
export async function startRulingPrometheus(
  rules: readonly AlertingRule[],
  alertmanagerUrl: string,
): Promise<{ url: string; setRules(rules: readonly AlertingRule[]): Promise<void> } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), "aiops-prometheus-"));
  const [config, file] = [join(directory, "prometheus.yml"), join(directory, "rules.yml")];
  const write = (wanted: readonly AlertingRule[]) =>
    writeFile(file, JSON.stringify({ groups: [{ name: "test", rules: wanted }] }));
  await write(rules);
  await writeFile(
    config,
    JSON.stringify({
      global: { evaluation_interval: "1s", external_labels: { cluster: "as-prometheus-says" } },
      rule_files: [file],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanagerUrl).host] }] }] },
    }),
  );
  const port = await freePort();
  const child = run("prometheus", [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(directory, "data")}`,
    // What is not told again for four of these has ended.
    "--rules.alert.resend-delay=10s",
    "--web.enable-lifecycle",
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const url = `http://127.0.0.1:${port}`;
  await until("Prometheus is ready", () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    url,
    setRules: async (wanted) => {
      await write(wanted);
      await fetch(`${url}/-/reload`, { method: "POST" });
    },
    [Symbol.asyncDispose]: async () => {
      await stop(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export interface AlertingRule {
  alert: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

const apiOf =
  (url: string): RealPrometheus["api"] =>
  async (path, params) =>
    (await (
      await fetch(`${url}/api/v1/${path}`, { method: "POST", body: new URLSearchParams(params) })
    ).json()) as Awaited<ReturnType<RealPrometheus["api"]>>;

const run = (program: string, args: string[]): ChildProcess => spawn(program, args, { stdio: "ignore" });

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
