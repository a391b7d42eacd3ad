import { isIP } from "node:net";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createTlsMaterial, type TlsMaterial } from "../../../demo/server/tls.ts";
import { type HttpServer, startHttpServer } from "../../../test/support/http-server.ts";
import { loopbackGuard, publicGuard } from "../../../test/support/target-guard.ts";
import { CodedError } from "../kernel/errors.ts";
import { UpstreamHttp } from "./http.ts";
import { KubernetesClient } from "./kubernetes/client.ts";
import { kubeconfigForToken } from "./kubernetes/kubeconfig.ts";
import type { Resolve, TargetGuard } from "./target-guard.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

const refusedBy = (guard: TargetGuard, url: string): boolean => {
  try {
    guard.checkUrls({ url });
    return false;
  } catch (error) {
    if (error instanceof CodedError && error.code === "TARGET_NOT_ALLOWED") return true;
    throw error;
  }
};

/** A resolver that gives these answers one after the other, and then the last for ever. */
function answering(...answers: string[][]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = (host, _, callback) => {
    const answer = answers[Math.min(asked.push(host), answers.length) - 1] ?? [];
    const found = answer.map((address) => ({ address, family: isIP(address) }));
    setImmediate(() => callback(null, found));
  };
  return { resolve, asked };
}

describe("TargetGuard, of URLs whose host is an address", () => {
  const GUARDS = {
    loopback: loopbackGuard(),
    public: publicGuard(),
    "public, allowing": publicGuard("127.0.0.1,10.0.0.0/8,8.8.8.8,fd12::/16,0.0.0.0/0"),
  };
  const YES = { loopback: true, public: true, "public, allowing": true };
  const NO = { loopback: false, public: false, "public, allowing": false };
  const INTERNAL = { ...YES, public: false };

  it.each<[string, Record<keyof typeof GUARDS, boolean>]>([
    ["https://8.8.8.8", YES],
    ["https://[2606:4700::1111]:6443/x", YES],
    // In the clear, only to what is named or near.
    ["http://8.8.8.8", INTERNAL],
    ["http://[2606:4700::1111]", { ...NO, loopback: true }],
    ["https://127.0.0.1:6443", INTERNAL],
    ["http://10.1.2.3", INTERNAL],
    ["https://[::1]", { ...NO, loopback: true }],
    ["https://[fd12::5]", INTERNAL],
    ["https://[fd13::5]", { ...NO, loopback: true }],
    ["https://169.254.169.254/latest/meta-data", NO],
    ["http://100.100.100.200", NO],
    ["https://0.0.0.0:6443", NO],
    ["https://[::]", NO],
    ["https://[fe80::1]", NO],
    ["https://255.255.255.255", NO],
    ["https://224.0.0.1", NO],
    ["https://[fd00:ec2::254]", NO],
    // Other spellings of 127.0.0.1.
    ["http://2130706433/", INTERNAL],
    ["http://0x7f000001/", INTERNAL],
    ["http://017700000001/", INTERNAL],
    ["http://0177.0.0.1/", INTERNAL],
    ["http://0x7f.1/", INTERNAL],
    ["http://127.1/", INTERNAL],
    ["http://127.0.0.1./", INTERNAL],
    ["http://%31%32%37.0.0.1/", INTERNAL],
    ["http://１２７。０。０。１/", INTERNAL],
    ["http://[::ffff:127.0.0.1]/", INTERNAL],
    ["http://[::ffff:7f00:1]/", INTERNAL],
    ["http://[64:ff9b::7f00:1]/", INTERNAL],
    ["http://[2002:7f00:1::]/", INTERNAL],
    // And of 169.254.169.254.
    ["http://2852039166/", NO],
    ["http://0xa9fea9fe/", NO],
    ["http://0251.0376.0251.0376/", NO],
    ["http://169.16689662/", NO],
    ["http://[::ffff:169.254.169.254]/", NO],
    ["http://[::ffff:a9fe:a9fe]/", NO],
    ["http://[64:ff9b::a9fe:a9fe]/", NO],
    ["http://[2002:a9fe:a9fe::]/", NO],
    ["no URL", NO],
  ])("%s: %o", (url, allowed) => {
    const seen = Object.entries(GUARDS).map(([name, guard]) => [name, !refusedBy(guard, url)]);
    expect(Object.fromEntries(seen)).toEqual(allowed);
  });

  it("names every field, the rule and the way out, and no address", () => {
    const fields = {
      apiServerUrl: "https://169.254.169.254/",
      name: null,
      endpoints: { prometheusUrl: "http://10.0.0.1:9090", tempoUrl: undefined, lokiUrl: "https://loki.example" },
    };
    expect(() => publicGuard().checkUrls(fields)).toThrow(
      expect.objectContaining({
        code: "TARGET_NOT_ALLOWED",
        message: expect.stringMatching(
          /^apiServerUrl, endpoints\.prometheusUrl: This target is not allowed\. .*AIOPS_TARGET_ALLOW.*\.$/,
        ),
        details: {
          issues: ["apiServerUrl", "endpoints.prometheusUrl"].map((path) => ({ path, message: expect.any(String) })),
        },
      }),
    );
    expect(() => publicGuard().checkUrls(fields)).not.toThrow(/169\.254|10\.0\.0/);
    // On loopback, no setting would help.
    expect(() => loopbackGuard().checkUrls(fields)).not.toThrow(/AIOPS_TARGET_ALLOW/);
  });

  it("leaves names to the connection", () => {
    expect(() =>
      publicGuard().checkUrls({ url: "https://metadata.google.internal", b: "http://localhost" }),
    ).not.toThrow();
  });
});

