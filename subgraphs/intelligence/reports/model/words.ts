import type { Resource } from "./forecast.ts";

export const RESOURCES: Readonly<Record<Resource, string>> = {
  CPU: "CPU used",
  CPU_REQUESTS: "CPU requested",
  MEMORY: "Memory used",
  MEMORY_REQUESTS: "Memory requested",
  FILESYSTEM: "Fullest filesystem",
  VOLUME: "Fullest volume",
  GPU_MEMORY: "GPU memory used",
};
