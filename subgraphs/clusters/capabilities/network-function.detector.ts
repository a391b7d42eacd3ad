import type { CnfType } from "../../../prisma/generated/enums.ts";
import type { PartialObject } from "../../shared/upstreams/kubernetes/objects/partial.ts";

/** Labels that say what a pod is, the most telling first. */
const LABELS = ["cnf-type", "nf-type", "app.kubernetes.io/component", "app.kubernetes.io/name", "app", "k8s-app"];

/** Words that name a function wherever they stand: of the 5G core, the 4G core, IMS and the RAN. */
const WORDS: ReadonlyMap<string, CnfType> = new Map<string, CnfType>([
  ["upf", "UPF"],
  ["amf", "AMF"],
  ["smf", "SMF"],
  ["vdu", "VDU"],
  ["odu", "VDU"],
  ["vcu", "VCU"],
  ["ocu", "VCU"],
  ...["nrf", "ausf", "udm", "udr", "udsf", "pcf", "nssf", "nef", "bsf", "sepp", "smsf", "n3iwf", "gnb", "gnodeb"]
    .concat(["enb", "enodeb", "mme", "hss", "sgwc", "sgwu", "pgwc", "pgwu", "pcrf", "epdg", "pcscf", "scscf", "icscf"])
    .map((word) => [word, "OTHER"] as const),
]);
/** Words that also mean other things: only at the start, or after a word of the RAN, and before nothing but a part or a number. */
const RAN_WORDS: ReadonlyMap<string, CnfType> = new Map<string, CnfType>([
  ["du", "VDU"],
  ["cu", "VCU"],
  ["cucp", "VCU"],
  ["cuup", "VCU"],
]);
const RAN = new Set(["o", "v", "gnb", "gnodeb", "ran", "oran", "vran", "oai", "srs", "srsran", "nr", "5g"]);
/** Parts of a unit, ordinals, and what Kubernetes appends to the names of pods. */
const PART = /^(cp|up|c|u|high|low|phy|l1|l2|l3|mac|rlc|\d+|site\d*|[bcdfghjklmnpqrstvwxz2456789]{4,10})$/;
/** Machinery around a function is none. */
const AROUND = new Set(["operator", "exporter", "dashboard", "webhook", "controller", "migration", "ui", "webui"]);

export interface NetworkFunction {
  type: CnfType;
  /** "name", or "label <key>". */
  by: string;
}

/** What network function a pod is, by its labels or else by its name; null where it is none that these tell. */
export function networkFunctionOf({ name, labels }: Pick<PartialObject, "name" | "labels">): NetworkFunction | null {
  if (wordsOf(name).some((word) => AROUND.has(word))) return null;
  for (const key of LABELS) {
    const type = labels[key] && typeOf(labels[key], key);
    if (type) return { type, by: `label ${key}` };
  }
  const type = typeOf(name, null);
  return type && { type, by: "name" };
}

const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);

function typeOf(text: string, label: string | null): CnfType | null {
  const words = wordsOf(text);
  if (words.some((word) => AROUND.has(word))) return null;
  let other: CnfType | null = null;
  for (const [index, word] of words.entries()) {
    const type = WORDS.get(word) ?? (isRanUnit(words, index, label) ? RAN_WORDS.get(word) : undefined);
    // "gnb-du": the unit says more than the station.
    if (type && type !== "OTHER") return type;
    other ??= type ?? null;
  }
  // A label made for it says that it is one, whatever its kind.
  return other ?? (label === "cnf-type" || label === "nf-type" ? "OTHER" : null);
}

function isRanUnit(words: readonly string[], index: number, label: string | null): boolean {
  if (label === "cnf-type" || label === "nf-type") return true;
  const before = words[index - 1];
  return (before === undefined || RAN.has(before)) && words.slice(index + 1).every((word) => PART.test(word));
}
