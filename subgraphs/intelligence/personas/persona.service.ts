import type { Prisma } from "../../../prisma/generated/client.ts";
import { isTaken } from "../../../prisma/unique.ts";
import type { Changes, Recorder } from "../../shared/fleet/changes.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { isToolName, TOOL_NAMES } from "../tools/tool-names.catalogue.ts";
import { BUILTIN_PERSONAS, builtinPersona, type PersonaSpec } from "./persona.catalogue.ts";
import type { PersonaRepository, PersonaRow } from "./persona.repository.ts";

/** A persona and whose it is; null for the built-in ones. */
export type KnownPersona = PersonaSpec & { createdBy: string | null };

const MOST_OF_ONE_USER = 50;

/** Who answers: the built-in personas, and everybody's own. */
export class PersonaService {
  readonly #repository: PersonaRepository;
  readonly #changes: Changes;
  readonly #clock: Clock;

  constructor(options: { repository: PersonaRepository; changes: Changes; clock: Clock }) {
    this.#repository = options.repository;
    this.#changes = options.changes;
    this.#clock = options.clock;
  }

  /** The built-in ones first, then one's own. */
  async all({ tenant, user }: Identity): Promise<KnownPersona[]> {
    return [...BUILTIN_PERSONAS.map(ofNobody), ...(await this.#repository.of(tenant, user))];
  }

  /** @throws PERSONA_NOT_FOUND */
  async byId({ tenant, user }: Pick<Identity, "tenant" | "user">, id: string): Promise<KnownPersona> {
    const builtin = builtinPersona(id);
    const found = builtin ? ofNobody(builtin) : await this.#repository.own(tenant, user, id);
    if (found) return found;
    throw new CodedError("PERSONA_NOT_FOUND", `No persona ${JSON.stringify(id)}; "personas" lists those there are.`, {
      id,
    });
  }

  /** @throws BAD_USER_INPUT for an unknown tool; CONFLICT where the id is taken; LIMIT_EXCEEDED */
  async create(operation: Operation, spec: PersonaSpec): Promise<KnownPersona> {
    const { tenant: tenantId, user: createdBy } = operation.identity;
    requireKnownTools(spec.capabilities);
    if (builtinPersona(spec.id)) throw idTaken(spec.id);
    if ((await this.#repository.of(tenantId, createdBy)).length >= MOST_OF_ONE_USER) {
      throw new CodedError("LIMIT_EXCEEDED", `One user has at most ${MOST_OF_ONE_USER} personas; delete one first.`);
    }
    const now = this.#clock.now();
    const data = {
      ...spec,
      capabilities: [...new Set(spec.capabilities)],
      tenantId,
      createdBy,
      createdAt: now,
      updatedAt: now,
    };
    try {
      return await this.#changes.commit(async (tx, record) => {
        const row = await tx.persona.create({ data });
        await deed(record, operation, "CREATE_PERSONA", null, row);
        return row;
      });
    } catch (error) {
      throw isTaken(error) ? idTaken(spec.id) : error;
    }
  }

  /** @throws FORBIDDEN for a built-in one; PERSONA_NOT_FOUND; BAD_USER_INPUT for an unknown tool */
  async update(operation: Operation, { id, ...spec }: PersonaSpec): Promise<KnownPersona> {
    const before = await this.#own(operation.identity, id);
    requireKnownTools(spec.capabilities);
    const data = { ...spec, capabilities: [...new Set(spec.capabilities)], updatedAt: this.#clock.now() };
    return await this.#changes.commit(async (tx, record) => {
      const row = await tx.persona.update({ where: { tenantId_id: { tenantId: before.tenantId, id } }, data });
      await deed(record, operation, "UPDATE_PERSONA", before, row);
      return row;
    });
  }

  /** Sessions that have it go on as the default persona. @throws FORBIDDEN for a built-in one; PERSONA_NOT_FOUND */
  async delete(operation: Operation, id: string): Promise<KnownPersona> {
    const row = await this.#own(operation.identity, id);
    const { tenantId, createdBy } = row;
    return await this.#changes.commit(async (tx, record) => {
      await tx.chatSession.updateMany({
        where: { tenantId, userId: createdBy, personaId: id },
        data: { personaId: "default" },
      });
      await tx.persona.deleteMany({ where: { tenantId, id } });
      await deed(record, operation, "DELETE_PERSONA", row, null);
      return row;
    });
  }

  async #own({ tenant, user }: Identity, id: string): Promise<PersonaRow> {
    if (builtinPersona(id)) {
      throw new CodedError("FORBIDDEN", `"${id}" is built in; create a persona of your own instead.`, { id });
    }
    const row = await this.#repository.own(tenant, user, id);
    if (row) return row;
    throw new CodedError("PERSONA_NOT_FOUND", `No persona ${JSON.stringify(id)} of yours.`, { id });
  }
}

const ofNobody = (spec: PersonaSpec): KnownPersona => ({ ...spec, createdBy: null });

function requireKnownTools(capabilities: readonly string[]): void {
  const unknown = capabilities.filter((name) => !isToolName(name));
  if (unknown.length === 0) return;
  throw new CodedError(
    "BAD_USER_INPUT",
    `There is no tool ${unknown.map((name) => JSON.stringify(name)).join(", ")}.`,
    {
      issues: [{ path: "capabilities", rule: `each is one of ${TOOL_NAMES.join(", ")}` }],
    },
  );
}

const idTaken = (id: string): CodedError =>
  new CodedError("CONFLICT", `Another persona has the id ${JSON.stringify(id)}.`, { field: "id" });

const deed = (
  record: Recorder,
  operation: Operation,
  action: string,
  before: PersonaRow | null,
  after: PersonaRow | null,
): Promise<void> =>
  record.deed(operation, {
    action,
    cluster: { id: null, tenantId: operation.identity.tenant, name: (after ?? before)?.id ?? "" },
    before: before && auditView(before),
    after: after && auditView(after),
  });

/** Not the prompt: what somebody wrote into it is theirs. */
const auditView = ({ id, name, capabilities }: PersonaRow): Prisma.InputJsonObject => ({ id, name, capabilities });
