import { describe, expect, it } from "vitest";
import { identity } from "../../../test/support/clusters.ts";
import type { Identity } from "../kernel/auth-context.ts";
import { vouchedFor } from "../kernel/vouched.ts";
import { askedAs, requireAskable } from "./asked-as.ts";

const ann = (given: Partial<Identity> = {}): Identity => ({
  ...identity({ user: "ann" }),
  ...vouchedFor("oidc", ["sre"], "t-1"),
  ...given,
});
const asking =
  (who: Identity, access: "IMPERSONATE" | "USER_TOKEN" = "IMPERSONATE") =>
  () => {
    const as = askedAs(who, access);
    if (!as) throw new Error("It is asked in the platform's name.");
    requireAskable(as);
  };
const REFUSED = expect.objectContaining({ code: "CLUSTER_FORBIDS_USER" });

describe("in whose name a cluster is asked", () => {
  it("is the platform's own, where it is set up so or nobody is there", () => {
    expect(askedAs(ann(), "SERVICE_ACCOUNT")).toBeNull();
    expect(askedAs(ann({ unattended: true }), "IMPERSONATE")).toBeNull();
    expect(askedAs(ann({ unattended: true }), "USER_TOKEN")).toBeNull();
  });

  it("is the user's, with all groups, and with the token alone where that signs in", () => {
    const impersonated = askedAs(ann(), "IMPERSONATE");
    expect(impersonated).toMatchObject({ user: "ann", groups: ["sre"], token: null, refusal: null });
    const own = askedAs(ann(), "USER_TOKEN");
    expect([own?.token?.reveal(), own?.refusal]).toEqual(["t-1", null]);
  });

  it("shares nothing with others", () => {
    const keys = [
      askedAs(ann(), "IMPERSONATE"),
      askedAs(ann(), "USER_TOKEN"),
      askedAs(ann({ user: "bob" }), "IMPERSONATE"),
      askedAs(ann(vouchedFor("oidc", ["sre", "dev"], "t-1")), "IMPERSONATE"),
      askedAs(ann(vouchedFor("oidc", ["sre"], "t-2")), "USER_TOKEN"),
    ].map((as) => as?.key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.join()).not.toContain("t-1");
  });

  it.each<[string, Identity]>([
    ["an API token says nothing of", identity({ user: "ann" })],
    ["an issuer says to be Kubernetes's own", ann({ user: "system:admin" })],
    ["the configuration puts into a group of Kubernetes's own", ann(vouchedFor("configuration", ["system:masters"]))],
    ["would have another name once it is cut", ann({ user: " system:admin" })],
    ["would end the header", ann({ user: "ann\r\nImpersonate-User: root" })],
    ["is in a group without a name", ann(vouchedFor("oidc", [""]))],
    ["is in a group that would have another name", ann(vouchedFor("oidc", ["admins\t"]))],
  ])("is nobody's, for whom %s", (_, who) => expect(asking(who)).toThrow(REFUSED));

  it("may be a name of Kubernetes's own, where an API server says so", () => {
    const robot = ann({
      user: "system:serviceaccount:ci:robot",
      ...vouchedFor("kubernetes", ["system:authenticated"]),
    });
    expect(asking(robot)).not.toThrow();
  });

  it.each([
    ["no token", identity({ user: "ann" })],
    ["one of the configuration", ann(vouchedFor("configuration", ["sre"]))],
  ])("needs a token that the cluster could know, and not %s", (_, who) =>
    expect(asking(who, "USER_TOKEN")).toThrow(REFUSED),
  );
});
