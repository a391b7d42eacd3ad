import { type GraphQLObjectType, getNamedType, isObjectType } from "graphql";
import { beforeAll, describe, expect, it } from "vitest";
import { Prisma, type Cluster as Row } from "../../../prisma/generated/client.ts";
import { clusters } from "../index.ts";
import { toCluster } from "./cluster.mapper.ts";
import { columnsFor } from "./cluster-columns.plan.ts";

/** No two columns alike, so that a field made of another one's is seen. */
const ROW = {
  ...Object.fromEntries(Object.keys(Prisma.ClusterScalarFieldEnum).map((column) => [column, `the ${column}`])),
  capabilityFindings: [{ capability: "GPU", status: "FOUND", source: "nodes", detail: "4" }],
  proposedEndpoints: [{ kind: "LOKI", url: "https://loki", source: "services", inClusterOnly: false }],
  lokiUrl: null,
} as unknown as Row;

describe("columnsFor", () => {
  const paths: string[][] = [];

  beforeAll(async () => {
    const { schema } = await clusters.schema();
    const walk = (type: GraphQLObjectType, at: readonly string[], told: unknown): void => {
      for (const [name, field] of Object.entries(type.getFields())) {
        const value = (told as Record<string, unknown> | null)?.[name];
        // What the row does not have is another resolver's.
        if (value === undefined) continue;
        const inner = getNamedType(field.type);
        if (isObjectType(inner) && !Array.isArray(value)) walk(inner, [...at, name], value);
        else paths.push([...at, name]);
      }
    };
    walk(schema.getType("Cluster") as GraphQLObjectType, [], toCluster(ROW));
  });

  const at = (row: Row, path: readonly string[]): unknown =>
    path.reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], toCluster(row));

  it("names what each field of a cluster is made of, and little else", () => {
    expect(paths.length).toBeGreaterThan(40);
    for (const path of paths) {
      const columns = columnsFor(path);
      const row = Object.fromEntries(Object.keys(columns).map((column) => [column, ROW[column as keyof Row]])) as Row;
      expect(at(row, path), path.join(".")).toEqual(at(ROW, path));
      expect(Object.keys(columns).length, path.join(".")).toBeLessThanOrEqual(6);
    }
  });

  it("names an id always, and nothing for what no row has", () => {
    expect(columnsFor(["clusters", "items", "alertCounts", "toString"])).toEqual({ id: true });
  });
});
