import type { ClusterType, Environment, Platform } from "../../../prisma/generated/enums.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { type KubeconfigContext, kubeconfigContexts } from "../../shared/upstreams/kubernetes/kubeconfig-contexts.ts";
import { clusterNames, isOpenshiftContext } from "./cluster-name.mapper.ts";
import type { Candidate, ImportOptions, ImportRow, ImportService, Prepared } from "./import.service.ts";

export interface KubeconfigImport extends ImportOptions {
  kubeconfig: string;
  /** By name; all unless given. */
  contexts?: readonly string[] | null;
  namePrefix?: string | null;
  labels?: Record<string, string> | null;
  environment?: Environment | null;
  clusterType?: ClusterType | null;
  platform?: Platform | null;
  /** With {name} and {host} in it. */
  prometheusUrlTemplate?: string | null;
}

const MAX_CONTEXTS = 200;

/** Every context of a kubeconfig as a cluster of its own, with credentials of its own. */
export class KubeconfigImportService {
  readonly #imports: ImportService;

  constructor(imports: ImportService) {
    this.#imports = imports;
  }

  /**
   * One row for each context that was asked for, in that order.
   * @throws CREDENTIALS_INVALID where it is no kubeconfig, and LIMIT_EXCEEDED for more than 200 contexts.
   */
  async import(operation: Operation, given: KubeconfigImport): Promise<ImportRow[]> {
    requireRole(operation.identity, "admin");
    const all = await kubeconfigContexts(given.kubeconfig);
    const wanted = [...new Set(given.contexts ?? all.map(({ name }) => name))];
    if (wanted.length > MAX_CONTEXTS) throw tooMany(wanted.length);
    // Names are made with all contexts in view: a part imported alone is named as it would be among the others.
    const names = clusterNames(
      all.map(({ name, server, endpoint }) => ({ context: name, server, endpoint })),
      given.namePrefix ?? "",
    );
    const contexts = new Map(all.map((context, i) => [context.name, { context, name: names[i] ?? "" }]));
    const imported = new Map<string, string>();
    const candidates: Candidate[] = [];
    for (const wish of wanted) {
      const found = contexts.get(wish);
      candidates.push(found ? await candidateOf(found, imported, given) : unknown(wish));
    }
    return await this.#imports.carryOut(operation, candidates, given);
  }
}

/** @param imported endpoints that an earlier context leads to, with its name. */
async function candidateOf(
  { context, name }: { context: KubeconfigContext; name: string },
  imported: Map<string, string>,
  given: KubeconfigImport,
): Promise<Candidate> {
  const candidate = { context: context.name, name, passedOver: null };
  try {
    const alone = await context.extract();
    const twin = imported.get(context.endpoint);
    if (twin !== undefined) return { ...candidate, passedOver: sameCluster(twin), prepare: neverPrepared };
    imported.set(context.endpoint, context.name);
    return { ...candidate, prepare: async () => prepared(context, name, alone, given) };
  } catch (error) {
    return { ...candidate, prepare: () => Promise.reject(error) };
  }
}

function prepared(
  { name: context, server }: KubeconfigContext,
  name: string,
  kubeconfig: string,
  given: KubeconfigImport,
) {
  const { labels, environment, clusterType, platform, prometheusUrlTemplate } = given;
  const apiServerUrl = server ?? "";
  const prometheusUrl = prometheusUrlTemplate && filled(prometheusUrlTemplate, name, apiServerUrl);
  const endpoints = prometheusUrl ? { endpoints: { prometheusUrl } } : {};
  const sure = { apiServerUrl, credentials: { kubeconfig }, ...endpoints };
  return {
    registration: {
      ...sure,
      name,
      labels: labels ?? {},
      environment: environment ?? "DEVELOPMENT",
      clusterType: clusterType ?? "SPOKE",
      platform: platform ?? (isOpenshiftContext(context) ? "OPENSHIFT" : "KUBERNETES"),
    },
    change: {
      ...sure,
      ...(labels ? { labels } : {}),
      ...(environment ? { environment } : {}),
      ...(clusterType ? { clusterType } : {}),
      ...(platform ? { platform } : {}),
    },
    warnings: [],
  } satisfies Prepared;
}

const filled = (template: string, name: string, apiServerUrl: string): string =>
  template.replaceAll("{name}", name).replaceAll("{host}", URL.parse(apiServerUrl)?.hostname ?? "");

const unknown = (context: string): Candidate => ({
  context,
  name: "",
  passedOver: null,
  prepare: () => Promise.reject(new CodedError("BAD_USER_INPUT", "The kubeconfig has no context of this name.")),
});

const neverPrepared = (): Promise<never> => Promise.reject(new Error("A cluster that is passed over was prepared."));

const sameCluster = (twin: string) => ({
  code: "CLUSTER_ALREADY_EXISTS" as const,
  message: `It leads to the same API server as the context ${JSON.stringify(twin)}, which is imported.`,
});

const tooMany = (contexts: number): CodedError =>
  new CodedError(
    "LIMIT_EXCEEDED",
    `The kubeconfig has ${contexts} contexts to import; at most ${MAX_CONTEXTS} can be at once. Choose some by contexts.`,
    { limit: MAX_CONTEXTS },
  );
