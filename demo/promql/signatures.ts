import type { ValueType } from "./ast.ts";

type Argument = ValueType | `${ValueType}?`;

const RANGE: readonly Argument[] = ["range vector"];
const VECTOR: readonly Argument[] = ["instant vector"];
const SCALAR_OF_VECTOR: readonly Argument[] = ["scalar", "instant vector"];
const LABELS: readonly Argument[] = ["instant vector", "string", "string", "string", "string"];

/** The functions that are simulated, with the types of their arguments; a question mark makes one optional. */
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
  quantile_over_time: ["scalar", "range vector"],
  predict_linear: ["range vector", "scalar"],
  histogram_quantile: SCALAR_OF_VECTOR,
  abs: VECTOR,
  ceil: VECTOR,
  floor: VECTOR,
  exp: VECTOR,
  ln: VECTOR,
  log2: VECTOR,
  log10: VECTOR,
  sqrt: VECTOR,
  sgn: VECTOR,
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
};

/** The aggregations that are simulated, with the type of their parameter. */
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
