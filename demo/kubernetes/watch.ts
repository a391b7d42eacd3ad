import type { Answer, Out, UpstreamCall } from "../server/answer.ts";
import { type Entry, type Ledger, versioned } from "./ledger.ts";
import type { KubernetesObject } from "./metadata.ts";
import { apiVersionOf, type Resource } from "./resources.ts";

/** How often the world is looked at for what time has changed. */
const LOOK_MS = 10_000;
const BOOKMARK_MS = 60_000;
const LONGEST_SECONDS = 1800;

type Matches = (object: KubernetesObject) => boolean;

/** Follows a kind of object, as `watch=true` asks for. Throws BadRequest for selectors only; a stale version is a frame. */
export function watchAnswer(resource: Resource, ledger: Ledger, call: UpstreamCall, matches: Matches): Answer {
  const now = Math.floor(call.now / 1000);
  const head = { status: 200, contentType: "application/json" };
  const version = call.params.get("resourceVersion") ?? "";
  const seconds = Number(call.params.get("timeoutSeconds") ?? LONGEST_SECONDS) || LONGEST_SECONDS;
  const bookmarks = call.params.get("allowWatchBookmarks") === "true";
  const fromAny = version === "" || version === "0";
  const { objects, revision } = ledger.list(resource, now);
  let last = fromAny ? revision : Number(version);
  const frame = (type: string, object: KubernetesObject) =>
    `${JSON.stringify({ type, object: { kind: resource.kind, apiVersion: apiVersionOf(resource), ...object } })}\n`;
  const frames = (entries: readonly Entry[]) => entries.flatMap((entry) => told(entry, matches, frame)).join("");
  const missed = fromAny ? [] : ledger.since(resource, last, now);
  if (missed === undefined) return { ...head, body: tooOld(last), stream: ended };
  const begin = fromAny ? objects.filter(matches).map((object) => frame("ADDED", object)) : [frames(missed)];
  last = missed.at(-1)?.revision ?? last;

  const stream = (out: Out) => {
    let toldAt = performance.now();
    const bookmark = () => {
      toldAt = performance.now();
      if (bookmarks) out.write(frame("BOOKMARK", { metadata: { resourceVersion: String(last) } as never }));
    };
    const look = () => {
      const entries = ledger.since(resource, last, Math.floor(call.clock() / 1000)) ?? [];
      last = entries.at(-1)?.revision ?? last;
      const text = frames(entries);
      if (text !== "") {
        toldAt = performance.now();
        out.write(text);
      } else if (performance.now() - toldAt >= BOOKMARK_MS) bookmark();
    };
    const ticking = setInterval(look, LOOK_MS).unref();
    const stopWatching = ledger.watch(look);
    const ending = setTimeout(() => {
      bookmark();
      out.end();
    }, seconds * 1000).unref();
    return () => {
      clearInterval(ticking);
      clearTimeout(ending);
      stopWatching();
    };
  };
  return { ...head, body: begin.join(""), stream };
}

/** What a watch with a selector tells of a change: what leaves the selection is deleted to it. */
function told(
  { before, after, revision }: Entry,
  matches: Matches,
  frame: (type: string, object: KubernetesObject) => string,
): string[] {
  const was = before !== undefined && matches(before);
  if (after !== undefined && matches(after)) return [frame(was ? "MODIFIED" : "ADDED", after)];
  return was ? [frame("DELETED", versioned(after ?? before, revision))] : [];
}

function tooOld(version: number): string {
  const message = `too old resource version: ${version}`;
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason: "Expired" };
  return `${JSON.stringify({ type: "ERROR", object: { ...status, code: 410 } })}\n`;
}

function ended(out: Out): () => void {
  out.end();
  return () => {};
}
