import { call, type Intent, on } from "./intent.ts";

const GPU = /\bgpus?\b|\bcuda\b|\bnvidia\b|\baccelerators?\b|\bvram\b|\bdcgm\b/;
const NODES = 50;

export const gpuHealth: Intent = {
  name: "GPU health",
  example: "Any XID errors on the GPUs of CLUSTER?",
  needs: new RegExp(`${GPU.source}|\\bxids?\\b|\\becc\\b`),
  signs: [
    [GPU, 4],
    [/\bxids?\b|\becc\b/, 5],
    [
      /\berrors?\b|\bfail|\bbroken\b|\bsick\b|\bhealth|\bproblems?\b|\bissues?\b|\bwrong\b|\bfallen\b|\bfell\b|\bhot\b|\boverheat|\bthrottl|\bbad\b|\bdying\b|\bok\b/,
      3,
    ],
  ],
  plan: async ({ ask, clusters, text }) => {
    await ask(
      call("get_gpu_nodes", { clusters, problemsOnly: true, limit: NODES }),
      call("get_alerts", {
        clusters,
        search: /\bxids?\b|\becc\b/.test(text) ? "XID" : "GPU",
        state: "FIRING",
        limit: 20,
      }),
      ...(/\bxids?\b|\becc\b|\blogs?\b/.test(text)
        ? [call("query_logs", { clusters, query: '{unit="kernel"} |= "Xid"', range: "1h" })]
        : []),
    );
  },
  next: ({ entities }) => [`Which processes use the GPUs${on(entities)}?`, `Which GPUs${on(entities)} are idle?`],
};

export const gpuProcesses: Intent = {
  name: "GPU processes",
  example: "Who is using the GPUs of CLUSTER?",
  needs: GPU,
  signs: [
    [GPU, 4],
    [
      /\bprocess|\bwho(?:'s| is| are)?\b|\bwhat(?:'s| is)? running\b|\b(?:which|what) (?:pods?|workloads?|jobs?|teams?|namespaces?)\b|\bpids?\b|\bnvidia-smi\b|\busing\b|\bhogging\b/,
      3,
    ],
  ],
  plan: async ({ ask, clusters, entities: { node } }) => {
    await ask(call("get_gpu_processes", { clusters, node, limit: NODES }), call("get_gpu_summary", { clusters }));
  },
  next: ({ entities }) => [`Which GPUs${on(entities)} are idle?`, `Are the GPUs${on(entities)} healthy?`],
};

export const gpuWaste: Intent = {
  name: "GPU waste",
  example: "Which GPUs are idle?",
  needs: GPU,
  signs: [
    [GPU, 4],
    [
      /\bidle\b|\bidling\b|\bwast|\bunused\b|\bunder-?(?:used|utili[sz]ed)\b|\bfree\b|\bnot (?:being )?used\b|\bdoing nothing\b|\bavailable\b|\bspare\b|\bcost|\bmoney\b/,
      4,
    ],
  ],
  plan: async ({ ask, clusters }) => {
    await ask(
      call("get_gpu_summary", { clusters }),
      call("get_gpu_nodes", { clusters, limit: NODES }),
      call("get_gpu_processes", { clusters, limit: NODES }),
    );
  },
  next: ({ entities }) => [`Who is using the GPUs${on(entities)}?`, `Are the GPUs${on(entities)} healthy?`],
};

export const gpuSummary: Intent = {
  name: "GPU utilisation",
  example: "How busy are the GPUs?",
  needs: GPU,
  signs: [
    [GPU, 4],
    [
      /\butili[sz]|\bbusy\b|\busage\b|\bhow many\b|\bcapacity\b|\bmemory\b|\btemperature|\bpower\b|\bload\b|\bstatus\b|\bsummary\b|\boverview\b/,
      2,
    ],
  ],
  plan: async ({ ask, clusters }) => {
    await ask(call("get_gpu_summary", { clusters }), call("get_gpu_nodes", { clusters, limit: NODES }));
  },
  next: ({ entities }) => [`Which GPUs${on(entities)} are idle?`, `Are the GPUs${on(entities)} healthy?`],
};
