import { certificatesOf, expiresAt, type WorldCertificate } from "../certificates.ts";
import type { Inventory } from "../inventory.ts";
import { family, type MetricFamily } from "./family.ts";

const labelsOf = ({ namespace, name }: WorldCertificate) => ({
  job: "cert-manager",
  instance: "10.128.0.9:9402",
  namespace,
  name,
  issuer_kind: "ClusterIssuer",
  issuer_name: "platform-ca",
  issuer_group: "cert-manager.io",
});

/** What cert-manager tells about its certificates. */
export function certificateFamilies(inventory: Inventory): MetricFamily[] {
  return [
    family(
      "certmanager_certificate_expiration_timestamp_seconds",
      "gauge",
      "The timestamp after which the certificate expires, expressed in Unix Epoch Time.",
      () => certificatesOf(inventory).map((one) => [labelsOf(one), (t) => expiresAt(one, t)]),
    ),
    family("certmanager_certificate_ready_status", "gauge", "The ready status of the certificate.", () =>
      certificatesOf(inventory).flatMap((one) =>
        ["True", "False", "Unknown"].map(
          (condition) => [{ ...labelsOf(one), condition }, () => (condition === "True" ? 1 : 0)] as const,
        ),
      ),
    ),
  ];
}
