import { z } from "zod";
import { pagesOf } from "../../shared/kernel/page.ts";
import type { ClusterEvent } from "./core/index.ts";
import type { PlacedNode, PlacedPod } from "./place.mapper.ts";
import type { Problem, Questions } from "./question.service.ts";

const PAGE = 100;
const MOST = { pods: 500, nodes: 300 };

const time = z
  .string()
  .transform((text) => Date.parse(text))
  .nullable();
const Pods = z.object({
  cluster: z
    .object({
      pods: z
        .object({
          total: z.number(),
          items: z.array(
            z.object({
              namespace: z.string(),
              name: z.string(),
              nodeName: z.string().nullable(),
              createdAt: time,
              labels: z.record(z.string(), z.string()).nullable(),
              owner: z.object({ kind: z.string(), name: z.string() }).nullable(),
              containers: z.array(z.object({ image: z.string().nullable() })).nullable(),
            }),
          ),
        })
        .nullable(),
    })
    .nullable(),
});
const PODS = `query RootCausePods($id: UUID!, $filter: PodFilterInput, $page: Int!) {
  cluster(id: $id) {
    pods(filter: $filter, page: $page, pageSize: ${PAGE}) {
      total
      items { namespace name nodeName createdAt labels owner { kind name } containers { image } }
    }
  }
}`;

const Nodes = z.object({
  cluster: z
    .object({
      nodes: z
        .object({
          total: z.number(),
          items: z.array(
            z.object({ name: z.string(), addresses: z.array(z.object({ address: z.string() })).nullable() }),
          ),
        })
        .nullable(),
    })
    .nullable(),
});
const NODES = `query RootCauseNodes($id: UUID!, $page: Int!) {
  cluster(id: $id) { nodes(page: $page, pageSize: ${PAGE}) { total items { name addresses { address } } } }
}`;

const Events = z.object({
  cluster: z
    .object({
      kubernetesEvents: z
        .object({
          total: z.number(),
          items: z.array(
            z.object({
              type: z.enum(["NORMAL", "WARNING"]).nullable(),
              reason: z.string().nullable(),
              message: z.string().nullable(),
              count: z.number().nullable(),
              firstSeenAt: time,
              lastSeenAt: time,
              involved: z.object({
                kind: z.string().nullable(),
                namespace: z.string().nullable(),
                name: z.string().nullable(),
              }),
            }),
          ),
        })
        .nullable(),
    })
    .nullable(),
});
const EVENTS = `query RootCauseEvents($id: UUID!, $filter: KubernetesEventFilterInput) {
  cluster(id: $id) {
    kubernetesEvents(filter: $filter, pageSize: ${PAGE}) {
      total
      items { type reason message count firstSeenAt lastSeenAt involved { kind namespace name } }
    }
  }
}`;

/** A Kubernetes event with what it is about, by the name Kubernetes has for it. */
export interface ToldEvent extends Omit<ClusterEvent, "entity"> {
  about: { kind: string; namespace: string | null; name: string };
  firstSeenAt: number;
}

export interface PodQuestion {
  namespaces?: readonly string[];
  node?: string;
}

/** What a cluster's Kubernetes has and reports, a few hundred things at most. */
export class InventoryQuestions {
  readonly #questions: Questions;
  readonly #clusterId: string;

  constructor(questions: Questions, clusterId: string) {
    this.#questions = questions;
    this.#clusterId = clusterId;
  }

  async pods(filter: PodQuestion): Promise<{ pods: PlacedPod[]; problems: Problem[]; cut: boolean }> {
    const pages = await pagesOf((page) => this.#podPage(filter, page), { size: PAGE, most: MOST.pods });
    return {
      pods: pages.flatMap(({ pods }) => pods),
      problems: pages.flatMap(({ problems }) => problems),
      cut: pages[0].total > MOST.pods,
    };
  }

  async nodes(): Promise<{ nodes: PlacedNode[]; problems: Problem[] }> {
    const pages = await pagesOf((page) => this.#nodePage(page), { size: PAGE, most: MOST.nodes });
    const nodes = pages.flatMap(({ items }) => items);
    return {
      nodes: nodes.map(({ name, addresses }) => ({ name, addresses: (addresses ?? []).map(({ address }) => address) })),
      problems: pages[0].problems,
    };
  }

  /** The newest hundred that match and were seen since. */
  async events(filter: {
    namespace?: string;
    involvedKind?: string;
    type?: "WARNING";
    /** ISO. */
    since: string;
  }): Promise<{ events: ToldEvent[]; problems: Problem[] }> {
    const { data, problems } = await this.#questions.ask(EVENTS, { id: this.#clusterId, filter }, Events);
    const items = data?.cluster?.kubernetesEvents?.items ?? [];
    const events = items.flatMap(({ involved: { kind, namespace, name }, lastSeenAt, ...event }): ToldEvent[] => {
      if (!kind || !name || lastSeenAt === null) return [];
      return [
        {
          about: { kind, namespace, name },
          time: lastSeenAt,
          firstSeenAt: event.firstSeenAt ?? lastSeenAt,
          reason: event.reason ?? "",
          message: event.message ?? "",
          type: event.type === "WARNING" ? "Warning" : "Normal",
          count: event.count ?? 1,
        },
      ];
    });
    return { events, problems };
  }

  async #nodePage(page: number) {
    const { data, problems } = await this.#questions.ask(NODES, { id: this.#clusterId, page }, Nodes);
    const { total, items } = data?.cluster?.nodes ?? { total: 0, items: [] };
    return { total, items, problems };
  }

  async #podPage(filter: PodQuestion, page: number) {
    const { data, problems } = await this.#questions.ask(PODS, { id: this.#clusterId, filter, page }, Pods);
    const found = data?.cluster?.pods;
    const pods = (found?.items ?? []).map(
      ({ labels, containers, ...pod }): PlacedPod => ({
        ...pod,
        labels: labels ?? {},
        images: (containers ?? []).flatMap(({ image }) => image ?? []),
      }),
    );
    return { pods, total: found?.total ?? 0, problems };
  }
}
