import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { EventObject } from "../../shared/upstreams/kubernetes/objects/event.ts";
import type { NamespaceObject } from "../../shared/upstreams/kubernetes/objects/namespace.ts";
import type { NodeObject } from "../../shared/upstreams/kubernetes/objects/node.ts";
import type { PodObject } from "../../shared/upstreams/kubernetes/objects/pod.ts";
import { EVENTS, NAMESPACES, NODES, PODS } from "../../shared/upstreams/kubernetes/resource.ts";
import { ObjectWatches } from "./objects.watch.ts";

/** Everything that is watched in the fleet's clusters, for all operations of this process. */
export class InventoryWatches {
  readonly nodes: ObjectWatches<NodeObject>;
  readonly namespaces: ObjectWatches<NamespaceObject>;
  readonly pods: ObjectWatches<PodObject>;
  readonly events: ObjectWatches<EventObject>;

  constructor(options: { clients: FleetClients; clock: Clock }) {
    this.nodes = new ObjectWatches({ ...options, resource: NODES });
    this.namespaces = new ObjectWatches({ ...options, resource: NAMESPACES });
    this.pods = new ObjectWatches({ ...options, resource: PODS });
    this.events = new ObjectWatches({ ...options, resource: EVENTS });
  }

  close(): void {
    for (const watches of [this.nodes, this.namespaces, this.pods, this.events]) watches.close();
  }
}
