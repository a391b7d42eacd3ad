import { z } from "zod";
import { publicText } from "./schema.ts";

/** What Prometheus has, rather than what it measures: names, series, metadata, rules, targets. */
export interface Listing<T> {
  items: T[];
  warnings: string[];
  /** Of the answer's body. */
  bytes: number;
}

export type LabelSet = Record<string, string>;

export interface Metadata {
  metric: string;
  type: string;
  help: string;
  /** Empty where nobody said. */
  unit: string;
}

export const RuleKind = { ALERTING: "ALERTING", RECORDING: "RECORDING" } as const;
export type RuleKind = (typeof RuleKind)[keyof typeof RuleKind];

export const RuleState = { FIRING: "FIRING", PENDING: "PENDING", INACTIVE: "INACTIVE" } as const;
export type RuleState = (typeof RuleState)[keyof typeof RuleState];

export const RuleHealth = { OK: "OK", ERROR: "ERROR", UNKNOWN: "UNKNOWN" } as const;
export type RuleHealth = (typeof RuleHealth)[keyof typeof RuleHealth];

export const TargetHealth = { UP: "UP", DOWN: "DOWN", UNKNOWN: "UNKNOWN" } as const;
export type TargetHealth = (typeof TargetHealth)[keyof typeof TargetHealth];

export interface Rule {
  kind: RuleKind;
  group: string;
  file: string;
  name: string;
  query: string;
  labels: LabelSet;
  annotations: LabelSet;
  /** Of an alert: how long it must hold. */
  forSeconds: number | null;
  state: RuleState | null;
  health: RuleHealth;
  lastError: string | null;
  lastEvaluation: Date | null;
  evaluationSeconds: number | null;
  activeAlerts: number | null;
}

export interface ScrapeTarget {
  pool: string;
  labels: LabelSet;
  health: TargetHealth;
  lastError: string | null;
  lastScrape: Date | null;
  scrapeSeconds: number | null;
  interval: string | null;
}

const answer = <T extends z.ZodType>(data: T) =>
  z.object({
    status: z.literal("success"),
    data,
    warnings: z
      .array(z.string())
      .default([])
      .transform((texts) => texts.map(publicText)),
  });

const listed = <T>({ data, warnings }: { data: T[]; warnings: string[] }): Omit<Listing<T>, "bytes"> => ({
  items: data,
  warnings,
});

const labels = z.record(z.string(), z.string());

// Null where a server has none: some write it for an empty list.
export const NamesAnswer = answer(
  z
    .array(z.string())
    .nullable()
    .transform((names) => names ?? []),
).transform(listed);
export const SeriesAnswer = answer(
  z
    .array(labels)
    .nullable()
    .transform((sets) => sets ?? []),
).transform(listed);

export const MetadataAnswer = answer(
  z
    .record(
      z.string(),
      z.array(z.object({ type: z.string(), help: z.string().default(""), unit: z.string().default("") })),
    )
    .transform((metrics): Metadata[] =>
      Object.entries(metrics).flatMap(([metric, said]) => said.map((each) => ({ metric, ...each }))),
    ),
).transform(listed);

/** Never, for Go, is the year one. */
const time = z
  .string()
  .nullish()
  .transform((text) => {
    const date = new Date(text ?? Number.NaN);
    return Number.isNaN(date.getTime()) || date.getUTCFullYear() <= 1 ? null : date;
  });
const error = z
  .string()
  .nullish()
  .transform((text) => (text ? publicText(text) : null));
const oneOf = <T extends string>(known: Readonly<Record<T, T>>, other: T) =>
  z
    .string()
    .nullish()
    .transform((text): T => known[(text ?? "").toUpperCase() as T] ?? other);

const RuleSchema = z
  .object({
    type: z.string(),
    name: z.string(),
    query: z.string(),
    labels: labels.nullish(),
    annotations: labels.nullish(),
    duration: z.number().nullish(),
    state: z.string().nullish(),
    health: z.string().nullish(),
    lastError: error,
    lastEvaluation: time,
    evaluationTime: z.number().nullish(),
    alerts: z.array(z.unknown()).nullish(),
  })
  .transform((rule): Omit<Rule, "group" | "file"> => {
    const alerting = rule.type === "alerting";
    return {
      kind: alerting ? "ALERTING" : "RECORDING",
      name: rule.name,
      query: rule.query,
      labels: rule.labels ?? {},
      annotations: rule.annotations ?? {},
      forSeconds: alerting ? (rule.duration ?? null) : null,
      state: RuleState[(rule.state ?? "").toUpperCase() as RuleState] ?? null,
      health: rule.health === "ok" ? "OK" : rule.health === "err" ? "ERROR" : "UNKNOWN",
      lastError: rule.lastError,
      lastEvaluation: rule.lastEvaluation,
      evaluationSeconds: rule.evaluationTime ?? null,
      activeAlerts: alerting ? (rule.alerts ?? []).length : null,
    };
  });

export const RulesAnswer = answer(
  z
    .object({
      groups: z.array(
        z.object({ name: z.string(), file: z.string().default(""), rules: z.array(RuleSchema).nullable() }),
      ),
    })
    .transform(({ groups }): Rule[] =>
      groups.flatMap(({ name: group, file, rules }) => (rules ?? []).map((rule) => ({ group, file, ...rule }))),
    ),
).transform(listed);

export const TargetsAnswer = answer(
  z
    .object({
      activeTargets: z
        .array(
          z.object({
            scrapePool: z.string().default(""),
            labels: labels.default({}),
            health: oneOf(TargetHealth, "UNKNOWN"),
            lastError: error,
            lastScrape: time,
            lastScrapeDuration: z.number().nullish(),
            scrapeInterval: z.string().nullish(),
          }),
        )
        .nullable(),
    })
    .transform(({ activeTargets }): ScrapeTarget[] =>
      (activeTargets ?? []).map((target) => ({
        pool: target.scrapePool,
        labels: target.labels,
        health: target.health,
        lastError: target.lastError,
        lastScrape: target.lastScrape,
        // Nothing was measured before the first scrape.
        scrapeSeconds: target.lastScrape ? (target.lastScrapeDuration ?? null) : null,
        interval: target.scrapeInterval ?? null,
      })),
    ),
).transform(listed);
