import { setTimeout as delay } from "node:timers/promises";
import { Channel } from "../../kernel/channel.ts";
import type { Clock } from "../../kernel/clock.ts";
import { CodedError } from "../../kernel/errors.ts";
import type { KubernetesClient } from "./client.ts";
import { isGone, listAll } from "./list.ts";
import type { KubernetesObject } from "./objects/metadata.ts";
import type { Resource } from "./resource.ts";
import { type Change, ObjectCache, type Snapshot } from "./snapshot.ts";
import { type Frame, watch } from "./watch.ts";

export interface ReflectorOptions<T extends KubernetesObject> {
  /** The cluster's client of the moment: asked for at each connection, since credentials change. */
  connect: () => Promise<KubernetesClient>;
  resource: Resource<T>;
  clock: Clock;
  /** Told once, when it stops for good: by close(), or because the first list failed or nobody waits for it any more. */
  onClosed?: () => void;
  /** Told after each list. */
  onListed?: () => void;
  /** Milliseconds before attempt 1, 2, … after a failure. */
  backoffMs?: (attempt: number) => number;
  /** How long after the connection is lost what was last heard is still given out. */
  maxStaleMs?: number;
}

const MAX_STALE_MS = 120_000;
const LIST_MS = 60_000;
const FOLLOWER_QUEUE = 20_000;
/** A stream that lived this long was not a failure, whatever came of it. */
const SOUND_MS = 5_000;
/** Failures in a row after which a watch is not resumed any more, but begun anew. */
const STUBBORN = 3;

/** Full jitter up to 0.5, 1, 2, … 30 s: a thousand clusters behind one broken line must not come back in step. */
const jittered = (attempt: number): number => Math.random() * Math.min(30_000, 250 * 2 ** attempt);

/**
 * One list and watch of a kind of object in one cluster, shared by whoever reads it. It begins at once: the first reader waits for
 * the list, and not for the watch. A lost connection goes on from the last resource version; where the server no longer has that,
 * a new list is taken as a diff, so that followers are also told what vanished.
 *
 * It is ours, and not the official client's informer, because that one ends for good at the first failure other than a 410, asks
 * for no bookmarks, lists without pages, takes 30 s of silence for an end, and bounds neither its frames nor its cache.
 */
