export const EndpointKind = {
  PROMETHEUS: "PROMETHEUS",
  THANOS: "THANOS",
  TEMPO: "TEMPO",
  LOKI: "LOKI",
  ALERTMANAGER: "ALERTMANAGER",
} as const;
export type EndpointKind = (typeof EndpointKind)[keyof typeof EndpointKind];

interface Rule {
  kind: EndpointKind;
  /** Names that operators and charts give to the service that answers queries, after a release's own name. */
  service: RegExp;
  /** Its port, by name or number, the likeliest first. */
  ports: readonly (string | number)[];
}

const RULES: readonly Rule[] = [
  {
    kind: "THANOS",
    service: /^(.*-)?thanos-(querier|query|query-frontend)$/,
    ports: ["web", "http", 9091, 9090, 10902],
  },
  {
    kind: "PROMETHEUS",
    service: /^prometheus$|^(.*-)?(prometheus-k8s|kube-prometheus(-stack)?-prometheus|prometheus-server)$/,
    ports: ["web", "http-web", "http", 9091, 9090, 80],
  },
  {
    kind: "ALERTMANAGER",
    service: /^(.*-)?(alertmanager|alertmanager-main)$/,
    ports: ["web", "http-web", "http", 9094, 9093],
  },
  {
    kind: "LOKI",
    service: /^loki$|^(.*-)?(loki-gateway|loki-query-frontend|loki-gateway-http)$/,
    ports: ["public", "http", "http-metrics", 3100, 8080, 80],
  },
  {
    kind: "TEMPO",
    service: /^tempo$|^(.*-)?tempo(-.+)?-(query-frontend|gateway)$/,
    ports: ["public", "http", "http-metrics", "tempo-prom-metrics", 3200, 3100, 8080, 80],
  },
];

/** What backend a service is by its well-known name; null where it is none. */
export const endpointKindOf = (service: string): EndpointKind | null => ruleOf(service)?.kind ?? null;

/** The port of such a service that answers queries; null where none looks like it. */
export function queryPort<T extends { name: string | null; port: number }>(
  service: string,
  ports: readonly T[],
): T | null {
  const rule = ruleOf(service);
  const wanted = rule?.ports.flatMap((want) => ports.find(({ name, port }) => want === name || want === port) ?? []);
  return wanted?.[0] ?? null;
}

const ruleOf = (name: string): Rule | undefined => RULES.find(({ service }) => service.test(name));
