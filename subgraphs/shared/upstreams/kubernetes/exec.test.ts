import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type DemoCluster, type DemoFleet, startDemoFleet } from "../../../../demo/fleet.ts";
import { loopbackGuard } from "../../../../test/support/target-guard.ts";
import { until } from "../../../../test/support/until.ts";
import { TargetGuard } from "../target-guard.ts";
import { mayI } from "./access-review.ts";
import { KubernetesClient } from "./client.ts";
import { type Container, execInPod } from "./exec.ts";
import { kubeconfigForToken } from "./kubeconfig.ts";

const ARGV = ["nvidia-smi", "-q", "-x"];
const EXEC = { verb: "create", group: "", resource: "pods", subresource: "exec", namespace: "nvidia-gpu-operator" };

describe("running a program in a pod", () => {
  let fleet: DemoFleet;
  let cluster: DemoCluster;
  let client: KubernetesClient;
  const driver: Container = {
    namespace: "nvidia-gpu-operator",
    pod: "",
    container: "nvidia-driver-ctr",
  };

  beforeAll(async () => {
    fleet = await startDemoFleet({ clusters: 3 });
    const found = fleet.clusters.find(({ name }) => name === "prod-west-1");
    if (!found) throw new Error("The fleet has no cluster with GPUs.");
    cluster = found;
    client = await KubernetesClient.connect(cluster.kubeconfig, cluster.apiServerUrl, loopbackGuard());
    const path = "/api/v1/namespaces/nvidia-gpu-operator/pods?labelSelector=app%3Dnvidia-driver-daemonset";
    const body = await client.stream(path, { signal: AbortSignal.timeout(5000) });
    const { items } = (await body.json()) as { items: { metadata: { name: string } }[] };
    driver.pod = items[0]?.metadata.name ?? "";
  });
  afterEach(async () => {
    fleet.forbid(cluster.name, []);
    await fleet.setFault(cluster.name, "kubernetes", null);
  });
  afterAll(async () => {
    await client.close();
    await fleet.close();
  });

  const run = (
    given: Partial<Container> = {},
    argv = ARGV,
    options: { maxBytes?: number; signal?: AbortSignal } = {},
  ) =>
    execInPod(client, { ...driver, ...given }, argv, {
      maxBytes: 1 << 20,
      signal: AbortSignal.timeout(5000),
      ...options,
    });

  it("gives all that it wrote, of several frames, and how it ended", async () => {
    const { stdout, exitCode } = await run();
    expect(exitCode).toBe(0);
    expect(stdout.length).toBeGreaterThan(4096);
    expect(stdout).toMatch(/^<\?xml[\s\S]*<\/nvidia_smi_log>\n$/);
  });

  it.each<[string, Partial<Container>, string[], object]>([
    ["in no such pod", { pod: "nobody" }, ARGV, { code: "UPSTREAM_ERROR", details: { status: 404 } }],
    ["in no such container", { container: "main" }, ARGV, { code: "UPSTREAM_ERROR", details: { status: 400 } }],
    [
      "that is not there",
      {},
      ["rm"],
      { code: "UPSTREAM_ERROR", message: "The program could not be run in the container." },
    ],
  ])("fails %s", async (_, where, argv, error) => {
    await expect(run(where, argv)).rejects.toMatchObject(error);
  });

  it("is refused where the credentials may not, as a review says beforehand", async () => {
    const options = { signal: AbortSignal.timeout(5000) };
    expect(await mayI(client, EXEC, options)).toBe(true);
    fleet.forbid(cluster.name, ["pods/exec"]);
    expect(await mayI(client, EXEC, options)).toBe(false);
    await expect(run()).rejects.toMatchObject({ code: "UPSTREAM_REFUSED", details: { status: 403 } });
  });

  it("is refused with a token that nobody knows", async () => {
    const { caCertificate, apiServerUrl: server } = cluster;
    const config = kubeconfigForToken({ server, token: "t-0", caCertificate });
    const stranger = await KubernetesClient.connect(config, server, loopbackGuard());
    const asked = execInPod(stranger, driver, ARGV, { maxBytes: 1, signal: AbortSignal.timeout(5000) });
    await expect(asked).rejects.toMatchObject({ code: "UPSTREAM_REFUSED", details: { status: 401 } });
    await stranger.close();
  });

  it("connects only to where the guard permits", async () => {
    const guard = new TargetGuard({ loopbackOnly: false, allow: { hosts: [], ranges: [] } });
    const guarded = await KubernetesClient.connect(cluster.kubeconfig, cluster.apiServerUrl, guard);
    const asked = execInPod(guarded, driver, ARGV, { maxBytes: 1, signal: AbortSignal.timeout(5000) });
    await expect(asked).rejects.toMatchObject({ code: "TARGET_NOT_ALLOWED" });
    await guarded.close();
  });

  it("trusts the cluster's authority alone", async () => {
    await fleet.setFault(cluster.name, "kubernetes", "tls");
    await expect(run()).rejects.toMatchObject({ code: "UPSTREAM_UNREACHABLE" });
  });

  it("fails when it writes more than is taken", async () => {
    await expect(run({}, ARGV, { maxBytes: 4096 })).rejects.toMatchObject({ code: "UPSTREAM_ANSWER_TOO_LARGE" });
  });

  it("is given up with its caller's signal, also while the server does not answer", async () => {
    await fleet.setFault(cluster.name, "kubernetes", "hang");
    const caller = new AbortController();
    const asked = run({}, ARGV, { signal: caller.signal });
    await until("the server is asked", () => fleet.inFlight({ cluster: cluster.name }) === 1);
    caller.abort(new Error("gone"));
    await expect(asked).rejects.toThrow("gone");
    await until("the connection is closed", () => fleet.inFlight({ cluster: cluster.name }) === 0);
  });
});
