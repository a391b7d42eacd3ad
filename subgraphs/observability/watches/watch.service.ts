import { randomUUID } from "node:crypto";
import type { Prisma } from "../../../prisma/generated/client.ts";
import { isTaken } from "../../../prisma/unique.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { type Page, type PageRequest, pageOf } from "../../shared/kernel/page.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { durationSeconds } from "../../shared/kernel/time-range.ts";
import type { WatchRepository, WatchRow } from "./watch.repository.ts";

export interface WatchSpec {
  name: string;
  query: string;
  selector?: ClusterSelector | null;
  every: string;
  above?: number | null;
  below?: number | null;
  changePercent?: number | null;
}

const EVERY = { least: 10, most: 86_400 };

/** Standing metric queries: who may have them, and what becomes of them. */
export class WatchService {
  readonly #repository: WatchRepository;
  readonly #directory: FleetDirectory;
  readonly #changes: Changes;
  readonly #clock: Clock;

  constructor(options: { repository: WatchRepository; directory: FleetDirectory; changes: Changes; clock: Clock }) {
    this.#repository = options.repository;
    this.#directory = options.directory;
    this.#changes = options.changes;
    this.#clock = options.clock;
  }

  async page({ identity }: Operation, page: PageRequest): Promise<Page<WatchRow>> {
    const { rows, total } = await this.#repository.page(
      identity.tenant,
      ownerOf(identity),
      (page.page - 1) * page.pageSize,
      page.pageSize,
    );
    return pageOf(rows, total, page);
  }

  /** Its first run is due at once. */
  async create(operation: Operation, spec: WatchSpec): Promise<WatchRow> {
    const { identity } = operation;
    requireRole(identity, "operator");
    const { everySeconds, ...rest } = await this.#checked(operation, spec);
    const now = this.#clock.now();
    const data = {
      ...rest,
      everySeconds,
      id: randomUUID(),
      tenantId: identity.tenant,
      createdBy: identity.user,
      ...(identity.scope ? { scope: identity.scope } : {}),
      nextRunAt: now,
      createdAt: now,
      updatedAt: now,
    };
    return await this.#commit(
      spec.name,
      async (tx, deed) => {
        const row = await tx.metricWatch.create({ data });
        await deed("CREATE_METRIC_WATCH", null, row);
        return row;
      },
      operation,
    );
  }

  /** What it last told is forgotten: it is another question now. */
  async update(operation: Operation, id: string, spec: WatchSpec): Promise<WatchRow> {
    requireRole(operation.identity, "operator");
    const before = await this.#own(operation, id);
    const { everySeconds, ...rest } = await this.#checked(operation, spec);
    const now = this.#clock.now();
    return await this.#commit(
      spec.name,
      async (tx, deed) => {
        await tx.metricWatchState.deleteMany({ where: { watchId: id } });
        const data = { ...rest, everySeconds, nextRunAt: now, updatedAt: now, lastError: null };
        const row = await tx.metricWatch.update({ where: { id }, data });
        await deed("UPDATE_METRIC_WATCH", before, row);
        return row;
      },
      operation,
    );
  }

  async delete(operation: Operation, id: string): Promise<WatchRow> {
    requireRole(operation.identity, "operator");
    const row = await this.#own(operation, id);
    return await this.#commit(
      row.name,
      async (tx, deed) => {
        await tx.metricWatch.deleteMany({ where: { id } });
        await deed("DELETE_METRIC_WATCH", row, null);
        return row;
      },
      operation,
    );
  }

  async #own({ identity }: Operation, id: string): Promise<WatchRow> {
    const row = await this.#repository.byId(identity.tenant, ownerOf(identity), id);
    if (row) return row;
    throw new CodedError("WATCH_NOT_FOUND", `No metric watch ${JSON.stringify(id)}.`, { id });
  }

  /** @throws INVALID_DURATION, and what the selector's parts are refused with: when it runs there is nobody to tell. */
  async #checked({ identity }: Operation, spec: WatchSpec) {
    const everySeconds = durationSeconds(spec.every, "every");
    if (everySeconds < EVERY.least || everySeconds > EVERY.most) {
      throw new CodedError("INVALID_DURATION", "every must be 10s to 1d.", { field: "every", rule: "10s to 1d" });
    }
    const selector = spec.selector ?? {};
    await this.#directory.select(identity, selector);
    const { name, query, above = null, below = null, changePercent = null } = spec;
    return { name, query, selector: selector as Prisma.InputJsonObject, everySeconds, above, below, changePercent };
  }

  async #commit(
    name: string,
    work: (
      tx: Prisma.TransactionClient,
      deed: (action: string, before: WatchRow | null, after: WatchRow | null) => Promise<void>,
    ) => Promise<WatchRow>,
    operation: Operation,
  ): Promise<WatchRow> {
    const { tenant: tenantId } = operation.identity;
    try {
      return await this.#changes.commit((tx, record) =>
        work(tx, (action, before, after) =>
          record.deed(operation, {
            action,
            cluster: { id: null, tenantId, name },
            before: before && auditView(before),
            after: after && auditView(after),
          }),
        ),
      );
    } catch (error) {
      if (!isTaken(error)) throw error;
      throw new CodedError("CONFLICT", `Another metric watch is called ${JSON.stringify(name)}.`, { field: "name" });
    }
  }
}

/** Who may see only part of the fleet sees no question but their own. */
const ownerOf = ({ scope, user }: Operation["identity"]) => (scope ? { user, namespaces: scope.namespaces } : null);

const auditView = ({ id, name, query, selector, everySeconds, above, below, changePercent }: WatchRow) => ({
  id,
  name,
  query,
  selector: selector as Prisma.InputJsonObject,
  everySeconds,
  above,
  below,
  changePercent,
});
