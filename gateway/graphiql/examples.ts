/** An operation that GraphiQL offers in a tab of its own. */
export interface Example {
  title: string;
  query: string;
  variables?: Record<string, unknown>;
}

export const EXAMPLES: readonly Example[] = [
  {
    title: "Fleet",
    query: `# The fleet at a glance: its clusters, and the CPU each namespace uses, asked of every cluster at once.
query Fleet {
  clusters(pageSize: 10) {
    total
    items {
      id
      name
      displayName
      environment
      status { state healthScore }
      capabilities { hasPrometheus hasGpuNodes gpuCount }
    }
  }
  metrics(query: { query: "sum(rate(container_cpu_usage_seconds_total[5m])) by (namespace)" }) {
    complete
    clustersQueried
    clustersSucceeded
    outcomes { clusterName status durationMs rows error { code message } }
    results { clusterName status data { metric values } }
  }
}
`,
  },
  {
    title: "Status changes",
    query: `# Live: each change of a cluster's status, with the cluster it is about.
subscription StatusChanges {
  events(filter: { eventTypes: [CLUSTER_STATUS_CHANGED] }) {
    cursor
    event {
      eventType
      timestamp
      cluster { displayName labels }
    }
  }
}
`,
  },
];
