import type { PrismaClient } from "../../../prisma/generated/client.ts";
import { UpstreamHttp } from "../upstreams/http.ts";
import { FleetClients } from "./clients.ts";
import { FleetCredentials } from "./credentials.ts";
import { FleetDirectory } from "./directory.ts";
import type { Vault } from "./vault.ts";

/** Which cluster speaks what, and a client ready to speak with it. */
export interface Fleet {
  directory: FleetDirectory;
  clients: FleetClients;
  close(): Promise<void>;
}

export function openFleet(prisma: PrismaClient, vault: Vault): Fleet {
  const http = new UpstreamHttp();
  const clients = new FleetClients(http, new FleetCredentials(prisma, vault));
  return {
    directory: new FleetDirectory(prisma),
    clients,
    close: () => {
      clients.close();
      return http.close();
    },
  };
}
