import { z } from "zod";
import type { Api } from "../api.ts";
import { clusterId, ENVIRONMENTS, PLATFORMS, TYPES } from "../clusters.ts";
import { command, type Given } from "../command.ts";
import { type KubeconfigFile, portable, readKubeconfig } from "../kubeconfig-file.ts";
import { labelsOf, oneOf } from "../options.ts";
import { table } from "../table.ts";
import { plain, type Terminal, UsageError } from "../terminal.ts";

/** Contexts of one request, below the API's 200 and its limit on a body. */
const BATCH = 100;

const OUTCOME = "context name status warnings error { code message }";
const KUBECONFIG = `mutation CliImportKubeconfig($input: ImportKubeconfigInput!) { outcomes: importKubeconfig(input: $input) { ${OUTCOME} } }`;
const HUB = `mutation CliImportFromHub($input: ImportFromHubInput!) { outcomes: importFromHub(input: $input) { ${OUTCOME} } }`;

const Outcome = z.object({
  context: z.string(),
  name: z.string().nullable(),
  status: z.string(),
  warnings: z.array(z.string()),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
type Outcome = z.output<typeof Outcome>;
const Outcomes = z.object({ outcomes: z.array(Outcome) });

const options = {
  kubeconfig: { type: "string" },
  context: { type: "string", multiple: true },
  all: { type: "boolean" },
  hub: { type: "string" },
  source: { type: "string" },
  selector: { type: "string" },
  "service-account": { type: "string" },
  label: { type: "string", multiple: true },
  "name-prefix": { type: "string" },
  environment: { type: "string" },
  type: { type: "string" },
  platform: { type: "string" },
  "prometheus-url-template": { type: "string" },
  "dry-run": { type: "boolean" },
  "on-existing": { type: "string" },
  output: { type: "string" },
} as const;
type Values = Given<typeof options>["values"];

const KUBECONFIG_ONLY = ["context", "all", "label", "type", "platform", "prometheus-url-template"] as const;
const HUB_ONLY = ["source", "selector", "service-account"] as const;

export const clustersImport = command({
  usage: "--kubeconfig FILE (--context NAME… | --all) [options]\n       aiops clusters import --hub NAME [options]",
  summary: "registers a kubeconfig's contexts, or the clusters that a hub manages",
  help: [
    "--kubeconfig FILE    where the contexts are; files that it refers to are read here and embedded",
    "--context NAME       register this one; may be repeated",
    "--all                register every context",
    "--label KEY=VALUE    a label for each cluster; may be repeated",
    "--type T             hub, spoke (default), edge, far-edge",
    "--platform P         openshift, kubernetes, microshift; unless given, openshift where oc wrote the context",
    "--prometheus-url-template U   with {name} and {host} in it",
    "--hub NAME           a registered hub: register what it manages",
    "--source S           acm (Red Hat ACM, Open Cluster Management) or cluster-profile; whichever there is, unless given",
    "--selector S         of its clusters, those with these labels",
    "--service-account N  sign in with the token of this ManagedServiceAccount",
    "--name-prefix P      put in front of each cluster's name",
    "--environment E      production, staging, development, lab",
    "--on-existing W      skip (default), update, fail: what becomes of a cluster whose name is registered already",
    "--dry-run            say what would be done, and change nothing",
    "--output O           table (default) or json",
  ],
  options,
  async run({ values, positionals }, api, terminal) {
    if (positionals.length > 0)
      throw new UsageError(`What is ${JSON.stringify(positionals[0])}? Options begin with --.`);
    const output = oneOf(["TABLE", "JSON"], values.output, "output") ?? "TABLE";
    const outcomes = await importing(values, api, terminal);
    if (output === "JSON") terminal.out(`${JSON.stringify(outcomes, null, 2)}\n`);
    else terminal.out(table(["CONTEXT", "NAME", "STATUS", "DETAIL"], outcomes.map(rowOf)));
    terminal.note(summaryOf(outcomes));
    return outcomes.some(({ status }) => status === "FAILED") ? 1 : 0;
  },
});

function importing(values: Values, api: Api, terminal: Terminal): Promise<Outcome[]> {
  const given = (names: readonly (keyof Values)[]) => names.find((name) => values[name] !== undefined);
  if ((values.kubeconfig === undefined) === (values.hub === undefined))
    throw new UsageError("Give either --kubeconfig FILE or --hub NAME.");
  const misplaced = given(values.hub === undefined ? HUB_ONLY : KUBECONFIG_ONLY);
  if (misplaced)
    throw new UsageError(`--${misplaced} goes with ${values.hub === undefined ? "--hub" : "--kubeconfig"}.`);
  return values.hub === undefined
    ? fromKubeconfig(values.kubeconfig ?? "", values, api, terminal)
    : fromHub(values.hub, values, api, terminal);
}

/** What both ways of importing take. What is not given is left out. */
const shared = (values: Values) => ({
  namePrefix: values["name-prefix"],
  environment: oneOf(ENVIRONMENTS, values.environment, "environment"),
  onExisting: oneOf(["SKIP", "UPDATE", "FAIL"], values["on-existing"], "on-existing"),
  dryRun: values["dry-run"],
});

async function fromHub(hub: string, values: Values, api: Api, terminal: Terminal): Promise<Outcome[]> {
  const chosen = {
    ...shared(values),
    source: oneOf(["ACM", "CLUSTER_PROFILE", "AUTO"], values.source, "source"),
    labelSelector: values.selector,
    serviceAccount: values["service-account"],
  };
  const input = { ...chosen, clusterId: await clusterId(api, hub) };
  terminal.note(`Importing what ${plain(hub)} manages…\n`);
  return (await api.ask(Outcomes, HUB, { input })).outcomes;
}

async function fromKubeconfig(path: string, values: Values, api: Api, terminal: Terminal): Promise<Outcome[]> {
  const chosen = {
    ...shared(values),
    clusterType: oneOf(TYPES, values.type, "type"),
    platform: oneOf(PLATFORMS, values.platform, "platform"),
    labels: labelsOf(values.label),
    prometheusUrlTemplate: values["prometheus-url-template"],
  };
  const file = await readKubeconfig(path);
  const wanted = wantedOf(values, file);
  const outcomes = new Map<string, Outcome>();
  for (let i = 0; i < wanted.length; i += BATCH) {
    const { kubeconfig, contexts, refused } = await portable(file, wanted.slice(i, i + BATCH));
    for (const { context, message } of refused) outcomes.set(context, refusal(context, message));
    if (contexts.length === 0) continue;
    terminal.note(`Importing ${contexts.length} of ${wanted.length} contexts…\n`);
    const answer = await api.ask(Outcomes, KUBECONFIG, { input: { ...chosen, kubeconfig, contexts } });
    for (const outcome of answer.outcomes) outcomes.set(outcome.context, outcome);
  }
  return wanted.flatMap((context) => outcomes.get(context) ?? []);
}

function wantedOf({ context, all }: Values, { contexts }: KubeconfigFile): string[] {
  const known = [...contexts.keys()];
  if (Boolean(all) === Boolean(context))
    throw new UsageError(`Give either --all or --context NAME. There are: ${known.map(plain).join(", ")}.`);
  return all ? known : [...new Set(context)];
}

const refusal = (context: string, message: string): Outcome => ({
  context,
  name: null,
  status: "FAILED",
  warnings: [],
  error: { code: "CREDENTIALS_INVALID", message },
});

const rowOf = ({ context, name, status, warnings, error }: Outcome) => [
  context,
  name,
  status,
  error ? error.message : warnings.join(" "),
];

function summaryOf(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>();
  for (const { status } of outcomes) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${count} ${status.toLowerCase()}`);
  return `${parts.join(", ") || "Nothing to import"}.\n`;
}
