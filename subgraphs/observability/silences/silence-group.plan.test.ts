import { expect, it } from "vitest";
import type { Target } from "../../shared/fleet/directory.ts";
import { sharedAlertmanagers } from "./silence-group.plan.ts";

const target = (id: string, alertmanagerUrl: string | null): Target => ({ id, alertmanagerUrl }) as Target;

it("asks each Alertmanager, or group of them, once", () => {
  const targets = [
    target("a", "http://one"),
    target("b", "http://two"),
    target("c", "http://one"),
    target("d", "http://three"),
    target("e", "http://four"),
    target("f", null),
    target("g", null),
  ];
  const groups = new Map([
    ["a", "default"],
    ["b", "peers"],
    ["d", "peers"],
    ["e", "others"],
  ]);
  expect(sharedAlertmanagers(targets, groups).map((group) => group.map(({ id }) => id))).toEqual([
    ["a", "c"],
    ["b", "d"],
    ["e"],
    ["f"],
    ["g"],
  ]);
});
