import type { ReportType } from "../model/report.ts";
import { IDLE_RULE } from "./gpu.ts";

const ASKED =
  "Everything in here was asked of the API as whoever the report is for: each query below can be asked again, with the same rights.";
const NO_MODEL = "No language model took part: verdict, actions and forecasts follow from stated rules.";
const FORECAST =
  "Forecasts are lines by the seasonal Theil-Sen estimator (the median of all slopes between equal hours of the day), which wild values do not move. What a slope lies between is by Kendall's variance, widened for values that are like those before them; where that includes 0, nothing is said to be filling. Days to full are counted at the daily peak. A forecast knows nothing of what will be deployed.";
const UNKNOWN = "What could not be had is unknown and never 0; Data gaps says what, of whom, and why.";
const CAUSE =
  "Causes are ranked by how far metrics, traces, logs and events are from what is usual; what speaks for a cause does not prove it.";

export const METHODS: Readonly<Record<ReportType, readonly string[]>> = {
  EXECUTIVE_SUMMARY: [NO_MODEL, ASKED, UNKNOWN, FORECAST, IDLE_RULE],
  DETAILED_ANALYSIS: [NO_MODEL, ASKED, UNKNOWN, FORECAST, IDLE_RULE],
  INCIDENT_REPORT: [NO_MODEL, ASKED, UNKNOWN, CAUSE],
  CAPACITY_PLAN: [NO_MODEL, ASKED, UNKNOWN, FORECAST, IDLE_RULE],
};
