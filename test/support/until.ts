export { until } from "../../bench/until.ts";
