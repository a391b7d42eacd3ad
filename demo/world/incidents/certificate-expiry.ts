import { certificatesOf } from "../certificates.ts";
import type { FailureText, WorldPod } from "../inventory.ts";
import { mix, uuid } from "../random.ts";
import { during, type Effect, every, type Happening, type Maker } from "./effect.ts";
import { calledPair, callersOf } from "./services.ts";

const iso = (t: number) => `${new Date(t * 1000).toISOString().slice(0, 19)}Z`;

/** A serving certificate that could not be renewed: nobody who verifies it talks to its service any more. */
export const certificateExpiry: Maker = ({ inventory, period }): Effect | undefined => {
  const pair = calledPair(inventory);
  const certificate = certificatesOf(inventory).find(({ name }) => name === `${pair?.server.workload}-tls`);
  if (pair === undefined || certificate === undefined) return undefined;
  const { client, server } = pair;
  const { namespace, name } = certificate;
  const { from, to } = period;
  const callers = callersOf(server.workload);
  const serves = (pod: WorldPod) => pod.workload === server.workload && pod.namespace === server.namespace;
  const refused = (t: number): FailureText => [
    "TLSError",
    `tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time ${iso(t)} is after ${iso(from)}`,
  ];
  const on = (t: number) => t >= from && t < to;
  const subject = {
    kind: "Certificate",
    apiVersion: "cert-manager.io/v1",
    namespace,
    name,
    uid: uuid(certificate.seed, "uid"),
  };
  const told = (reason: string, message: string, lasting: boolean): Happening => ({
    subject,
    type: "Warning",
    reason,
    message,
    component: "cert-manager-certificates-issuing",
    at: from,
    ...(lasting ? { until: to } : {}),
  });
  return {
    cause: { kind: "CERTIFICATE", namespace, name },
    alerts: [{ name: "CertManagerCertificateExpired", subjects: [during(period, 1, { namespace, name })] }],
    bend: (metric, labels, at) => {
      if (labels["namespace"] !== namespace || labels["name"] !== name) return undefined;
      // It had not been renewed before either.
      if (metric === "certmanager_certificate_expiration_timestamp_seconds") {
        return (t) => (t < to ? Math.min(at(t) ?? from, from) : at(t));
      }
      if (metric !== "certmanager_certificate_ready_status") return undefined;
      const condition = labels["condition"];
      return (t) => (on(t) ? Number(condition === "False") : at(t));
    },
    traffic: (pod) =>
      serves(pod)
        ? { lost: 0.95 }
        : callers.has(pod.workload)
          ? { failed: pod.workload === client ? 0.6 : 0.35 }
          : undefined,
    sent: (pod) => (pod.workload === client ? { failed: 0.95 } : undefined),
    influence: (pod, t) => (serves(pod) ? { refused: refused(t) } : undefined),
    lines: (pod, stretch) => {
      if (pod.workload === client) {
        return every(9, period, stretch, (t, i) => {
          const [type, message] = refused(t);
          return {
            seed: mix(pod.seed, i),
            level: "error",
            message,
            fields: { error: type, peer: certificate.dnsName },
          };
        });
      }
      if (!serves(pod)) return [];
      return every(6, period, stretch, (_t, i) => {
        const seed = mix(pod.seed, i);
        const peer = `10.128.${seed % 4}.${20 + (seed % 200)}:${32_000 + (seed % 20_000)}`;
        const message = `http: TLS handshake error from ${peer}: remote error: tls: expired certificate`;
        return { seed, level: "warn", message };
      });
    },
    happenings: [
      told("Expired", `Certificate expired on ${new Date(from * 1000).toUTCString()}`, false),
      told(
        "Failed",
        "The certificate request has failed to complete and will be retried: the issuer platform-ca is not ready",
        true,
      ),
    ],
    expired: (of, which, t) => (of === namespace && which === name && on(t) ? from : undefined),
  };
};
