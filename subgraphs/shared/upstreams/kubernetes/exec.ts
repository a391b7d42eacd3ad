import type WebSocket from "ws";
import { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import { upstreamError } from "../failures.ts";
import type { KubernetesClient } from "./client.ts";

/** Where a command runs. */
export interface Container {
  namespace: string;
  pod: string;
  container: string;
}

export interface ExecOptions {
  signal: AbortSignal;
  /** Of its standard output; more is a failure. */
  maxBytes: number;
}

export interface Executed {
  stdout: string;
  exitCode: number;
}

/** Channels of frames are told apart by their first byte; the two versions differ in how standard input ends, and there is none. */
const PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const STDOUT = 1;
const STATUS = 3;

const Status = z.object({
  status: z.string(),
  reason: z.string().nullish(),
  details: z
    .object({ causes: z.array(z.object({ reason: z.string().nullish(), message: z.string().nullish() })).nullish() })
    .nullish(),
});

/**
 * Runs a program in a container, without standard input, and gives what it wrote to its standard output.
 * @throws UPSTREAM_REFUSED (403) where the credentials may not, and UPSTREAM_ERROR where it could not be run.
 */
export async function execInPod(
  client: KubernetesClient,
  { namespace, pod, container }: Container,
  argv: readonly string[],
  options: ExecOptions,
): Promise<Executed> {
  const query = new URLSearchParams([
    ...argv.map((argument) => ["command", argument]),
    ["container", container],
    ["stdout", "true"],
  ]);
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec?${query.toString()}`;
  return await output(await client.socket(path, PROTOCOLS, options), options);
}

function output(socket: WebSocket, { signal, maxBytes }: ExecOptions): Promise<Executed> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const done = (settle: () => void): void => {
      signal.removeEventListener("abort", abort);
      socket.terminate();
      settle();
    };
    const fail = (error: unknown): void => done(() => reject(error));
    const abort = (): void => fail(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    socket.on("error", (error) => fail(upstreamError(error)));
    socket.on("close", () => fail(new CodedError("UPSTREAM_UNREACHABLE", "The connection broke off.")));
    socket.on("message", (data) => {
      const frame = data as Buffer;
      const content = frame.subarray(1);
      if (frame[0] === STATUS) {
        const exitCode = exitCodeOf(content.toString("utf8"));
        if (exitCode === null) fail(notRun());
        else done(() => resolve({ stdout: Buffer.concat(chunks).toString("utf8"), exitCode }));
      } else if (frame[0] === STDOUT) {
        bytes += content.length;
        if (bytes > maxBytes) fail(tooMuch(maxBytes));
        else chunks.push(content);
      }
    });
    if (signal.aborted) abort();
    else socket.resume();
  });
}

/** Null where the program was not run. */
function exitCodeOf(text: string): number | null {
  const { data } = Status.safeParse(parsed(text));
  if (data?.status === "Success") return 0;
  const code = data?.details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  return data?.reason === "NonZeroExitCode" && code ? Number(code) : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The runtime's own words tell what the container is made of. */
const notRun = (): CodedError => new CodedError("UPSTREAM_ERROR", "The program could not be run in the container.");

const tooMuch = (maxBytes: number): CodedError =>
  new CodedError("UPSTREAM_ANSWER_TOO_LARGE", `The program wrote more than ${maxBytes / 1024 / 1024} MiB.`);
