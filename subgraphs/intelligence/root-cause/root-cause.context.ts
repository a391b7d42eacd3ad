import type { AnalysisLoaders } from "./analysis.loader.ts";
import type { AnalysisService } from "./analysis.service.ts";
import type { IncidentsService } from "./incidents.service.ts";

export interface RootCauseContext {
  rootCauses: AnalysisService;
  rootCauseLoaders: AnalysisLoaders;
  incidents: IncidentsService;
}
