import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Arg, Directive, Int, Resolver, Root, Subscription } from "../../shared/kernel/graphql.ts";
import { check } from "../../shared/kernel/validation.ts";
import type { EventsContext } from "../context.ts";
import { gpuNodeOf } from "./gpu-node.mapper.ts";
import { ActiveAlertFilterInput, PageSizeRule } from "./state.input.ts";
import type { StateItem } from "./state.stream.ts";
import { AlertStateItem, ClusterStateItem, GPUStateItem } from "./state.type.ts";

const PAGE_SIZE = { defaultValue: 50, description: "How many an item holds at most: 1 to 100." } as const;

interface Args<F> {
  selector?: ClusterSelectorInput | null;
  filter?: F | null;
  pageSize: number;
}

function clusterHealth({ args, context }: { args: Args<never>; context: EventsContext }) {
  check(PageSizeRule, args);
  return context.state.clusters(context.operation, args.selector ?? {}, args.pageSize);
}

function activeAlerts({ args, context }: { args: Args<ActiveAlertFilterInput>; context: EventsContext }) {
  check(PageSizeRule, args);
  check(ActiveAlertFilterInput.rules, args.filter ?? {});
  return context.state.alerts(context.operation, args.filter ?? {}, args.pageSize);
}

function gpuFleet({ args, context }: { args: Args<never>; context: EventsContext }) {
  check(PageSizeRule, args);
  return context.state.gpuNodes(context.operation, args.selector ?? {}, args.pageSize);
}

/** Streams that begin with what is. A late joiner of a shared stream would miss that: they are tagged to tell the gateway. */
@Resolver()
export class StateResolver {
  @Directive('@tag(name: "replay")')
  @Directive('@tag(name: "state")')
  @Subscription(() => ClusterStateItem, {
    description:
      "The clusters and how they are: all of them in pages, then each one that changes. A slow reader gets the latest.",
    subscribe: clusterHealth as never,
  })
  clusterHealth(
    @Root() item: StateItem,
    @Arg("selector", () => ClusterSelectorInput, { nullable: true, description: "Which clusters; all unless given." })
    _selector?: ClusterSelectorInput,
    @Arg("pageSize", () => Int, PAGE_SIZE) _pageSize?: number,
  ): ClusterStateItem {
    const { kind, cursor, keys, removed } = parts(item);
    return { kind, cursor, removed, clusters: keys.map((id) => ({ id })) };
  }

  @Directive('@tag(name: "replay")')
  @Directive('@tag(name: "state")')
  @Subscription(() => AlertStateItem, {
    description: "The alerts that fire: all of them in pages, worst first, then each that begins, changes or ends.",
    subscribe: activeAlerts as never,
  })
  activeAlerts(
    @Root() item: StateItem,
    @Arg("filter", () => ActiveAlertFilterInput, { nullable: true, description: "Which alerts; all unless given." })
    _filter?: ActiveAlertFilterInput,
    @Arg("pageSize", () => Int, PAGE_SIZE) _pageSize?: number,
  ): AlertStateItem {
    const { kind, cursor, keys, removed } = parts(item);
    return { kind, cursor, removed, alerts: keys.map((id) => ({ id })) };
  }

  @Directive('@tag(name: "replay")')
  @Directive('@tag(name: "state")')
  @Subscription(() => GPUStateItem, {
    description: "The nodes with GPUs: all of them in pages, then each one whose GPUs change or have trouble.",
    subscribe: gpuFleet as never,
  })
  gpuFleet(
    @Root() item: StateItem,
    @Arg("selector", () => ClusterSelectorInput, {
      nullable: true,
      description: "Of which clusters; all unless given.",
    })
    _selector?: ClusterSelectorInput,
    @Arg("pageSize", () => Int, PAGE_SIZE) _pageSize?: number,
  ): GPUStateItem {
    const { kind, cursor, keys, removed } = parts(item);
    return { kind, cursor, gpuNodes: keys.map(gpuNodeOf), removed: removed.map(gpuNodeOf) };
  }
}

const parts = (item: StateItem) => ({
  kind: item.kind,
  cursor: item.cursor,
  keys: item.kind === "END_OF_SNAPSHOT" ? [] : item.keys,
  removed: item.kind === "CHANGED" ? item.removed : [],
});
