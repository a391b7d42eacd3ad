import type { Platform } from "../../../prisma/generated/enums.ts";
import type { Finding, Look } from "./look.detector.ts";

/** What an API server says of its distribution: the version of each kind that it is, and Kubernetes' own. */
export interface PlatformLooks {
  openshift: Look<string>;
  microshift: Look<string>;
  kubernetes: Look<string>;
}

export interface PlatformDetection {
  /** Null where nobody knows which one it is, or which version. */
  platformVersion: string | null;
  finding: Finding;
}

const NAMES: Readonly<Record<Platform, string>> = {
  OPENSHIFT: "OpenShift",
  MICROSHIFT: "MicroShift",
  KUBERNETES: "Kubernetes",
};
const SOURCES: Readonly<Record<Platform, string>> = {
  OPENSHIFT: "clusterversions.config.openshift.io",
  MICROSHIFT: "configmap kube-public/microshift-version",
  KUBERNETES: "GET /version",
};

/**
 * The distribution and its version. One that differs from the registered is told, and nothing is overwritten: scopes and
 * selectors may rest on what the owner registered, and no record says whether that was a default.
 */
export function detectPlatform(
  { openshift, microshift, kubernetes }: PlatformLooks,
  registered: Platform,
): PlatformDetection {
  const looks = [
    ["OPENSHIFT", openshift],
    ["MICROSHIFT", microshift],
    ["KUBERNETES", kubernetes],
  ] as const;
  for (const [platform, look] of looks) {
    if ("seen" in look) {
      const platformVersion = look.seen.replace(/^v/, "");
      const differs = platform === registered ? "" : ` Registered as ${registered}: change that if it is wrong.`;
      const detail = `${NAMES[platform]} ${platformVersion}.${differs}`;
      return {
        platformVersion,
        finding: { capability: "PLATFORM", status: "FOUND", source: SOURCES[platform], detail },
      };
    }
    // What it is instead says nothing as long as this is not ruled out.
    const { status, detail } = look.missed;
    if (status !== "ABSENT" || platform === "KUBERNETES") {
      return { platformVersion: null, finding: { capability: "PLATFORM", status, source: SOURCES[platform], detail } };
    }
  }
  throw new Error("The last of the platforms always answers.");
}
