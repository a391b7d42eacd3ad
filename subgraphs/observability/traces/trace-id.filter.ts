import { CodedError } from "../../shared/kernel/errors.ts";

export const isTraceId = (text: string): boolean => /^[\da-f]{1,32}$/i.test(text);

/** As all compare it: 32 small digits. Backends leave leading zeros out, and older tracers have but 16. @throws INVALID_TRACE_ID */
export function normalTraceId(text: string): string {
  const id = text.trim();
  if (isTraceId(id) && !/^0+$/.test(id)) return id.toLowerCase().padStart(32, "0");
  throw new CodedError("INVALID_TRACE_ID", "traceId must be 1 to 32 hexadecimal digits, and not all zero.", {
    field: "traceId",
  });
}
