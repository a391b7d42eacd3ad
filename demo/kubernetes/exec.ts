import type { Answer, UpstreamCall } from "../server/answer.ts";
import type { WorldPod } from "../world/inventory.ts";
import { smiOutput } from "../world/nvidia-smi.ts";
import type { World } from "../world/world.ts";
import { failure } from "./status.ts";

/** Whose pods have nvidia-smi in them. */
const HAVE_IT = new Set(["nvidia-driver-daemonset", "nvidia-device-plugin-daemonset", "nvidia-dcgm-exporter"]);
export const EXEC_PATH = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/exec$/;
const PROTOCOL = /(?:^|,\s*)v[45]\.channel\.k8s\.io(?:,|$)/;
const [STDOUT, STATUS] = [1, 3];
const FRAME_BYTES = 8192;

/** Runs a program in a pod: nvidia-smi, where it is. Undefined for any other call. */
export function execAnswer(world: World, call: UpstreamCall): Answer | undefined {
  const [, namespace, name] = EXEC_PATH.exec(call.path) ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  const pod = world.inventory.pods.find((each) => each.namespace === namespace && each.name === name);
  if (pod === undefined) return failure(404, "NotFound", `pods "${name}" not found`, { name, kind: "pods" });
  const container = call.params.get("container") ?? "";
  if (!pod.containers.some((each) => each.name === container)) {
    return failure(400, "BadRequest", `container ${container} is not valid for pod ${name}`);
  }
  if (!PROTOCOL.test(call.headers["sec-websocket-protocol"] ?? "")) {
    return failure(400, "BadRequest", "Upgrade request required");
  }
  const { output, status } = run(world, pod, call.params.getAll("command"), call.now / 1000);
  return {
    status: 101,
    contentType: "",
    body: "",
    webSocket: (out) => {
      const bytes = Buffer.from(output);
      for (let at = 0; at < bytes.length; at += FRAME_BYTES) {
        out.send(Buffer.concat([Buffer.of(STDOUT), bytes.subarray(at, at + FRAME_BYTES)]));
      }
      out.send(Buffer.concat([Buffer.of(STATUS), Buffer.from(JSON.stringify(status))]));
      out.close(1000, "");
      return () => {};
    },
  };
}

function run(world: World, pod: WorldPod, command: readonly string[], t: number): { output: string; status: object } {
  const metadata = {};
  if (command.join(" ") === "nvidia-smi -q -x" && HAVE_IT.has(pod.workload) && pod.node !== undefined) {
    const output = smiOutput(world, pod.node, t, pod.workload === "nvidia-driver-daemonset");
    return { output, status: { metadata, status: "Success" } };
  }
  const message = `exec failed: unable to start container process: exec: "${command[0]}": executable file not found in $PATH: unknown`;
  return { output: "", status: { metadata, status: "Failure", message, reason: "InternalError", code: 500 } };
}
