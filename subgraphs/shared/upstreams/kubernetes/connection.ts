import type { KubeConfig } from "@kubernetes/client-node";
import type { Calls } from "../call-meter.ts";
import type { TargetGuard } from "../target-guard.ts";
import { boundedAgent, type Connections } from "./bounded-agent.ts";
import { kubernetesLibrary } from "./kubeconfig.ts";
import { type KubernetesSignIn, Session } from "./sign-in.ts";

/** The way to one API server, and how to sign in there. */
export interface Connection extends Connections {
  config: KubeConfig;
  session: Session;
  library: Awaited<ReturnType<typeof kubernetesLibrary>>;
}

/**
 * @param server the API server that is asked: the registered one, whatever the kubeconfig says.
 * @param options.anonymous signs nobody in, and takes from the credentials only whom to trust: for users with tokens of their own, whom
 * a client certificate would make somebody else.
 */
export async function openConnection(
  signIn: KubernetesSignIn,
  server: string,
  guard: TargetGuard,
  calls?: Calls,
  { anonymous = false }: { anonymous?: boolean } = {},
): Promise<Connection> {
  const [opened, library] = await Promise.all([Session.open(signIn), kubernetesLibrary()]);
  const session = anonymous ? opened.anonymous() : opened;
  const { cluster, user } = session;
  const config = new library.KubeConfig();
  config.loadFromClusterAndUser({ ...cluster, server: server.replace(/\/+$/, "") }, user);
  const connections = boundedAgent(cluster, user, guard, calls);
  // The library makes an agent per call, which would reuse no connection.
  const sign = config.applySecurityAuthentication.bind(config);
  config.applySecurityAuthentication = async (context) => {
    await sign(context);
    const authorization = await session.authorization();
    if (authorization) context.setHeaderParam("Authorization", authorization);
    context.setHeaderParam("Accept-Encoding", "identity");
    context.setDispatcher(connections.dispatcher);
  };
  return { config, session, library, ...connections };
}
