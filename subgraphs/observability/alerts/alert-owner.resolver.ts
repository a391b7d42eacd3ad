import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import type { Page } from "../../shared/kernel/page.ts";
import { Cluster } from "../cluster.type.ts";
import { GPU } from "../gpu.type.ts";
import { Node } from "../node.type.ts";
import { Pod } from "../pod.type.ts";
import { AlertFilterInput } from "./alert.input.ts";
import { toAlert, toAlertPage } from "./alert.mapper.ts";
import { Alert, AlertPage } from "./alert.type.ts";
import { AlertCounts, AlertSource } from "./alert-count.type.ts";
import type { AlertsContext } from "./alerts.context.ts";

@Resolver(() => Cluster)
export class ClusterAlertsResolver {
  @FieldResolver(() => AlertPage, {
    nullable: true,
    description: "Its alerts: those that fire or are about to, unless asked for otherwise, the worst first.",
  })
  async alerts(
    @Root() { id }: Cluster,
    @Ctx() { alerts }: AlertsContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => AlertFilterInput, {
      nullable: true,
      description: "Which alerts; all active unless given. Without clusterIds and selector.",
    })
    filter?: AlertFilterInput | null,
  ): Promise<Page<Alert>> {
    return toAlertPage(await alerts.ofCluster(id, filter ?? {}, page), page, alerts.now);
  }

  @FieldResolver(() => AlertCounts, {
    nullable: true,
    description: "How many alerts it has that fire or are about to.",
  })
  async alertCounts(@Root() { id }: Cluster, @Ctx() { alerts }: AlertsContext): Promise<AlertCounts> {
    return await alerts.loaders.countsOf.load(id);
  }

  @FieldResolver(() => AlertSource, {
    nullable: true,
    description: "How its Alertmanager was last read. Null if nothing was heard of it yet.",
  })
  async alertSource(@Root() { id }: Cluster, @Ctx() { alerts }: AlertsContext): Promise<AlertSource | null> {
    return await alerts.loaders.sourceOf.load(id);
  }
}

@Resolver(() => Pod)
export class PodAlertsResolver {
  @FieldResolver(() => [Alert], {
    nullable: true,
    description: "Alerts about it that fire or are about to, the worst first: at most 100.",
  })
  async alerts(@Root() pod: Pod, @Ctx() { alerts }: AlertsContext): Promise<Alert[]> {
    const { clusterId, namespace, name } = pod;
    return (await alerts.loaders.ofPod.load({ clusterId, namespace, name })).map((row) => toAlert(row, alerts.now));
  }
}

@Resolver(() => Node)
export class NodeAlertsResolver {
  @FieldResolver(() => [Alert], {
    nullable: true,
    description: "Alerts about it that fire or are about to, the worst first: at most 100.",
  })
  async alerts(@Root() { clusterId, name }: Node, @Ctx() { alerts }: AlertsContext): Promise<Alert[]> {
    const rows = await alerts.loaders.ofNode.load({ clusterId, namespace: null, name });
    return rows.map((row) => toAlert(row, alerts.now));
  }
}

@Resolver(() => GPU)
export class GpuAlertsResolver {
  @FieldResolver(() => [Alert], {
    nullable: true,
    description: "Alerts whose labels name it and that fire or are about to, the worst first: at most 100.",
  })
  async alerts(@Root() { clusterId, uuid }: GPU, @Ctx() { alerts }: AlertsContext): Promise<Alert[]> {
    const rows = await alerts.loaders.ofGpu.load({ clusterId, namespace: null, name: uuid });
    return rows.map((row) => toAlert(row, alerts.now));
  }
}
