import { type DeviceReading, numberOf, samePod } from "../readings/device.mapper.ts";

/**
 * Whether an alert with these labels is about the device: it names the device, its node and its place there, or a pod that has it. A
 * rule over an exporter's series has the exporter's labels.
 */
export function isAbout(labels: Readonly<Record<string, string>>, device: DeviceReading): boolean {
  const { UUID, gpu_uuid, uuid, Hostname, hostname, node, exported_namespace, exported_pod, namespace, pod } = labels;
  const named = UUID ?? gpu_uuid ?? uuid;
  if (named) return named === device.uuid;
  const index = numberOf(labels["gpu"]);
  if (index !== null) return index === device.index && (node ?? Hostname ?? hostname) === device.node;
  const owner = exported_pod
    ? { namespace: exported_namespace ?? "", name: exported_pod }
    : { namespace: namespace ?? "", name: pod ?? "" };
  const pods = [...device.pods, ...device.instances.flatMap((instance) => instance.pods)];
  return pods.some((each) => samePod(each, owner));
}