export class Reflector<T extends KubernetesObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #closing = new AbortController();
  readonly #cache = new ObjectCache<T>();
  readonly #followers = new Set<Channel<Change<T>>>();
  readonly #listed = Promise.withResolvers<void>();
  /** Null where a list is due. */
  #resourceVersion: string | null = null;
  #synced = false;
  #connected = false;
  /** When the API server last told something. */
  #heardAt = new Date(0);
  /** Why the connection is lost, and since when. */
  #loss: { error: unknown; since: number } | null = null;
  #attempt = 0;
  #waiting = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#listed.promise.catch(() => {});
    void this.#run().finally(() => this.close());
  }

  get size(): number {
    return this.#cache.size;
  }

  get synced(): boolean {
    return this.#synced;
  }

  get followed(): boolean {
    return this.#followers.size > 0;
  }

  /** What is there. @throws why the cluster cannot be asked: the first list's failure, or that of a connection lost for too long. */
  async read(signal: AbortSignal): Promise<Snapshot<T>> {
    if (!this.#synced) await this.#firstList(signal);
    const { clock, maxStaleMs = MAX_STALE_MS } = this.#options;
    if (this.#loss && clock.now().getTime() - this.#loss.since > maxStaleMs) throw this.#loss.error;
    return this.#snapshot();
  }

  /** What is there, and every change from then on. The channel ends with SLOW_CONSUMER when it is not read. */
  async follow(signal: AbortSignal): Promise<{ snapshot: Snapshot<T>; changes: Channel<Change<T>> }> {
    await this.read(signal);
    const changes = new Channel<Change<T>>({
      limit: FOLLOWER_QUEUE,
      onClose: () => this.#followers.delete(changes),
    });
    this.#followers.add(changes);
    if (this.#closing.signal.aborted) changes.close();
    // In the same turn as the subscription: a change is in the one or in the other.
    return { snapshot: this.#snapshot(), changes };
  }

  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new CodedError("CANCELLED", "The watch was ended."));
    this.#listed.reject(this.#closing.signal.reason);
    for (const follower of this.#followers) follower.close();
    this.#options.onClosed?.();
  }

  #snapshot(): Snapshot<T> {
    return this.#cache.snapshot(this.#connected ? this.#options.clock.now() : this.#heardAt);
  }

  /** The list is everybody's: one reader that leaves does not end it, the last one does. */
  async #firstList(signal: AbortSignal): Promise<void> {
    this.#waiting += 1;
    const left = Promise.withResolvers<never>();
    const leave = (): void => left.reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    try {
      await Promise.race([this.#listed.promise, left.promise]);
    } finally {
      signal.removeEventListener("abort", leave);
      this.#waiting -= 1;
      if (this.#waiting === 0 && !this.#synced) this.close();
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === null) await this.#list();
        else await this.#watch(this.#resourceVersion);
      } catch (error) {
        if (signal.aborted) return;
        if (!this.#synced) {
          this.#listed.reject(error);
          return;
        }
        await this.#recover(error);
      }
    }
  }

  async #list(): Promise<void> {
    const { connect, resource, onListed } = this.#options;
    const patience = AbortSignal.timeout(LIST_MS);
    const signal = AbortSignal.any([this.#closing.signal, patience]);
    const { objects, resourceVersion } = await listAll(await connect(), resource, {}, signal).catch(
      (error: unknown) => {
        throw error === patience.reason ? tooSlow() : error;
      },
    );
    this.#resourceVersion = resourceVersion;
    this.#synced = true;
    this.#loss = null;
    this.#heardAt = this.#options.clock.now();
    this.#listed.resolve();
    for (const change of this.#cache.replace(objects)) this.#tell(change);
    onListed?.();
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { connect, resource, clock } = this.#options;
    const { signal } = this.#closing;
    const start = performance.now();
    let frames = 0;
    const sound = (): boolean => frames > 0 || performance.now() - start > SOUND_MS;
    const onOpen = (): void => {
      this.#loss = null;
      this.#connected = true;
    };
    const onFrame = (frame: Frame<T>): void => {
      frames += 1;
      this.#take(frame);
    };
    try {
      await watch(await connect(), resource, { resourceVersion, signal, onOpen, onFrame });
      this.#heardAt = clock.now();
    } finally {
      this.#connected = false;
      if (sound()) this.#attempt = 0;
    }
    // Servers end a watch now and then. One that ends it at once, each time, must not be asked in a tight loop.
    if (!sound()) await this.#pause();
  }

  /** Goes on from where it was, or from a new list: where the server has forgotten that, or nothing else has helped. */
  async #recover(error: unknown): Promise<void> {
    const forgotten = isGone(error) && this.#attempt === 0;
    if (!forgotten) this.#loss ??= { error, since: this.#options.clock.now().getTime() };
    if (isGone(error) || this.#attempt >= STUBBORN) this.#resourceVersion = null;
    if (forgotten) this.#attempt += 1;
    else await this.#pause();
  }

  async #pause(): Promise<void> {
    const { backoffMs = jittered } = this.#options;
    this.#attempt += 1;
    const { signal } = this.#closing;
    await delay(backoffMs(this.#attempt), undefined, { signal, ref: false }).catch(() => {});
  }

  #take(frame: Frame<T>): void {
    if (this.#closing.signal.aborted) return;
    this.#resourceVersion = frame.resourceVersion;
    this.#heardAt = this.#options.clock.now();
    if (frame.type === "BOOKMARK") return;
    const change = this.#cache.apply(frame.type, frame.object);
    if (change) this.#tell(change);
  }

  #tell(change: Change<T>): void {
    for (const follower of this.#followers) {
      if (!follower.push(change)) follower.close(new CodedError("SLOW_CONSUMER", "Changes were read too slowly."));
    }
  }
}

const tooSlow = (): CodedError => new CodedError("UPSTREAM_TIMEOUT", `No complete list within ${LIST_MS / 1000} s.`);
