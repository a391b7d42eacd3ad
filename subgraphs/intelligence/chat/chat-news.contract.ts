import { z } from "zod";

// What is told of a conversation while it goes on, over the bus, under the conversation's id (kernel/bus/work.ts).

const base = { message_id: z.uuid() };

/** Text that a running answer has grown by. `at` is where it begins in the whole: who has less has missed something. */
const Delta = z.object({ ...base, kind: z.literal("DELTA"), at: z.number(), text: z.string() });
/** All of it so far: the answer to WATCHED. */
const State = z.object({ ...base, kind: z.literal("STATE"), text: z.string() });
/** A call began, ended, waits or was decided: what it is now is in the database. */
const Call = z.object({ ...base, kind: z.literal("CALL"), call_id: z.string() });
/** A message began or ended: it is in the database. */
const Message = z.object({ ...base, kind: z.literal("MESSAGE") });
/** Somebody begins to watch, and wants the state of what is being made. */
const Watched = z.object({ kind: z.literal("WATCHED") });
/** Whoever makes this message is to stop. */
const Cancel = z.object({ ...base, kind: z.literal("CANCEL") });

export const ChatNews = z.discriminatedUnion("kind", [Delta, State, Call, Message, Watched, Cancel]);
export type ChatNews = z.infer<typeof ChatNews>;

export const decodeNews = (item: unknown): ChatNews | null => ChatNews.safeParse(item).data ?? null;
