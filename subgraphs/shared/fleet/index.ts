import type { Registry } from "prom-client";
import type { PrismaClient } from "../../../prisma/generated/client.ts";
import { UpstreamHttp } from "../upstreams/http.ts";
import { HomeCluster } from "../upstreams/kubernetes/home-cluster.ts";
import { TargetGuard, type TargetRules } from "../upstreams/target-guard.ts";
import { FleetClients } from "./clients.ts";
import { CredentialsSource } from "./credentials-source.ts";
import { FleetDirectory } from "./directory.ts";
import { SecretReferences, type SecretsNamespace } from "./secret-references.ts";
import type { Vault } from "./vault.ts";

/** Which cluster speaks what, and a client ready to speak with it. */
export interface Fleet {
  directory: FleetDirectory;
  clients: FleetClients;
  credentials: CredentialsSource;
  secrets: SecretReferences;
  /** Where a URL that a user gave may lead. */
  guard: TargetGuard;
  close(): Promise<void>;
}

export interface FleetOptions {
  prisma: PrismaClient;
  vault: Vault;
  rules: TargetRules;
  /** Where Secrets that credentials refer to are read, and which of them. */
  secrets: { kubeconfigFile: string | undefined; namespaces: readonly SecretsNamespace[] };
  /** How long a backend that failed repeatedly rests at first. */
  restMs: number;
  /** Where its calls are counted. */
  registry: Registry;
}

export function openFleet({ prisma, vault, rules, secrets, restMs, registry }: FleetOptions): Fleet {
  const guard = new TargetGuard(rules);
  const http = new UpstreamHttp(guard);
  const home = new HomeCluster({
    kubeconfigFile: secrets.kubeconfigFile,
    variable: "AIOPS_SECRETS_KUBECONFIG",
    purpose: "read Secrets from",
  });
  const references = new SecretReferences(home, secrets.namespaces ?? []);
  const credentials = new CredentialsSource({ prisma, vault, http, secrets: references });
  const clients = new FleetClients(http, credentials, guard, restMs, registry);
  return {
    directory: new FleetDirectory(prisma),
    clients,
    credentials,
    secrets: references,
    guard,
    close: () => {
      clients.close();
      home.close();
      return http.close();
    },
  };
}
