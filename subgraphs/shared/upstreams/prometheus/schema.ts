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

const Data = z.discriminatedUnion("resultType", [
  z.object({ resultType: z.literal("matrix"), result: z.array(z.object({ metric: Labels, values: Samples })) }),
  z.object({ resultType: z.literal("vector"), result: z.array(z.object({ metric: Labels, value: Sample })) }),
  z.object({ resultType: z.literal("scalar"), result: Sample }),
  z.object({ resultType: z.literal("string"), result: Sample }),
]);

const notes = z.array(z.string()).default([]);

/** https://prometheus.io/docs/prometheus/latest/querying/api/ : the answer of query and query_range. */
export const QueryAnswer = z
  .object({ status: z.literal("success"), data: Data, warnings: notes, infos: notes })
  .transform(({ data, warnings, infos }): QueryResult => ({ ...toSeries(data), warnings, infos }));

export const ErrorAnswer = z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() });
export type ErrorAnswer = z.infer<typeof ErrorAnswer>;

function toSeries(data: z.output<typeof Data>): Pick<QueryResult, "resultType" | "series"> {
  switch (data.resultType) {
    case "matrix":
      return { resultType: "MATRIX", series: data.result };
    case "vector":
      return { resultType: "VECTOR", series: data.result.map(({ metric, value }) => ({ metric, values: [value] })) };
    case "scalar":
      return { resultType: "SCALAR", series: [{ metric: {}, values: [data.result] }] };
    case "string":
      return { resultType: "STRING", series: [{ metric: {}, values: [data.result] }] };
  }
}
