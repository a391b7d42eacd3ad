import { expect, it } from "vitest";
import { AlertmanagerClient } from "./alertmanager/client.ts";
import { AlertmanagerWithin } from "./alertmanager/client-within.ts";
import { LokiClient } from "./loki/client.ts";
import { LokiWithin } from "./loki/client-within.ts";
import { PrometheusClient } from "./prometheus/client.ts";
import { PrometheusWithin } from "./prometheus/client-within.ts";
import { TempoClient } from "./tempo/client.ts";
import { TempoWithin } from "./tempo/client-within.ts";

/** They say how a server is, and nothing of what it holds. */
const OF_THE_SERVER = ["constructor", "ready", "authenticate", "isThanos"];

it.each([
  // It asks by `queryAnswer`.
  [PrometheusClient, PrometheusWithin, ["query"]],
  [LokiClient, LokiWithin, []],
  [TempoClient, TempoWithin, []],
  [AlertmanagerClient, AlertmanagerWithin, []],
] as const)("whatever %o can be asked is asked within namespaces", (whole, within, others) => {
  const own = Object.getOwnPropertyNames(within.prototype);
  const left = Object.getOwnPropertyNames(whole.prototype).filter((name) => !own.includes(name));
  expect(left.filter((name) => ![...OF_THE_SERVER, ...others].includes(name))).toEqual([]);
});
