import type { LogRow, LogStream } from "../../shared/upstreams/loki/schema.ts";

/** An XID as the kernel of a node wrote it. */
export interface LoggedXid {
  node: string;
  /** As `busOf` writes it. */
  bus: string;
  code: string;
  pid: number | null;
  process: string | null;
  at: Date;
}

export interface LoggedXids {
  xids: LoggedXid[];
  /** Lines that name no node. */
  unplaced: number;
}

/** What shippers call the node, in Promtail's, Alloy's, OpenShift's and OpenTelemetry's styles. */
const NODE_LABELS = [
  "node",
  "node_name",
  "nodename",
  "kubernetes_host",
  "k8s_node_name",
  "hostname",
  "host_name",
  "host",
  "_HOSTNAME",
  "instance",
];

/**
 * "NVRM: Xid (PCI:0000:3b:00): 31, pid=4711, name=python3, Ch 00000008, …"; of a part of a GPU "(PCI:0000:3b:00 GPU-I:03)"; old
 * drivers leave out "PCI:", the process, or its name.
 */
const XID =
  /NVRM: Xid \((?:PCI:)?([0-9a-f:.]+)(?: [^)]*)?\): (\d{1,4})(?:,|\b)(?: pid=\W*(\d+|unknown)\W*,)?(?: name=([^,]+),)?/i;
/** As syslog writes it before the kernel's own, and as JSON holds it. */
const HOST = /(?:"(?:hostname|host|_HOSTNAME)":\s*"([^"]+)"|(\S+) kernel: )/;

/** A bus address without its function, as drivers, exporters and nvidia-smi all can be compared: "0000:3b:00". Null for what is none. */
export function busOf(text: string | null | undefined): string | null {
  const [, domain = "0", bus, device] =
    /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{2}):([0-9a-f]{2})(?:\.[0-9a-f])?$/i.exec(text ?? "") ?? [];
  if (!bus || !device) return null;
  return `${Number.parseInt(domain, 16).toString(16).padStart(4, "0")}:${bus}:${device}`.toLowerCase();
}

export function readXids(streams: readonly LogStream[]): LoggedXids {
  const xids: LoggedXid[] = [];
  let unplaced = 0;
  for (const { labels, rows } of streams) {
    for (const row of rows) {
      const [nanos, line] = row;
      const [, address, code, pid, name] = XID.exec(line) ?? [];
      const bus = busOf(address);
      if (!bus || !code) continue;
      const node = nodeOf(labels, row);
      if (!node) unplaced += 1;
      else {
        xids.push({
          node,
          bus,
          code: String(Number(code)),
          pid: pid && /^\d+$/.test(pid) ? Number(pid) : null,
          process: name && !name.includes("unknown") ? name.trim() : null,
          at: new Date(Number(BigInt(nanos) / 1_000_000n)),
        });
      }
    }
  }
  return { xids: xids.sort((a, b) => a.at.getTime() - b.at.getTime()), unplaced };
}

function nodeOf(labels: LogStream["labels"], [, line, own]: LogRow): string | null {
  const all = { ...own?.structuredMetadata, ...labels };
  const label = NODE_LABELS.map((name) => all[name]).find(Boolean);
  if (label) return label.replace(/:\d+$/, "");
  const [, quoted, plain] = HOST.exec(line) ?? [];
  return quoted ?? plain ?? null;
}
