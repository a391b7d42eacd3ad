import { afterAll, beforeAll, expect, it } from "vitest";
import { clusterRow, identity } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { reportRow } from "../../../test/support/report-rows.ts";
import { FleetDirectory } from "../../shared/fleet/directory.ts";
import { LocalGraph } from "../../shared/kernel/graph.ts";
import { type Order, OrderService } from "./order.service.ts";
import { ReportRepository } from "./report.repository.ts";

const NOON = new Date("2026-11-23T12:00:00Z");
const ORDER: Order = {
  reportType: "EXECUTIVE_SUMMARY",
  format: "HTML",
  title: null,
  clusterIds: null,
  selector: null,
  range: { start: new Date("2026-11-22T12:00:00Z"), end: NOON },
  parameters: {},
  keptSeconds: 3600,
  generatedBy: "ann",
  scheduleId: null,
};

await describeDatabases("Orders of reports", (open) => {
  let test: TestDatabase;
  let orders: OrderService;

  beforeAll(async () => {
    test = await open();
    const { prisma } = test.database;
    const repository = new ReportRepository(prisma);
    orders = new OrderService({ repository, directory: new FleetDirectory(prisma), graph: new LocalGraph() });
    const many = Array.from({ length: 500 }, (_, index) => clusterRow({ name: `edge-${index}`, region: "edge" }));
    await prisma.cluster.createMany({ data: [...many, clusterRow({ name: "hub-1", region: "hub" })] });
  });
  afterAll(() => test.dispose());

  const prepare = (order: Partial<Order>, user = "ann") =>
    orders.prepare(
      { identity: identity({ user }), requestId: "r", signal: new AbortController().signal },
      { ...ORDER, ...order },
      NOON,
    );

  it("are about 500 clusters at most", async () => {
    const data = await prepare({ selector: { regions: ["edge"] } });
    expect(data.clusterScope).toHaveLength(500);
    expect(data.title).toBe("Executive summary of 500 clusters, 2026-11-22 12:00 to 2026-11-23 12:00 UTC");
    await expect(prepare({})).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", details: { limit: 500 } });
  });

  it("are called after their one cluster, unless they are called otherwise", async () => {
    const selector = { regions: ["hub"] };
    expect((await prepare({ selector, reportType: "CAPACITY_PLAN" })).title).toMatch(/^Capacity plan of hub-1, /);
    expect((await prepare({ selector, title: "  Mine " })).title).toBe("Mine");
  });

  it("are made with a viewer's rights, whoever asks", async () => {
    const { identity: as, owner } = await prepare({ selector: { regions: ["hub"] } });
    expect(as).toMatchObject({ user: "ann", roles: ["viewer"] });
    expect(owner).toBe("ann");
  });

  it("have an end for one user", async () => {
    const waiting = Array.from({ length: 20 }, () => reportRow({ createdAt: NOON, owner: "bob" }));
    await test.database.prisma.report.createMany({ data: waiting });
    const asked = { selector: { regions: ["hub"] } };
    await expect(prepare(asked, "bob")).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", message: /not made yet/ });
    await test.database.prisma.report.updateMany({ data: { status: "READY" } });
    await prepare(asked, "bob");
    const kept = Array.from({ length: 4980 }, () => reportRow({ createdAt: NOON, owner: "bob", status: "READY" }));
    await test.database.prisma.report.createMany({ data: kept });
    await expect(prepare(asked, "bob")).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", message: /5000 reports/ });
    await prepare(asked, "carl");
  });
});
