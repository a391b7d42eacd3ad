import { parser } from "@prometheus-io/lezer-promql";

type Node = ReturnType<typeof parser.parse>["topNode"];

/** Whether it may look at samples later than the time that it is evaluated at: by `@`, or by a negative offset. */
export function looksAhead(expression: string): boolean {
  let found = false;
  parser.parse(expression).iterate({
    enter: ({ name, from, to }) => {
      found ||= name === "At" || (name === "OffsetDurationExpr" && expression.slice(from, to).includes("-"));
      return !found;
    },
  });
  return found;
}

/** These make one series of many, unless they are told to group. */
const TO_ONE = new Set(["sum", "min", "max", "avg", "count", "group", "stddev", "stdvar", "quantile"]);
const OF_ONE = new Set(["scalar", "vector", "time", "pi", "absent", "absent_over_time"]);

/** How many series it has at most, where its form says so; null where that depends on the data. */
export function mostSeries(expression: string): number | null {
  const text = (node: Node | null): string => (node ? expression.slice(node.from, node.to).toLowerCase() : "");
  const most = (node: Node | null): number | null => {
    if (!node) return null;
    switch (node.name) {
      case "NumberDurationLiteral":
      case "StringLiteral":
        return 1;
      case "ParenExpr":
      case "OffsetExpr":
      case "StepInvariantExpr":
        return most(node.firstChild);
      case "UnaryExpr":
        return most(node.lastChild);
      case "AggregateExpr": {
        const groups = node.getChild("AggregateModifier")?.getChild("GroupingLabels")?.firstChild;
        const without = node.getChild("AggregateModifier")?.getChild("Without");
        return TO_ONE.has(text(node.getChild("AggregateOp"))) && !groups && !without ? 1 : null;
      }
      case "FunctionCall":
        return OF_ONE.has(text(node.getChild("FunctionIdentifier"))) ? 1 : null;
      case "BinaryExpr": {
        const [left, right] = [most(node.firstChild), most(node.lastChild)];
        if (left === null || right === null) return null;
        return node.getChild("Or") ? left + right : Math.max(left, right);
      }
      default:
        return null;
    }
  };
  let top = parser.parse(expression).topNode.firstChild;
  while (top?.name === "LineComment") top = top.nextSibling;
  return most(top);
}
