import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { portable, readKubeconfig } from "./kubeconfig-file.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "aiops-kubeconfig-"));
  await mkdir(join(directory, "pki"));
  await writeFile(join(directory, "pki", "ca.crt"), "the CA\n");
  await writeFile(join(directory, "pki", "client.crt"), "the certificate\n");
  await writeFile(join(directory, "client.key"), "the key\n");
  await writeFile(join(directory, "token"), "the-token\n");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function written(text: string): Promise<string> {
  const file = join(directory, "config");
  await writeFile(file, text);
  return file;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

const CONFIG = `
contexts:
  - { name: files, context: { cluster: a, user: certificate, namespace: shop } }
  - { name: token, context: { cluster: a, user: token } }
  - { name: plugin, context: { cluster: a, user: plugin } }
  - { name: missing, context: { cluster: b, user: token } }
clusters:
  - { name: a, cluster: { server: "https://a", certificate-authority: pki/ca.crt, extensions: [{ name: minikube }] } }
  - { name: b, cluster: { server: "https://b", tls-server-name: b, certificate-authority: pki/none.crt, marked: secret } }
users:
  - { name: certificate, user: { client-certificate: pki/client.crt, client-key: client.key } }
  - { name: token, user: { token: stale, tokenFile: token } }
  - { name: plugin, user: { exec: { command: aws, env: [{ name: X, value: marked }] } } }
`;

describe("portable", () => {
  const sent = async (config: string, ...wanted: string[]) => {
    const { kubeconfig, ...rest } = await portable(await readKubeconfig(await written(config)), wanted);
    return { config: JSON.parse(kubeconfig), text: kubeconfig, ...rest };
  };

  it("embeds the files that the wanted contexts' credentials are in, beside the kubeconfig", async () => {
    const { config, contexts, refused } = await sent(CONFIG, "files", "token");
    expect({ contexts, refused }).toEqual({ contexts: ["files", "token"], refused: [] });
    expect(config.clusters[0]).toEqual({
      name: "a",
      cluster: { server: "https://a", "certificate-authority-data": base64("the CA\n") },
    });
    expect(config.users).toEqual([
      {
        name: "certificate",
        user: { "client-certificate-data": base64("the certificate\n"), "client-key-data": base64("the key\n") },
      },
      { name: "token", user: { token: "the-token" } },
    ]);
  });

  it("sends of the others' what names clusters, and no credential", async () => {
    const { config, text } = await sent(CONFIG, "files");
    expect(config.contexts.map(({ name }: { name: string }) => name)).toEqual(["files", "token", "plugin", "missing"]);
    expect(config.clusters[1]).toEqual({ name: "b", cluster: { server: "https://b", "tls-server-name": "b" } });
    expect(config.users.map(({ name }: { name: string }) => name)).toEqual(["certificate"]);
    for (const secret of ["stale", "the-token", "marked"]) expect(text).not.toContain(secret);
  });

  it("refuses a plugin with the way out, and a file that cannot be read, each for its own context", async () => {
    const { contexts, refused, text } = await sent(CONFIG, "plugin", "missing", "token");
    expect(contexts).toEqual(["token"]);
    expect(refused).toEqual([
      { context: "plugin", message: expect.stringMatching(/exec plugin.*kubectl --context "plugin" create token/s) },
      {
        context: "missing",
        message: expect.stringMatching(/^Cannot read certificate-authority .*none\.crt \(ENOENT\)/),
      },
    ]);
    expect(text).not.toContain("marked");
  });

  it("prefers embedded data to a file", async () => {
    const { config } = await sent(
      `{ contexts: [{ name: x, context: { cluster: c, user: u } }],
         clusters: [{ name: c, cluster: { server: "https://a", certificate-authority: nowhere, certificate-authority-data: ZGF0YQ== } }],
         users: [{ name: u, user: { token: t } }] }`,
      "x",
    );
    expect(config.clusters[0].cluster).toEqual({ server: "https://a", "certificate-authority-data": "ZGF0YQ==" });
  });

  it("hands a context that is not there to the server, to say so", async () => {
    expect((await sent(CONFIG, "nobody")).contexts).toEqual(["nobody"]);
  });
});

describe("readKubeconfig", () => {
  it.each(["", "[", "{}", "contexts: []", "contexts: 7"])("refuses %j", async (text) => {
    await expect(readKubeconfig(await written(text))).rejects.toThrow(/is not a kubeconfig with a context/);
  });

  it("says what it cannot read", async () => {
    await expect(readKubeconfig(join(directory, "none"))).rejects.toThrow(/Cannot read the kubeconfig .*ENOENT/);
    await expect(readKubeconfig(directory)).rejects.toThrow(/not a file/);
  });
});
