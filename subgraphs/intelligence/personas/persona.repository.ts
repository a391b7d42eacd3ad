import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";

export type PersonaRow = Prisma.PersonaGetPayload<object>;

/** Personas that users made, in the database. */
export class PersonaRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** One's own, by name. */
  async of(tenantId: string, createdBy: string): Promise<PersonaRow[]> {
    return await this.#prisma.persona.findMany({
      where: { tenantId, createdBy },
      orderBy: [{ name: "asc" }, { id: "asc" }],
    });
  }

  async own(tenantId: string, createdBy: string, id: string): Promise<PersonaRow | null> {
    return await this.#prisma.persona.findFirst({ where: { tenantId, createdBy, id } });
  }
}
