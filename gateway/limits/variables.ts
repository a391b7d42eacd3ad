import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import { LIMITS } from "./limits.ts";

/**
 * Variables are as large as a body may be, and some types take any value: how many there are, and how deep, is looked at before they
 * are read, without recursion.
 * @throws LIMIT_EXCEEDED
 */
export function requireBounded(variables: object): void {
  const { depth, values } = LIMITS.variables;
  let level: object[] = [variables];
  let count = 0;
  for (let at = 0; level.length > 0; at += 1) {
    if (at > depth) throw tooMuch(`nest deeper than ${depth} levels`, depth);
    const next: object[] = [];
    for (const value of level) {
      for (const inner of Object.values(value) as unknown[]) {
        count += 1;
        if (count > values) throw tooMuch(`hold more than ${values} values`, values);
        if (typeof inner === "object" && inner !== null) next.push(inner);
      }
    }
    level = next;
  }
}

const tooMuch = (what: string, limit: number): CodedError =>
  new CodedError("LIMIT_EXCEEDED", `The variables ${what}.`, { limit });
