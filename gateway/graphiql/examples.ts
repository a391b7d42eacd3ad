/** An operation that GraphiQL offers in a tab of its own. Each one is run by a test, as it stands. */
export interface Example {
  title: string;
  query: string;
  variables?: Record<string, unknown>;
}

export const EXAMPLES: readonly Example[] = [
  {
    title: "Fleet",
    query: `# The fleet at a glance: how each cluster is, what it can do, and the CPU that each namespace
# used over the last hour. One cluster that fails is a row with a reason: it hides nobody else.
query Fleet {
  clusters {
    total
    items {
      name
      displayName
      environment
      platformVersion
      status { state healthScore lastError }
      capabilities { hasPrometheus hasGpuNodes gpuCount gpuTypes }
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
    title: "Incident",
    query: `# From the fleet to the trace in one request: critical alerts, the pods they are about, the lines around the time they
# began, and the worst trace. Alerts are read every 30 seconds: give a new fleet a moment.
query Incident {
  clusters {
    items {
      name
      alerts(filter: { severities: [CRITICAL], states: [FIRING] }, pageSize: 3) {
        total
        items {
          alertname
          startsAt
          staleSince
          annotations
          pod { name phase restarts }
          logs(around: "5m", limit: 5) { timestamp message }
          traces(limit: 1) { traceId rootService rootOperation durationMs hasErrors }
        }
      }
    }
  }
}
`,
  },
  {
    title: "As one",
    query: `# Every cluster's series as one Prometheus would hold them: averages travel as sums and counts, and the answer says how.
query AsOne {
  metrics(query: { query: "avg by (namespace) (container_memory_working_set_bytes)", scope: GLOBAL }) {
    complete
    outcomes { clusterName status }
    global {
      series { metric values }
      combination { method combining leaves { name expression clusters series } }
    }
  }
}
`,
  },
  {
    title: "Logs",
    query: `# The lines of every cluster's Loki in one order, and what they are about.
query Logs {
  logs(query: { query: "{namespace=\\"shop\\"} |= \\"error\\"", limit: 50 }) {
    complete
    completeDownTo
    nextCursor
    outcomes { clusterName status rows error { code message } }
    entries { clusterName timestamp message traceId pod { name phase } }
  }
}
`,
  },
  {
    title: "GPUs",
    query: `# Every accelerator of the fleet: who has it, how busy it is, and what is missing. Unknown is null, and availability says why.
query Gpus {
  gpuSummary { total { devices allocated active idle } models { model summary { devices idle } } }
  gpuNodes {
    complete
    items {
      cluster { name }
      nodeName
      expectedGpus
      missingGpus
      gpus {
        index
        name
        mode
        utilizationGpuPercent
        memoryUsedMb
        powerDrawWatts
        pods { namespace name phase }
        instances { profile utilizationGpuPercent pod { name } }
        alerts { alertname severity }
      }
    }
  }
}
`,
  },
  {
    title: "Wall",
    query: `# What is, in pages, and then each change: for a wall of clusters that is always right.
subscription Wall {
  clusterHealth(pageSize: 20) {
    kind
    removed
    clusters { id name environment status { state healthScore lastError } }
  }
}
`,
  },
  {
    title: "Live",
    query: `# Live: a cluster's state changed, joined with what the other parts of the graph know about it.
# Now break a cluster: the demo fleet's address, printed at the start, says how.
subscription Live {
  events(filter: { eventTypes: [CLUSTER_STATUS_CHANGED] }) {
    cursor
    gap { from to count reason }
    event {
      timestamp
      ... on ClusterStatusChanged { oldState newState }
      cluster {
        displayName
        labels
        status { state healthScore lastError }
        metrics(query: { query: "sum(up)", step: "5m" }) { status error data { values } }
      }
    }
  }
}
`,
  },
  {
    title: "Per cluster",
    query: `# Production clusters side by side, each with metrics of its own: one request per cluster and question.
query Production {
  clusters(filter: { environments: [PRODUCTION] }, orderBy: { field: HEALTH_SCORE, direction: ASC }) {
    items {
      name
      region
      labels
      status { state healthScore }
      cpu: metrics(query: { query: "sum(rate(container_cpu_usage_seconds_total[5m]))", step: "10m" }) { status error data { values } }
      memory: metrics(query: { query: "sum(container_memory_working_set_bytes)", step: "10m" }) { status error data { values } }
    }
  }
  fleetSummary { total byState { value count } byRegion { value count } gpuCount averageHealthScore }
}
`,
  },
  {
    title: "Register",
    query: `# A cluster of your own: where it is, and how to sign in. It is checked at once; the Live tab tells what was found.
# credentials: { kubeconfig: "…" } takes the output of: kubectl config view --raw --flatten --minify
mutation Register($input: RegisterClusterInput!) {
  registerCluster(input: $input) {
    id
    name
    status { state }
    credentials { authType expiresAt }
  }
}
`,
    variables: {
      input: {
        name: "my-cluster-1",
        apiServerUrl: "https://127.0.0.1:6443",
        platform: "KUBERNETES",
        labels: { team: "platform" },
        endpoints: { prometheusUrl: "http://127.0.0.1:9090" },
        credentials: { token: "the-token-of-a-service-account" },
      },
    },
  },
  {
    title: "History",
    query: `# What happened, as far back as events are kept. A cursor from here continues live: events(after: …).
query History {
  eventHistory(first: 100) {
    endCursor
    hasMore
    items {
      cursor
      event { eventType timestamp payload cluster { name } }
    }
  }
}
`,
  },
];
