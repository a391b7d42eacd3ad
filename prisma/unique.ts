import { Prisma } from "./generated/client.ts";

/** Whether a write failed because another row has what is to be unique: the database decides who was first. */
export const isTaken = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";
