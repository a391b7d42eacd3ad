import { z } from "zod";

/** What one question may be. */
export const Question = z.object({
  content: z.string().trim().min(1, "must not be empty").max(32_000, "at most 32,000 characters"),
});

export const Rows = z.object({
  offset: z.number().int().min(0, "0 or more").max(1_000_000),
  limit: z.number().int().min(1, "1 to 500").max(500, "1 to 500"),
});
