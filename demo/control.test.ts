import { request } from "undici";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startControl } from "./control.ts";
import { type DemoFleet, startDemoFleet } from "./fleet.ts";

let fleet: DemoFleet;
let control: Awaited<ReturnType<typeof startControl>>;

beforeAll(async () => {
  fleet = await startDemoFleet({ clusters: 2 });
  control = await startControl(fleet, { host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await control.close();
  await fleet.close();
});

async function send(
  path: string,
  method: "GET" | "POST" | "DELETE" = "GET",
  body?: string,
  contentType = "application/json",
) {
  const headers = body === undefined ? {} : { "content-type": contentType };
  const answer = await request(control.url + path, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: answer.statusCode, body: await answer.body.text() };
}

it("lists the clusters without their tokens", async () => {
  const { status, body } = await send("/");
  expect(status).toBe(200);
  for (const { name, apiServerUrl, prometheusUrl, token } of fleet.clusters) {
    for (const shown of [name, apiServerUrl, prometheusUrl]) expect(body).toContain(shown);
    expect(body).not.toContain(token);
  }
});

it("breaks a server and mends it", async () => {
  const path = "/clusters/hub-eu-1/prometheus/fault";
  expect(await send(path, "POST", '{"fault":"refuse"}')).toMatchObject({ status: 200 });
  expect(fleet.fault("hub-eu-1", "prometheus")).toBe("refuse");
  await expect(request(fleet.clusters[0]?.prometheusUrl ?? "")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(await send(path, "POST", "null")).toMatchObject({ status: 200 });
  expect(fleet.fault("hub-eu-1", "prometheus")).toBeNull();
  expect(await send(path, "POST", '{"fault":"slow","delayMs":20}')).toMatchObject({ status: 200 });
  expect(JSON.parse((await send("/")).body)).toMatchObject({ clusters: [{ faults: { prometheus: "slow" } }, {}] });
  expect(await send(path, "DELETE")).toMatchObject({ status: 200 });
  expect(fleet.fault("hub-eu-1", "prometheus")).toBeNull();
});

it("breaks any server of a cluster, and none that it does not have", async () => {
  const [first] = fleet.clusters;
  for (const upstream of ["loki", "alertmanager", "tempo"] as const) {
    const path = `/clusters/${first?.name}/${upstream}/fault`;
    expect(await send(path, "POST", '{"fault":"stall"}')).toMatchObject({ status: 200 });
    expect(fleet.fault(first?.name ?? "", upstream)).toBe("stall");
    expect(await send(path, "DELETE")).toMatchObject({ status: 200 });
  }
  const without = await startDemoFleet({ clusters: 40 });
  const other = await startControl(without, { host: "127.0.0.1", port: 0 });
  try {
    const { name } = without.clusters.find(({ tempoUrl }) => tempoUrl === null) ?? {};
    const answer = await request(`${other.url}/clusters/${name}/tempo/fault`, { method: "DELETE" });
    expect([answer.statusCode, await answer.body.json()]).toEqual([404, { error: `"${name}" has no tempo` }]);
  } finally {
    await other.close();
    await without.close();
  }
});

it("refuses what it does not understand", async () => {
  const path = "/clusters/hub-eu-1/kubernetes/fault";
  expect(await send(path, "POST", '{"fault":"melt"}')).toMatchObject({ status: 400 });
  expect(await send(path, "POST", "{")).toMatchObject({ status: 400 });
  expect(await send(path, "POST", '{"fault":"hang"}', "text/plain")).toMatchObject({ status: 415 });
  expect(await send("/clusters/nobody/kubernetes/fault", "DELETE")).toMatchObject({ status: 404 });
  expect(await send("/clusters/hub-eu-1/mainframe/fault", "DELETE")).toMatchObject({ status: 404 });
  expect(await send("/nothing")).toMatchObject({ status: 404 });
  expect(fleet.fault("hub-eu-1", "kubernetes")).toBeNull();
});

it("shows the requests without their headers", async () => {
  fleet.resetRequests();
  const headers = { authorization: "Bearer secret-of-a-test" };
  await request(`${fleet.clusters[0]?.prometheusUrl}/api/v1/query?query=up`, { headers }).then(({ body }) =>
    body.dump(),
  );
  const { body } = await send("/requests");
  expect(JSON.parse(body)).toMatchObject([{ cluster: "hub-eu-1", upstream: "prometheus", params: { query: "up" } }]);
  expect(body).not.toContain("secret-of-a-test");
});

it("raises alerts and names a webhook", async () => {
  const path = "/clusters/hub-eu-1/alerts/DiskOnFire";
  expect(await send(path, "POST", '{"state":"firing","labels":{"severity":"warning"}}')).toMatchObject({ status: 200 });
  const alerts = await request(`${fleet.clusters[0]?.alertmanagerUrl}/api/v2/alerts?filter=alertname="DiskOnFire"`);
  expect(await alerts.body.json()).toMatchObject([{ labels: { severity: "warning", cluster: "hub-eu-1" } }]);
  expect(await send(path, "POST", '{"state":null}')).toMatchObject({ status: 200 });
  expect(await send(path, "POST", '{"state":"burning"}')).toMatchObject({ status: 400 });
  expect(await send(path, "POST", '{"state":null}', "text/plain")).toMatchObject({ status: 415 });

  const hook = "/clusters/hub-eu-1/webhook";
  expect(await send(hook, "POST", '{"url":"http://127.0.0.1:1/hook"}')).toMatchObject({ status: 200 });
  expect(await send(hook, "POST", '{"url":"file:///etc/passwd"}')).toMatchObject({ status: 400 });
  expect(await send(hook, "DELETE")).toMatchObject({ status: 200 });
  expect(await send("/clusters/nobody/webhook", "DELETE")).toMatchObject({ status: 404 });
});

it("lets incidents begin in the past, tells what they are, and ends them", async () => {
  const path = "/clusters/prod-east-1/incidents/memory-leak";
  const at = new Date(Date.now() - 600_000).toISOString();
  const { status, body } = await send(path, "POST", JSON.stringify({ at, lengthSeconds: 3600 }));
  expect(status).toBe(200);
  const told = fleet.incident("prod-east-1", "memory-leak");
  expect(told?.onset).toBe(Math.floor(Date.parse(at) / 1000) * 1000);
  expect(JSON.parse(body)).toMatchObject({ kind: "memory-leak", cluster: "prod-east-1", cause: told?.cause });
  const shown = JSON.parse((await send("/")).body) as {
    clusters: { incidents: { kind: string; end: string | null }[] }[];
  };
  expect(shown.clusters.map(({ incidents }) => incidents.map(({ kind }) => kind))).toEqual([[], ["memory-leak"]]);
  expect(await send(path, "DELETE")).toMatchObject({ status: 200 });
  expect(told?.end).toBe((told?.onset ?? 0) + 3_600_000);
  expect(fleet.incident("prod-east-1", "memory-leak")?.end).toBeLessThanOrEqual(Date.now());
  expect(await send(path, "DELETE")).toMatchObject({ status: 404 });
});

it("refuses incidents that it does not know or that a cluster has nothing for", async () => {
  const path = "/clusters/hub-eu-1/incidents";
  expect(await send(`${path}/gpu-xid-storm`, "POST", "{}")).toMatchObject({ status: 409 });
  expect(await send(`${path}/meteor`, "POST", "{}")).toMatchObject({ status: 404 });
  expect(await send(`${path}/memory-leak`, "POST", '{"at":"soon"}')).toMatchObject({ status: 400 });
  expect(await send(`${path}/memory-leak`, "POST", "{}", "text/plain")).toMatchObject({ status: 415 });
  expect(await send("/clusters/nobody/incidents/memory-leak", "POST", "{}")).toMatchObject({ status: 404 });
  expect(fleet.incident("hub-eu-1", "memory-leak")).toBeNull();
});
