import { z } from "zod";
import { Fingerprint, Time } from "../../shared/upstreams/alertmanager/schema.ts";

/** An alert in a notification; endsAt is null while it fires. */
export interface NotifiedAlert {
  fingerprint?: string | undefined;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: Date;
  endsAt: Date | null;
  generatorUrl: string;
}

export interface Notification {
  alerts: NotifiedAlert[];
  /** Alerts of its group that were left out of it. */
  truncated: number;
}

const Labels = z.record(z.string(), z.string());

/** What Alertmanager posts, version 4 of its format: further keys come with newer servers. */
export const NotificationBody = z
  .object({
    version: z.literal("4"),
    truncatedAlerts: z.number().int().min(0).default(0),
    alerts: z.array(
      z
        .object({
          status: z.enum(["firing", "resolved"]),
          labels: Labels.refine((labels) => Object.keys(labels).length > 0, "must not be empty"),
          annotations: Labels.default({}),
          startsAt: Time,
          endsAt: Time,
          generatorURL: z.string().default(""),
          fingerprint: Fingerprint.optional(),
        })
        // Of one that fires, endsAt is the year 1.
        .transform(
          ({ status, endsAt, generatorURL, ...alert }): NotifiedAlert => ({
            ...alert,
            generatorUrl: generatorURL,
            endsAt: status === "resolved" ? endsAt : null,
          }),
        ),
    ),
  })
  .transform(({ alerts, truncatedAlerts }): Notification => ({ alerts, truncated: truncatedAlerts }));
