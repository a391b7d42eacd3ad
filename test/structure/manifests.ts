import { posix } from "node:path";
import * as k8s from "@kubernetes/client-node";
import { z } from "zod";
import { filesUnder, read } from "./source-files.ts";

// What the tests of deploy/ read: files as they are, without kustomize, which is on no machine for sure.

const labels = z.record(z.string(), z.string()).default({});

const Container = z.looseObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).default([]),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })).default([]),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })).default([]),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z.object({ secretKeyRef: z.looseObject({ name: z.string(), key: z.string() }) }).optional(),
      }),
    )
    .default([]),
  securityContext: z.unknown().optional(),
});
export type Container = z.infer<typeof Container>;

const Workload = z.looseObject({
  kind: z.enum(["Deployment", "StatefulSet"]),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    replicas: z.number().optional(),
    selector: z.object({ matchLabels: labels }),
    template: z.object({
      metadata: z.object({ labels }),
      spec: z.looseObject({
        automountServiceAccountToken: z.boolean().optional(),
        terminationGracePeriodSeconds: z.number().optional(),
        securityContext: z.looseObject({ runAsUser: z.number().optional() }),
        containers: z.array(Container).min(1),
        initContainers: z.array(Container).default([]),
      }),
    }),
  }),
});
export type Workload = z.infer<typeof Workload>;

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }).optional(),
});
export type Manifest = z.infer<typeof Manifest>;

const list = z.array(z.string()).default([]);
const Kustomization = z.looseObject({
  kind: z.enum(["Kustomization", "Component"]),
  resources: list,
  components: list,
  images: z.array(z.object({ name: z.string(), newTag: z.string() }).loose()).default([]),
  patches: z.array(z.looseObject({ path: z.string(), target: z.unknown().optional() })).default([]),
  configMapGenerator: z
    .array(z.object({ name: z.string(), behavior: z.literal("merge").optional(), envs: list, literals: list }))
    .default([]),
});
export type Kustomization = z.infer<typeof Kustomization>;

export const ROOT = "deploy/kustomize";

/** Below a key of ours, since what the library takes for an object of Kubernetes loses the fields that it does not know. */
export const documents = (path: string): unknown[] =>
  read(path)
    .split(/^---$/m)
    .map((text) => k8s.loadYaml<{ document: unknown }>(`document:\n${text.replaceAll(/^/gm, "  ")}`).document);

/** Each folder that kustomize can read, with what it says. */
export const kustomizations: ReadonlyMap<string, Kustomization> = new Map(
  filesUnder(ROOT)
    .filter((path) => posix.basename(path) === "kustomization.yaml")
    .map((path) => [posix.dirname(path), Kustomization.parse(documents(path)[0])]),
);

/** What a folder's own files say there shall be, and (as patches) what shall be otherwise. */
export const manifestsOf = (folder: string, part: "resources" | "patches" = "resources"): Manifest[] => {
  const { resources = [], patches = [] } = kustomizations.get(folder) ?? {};
  const files = part === "resources" ? resources : patches.map(({ path }) => path);
  return files
    .filter((file) => !kustomizations.has(posix.join(folder, file)))
    .flatMap((file) => documents(posix.join(folder, file)))
    .filter((document) => !Array.isArray(document))
    .map((document) => Manifest.parse(document));
};

export const workloadsOf = (folder: string): Workload[] =>
  manifestsOf(folder)
    .filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet")
    .map((manifest) => Workload.parse(manifest));

export const containersOf = ({ spec: { template } }: Workload): Container[] => [
  ...template.spec.containers,
  ...template.spec.initContainers,
];

/** NAME=value lines: of an env file, or of literals. */
export const settingsIn = (lines: readonly string[]): [string, string][] =>
  lines
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);

interface Model {
  getAttributeTypeMap(): { baseName: string; type: string }[];
}
const models = k8s as unknown as Record<string, Partial<Model> | undefined>;

/** Kubernetes' own name of the model, such as V2HorizontalPodAutoscaler; undefined for what an operator adds. */
const modelOf = ({ apiVersion, kind }: Manifest): string | undefined => {
  const name = `${apiVersion.replace(/^.*\//, "").replace(/^v/, "V")}${kind}`;
  return /^v\d|^(apps|policy|autoscaling|networking\.k8s\.io|rbac\.authorization\.k8s\.io)\//.test(apiVersion)
    ? name
    : undefined;
};

/** The fields of a manifest that Kubernetes does not know, each with its path. */
export function unknownFields(manifest: Manifest): string[] {
  const model = modelOf(manifest);
  if (model === undefined) return [];
  if (!models[model]?.getAttributeTypeMap) return [`no such kind: ${manifest.apiVersion} ${manifest.kind}`];
  return unknownIn(manifest, model, manifest.kind);
}

function unknownIn(value: unknown, type: string, path: string): string[] {
  const [, item] = /^Array<(.+)>$/.exec(type) ?? [];
  if (item !== undefined) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((each, index) => unknownIn(each, item, `${path}[${index}]`));
  }
  const fields = models[type]?.getAttributeTypeMap?.();
  // A map, or what is written as a text or a number.
  if (!fields) return [];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path} is no ${type}`];
  return Object.entries(value).flatMap(([name, part]) => {
    const field = fields.find(({ baseName }) => baseName === name);
    if (field) return unknownIn(part, field.type, `${path}.${name}`);
    return name === "$patch" ? [] : [`${path}.${name}`];
  });
}
