import { describe, expect, it } from "vitest";
import { asMarkdown, thirdParties } from "../../scripts/third-party.ts";
import { read } from "./source-files.ts";

/** What we pass on, in an image. */
const AGREED = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "ISC",
  "MIT",
  "PSF-2.0",
  "Unlicense",
  "Zlib",
  // The gateway's: NOTICE.
  "Elastic-2.0",
]);
/** What only work on the code uses, and nobody gets from us. */
const AGREED_FOR_WORK = new Set([...AGREED, "EPL-2.0", "MPL-2.0"]);

/** Whether what the expression asks for is all agreed to: of alternatives, one. */
const isAgreed = (licence: string, agreed: ReadonlySet<string>): boolean =>
  licence
    .replaceAll(/[()]/g, "")
    .split(/ OR /i)
    .some((choice) => choice.split(/ AND /i).every((part) => agreed.has(part)));

const all = thirdParties(JSON.parse(read("package-lock.json")));
const told = ({ name, version, licence }: (typeof all)[number]): string => `${name} ${version}: ${licence}`;

describe("what we use of others", () => {
  it("is under licences that we have agreed to", () => {
    const advice =
      "Read the licence; then name it in this test (and in NOTICE, if it is no open source one), or use something else.";
    const refused = all.filter(({ licence, inImage }) => !isAgreed(licence, inImage ? AGREED : AGREED_FOR_WORK));
    expect(refused.map(told), advice).toEqual([]);
    expect(all.filter(({ inImage }) => inImage).length).toBeGreaterThan(100);
  });

  it("is refused where its licence is not", () => {
    const judged = ["GPL-3.0", "AGPL-3.0-only", "unknown", "MIT AND GPL-2.0", "(GPL-2.0 OR MIT)", "MPL-2.0"];
    expect(judged.map((licence) => isAgreed(licence, AGREED))).toEqual([false, false, false, false, true, false]);
  });

  it("is in THIRD_PARTY.md", () => {
    expect(read("THIRD_PARTY.md") === asMarkdown(all), "npm run licences").toBe(true);
  });

  it("is in NOTICE where it is under the Elastic License", () => {
    const elastic = all.filter(({ licence }) => licence === "Elastic-2.0").map(({ name }) => name);
    const noticed = Array.from(read("NOTICE").matchAll(/^ {4}(@\S+)$/gm), ([, name]) => name);
    expect(new Set(noticed)).toEqual(new Set(elastic));
  });
});
