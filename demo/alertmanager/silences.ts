import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Matcher } from "../../promql/ast.ts";
import { matcher } from "../../promql/matchers.ts";
import { Invalid, Refused } from "./answers.ts";

const MAX_SILENCES = 1000;

const matcherBody = z.object({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  isEqual: z.boolean().default(true),
});
type MatcherBody = z.infer<typeof matcherBody>;

const silenceBody = z.object({
  id: z.string().default(""),
  matchers: z.array(matcherBody).min(1),
  startsAt: z.iso.datetime({ offset: true }),
  endsAt: z.iso.datetime({ offset: true }),
  createdBy: z.string(),
  comment: z.string(),
});

type State = "active" | "pending" | "expired";

export interface Silence {
  readonly id: string;
  readonly matchers: readonly MatcherBody[];
  /** The same, ready to use. */
  readonly compiled: readonly Matcher[];
  readonly startsAt: number;
  readonly endsAt: number;
  readonly updatedAt: number;
  readonly createdBy: string;
  readonly comment: string;
}

export function stateOf({ startsAt, endsAt }: Silence, now: number): State {
  if (now >= endsAt) return "expired";
  return now < startsAt ? "pending" : "active";
}

/** The validator's first complaint, in its words and with its codes. */
function invalid(error: z.ZodError): Invalid {
  const [issue] = error.issues;
  const path = issue?.path.join(".") ?? "";
  if (issue?.code === "too_small") return new Invalid(422, 612, `${path} in body should have at least 1 items`);
  if (issue?.code === "invalid_format") return new Invalid(422, 601, `${path} in body must be of type date-time`);
  return new Invalid(422, 602, `${path} in body is required`);
}

function parsed(text: string): z.infer<typeof silenceBody> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Invalid(400, 400, 'parsing silence body from "" failed, because unexpected EOF');
  }
  const result = silenceBody.safeParse(body);
  if (!result.success) throw invalid(result.error);
  return result.data;
}

function compile(matchers: readonly MatcherBody[]): Matcher[] {
  const refuse = (why: string) => new Refused(400, `invalid silence: matcher set 0: ${why}`);
  const compiled = matchers.map(({ name, value, isRegex, isEqual }) =>
    matcher(name, isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=", value),
  );
  const empty = compiled.map(({ matches }, index) => {
    try {
      return matches("");
    } catch (error) {
      throw refuse(`invalid label matcher ${index}: ${error instanceof Error ? error.message : ""}`);
    }
  });
  if (empty.every(Boolean)) throw refuse("at least one matcher must not match the empty string");
  return compiled;
}

const ORDER: Readonly<Record<State, number>> = { active: 0, pending: 1, expired: 2 };

/** The silences of one Alertmanager; a bounded number, the oldest expired ones make room. */
export class Silences {
  readonly #all = new Map<string, Silence>();

  get(id: string): Silence | undefined {
    return this.#all.get(id);
  }

  /** As they are listed: active, pending, expired. */
  list(now: number): Silence[] {
    return [...this.#all.values()].sort((a, b) => {
      const [state, other] = [stateOf(a, now), stateOf(b, now)];
      if (state !== other) return ORDER[state] - ORDER[other];
      return state === "expired" ? b.endsAt - a.endsAt : a.endsAt - b.endsAt;
    });
  }

  active(now: number): Silence[] {
    return [...this.#all.values()].filter((silence) => stateOf(silence, now) === "active");
  }

  /** Creates one, or changes one: changed beyond its times, it expires and another one begins. Returns the id. */
  set(text: string, now: number): string {
    const { id, matchers, createdBy, comment, ...times } = parsed(text);
    const [startsAt, endsAt] = [Date.parse(times.startsAt), Date.parse(times.endsAt)];
    if (startsAt >= endsAt) throw new Refused(400, "Failed to create silence: start time must be before end time");
    if (endsAt < now) throw new Refused(400, "Failed to create silence: end time can't be in the past");
    const before = this.#all.get(id);
    if (id !== "" && before === undefined) throw new Refused(404, "silence not found");
    const next = { matchers, compiled: compile(matchers), createdBy, comment, endsAt, updatedAt: now };
    if (before !== undefined && mayKeep(before, matchers, startsAt, now)) {
      this.#all.set(id, { ...next, id, startsAt });
      return id;
    }
    if (before !== undefined) this.expire(id, now);
    const fresh = { ...next, id: randomUUID(), startsAt: Math.max(startsAt, now) };
    this.#all.set(fresh.id, fresh);
    this.#makeRoom(now);
    return fresh.id;
  }

  /** False where there is none. */
  expire(id: string, now: number): boolean {
    const silence = this.#all.get(id);
    if (silence === undefined) return false;
    if (stateOf(silence, now) === "expired") return true;
    this.#all.set(id, { ...silence, startsAt: Math.min(silence.startsAt, now), endsAt: now, updatedAt: now });
    return true;
  }

  #makeRoom(now: number): void {
    if (this.#all.size <= MAX_SILENCES) return;
    const last = this.list(now).at(-1);
    if (last !== undefined) this.#all.delete(last.id);
  }
}

function mayKeep(before: Silence, matchers: readonly MatcherBody[], startsAt: number, now: number): boolean {
  if (JSON.stringify(before.matchers) !== JSON.stringify(matchers)) return false;
  const state = stateOf(before, now);
  if (state === "expired") return false;
  const second = (time: number) => Math.floor(time / 1000);
  return state === "active" ? second(startsAt) === second(before.startsAt) : startsAt >= now;
}
