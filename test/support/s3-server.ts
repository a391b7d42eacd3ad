import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface S3Server extends AsyncDisposable {
  url: string;
  /** By path, as it was asked for: "/bucket/prefix/name". */
  objects: Map<string, { bytes: Buffer; contentType: string; modifiedAt: Date }>;
  /** Answers everything with this status, so many times. */
  fail(status: number, times: number): void;
  refusals: string[];
}

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
}

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);

export interface SignedRequest {
  method: string;
  /** With the query. */
  path: string;
  /** Names in small letters. */
  headers: Readonly<Record<string, string>>;
}

/** Signature Version 4 as AWS documents it, from the request as it arrived. Knows nothing of the client's code. */
export function signatureOf(
  { method, path, headers }: SignedRequest,
  { secretAccessKey, region }: Omit<Keys, "accessKeyId">,
  signedHeaders: readonly string[],
): string {
  const [pathname = "", search = ""] = path.split("?");
  const query = [...new URLSearchParams(search)]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join("&");
  const uri = pathname
    .split("/")
    .map((part) => encoded(decodeURIComponent(part)))
    .join("/");
  const canonical = [
    method,
    uri,
    query,
    ...signedHeaders.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}`),
    "",
    signedHeaders.join(";"),
    headers["x-amz-content-sha256"] ?? "",
  ].join("\n");
  const time = headers["x-amz-date"] ?? "";
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const key = hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, day), region), "s3"), "aws4_request");
  return createHmac("sha256", key).update(text).digest("hex");
}

/** A bucket in memory that takes only what is signed as it should be, and arrives as it was signed. */
export async function startS3Server(keys: Keys): Promise<S3Server> {
  const objects: S3Server["objects"] = new Map();
  const refusals: string[] = [];
  let failing = { status: 0, times: 0 };

  const problemOf = (request: IncomingMessage, body: Buffer): string | null => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const [, credential = "", signed = "", signature = ""] =
      /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
        headers["authorization"] ?? "",
      ) ?? [];
    const time = headers["x-amz-date"] ?? "";
    if (credential !== `${keys.accessKeyId}/${time.slice(0, 8)}/${keys.region}/s3/aws4_request`)
      return "InvalidAccessKeyId";
    const names = signed.split(";");
    for (const name of ["host", "x-amz-content-sha256", "x-amz-date"]) if (!names.includes(name)) return "AccessDenied";
    const { method = "", url = "" } = request;
    if (signatureOf({ method, path: url, headers }, keys, names) !== signature) return "SignatureDoesNotMatch";
    const hash = headers["x-amz-content-sha256"];
    return hash === "UNSIGNED-PAYLOAD"
      ? method === "PUT"
        ? "AccessDenied"
        : null
      : hash === sha256(body)
        ? null
        : "XAmzContentSHA256Mismatch";
  };
  const answer = (request: IncomingMessage, response: ServerResponse, body: Buffer): void => {
    const problem = problemOf(request, body);
    if (problem) {
      refusals.push(problem);
      response.writeHead(403).end(`<Error><Code>${problem}</Code></Error>`);
      return;
    }
    if (failing.times > 0) {
      failing.times -= 1;
      response.writeHead(failing.status).end("<Error><Code>InternalError</Code></Error>");
      return;
    }
    const { pathname, searchParams } = new URL(request.url ?? "", "http://s3");
    const path = decodeURIComponent(pathname);
    const object = objects.get(path);
    if (request.method === "PUT") {
      objects.set(path, { bytes: body, contentType: String(request.headers["content-type"]), modifiedAt: new Date() });
      response.writeHead(200).end();
    } else if (request.method === "DELETE") {
      objects.delete(path);
      response.writeHead(204).end();
    } else if (searchParams.get("list-type") === "2") response.writeHead(200).end(listing(path, searchParams));
    else if (object) response.writeHead(200, { "content-type": object.contentType }).end(object.bytes);
    else response.writeHead(404).end("<Error><Code>NoSuchKey</Code></Error>");
  };
  /** Two at a time, so that a reader has to go on. */
  const listing = (bucket: string, params: URLSearchParams): string => {
    const keysThere = [...objects.keys()]
      .filter((path) => path.startsWith(bucket + (params.get("prefix") ?? "")))
      .map((path) => path.slice(bucket.length))
      .sort();
    const from = Number(params.get("continuation-token")?.replace("=+/", "") ?? 0);
    const contents = keysThere.slice(from, from + 2).map((key) => {
      const modified = objects.get(bucket + key)?.modifiedAt.toISOString();
      return `<Contents><Key>${key.replaceAll("&", "&amp;")}</Key><LastModified>${modified}</LastModified><Size>1</Size></Contents>`;
    });
    // A token as S3's are: it has to be encoded to be sent.
    const next = from + 2 < keysThere.length ? `<NextContinuationToken>${from + 2}=+/</NextContinuationToken>` : "";
    return `<?xml version="1.0"?><ListBucketResult>${next}${contents.join("")}</ListBucketResult>`;
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(request, response, Buffer.concat(chunks)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    refusals,
    fail: (status, times) => {
      failing = { status, times };
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
