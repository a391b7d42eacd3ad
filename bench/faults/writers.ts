import type { Client } from "./client.ts";
import { subjectOf } from "./follower.ts";
import { acknowledge, type Ledger, must, type Writer } from "./ledger.ts";

/** More of them than one user may have are made room for. */
const MOST = 20;

/** Clusters that are registered, and one that is renamed. */
export async function clusterWriters(client: Client, ledger: Ledger): Promise<Writer[]> {
  type Registered = { registerCluster: { id: string; updatedAt: string } };
  const register = (name: string): Promise<Registered | undefined> =>
    client.ask<Registered>(
      `mutation ($name: String!) { registerCluster(input: { name: $name, apiServerUrl: "https://127.0.0.1:1" }) { id updatedAt } }`,
      { name },
    );
  const registered = new Set<string>();
  const first = await register("renamed-0");
  if (!first) throw new Error("The first cluster could not be registered.");
  const { id } = first.registerCluster;
  let expected: string | null = first.registerCluster.updatedAt;
  let last = 0;

  return [
    {
      name: "registerCluster",
      async write(n) {
        const name = `registered-${n}`;
        if (!(await register(name))) return;
        acknowledge(ledger, subjectOf("CLUSTER_REGISTERED", name));
        registered.add(name);
      },
      async lost() {
        const there = new Set<string>();
        for (let page = 1; ; page += 1) {
          const answer = await must<{ clusters: { items: { name: string }[]; totalPages: number } }>(
            client,
            `query ($page: Int!) { clusters(page: $page, pageSize: 100) { totalPages items { name } } }`,
            { page },
          );
          for (const { name } of answer.clusters.items) there.add(name);
          if (page >= answer.clusters.totalPages) break;
        }
        return [...registered].filter((name) => !there.has(name));
      },
    },
    {
      name: "updateCluster",
      async write(n) {
        // What became of one that failed is unknown until it is read: and with what is expected, it cannot come true later.
        expected ??=
          (
            await client.ask<{ cluster: { updatedAt: string } }>(
              `query ($id: UUID!) { cluster(id: $id) { updatedAt } }`,
              { id },
            )
          )?.cluster.updatedAt ?? null;
        if (expected === null) return;
        const name = `renamed-${n}`;
        const answer = await client.ask<{ updateCluster: { updatedAt: string } }>(
          `mutation ($id: UUID!, $expected: DateTime, $input: UpdateClusterInput!) {
            updateCluster(id: $id, expectedUpdatedAt: $expected, input: $input) { updatedAt } }`,
          { id, expected, input: { name, labels: { n: String(n) } } },
        );
        expected = answer?.updateCluster.updatedAt ?? null;
        if (!answer) return;
        acknowledge(ledger, subjectOf("CLUSTER_UPDATED", name));
        last = n;
      },
      async lost() {
        const { cluster } = await must<{ cluster: { labels: { n?: string } } }>(
          client,
          `query ($id: UUID!) { cluster(id: $id) { labels } }`,
          { id },
        );
        return Number(cluster.labels.n ?? 0) >= last ? [] : [`renamed-${last}`];
      },
    },
  ];
}

/** API tokens that are made and taken back. */
export function tokenWriter(client: Client, ledger: Ledger): Writer {
  const made: { id: string; token: string }[] = [];
  const revoked: string[] = [];
  return {
    name: "API tokens",
    async write(n) {
      const oldest = made.length >= MOST ? made.shift() : undefined;
      if (oldest) {
        if (await client.ask(`mutation ($id: UUID!) { revokeApiToken(id: $id) { id } }`, { id: oldest.id })) {
          acknowledge(ledger);
          revoked.push(oldest.token);
        }
        return;
      }
      const answer = await client.ask<{ createApiToken: { token: string; apiToken: { id: string } } }>(
        `mutation ($name: String!) { createApiToken(input: { name: $name, expiresIn: "1h" }) { token apiToken { id } } }`,
        { name: `load-${n}` },
      );
      if (!answer) return;
      acknowledge(ledger);
      made.push({ id: answer.createApiToken.apiToken.id, token: answer.createApiToken.token });
    },
    async lost() {
      const signsIn = async (token: string): Promise<boolean> => {
        const { status } = await fetch(`${client.url}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
          body: JSON.stringify({ query: "{ fleetSummary { total } }" }),
        });
        return status === 200;
      };
      const lost: string[] = [];
      for (const { id, token } of made) if (!(await signsIn(token))) lost.push(`API token ${id}`);
      for (const token of revoked) if (await signsIn(token)) lost.push("a revocation");
      return lost;
    },
  };
}

/** Personas that are made and deleted. */
export function personaWriter(client: Client, ledger: Ledger): Writer {
  const made: string[] = [];
  const deleted: string[] = [];
  return {
    name: "personas",
    async write(n) {
      const oldest = made.length >= MOST ? made.shift() : undefined;
      if (oldest) {
        if (!(await client.ask(`mutation ($id: ID!) { deletePersona(id: $id) { id } }`, { id: oldest }))) return;
        acknowledge(ledger);
        deleted.push(oldest);
        return;
      }
      const id = `load-${n}`;
      const input = { id, name: id, description: "Of a load.", systemPrompt: "Answer.", capabilities: [] };
      if (!(await client.ask(`mutation ($input: PersonaInput!) { createPersona(input: $input) { id } }`, { input })))
        return;
      acknowledge(ledger);
      made.push(id);
    },
    async lost() {
      const { personas } = await must<{ personas: { id: string }[] }>(client, `{ personas { id } }`);
      const there = new Set(personas.map(({ id }) => id));
      return [...made.filter((id) => !there.has(id)), ...deleted.filter((id) => there.has(id))];
    },
  };
}
