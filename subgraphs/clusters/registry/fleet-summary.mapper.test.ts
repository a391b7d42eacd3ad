import { describe, expect, it } from "vitest";
import type { SummaryRow } from "./cluster.repository.ts";
import { summarise } from "./fleet-summary.mapper.ts";

const row = (given: Partial<SummaryRow>): SummaryRow => ({
  state: "ONLINE",
  clusterType: "SPOKE",
  environment: "PRODUCTION",
  platform: "OPENSHIFT",
  region: "eu",
  hasGpuNodes: null,
  hasCnfWorkloads: null,
  clusters: 1,
  checked: 1,
  scores: 100,
  gpus: 0,
  ...given,
});

describe("summarise", () => {
  it("adds up the combinations, the most frequent value first and equals by name", () => {
    const rows = [
      row({ clusters: 3, checked: 3, scores: 300, gpus: 8, hasGpuNodes: true, hasCnfWorkloads: true }),
      row({
        clusters: 2,
        checked: 1,
        scores: 30,
        state: "OFFLINE",
        region: "us",
        hasGpuNodes: false,
        hasCnfWorkloads: false,
      }),
      row({
        clusters: 1,
        checked: 0,
        scores: 0,
        state: "PROVISIONING",
        region: null,
        clusterType: "HUB",
        platform: "MICROSHIFT",
      }),
      row({
        clusters: 1,
        checked: 1,
        scores: 80,
        state: "DEGRADED",
        region: "us",
        environment: "LAB",
        gpus: 4,
        hasGpuNodes: true,
      }),
    ];
    expect(summarise(rows)).toEqual({
      total: 7,
      byState: [
        { value: "ONLINE", count: 3 },
        { value: "OFFLINE", count: 2 },
        { value: "DEGRADED", count: 1 },
        { value: "PROVISIONING", count: 1 },
      ],
      byType: [
        { value: "SPOKE", count: 6 },
        { value: "HUB", count: 1 },
      ],
      byEnvironment: [
        { value: "PRODUCTION", count: 6 },
        { value: "LAB", count: 1 },
      ],
      byPlatform: [
        { value: "OPENSHIFT", count: 6 },
        { value: "MICROSHIFT", count: 1 },
      ],
      byRegion: [
        { value: "eu", count: 3 },
        { value: "us", count: 3 },
      ],
      gpuCount: 12,
      gpuClusters: 4,
      cnfClusters: 3,
      // Over the five that were checked: an average of averages would say another.
      averageHealthScore: 82,
    });
  });

  it("knows no average where nothing was checked", () => {
    expect(summarise([row({ clusters: 2, checked: 0, scores: 0 })])).toMatchObject({
      total: 2,
      averageHealthScore: null,
    });
    expect(summarise([])).toMatchObject({ total: 0, averageHealthScore: null, byState: [], gpuCount: 0 });
  });
});
