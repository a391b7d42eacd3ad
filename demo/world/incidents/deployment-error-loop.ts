import { deploymentUid } from "../deployments.ts";
import type { FailureText, WorldPod } from "../inventory.ts";
import { answersAt } from "../presence.ts";
import { hex, suffix, unit, uuid } from "../random.ts";
import { during, type Effect, type Happening, type Maker } from "./effect.ts";
import { callersOf, firstOf } from "./services.ts";

const RESTART_SECONDS = 90;
/** Between one pod of the rollout and the next. */
const STEP = 10;
/** A new pod seems ready for so long, and the old one goes. */
const GRACE = 20;
const LIFETIME = 1e9;
const PANIC: FailureText = [
  "RuntimeError",
  "panic: runtime error: invalid memory address or nil pointer dereference in pricing.Discount",
];
const REFUSED: FailureText = ["ConnectError", "dial tcp: connect: connection refused"];

const newer = (image: string) =>
  image.replace(/:(\d+)\.(\d+)\./, (_, major, minor) => `:${major}.${Number(minor) + 1}.`);

/** A rollout whose pods seem ready at first, and crash on the first requests. */
export const deploymentErrorLoop: Maker = ({ inventory, period }): Effect | undefined => {
  const old = firstOf(inventory, "cart", "checkout");
  if (old === undefined) return undefined;
  const { namespace, workload, seed } = old[0];
  const { from, to } = period;
  const template = hex(seed, `template/${from}`, 9);
  const comers = old.map((pod, i): WorldPod => {
    const name = `${workload}-${template}-${suffix(seed, `rollout/${from}/${i}`, 5)}`;
    const since = from + i * STEP;
    return {
      ...pod,
      name,
      uid: uuid(seed, name),
      ip: pod.ip.replace(/\d+$/, (last) => String(250 - (Number(last) % 200))),
      containers: pod.containers.map((each, k) => (k === 0 ? { ...each, image: newer(each.image) } : each)),
      fate: "crashing",
      failure: PANIC,
      life: { lifetime: LIFETIME, phase: since, restartEvery: RESTART_SECONDS },
      within: { from: since, to },
    };
  });
  const away = new Map(old.map((pod, i) => [pod.name, { from: from + i * STEP + GRACE, to }]));
  const rolled = new Set(comers.map(({ name }) => name));
  const callers = callersOf(workload);
  const deployment = {
    kind: "Deployment",
    apiVersion: "apps/v1",
    namespace,
    name: workload,
    uid: deploymentUid(inventory, namespace, workload),
  };
  const [set, before] = [`${workload}-${template}`, old[0].name.slice(0, old[0].name.lastIndexOf("-"))];
  const scaled = (message: string, at: number): Happening => ({
    subject: deployment,
    type: "Normal",
    reason: "ScalingReplicaSet",
    message,
    component: "deployment-controller",
    at,
  });
  return {
    cause: { kind: "WORKLOAD", namespace, name: workload },
    alerts: [
      {
        name: "KubePodCrashLooping",
        subjects: comers.map(({ name, within = period }) => {
          const labels = { namespace, pod: name, container: workload };
          return during(within, 2 * RESTART_SECONDS + 15, labels, 900 / RESTART_SECONDS);
        }),
      },
    ],
    pods: (pods) => [
      ...pods.map((pod) => {
        const gone = away.get(pod.name);
        return gone === undefined ? pod : { ...pod, away: gone };
      }),
      ...comers,
    ],
    traffic: ({ name, workload: of }) =>
      rolled.has(name)
        ? { failed: 0.5, lost: 0.4 }
        : callers.has(of)
          ? { failed: of === "frontend" ? 0.3 : 0.5 }
          : undefined,
    influence: (pod, t, own) => {
      if (!rolled.has(pod.name)) return undefined;
      if (!answersAt(pod, t)) return { refused: REFUSED };
      return unit(own, 21) < 0.85 ? { failure: PANIC } : undefined;
    },
    happenings: old.flatMap((pod, i): Happening[] => [
      scaled(`Scaled up replica set ${set} from ${i} to ${i + 1}`, from + i * STEP),
      scaled(
        `Scaled down replica set ${before} from ${old.length - i} to ${old.length - i - 1}`,
        from + i * STEP + GRACE,
      ),
      {
        subject: { kind: "Pod", namespace, name: pod.name, uid: pod.uid },
        type: "Normal",
        reason: "Killing",
        message: `Stopping container ${workload}`,
        component: "kubelet",
        host: pod.node?.name ?? "",
        at: from + i * STEP + GRACE,
      },
    ]),
  };
};
