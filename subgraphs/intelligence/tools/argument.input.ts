import { z } from "zod";

// Arguments that several tools have. Descriptions travel with every question to a model: they are short.

/** As the reach of a call has it. */
const MOST_CLUSTERS = 50;
const clusterName = z.string().min(1).max(253);

export const clusters = z
  .array(clusterName)
  .max(MOST_CLUSTERS)
  .optional()
  .describe("Names or ids of clusters; all of the conversation's unless given.");

export const cluster = clusterName.describe("Name or id of the cluster.");

export const range = (fallback: string) =>
  z.string().max(20).default(fallback).describe('How far back from now, such as "30m", "6h" or "2d".');

export const limit = (fallback: number, most = 100) =>
  z.number().int().min(1).max(most).default(fallback).describe("How many to answer at most.");

export const namespace = z.string().min(1).max(63).optional().describe("Only of this namespace.");

export const search = (where: string) => z.string().min(1).max(200).optional().describe(`Text that ${where} contains.`);
