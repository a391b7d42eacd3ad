import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDatabase } from "../../prisma/client.ts";
import { migrate } from "../../prisma/migrate.ts";
import { prismaDirectory } from "../../prisma/migration-files.ts";
import { describeDatabases, type TestDatabase } from "../support/database.ts";
import { type Answer, ask } from "../support/graph.ts";
import { insertOld, oldId, readOld, type Table, tablesOf } from "../support/old-rows.ts";
import { Program } from "../support/process.ts";

const OURS = join(prismaDirectory(), "migrations");
/** What an installation may have that is upgraded to this version: everything before this one. */
const SINCE = "20261123072349";
const BROKEN = "29990101000000_broken";
const ADDRESS = /GraphiQL\s+(http:\/\/127\.0\.0\.1:\d+)\/\s/;

/** A value of the row that tells it from others. */
const key = ({ columns }: Table, n: number): Record<string, unknown> => {
  const column = columns.find(({ type }) => type === "uuid" || type === "text" || type === "bigint");
  return { [column?.name ?? ""]: column?.type === "uuid" ? oldId(n) : expect.stringContaining(String(n)) };
};

await describeDatabases("An upgrade", (open, kind) => {
  let directory: string;
  let test: TestDatabase;
  let tables: Table[];
  let before: Map<string, Record<string, unknown>[]>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "aiops-upgrade-"));
    await mkdir(join(directory, "previous"));
    for (const name of await readdir(OURS))
      if (!/^\d/.test(name) || name < SINCE)
        await cp(join(OURS, name), join(directory, "previous", name), { recursive: true });
    await cp(OURS, join(directory, "next"), { recursive: true });

    test = await open(join(directory, "previous"));
    tables = await tablesOf(test.database);
    for (const table of tables) await insertOld(test.database, table, 1);
    before = await everything();
  });
  afterAll(async () => {
    await test.database.close();
    await test.dispose();
    await rm(directory, { recursive: true, force: true });
  });

  const everything = async (): Promise<Map<string, Record<string, unknown>[]>> =>
    new Map(await Promise.all(tables.map(async (table) => [table.name, await readOld(test.database, table)] as const)));

  /** The product as it is installed, on this database; it has to come up, and to serve what was there. */
  const served = async (): Promise<void> => {
    await test.database.close();
    let answer: Answer;
    try {
      answer = await askedOfTheProduct();
    } finally {
      test = { ...test, database: await openDatabase(test.options) };
    }
    const { data, errors } = answer;
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      cluster: {
        name: "name-1",
        displayName: "display-name-1",
        environment: "PRODUCTION",
        credentials: { authType: "KUBECONFIG" },
      },
      alert: { alertname: "alertname-1", acknowledgement: { owner: "ack-owner-1", note: "ack-note-1" } },
      alertWebhooks: [{ id: oldId(1), createdBy: "created-by-1" }],
      metricWatches: { items: [{ id: oldId(1), name: "name-1", query: "query-1" }] },
      gpuHealthEvents: { items: [{ id: oldId(1), nodeName: "node-name-1", message: "message-1" }] },
    });
    expect(data.auditLog.items).toContainEqual({
      id: oldId(1),
      actor: "actor-1",
      action: "action-1",
      subject: "subject-1",
    });
  };

  const askedOfTheProduct = async (): Promise<Answer> => {
    const { url, dataDir } = test.options;
    await using program = new Program("gateway/all-in-one.js", {
      env: {
        DATA_DIR: dataDir,
        ...(url === undefined ? {} : { DATABASE_URL: url }),
        PORT: "0",
        AIOPS_DEMO: "off",
        AIOPS_HEALTH_SWEEP_MS: "3600000",
      },
    });
    const [, address = ""] = await program.prints(ADDRESS, 120_000);
    const answer = await ask(
      address,
      `query ($id: UUID!) {
        cluster(id: $id) { name displayName environment credentials { authType } }
        alert(id: $id) { alertname acknowledgement { owner note } }
        alertWebhooks(clusterId: $id) { id createdBy }
        metricWatches { items { id name query } }
        gpuHealthEvents { items { id nodeName message } }
        auditLog { items { id actor action subject } } }`,
      { id: oldId(1) },
    );
    expect(await program.stop()).toBe(0);
    return answer;
  };

  it("has tables with data to begin with", () => {
    expect(before.size).toBeGreaterThan(10);
    for (const [name, rows] of before) expect(rows, name).toHaveLength(1);
  });

  it("that fails leaves everything as it was, names the migration, and says how to go on", async () => {
    await mkdir(join(directory, "next", BROKEN));
    const sql = (statement: string) =>
      writeFile(join(directory, "next", BROKEN, "migration.sql"), `CREATE TABLE new_things (n int); ${statement}`);
    await sql(`UPDATE clusters SET name = 'lost'; ALTER TABLE clusters ADD COLUMN nothing INTEGER NOT NULL;`);
    const failing = migrate(test.database, join(directory, "next"));
    await expect(failing).rejects.toThrow(
      `Migration ${BROKEN} failed: column "nothing" of relation "clusters" contains null values`,
    );
    await expect(failing).rejects.toThrow("start again: each start tries it anew");
    expect(await everything()).toEqual(before);
    // The version before it goes on, and starts.
    await served();

    await sql("");
    expect(await migrate(test.database, join(directory, "next"))).toEqual({ applied: [BROKEN] });
    await served();
  }, 300_000);

  it("leaves processes of the version before to read and write beside those of this one", async () => {
    for (const table of tables) {
      await insertOld(test.database, table, 2);
      expect(await readOld(test.database, table), table.name).toContainEqual(expect.objectContaining(key(table, 2)));
    }
  });

  it.runIf(kind === "postgresql")("is done by one of many that start at once", async () => {
    const starters = await Promise.all(Array.from({ length: 4 }, () => openDatabase(test.options)));
    await mkdir(join(directory, "next", `${BROKEN}_2`));
    await writeFile(join(directory, "next", `${BROKEN}_2`, "migration.sql"), "CREATE TABLE newer_things (n int)");
    const applied = await Promise.all(starters.map((database) => migrate(database, join(directory, "next"))));
    expect(applied.flatMap((each) => each.applied)).toEqual([`${BROKEN}_2`]);
    await Promise.all(starters.map((database) => database.close()));
  });
});
