import { registerEnumType } from "../../shared/kernel/graphql.ts";

export const GPUMode = { WHOLE: "WHOLE", MIG: "MIG", TIME_SLICED: "TIME_SLICED", MPS: "MPS" } as const;
export type GPUMode = (typeof GPUMode)[keyof typeof GPUMode];
registerEnumType(GPUMode, {
  name: "GPUMode",
  description: "How a GPU is given to pods.",
  valuesConfig: {
    WHOLE: { description: "As a whole, to one pod at a time." },
    MIG: { description: "Divided into instances, which are given one by one." },
    TIME_SLICED: { description: "To several pods, in turns." },
    MPS: { description: "To several pods at once, by CUDA's Multi-Process Service." },
  },
});

export const GPUAttribution = {
  DEVICE: "DEVICE",
  INSTANCE: "INSTANCE",
  DEVICE_SHARED: "DEVICE_SHARED",
  NONE: "NONE",
} as const;
export type GPUAttribution = (typeof GPUAttribution)[keyof typeof GPUAttribution];
registerEnumType(GPUAttribution, {
  name: "GPUAttribution",
  description: "Whose a GPU's values are.",
  valuesConfig: {
    DEVICE: { description: "Those of the one pod that has it." },
    INSTANCE: { description: "Of each instance, those of the pod that has it." },
    DEVICE_SHARED: {
      description: "Those of all pods that share it together: they belong to none, and are not to be added up.",
    },
    NONE: { description: "No pod's." },
  },
});

export const GPUSource = {
  DCGM_EXPORTER: "DCGM_EXPORTER",
  AMD_EXPORTER: "AMD_EXPORTER",
  GAUDI_EXPORTER: "GAUDI_EXPORTER",
  NVIDIA_SMI: "NVIDIA_SMI",
  KUBERNETES: "KUBERNETES",
} as const;
export type GPUSource = (typeof GPUSource)[keyof typeof GPUSource];
registerEnumType(GPUSource, {
  name: "GPUSource",
  description: "Who told a value.",
  valuesConfig: {
    DCGM_EXPORTER: { description: "NVIDIA's dcgm-exporter, by Prometheus." },
    AMD_EXPORTER: { description: "AMD's device-metrics-exporter, by Prometheus." },
    GAUDI_EXPORTER: { description: "Intel's exporter for Gaudi, by Prometheus." },
    NVIDIA_SMI: { description: "nvidia-smi, run on the node." },
    KUBERNETES: { description: "The node's labels and capacity, and what drivers offer to Kubernetes." },
  },
});

export const GPUVendor = { NVIDIA: "NVIDIA", AMD: "AMD", INTEL: "INTEL" } as const;
export type GPUVendor = (typeof GPUVendor)[keyof typeof GPUVendor];
registerEnumType(GPUVendor, {
  name: "GPUVendor",
  description: "Who makes a GPU.",
  valuesConfig: {
    NVIDIA: { description: "NVIDIA." },
    AMD: { description: "AMD." },
    INTEL: { description: "Intel: Gaudi accelerators." },
  },
});

export const GPUProcessType = { COMPUTE: "COMPUTE", GRAPHICS: "GRAPHICS", MIXED: "MIXED" } as const;
export type GPUProcessType = (typeof GPUProcessType)[keyof typeof GPUProcessType];
registerEnumType(GPUProcessType, {
  name: "GPUProcessType",
  description: "What a process uses a GPU for.",
  valuesConfig: {
    COMPUTE: { description: "To compute." },
    GRAPHICS: { description: "For graphics." },
    MIXED: { description: "Both." },
  },
});
