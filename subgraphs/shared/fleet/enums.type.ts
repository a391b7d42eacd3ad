import {
  AlertSeverity,
  AlertState,
  ClusterState,
  ClusterType,
  Environment,
  UserAccess,
} from "../../../prisma/generated/enums.ts";
import { registerEnumType } from "../kernel/graphql.ts";

// Registered here, once, because several subgraphs have them in their schemas.
registerEnumType(ClusterType, {
  name: "ClusterType",
  description: "A cluster's role in the fleet.",
  valuesConfig: {
    HUB: { description: "Manages other clusters; checked every 15 s." },
    SPOKE: { description: "Runs workloads; checked every 30 s." },
    EDGE: { description: "Runs workloads near their users; checked every 60 s." },
    FAR_EDGE: { description: "Runs at the far edge, behind a thin line; checked every 120 s." },
  },
});
registerEnumType(Environment, { name: "Environment", description: "What a cluster is used for." });

registerEnumType(UserAccess, {
  name: "UserAccess",
  description:
    "In whose name a cluster is asked for what a user wants to know. What the platform does by itself, it does in its own.",
  valuesConfig: {
    SERVICE_ACCOUNT: { description: "By the stored credentials: users see what their scope lets them see." },
    IMPERSONATE: {
      description:
        "The API server is asked by the stored credentials in the name of the user and of all their groups (Impersonate-User, Impersonate-Group). The other endpoints are asked by the stored credentials.",
    },
    USER_TOKEN: {
      description:
        "The API server, and each other endpoint by https that has no token of its own, is asked with the bearer token that the user signed in with: set it only for a cluster that may have them.",
    },
  },
});

registerEnumType(ClusterState, {
  name: "ClusterState",
  description: "What the last health check found.",
  valuesConfig: {
    ONLINE: { description: "Everything that is configured answers." },
    DEGRADED: { description: "Some of what is configured does not answer." },
    OFFLINE: { description: "Nothing that is configured answers." },
    UNKNOWN: {
      description: "Nothing could be asked, for a reason of this platform's own, such as credentials that it lacks.",
    },
    PROVISIONING: { description: "Registered, and not checked yet." },
  },
});

registerEnumType(AlertSeverity, {
  name: "Severity",
  description: "How bad it is.",
  valuesConfig: {
    CRITICAL: { description: "Somebody has to act now." },
    WARNING: { description: "Somebody has to act soon." },
    INFO: { description: "Good to know." },
  },
});

registerEnumType(AlertState, {
  name: "AlertState",
  description: "Where an alert stands.",
  valuesConfig: {
    FIRING: { description: "Its condition holds, be it silenced or not." },
    PENDING: { description: "Its condition holds, and not yet for as long as its rule wants." },
    RESOLVED: { description: "Its condition holds no more." },
  },
});

export { AlertSeverity, AlertState, ClusterState, ClusterType, Environment, UserAccess };
