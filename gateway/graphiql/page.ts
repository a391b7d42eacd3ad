import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { EXAMPLES } from "./examples.ts";

export type Encoding = "br" | "gzip" | "identity";

export interface Page {
  body: Buffer;
  /** Strong: each encoding has its own. */
  etag: string;
}

/** Nine megabytes of page: a good part of what brotli can do, in a second and not in twenty. */
const BROTLI_QUALITY = 5;

const pages = new Map<Encoding, Promise<Page>>();

/** GraphiQL, everything it loads included, in one page. Rendered and compressed when first asked for, and kept. */
export function graphiqlPage(encoding: Encoding): Promise<Page> {
  const known = pages.get(encoding);
  if (known) return known;
  const page = makePage(encoding);
  pages.set(encoding, page);
  return page;
}

async function makePage(encoding: Encoding): Promise<Page> {
  const body = await compress(await render(), encoding);
  return { body, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"` };
}

async function render(): Promise<Buffer> {
  // A nine-megabyte module: loaded only when somebody opens the page.
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  const html = renderGraphiQL({
    title: "AIOps NextGen",
    endpoint: "/graphql",
    subscriptionsProtocol: "WS",
    defaultTabs: EXAMPLES.map(({ query, variables }) => ({
      query,
      ...(variables ? { variables: JSON.stringify(variables, null, 2) } : {}),
    })),
  });
  return Buffer.from(html);
}

async function compress(page: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === "identity") return page;
  if (encoding === "gzip") return await promisify(gzip)(page);
  return await promisify(brotliCompress)(page, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: page.length,
    },
  });
}

/** The best of the encodings that the client takes. */
export function chooseEncoding(accepted: string | undefined): Encoding {
  const names = new Set(
    (accepted ?? "")
      .split(",")
      .flatMap((part) => (/;\s*q=0(\.0+)?\s*$/.test(part) ? [] : [part.split(";")[0]?.trim()])),
  );
  if (names.has("br")) return "br";
  return names.has("gzip") ? "gzip" : "identity";
}
