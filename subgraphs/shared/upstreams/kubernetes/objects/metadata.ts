import { z } from "zod";

/** What identifies an object and its state; every decoded object has it. */
export interface KubernetesObject {
  /** Null for what belongs to no namespace. */
  namespace: string | null;
  name: string;
  /** Another one under the same name is another object. */
  uid: string | null;
  /** Changes whenever the object does; opaque. */
  resourceVersion: string | null;
}

export const text = z
  .string()
  .nullish()
  .transform((value) => value || null);

export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? null);

export const count = z
  .number()
  .int()
  .nullish()
  .transform((value) => value ?? null);

/** RFC 3339, with or without fractions; null for what is none. */
export const time = z
  .string()
  .nullish()
  .transform((value) => {
    const at = value ? new Date(value) : null;
    return at && !Number.isNaN(at.getTime()) ? at : null;
  });

export const textMap = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});

/** Go leaves out empty lists, or writes null. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);

export const metadata = {
  name: z.string(),
  namespace: text,
  uid: text,
  resourceVersion: text,
  creationTimestamp: time,
  labels: textMap,
};
