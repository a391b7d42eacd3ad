import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { afterEach, expect, it } from "vitest";
import type { DemoCluster } from "./fleet.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
let child: ChildProcess | undefined;

function start(environment: Record<string, string>): ChildProcess {
  child = fork(MAIN, [], {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, AIOPS_DEMO_BASE_PORT: "0", AIOPS_DEMO_CONTROL_PORT: "0", ...environment },
  });
  return child;
}
afterEach(() => {
  child?.kill("SIGKILL");
});

it("tells its parent the clusters, answers, and ends on SIGTERM", async () => {
  const process = start({ AIOPS_DEMO: "3" });
  const [{ clusters }] = (await once(process, "message")) as [{ clusters: DemoCluster[] }];
  expect(clusters.map(({ name }) => name)).toEqual(["hub-eu-1", "prod-east-1", "prod-west-1"]);
  const { statusCode } = await request(`${clusters[0]?.prometheusUrl}/-/ready`);
  expect(statusCode).toBe(200);
  process.kill("SIGTERM");
  expect(await once(process, "exit")).toEqual([0, null]);
});

it("enrols at a gateway, however late that comes up", async () => {
  const names: string[] = [];
  let refusals = 1;
  const gateway = createServer((request_, response) => {
    let text = "";
    request_.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    request_.on("end", () => {
      const { query, variables } = JSON.parse(text) as { query: string; variables: { input: { name: string } } };
      const registers = query.includes("registerCluster");
      if (registers) names.push(`${request_.headers.authorization} ${variables.input.name}`);
      response.setHeader("content-type", "application/json");
      if (refusals-- > 0) response.writeHead(503).end("not yet");
      else response.end(JSON.stringify({ data: registers ? { registerCluster: { id: "1" } } : { cluster: null } }));
    });
  }).listen(0, "127.0.0.1");
  await once(gateway, "listening");
  try {
    const address = gateway.address();
    const port = typeof address === "object" ? address?.port : 0;
    const process = start({
      AIOPS_DEMO: "1",
      AIOPS_GATEWAY_URL: `http://127.0.0.1:${port}/graphql`,
      AIOPS_TOKEN: "t1",
    });
    await new Promise<void>((resolve) => {
      let printed = "";
      process.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
        printed += chunk;
        if (printed.includes("Enrolled")) resolve();
      });
    });
    expect(names).toEqual(["Bearer t1 hub-eu-1"]);
  } finally {
    gateway.close();
    gateway.closeAllConnections();
  }
});

it("tells what is wrong with its environment", async () => {
  const process = start({ AIOPS_DEMO: "many", AIOPS_GATEWAY_URL: "ftp://x" });
  let said = "";
  process.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    said += chunk;
  });
  const [code] = (await once(process, "close")) as [number];
  expect(code).toBe(1);
  expect(said).toContain("AIOPS_DEMO:");
  expect(said).toContain("AIOPS_GATEWAY_URL:");
});
