import { z } from "zod";
import { count, metadata, text, time } from "./metadata.ts";

const Involved = z.object({ kind: text, namespace: text, name: text, uid: text, fieldPath: text });

/**
 * An event of the core API. Newer reporters leave the old fields empty and fill eventTime and series, so each fact is taken
 * from wherever it stands.
 */
export const EventObject = z
  .object({
    metadata: z.object(metadata),
    involvedObject: Involved,
    type: text,
    reason: text,
    message: text,
    count,
    firstTimestamp: time,
    lastTimestamp: time,
    eventTime: time,
    series: z.object({ count, lastObservedTime: time }).nullish(),
    source: z.object({ component: text, host: text }).nullish(),
    reportingComponent: text,
  })
  .transform(({ metadata: { namespace, name, uid, resourceVersion, creationTimestamp }, ...event }) => ({
    namespace,
    name,
    uid,
    resourceVersion,
    involved: event.involvedObject,
    type: event.type,
    reason: event.reason,
    message: event.message,
    count: event.series?.count ?? event.count ?? (event.eventTime ? 1 : null),
    firstSeenAt: event.firstTimestamp ?? event.eventTime ?? creationTimestamp,
    lastSeenAt: event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? creationTimestamp,
    component: event.source?.component ?? event.reportingComponent,
    host: event.source?.host ?? null,
  }));
export type EventObject = z.output<typeof EventObject>;
