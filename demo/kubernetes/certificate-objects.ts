import { certificatesOf, expiresAt, issuedAt } from "../world/certificates.ts";
import { EPOCH } from "../world/lifecycle.ts";
import { uuid } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { type KubernetesObject, objectMetadata, timestamp } from "./metadata.ts";

/** What cert-manager looks after, sorted as lists are. */
export function certificateObjects({ inventory, incidents }: World, now: number): KubernetesObject[] {
  return certificatesOf(inventory).map((certificate) => {
    const { namespace, name, dnsName, seed } = certificate;
    const expired = incidents.expiredSince(namespace, name, now);
    const notAfter = expired ?? expiresAt(certificate, now);
    const ready =
      expired === undefined
        ? { status: "True", reason: "Ready", message: "Certificate is up to date and has not expired" }
        : { status: "False", reason: "Expired", message: `Certificate expired on ${timestamp(expired)}` };
    return {
      metadata: { ...objectMetadata(uuid(seed, "uid"), name, EPOCH, {}), namespace, generation: 1 },
      spec: {
        secretName: name,
        dnsNames: [dnsName],
        issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: "platform-ca" },
      },
      status: {
        conditions: [{ type: "Ready", ...ready, lastTransitionTime: timestamp(expired ?? issuedAt(certificate, now)) }],
        notAfter: timestamp(notAfter),
        notBefore: timestamp(issuedAt(certificate, now)),
      },
    };
  });
}
