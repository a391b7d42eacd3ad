import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What is in use on the heap, in MiB, and nothing that could be collected. */
export function heapInUse(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
