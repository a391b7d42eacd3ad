import type { ClusterSpec } from "../catalogue.ts";
import { type Answer, json, text } from "../server/answer.ts";
import { hex } from "../world/random.ts";

const CHECKS = ["ping", "log", "etcd", "informer-sync", "poststarthook/start-apiextensions-controllers", "shutdown"];

/** /readyz, /livez and /healthz, terse or with `verbose`. */
export function health(which: string, verbose: boolean): Answer {
  const headers = { "x-content-type-options": "nosniff" };
  if (!verbose) return text(200, "ok", headers);
  return text(200, `${CHECKS.map((name) => `[+]${name} ok\n`).join("")}${which} check passed\n`, headers);
}

/** /version. */
export function version(spec: ClusterSpec): Answer {
  const [major = "1", minor = "0"] = spec.kubernetesVersion.split(".");
  return json(200, {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: `v${spec.kubernetesVersion}`,
    gitCommit: hex(spec.seed, "commit", 40),
    gitTreeState: "clean",
    buildDate: "2026-05-12T09:14:20Z",
    goVersion: "go1.24.4",
    compiler: "gc",
    platform: "linux/amd64",
  });
}
