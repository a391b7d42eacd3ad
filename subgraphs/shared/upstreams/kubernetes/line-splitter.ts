import { CodedError } from "../../kernel/errors.ts";

/** Larger than any object that an API server stores. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Cuts a stream of bytes into lines of text, whatever its chunks. */
export class LineSplitter {
  #begun: Buffer[] = [];
  #bytes = 0;

  /** The lines that end in this chunk; empty ones are left out. @throws UPSTREAM_ANSWER_TOO_LARGE for a line beyond 8 MiB. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, at));
      const line = Buffer.concat(this.#begun).toString("utf8");
      if (line !== "") lines.push(line);
      this.#begun = [];
      this.#bytes = 0;
      from = at + 1;
    }
    this.#keep(chunk.subarray(from));
    return lines;
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#bytes += part.length;
    if (this.#bytes > MAX_LINE_BYTES) {
      throw new CodedError("UPSTREAM_ANSWER_TOO_LARGE", "A watched object is larger than 8 MiB.");
    }
    this.#begun.push(part);
  }
}
