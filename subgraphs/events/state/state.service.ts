import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import { namedClusters, RECHECK_MS } from "../../shared/fleet/named-clusters.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { ActiveAlertFilter, ActiveAlertRepository } from "./active-alert.repository.ts";
import { gpuNodeKey, gpuNodeOf } from "./gpu-node.mapper.ts";
import type { GpuNodeRepository } from "./gpu-node.repository.ts";
import { type StateSource, StateStream } from "./state.stream.ts";

/** More than a page of a console can show; beyond it a filter is of more use than a longer list. */
const MOST = 20_000;

/** What is, and how it changes, for one reader: streams of keys, which the gateway joins with what they name. */
export class StateService {
  readonly #bus: EventBus;
  readonly #directory: FleetDirectory;
  readonly #alerts: ActiveAlertRepository;
  readonly #gpuNodes: GpuNodeRepository;

  constructor(sources: {
    bus: EventBus;
    directory: FleetDirectory;
    alerts: ActiveAlertRepository;
    gpuNodes: GpuNodeRepository;
  }) {
    this.#bus = sources.bus;
    this.#directory = sources.directory;
    this.#alerts = sources.alerts;
    this.#gpuNodes = sources.gpuNodes;
  }

  clusters({ identity }: Operation, selector: ClusterSelector, pageSize: number): StateStream {
    const list = async (): Promise<string[]> =>
      (await this.#directory.select(identity, selector)).slice(0, MOST).map(({ id }) => id);
    return this.#stream(identity, selector, pageSize, {
      list,
      keyOf: ({ event_type, cluster_id }) => (event_type.startsWith("CLUSTER_") ? cluster_id : null),
      keep: (ids) => this.#directory.living(identity, ids, selector),
    });
  }

  alerts({ identity }: Operation, filter: ActiveAlertFilter, pageSize: number): StateStream {
    return this.#stream(identity, filter.selector ?? {}, pageSize, {
      list: () => this.#alerts.ids(identity, filter, { limit: MOST }),
      keyOf: ({ event_type, payload }) =>
        event_type === "ALERT_FIRED" || event_type === "ALERT_RESOLVED" ? String(payload["alert_id"]) : null,
      keep: async (ids) => new Set(await this.#alerts.ids(identity, filter, { ids, limit: ids.length })),
    });
  }

  gpuNodes({ identity }: Operation, selector: ClusterSelector, pageSize: number): StateStream {
    return this.#stream(identity, selector, pageSize, {
      list: async () => (await this.#gpuNodes.keys(identity, selector, { limit: MOST })).map(gpuNodeKey),
      keyOf: ({ event_type, cluster_id, payload }) =>
        cluster_id !== null && event_type.startsWith("GPU_")
          ? gpuNodeKey({ clusterId: cluster_id, nodeName: String(payload["node_name"]) })
          : null,
      keep: async (keys) => {
        const clusterIds = [...new Set(keys.map((key) => gpuNodeOf(key).clusterId))];
        const found = await this.#gpuNodes.keys(identity, selector, { clusterIds, limit: MOST });
        return new Set(found.map(gpuNodeKey));
      },
    });
  }

  #stream(identity: Identity, selector: ClusterSelector, pageSize: number, source: StateSource): StateStream {
    const clusters = namedClusters(this.#directory, identity, selector.ids);
    return new StateStream({ bus: this.#bus, source, pageSize, relistMs: RECHECK_MS, clusters });
  }
}
