import type { Platform } from "../../platform.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { openToolbox } from "../tools/index.ts";
import { CancellationStreams } from "./cancellation.stream.ts";
import type { McpService } from "./mcp.service.ts";

/** As the protocol's own libraries have it. */
const MOST_BODY_BYTES = 4 * 1024 * 1024;

/** The tools for programs that speak the Model Context Protocol: Streamable HTTP at /mcp. */
export const mcp: SubgraphModule<Platform> = {
  resolvers: [],

  start: async ({ graph, bus, clock, log, registry }) => {
    const toolbox = openToolbox(graph, log, registry);
    const cancellations = new CancellationStreams(bus);
    let opened: Promise<McpService> | undefined;
    // Loaded where it is used: the protocol's libraries take longer to load than all tools.
    const open = async (): Promise<McpService> => {
      const { McpService } = await import("./mcp.service.ts");
      return new McpService({ toolbox, graph, cancellations, clock, log });
    };
    return {
      context: () => ({}),
      webRoutes: [
        {
          methods: ["GET", "POST", "DELETE"],
          path: "/mcp",
          maxBodyBytes: MOST_BODY_BYTES,
          byNamespace: true,
          async handle(request, caller) {
            opened ??= open();
            return await (await opened).handle(request, caller);
          },
        },
      ],
      close: async () => (await opened)?.close(),
    };
  },
};
