export type SpanKind = "internal" | "server" | "client" | "consumer";
export type AttributeValue = string | number | boolean;

/** One thing that a service does within a trace, and what it has others do for it. */
export interface Step {
  readonly service: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** When within its caller's time it runs, as shares of that. */
  readonly from: number;
  readonly to: number;
  readonly calls: readonly Step[];
  /** Where the caller's trouble comes from. */
  readonly blamed?: true;
  /** May be done by another cluster's pods. */
  readonly remote?: true;
}

/** A kind of request: how often of all, how many milliseconds it usually takes, and its first step. */
export interface Flow {
  readonly weight: number;
  readonly mean: number;
  readonly root: Step;
  /** Not where this service runs, which calls it. */
  readonly unless?: string;
}

type More = Pick<Step, "blamed" | "remote"> & { readonly calls?: readonly Step[] };
type Share = readonly [from: number, to: number];

const step = (
  service: string,
  name: string,
  kind: SpanKind,
  [from, to]: Share,
  attributes: Step["attributes"],
  { calls = [], ...more }: More = {},
): Step => ({ service, name, kind, from, to, attributes, calls, ...more });

/** A step that answers HTTP. */
function http(service: string, method: string, path: string, share: Share, more?: More): Step {
  const attributes = { "http.request.method": method, "http.route": path, "url.path": path };
  return step(service, `${method} ${path}`, "server", share, attributes, more);
}

const WHOLE: Share = [0, 1];

const INSERT = step("orders-db", "INSERT orders", "server", [0.1, 0.6], {
  "db.system.name": "postgresql",
  "db.operation.name": "INSERT",
  "db.query.text": "INSERT INTO orders (id, customer, total) VALUES ($1, $2, $3)",
});
const PUBLISH = step("kafka", "orders publish", "consumer", [0.65, 0.85], {
  "messaging.system": "kafka",
  "messaging.destination.name": "orders",
});
const CHARGE = http("payment-api", "POST", "/charge", [0.02, 0.98], { calls: [INSERT, PUBLISH] });
const PAY = step(
  "checkout",
  "POST payment-api",
  "client",
  [0.3, 0.95],
  { "http.request.method": "POST", "server.address": "payment-api.payments.svc" },
  { calls: [{ ...CHARGE, remote: true, blamed: true }], blamed: true },
);
const CART = http("cart", "GET", "/cart", [0.05, 0.25]);
const CHECKOUT = http("checkout", "POST", "/checkout", [0.08, 0.95], { calls: [CART, PAY] });
const SEARCH = http("catalog", "GET", "/search", [0.1, 0.9], {
  calls: [
    step("cache", "GET products", "server", [0.2, 0.5], { "db.system.name": "redis", "db.operation.name": "GET" }),
  ],
});

const CONTEXTS = http("amf", "POST", "/namf-comm/v1/ue-contexts", WHOLE, {
  calls: [
    step(
      "smf",
      "CreateSMContext",
      "server",
      [0.1, 0.8],
      { "rpc.system": "http" },
      {
        calls: [step("upf", "PFCP SessionEstablishment", "server", [0.2, 0.7], { "network.protocol.name": "pfcp" })],
      },
    ),
  ],
});
const COMPLETIONS = http("llm-inference", "POST", "/v1/chat/completions", WHOLE, {
  calls: [step("llm-inference", "generate", "internal", [0.05, 0.97], { "gen_ai.request.model": "llama-3.1-8b" })],
});

/** All that any cluster does; a cluster does those whose first service it runs. */
export const FLOWS: readonly Flow[] = [
  { weight: 5, mean: 160, root: http("frontend", "POST", "/checkout", WHOLE, { calls: [CHECKOUT] }) },
  { weight: 3, mean: 60, root: http("frontend", "GET", "/product", WHOLE, { calls: [SEARCH] }) },
  { weight: 3, mean: 90, root: { ...CHECKOUT, from: 0, to: 1 }, unless: "frontend" },
  { weight: 2, mean: 300, root: CONTEXTS },
  { weight: 3, mean: 1400, root: COMPLETIONS },
];
