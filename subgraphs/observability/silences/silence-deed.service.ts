import type { Prisma } from "../../../prisma/generated/client.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import type { Schedule } from "../../shared/fleet/schedule.ts";
import { isAskedAs } from "../../shared/fleet/sign-in.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError, clusterNotFound } from "../../shared/kernel/errors.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { durationSeconds } from "../../shared/kernel/time-range.ts";
import type { AlertmanagerClient } from "../../shared/upstreams/alertmanager/client.ts";
import { matcherText, matchesEmpty, parseMatcher } from "../../shared/upstreams/alertmanager/matcher.ts";
import type { NewSilence, Silence } from "../../shared/upstreams/alertmanager/schema.ts";
import type { CallOptions } from "../../shared/upstreams/readiness.ts";
import { SILENCE_PATIENCE_MS } from "./silence.loader.ts";
import type { AskedClusters, SilencesService } from "./silences.service.ts";

export interface AskedSilence {
  matchers: readonly string[];
  startsAt?: Date | null;
  endsAt?: Date | null;
  duration?: string | null;
  comment: string;
}

export interface SilenceKey {
  clusterId: string;
  id: string;
}

/** How it ended for one cluster. */
export interface SilenceResult {
  target: Target;
  /** The silence's id, where it was done. */
  silenceId: string | null;
  outcome: Outcome<unknown>;
}

interface Dependencies {
  silences: SilencesService;
  clients: FleetClients;
  changes: Changes;
  schedule: Schedule;
  clock: Clock;
  onInternalError: (error: unknown) => void;
}

type Action = "CREATE_SILENCE" | "UPDATE_SILENCE" | "EXPIRE_SILENCE";

const MOST_CLUSTERS = 500;

/** Creates, changes and ends silences where they are kept: in the clusters' Alertmanagers. */
export class SilenceDeedService {
  readonly #operation: Operation;
  readonly #dependencies: Dependencies;

  constructor(operation: Operation, dependencies: Dependencies) {
    this.#operation = operation;
    this.#dependencies = dependencies;
  }

  /** A row for each cluster; those that share their silences get one. @throws CLUSTER_NOT_FOUND, and for bad input before any call. */
  async create(asked: AskedSilence & AskedClusters): Promise<SilenceResult[]> {
    requireRole(this.#operation.identity, "operator");
    if (!asked.clusterIds?.length && !asked.selector) {
      throw badInput(
        "Say whose alerts: clusterIds, or a selector, which is of all clusters if it is empty.",
        "clusterIds",
      );
    }
    const silence = this.#toSilence(asked, null);
    const { silences } = this.#dependencies;
    const targets = await silences.clusters(asked);
    if (targets.length > MOST_CLUSTERS) {
      throw new CodedError("LIMIT_EXCEEDED", `At most ${MOST_CLUSTERS} clusters at once; these are ${targets.length}.`);
    }
    const groups = await silences.groups(targets);
    const posted = await this.#each(
      groups,
      ([first]) => first,
      (client, _, options) => client.postSilence(silence, options),
    );
    const results = groups.flatMap((group, index) => {
      const outcome = posted[index] as Outcome<string>;
      return group.map((target): SilenceResult => ({ target, silenceId: outcome.value ?? null, outcome }));
    });
    await this.#record("CREATE_SILENCE", results, { before: () => null, after: auditView(silence) });
    return results.sort((a, b) => (a.target.name < b.target.name ? -1 : 1));
  }