describe("TargetGuard, of names", () => {
  /** What a connection to the name would be given: the addresses, or the error's code. */
  const found = (guard: TargetGuard, host: string, { secure = true, all = true } = {}): Promise<unknown> =>
    new Promise((resolve) => {
      guard.lookup({ secure })(host, { all }, (error, addresses, family) => {
        if (error) return resolve((error as { code?: string }).code);
        resolve(typeof addresses === "string" ? [addresses, family] : addresses.map(({ address }) => address));
      });
    });
  const guards = (answer: string[], allow = "") => ({
    loopback: loopbackGuard(answering(answer).resolve),
    beyond: publicGuard(allow, answering(answer).resolve),
  });

  it("gives the connection what may be connected to, and no more", async () => {
    const { loopback, beyond } = guards([
      "169.254.169.254",
      "10.0.0.1",
      "127.0.0.1",
      "8.8.8.8",
      "::ffff:a9fe:a9fe",
      "::1",
    ]);
    expect(await found(loopback, "a.example")).toEqual(["10.0.0.1", "127.0.0.1", "8.8.8.8", "::1"]);
    expect(await found(beyond, "a.example")).toEqual(["8.8.8.8"]);
    expect(await found(beyond, "a.example", { all: false })).toEqual(["8.8.8.8", 4]);
    expect(await found(beyond, "a.example", { secure: false })).toBe("TARGET_NOT_ALLOWED");
  });

  it("lets a named host be anywhere but where nothing is", async () => {
    const answer = ["169.254.169.254", "10.0.0.1", "127.0.0.1", "8.8.8.8"];
    const { beyond } = guards(answer, "demo,*.clusters.example");
    for (const host of ["demo", "a.clusters.example"]) {
      expect(await found(beyond, host, { secure: false })).toEqual(["10.0.0.1", "127.0.0.1", "8.8.8.8"]);
    }
    expect(await found(beyond, "other", { secure: false })).toBe("TARGET_NOT_ALLOWED");
  });

  it("lets a name be where a range is named", async () => {
    const { beyond } = guards(["10.1.0.1", "10.2.0.1"], "10.2.0.0/16");
    expect(await found(beyond, "a.example")).toEqual(["10.2.0.1"]);
  });

  it.each([["169.254.169.254"], ["fd20:ce::254"], ["::ffff:169.254.169.254"], ["fe80::1%eth0"], ["nonsense"], []])(
    "refuses a name of nothing but %s, however it is allowed",
    async (...answer) => {
      const { loopback, beyond } = guards(answer, "metadata.google.internal");
      expect(await found(loopback, "metadata.google.internal")).toBe("TARGET_NOT_ALLOWED");
      expect(await found(beyond, "metadata.google.internal")).toBe("TARGET_NOT_ALLOWED");
    },
  );

  it("hands on why a name does not resolve", async () => {
    const failing: Resolve = (_host, _options, callback) =>
      callback(Object.assign(new Error("no"), { code: "ENOTFOUND" }), []);
    expect(await found(publicGuard("", failing), "a.example")).toBe("ENOTFOUND");
  });
});

