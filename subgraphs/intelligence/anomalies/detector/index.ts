import type { Detector, DetectorOptions } from "./finding.ts";
import { LiveDetector } from "./live-detector.ts";

export { detect } from "./detect.ts";
export type { Detector, DetectorMethod, DetectorOptions, Finding, Points } from "./finding.ts";

export const createDetector = (options: DetectorOptions): Detector => new LiveDetector(options);
