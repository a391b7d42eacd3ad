import { randomUUID } from "node:crypto";
import DataLoader from "dataloader";
import type { Prisma } from "../../../prisma/generated/client.ts";
import type { DetectionType } from "../../../prisma/generated/enums.ts";
import { isTaken } from "../../../prisma/unique.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { unattended } from "../../shared/kernel/auth-context.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { type Page, type PageRequest, pageOf } from "../../shared/kernel/page.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { JudgingService } from "./judging.service.ts";
import type { RuleRepository, RuleRow } from "./rule.repository.ts";
import { ruleTimes } from "./rule.window.ts";

export interface RuleSpec {
  name: string;
  description?: string | null;
  expression: string;
  selector?: ClusterSelector | null;
  method: DetectionType;
  sensitivity: number;
  above?: number | null;
  below?: number | null;
  every: string;
  step?: string | null;
  window: string;
  notifyScore: number;
  enabled: boolean;
}

export interface RuleParts {
  repository: RuleRepository;
  directory: FleetDirectory;
  judging: JudgingService;
  changes: Changes;
  clock: Clock;
}

/** Standing searches for anomalies: who may have them, and what becomes of them; within one operation. */
export class RuleService {
  /** Null for what is not there or not to be seen. */
  readonly byId: DataLoader<string, RuleRow | null>;
  readonly #operation: Operation;
  readonly #parts: RuleParts;

  constructor(operation: Operation, parts: RuleParts) {
    this.#operation = operation;
    this.#parts = parts;
    const { identity } = operation;
    this.byId = new DataLoader((ids) => parts.repository.byIds(identity.tenant, ownerOf(identity), ids));
  }

  async page(page: PageRequest): Promise<Page<RuleRow>> {
    const { identity } = this.#operation;
    const skip = (page.page - 1) * page.pageSize;
    const { rows, total } = await this.#parts.repository.page(identity.tenant, ownerOf(identity), skip, page.pageSize);
    return pageOf(rows, total, page);
  }

  /** Its first run is due at once. */
  async create(spec: RuleSpec): Promise<RuleRow> {
    const { identity } = this.#operation;
    requireRole(identity, "operator");
    const now = this.#parts.clock.now();
    const data = {
      ...(await this.#checked(spec)),
      id: randomUUID(),
      tenantId: identity.tenant,
      createdBy: identity.user,
      // What it reads, a viewer may: it is never to do more.
      identity: unattended({ ...identity, roles: ["viewer"] }),
      nextRunAt: now,
      createdAt: now,
      updatedAt: now,
    };
    return await this.#commit("CREATE_DETECTION_RULE", null, spec.name, (tx) => tx.detectionRule.create({ data }));
  }

  /** What it judged and was taught is forgotten where it asks another question now. */
  async update(id: string, spec: RuleSpec): Promise<RuleRow> {
    requireRole(this.#operation.identity, "operator");
    const before = await this.#own(id);
    const now = this.#parts.clock.now();
    const checked = await this.#checked(spec);
    const isAnother = before.expression !== checked.expression || before.stepSeconds !== checked.stepSeconds;
    const data = { ...checked, nextRunAt: now, updatedAt: now, lastError: null };
    return await this.#commit("UPDATE_DETECTION_RULE", before, spec.name, async (tx) => {
      if (isAnother) await tx.detectionState.deleteMany({ where: { ruleId: id } });
      return await tx.detectionRule.update({ where: { id }, data });
    });
  }

  /** It goes on recording, and tells nothing until then. @param until null lifts it */
  async mute(id: string, until: Date | null): Promise<RuleRow> {
    requireRole(this.#operation.identity, "operator");
    const before = await this.#own(id);
    const now = this.#parts.clock.now();
    if (until && until <= now) {
      throw new CodedError("BAD_USER_INPUT", "until must be in the future.", { fields: ["until"] });
    }
    const data = { mutedUntil: until, updatedAt: now };
    return await this.#commit("MUTE_DETECTION_RULE", before, before.name, (tx) =>
      tx.detectionRule.update({ where: { id }, data }),
    );
  }

  /** What it found is kept. */
  async delete(id: string): Promise<RuleRow> {
    requireRole(this.#operation.identity, "operator");
    const row = await this.#own(id);
    return await this.#commit("DELETE_DETECTION_RULE", row, row.name, async (tx) => {
      await tx.detectionRule.deleteMany({ where: { id } });
      return null;
    });
  }

  async #own(id: string): Promise<RuleRow> {
    const row = await this.byId.load(id);
    if (row) return row;
    throw new CodedError("DETECTION_RULE_NOT_FOUND", `No detection rule ${JSON.stringify(id)}.`, { id });
  }

  /** @throws what its parts are refused with: when it runs there is nobody to tell. */
  async #checked({ every, step, window, selector: asked, ...spec }: RuleSpec) {
    const times = ruleTimes({ every, step: step ?? every, window });
    if (spec.method === "LLM_ASSISTED") this.#parts.judging.require();
    const selector = asked ?? {};
    await this.#parts.directory.select(this.#operation.identity, selector);
    const { name, description = null, expression, method, sensitivity, notifyScore, enabled } = spec;
    const { above = null, below = null } = spec;
    const asJson = selector as Prisma.InputJsonObject;
    const rest = { method, sensitivity, above, below, notifyScore, enabled, ...times };
    return { name, description, expression, selector: asJson, ...rest };
  }

  /** The deed is told as it was before and is now; a write that leaves nothing answers with what there was. */
  async #commit(
    action: string,
    before: RuleRow | null,
    name: string,
    write: (tx: Prisma.TransactionClient) => Promise<RuleRow | null>,
  ): Promise<RuleRow> {
    const { tenant: tenantId } = this.#operation.identity;
    try {
      return await this.#parts.changes.commit(async (tx, record) => {
        const row = await write(tx);
        await record.deed(this.#operation, {
          action,
          cluster: { id: null, tenantId, name },
          before: before && auditView(before),
          after: row && auditView(row),
        });
        // One of the two is there.
        return row ?? (before as RuleRow);
      });
    } catch (error) {
      if (!isTaken(error)) throw error;
      throw new CodedError("CONFLICT", `Another detection rule is called ${JSON.stringify(name)}.`, { field: "name" });
    } finally {
      this.byId.clearAll();
    }
  }
}

/** Who may see only part of the fleet sees no rule but their own. */
const ownerOf = ({ scope, user }: Operation["identity"]) => (scope ? { user, namespaces: scope.namespaces } : null);

const auditView = (row: RuleRow): Prisma.InputJsonObject => ({
  id: row.id,
  name: row.name,
  description: row.description,
  expression: row.expression,
  selector: row.selector,
  method: row.method,
  sensitivity: row.sensitivity,
  above: row.above,
  below: row.below,
  everySeconds: row.everySeconds,
  stepSeconds: row.stepSeconds,
  windowSeconds: row.windowSeconds,
  notifyScore: row.notifyScore,
  enabled: row.enabled,
  mutedUntil: row.mutedUntil?.toISOString() ?? null,
});
