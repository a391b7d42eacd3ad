import { existsSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { FORWARDED } from "../../gateway/forwarded-routes.ts";
import { SUBGRAPHS } from "../../subgraphs/index.ts";
import { WEBHOOK_PATH } from "../../subgraphs/observability/alerts/webhook-token.service.ts";
import { readConfig } from "../../subgraphs/shared/kernel/config.ts";
import {
  containersOf,
  ROOT as deploy,
  documents,
  kustomizations,
  type Manifest,
  manifestsOf,
  settingsIn,
  unknownFields,
  type Workload,
  workloadsOf,
} from "./manifests.ts";
import { filesUnder, ROOT, read } from "./source-files.ts";

const base = `${deploy}/base`;
const folders = [...kustomizations.keys()];
const everything = folders.flatMap((folder) => manifestsOf(folder));
const patches = folders.flatMap((folder) => manifestsOf(folder, "patches"));
const product = workloadsOf(base);
const workloads = [...product, ...folders.filter((folder) => folder !== base).flatMap(workloadsOf)];
const ours = workloads.filter((workload) => containersOf(workload).some(({ image }) => image === "aiops-nextgen"));
const named = (kind: string, name: string, among: readonly Manifest[] = manifestsOf(base)) =>
  among.filter((manifest) => manifest.kind === kind && manifest.metadata?.name === name);
const nameOf = ({ metadata }: Workload): string => metadata.name;

/** The base's labels go to every pod of it. */
const labelsOf = (workload: Workload): Record<string, string> => ({
  ...workload.spec.template.metadata.labels,
  ...(product.includes(workload) ? { "app.kubernetes.io/part-of": "aiops-nextgen" } : {}),
});
const Selector = z.object({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.literal("In"), values: z.array(z.string()) }))
    .default([]),
});
const selects = (selector: unknown, workload: Workload): boolean => {
  const { matchLabels, matchExpressions } = Selector.parse(selector);
  const labels = labelsOf(workload);
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ""))
  );
};

describe("deploy/kustomize", () => {
  it.each(folders)("%s names files that exist, and leaves none out", (folder) => {
    const { resources, components, patches, configMapGenerator } = kustomizations.get(folder) ?? {};
    const envs = (configMapGenerator ?? []).flatMap(({ envs }) => envs);
    const files = [...(resources ?? []), ...(patches ?? []).map(({ path }) => path), ...envs];
    const paths = [...files, ...(components ?? [])].map((path) => posix.join(folder, path));
    const isThere = (path: string) =>
      kustomizations.has(path) || (existsSync(posix.join(ROOT, path)) && /\.\w+$/.test(path));
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
    const beside = filesUnder(folder).filter((path) => posix.dirname(path) === folder);
    expect(beside.filter((path) => !paths.includes(path))).toEqual([`${folder}/kustomization.yaml`]);
  });

  it("has no field that Kubernetes does not know", () => {
    expect([...everything, ...patches].flatMap(unknownFields)).toEqual([]);
  });

  it("would notice a field that Kubernetes does not know", () => {
    const text = JSON.stringify(named("Deployment", "gateway")[0]).replaceAll("readinessProbe", "readynessProbe");
    expect(unknownFields(JSON.parse(text) as Manifest)).toEqual([
      "Deployment.spec.template.spec.containers[0].readynessProbe",
    ]);
  });

  it("patches what is there", () => {
    const lost = folders.flatMap((folder) =>
      (kustomizations.get(folder)?.patches ?? [])
        .filter(({ target }) => target === undefined)
        .flatMap(({ path }) => documents(posix.join(folder, path)))
        .map((patch) => patch as Manifest)
        .filter(({ kind, metadata }) => named(kind, metadata?.name ?? "").length === 0),
    );
    expect(lost).toEqual([]);
    const merged = folders.flatMap((folder) => kustomizations.get(folder)?.configMapGenerator ?? []);
    const made = merged.filter(({ behavior }) => behavior === undefined).map(({ name }) => name);
    expect(merged.filter(({ behavior, name }) => behavior === "merge" && !made.includes(name))).toEqual([]);
  });
});

