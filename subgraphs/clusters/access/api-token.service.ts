import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { Prisma } from "../../../prisma/generated/client.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { ApiTokenOwner } from "../../shared/kernel/api-tokens.ts";
import { ClusterScope, Identity } from "../../shared/kernel/auth-context.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { type Page, type PageRequest, pageOf } from "../../shared/kernel/page.ts";
import { isAllowed, type Role, requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { durationSeconds } from "../../shared/kernel/time-range.ts";
import { API_TOKEN_ROW, type ApiTokenRepository, type ApiTokenRow } from "./api-token.repository.ts";
import { narrowed } from "./scope.filter.ts";

interface AskedScope extends ClusterSelector {
  namespaces?: readonly string[] | null;
}

export interface ApiTokenSpec {
  name: string;
  role: Role;
  scope?: AskedScope | null;
  expiresIn: string;
}

interface Dependencies {
  repository: ApiTokenRepository;
  directory: FleetDirectory;
  changes: Changes;
  clock: Clock;
  /** Tells every gateway that it is revoked. */
  tell: (id: string) => Promise<void>;
}

const LIFE = { least: 3600, most: 365 * 86_400 };
const MOST_OF_ONE_USER = 50;
/** How long one that has ended is still listed. */
const LISTED_MS = 30 * 86_400_000;
const HASH = /^[0-9a-f]{64}$/;

/** API tokens: made, shown once, and taken back. */
export class ApiTokenService {
  readonly #repository: ApiTokenRepository;
  readonly #directory: FleetDirectory;
  readonly #changes: Changes;
  readonly #clock: Clock;
  readonly #tell: Dependencies["tell"];

  constructor({ repository, directory, changes, clock, tell }: Dependencies) {
    this.#repository = repository;
    this.#directory = directory;
    this.#changes = changes;
    this.#clock = clock;
    this.#tell = tell;
  }

  async page({ identity }: Operation, page: PageRequest): Promise<Page<ApiTokenRow>> {
    const { rows, total } = await this.#repository.page(identity.tenant, ownerOf(identity), page);
    return pageOf(rows, total, page);
  }

  /** It may do and see what its maker may at most. @throws FORBIDDEN, INVALID_DURATION, LIMIT_EXCEEDED, and what the scope is refused with */
  async create(operation: Operation, spec: ApiTokenSpec): Promise<{ token: string; row: ApiTokenRow }> {
    const { identity } = operation;
    const { tenant: tenantId, user: createdBy } = identity;
    // Else a token that leaked would outlive its own revocation.
    if (identity.apiToken) throw new CodedError("FORBIDDEN", "An API token makes no other: sign in as yourself.");
    requireRole(identity, spec.role);
    const now = this.#clock.now();
    const expiresAt = new Date(now.getTime() + lifeOf(spec.expiresIn) * 1000);
    const scope = await this.#scope(identity, spec.scope ?? {});
    if ((await this.#repository.living(tenantId, createdBy, now)) >= MOST_OF_ONE_USER) {
      throw new CodedError("LIMIT_EXCEEDED", `One user has at most ${MOST_OF_ONE_USER} API tokens: revoke one.`);
    }
    const token = `aiops_${randomBytes(32).toString("base64url")}`;
    const data = {
      id: randomUUID(),
      tenantId,
      name: spec.name.trim(),
      hint: token.slice(0, 10),
      createdBy,
      role: spec.role,
      ...(scope ? { scope } : {}),
      createdAt: now,
      expiresAt,
    };
    const ended = new Date(now.getTime() - LISTED_MS);
    const row = await this.#changes.commit(async (tx, record) => {
      const OR = [{ expiresAt: { lt: ended } }, { revokedAt: { lt: ended } }];
      await tx.apiToken.deleteMany({ where: { tenantId, createdBy, OR } });
      const tokenHash = createHash("sha256").update(token).digest();
      const created = await tx.apiToken.create({ data: { ...data, tokenHash }, select: API_TOKEN_ROW });
      await record.deed(operation, deedOf("CREATE_API_TOKEN", null, created));
      return created;
    });
    return { token, row };
  }

  /** From now on it is not accepted, and streams of who signed in with it end. @throws API_TOKEN_NOT_FOUND */
  async revoke(operation: Operation, id: string): Promise<ApiTokenRow> {
    const { identity } = operation;
    const before = await this.#repository.byId(identity.tenant, ownerOf(identity), id);
    if (!before) throw new CodedError("API_TOKEN_NOT_FOUND", `No API token ${JSON.stringify(id)}.`, { id });
    if (before.revokedAt) return before;
    const revokedAt = this.#clock.now();
    const row = await this.#changes.commit(async (tx, record) => {
      const revoked = await tx.apiToken.update({ where: { id }, data: { revokedAt }, select: API_TOKEN_ROW });
      await record.deed(operation, deedOf("REVOKE_API_TOKEN", before, null));
      return revoked;
    });
    await this.#tell(id);
    return row;
  }

  /** Whose token has this hash; null unless it is accepted. */
  async owner(hash: string): Promise<ApiTokenOwner | null> {
    const now = this.#clock.now();
    const row = HASH.test(hash) ? await this.#repository.accepted(Buffer.from(hash, "hex"), now) : null;
    if (!row) return null;
    await this.#repository.used(row, now);
    const { createdBy: user, tenantId: tenant, role, scope, id: apiToken, expiresAt } = row;
    return { identity: Identity.parse({ user, roles: [role], tenant, scope, apiToken }), expiresAt };
  }

  /** @throws CLUSTER_NOT_FOUND, INVALID_LABEL_SELECTOR, BAD_USER_INPUT */
  async #scope(identity: Identity, selector: AskedScope): Promise<ClusterScope | null> {
    const given = Object.entries(selector).filter(([, part]: [string, { length: number } | null]) => part?.length);
    const asked = given.length > 0 ? ClusterScope.parse(Object.fromEntries(given)) : null;
    if (asked) await this.#directory.select(identity, selector);
    return narrowed(identity.scope, asked);
  }
}

/** An administrator of the whole fleet sees everybody's. */
const ownerOf = (identity: Identity): string | null =>
  isAllowed(identity, "admin") && !identity.scope ? null : identity.user;

function lifeOf(expiresIn: string): number {
  const seconds = durationSeconds(expiresIn, "expiresIn");
  if (seconds >= LIFE.least && seconds <= LIFE.most) return seconds;
  throw new CodedError("INVALID_DURATION", "expiresIn must be 1h to 365d.", {
    field: "expiresIn",
    rule: "1h to 365d",
  });
}

const deedOf = (action: string, before: ApiTokenRow | null, after: ApiTokenRow | null) => ({
  action,
  cluster: { id: null, tenantId: (after ?? before)?.tenantId ?? "", name: (after ?? before)?.name ?? "" },
  before: before && auditView(before),
  after: after && auditView(after),
});

const auditView = ({ id, name, createdBy, role, scope, expiresAt }: ApiTokenRow): Prisma.InputJsonObject => ({
  id,
  name,
  createdBy,
  role,
  scope,
  expiresAt: expiresAt.toISOString(),
});
