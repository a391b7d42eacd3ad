import type { Cluster as Row } from "../../../prisma/generated/client.ts";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Logger } from "../../shared/kernel/log.ts";
import { type ApiGroups, readApiGroups } from "../../shared/upstreams/kubernetes/api-groups.ts";
import type { KubernetesClient } from "../../shared/upstreams/kubernetes/client.ts";
import { firstMetadata, firstObjects, type Sample } from "../../shared/upstreams/kubernetes/first-objects.ts";
import type { KubernetesObject } from "../../shared/upstreams/kubernetes/objects/metadata.ts";
import type { ResourceSliceObject } from "../../shared/upstreams/kubernetes/objects/resource-slice.ts";
import type { RouteObject } from "../../shared/upstreams/kubernetes/objects/route.ts";
import {
  INGRESSES,
  NODES,
  PODS,
  type Resource,
  ROUTES,
  resourceSlices,
  type Scope,
  SERVICES,
} from "../../shared/upstreams/kubernetes/resource.ts";
import { type BackendRow, detectBackends } from "./backend.detector.ts";
import type { Detection } from "./capabilities.repository.ts";
import { detectCnf } from "./cnf.detector.ts";
import { detectGpus } from "./gpu.detector.ts";
import { type Look, lookOf, missing } from "./look.detector.ts";
import { detectMesh } from "./mesh.detector.ts";
import { detectPlatform } from "./platform.detector.ts";
import { detectProposals } from "./proposal.detector.ts";

/** Of thin lines, too: what takes longer is told as unreachable, and tried again at the next detection. */
const LOOK_MS = 30_000;
/** What is read of a cluster at most: about 20 MiB, of the largest that Kubernetes supports. */
const MOST = { nodes: 5000, slices: 5000, pods: 5000, services: 2000, routes: 1000, ingresses: 1000 } as const;
const SLICE_VERSIONS = ["v1", "v1beta2", "v1beta1"];

export type DetectedRow = BackendRow & Pick<Row, "platform"> & Parameters<FleetClients["kubernetes"]>[0];

/** Looks at a cluster, in a bounded number of bounded requests, and makes out what it has. Never rejects but for ours. */
export class DetectionService {
  readonly #clients: FleetClients;
  readonly #log: Logger;

  constructor(clients: FleetClients, log: Logger) {
    this.#clients = clients;
    this.#log = log;
  }

  async detect(row: DetectedRow, signal: AbortSignal): Promise<Detection> {
    const look = <T>(read: (client: KubernetesClient, signal: AbortSignal) => Promise<T | null>): Promise<Look<T>> =>
      this.#look(async (patience) => await read(await this.#clients.kubernetes(row), patience), signal);
    const first = <T extends KubernetesObject>(resource: Resource<T>, most: number, scope: Scope = {}) =>
      look((client, patience) => firstObjects(client, resource, scope, { most, signal: patience }));

    const groups = look((client, patience) => readApiGroups(client, { signal: patience }));
    // What a group rules out is not asked for: it may be forbidden where it cannot be.
    const where = async <T>(group: string, ask: () => Promise<Look<T>>): Promise<Look<T>> => {
      const all = await groups;
      return "seen" in all && !all.seen.has(group) ? missing(`The API server has no group ${group}.`) : await ask();
    };
    const [known, nodes, pods, services, ingresses, slices, routes, openshift, microshift, kubernetes, thanos] =
      await Promise.all([
        groups,
        first(NODES, MOST.nodes),
        look((client, patience) => firstMetadata(client, PODS, {}, { most: MOST.pods, signal: patience })),
        first(SERVICES, MOST.services),
        first(INGRESSES, MOST.ingresses),
        groups.then((all) => slicesOf(all, (version) => first(resourceSlices(version), MOST.slices))),
        where("route.openshift.io", () => routesOf((scope) => first(ROUTES, MOST.routes, scope))),
        where("config.openshift.io", () => look((client, patience) => client.openshiftVersion({ signal: patience }))),
        where("route.openshift.io", () => look((client, patience) => client.microshiftVersion({ signal: patience }))),
        look((client, patience) => client.version({ signal: patience })),
        row.prometheusUrl === null ? null : this.#thanos(row, signal),
      ]);

    const gpus = detectGpus(nodes, slices);
    const cnf = detectCnf(pods, nodes, known);
    const mesh = detectMesh(known);
    const platform = detectPlatform({ openshift, microshift, kubernetes }, row.platform);
    const backends = detectBackends(row, thanos);
    const endpoints = detectProposals({ routes, ingresses, services });
    return {
      values: {
        ...gpus.values,
        ...cnf.values,
        ...backends.values,
        ...(mesh.finding.status === "UNREACHABLE" ? {} : { hasServiceMesh: mesh.hasServiceMesh }),
        ...(platform.platformVersion === null ? {} : { platformVersion: platform.platformVersion }),
      },
      findings: [
        ...gpus.findings,
        ...backends.findings,
        mesh.finding,
        ...cnf.findings,
        platform.finding,
        ...endpoints.findings,
      ],
      proposals: endpoints.proposals,
      gpusUnread: gpus.values === null,
    };
  }

  #thanos(row: DetectedRow, signal: AbortSignal): Promise<Look<boolean>> {
    return this.#look(async (patience) => {
      const client = await this.#clients.prometheus(row);
      return await client.isThanos({ signal: patience, requestId: `capabilities-${row.id}` });
    }, signal);
  }

  /** A look that fails hides nothing of what the others find. */
  async #look<T>(read: (signal: AbortSignal) => Promise<T | null>, signal: AbortSignal): Promise<Look<T>> {
    const [outcome] = await fanOut([read], (task, patience) => orAbsent(task(patience)), {
      signal,
      patienceMs: () => LOOK_MS,
      onInternalError: (error) => this.#log.error({ err: error }, "a detection failed here"),
    });
    return outcome ? lookOf(outcome) : missing("It was not asked for.");
  }
}

/** Null where the server says that there is no such thing (404). */
const orAbsent = <T>(value: Promise<T>): Promise<T | null> =>
  value.catch((error: unknown) => {
    if (error instanceof CodedError && error.details?.["status"] === 404) return null;
    throw error;
  });

type SliceLook = Look<Sample<ResourceSliceObject>>;

async function slicesOf(groups: Look<ApiGroups>, read: (version: string) => Promise<SliceLook>): Promise<SliceLook> {
  if ("missed" in groups) return groups;
  const served = groups.seen.get("resource.k8s.io") ?? [];
  const version = SLICE_VERSIONS.find((candidate) => served.includes(candidate));
  return version === undefined ? missing("The API server has no group resource.k8s.io.") : await read(version);
}

type RouteLook = Look<Sample<RouteObject>>;

/** Those of all namespaces; where these are forbidden, those of OpenShift's monitoring, which more may read. */
async function routesOf(read: (scope: Scope) => Promise<RouteLook>): Promise<RouteLook> {
  const all = await read({});
  if ("seen" in all || all.missed.status !== "FORBIDDEN") return all;
  const some = await read({ namespace: "openshift-monitoring" });
  return "seen" in some ? { seen: { ...some.seen, complete: false } } : all;
}