  /** What is left out stays. With other matchers it is another silence, and the old one ends. @throws SILENCE_NOT_FOUND */
  async update({ clusterId, id }: SilenceKey, change: Partial<AskedSilence>): Promise<SilenceResult> {
    requireRole(this.#operation.identity, "operator");
    const [target] = await this.#dependencies.silences.clusters({ clusterIds: [clusterId] });
    if (!target) throw clusterNotFound(clusterId);
    const said: { before?: Silence; after?: NewSilence } = {};
    const [outcome] = await this.#each(
      [target],
      (each) => each,
      async (client, _, options) => {
        said.before = await client.silence(id, options);
        said.after = this.#toSilence(change, said.before);
        return await client.postSilence({ ...said.after, id }, options);
      },
    );
    const result = { target, silenceId: outcome?.value ?? null, outcome: outcome as Outcome<string> };
    if (said.after) {
      const { before, after } = said;
      await this.#record("UPDATE_SILENCE", [result], {
        before: () => (before ? auditView(before) : null),
        after: auditView(after),
      });
    }
    if (outcome?.failure) throw new CodedError(outcome.failure.code, outcome.failure.message, { clusterId, id });
    return result;
  }

  /** A row for each, in the order given. @throws CLUSTER_NOT_FOUND */
  async expire(keys: readonly SilenceKey[]): Promise<SilenceResult[]> {
    requireRole(this.#operation.identity, "operator");
    const targets = await this.#dependencies.silences.clusters({
      clusterIds: [...new Set(keys.map(({ clusterId }) => clusterId))],
    });
    const byId = new Map(targets.map((target) => [target.id, target]));
    const asked = keys.flatMap(({ clusterId, id }) => {
      const target = byId.get(clusterId);
      return target ? [{ target, id }] : [];
    });
    const ended = await this.#each(
      asked,
      ({ target }) => target,
      async (client, { id }, options) => {
        const silence = await client.silence(id, options);
        await client.expireSilence(id, options);
        return silence;
      },
    );
    const results = asked.map(({ target, id }, index): SilenceResult => {
      const outcome = ended[index] as Outcome<Silence>;
      return { target, silenceId: outcome.value ? id : null, outcome };
    });
    await this.#record("EXPIRE_SILENCE", results, {
      before: ({ outcome }) => (outcome.value ? auditView(outcome.value as Silence) : null),
      after: null,
    });
    return results;
  }

  /** @throws BAD_USER_INPUT, INVALID_DURATION */
  #toSilence(asked: Partial<AskedSilence>, known: Silence | null): NewSilence {
    const now = this.#dependencies.clock.now();
    const matchers = asked.matchers?.map(parseMatcher) ?? known?.matchers ?? [];
    // Those of a silence that is there, its Alertmanager took.
    if (asked.matchers && matchers.every(matchesEmpty)) {
      throw badInput(
        "At least one matcher has to refuse a label that is missing: this would silence every alert.",
        "matchers",
      );
    }
    if (asked.endsAt && asked.duration) throw badInput("Give endsAt or duration, not both.", "duration");
    const startsAt = asked.startsAt ?? known?.startsAt ?? now;
    const length = asked.duration ? durationSeconds(asked.duration, "duration") * 1000 : null;
    const endsAt = length
      ? new Date(Math.max(startsAt.getTime(), now.getTime()) + length)
      : (asked.endsAt ?? known?.endsAt);
    if (!endsAt) throw badInput("Say until when: endsAt, or duration.", "endsAt");
    if (!(endsAt > startsAt && endsAt > now))
      throw badInput("It must end after it starts, and in the future.", "endsAt");
    const comment = (asked.comment ?? known?.comment ?? "").trim();
    if (!comment) throw badInput("comment must say why.", "comment");
    return { matchers, startsAt, endsAt, comment, createdBy: this.#operation.identity.user };
  }

  #each<K, T>(
    keys: readonly K[],
    targetOf: (key: K) => Target,
    task: (client: AlertmanagerClient, key: K, options: CallOptions) => Promise<T>,
  ): Promise<Outcome<T>[]> {
    const { clients, onInternalError } = this.#dependencies;
    const { signal, requestId } = this.#operation;
    return fanOut(
      keys,
      async (key, patience) =>
        await task(await clients.alertmanager(targetOf(key)), key, { signal: patience, requestId }),
      { signal, patienceMs: () => SILENCE_PATIENCE_MS, onInternalError },
    );
  }

  /** Also what failed: what an Alertmanager did before it broke off, nobody knows. */
  async #record(
    action: Action,
    results: readonly SilenceResult[],
    {
      before,
      after,
    }: { before: (result: SilenceResult) => Prisma.InputJsonObject | null; after: Prisma.InputJsonObject | null },
  ): Promise<void> {
    const { changes, schedule, clock } = this.#dependencies;
    await changes.commit(async (_, record) => {
      for (const result of results) {
        const { target, silenceId, outcome } = result;
        await record.deed(this.#operation, {
          action,
          cluster: { id: target.id, name: target.name, tenantId: this.#operation.identity.tenant },
          before: before(result),
          after: { ...after, silenceId, status: outcome.status, ...inWhoseName(target) },
        });
      }
    });
    // Whom it silences shows at the next reading.
    for (const { target, silenceId } of results) if (silenceId) await schedule.hurry(target.id, clock.now());
  }
}

const inWhoseName = ({ alertmanagerUrl, as }: Target): { as?: string } =>
  isAskedAs(alertmanagerUrl, as) ? { as: as.user } : {};

const auditView = ({ matchers, startsAt, endsAt, comment, createdBy }: NewSilence): Prisma.InputJsonObject => ({
  matchers: matchers.map(matcherText),
  startsAt: startsAt.toISOString(),
  endsAt: endsAt.toISOString(),
  comment,
  createdBy,
});

const badInput = (message: string, field: string): CodedError =>
  new CodedError("BAD_USER_INPUT", message, { fields: [`input.${field}`] });
