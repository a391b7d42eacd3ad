import MarkdownIt from "markdown-it";
import { describe, expect, it } from "vitest";
import type { Source, ToolFinding, ToolOutcome } from "../../../tools/tool.contract.ts";
import type { EndedCall } from "../answer.ts";
import { type Composition, compose } from "./compose.ts";

const source = (given: Partial<Source> = {}): Source => ({
  id: "s1",
  clusterId: "11111111-1111-4111-8111-111111111111",
  clusterName: "prod-east-1",
  language: "PROMQL",
  query: "up",
  at: "2026-01-01T12:00:00Z",
  outcome: "SUCCESS",
  ...given,
});
const call = (given: Partial<ToolFinding>, outcome: Partial<ToolOutcome> = {}): EndedCall => ({
  id: "id",
  name: "query_metrics",
  arguments: {},
  argsHash: "hash",
  outcome: {
    status: "SUCCESS",
    error: null,
    durationMs: 1,
    finding: {
      summary: "2 series.",
      result: {},
      full: null,
      table: null,
      sources: [source()],
      operation: { document: "query Q { a }", variables: { a: 1 } },
      ...given,
    },
    ...outcome,
  },
});
const composed = (calls: readonly EndedCall[], given: Partial<Composition> = {}): string =>
  compose({
    notes: [],
    calls,
    nameOf: (each) => `c${calls.indexOf(each) + 1}`,
    titleOf: (tool) => `Title of ${tool}`,
    missing: [],
    next: [],
    closing: "No model.",
    ...given,
  });
const html = (markdown: string): string => new MarkdownIt({ html: true, linkify: false }).render(markdown);

const HOSTILE =
  "x](javascript:alert(1)) <img src=x onerror=alert(1)> **bold** `code` | [c1:s1] # head\n\n- item ![a](http://e.vil)";

describe("an answer by rules", () => {
  it("begins with what was found, cites it, and ends with that no model wrote it", () => {
    const text = composed([call({}), call({ summary: "Another." })]);
    expect(text.startsWith("**2 series. [c1:s1]**\n\n- Another. [c2:s1]")).toBe(true);
    expect(text.endsWith("No model.")).toBe(true);
    expect(text).toContain("- [c1] prod-east-1, PROMQL, 2026-01-01T12:00:00Z: `up`");
    expect(text).toContain("```graphql\nquery Q { a }\n```");
    expect(text).toContain('```json\n{\n  "a": 1\n}\n```');
  });

  it("cites a call as a whole where it asked many", () => {
    const sources = ["s1", "s2", "s3", "s4"].map((id) => source({ id, clusterName: `cluster-${id}` }));
    expect(composed([call({ sources })])).toContain("**2 series. [c1]**");
    expect(composed([call({ sources: sources.slice(0, 2) })])).toContain("**2 series. [c1:s1] [c1:s2]**");
  });

  it("shows some rows of a table, and says how many there are", () => {
    const rows = Array.from({ length: 30 }, (_, index) => [`pod-${index}`, String(index)]);
    const text = composed([call({ table: { columns: ["pod", "restarts"], rows }, full: { rows: [], total: 70 } })]);
    expect(text).toContain("| pod | restarts |\n| --- | --- |\n| pod-0 | 0 |");
    expect(text).toContain("| pod-9 | 9 |\n\n10 of 70 rows");
    expect(text).not.toContain("pod-10");
  });

  it("makes nothing but text of what somebody wrote into a label", () => {
    const text = composed(
      [
        call({
          summary: HOSTILE,
          table: { columns: [HOSTILE], rows: [[HOSTILE], ["---"]] },
          sources: [source({ clusterName: HOSTILE, query: `a\`\`\`b ${HOSTILE}` })],
          operation: { document: `query Q { a(b: "\`\`\`\n</script>") }`, variables: { label: HOSTILE } },
        }),
        call({}, { status: "ERROR", finding: null, error: { code: "UPSTREAM_ERROR", message: HOSTILE } }),
      ],
      { notes: [] },
    );
    const page = html(text);
    expect(page).not.toMatch(/<img|<a |<script|javascript:alert\(1\)"/);
    expect(page.match(/<h3>/g)).toHaveLength(1);
    expect(page.match(/<tr>/g)).toHaveLength(3);
    expect(page.match(/<pre>/g)).toHaveLength(2);
    // Only the marks that are its own.
    expect(text.match(/(?<!\\)\[c\d+(?::s\d+)?\](?!\()/g)?.every((mark) => /^\[c1(?::s1)?\]$/.test(mark))).toBe(true);
  });

  it("links whole addresses, and no others", () => {
    const table = {
      columns: ["runbook"],
      rows: [["https://runbooks.example.com/a?b=(c)|d"], ["see https://x.example"]],
    };
    const page = html(composed([call({ table })]));
    expect(page.match(/<a href="[^"]+"/g)).toEqual(['<a href="https://runbooks.example.com/a?b=(c)%7Cd"']);
  });

  it("names who did not answer, what failed, and what the persona may not do", () => {
    const sources = [source(), source({ id: "s2", clusterName: "edge-berlin-1", outcome: "TIMEOUT" })];
    const failed = call(
      {},
      { status: "TIMEOUT", finding: null, error: { code: "UPSTREAM_TIMEOUT", message: "Too slow." } },
    );
    const text = composed([call({ sources }), failed], { missing: ["query_logs"] });
    expect(text).toContain("**Did not answer, and so unknown:** edge-berlin-1 (TIMEOUT).");
    expect(text).toContain("**Title of query\\_metrics failed:** Too slow. (UPSTREAM_TIMEOUT)");
    expect(text).toContain("no tool `query_logs`");
  });

  it("names those that are nearly as likely as the likeliest cause", () => {
    const rows = [
      ["1", "CONFIRMED", "WORKLOAD shop checkout", "fails"],
      ["2", "CONFIRMED", "CERTIFICATE payments payment-api-tls", "expired"],
      ["3", "INCONCLUSIVE", "NODE worker-1", "hot"],
      ["4", "LIKELY", "WORKLOAD payments payment-api", "fails"],
    ];
    const text = composed([call({ table: { columns: ["rank", "verdict", "cause", "why"], rows } })]);
    expect(text).toContain(
      "Next in line: certificate payments payment-api-tls (CONFIRMED), workload payments payment-api (LIKELY).",
    );
  });
});
