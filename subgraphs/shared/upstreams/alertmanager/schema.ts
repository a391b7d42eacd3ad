import { createHash } from "node:crypto";
import { z } from "zod";
import type { Matcher } from "./matcher.ts";

const Labels = z.record(z.string(), z.string());

/** In years that everybody can write; a thousandth of a second is as exact as times are kept. */
export const Time = z.string().transform((text, ctx) => {
  const at = new Date(text);
  if (!(at.getUTCFullYear() >= 1 && at.getUTCFullYear() <= 9999))
    ctx.addIssue({ code: "custom", message: "not a time" });
  return at;
});

/** An alert that fires, be it silenced, inhibited or not. */
export interface ActiveAlert {
  fingerprint: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: Date;
  generatorUrl: string;
  silencedBy: string[];
  inhibitedBy: string[];
}

export const Fingerprint = z.string().regex(/^[0-9a-f]{16}$/);

/** GET /api/v2/alerts: it lists none that is resolved. */
export const AlertsAnswer = z.array(
  z
    .object({
      fingerprint: Fingerprint,
      labels: Labels,
      annotations: Labels.default({}),
      startsAt: Time,
      generatorURL: z.string().default(""),
      status: z.object({ silencedBy: z.array(z.string()), inhibitedBy: z.array(z.string()) }),
    })
    .transform(
      ({ generatorURL, status, ...alert }): ActiveAlert => ({ ...alert, generatorUrl: generatorURL, ...status }),
    ),
);

export interface AlertmanagerStatus {
  /** Of all that share their alerts and silences with this one: the same wherever it is asked. Null where it is alone. */
  group: string | null;
  /** Since when it has been running: what it knew before, it knows again once it was told. */
  startedAt: Date;
}

/** GET /api/v2/status: a peer's name is made anew at each of its starts. */
export const StatusAnswer = z
  .object({
    cluster: z.object({ peers: z.array(z.object({ name: z.string() })).nullish() }),
    uptime: Time,
  })
  .transform(({ cluster, uptime }): AlertmanagerStatus => {
    const names = (cluster.peers ?? []).map(({ name }) => name).sort();
    const hash = createHash("sha256").update(JSON.stringify(names)).digest("hex").slice(0, 16);
    return { group: names.length > 1 ? hash : null, startedAt: uptime };
  });

export const SilenceState = { ACTIVE: "ACTIVE", PENDING: "PENDING", EXPIRED: "EXPIRED" } as const;
export type SilenceState = (typeof SilenceState)[keyof typeof SilenceState];

/** What keeps notifications back, of alerts that its matchers select, from its start to its end. */
export interface NewSilence {
  matchers: Matcher[];
  startsAt: Date;
  endsAt: Date;
  createdBy: string;
  comment: string;
}

export interface Silence extends NewSilence {
  id: string;
  state: SilenceState;
  updatedAt: Date;
}

const STATES = { active: "ACTIVE", pending: "PENDING", expired: "EXPIRED" } as const;

export const SilenceAnswer = z
  .object({
    id: z.string(),
    status: z.object({ state: z.enum(["active", "pending", "expired"]) }),
    matchers: z.array(
      z.object({ name: z.string(), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean().default(true) }),
    ),
    startsAt: Time,
    endsAt: Time,
    updatedAt: Time,
    createdBy: z.string(),
    comment: z.string().default(""),
  })
  .transform(({ status, ...silence }): Silence => ({ ...silence, state: STATES[status.state] }));

export const CreatedAnswer = z.object({ silenceID: z.string().min(1) }).transform(({ silenceID }) => silenceID);

/** Handlers answer a bare text; what checks requests before them, an object whose code is not the status. */
export const ErrorAnswer = z.union([z.string(), z.object({ message: z.string() }).transform(({ message }) => message)]);
