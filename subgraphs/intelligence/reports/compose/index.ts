export { composeReport } from "./compose.ts";
export type { ComposeProgress, ReportParameters, ReportRequest } from "./request.ts";
