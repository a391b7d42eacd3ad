import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError, clusterNotFound } from "../../shared/kernel/errors.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { type TokenOwner, WEBHOOK, type WebhookRow, type WebhookTokenRepository } from "./webhook-token.repository.ts";

/** Where Alertmanagers post to; the token is the path's last part. */
export const WEBHOOK_PATH = "/webhooks/alertmanager";
/** Enough to replace each of a few. */
const MOST_OF_A_CLUSTER = 20;
const TOKEN = /^[\w-]{43}$/;

interface Dependencies {
  tokens: WebhookTokenRepository;
  directory: FleetDirectory;
  changes: Changes;
  clock: Clock;
}

export interface CreatedWebhook {
  webhook: WebhookRow;
  token: string;
  path: string;
}

/** What Alertmanagers sign in with to tell of a cluster's alerts: made, shown once, and taken back. */
export class WebhookTokenService {
  readonly #tokens: WebhookTokenRepository;
  readonly #directory: FleetDirectory;
  readonly #changes: Changes;
  readonly #clock: Clock;

  constructor({ tokens, directory, changes, clock }: Dependencies) {
    this.#tokens = tokens;
    this.#directory = directory;
    this.#changes = changes;
    this.#clock = clock;
  }

  /** Others of the cluster stay: one is replaced by making the next, and then taking it back. */
  async create(operation: Operation, clusterId: string, expiresAt: Date | null): Promise<CreatedWebhook> {
    const { identity } = operation;
    requireRole(identity, "admin");
    const now = this.#clock.now();
    if (expiresAt && expiresAt <= now) {
      throw new CodedError("BAD_USER_INPUT", "expiresAt must be in the future.", { fields: ["expiresAt"] });
    }
    const cluster = await this.#cluster(operation, clusterId);
    if ((await this.#tokens.ofCluster(clusterId)).length >= MOST_OF_A_CLUSTER) {
      throw new CodedError("LIMIT_EXCEEDED", `A cluster has at most ${MOST_OF_A_CLUSTER} webhooks: revoke one.`);
    }
    const token = randomBytes(32).toString("base64url");
    const { tenant: tenantId, user: createdBy } = identity;
    const row = { id: randomUUID(), tenantId, clusterId, createdBy, createdAt: now, expiresAt };
    const webhook = await this.#changes.commit(async (tx, record) => {
      const created = await tx.webhookToken.create({ data: { ...row, tokenHash: hashOf(token) }, select: WEBHOOK });
      const after = { webhookId: row.id, expiresAt: expiresAt?.toISOString() ?? null };
      await record.deed(operation, {
        action: "CREATE_ALERT_WEBHOOK",
        cluster: { ...cluster, tenantId },
        before: null,
        after,
      });
      return created;
    });
    return { webhook, token, path: `${WEBHOOK_PATH}/${token}` };
  }

  /** From now on it is not accepted. @throws WEBHOOK_NOT_FOUND */
  async revoke(operation: Operation, id: string): Promise<WebhookRow> {
    const { identity } = operation;
    requireRole(identity, "admin");
    const row = await this.#tokens.byId(identity.tenant, id);
    const [cluster] = row ? await this.#directory.byIds(identity, [row.clusterId]) : [];
    if (!row || !cluster) throw new CodedError("WEBHOOK_NOT_FOUND", `No webhook ${JSON.stringify(id)}.`, { id });
    await this.#changes.commit(async (tx, record) => {
      await tx.webhookToken.deleteMany({ where: { id } });
      const before = { webhookId: id, createdBy: row.createdBy, createdAt: row.createdAt.toISOString() };
      const named = { id: cluster.id, name: cluster.name, tenantId: identity.tenant };
      await record.deed(operation, { action: "REVOKE_ALERT_WEBHOOK", cluster: named, before, after: null });
    });
    return row;
  }

  async list(operation: Operation, clusterId: string): Promise<WebhookRow[]> {
    requireRole(operation.identity, "admin");
    await this.#cluster(operation, clusterId);
    return await this.#tokens.ofCluster(clusterId);
  }

  /** Whose notifications the token is for; null unless it is accepted. */
  async owner(token: string): Promise<TokenOwner | null> {
    return TOKEN.test(token) ? await this.#tokens.owner(hashOf(token), this.#clock.now()) : null;
  }

  used(owner: TokenOwner): Promise<void> {
    return this.#tokens.used(owner, this.#clock.now());
  }

  /** @throws CLUSTER_NOT_FOUND */
  async #cluster({ identity }: Operation, clusterId: string): Promise<Pick<Target, "id" | "name">> {
    const [cluster] = await this.#directory.byIds(identity, [clusterId]);
    if (!cluster) throw clusterNotFound(clusterId);
    return { id: cluster.id, name: cluster.name };
  }
}

/** A token is random and long: one round of a fast hash hides it as well as many of a slow one. */
const hashOf = (token: string): Buffer<ArrayBuffer> => createHash("sha256").update(token).digest();
