import { inspect } from "node:util";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { authorisationKey, Identity, InternalTokens, unattended } from "./auth-context.ts";
import { createLogger } from "./log.ts";
import { UserToken, vouchedFor } from "./vouched.ts";

const SECRET = "a secret of at least thirty-two characters";
const TOKEN = "her-own-bearer-token";
const ann = (groups: string[] = ["sre"], token: string | undefined = TOKEN): Identity => ({
  ...Identity.parse({ user: "ann", roles: ["viewer"] }),
  ...vouchedFor("oidc", groups, token),
});

describe("a user's own token", () => {
  it("is in no JSON, no log line and no print of what holds it", () => {
    const lines: string[] = [];
    const log = createLogger({ level: "info", name: "t", destination: { write: (line) => void lines.push(line) } });
    const holder = { identity: ann(), deep: { er: { vouched: ann().vouched } }, plain: new UserToken(TOKEN) };
    log.info(holder, "who asks");
    const shown = [JSON.stringify(holder), inspect(holder, { depth: 9, showHidden: true }), ...lines].join();
    expect(shown).toContain("sre");
    expect(shown).not.toContain(TOKEN);
  });

  it("goes from one process to another where nobody on the way can read it", async () => {
    const sent = await new InternalTokens(SECRET).sign(ann());
    expect(JSON.stringify(decodeJwt(sent))).toContain("sre");
    expect(JSON.stringify(decodeJwt(sent))).not.toContain(TOKEN);
    expect(sent).not.toContain(Buffer.from(TOKEN).toString("base64url"));
    const { vouched } = await new InternalTokens(SECRET).verify(sent);
    expect([vouched?.token?.reveal(), vouched?.groups]).toEqual([TOKEN, ["sre"]]);
  });

  it("is not signed for another one of the same user", async () => {
    const tokens = new InternalTokens(SECRET);
    const [one, other] = await Promise.all([ann(), ann(["sre"], "another")].map((identity) => tokens.sign(identity)));
    expect(one).not.toBe(other);
    expect((await tokens.verify(other)).vouched?.token?.reveal()).toBe("another");
  });

  it.each([
    ["of other groups", ann(["dev"])],
    ["with another token", ann(["sre"], "another")],
    ["whom nobody vouches for", Identity.parse({ user: "ann", roles: ["viewer"] })],
    ["who is not there", unattended(ann())],
  ])("shares no answer with somebody %s", (_, other) => {
    expect(authorisationKey(other)).not.toBe(authorisationKey(ann()));
    expect(authorisationKey(ann())).toBe(authorisationKey(ann()));
  });

  it("stays where it is when somebody's identity is stored", () => {
    const stored: unknown = JSON.parse(JSON.stringify(unattended(ann())));
    expect(stored).toEqual({ ...Identity.parse({ user: "ann", roles: ["viewer"] }), unattended: true });
    expect(unattended(stored)).toEqual(stored);
  });

  it("and groups are not passed on where they are too long for a header", () => {
    expect(ann(["sre"], "x".repeat(9000)).vouched).toEqual({ by: "oidc", groups: ["sre"] });
    expect(ann(Array.from({ length: 1000 }, (_, i) => `group-${i}`)).vouched).toBeUndefined();
  });
});
