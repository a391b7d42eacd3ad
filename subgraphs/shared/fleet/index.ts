import type { PrismaClient } from "../../../prisma/generated/client.ts";
import { UpstreamHttp } from "../upstreams/http.ts";
import { TargetGuard, type TargetRules } from "../upstreams/target-guard.ts";
import { FleetClients } from "./clients.ts";
import { CredentialsSource } from "./credentials-source.ts";
import { FleetDirectory } from "./directory.ts";
import { HomeCluster } from "./home-cluster.ts";
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
}

export function openFleet({ prisma, vault, rules, secrets, restMs }: FleetOptions): Fleet {
  const guard = new TargetGuard(rules);
  const http = new UpstreamHttp(guard);
  const home = new HomeCluster(secrets.kubeconfigFile);
  const references = new SecretReferences(home, secrets.namespaces ?? []);
  const credentials = new CredentialsSource({ prisma, vault, http, secrets: references });
  const clients = new FleetClients(http, credentials, guard, restMs);
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
