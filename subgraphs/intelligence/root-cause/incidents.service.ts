import { CodedError } from "../../shared/kernel/errors.ts";
import { firstProblem, type Graph } from "../../shared/kernel/graph.ts";
import { type Page, type PageRequest, pageOf } from "../../shared/kernel/page.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { AlertQuestions, type PlacedAlert } from "./alert-question.service.ts";
import { entityOfAlert } from "./case.mapper.ts";
import { type EntityRef, groupAlerts, type Incident, type RelatedAlert, type TopologyEdge } from "./core/index.ts";
import { nodeEntity, Place } from "./place.mapper.ts";
import { Questions } from "./question.service.ts";

const MOST_ALERTS = 500;

export interface FleetIncident extends Incident {
  clusterIds: string[];
}

/** Alerts that fire, grouped to what they are about. */
export class IncidentsService {
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** The latest first. @throws what the alerts cannot be read with */
  async page(
    operation: Operation,
    filter: Readonly<Record<string, unknown>>,
    page: PageRequest,
  ): Promise<Page<FleetIncident> & { truncated: boolean }> {
    const questions = new AlertQuestions(new Questions(this.#graph, operation));
    const severities = ["CRITICAL", "WARNING"];
    const { alerts, total, problems } = await questions.firing({ ...filter, severities }, MOST_ALERTS);
    const [problem] = problems;
    if (problem) {
      throw (
        firstProblem({ data: null, errors: [{ message: problem.message, extensions: { code: problem.code } }] }) ??
        new CodedError("SUBGRAPH_UNAVAILABLE", problem.message)
      );
    }
    const clusterOf = new Map(alerts.map(({ id, clusterId }) => [id, clusterId]));
    const found = incidentsOf(alerts).map(
      (incident): FleetIncident => ({
        ...incident,
        clusterIds: [...new Set(incident.alerts.flatMap(({ id }) => clusterOf.get(id) ?? []))],
      }),
    );
    found.sort((a, b) => b.startsAt - a.startsAt || (a.id < b.id ? -1 : 1));
    const items = found.slice((page.page - 1) * page.pageSize, page.page * page.pageSize);
    return { ...pageOf(items, found.length, page), truncated: total > MOST_ALERTS };
  }
}

/** What is in different clusters is never the same thing, whatever it is called. */
function incidentsOf(alerts: readonly PlacedAlert[]): Incident[] {
  const related: RelatedAlert[] = [];
  const topology: TopologyEdge[] = [];
  for (const [clusterId, own] of Map.groupBy(alerts, (alert) => alert.clusterId)) {
    const inCluster = (entity: EntityRef): EntityRef => ({ ...entity, name: `${clusterId}/${entity.name}` });
    const place = new Place();
    place.add(
      own.flatMap(({ pod }) => (pod ? [{ ...pod, labels: pod.labels ?? {}, createdAt: null, images: [] }] : [])),
    );
    topology.push(
      ...place.topology().map(({ from, to, kind }) => ({ from: inCluster(from), to: inCluster(to), kind })),
    );
    for (const alert of own) {
      const { id, alertname, labels, severity, startsAt, endsAt } = alert;
      const entity = entityOfAlert(alert, place) ?? (alert.node ? nodeEntity(alert.node.name) : null);
      related.push({ id, name: alertname, labels, severity, startsAt, endsAt, entity: entity && inCluster(entity) });
    }
  }
  return groupAlerts(related, topology);
}
