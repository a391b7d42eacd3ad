import type { ValueType } from "./ast.ts";

/** A question mark makes an argument optional; a star allows any number of it, at the end. */
type Argument = ValueType | `${ValueType}${"?" | "*"}`;

const RANGE: readonly Argument[] = ["range vector"];
const VECTOR: readonly Argument[] = ["instant vector"];
const SCALAR_OF_VECTOR: readonly Argument[] = ["scalar", "instant vector"];
const LABELS: readonly Argument[] = ["instant vector", "string", "string", "string", "string"];

const DATE: readonly Argument[] = ["instant vector?"];

/** The functions that are known, with the types of their arguments. */
export const SIGNATURES: Readonly<Record<string, readonly Argument[]>> = {
  rate: RANGE,
  irate: RANGE,
  increase: RANGE,
  delta: RANGE,
  idelta: RANGE,
  deriv: RANGE,
  changes: RANGE,
  resets: RANGE,
  absent_over_time: RANGE,
  present_over_time: RANGE,
  avg_over_time: RANGE,
  min_over_time: RANGE,
  max_over_time: RANGE,
  sum_over_time: RANGE,
  count_over_time: RANGE,
  last_over_time: RANGE,
  stddev_over_time: RANGE,
  stdvar_over_time: RANGE,
  first_over_time: RANGE,
  mad_over_time: RANGE,
  quantile_over_time: ["scalar", "range vector"],
  predict_linear: ["range vector", "scalar"],
  double_exponential_smoothing: ["range vector", "scalar", "scalar"],
  histogram_quantile: SCALAR_OF_VECTOR,
  histogram_fraction: ["scalar", "scalar", "instant vector"],
  histogram_avg: VECTOR,
  histogram_count: VECTOR,
  histogram_sum: VECTOR,
  histogram_stddev: VECTOR,
  histogram_stdvar: VECTOR,
  abs: VECTOR,
  ceil: VECTOR,
  floor: VECTOR,
  exp: VECTOR,
  ln: VECTOR,
  log2: VECTOR,
  log10: VECTOR,
  sqrt: VECTOR,
  sgn: VECTOR,
  sin: VECTOR,
  cos: VECTOR,
  tan: VECTOR,
  asin: VECTOR,
  acos: VECTOR,
  atan: VECTOR,
  sinh: VECTOR,
  cosh: VECTOR,
  tanh: VECTOR,
  asinh: VECTOR,
  acosh: VECTOR,
  atanh: VECTOR,
  deg: VECTOR,
  rad: VECTOR,
  minute: DATE,
  hour: DATE,
  day_of_week: DATE,
  day_of_month: DATE,
  day_of_year: DATE,
  days_in_month: DATE,
  month: DATE,
  year: DATE,
  round: ["instant vector", "scalar?"],
  timestamp: VECTOR,
  clamp: ["instant vector", "scalar", "scalar"],
  clamp_min: ["instant vector", "scalar"],
  clamp_max: ["instant vector", "scalar"],
  absent: VECTOR,
  scalar: VECTOR,
  vector: ["scalar"],
  time: [],
  pi: [],
  sort: VECTOR,
  sort_desc: VECTOR,
  label_replace: LABELS,
  label_join: ["instant vector", "string", "string", "string*"],
};

/** Those of them that are parsed, and not evaluated: their meaning depends on Prometheus' version, or on native histograms. */
export const NOT_EVALUATED: ReadonlySet<string> = new Set([
  "first_over_time",
  "mad_over_time",
  "double_exponential_smoothing",
  ...Object.keys(SIGNATURES).filter((name) => name.startsWith("histogram_") && name !== "histogram_quantile"),
]);

/** The aggregations that are known, with the type of their parameter. */
export const AGGREGATIONS: Readonly<Record<string, ValueType | "none">> = {
  sum: "none",
  avg: "none",
  min: "none",
  max: "none",
  count: "none",
  group: "none",
  stddev: "none",
  stdvar: "none",
  topk: "scalar",
  bottomk: "scalar",
  quantile: "scalar",
  count_values: "string",
};
