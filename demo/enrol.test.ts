import { buildSchema, graphql } from "graphql";
import { beforeEach, expect, it } from "vitest";
import { type Execute, enrolFleet, withdrawDemo } from "./enrol.ts";
import type { DemoCluster } from "./fleet.ts";

// The part of the product's schema that enrolment speaks to.
const schema = buildSchema(`
  scalar UUID
  scalar JSON
  enum ClusterType { HUB SPOKE EDGE FAR_EDGE }
  enum Platform { OPENSHIFT KUBERNETES MICROSHIFT }
  enum Environment { PRODUCTION STAGING DEVELOPMENT LAB }
  type Cluster { id: UUID! name: String! }
  type ClusterPage { totalPages: Int! items: [Cluster!]! }
  input Endpoints { prometheusUrl: String lokiUrl: String lokiTenant: String tempoUrl: String alertmanagerUrl: String }
  input Credentials { kubeconfig: String }
  input ClusterFilter { labelSelector: String }
  input RegisterClusterInput {
    name: String! displayName: String apiServerUrl: String! clusterType: ClusterType platform: Platform region: String
    environment: Environment labels: JSON endpoints: Endpoints credentials: Credentials
  }
  input UpdateClusterInput {
    displayName: String apiServerUrl: String clusterType: ClusterType platform: Platform region: String
    environment: Environment labels: JSON endpoints: Endpoints credentials: Credentials
  }
  type Query {
    cluster(id: UUID, name: String): Cluster
    clusters(filter: ClusterFilter, page: Int, pageSize: Int): ClusterPage!
  }
  type Mutation {
    registerCluster(input: RegisterClusterInput!): Cluster!
    updateCluster(id: UUID!, input: UpdateClusterInput!): Cluster!
    deleteCluster(id: UUID!): Cluster!
  }
`);

type Row = { id: string; name: string } & Record<string, unknown>;
let rows: Map<string, Row>;
let running: number;
let mostRunning: number;
let refused: string | undefined;

const root = {
  cluster: ({ name }: { name: string }) => [...rows.values()].find((row) => row.name === name) ?? null,
  // Pages of three at most, so that a handful of clusters is several pages.
  clusters: ({ page }: { page: number }) => ({
    totalPages: Math.ceil(rows.size / 3),
    items: [...rows.values()].slice((page - 1) * 3, page * 3),
  }),
  registerCluster: ({ input }: { input: Row }) => {
    if (input.name === refused) throw new Error("not this one");
    const row = { ...input, id: `id-${input.name}` };
    rows.set(row.id, row);
    return row;
  },
  updateCluster: ({ id, input }: { id: string; input: object }) => {
    const row = { ...(rows.get(id) as Row), ...input };
    rows.set(id, row);
    return row;
  },
  deleteCluster: ({ id }: { id: string }) => {
    const row = rows.get(id);
    rows.delete(id);
    return row;
  },
};
const execute: Execute = async (source, variableValues) => {
  running++;
  mostRunning = Math.max(mostRunning, running);
  try {
    const { data, errors } = await graphql({ schema, source, variableValues, rootValue: root });
    return errors === undefined ? { data } : { data, errors };
  } finally {
    running--;
  }
};

const clusters = Array.from(
  { length: 7 },
  (_, i): DemoCluster => ({
    name: `cluster-${i}`,
    displayName: `Cluster ${i}`,
    clusterType: "SPOKE",
    platform: "OPENSHIFT",
    platformVersion: "4.18.1",
    region: "eu",
    environment: "LAB",
    labels: { demo: "true" },
    apiServerUrl: `https://127.0.0.1:${6000 + i}`,
    prometheusUrl: `http://127.0.0.1:${9000 + i}`,
    lokiUrl: `http://127.0.0.1:${3100 + i}`,
    lokiTenant: null,
    tempoUrl: i === 0 ? null : `http://127.0.0.1:${3200 + i}`,
    alertmanagerUrl: `http://127.0.0.1:${9093 + i}`,
    token: "t",
    caCertificate: "c",
    kubeconfig: "k",
  }),
);

beforeEach(() => {
  rows = new Map();
  [running, mostRunning, refused] = [0, 0, undefined];
});

it("registers clusters, a few at a time", async () => {
  await enrolFleet(clusters, execute, { concurrency: 3 });
  expect(rows.size).toBe(7);
  expect(rows.get("id-cluster-2")).toMatchObject({
    apiServerUrl: "https://127.0.0.1:6002",
    labels: { demo: "true" },
    endpoints: {
      prometheusUrl: "http://127.0.0.1:9002",
      lokiUrl: "http://127.0.0.1:3102",
      tempoUrl: "http://127.0.0.1:3202",
      alertmanagerUrl: "http://127.0.0.1:9095",
    },
    credentials: { kubeconfig: "k" },
  });
  expect(rows.get("id-cluster-2")).not.toHaveProperty("platformVersion");
  expect(mostRunning).toBe(3);
});

it("brings those up to date that are there", async () => {
  await enrolFleet(clusters, execute, { concurrency: 3 });
  const moved = clusters.map((cluster) => ({ ...cluster, apiServerUrl: "https://127.0.0.1:7000" }));
  await enrolFleet(moved, execute);
  expect(rows.size).toBe(7);
  expect(rows.get("id-cluster-5")).toMatchObject({ apiServerUrl: "https://127.0.0.1:7000", name: "cluster-5" });
});

it("tries all and tells which failed", async () => {
  refused = "cluster-1";
  await expect(enrolFleet(clusters, execute)).rejects.toThrow("cluster cluster-1 could not be enrolled: not this one");
  expect(rows.size).toBe(6);
});

it("withdraws the demo, page after page, but what is to stay", async () => {
  await enrolFleet(clusters, execute);
  await withdrawDemo(execute, { except: ["cluster-1", "cluster-6"] });
  expect([...rows.keys()]).toEqual(["id-cluster-1", "id-cluster-6"]);
  await withdrawDemo(execute);
  expect(rows.size).toBe(0);
  await withdrawDemo(execute);
});
