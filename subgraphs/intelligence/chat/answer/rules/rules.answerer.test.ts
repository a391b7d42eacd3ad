import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { CodedError } from "../../../../shared/kernel/errors.ts";
import { LocalGraph } from "../../../../shared/kernel/graph.ts";
import { builtinPersona } from "../../../personas/persona.catalogue.ts";
import { defineTool, type Tool, type ToolFinding } from "../../../tools/tool.contract.ts";
import type { ToolName } from "../../../tools/tool-names.catalogue.ts";
import { Toolbox } from "../../../tools/toolbox.service.ts";
import type { Answered, Answerer, AnswerRequest, AnswerSink, EndedCall, Turn } from "../answer.ts";
import { ChosenAnswerer } from "../answerer.ts";
import { RULES_LIMITS, RulesAnswerer, type RulesLimits } from "./rules.answerer.ts";

const NOW = new Date("2026-01-01T12:00:00Z");
const id = (index: number): string => `${index}1111111-1111-4111-8111-111111111111`;
const CLUSTERS = ["prod-east-1", "prod-west-1"].map((name, index) => ({
  id: id(index + 1),
  name,
  displayName: null,
  environment: "PRODUCTION",
}));

const podsOf = (word: unknown) => ({ items: word === "checkout" ? [{ name: "checkout-1" }] : [] });

/** What the gateway tells of names; a conversation about some clusters asks for these. */
const graph = new LocalGraph();
graph.use({
  execute: async (document, { ids, w0 }) => {
    const items = CLUSTERS.filter((cluster) => !Array.isArray(ids) || ids.includes(cluster.id));
    if (document.includes("AssistantClusters")) return { data: { clusters: { totalPages: 1, items } } };
    return { data: { clusters: { items: items.map(() => ({ namespaces: [{ name: "shop" }], w0: podsOf(w0) })) } } };
  },
});

const finding = (name: string, given: Partial<ToolFinding> = {}): ToolFinding => ({
  summary: `What ${name} found.`,
  result: {},
  full: null,
  table: null,
  sources: [
    {
      id: "s1",
      clusterId: id(1),
      clusterName: "prod-east-1",
      language: "GRAPHQL",
      query: name,
      at: NOW.toISOString(),
      outcome: "SUCCESS",
    },
  ],
  operation: { document: `query ${name} { a }`, variables: {} },
  ...given,
});
const alert = (index: number, name: string, cluster = "prod-east-1") => ({
  id: id(index),
  alert: name,
  cluster,
  namespace: "shop",
  since: new Date(NOW.getTime() - 600_000).toISOString(),
});

