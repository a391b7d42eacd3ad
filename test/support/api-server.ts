import type { DemoFleet } from "../../demo/fleet.ts";
import { createTlsMaterial } from "../../demo/server/tls.ts";
import { KubernetesClient } from "../../subgraphs/shared/upstreams/kubernetes/client.ts";
import { kubeconfigForToken } from "../../subgraphs/shared/upstreams/kubernetes/kubeconfig.ts";
import { type HttpServer, startHttpServer } from "./http-server.ts";
import { type Replay, type ReplayServer, startReplayServer } from "./recordings.ts";
import { loopbackGuard } from "./target-guard.ts";

type Tls = Awaited<ReturnType<typeof createTlsMaterial>>;
let material: Promise<Tls> | undefined;
const tls = (): Promise<Tls> => {
  material ??= createTlsMaterial(["127.0.0.1"]);
  return material;
};

export interface Served<S> extends AsyncDisposable {
  server: S;
  client: KubernetesClient;
}

/** A client of something that says it is an API server. */
export const servingApi = async (handle: Parameters<typeof startHttpServer>[0]): Promise<Served<HttpServer>> =>
  withClient(await startHttpServer(handle, await tls()));

/** A client of recorded answers, each given once. */
export const replayingApi = async (...replays: Replay[]): Promise<Served<ReplayServer>> =>
  withClient(await startReplayServer(replays, await tls()));

/** A client of the fleet's first API server, which forbids the kinds to it. Its end leaves the fleet as it is. */
export async function demoApi(
  fleet: DemoFleet,
  forbidden: readonly string[],
): Promise<AsyncDisposable & { client: KubernetesClient }> {
  const [cluster] = fleet.clusters;
  if (!cluster) throw new Error("The fleet has no cluster.");
  fleet.forbid(cluster.name, forbidden);
  const client = await KubernetesClient.connect(cluster.kubeconfig, cluster.apiServerUrl, loopbackGuard());
  return { client, [Symbol.asyncDispose]: () => client.close() };
}

async function withClient<S extends HttpServer>(server: S): Promise<Served<S>> {
  const { ca } = await tls();
  const kubeconfig = kubeconfigForToken({ server: server.url, token: "t-1", caCertificate: ca });
  const client = await KubernetesClient.connect(kubeconfig, server.url, loopbackGuard());
  const dispose = async (): Promise<void> => {
    // Its connections end with the server's.
    const closed = client.close();
    await server[Symbol.asyncDispose]();
    await closed;
  };
  return { server, client, [Symbol.asyncDispose]: dispose };
}
