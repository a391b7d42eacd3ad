import { Directive } from "./graphql.ts";

/**
 * Marks a field for which clusters are asked: at the graph's root all in scope, anywhere else the one that its object is of. What an
 * operation costs is counted by it, and the gateway knows no field by name.
 */
export const AsksClusters = () => Directive('@tag(name: "asks-clusters")');

/** Marks the type of which an answer has one for each cluster asked. */
export const TellsOfOneCluster = () => Directive('@tag(name: "one-per-cluster")');
