import { LRUCache } from "lru-cache";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { listAll, MAX_OBJECTS as MAX_LISTED } from "../../shared/upstreams/kubernetes/list.ts";
import type { KubernetesObject } from "../../shared/upstreams/kubernetes/objects/metadata.ts";
import { Reflector, type ReflectorOptions } from "../../shared/upstreams/kubernetes/reflector.ts";
import type { Resource, Scope } from "../../shared/upstreams/kubernetes/resource.ts";
import { ObjectCache, type Snapshot } from "../../shared/upstreams/kubernetes/snapshot.ts";

interface Watch<T extends KubernetesObject> {
  reflector: Reflector<T>;
  /** Changes with the cluster's address and credentials. */
  version: string;
  idle: NodeJS.Timeout;
}

export interface ObjectWatchesOptions<T extends KubernetesObject> {
  resource: Resource<T>;
  clients: FleetClients;
  clock: Clock;
  /** A watch that nobody has read for this long is ended. */
  idleMs?: number;
  /** Watches, and objects over all of them, beyond which the one not read for longest is ended. */
  maxWatches?: number;
  maxObjects?: number;
  /** How each watch deals with failure. */
  retry?: Pick<ReflectorOptions<T>, "backoffMs" | "maxStaleMs">;
}

const IDLE_MS = 5 * 60_000;
const MAX_WATCHES = 250;
const MAX_OBJECTS = 100_000;
/** How long it is remembered that a cluster's objects can only be read in parts. */
const IN_PARTS_MS = 60_000;
const MAX_IN_PARTS = 2000;
const PARTS_AT_ONCE = 4;
const ALL: readonly Scope[] = [{}];

/** The shared watches of one kind of object: at most one per cluster, from its first reader until it is idle. */
export class ObjectWatches<T extends KubernetesObject> {
  readonly #options: ObjectWatchesOptions<T>;
  /** By cluster id; the one read last at the end. */
  readonly #watches = new Map<string, Watch<T>>();
  /** Clusters that do not let all be listed. */
  readonly #inParts = new LRUCache<string, true>({ max: MAX_IN_PARTS, ttl: IN_PARTS_MS });

  constructor(options: ObjectWatchesOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#watches.size;
  }

  /**
   * The cluster's objects; those in `parts` where it has too many to list or the credentials do not reach all of them. In a user's name
   * what is meant is listed for them alone: nothing else tells what they may see as the cluster itself does.
   * @throws why the cluster cannot be asked.
   */
  async read(target: Target, parts: readonly Scope[], signal: AbortSignal): Promise<Snapshot<T>> {
    if (target.as) return await this.#readParts(target, parts.length > 0 ? parts : ALL, signal);
    if (parts.length === 0 || !this.#inParts.has(versionOf(target))) {
      try {
        return await this.#watch(target).read(signal);
      } catch (error) {
        if (parts.length === 0 || !needsParts(error)) throw error;
        this.#inParts.set(versionOf(target), true);
      }
    }
    return await this.#readParts(target, parts, signal);
  }

  /** The cluster's objects and every change from then on; leaving the channel ends it. */
  follow(target: Target, signal: AbortSignal): ReturnType<Reflector<T>["follow"]> {
    return this.#watch(target).follow(signal);
  }

  close(): void {
    for (const { reflector } of this.#watches.values()) reflector.close();
  }

  /** Listed for each reader anew: of parts, a watch per part would take all the connections that a cluster is given. */
  async #readParts(target: Target, parts: readonly Scope[], signal: AbortSignal): Promise<Snapshot<T>> {
    const { resource, clients, clock } = this.#options;
    const client = await clients.kubernetes(target);
    const objects: T[] = [];
    for (let at = 0; at < parts.length; at += PARTS_AT_ONCE) {
      const some = parts.slice(at, at + PARTS_AT_ONCE);
      const listings = await Promise.all(some.map((part) => listAll(client, resource, part, signal)));
      for (const listing of listings) objects.push(...listing.objects);
      if (objects.length > MAX_LISTED) throw tooMany(resource.plural);
    }
    const cache = new ObjectCache<T>();
    cache.replace(objects);
    return cache.snapshot(clock.now());
  }

  #watch(target: Target): Reflector<T> {
    const version = versionOf(target);
    let watch = this.#watches.get(target.id);
    if (watch && watch.version !== version) {
      watch.reflector.close();
      watch = undefined;
    }
    watch ??= this.#start(target);
    // Moved to the end.
    this.#watches.delete(target.id);
    this.#watches.set(target.id, watch);
    watch.idle.refresh();
    return watch.reflector;
  }

  #start(target: Target): Watch<T> {
    const { resource, clients, clock, retry = {}, idleMs = IDLE_MS } = this.#options;
    const idle = setTimeout(() => (reflector.followed ? idle.refresh() : reflector.close()), idleMs).unref();
    const reflector: Reflector<T> = new Reflector({
      ...retry,
      resource,
      clock,
      connect: () => clients.kubernetes(target),
      onListed: () => this.#trim(target.id),
      onClosed: () => {
        clearTimeout(idle);
        if (this.#watches.get(target.id)?.reflector === reflector) this.#watches.delete(target.id);
      },
    });
    return { reflector, idle, version: versionOf(target) };
  }

  /** One that is being listed is waited for, and one that is followed is in use: they stay. */
  #trim(current: string): void {
    const { maxWatches = MAX_WATCHES, maxObjects = MAX_OBJECTS } = this.#options;
    let objects = [...this.#watches.values()].reduce((sum, { reflector }) => sum + reflector.size, 0);
    for (const [id, { reflector }] of this.#watches) {
      if (this.#watches.size <= maxWatches && objects <= maxObjects) return;
      if (id === current || !reflector.synced || reflector.followed) continue;
      objects -= reflector.size;
      reflector.close();
    }
  }
}

const versionOf = ({ id, apiServerUrl, credentialsAt }: Target): string =>
  `${id} ${apiServerUrl} ${credentialsAt?.getTime()}`;

/** More than may be listed, or (403) more than the credentials may list. */
const needsParts = (error: unknown): boolean =>
  error instanceof CodedError && (error.code === "LIMIT_EXCEEDED" || error.details?.["status"] === 403);

const tooMany = (plural: string): CodedError =>
  new CodedError("LIMIT_EXCEEDED", `These are more than ${MAX_LISTED} ${plural}: narrow it down.`, {
    limit: MAX_LISTED,
  });
