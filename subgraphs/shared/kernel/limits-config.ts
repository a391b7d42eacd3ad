import { z } from "zod";
import { json } from "./config-schemas.ts";
import { ROLES } from "./permissions.ts";

const count = (most: number) => z.number().int().min(1).max(most);
const cost = count(1_000_000_000_000);

/** What the operations of one role may cost: each of them, and those of a user's minute together. */
const budget = (operation: number, minute: number) =>
  z
    .strictObject({ operation: cost.default(operation), minute: cost.default(minute) })
    .refine((given) => given.minute >= given.operation, "minute is less than one operation may cost")
    .prefault({});

const Limits = z.strictObject({
  requestSeconds: count(3600).default(30),
  operationSeconds: count(3600).default(330),
  operationsPerUser: count(100_000).default(50),
  cost: z
    .strictObject({
      viewer: budget(100_000, 1_000_000),
      operator: budget(200_000, 2_000_000),
      admin: budget(1_000_000, 10_000_000),
    })
    .prefault({}),
});

const roles = z
  .string()
  .transform((text) => (text === "none" ? [] : text.split(",").map((role) => role.trim())))
  .pipe(z.array(z.enum(ROLES, "each entry is viewer, operator or admin; or none, alone")));

/** What one caller may ask of the gateway. */
export const LIMIT_VARIABLES = {
  AIOPS_LIMITS: {
    schema: json(Limits).prefault("{}"),
    example: '{"operationSeconds":60,"cost":{"viewer":{"operation":20000,"minute":200000}}}',
  },
  AIOPS_INTROSPECTION_ROLES: { schema: roles.prefault("operator,admin"), example: "viewer,operator,admin" },
  AIOPS_TRUSTED_DOCUMENTS: { schema: z.string().min(1).optional(), example: "/etc/aiops/documents.json" },
  AIOPS_ADHOC_ROLES: { schema: roles.prefault("admin"), example: "operator,admin" },
} as const;

export type LimitsConfig = {
  readonly [K in keyof typeof LIMIT_VARIABLES]: z.output<(typeof LIMIT_VARIABLES)[K]["schema"]>;
};
