import DataLoader from "dataloader";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { type AskedRange, timeRange } from "../../shared/kernel/time-range.ts";
import type { CollectionRepository } from "../updates/collection.repository.ts";
import type {
  DeviceEvents,
  HealthEventFilter,
  HealthEventRepository,
  HealthEventRow,
} from "./health-event.repository.ts";

export interface AskedHealthEvents extends Omit<HealthEventFilter, "during"> {
  selector?: ClusterSelector | null;
  range?: AskedRange | null;
}

/** What can be trouble of one device at once, and more. */
const MOST_STANDING = 50;

/** Troubles of GPUs, within one operation and what its identity may see. */
export class HealthService {
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #events: HealthEventRepository;
  readonly #collections: CollectionRepository;
  readonly #ofDevice: DataLoader<DeviceEvents, HealthEventRow[], string>;

  constructor(
    operation: Operation,
    directory: FleetDirectory,
    events: HealthEventRepository,
    collections: CollectionRepository,
  ) {
    this.#operation = operation;
    this.#directory = directory;
    this.#events = events;
    this.#collections = collections;
    this.#ofDevice = new DataLoader((devices) => events.ofDevices(devices), {
      cacheKeyFn: ({ clusterId, device, limit }) => `${clusterId} ${limit} ${device}`,
    });
  }

  /** @throws CLUSTER_NOT_FOUND, INVALID_TIME_RANGE, INVALID_DURATION */
  async page({ selector, range, ...filter }: AskedHealthEvents, page: PageRequest) {
    const during = range ? timeRange(range, this.#operation.startedAt) : null;
    const targets = await this.#directory.select(this.#operation.identity, selector ?? {});
    const ids = targets.map(({ id }) => id);
    return { ...(await this.#events.page(ids, { ...filter, during }, page)), targets };
  }

  /** What could not be looked at when clusters that may be seen were last collected. */
  async gaps(targets: readonly Pick<Target, "id" | "name">[]) {
    const errors = await this.#collections.errors(targets.map(({ id }) => id));
    return targets.flatMap(({ id, name }) => {
      const reason = errors.get(id);
      return reason === undefined ? [] : [{ clusterId: id, clusterName: name, cluster: { id }, reason }];
    });
  }

  /** Of a device of a cluster that may be seen: those that stand, then the latest. */
  async ofDevice(device: DeviceEvents): Promise<HealthEventRow[]> {
    return await this.#ofDevice.load(device);
  }

  async standing(device: Omit<DeviceEvents, "limit">): Promise<HealthEventRow[]> {
    const events = await this.ofDevice({ ...device, limit: MOST_STANDING });
    return events.filter(({ clearedAt }) => clearedAt === null);
  }
}
