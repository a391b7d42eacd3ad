import { failingGpu, gpuSpell, SILENT_XID, XID } from "../incidents.ts";
import type { WorldNode } from "../inventory.ts";
import { startedAt } from "../lifecycle.ts";
import { existsAt } from "../presence.ts";
import { hashText, mix, uuid } from "../random.ts";
import type { World } from "../world.ts";
import { type Entry, type LogLine, lineOf } from "./line.ts";

const XID_EVERY = 240;
const SILENT_XID_EVERY = 900;
const HOUSEKEEPING = 120;

interface Stretch {
  readonly from: number;
  readonly to: number;
}

const NEVER: Stretch = { from: 0, to: 0 };

/** The multiples of `every` seconds, moved by the offset, that lie in a stretch. */
function times({ from, to }: Stretch, every: number, offset: number): number[] {
  const found: number[] = [];
  for (let t = Math.ceil((from - offset) / every) * every + offset; t < to; t += every) found.push(t);
  return found;
}

function kernel(world: World, node: WorldNode, stretch: Stretch): Entry[] {
  const gpu = failingGpu(world.inventory);
  const spell = gpuSpell(world.spec);
  const xids =
    gpu?.node !== node ? [] : times(stretch, XID_EVERY, node.seed % XID_EVERY).filter((t) => spell(t) !== undefined);
  const bus = gpu?.pciBusId.replace("00000000", "0000").replace(/\.0$/, "").toLowerCase() ?? "";
  const fallen: Entry[] = xids.map((t) => ({
    at: t * 1e6,
    seed: mix(node.seed, t),
    level: "error",
    message: `NVRM: Xid (PCI:${bus}): ${XID}, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.`,
  }));
  const silent: Entry[] = times(gpu?.node === node ? stretch : NEVER, SILENT_XID_EVERY, node.seed % SILENT_XID_EVERY)
    .filter((t) => spell(t) !== undefined)
    .map((t) => ({
      at: t * 1e6,
      seed: mix(node.seed, t + 1),
      level: "error",
      message: `NVRM: Xid (PCI:${bus}): ${SILENT_XID}, pid=${1000 + (node.seed % 30_000)}, name=python3, 32a8(42d8) 8503d7f8 00000000`,
    }));
  const leaking = world.inventory.pods.filter((pod) => pod.node === node && pod.fate === "leaking");
  const killed = leaking.flatMap((pod) =>
    times(stretch, pod.life.restartEvery, startedAt(pod.life, stretch.to) % pod.life.restartEvery).map((t): Entry => {
      const seed = mix(pod.seed, t);
      const message = `Memory cgroup out of memory: Killed process ${1000 + (seed % 30_000)} (${pod.workload}) total-vm:${pod.containers[0]?.memoryLimit ?? 0}B, UID:1000`;
      return { at: t * 1e6, seed, level: "error", message };
    }),
  );
  return [...fallen, ...silent, ...killed];
}

function kubelet(world: World, node: WorldNode, stretch: Stretch): Entry[] {
  const synced = times(stretch, HOUSEKEEPING, node.seed % HOUSEKEEPING).map((t): Entry => {
    const seed = mix(node.seed, t);
    return {
      at: t * 1e6,
      seed,
      level: "info",
      message: "Image garbage collection succeeded",
      fields: { freed: seed % 900 },
    };
  });
  const crashing = world.inventory.pods.filter((pod) => pod.node === node && pod.fate === "crashing");
  const failed = crashing.flatMap((pod) =>
    times(stretch, 60, hashText(pod.name) % 60).flatMap((t): Entry[] => {
      if (!existsAt(pod, t)) return [];
      const full = `${pod.name}_${pod.namespace}(${uuid(pod.seed, "uid")})`;
      const err = `failed to StartContainer for ${pod.workload} with CrashLoopBackOff: back-off 5m0s restarting failed container`;
      const fields = { err, pod: full };
      return [{ at: t * 1e6, seed: mix(pod.seed, t), level: "error", message: "Error syncing pod, skipping", fields }];
    }),
  );
  return [...synced, ...failed];
}

/** The lines of a node's system between two unix seconds. */
export function systemLines(world: World, node: WorldNode, unit: string, stretch: Stretch): LogLine[] {
  const caused = world.incidents.effects.flatMap(({ journal }) => journal?.(node, unit, stretch) ?? []);
  if (unit === "kernel") return [...kernel(world, node, stretch), ...caused].map((entry) => lineOf("plain", entry));
  return [...kubelet(world, node, stretch), ...caused].map((entry) => lineOf("klog", entry));
}
