import { type Answer, json } from "../server/answer.ts";

const HEADERS = { "cache-control": "no-store", vary: "Origin" };

export const answer = (status: number, value: unknown): Answer => ({ ...json(status, value), headers: HEADERS });

/** An answer without a body; it names no content type either. */
export const empty = (status: number): Answer => ({ status, contentType: "", body: "", headers: HEADERS });

/** What Alertmanager's own code refuses: the body is a bare JSON string. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "Refused";
    this.status = status;
  }
}

/** What its API's validator refuses: the body has a code that is not always the status. */
export class Invalid extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.name = "Invalid";
    this.status = status;
    this.code = code;
  }
}
