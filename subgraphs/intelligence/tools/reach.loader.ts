import { z } from "zod";
import { batches } from "../../shared/kernel/batches.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { ToolKit } from "./tool.contract.ts";

export interface ReachedCluster {
  id: string;
  name: string;
}

const MOST_NAMED = 50;
const Found = z.record(z.string(), z.object({ id: z.string(), name: z.string() }).nullable());

/**
 * Which clusters a call may ask: those it names (by name or id), which have to be among the conversation's; else the
 * conversation's; null for all that the user may see. What is not there, not to be seen or not of this conversation looks the same.
 */
export const clustersInReach =
  (ask: ToolKit["ask"], conversation: readonly string[] | null) =>
  async (named: readonly string[] | undefined): Promise<readonly ReachedCluster[] | null> => {
    if (!named?.length) return conversation && (await found(ask, conversation));
    if (named.length > MOST_NAMED) {
      throw new CodedError("BAD_USER_INPUT", `Name at most ${MOST_NAMED} clusters, or none for all of them.`);
    }
    const clusters = await found(ask, [...new Set(named)]);
    for (const { id, name } of clusters) if (conversation && !conversation.includes(id)) throw notFound(name);
    return clusters;
  };

/** A few operations where there are many: each cluster is a field of its own, and an operation has so many of them. */
async function found(ask: ToolKit["ask"], named: readonly string[]): Promise<ReachedCluster[]> {
  return (await Promise.all(batches(named, MOST_NAMED).map((part) => foundAtOnce(ask, part)))).flat();
}

async function foundAtOnce(ask: ToolKit["ask"], named: readonly string[]): Promise<ReachedCluster[]> {
  const asked = named.map((text, index) => ({ text, key: `c${index}`, isId: z.uuid().safeParse(text).success }));
  const parameters = asked.map(({ key, isId }) => `$${key}: ${isId ? "UUID!" : "String!"}`);
  const fields = asked.map(({ key, isId }) => `${key}: cluster(${isId ? "id" : "name"}: $${key}) { id name }`);
  const { data } = await ask(
    `query ToolClusters(${parameters.join(", ")}) { ${fields.join(" ")} }`,
    Object.fromEntries(asked.map(({ key, text }) => [key, text])),
  );
  const answered = Found.safeParse(data ?? {});
  return asked.map(({ key, text }) => {
    const cluster = answered.data?.[key];
    if (!cluster) throw notFound(text);
    return cluster;
  });
}

const notFound = (named: string): CodedError =>
  new CodedError("CLUSTER_NOT_FOUND", `No cluster ${JSON.stringify(named.slice(0, 64))} in this conversation's reach.`);