describe("each process", () => {
  it.each(SUBGRAPHS.map(({ subgraph, port }) => [subgraph.name, port] as const))(
    "%s runs, on port %i",
    (name, port) => {
      const [container] = product.filter((workload) => nameOf(workload) === name).flatMap(containersOf);
      expect(container?.command).toEqual(["node", "dist/subgraphs/main.js", name]);
      expect(container?.ports).toEqual([{ name: "http", containerPort: port }]);
      expect(container?.env).toContainEqual({ name: "PORT", value: String(port) });
      expect(named("Service", name)).toMatchObject([{ spec: { ports: [{ name: "http", port, targetPort: "http" }] } }]);
      const urls = readConfig(
        Object.fromEntries(settingsIn(read(`${base}/gateway.env`).split("\n"))),
      ).AIOPS_SUBGRAPH_URLS;
      expect(urls[name]).toBe(`http://${name}:${port}/graphql`);
    },
  );

  it("is one that there is", () => {
    expect(product.map(nameOf).sort()).toEqual(["gateway", ...SUBGRAPHS.map(({ subgraph }) => subgraph.name)].sort());
  });

  it.each(workloads.map((workload) => [nameOf(workload), workload] as const))(
    "%s may do as little as can be",
    (_, workload) => {
      const pod = workload.spec.template.spec;
      expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      // OpenShift refuses a user that is not of the namespace's range.
      if (ours.includes(workload)) expect(pod.securityContext.runAsUser).toBeUndefined();
      for (const container of containersOf(workload)) {
        expect(container.securityContext, container.name).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(container, container.name).toMatchObject({
          resources: {
            requests: { cpu: expect.any(String), memory: expect.any(String) },
            limits: { memory: expect.any(String) },
          },
          volumeMounts: expect.arrayContaining([{ name: "tmp", mountPath: "/tmp" }]),
        });
      }
    },
  );

  it.each(product.map((workload) => [nameOf(workload), workload] as const))(
    "%s is asked how it is, and may end in peace",
    (name, workload) => {
      const pod = workload.spec.template.spec;
      const server = read(
        name === "gateway" ? "gateway/transports/health.ts" : "subgraphs/shared/kernel/subgraph-server.ts",
      );
      const [container] = pod.containers;
      for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
        const { httpGet } = z
          .object({ httpGet: z.object({ path: z.string(), port: z.literal("http") }) })
          .parse(container?.[probe]);
        expect(server).toContain(`app.get("${httpGet.path}"`);
      }
      const [, seconds] = z
        .object({ preStop: z.object({ exec: z.object({ command: z.tuple([z.literal("sleep"), z.string()]) }) }) })
        .parse(container?.["lifecycle"]).preStop.exec.command;
      const needed = Number(seconds) + readConfig({}).AIOPS_SHUTDOWN_GRACE_MS / 1000;
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(needed);
    },
  );

  it("is of one image, whose version is this one", () => {
    expect(new Set(product.flatMap(containersOf).map(({ image }) => image))).toEqual(new Set(["aiops-nextgen"]));
    const { version } = JSON.parse(read("package.json")) as { version: string };
    for (const folder of folders.filter((path) => path.includes("/overlays/"))) {
      const tag = folder.endsWith("/demo") ? "latest" : version;
      expect(kustomizations.get(folder)?.images, folder).toMatchObject([{ name: "aiops-nextgen", newTag: tag }]);
    }
    expect(read("Dockerfile"), "runAsNonRoot needs a number").toMatch(/^USER [1-9]\d*/m);
  });
});

describe("what is set", () => {
  const known = new Set(["NODE_ENV", ...Object.keys(readConfig({}))]);
  const demo = read("demo/main.ts");
  const generated = folders.flatMap((folder) =>
    (kustomizations.get(folder)?.configMapGenerator ?? []).flatMap(({ envs, literals }) =>
      settingsIn([...envs.flatMap((file) => read(posix.join(folder, file)).split("\n")), ...literals]),
    ),
  );

  it("in config maps is known, accepted, and no secret", () => {
    expect(generated.length).toBeGreaterThan(5);
    expect(generated.filter(([name]) => !known.has(name))).toEqual([]);
    for (const [name, value] of generated) expect(() => readConfig({ [name]: value }), name).not.toThrow();
    expect(generated.filter(([name]) => /_URL$|SECRET|KEY|TOKENS|LLM/.test(name)).map(([name]) => name)).toEqual([
      "AIOPS_GRAPH_URL",
      "AIOPS_REPORTS_S3_URL",
      "AIOPS_SECRETS_NAMESPACES",
    ]);
  });

  it.each(ours.map((workload) => [nameOf(workload), workload] as const))(
    "for %s is known to what reads it",
    (name, workload) => {
      const names = containersOf(workload).flatMap(({ env }) => env.map((variable) => variable.name));
      const isKnown = (variable: string) =>
        name === "demo" ? new RegExp(`\\b${variable}:`).test(demo) : known.has(variable);
      expect(names.filter((variable) => !isKnown(variable))).toEqual([]);
      for (const { env } of containersOf(workload))
        for (const { name, valueFrom } of env)
          if (valueFrom) expect(valueFrom.secretKeyRef).toMatchObject({ name: "aiops-nextgen", key: name });
    },
  );

  it.each(SUBGRAPHS.map(({ subgraph }) => subgraph.name))(
    "for %s is all that a subgraph on its own requires",
    (name) => {
      const source = /requireVariables\(config, \[(.+)\]\)/.exec(read("subgraphs/run-subgraph.ts"))?.[1] ?? "";
      const required = Array.from(source.matchAll(/"(\w+)"/g), ([, variable = ""]) => variable);
      expect(required.length).toBeGreaterThan(2);
      const [container] = product.filter((workload) => nameOf(workload) === name).flatMap(containersOf);
      expect(container?.env.map((variable) => variable.name)).toEqual(expect.arrayContaining(required));
    },
  );
});

