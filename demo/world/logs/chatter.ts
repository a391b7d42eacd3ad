import type { Level, Style } from "./line.ts";

/** What a workload says when nothing happens: `#` stands for a number. */
export interface Saying {
  readonly level: Level;
  readonly message: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** How a workload writes, how many seconds lie between two lines on average, and what they say. */
export interface Voice {
  readonly style: Style;
  readonly every: number;
  readonly sayings: readonly Saying[];
}

const info = (message: string, fields?: Saying["fields"]): Saying => ({
  level: "info",
  message,
  ...(fields === undefined ? {} : { fields }),
});
const warn = (message: string, fields?: Saying["fields"]): Saying => ({ ...info(message, fields), level: "warn" });

const voice = (style: Style, every: number, ...sayings: readonly Saying[]): Voice => ({ style, every, sayings });

const WEB = [
  info("connection pool resized", { open: "#", idle: "#" }),
  info("configuration reloaded", { version: "#" }),
];
const COMMON = [info("heartbeat", { uptime_s: "#" }), info("work queue drained", { items: "#" })];

const VOICES: Readonly<Record<string, Voice>> = {
  frontend: voice("json", 60, ...WEB),
  checkout: voice("json", 45, ...WEB, warn("inventory answered slowly", { took_ms: "#" })),
  cart: voice("json", 60, ...WEB),
  catalog: voice("json", 60, ...WEB),
  "payment-api": voice("json", 45, ...WEB, warn("card network retried", { attempt: "#" })),
  "payment-worker": voice(
    "logfmt",
    15,
    info("settled batch", { payments: "#" }),
    info("ledger synced", { took: "#ms" }),
  ),
  "orders-db": voice(
    "plain",
    30,
    info("checkpoint complete: wrote # buffers"),
    info("autovacuum of table orders: # pages"),
  ),
  cache: voice("plain", 60, info("DB saved on disk"), info("# changes in 300 seconds. Saving...")),
  kafka: voice(
    "plain",
    30,
    info("[Log partition=orders-3] Rolled new log segment at offset #"),
    info("[GroupCoordinator 1]: Stabilized group payments generation #"),
  ),
  "llm-inference": voice("plain", 20, info("Avg generation throughput: # tokens/s, Running: # reqs, Waiting: 0 reqs")),
  train: voice("logfmt", 20, info("step finished", { step: "#", loss: "1.#", tokens_per_s: "#" })),
  upf: voice("logfmt", 30, info("session statistics", { sessions: "#", gbps: "#" })),
  amf: voice("logfmt", 30, info("UE registered", { imsi: "imsi-00101#" })),
  smf: voice("logfmt", 20, info("waiting for UPF association", { peer: "upf-0" })),
  "du-high": voice("logfmt", 20, info("cell prb update", { cell: "#", prb: "#" })),
  "cu-cp": voice("logfmt", 30, info("UE context released", { ue: "#" })),
  "istio-proxy": voice("plain", 60, info("xds: config update received, version #")),
};

const KLOG = voice(
  "klog",
  60,
  info("Successfully synced", { key: "kube-system/#" }),
  info("Watch closed, will restart", { resourceVersion: "#" }),
  warn("Throttling request", { took: "1.#s" }),
);
const OTHER = voice("logfmt", 45, ...COMMON);

/** How a workload's container writes. */
export function voiceOf(name: string): Voice {
  if (name.startsWith("kube-") || name === "etcd" || name === "coredns") return KLOG;
  return VOICES[name] ?? OTHER;
}
