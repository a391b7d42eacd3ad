import type { RootCauseVerdict, AnalysisStatus as StoredStatus } from "../../../prisma/generated/enums.ts";
import { registerEnumType } from "../../shared/kernel/graphql.ts";
import type { EntityKind, Signal } from "./core/index.ts";

export const AnalysisStatus: { readonly [K in StoredStatus]: K } = {
  RUNNING: "RUNNING",
  COMPLETE: "COMPLETE",
  FAILED: "FAILED",
  CANCELLED: "CANCELLED",
};
registerEnumType(AnalysisStatus, {
  name: "RootCauseStatus",
  description: "How far a search for a root cause is.",
  valuesConfig: {
    RUNNING: { description: "It is being worked on." },
    COMPLETE: { description: "It is done; it may have found nothing." },
    FAILED: { description: "It could not be done: error says why." },
    CANCELLED: { description: "Somebody stopped it." },
  },
});

export const Verdict: { readonly [K in RootCauseVerdict]: K } = {
  CONFIRMED: "CONFIRMED",
  LIKELY: "LIKELY",
  INCONCLUSIVE: "INCONCLUSIVE",
};
registerEnumType(Verdict, {
  name: "RootCauseVerdict",
  description: "How sure a cause is.",
  valuesConfig: {
    CONFIRMED: { description: "Two or more independent signals say so." },
    LIKELY: { description: "One signal says so clearly." },
    INCONCLUSIVE: { description: "Nothing stands out clearly." },
  },
});

export const CauseKind: { readonly [K in EntityKind]: K } = {
  POD: "POD",
  WORKLOAD: "WORKLOAD",
  NODE: "NODE",
  GPU: "GPU",
  CERTIFICATE: "CERTIFICATE",
  SERVICE: "SERVICE",
};
registerEnumType(CauseKind, {
  name: "RootCauseKind",
  description: "What may be at the root of an incident.",
  valuesConfig: {
    POD: { description: "A pod that nothing but itself made." },
    WORKLOAD: { description: "What makes pods: a Deployment, StatefulSet, DaemonSet or Job, with its pods." },
    NODE: { description: "A node." },
    GPU: { description: "A GPU, by its UUID." },
    CERTIFICATE: { description: "A certificate, by the name of its secret or its resource." },
    SERVICE: { description: "A service that traces name, and whose pods are not known." },
  },
});

export const EvidenceSignal: { readonly [K in Signal]: K } = {
  METRICS: "METRICS",
  TRACES: "TRACES",
  LOGS: "LOGS",
  ERRORS: "ERRORS",
  EVENTS: "EVENTS",
  CHANGES: "CHANGES",
  ALERTS: "ALERTS",
};
registerEnumType(EvidenceSignal, {
  name: "RootCauseSignal",
  description: "What speaks for a cause. Each is held against what the same thing usually shows.",
  valuesConfig: {
    METRICS: {
      description: "Its own resources: CPU, memory, restarts, pressure, a GPU's errors, a certificate's time.",
    },
    TRACES: { description: "Time lost in it, or on the way to it, in the calls that traces show." },
    LOGS: { description: "Kinds of log lines that are new, more frequent, or missing." },
    ERRORS: { description: "Warnings and errors in its logs." },
    EVENTS: { description: "Kubernetes events and GPU health events about it." },
    CHANGES: { description: "A rollout or another change of it shortly before." },
    ALERTS: { description: "Alerts about it." },
  },
});

export const QueryLanguage = { PROMQL: "PROMQL", LOGQL: "LOGQL", TRACEQL: "TRACEQL" } as const;
registerEnumType(QueryLanguage, {
  name: "RootCauseQueryLanguage",
  description: "The language of a query that shows a piece of evidence.",
  valuesConfig: {
    PROMQL: { description: "For the cluster's Prometheus." },
    LOGQL: { description: "For the cluster's Loki." },
    TRACEQL: { description: "For the cluster's Tempo." },
  },
});
