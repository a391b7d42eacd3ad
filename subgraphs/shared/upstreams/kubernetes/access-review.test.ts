import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoFleet, startDemoFleet } from "../../../../demo/fleet.ts";
import { demoApi, replayingApi, servingApi } from "../../../../test/support/api-server.ts";
import { recording } from "../../../../test/support/recordings.ts";
import { type Access, mayI } from "./access-review.ts";

const REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const ALL: Access = { verb: "*", group: "*", resource: "*", namespace: "" };
const PODS: Access = { verb: "list", group: "", resource: "pods", namespace: "upf-core" };
const options = () => ({ signal: new AbortController().signal });

let fleet: DemoFleet;
beforeAll(async () => {
  fleet = await startDemoFleet({ clusters: 1 });
});
afterAll(() => fleet.close());

/** The same question to the recorded API server, and to the demo's, where its token may not ask for `forbidden`. */
const SERVERS = [
  {
    server: "the recorded API server",
    open: (name: string, _forbidden: string[]) =>
      replayingApi({ request: `POST ${REVIEWS}`, answer: recording("kubernetes-1.36", name) }),
  },
  {
    server: "the demo's API server",
    open: (_name: string, forbidden: string[]) => demoApi(fleet, forbidden),
  },
];

describe.each(SERVERS)("mayI, asked of $server", ({ open }) => {
  it.each<[string, Access, string[], boolean]>([
    ["ssar-admin", ALL, [], true],
    ["ssar-allowed", PODS, ["nodes"], true],
    ["ssar-denied", { ...PODS, namespace: "openshift-monitoring" }, ["pods"], false],
  ])("%s", async (name, access, forbidden, allowed) => {
    await using api = await open(name, forbidden);
    expect(await mayI(api.client, access, options())).toBe(allowed);
  });

  it("ssar-anonymous: may not even ask", async () => {
    await using api = await open("ssar-anonymous", ["selfsubjectaccessreviews"]);
    await expect(mayI(api.client, PODS, options())).rejects.toMatchObject({
      code: "UPSTREAM_REFUSED",
      message: "The API server forbids this to the credentials (403).",
      details: { status: 403 },
    });
  });
});

describe("mayI", () => {
  it("asks as kubectl does, of one namespace or of all", async () => {
    const replay = { request: `POST ${REVIEWS}`, answer: recording("kubernetes-1.36", "ssar-allowed") };
    await using api = await replayingApi(replay, replay);
    await mayI(api.client, PODS, options());
    await mayI(api.client, { verb: "get", group: "config.openshift.io", resource: "clusterversions" }, options());
    expect(api.server.requests.map(({ headers, body }) => [headers["content-type"], JSON.parse(body)])).toEqual([
      [
        "application/json",
        {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          spec: { resourceAttributes: PODS },
        },
      ],
      [
        "application/json",
        expect.objectContaining({
          spec: { resourceAttributes: { verb: "get", group: "config.openshift.io", resource: "clusterversions" } },
        }),
      ],
    ]);
  });

  it.each([200, 201])("does not take an answer without a judgement for one (%d)", async (status) => {
    await using api = await servingApi((_, response) =>
      response.writeHead(status, { "content-type": "application/json" }).end('{"status":{}}'),
    );
    await expect(mayI(api.client, PODS, options())).rejects.toMatchObject({ code: "UPSTREAM_INVALID_ANSWER" });
  });
});
