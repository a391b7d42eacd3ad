import { defineConfig } from "vitest/config";

export default defineConfig({
  // Every dependency loads graphql's CommonJS build; vite would pick the ESM one, and graphql refuses two copies of itself.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: more workers only make every timing worse.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["{gateway,subgraphs,prisma,demo,promql,bench,eval,scripts,cli}/**/*.test.ts"] },
      },
      { extends: true, test: { name: "structure", include: ["test/structure/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/{contract,federation,boot,e2e}/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // Dozens of processes on a few cores: in CI, a test that waited in vain may try once more, and the report says that it did.
          retry: process.env["CI"] ? 1 : 0,
        },
      },
    ],
  },
});
