import type { Inventory } from "./inventory.ts";
import { createdAt } from "./lifecycle.ts";
import { hashText } from "./random.ts";
import { monitoringNamespace } from "./workloads.ts";

const DAY = 86_400;
const VALID = 90 * DAY;
/** As cert-manager does, when a third of the time is left. */
const RENEWED = 60 * DAY;

/** A serving certificate that cert-manager looks after. */
export interface WorldCertificate {
  readonly namespace: string;
  readonly name: string;
  readonly dnsName: string;
  readonly seed: number;
}

/** Those of a cluster. */
export function certificatesOf({ spec, pods }: Inventory): WorldCertificate[] {
  const served = ["frontend", "payment-api", "smf"].flatMap((workload) => {
    const pod = pods.find((each) => each.workload === workload);
    return pod === undefined ? [] : [{ namespace: pod.namespace, service: workload }];
  });
  return [...served, { namespace: monitoringNamespace(spec), service: "prometheus" }]
    .map(({ namespace, service }) => ({
      namespace,
      name: `${service}-tls`,
      dnsName: `${service}.${namespace}.svc`,
      seed: hashText(`certificate/${service}`, spec.seed),
    }))
    .sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
}

/** Unix second at which the certificate that is served at `t` was issued. */
export const issuedAt = ({ seed }: WorldCertificate, t: number): number =>
  createdAt({ lifetime: RENEWED, phase: seed % RENEWED, restartEvery: Infinity }, t);

/** Until when it is valid. */
export const expiresAt = (certificate: WorldCertificate, t: number): number => issuedAt(certificate, t) + VALID;
