import { describe, expect, it } from "vitest";
import { recording } from "../../../test/support/recordings.ts";
import { EventObject } from "../../shared/upstreams/kubernetes/objects/event.ts";
import { eventTest, type KubernetesEventFilter, newestFirst } from "./kubernetes-event.filter.ts";

const recorded = (recording("kubernetes-1.36", "events-core-list").answer as { items: unknown[] }).items.map((item) =>
  EventObject.parse(item),
);
const [event] = recorded as [EventObject];

describe("eventTest", () => {
  it.each<[KubernetesEventFilter, boolean]>([
    [{}, true],
    [{ namespace: "ai-serving", type: "Normal", reason: "Scheduled" }, true],
    [{ namespace: "default" }, false],
    [{ type: "Warning" }, false],
    [{ reason: "BackOff" }, false],
    [{ involvedKind: "Pod", involvedName: "llm-inference-0" }, true],
    [{ involvedKind: "Node" }, false],
    [{ involvedName: "llm-inference" }, false],
    [{ since: new Date("2026-11-22T21:45:11Z") }, true],
    [{ since: new Date("2026-11-22T21:45:12Z") }, false],
  ])("%j", (filter, matches) => expect(eventTest(filter)(event)).toBe(matches));
});

describe("newestFirst", () => {
  it("sorts by when an event was seen last, and at one moment by namespace and name", () => {
    const times = [...recorded].sort(newestFirst).map(({ lastSeenAt }) => lastSeenAt?.getTime() ?? 0);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const at = (namespace: string, name: string) => ({ ...event, namespace, name });
    const moment = [at("b", "1"), at("a", "2"), at("a", "1")].sort(newestFirst);
    expect(moment.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(["a/1", "a/2", "b/1"]);
    const unseen = { ...event, lastSeenAt: null };
    expect([unseen, event].sort(newestFirst)).toEqual([event, unseen]);
  });
});
