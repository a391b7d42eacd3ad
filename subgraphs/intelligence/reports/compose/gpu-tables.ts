import type { Table } from "../model/table.ts";
import { column, table } from "./drafted-table.ts";
import type { Findings } from "./findings.ts";
import { GPUS, WASTE } from "./gpu.ts";
import type { Questions } from "./questions.ts";

export const gpuTables = (questions: Questions, { gpus, waste }: Findings, most?: number): Table[] => [
  ...(gpus
    ? [
        table(questions, {
          title: "GPUs, by model",
          columns: [
            column("Model"),
            ...["Devices", "Given to pods", "Active", "Idle"].map((label) => column(label, "COUNT")),
          ],
          rows: gpus.models.map(({ model, summary }) => [
            model,
            summary.devices,
            summary.allocated,
            summary.active,
            summary.idle,
          ]),
          empty: "There are none.",
          of: GPUS,
        }),
      ]
    : []),
  ...(waste
    ? [
        table(
          questions,
          {
            title: "GPU hours, by namespace",
            columns: [
              column("Namespace"),
              column("GPUs", "COUNT"),
              column("Had", "HOURS"),
              column("Idle", "HOURS"),
              column("Idle share", "RATIO"),
              column("Cost of idle", "COST"),
            ],
            rows: waste.namespaces.map(({ namespace, devices, allocatedHours, idleHours, idleCost }) => [
              namespace ?? "shared by several",
              devices,
              allocatedHours,
              idleHours,
              allocatedHours > 0 ? idleHours / allocatedHours : null,
              idleCost ?? "no price",
            ]),
            empty: "No pod had a GPU.",
            of: WASTE,
          },
          most,
        ),
        table(
          questions,
          {
            title: "Idle GPUs, the longest first",
            columns: [
              column("Cluster"),
              column("Node"),
              column("GPU"),
              column("Model"),
              column("Idle", "HOURS"),
              column("Held by"),
            ],
            rows: waste.devices.map(({ clusterName, nodeName, uuid, model, idleHours, pods }) => [
              clusterName,
              nodeName,
              uuid,
              model,
              idleHours,
              pods.map(({ namespace, name }) => `${namespace}/${name}`).join(", "),
            ]),
            total: waste.devicesTotal,
            empty: "None was idle.",
            of: WASTE,
          },
          most,
        ),
      ]
    : []),
];
