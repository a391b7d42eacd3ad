import { z } from "zod";

/** `[unixSeconds, "value"]`; NaN, +Inf and -Inf are texts too. */
export type Sample = [number, string];

export const ResultType = { MATRIX: "MATRIX", VECTOR: "VECTOR", SCALAR: "SCALAR", STRING: "STRING" } as const;
export type ResultType = (typeof ResultType)[keyof typeof ResultType];

export interface Series {
  metric: Record<string, string>;
  values: Sample[];
}

export interface QueryResult {
  resultType: ResultType;
  series: Series[];
  /** Warnings mean that the backend itself calls its answer partial; infos do not. */
  warnings: string[];
  infos: string[];
}

/** Checked by hand: an answer holds up to millions of samples, and zod would visit each. */
const isSample = (value: unknown): value is Sample =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === "number" && typeof value[1] === "string";
const Sample = z.custom<Sample>(isSample);
const Samples = z.custom<Sample[]>((value) => Array.isArray(value) && value.every(isSample));
const Labels = z.custom<Record<string, string>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);

/** Native histograms have no place in a sample's one value: they are left out, and the answer says so. */
const NativeHistogram = z.array(z.unknown()).optional();
export const HISTOGRAMS_LEFT_OUT =
  "native histograms are left out: ask for histogram_quantile, histogram_sum or histogram_count";

const Data = z.discriminatedUnion("resultType", [
  z.object({
    resultType: z.literal("matrix"),
    result: z.array(z.object({ metric: Labels, values: Samples.default([]), histograms: NativeHistogram })),
  }),
  z.object({
    resultType: z.literal("vector"),
    result: z.array(z.object({ metric: Labels, value: Sample.optional(), histogram: NativeHistogram })),
  }),
  z.object({ resultType: z.literal("scalar"), result: Sample }),
  z.object({ resultType: z.literal("string"), result: Sample }),
]);

const notes = z.array(z.string()).default([]);

/** https://prometheus.io/docs/prometheus/latest/querying/api/ : the answer of query and query_range. */
export const QueryAnswer = z
  .object({ status: z.literal("success"), data: Data, warnings: notes, infos: notes })
  .transform(
    ({ data, warnings, infos }): QueryResult => ({
      ...toSeries(data),
      warnings: [...warnings.map(publicText), ...(hasHistograms(data) ? [HISTOGRAMS_LEFT_OUT] : [])],
      infos: infos.map(publicText),
    }),
  );

function hasHistograms(data: z.output<typeof Data>): boolean {
  if (data.resultType === "matrix") return data.result.some(({ histograms }) => histograms);
  return data.resultType === "vector" && data.result.some(({ histogram }) => histogram);
}

const ADDRESS =
  /(?:https?:\/\/)[^\s"']+|(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?|\[[0-9a-f:]+\](?::\d+)?|[\w-]+(?:\.[\w-]+)+:\d+/gi;
const MAX_TEXT = 1000;

/** A server's own words without the addresses in them: a Thanos names its stores, and where they are is not the caller's. */
export const publicText = (text: string): string => text.slice(0, MAX_TEXT).replace(ADDRESS, "…");

export const ErrorAnswer = z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() });
export type ErrorAnswer = z.infer<typeof ErrorAnswer>;

function toSeries(data: z.output<typeof Data>): Pick<QueryResult, "resultType" | "series"> {
  switch (data.resultType) {
    case "matrix":
      return {
        resultType: "MATRIX",
        series: data.result.filter(({ values }) => values.length > 0).map(({ metric, values }) => ({ metric, values })),
      };
    case "vector":
      return {
        resultType: "VECTOR",
        series: data.result.flatMap(({ metric, value }) => (value ? [{ metric, values: [value] }] : [])),
      };
    case "scalar":
      return { resultType: "SCALAR", series: [{ metric: {}, values: [data.result] }] };
    case "string":
      return { resultType: "STRING", series: [{ metric: {}, values: [data.result] }] };
  }
}
