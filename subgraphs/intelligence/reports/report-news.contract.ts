import { z } from "zod";
import type { Cursor, EventBus } from "../../shared/kernel/bus/event-bus.ts";
import { tellWork } from "../../shared/kernel/bus/work.ts";

/** What is told of a report while it is made: that it went on (what it has come to is in the database), or is to stop. */
const ReportNews = z.object({ kind: z.enum(["PROGRESS", "CANCEL"]) });
type ReportNews = z.infer<typeof ReportNews>;

export const decodeNews = (item: unknown): ReportNews | null => ReportNews.safeParse(item).data ?? null;

export const tellReport = (bus: EventBus, id: string, kind: ReportNews["kind"]): Promise<Cursor> =>
  tellWork(bus, id, { kind });
