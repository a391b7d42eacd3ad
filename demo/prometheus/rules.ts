import { badData } from "../../promql/errors.ts";
import { type ActiveAlert, type AlertRule, stateOf } from "../world/alerts/rule.ts";
import { SCRAPE_INTERVAL, type World } from "../world/world.ts";

const FILE = "/etc/prometheus/rules/demo.yaml";
const EVALUATION_SECONDS = 0.0004;

/** A number as Go writes it with an exponent, such as "1e+00". */
function exponential(value: number): string {
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

function shownAlert(alert: ActiveAlert): unknown {
  const { labels, annotations, activeAt, value } = alert;
  const since = new Date(activeAt * 1000).toISOString();
  return { labels, annotations, state: stateOf(alert), activeAt: since, value: exponential(value) };
}

/** /api/v1/alerts, at `now` (milliseconds). */
export function alertList(world: World, now: number): unknown {
  return { alerts: world.alerts.active(now / 1000).map(shownAlert) };
}

function shownRule(rule: AlertRule, active: readonly ActiveAlert[], lastEvaluation: string, alerts: boolean): unknown {
  const states = active.map(stateOf);
  return {
    state: states.includes("firing") ? "firing" : states.length > 0 ? "pending" : "inactive",
    name: rule.name,
    query: rule.query,
    duration: rule.duration,
    keepFiringFor: 0,
    labels: rule.labels,
    annotations: rule.annotations,
    ...(alerts ? { alerts: active.map(shownAlert) } : {}),
    health: "ok",
    evaluationTime: EVALUATION_SECONDS,
    lastEvaluation,
    type: "alerting",
  };
}

/** /api/v1/rules. There are no recording rules. */
export function ruleGroups(world: World, params: URLSearchParams, now: number): unknown {
  const type = params.get("type") ?? "";
  if (!["", "alert", "record"].includes(type)) {
    throw badData(`invalid parameter "type": not supported value ${JSON.stringify(type)}`);
  }
  const [names, groups, files] = ["rule_name[]", "rule_group[]", "file[]"].map((name) => params.getAll(name));
  const wanted = (list: readonly string[] | undefined, value: string) => !list?.length || list.includes(value);
  const rules = world.alerts.rules.filter(
    ({ name, group }) => type !== "record" && wanted(names, name) && wanted(groups, group) && wanted(files, FILE),
  );
  const active = Map.groupBy(world.alerts.active(now / 1000), ({ rule }) => rule.name);
  const evaluated = Math.floor(now / 1000 / SCRAPE_INTERVAL) * SCRAPE_INTERVAL;
  const lastEvaluation = new Date(evaluated * 1000).toISOString();
  const alerts = params.get("exclude_alerts") !== "true";
  return {
    groups: [...Map.groupBy(rules, ({ group }) => group)].map(([name, of]) => ({
      name,
      file: FILE,
      rules: of.map((rule) => shownRule(rule, active.get(rule.name) ?? [], lastEvaluation, alerts)),
      interval: SCRAPE_INTERVAL,
      limit: 0,
      evaluationTime: EVALUATION_SECONDS * of.length,
      lastEvaluation,
    })),
  };
}
