import { randomUUID } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type S3Server, signatureOf, startS3Server } from "../../../test/support/s3-server.ts";
import { S3ReportStore } from "./s3.store.ts";

const KEYS = { accessKeyId: "reports-key", secretAccessKey: "a/secret+key=", region: "eu-central-1" };
const PREFIX = "/my-bucket/fleet reports/a+b&c";
const signal = new AbortController().signal;
const bytes = new TextEncoder().encode("a report");
const nameOf = (id: string = randomUUID()): string => `${id}-1.pdf`;

// AWS's own example: "Signature calculations for the Authorization header", example GET Object.
const EXAMPLE = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
  datetime: "20130524T000000Z",
  empty: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
};

describe("a bucket of reports", () => {
  let server: S3Server;
  let store: S3ReportStore;

  beforeEach(async () => {
    server = await startS3Server(KEYS);
    store = new S3ReportStore({ url: server.url + encodeURI(PREFIX).replaceAll("+", "%2B"), ...KEYS });
  });
  afterEach(() => server[Symbol.asyncDispose]());

  const read = async (name: string): Promise<string | null> => {
    const stream = await store.get(name, signal);
    return stream && (await new Response(stream).text());
  };

  it("is looked at by a test that computes AWS's own example as AWS does", () => {
    const headers = {
      host: "examplebucket.s3.amazonaws.com",
      range: "bytes=0-9",
      "x-amz-content-sha256": EXAMPLE.empty,
      "x-amz-date": EXAMPLE.datetime,
    };
    const signed = ["host", "range", "x-amz-content-sha256", "x-amz-date"];
    expect(signatureOf({ method: "GET", path: "/test.txt", headers }, EXAMPLE, signed)).toBe(EXAMPLE.signature);
  });

  it("is asked by a client that computes AWS's own example as AWS does", async () => {
    const signer = new AwsV4Signer({
      ...EXAMPLE,
      service: "s3",
      url: "https://examplebucket.s3.amazonaws.com/test.txt",
      headers: { range: "bytes=0-9", "x-amz-content-sha256": EXAMPLE.empty },
      allHeaders: true,
    });
    expect(await signer.signature()).toBe(EXAMPLE.signature);
  });

  it("gives back what was put, and nothing after that was deleted", async () => {
    const name = nameOf();
    expect(await read(name)).toBeNull();
    await store.put(name, bytes, "application/pdf");
    expect([...server.objects]).toEqual([
      [`${PREFIX}/${name}`, expect.objectContaining({ contentType: "application/pdf", bytes: Buffer.from(bytes) })],
    ]);
    expect(await read(name)).toBe("a report");
    await store.delete(name);
    await store.delete(name);
    expect(await read(name)).toBeNull();
    expect(server.refusals).toEqual([]);
  });

  it("lists its own part of the bucket, page by page", async () => {
    const names = Array.from({ length: 5 }, () => nameOf()).sort();
    for (const name of names) await store.put(name, bytes, "application/pdf");
    server.objects.set("/my-bucket/elsewhere", { bytes: Buffer.from(""), contentType: "", modifiedAt: new Date() });
    const listed: string[] = [];
    let after: string | null = null;
    do {
      const { items, next }: Awaited<ReturnType<typeof store.list>> = await store.list(after);
      expect(items.every(({ modifiedAt }) => Date.now() - modifiedAt.getTime() < 60_000)).toBe(true);
      listed.push(...items.map(({ name }) => name));
      after = next;
    } while (after !== null);
    expect(listed).toEqual(names);
    expect(server.refusals).toEqual([]);
  });

  it("is asked again where it fails for a moment, and says so where it goes on failing", async () => {
    const name = nameOf();
    server.fail(503, 2);
    await store.put(name, bytes, "application/pdf");
    expect(server.objects.size).toBe(1);
    server.fail(500, 3);
    await expect(store.get(name, signal)).rejects.toMatchObject({
      code: "UPSTREAM_ERROR",
      message: /answered GET with 500/,
    });
  });

  it("refuses another key, and its address stays between us", async () => {
    const stranger = new S3ReportStore({ url: `${server.url}/my-bucket`, ...KEYS, secretAccessKey: "another" });
    await expect(stranger.put(nameOf(), bytes, "text/html")).rejects.toMatchObject({
      code: "UPSTREAM_ERROR",
      message: "The storage of reports answered PUT with 403.",
    });
    expect(server.refusals).toEqual(["SignatureDoesNotMatch"]);
    expect(server.objects.size).toBe(0);
  });

  it("may be out of reach", async () => {
    await server[Symbol.asyncDispose]();
    await expect(store.get(nameOf(), signal)).rejects.toMatchObject({
      code: "UPSTREAM_UNREACHABLE",
      message: "The storage of reports cannot be reached.",
    });
    server = await startS3Server(KEYS);
  });

  it.each(["../x.pdf", "a/b.pdf", ""])("has no object called %j", async (name) => {
    await expect(store.put(name, bytes, "text/html")).rejects.toThrow("no name of a stored report");
  });
});
