import type { DeviceReading, Identity, Labels, Source, ValueName } from "./device.mapper.ts";

/** What a metric means. */
export type Meaning =
  | {
      field: ValueName;
      /** What makes its unit ours. */
      scale?: number;
      /** Stands only where no other metric tells it. */
      instead?: true;
      /** Of an instance, not of the device around it. */
      ofInstance?: true;
    }
  | {
      signal: true;
      /** Labels that tell apart what a device has several of; each makes a signal of its own. */
      per?: readonly string[];
    }
  /** Memory that is neither used nor free. */
  | { reserved: true };

/** How one exporter tells of devices. */
export interface Exporter {
  source: Source;
  vendor: DeviceReading["vendor"];
  metrics: Readonly<Record<string, Meaning>>;
  /** Null for a series that is not of a device of its. */
  identify(labels: Labels): Identity | null;
}