describe("TargetGuard, of connections", () => {
  let tls: TlsMaterial;
  beforeAll(async () => {
    tls = await createTlsMaterial(["127.0.0.1", "cluster.example"]);
  });

  const version: Parameters<typeof startHttpServer>[0] = (_, response) =>
    response.writeHead(200, { "content-type": "application/json", connection: "close" }).end('{"gitVersion":"v1"}');
  async function serving(over?: TlsMaterial): Promise<HttpServer & { port: string }> {
    const server = await startHttpServer(version, over);
    open.push(server);
    return { ...server, port: new URL(server.url).port, connections: () => server.connections() };
  }
  const signal = (): AbortSignal => new AbortController().signal;
  function asking(guard: TargetGuard) {
    const http = new UpstreamHttp(guard);
    open.push({ [Symbol.asyncDispose]: () => http.close() });
    return async (url: string): Promise<string> => {
      const endpoint = { url, token: "t-1", caCertificate: tls.ca };
      return (await http.send(endpoint, { path: "/version", signal: signal(), requestId: "r" })).body;
    };
  }
  async function cluster(url: string, guard: TargetGuard): Promise<KubernetesClient> {
    const credentials = kubeconfigForToken({ server: "https://x.example", token: "t-1", caCertificate: tls.ca });
    const client = await KubernetesClient.connect(credentials, url, guard);
    open.push({ [Symbol.asyncDispose]: () => client.close() });
    return client;
  }
  const NOT_ALLOWED = {
    code: "TARGET_NOT_ALLOWED",
    message: expect.not.stringMatching(/\d\.\d|example|localhost|resolve/),
    details: undefined,
  };
  const CALLS = ["ready", "version", "openshiftVersion", "microshiftVersion"] as const;

  it.each(["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::ffff:127.0.0.1]"])(
    "refuses %s beyond loopback, unasked, to every client",
    async (host) => {
      const [plain, secure] = await Promise.all([serving(), serving(tls)]);
      const ask = asking(publicGuard());
      await expect(ask(`http://${host}:${plain.port}`)).rejects.toMatchObject(NOT_ALLOWED);
      await expect(ask(`https://${host}:${secure.port}`)).rejects.toMatchObject(NOT_ALLOWED);
      const client = await cluster(`https://${host}:${secure.port}`, publicGuard());
      for (const call of CALLS) await expect(client[call]({ signal: signal() })).rejects.toMatchObject(NOT_ALLOWED);
      expect([await plain.connections(), await secure.connections()]).toEqual([0, 0]);
    },
  );

  it.each(["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost"])(
    "reaches %s from loopback, and beyond it where it is named",
    async (host) => {
      const server = await serving();
      const url = `http://${host}:${server.port}`;
      for (const guard of [loopbackGuard(), publicGuard("127.0.0.1"), publicGuard("127.0.0.0/8,::1")]) {
        expect(await asking(guard)(url)).toContain("v1");
      }
    },
  );

  it.each(["http", "kubernetes"])(
    "connects to the address it has checked, and asks for no other (%s)",
    async (client) => {
      const server = await serving(tls);
      const { resolve, asked } = answering(["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"]);
      const guard = publicGuard("cluster.example", resolve);
      const url = `https://cluster.example:${server.port}`;
      const ask = client === "http" ? asking(guard) : null;
      const kubernetes = ask ? null : await cluster(url, guard);
      const once = () => ask?.(url) ?? kubernetes?.version({ signal: signal() });
      await once();
      expect([asked, server.requests.length]).toEqual([["cluster.example"], 1]);
      // The name moves: the next connection is checked anew, and refused.
      await expect.poll(() => server.connections()).toBe(0);
      await expect(once()).rejects.toMatchObject(NOT_ALLOWED);
      expect(server.requests).toHaveLength(1);
      await once();
      expect(server.requests).toHaveLength(2);
      expect(asked).toHaveLength(3);
    },
  );

  it("connects to the one permitted address of several", async () => {
    const server = await serving(tls);
    const { resolve } = answering(["169.254.169.254", "10.0.0.1", "127.0.0.1", "fe80::1"]);
    const client = await cluster(`https://cluster.example:${server.port}`, publicGuard("127.0.0.1", resolve));
    expect(await client.version({ signal: signal() })).toBe("v1");
  });

  it("verifies the certificate for the name, not for the address it was pinned to", async () => {
    const server = await serving(tls);
    const { resolve } = answering(["127.0.0.1"]);
    const ask = asking(publicGuard("127.0.0.1", resolve));
    await expect(ask(`https://other.example:${server.port}`)).rejects.toMatchObject({
      code: "UPSTREAM_UNREACHABLE",
      message: "The TLS certificate was not accepted (ERR_TLS_CERT_ALTNAME_INVALID).",
    });
    expect(server.requests).toEqual([]);
  });
});