describe("an answer by rules", () => {
  let ran: { name: string; given: Record<string, unknown> }[] = [];
  let alerts: ReturnType<typeof alert>[] = [];
  const running = new Map<string, (signal: AbortSignal) => Promise<ToolFinding> | ToolFinding>();
  beforeEach(() => {
    ran = [];
    alerts = [];
    running.clear();
  });

  const tool = (name: ToolName, readOnly = true): Tool =>
    defineTool({
      name,
      title: name,
      description: name,
      readOnly,
      timeoutMs: 5000,
      input: z.record(z.string(), z.unknown()),
      run: async (given, { caller }) => {
        ran.push({ name, given });
        if (name === "get_alerts") return finding(name, { result: { alerts } });
        return (await running.get(name)?.(caller.signal)) ?? finding(name);
      },
    });
  const READ: ToolName[] = [
    "list_clusters",
    "get_cluster_status",
    "query_metrics",
    "analyze_traces",
    "query_logs",
    "get_alerts",
    "list_pods",
    "kubernetes_events",
    "find_root_cause",
    "get_gpu_summary",
  ];
  const toolbox = new Toolbox(graph, [
    ...READ.map((name) => tool(name)),
    tool("create_silence", false),
    tool("acknowledge_alert", false),
  ]);

  interface Told {
    answered: Answered;
    text: string;
    called: { name: string; needsApproval: boolean }[];
    ended: EndedCall[];
  }
  const turn = (content: string, role: Turn["role"] = "USER", calls: readonly EndedCall[] = []): Turn => ({
    role,
    content,
    calls,
  });
  async function answer(
    question: string | readonly Turn[],
    given: Partial<AnswerRequest> & { limits?: Partial<RulesLimits>; answerer?: Answerer; personaId?: string } = {},
  ): Promise<Told> {
    const { limits, answerer, personaId = "default", ...request } = given;
    const persona = builtinPersona(personaId);
    if (!persona) throw new Error("There is no such persona.");
    const told: Omit<Told, "answered"> = { text: "", called: [], ended: [] };
    const sink: AnswerSink = {
      text: (delta) => {
        told.text += delta;
      },
      called: async ({ name }, needsApproval) => void told.called.push({ name, needsApproval }),
      ended: async (call, outcome) => void told.ended.push({ ...call, outcome }),
    };
    const byRules = answerer ?? new RulesAnswerer({ graph, toolbox, limits: { ...RULES_LIMITS, ...limits } });
    const answered = await byRules.answer(
      {
        identity: { user: "ann", groups: [], roles: ["operator"], tenant: "default", scope: null },
        requestId: "r",
        persona: { ...persona, createdBy: null },
        clusters: null,
        model: null,
        turns: typeof question === "string" ? [turn(question)] : question,
        soFar: null,
        signal: new AbortController().signal,
        now: NOW,
        ...request,
      },
      sink,
    );
    return { ...told, answered };
  }
  const namesRun = (): string[] => ran.map(({ name }) => name);

  it("runs the tools for a question, and tells the cause first, cited", async () => {
    alerts = [alert(5, "CheckoutLatencyHigh")];
    running.set("find_root_cause", () => finding("find_root_cause", { result: { verdict: "CONFIRMED" } }));
    const { answered, text, called, ended } = await answer("why is checkout slow on prod-east-1?");
    expect(namesRun()).toEqual([
      "get_alerts",
      "find_root_cause",
      "analyze_traces",
      "query_logs",
      "kubernetes_events",
      "query_metrics",
    ]);
    expect(ran[0]?.given).toEqual({ clusters: ["prod-east-1"], search: "checkout", state: "FIRING", limit: 20 });
    expect(ran[1]?.given).toEqual({ cluster: "prod-east-1", range: "1h" });
    expect(called.every(({ needsApproval }) => !needsApproval)).toBe(true);
    expect(ended).toHaveLength(6);
    expect(answered).toMatchObject({ status: "COMPLETE", model: null, tokensUsed: null, problem: null });
    expect(answered.content).toBe(text);
    expect(answered.content.startsWith("**What find\\_root\\_cause found. [c2:s1]**")).toBe(true);
    expect(answered.content).toContain("AIOPS_LLM_MODELS");
    expect(answered.citations.map(({ tool: name, id: source }) => [name, source])).toContainEqual([
      "find_root_cause",
      "s1",
    ]);
    const [cited] = answered.citations;
    expect(ended.map((call) => call.id)).toContain(cited?.callId);
  });

  it("asks about the alert where the hour says too little, and leads with the surer answer", async () => {
    alerts = [alert(5, "CheckoutLatencyHigh")];
    running.set("find_root_cause", () => {
      const isOfAlert = "alertId" in (ran.at(-1)?.given ?? {});
      const verdict = isOfAlert ? "LIKELY" : "INCONCLUSIVE";
      return finding("find_root_cause", { summary: `${verdict}.`, result: { verdict } });
    });
    const { answered } = await answer("why is checkout slow on prod-east-1?");
    expect(ran.at(-1)).toEqual({ name: "find_root_cause", given: { alertId: id(5) } });
    expect(answered.content.startsWith("**LIKELY. [c7:s1]**")).toBe(true);
  });

  it("looks at no cluster where the one that is meant is not there", async () => {
    const { answered } = await answer("why is checkout slow on prod-north-3?");
    expect(ran).toEqual([]);
    expect(answered.content).toContain(
      "There is no cluster “prod-north-3” in this conversation's reach. There are prod-east-1, prod-west-1.",
    );
    const within = await answer("status of prod-east-1", { clusters: [id(2)] });
    expect(ran).toEqual([]);
    expect(within.answered.content).toContain("There is no cluster “prod-east-1”");
  });

  it("says what it took a typo for", async () => {
    const { answered } = await answer("status of prod-eats-1");
    expect(answered.content).toContain("I took “prod-eats-1” for prod-east-1.");
    expect(ran[0]?.given).toEqual({ clusters: ["prod-east-1"] });
  });

  it("says that nothing is called like what is asked about", async () => {
    const { answered } = await answer("why is chekout slow on prod-east-1?");
    expect(answered.content.startsWith("No pod there is called “chekout”.")).toBe(true);
  });

  it("uses no tool that the persona has not, and says so", async () => {
    const { answered } = await answer("slow traces of checkout", { personaId: "gpu-expert" });
    expect(ran).toEqual([]);
    expect(answered.content).toContain("no tool `analyze_traces`");
  });

  it("tells the fleet's state and what it can answer where it does not understand", async () => {
    const { answered } = await answer("what's a good recipe for pancakes?");
    expect(namesRun()).toEqual(["get_cluster_status", "get_alerts", "list_clusters"]);
    expect(answered.content).toContain("I did not understand this question");
    expect(answered.content).toContain("“Why is checkout slow on prod-east-1?”");
  });

  it("goes on with the last question's subject", async () => {
    await answer([turn("why is checkout slow on prod-east-1?"), turn("x", "ASSISTANT"), turn("and its logs?")]);
    expect(ran).toEqual([{ name: "query_logs", given: { clusters: ["prod-east-1"], pod: "checkout*", range: "1h" } }]);
  });

  it("reads on in what was found, without asking anybody", async () => {
    const rows = Array.from({ length: 30 }, (_, index) => [`pod-${index}`]);
    running.set("list_pods", () => finding("list_pods", { table: { columns: ["pod"], rows } }));
    const first = await answer("pods of shop");
    ran = [];
    const turns = [turn("pods of shop"), turn(first.text, "ASSISTANT", first.ended), turn("more")];
    const more = await answer(turns);
    expect(ran).toEqual([]);
    expect(more.answered.content).toContain("**Rows 11 to 30 of 30. [c1:s1]**");
    expect(more.answered.content).toContain("| pod-10 |");
    expect(more.answered.content).toContain("| pod-29 |");
    expect(more.answered.citations).toHaveLength(1);
    const none = await answer([...turns, turn("x", "ASSISTANT"), turn("more")]);
    expect(none.answered.content).toContain("There are no more rows");
  });

  describe("asks before anything is changed", () => {
    const QUESTION = "silence checkoutlatencyhigh on prod-east-1 for 3 hours";

    it("and tells what came of it", async () => {
      alerts = [alert(5, "CheckoutLatencyHigh"), alert(6, "CheckoutErrorRateHigh")];
      const first = await answer(QUESTION);
      expect(namesRun()).toEqual(["get_alerts"]);
      expect(first.answered.status).toBe("WAITING_FOR_APPROVAL");
      expect(first.called.at(-1)).toEqual({ name: "create_silence", needsApproval: true });
      expect(first.answered.content).toContain("alertname=CheckoutLatencyHigh on prod-east-1 for 3h");
      const done = { status: "SUCCESS" as const, error: null, durationMs: 1, finding: finding("create_silence") };
      const call = { id: "x", name: "create_silence", arguments: {}, argsHash: "h" };
      const content = first.answered.content;
      const approved = await answer(QUESTION, {
        soFar: { content, calls: [...first.ended, { ...call, outcome: done }] },
      });
      expect(approved.answered).toMatchObject({ status: "COMPLETE" });
      expect(approved.answered.content.startsWith(`${content}\n\n**What create\\_silence found. [c2:s1]**`)).toBe(true);
      expect(content + approved.text).toBe(approved.answered.content);
      expect(approved.answered.citations.map(({ tool: name }) => name)).toEqual(["create_silence"]);
      const refused = await answer(QUESTION, {
        soFar: { content, calls: [...first.ended, { ...call, outcome: "REJECTED" }] },
      });
      expect(refused.answered.content).toContain("nothing was changed");
      expect(namesRun()).toEqual(["get_alerts"]);
    });

    it("and asks which one where several are meant", async () => {
      alerts = [alert(5, "CheckoutLatencyHigh"), alert(6, "CheckoutErrorRateHigh")];
      for (const question of ["silence checkout on prod-east-1", "acknowledge checkout on prod-east-1"]) {
        const { answered, called } = await answer(question);
        expect(answered.status).toBe("COMPLETE");
        expect(answered.content).toContain("Which of them?");
        expect(answered.content).toContain("CheckoutErrorRateHigh on prod-east-1");
        expect(called.map(({ name }) => name)).toEqual(["get_alerts"]);
      }
    });

    it("and does not offer what matches nothing", async () => {
      const { answered, called } = await answer("acknowledge CheckoutLatencyHigh on prod-east-1");
      expect(answered.content).toContain("nothing to acknowledge");
      expect(called.map(({ name }) => name)).toEqual(["get_alerts"]);
    });

    it("and not with a persona that may not", async () => {
      alerts = [alert(5, "CheckoutLatencyHigh")];
      const { answered, called } = await answer(QUESTION, { personaId: "gpu-expert" });
      expect(answered).toMatchObject({ status: "COMPLETE" });
      expect(answered.content).toContain("no tool `create_silence`");
      expect(called).toEqual([]);
    });

    it("of the one alert that is meant", async () => {
      alerts = [alert(5, "CheckoutLatencyHigh")];
      const { answered, called } = await answer("ack CheckoutLatencyHigh");
      expect(answered.status).toBe("WAITING_FOR_APPROVAL");
      expect(called.at(-1)).toEqual({ name: "acknowledge_alert", needsApproval: true });
    });
  });

  it("is not held up by a tool that hangs", async () => {
    running.set("find_root_cause", () => new Promise<never>(() => {}));
    const { answered, ended } = await answer("why is checkout slow on prod-east-1?", { limits: { ms: 100 } });
    expect(answered).toMatchObject({ status: "PARTIAL", problem: { code: "UPSTREAM_TIMEOUT" } });
    expect(answered.content).toContain("What query\\_logs found.");
    expect(ended).toHaveLength(6);
  });

  it("ends with its caller", async () => {
    const caller = new AbortController();
    running.set("find_root_cause", () => {
      caller.abort(new CodedError("CANCELLED", "Enough."));
      return new Promise<never>(() => {});
    });
    await expect(answer("why is checkout slow on prod-east-1?", { signal: caller.signal })).rejects.toThrow("Enough.");
  });

  it("denies no cluster that it could not look up", async () => {
    const deaf = new LocalGraph();
    const problem = { message: "The registry is away.", extensions: { code: "SUBGRAPH_UNAVAILABLE" } };
    deaf.use({ execute: async () => ({ data: null, errors: [problem] }) });
    const answerer = new RulesAnswerer({ graph: deaf, toolbox });
    await expect(answer("status of prod-east-1", { answerer })).rejects.toMatchObject({ code: "SUBGRAPH_UNAVAILABLE" });
  });

  it("makes no more calls than it may", async () => {
    await answer("why is checkout slow on prod-east-1?", { limits: { calls: 3 } });
    expect(ran).toHaveLength(3);
  });

  it("does not ask again for what was found before it was cut off", async () => {
    const first = await answer("status of prod-east-1");
    ran = [];
    const { answered } = await answer("status of prod-east-1", { soFar: { content: "", calls: first.ended } });
    expect(ran).toEqual([]);
    expect(answered.content.startsWith("**What get\\_cluster\\_status found.")).toBe(true);
  });

  describe("where a model is configured", () => {
    const chosen = (byModel: Answerer["answer"]) =>
      new ChosenAnswerer({
        models: { isConfigured: true },
        byModel: { answer: byModel },
        byRules: new RulesAnswerer({ graph, toolbox }),
      });

    it("comes when none of them answers, says so, and keeps what was found until then", async () => {
      const first = await answer("status of prod-east-1");
      ran = [];
      const answerer = chosen(async (_, sink) => {
        for (const { outcome, ...call } of first.ended.filter(({ name }) => name === "get_alerts")) {
          await sink.called(call, false);
          if (outcome !== "REJECTED") await sink.ended(call, outcome);
        }
        throw new CodedError("MODEL_UNAVAILABLE", "No model answers: scripted: it is down.");
      });
      const { answered } = await answer("status of prod-east-1", { answerer });
      expect(answered).toMatchObject({ status: "COMPLETE", model: null });
      expect(answered.content).toContain("no model answered. No model answers: scripted: it is down.");
      expect(answered.content).not.toContain("AIOPS_LLM_MODELS");
      expect(namesRun()).toEqual(["get_cluster_status", "list_pods"]);
    });

    it("does not come for anything else", async () => {
      const answerer = chosen(async () => {
        throw new CodedError("CONTEXT_TOO_LARGE", "Too long.");
      });
      await expect(answer("status of prod-east-1", { answerer })).rejects.toThrow("Too long.");
    });
  });
});
