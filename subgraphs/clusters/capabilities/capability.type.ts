import { Field, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLURL } from "../../shared/kernel/scalars.ts";
import { EndpointKind } from "./endpoint-kind.filter.ts";
import { Capability, FindingStatus } from "./look.detector.ts";

registerEnumType(Capability, {
  name: "Capability",
  description: "What a cluster may have.",
  valuesConfig: {
    GPU: { description: "GPUs." },
    PROMETHEUS: { description: "A configured Prometheus endpoint." },
    THANOS: { description: "That this endpoint is a Thanos querier." },
    TEMPO: { description: "A configured Tempo endpoint." },
    LOKI: { description: "A configured Loki endpoint." },
    SERVICE_MESH: { description: "A service mesh." },
    CNF: { description: "Cloud-native network functions." },
    PLATFORM: { description: "The Kubernetes distribution and its version." },
    ENDPOINTS: { description: "Observability endpoints to propose." },
  },
});
registerEnumType(FindingStatus, {
  name: "FindingStatus",
  description: "What came of looking for a capability.",
  valuesConfig: {
    FOUND: { description: "It is there." },
    ABSENT: { description: "It is not there." },
    FORBIDDEN: { description: "The credentials may not look: nobody knows." },
    UNREACHABLE: { description: "No usable answer this time: what was known before stands." },
    NOT_LOOKED_FOR: { description: "It was not looked for, or not everywhere: nobody knows." },
  },
});
registerEnumType(EndpointKind, { name: "EndpointKind", description: "A kind of observability backend." });

@ObjectType({ description: "How a capability was looked for in one place, and what that gave.", simpleResolvers: true })
export class CapabilityFinding {
  @Field(() => Capability, { description: "What was looked for." })
  readonly capability!: Capability;

  @Field(() => FindingStatus, { description: "What came of it." })
  readonly status!: FindingStatus;

  @Field(() => String, { description: 'Where it was looked for, such as "nodes: nvidia.com/gpu" or "GET /apis".' })
  readonly source!: string;

  @Field(() => String, { nullable: true, description: "What exactly was found, or why nothing was; for people." })
  readonly detail!: string | null;
}

@ObjectType({
  description: "An endpoint that was found in a cluster. It is not used until an admin sets it on the cluster.",
  simpleResolvers: true,
})
export class ProposedEndpoint {
  @Field(() => EndpointKind, { description: "What answers there, by the name of its service." })
  readonly kind!: EndpointKind;

  @Field(() => GraphQLURL, { description: "Its address." })
  readonly url!: string;

  @Field(() => String, {
    description: 'The object it was read from, such as "route openshift-monitoring/thanos-querier".',
  })
  readonly source!: string;

  @Field(() => Boolean, { description: "Whether it is reachable only from inside the cluster." })
  readonly inClusterOnly!: boolean;
}
