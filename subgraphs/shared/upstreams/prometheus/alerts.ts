import { z } from "zod";

/** An alert that does not fire yet. Its labels lack what the server adds for others (external_labels). */
export interface PendingAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Since when its condition holds. */
  activeAt: Date;
}

const Labels = z.record(z.string(), z.string());

/** GET /api/v1/alerts */
export const AlertsAnswer = z
  .object({
    status: z.literal("success"),
    data: z.object({
      alerts: z.array(
        z.object({ state: z.string(), labels: Labels, annotations: Labels.default({}), activeAt: z.coerce.date() }),
      ),
    }),
  })
  .transform(({ data }): PendingAlert[] => data.alerts.filter(({ state }) => state === "pending"));
