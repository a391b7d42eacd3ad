import type { ClusterScope } from "../../shared/kernel/auth-context.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import * as namespaces from "../../shared/kernel/namespaces.ts";

type List = "ids" | "environments" | "regions" | "types";

/** What is in both scopes, as one scope; null is everything. @throws BAD_USER_INPUT where nothing ever is */
export function narrowed(own: ClusterScope | null, asked: ClusterScope | null): ClusterScope | null {
  if (!own || !asked) return own ?? asked;
  const inBoth = <K extends List>(part: K): ClusterScope[K] => {
    const [mine, theirs] = [own[part] as readonly string[] | undefined, asked[part] as readonly string[] | undefined];
    const both = mine && theirs ? theirs.filter((each) => mine.includes(each)) : (mine ?? theirs);
    if (both?.length === 0) throw nothingLeft(part);
    return both as ClusterScope[K];
  };
  const selectors = [own.labelSelector, asked.labelSelector].filter((selector) => selector !== undefined);
  const both: Record<keyof ClusterScope, unknown> = {
    ids: inBoth("ids"),
    environments: inBoth("environments"),
    regions: inBoth("regions"),
    types: inBoth("types"),
    namespaces: namespacesInBoth(own.namespaces, asked.namespaces),
    // In Kubernetes's syntax a comma is an "and".
    labelSelector: selectors.length > 0 ? selectors.join(",") : undefined,
  };
  return Object.fromEntries(Object.entries(both).filter(([, part]) => part !== undefined));
}

function namespacesInBoth(own: ClusterScope["namespaces"], asked: ClusterScope["namespaces"]) {
  const both = own && asked ? namespaces.inBoth(own, asked) : (own ?? asked);
  if (both?.length === 0) throw nothingLeft("namespaces");
  return both;
}

const nothingLeft = (part: List | "namespaces"): CodedError =>
  new CodedError("BAD_USER_INPUT", `scope.${part}: none of them is in your own scope.`, {
    issues: [{ path: `scope.${part}`, message: "none of them is in your own scope" }],
  });
