import { z } from "zod";

export const Version = z.object({ gitVersion: z.string() });

/** OpenShift's own version record: the newest completed entry of its history is what runs. */
export const ClusterVersion = z
  .object({ status: z.object({ history: z.array(z.object({ state: z.string(), version: z.string() })).default([]) }) })
  .transform(({ status }) => status.history.find(({ state }) => state === "Completed")?.version ?? null);

export const MicroshiftVersion = z
  .object({ data: z.object({ version: z.string() }) })
  .transform(({ data }) => data.version.replace(/-.*$/, ""));