describe("what refers to a process", () => {
  it.each(folders)("in %s finds it", (folder) => {
    const near = folder === base ? product : [...product, ...workloadsOf(folder)];
    const lost: string[] = [];
    for (const { kind, metadata, ...rest } of manifestsOf(folder)) {
      const spec = z.looseObject({}).safeParse(rest["spec"]).data ?? {};
      const found = (selector: unknown) => near.filter((workload) => selects(selector, workload)).length;
      const at = `${kind} ${metadata?.name}`;
      if (kind === "Deployment" || kind === "StatefulSet" || kind === "PodDisruptionBudget")
        if (found(spec["selector"]) !== 1) lost.push(at);
      if (kind === "Service" && found({ matchLabels: spec["selector"] }) !== 1) lost.push(at);
      if (kind === "NetworkPolicy" && found(spec["podSelector"]) === 0) lost.push(at);
      if (kind === "HorizontalPodAutoscaler") {
        const { name } = z.object({ name: z.string() }).loose().parse(spec["scaleTargetRef"]);
        const [target] = near.filter((workload) => nameOf(workload) === name);
        // A number of its own would undo the autoscaler's with each apply.
        if (!target || target.spec.replicas !== undefined) lost.push(at);
      }
    }
    expect(lost).toEqual([]);
  });

  it("lets everything reach the collector that the component for traces names", () => {
    const tracing = `${deploy}/components/tracing`;
    const { OTEL_EXPORTER_OTLP_ENDPOINT: url = "" } = Object.fromEntries(
      settingsIn(read(`${tracing}/otlp.env`).split("\n")),
    );
    const [policy] = named("NetworkPolicy", "tracing", manifestsOf(tracing));
    expect(policy?.["spec"]).toMatchObject({
      egress: [{ ports: [{ protocol: "TCP", port: Number(new URL(url).port) }] }],
    });
  });

  it("lets who signs users in by their own tokens ask whose they are", () => {
    const [binding] = named(
      "ClusterRoleBinding",
      "aiops-nextgen-token-review",
      manifestsOf(`${deploy}/components/token-review`),
    );
    expect(binding).toMatchObject({ roleRef: { kind: "ClusterRole", name: "system:auth-delegator" } });
    const [subject] = z.array(z.object({ kind: z.string(), name: z.string() })).parse(binding?.["subjects"]);
    expect(named(subject?.kind ?? "", subject?.name ?? "")).toHaveLength(1);
    expect(product.find((workload) => nameOf(workload) === "gateway")?.spec.template.spec).toMatchObject({
      serviceAccountName: subject?.name,
    });
  });

  it("gives each a disruption budget", () => {
    expect(product.map(nameOf).filter((name) => named("PodDisruptionBudget", name).length !== 1)).toEqual([]);
  });

  it("leads every path of the gateway in, its metrics not", () => {
    const [ingress] = named("Ingress", "aiops-nextgen", manifestsOf(`${deploy}/overlays/kubernetes`));
    const led = Array.from(
      JSON.stringify(ingress).matchAll(/"path":"([^"]+)","pathType":"(\w+)","backend":{"service":{"name":"(\w+)"/g),
      ([, path = "", type, service]) => ({ path, type, service }),
    );
    const serviceOf = (asked: string) =>
      led.find(({ path, type }) => asked === path || (type === "Prefix" && asked.startsWith(`${path}/`)))?.service;
    const gateway = ["/", "/graphql", "/graphql/stream", ...FORWARDED.map(({ path }) => path)];
    expect(gateway.filter((path) => serviceOf(path) !== "gateway")).toEqual([]);
    expect(serviceOf(`${WEBHOOK_PATH}/a-token`)).toBe("observability");
    expect(["/metrics", "/readyz", "/healthz"].map(serviceOf)).toEqual([undefined, undefined, undefined]);
  });
});
