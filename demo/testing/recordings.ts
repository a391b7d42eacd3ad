import { readFileSync } from "node:fs";
import { z } from "zod";

const schema = z.object({
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.unknown().optional(),
  }),
  response: z.object({
    // Of a WebSocket, both are within the body, with its frames.
    status: z.number().default(101),
    headers: z.array(z.tuple([z.string(), z.string()])).default([]),
    body: z.unknown(),
  }),
});

/** What a real server was asked and answered. */
export interface Recording {
  readonly method: string;
  /** With the query string. */
  readonly path: string;
  /** A form's text; null for other bodies, which no test needs. */
  readonly body: string | null;
  readonly status: number;
  readonly contentType: string | undefined;
  readonly answer: unknown;
}

/** Reads test/recordings/<server>/<name>.json. */
export function recording(server: string, name: string): Recording {
  const file = new URL(`../../test/recordings/${server}/${name}.json`, import.meta.url);
  const { request, response } = schema.parse(JSON.parse(readFileSync(file, "utf8")));
  const contentType = response.headers.find(([header]) => header.toLowerCase() === "content-type")?.[1];
  const body = typeof request.body === "string" ? request.body : null;
  return { ...request, body, status: response.status, contentType, answer: response.body };
}

// Maps whose keys are data, not structure.
const MAPS = new Set([
  "labels",
  "annotations",
  "capacity",
  "allocatable",
  "limits",
  "requests",
  "metric",
  "discoveredLabels",
  "droppedTargetCounts",
  "commonLabels",
  "groupLabels",
  "commonAnnotations",
  "stream",
  "structuredMetadata",
  "parsed",
  "serviceStats",
]);

/** Every path of keys in a value, list positions left out and maps not entered: two answers of one shape have the same. */
export function shape(value: unknown, path = "", found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) {
    for (const item of value) shape(item, `${path}[]`, found);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      found.add(`${path}.${key}`);
      if (!MAPS.has(key)) shape(inner, `${path}.${key}`, found);
    }
  }
  return found;
}

/** What only the first of two shapes has. */
export function lacking(first: unknown, second: unknown): string[] {
  const have = shape(second);
  return [...shape(first)].filter((path) => !have.has(path)).sort();
}
