import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoFleet, startDemoFleet } from "../../../../demo/fleet.ts";
import { demoApi, replayingApi, servingApi } from "../../../../test/support/api-server.ts";
import { recording } from "../../../../test/support/recordings.ts";
import { reviewToken } from "./token-review.ts";

const REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews";
const TENANT = "alpha-tenant-token-00000000000";
const options = () => ({ signal: new AbortController().signal });

let fleet: DemoFleet;
beforeAll(async () => {
  fleet = await startDemoFleet({ clusters: 1 });
});
afterAll(() => fleet.close());

const SERVERS = [
  {
    server: "the recorded API server",
    valid: () => TENANT,
    owner: { user: "tenant-user", uid: "uid-tenant", groups: ["cnf-team", "system:authenticated"] },
    open: (name: string, _forbidden: string[] = []) =>
      replayingApi({ request: `POST ${REVIEWS}`, answer: recording("kubernetes-1.36", name) }),
  },
  {
    server: "the demo's API server",
    valid: () => fleet.clusters[0]?.token ?? "",
    owner: {
      user: "system:serviceaccount:aiops:viewer",
      uid: expect.any(String),
      groups: ["system:serviceaccounts", "system:serviceaccounts:aiops", "system:authenticated"],
    },
    open: (_name: string, forbidden: string[] = []) => demoApi(fleet, forbidden),
  },
];

describe.each(SERVERS)("reviewToken, asked of $server", ({ valid, owner, open }) => {
  it("tokenreview-valid", async () => {
    await using api = await open("tokenreview-valid");
    expect(await reviewToken(api.client, valid(), options())).toEqual(owner);
  });

  it("tokenreview-valid, for the server's own audience", async () => {
    await using api = await open("tokenreview-valid");
    const audiences = ["https://other.example.test", "https://kubernetes.default.svc"];
    expect(await reviewToken(api.client, valid(), { ...options(), audiences })).toEqual(owner);
  });

  it("tokenreview-invalid", async () => {
    await using api = await open("tokenreview-invalid");
    expect(await reviewToken(api.client, "nope", options())).toBeNull();
  });

  it("tokenreview-wrong-audience", async () => {
    await using api = await open("tokenreview-wrong-audience");
    const audiences = ["https://other.example.test"];
    expect(await reviewToken(api.client, valid(), { ...options(), audiences })).toBeNull();
  });

  it("tokenreview-empty", async () => {
    await using api = await open("tokenreview-empty");
    await expect(reviewToken(api.client, "", options())).rejects.toMatchObject({
      code: "UPSTREAM_ERROR",
      details: { status: 400 },
    });
  });

  it("tokenreview-forbidden, without the token in the error", async () => {
    await using api = await open("tokenreview-forbidden", ["tokenreviews"]);
    const error: unknown = await reviewToken(api.client, valid(), options()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "UPSTREAM_REFUSED", details: { status: 403 } });
    expect(inspect(error, { depth: 10 })).not.toContain(valid());
  });
});

describe("reviewToken", () => {
  const USER = { username: "ann", groups: ["team"] };
  const answering = (body: string) =>
    servingApi((_, response) => response.writeHead(201, { "content-type": "application/json" }).end(body));
  const answer = (status: object) => answering(JSON.stringify({ spec: { token: TENANT }, status }));

  it("asks for the audiences, if there are any", async () => {
    await using api = await answer({ authenticated: true, user: USER, audiences: ["aiops"] });
    await reviewToken(api.client, TENANT, options());
    await reviewToken(api.client, TENANT, { ...options(), audiences: ["aiops"] });
    const sent = (spec: object) => ({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec });
    expect(api.server.requests.map(({ body }) => JSON.parse(body))).toEqual([
      sent({ token: TENANT }),
      sent({ token: TENANT, audiences: ["aiops"] }),
    ]);
  });

  it("knows users without a uid", async () => {
    await using api = await answer({ authenticated: true, user: USER });
    expect(await reviewToken(api.client, TENANT, options())).toEqual({ user: "ann", uid: null, groups: ["team"] });
  });

  it.each<[string, object, string[]]>([
    ["false", { authenticated: false, user: USER }, []],
    ["true for nobody", { authenticated: true, user: {} }, []],
    ["true by a server that does not know of audiences", { authenticated: true, user: USER }, ["aiops"]],
    ["true for another audience", { authenticated: true, user: USER, audiences: ["other"] }, ["aiops"]],
  ])("takes nobody's word for it: %s", async (_, status, audiences) => {
    await using api = await answer(status);
    expect(await reviewToken(api.client, TENANT, { ...options(), audiences })).toBeNull();
  });

  it.each([
    ["broken JSON", TENANT],
    ["what is not one", JSON.stringify({ spec: { token: TENANT }, status: { authenticated: TENANT } })],
  ])("keeps the token out of the error over an answer that echoes it: %s", async (_, body) => {
    await using api = await answering(body);
    const error: unknown = await reviewToken(api.client, TENANT, options()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "UPSTREAM_INVALID_ANSWER" });
    expect(inspect(error, { depth: 10 })).not.toContain(TENANT.slice(0, 8));
  });
});
