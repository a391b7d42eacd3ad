import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;

export interface TlsMaterial {
  /** PEM of the authority that signed the certificate. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A throw-away certificate authority and one server certificate by it, for the host names and addresses given. */
export async function createTlsMaterial(hosts: readonly string[]): Promise<TlsMaterial> {
  x509.cryptoProvider.set(webcrypto as Crypto);
  const [caKeys, leafKeys] = await Promise.all([keyPair(), keyPair()]);
  // The real clock even when the demo's is injected: clients check validity against theirs.
  const now = Date.now();
  const dates = { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + 365 * DAY_MS) };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=demo-fleet-ca",
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    serialNumber: serial(),
    ...dates,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const leaf = await x509.X509CertificateGenerator.create({
    subject: "CN=demo-fleet",
    issuer: authority.subject,
    publicKey: leafKeys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    serialNumber: serial(),
    ...dates,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        [...new Set(hosts)].map((host) => ({
          type: isIP(host) === 0 ? ("dns" as const) : ("ip" as const),
          value: host,
        })),
      ),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      await x509.AuthorityKeyIdentifierExtension.create(authority),
    ],
  });
  const key = Buffer.from(
    await webcrypto.subtle.exportKey("pkcs8", leafKeys.privateKey as webcrypto.CryptoKey),
  ).toString("base64");
  const lines = key.match(/.{1,64}/g) ?? [];
  return {
    ca: `${authority.toString("pem")}\n`,
    cert: `${leaf.toString("pem")}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`,
  };
}

type KeyPair = Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[0]["keys"];

async function keyPair(): Promise<KeyPair> {
  // The library is typed for the browser's CryptoKey, which lacks Node's newest key usages and is the same otherwise.
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as unknown as KeyPair;
}

function serial(): string {
  // A leading zero bit keeps the number positive.
  return `01${randomBytes(8).toString("hex")}`;
}
