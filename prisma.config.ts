import { defineConfig } from "prisma/config";

// Prisma looks for its native schema engine even where it never runs it, and would download it. Naming any
// executable settles that; migrations run on the engine's WebAssembly build (prisma/migrate.ts).
process.env["PRISMA_SCHEMA_ENGINE_BINARY"] ??= process.execPath;
process.env["CHECKPOINT_DISABLE"] ??= "1";

export default defineConfig({ schema: "prisma/schema.prisma" });
