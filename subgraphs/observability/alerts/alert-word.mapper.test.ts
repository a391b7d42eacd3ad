import { describe, expect, it } from "vitest";
import { activeAlert } from "../../../test/support/alerts.ts";
import { recording } from "../../../test/support/recordings.ts";
import { AlertsAnswer } from "../../shared/upstreams/prometheus/alerts.ts";
import { firingWord, notifiedWord, pendingWord } from "./alert-word.mapper.ts";
import { fingerprintOf } from "./fingerprint.mapper.ts";
import { severityOf } from "./severity.mapper.ts";

const AT = new Date("2026-01-01T00:00:00Z");
const of = (labels: Record<string, string>) => firingWord(activeAlert(labels), AT);

describe("What an alert's labels mean", () => {
  it.each([
    [{ severity: "critical" }, "CRITICAL"],
    [{ severity: "Page" }, "CRITICAL"],
    [{ severity: " ERROR " }, "CRITICAL"],
    [{ severity: "warning" }, "WARNING"],
    [{ severity: "minor" }, "WARNING"],
    [{ severity: "dunno" }, "WARNING"],
    [{ severity: "info" }, "INFO"],
    [{ severity: "none" }, "INFO"],
    [{ level: "fatal" }, "CRITICAL"],
    [{}, "INFO"],
  ])("how bad it is: %j", (labels, severity) => {
    expect(severityOf(labels)).toBe(severity);
  });

  it("what it is about, and not who was asked for it", () => {
    const exporter = { namespace: "nvidia-gpu-operator", pod: "dcgm-exporter-x", Hostname: "worker-1" };
    expect(of(exporter)).toMatchObject({ namespace: "nvidia-gpu-operator", pod: "dcgm-exporter-x", node: "worker-1" });
    expect(of({ ...exporter, exported_namespace: "ai", exported_pod: "llm-0", node: "worker-2" })).toMatchObject({
      namespace: "ai",
      pod: "llm-0",
      node: "worker-2",
    });
    expect(of({ alertname: "Watchdog", namespace: "" })).toMatchObject({ namespace: null, pod: null, node: null });
  });

  it.each([
    ["http://prometheus.example/graph", "http://prometheus.example/graph"],
    ["javascript:alert(1)", null],
    ["", null],
  ])("where its rule is, if that is a page of the web: %s", (generatorUrl, expected) => {
    expect(firingWord(activeAlert({}, { generatorUrl }), AT).generatorUrl).toBe(expected);
  });
});

describe("The moment that a word is about", () => {
  const notified = { labels: { alertname: "A" }, annotations: {}, generatorUrl: "", startsAt: AT };
  const end = new Date("2026-01-01T01:00:00Z");

  it("is of a list when it was asked for, and of a notification when the alert began or ended", () => {
    expect(firingWord(activeAlert({}, { startsAt: end }), AT)).toMatchObject({
      state: "FIRING",
      saidAt: AT,
      startsAt: end,
    });
    expect(notifiedWord({ ...notified, endsAt: null })).toMatchObject({ state: "FIRING", saidAt: AT, endsAt: null });
    expect(notifiedWord({ ...notified, endsAt: end })).toMatchObject({ state: "RESOLVED", saidAt: end, endsAt: end });
  });

  it("leaves out no fingerprint", () => {
    expect(notifiedWord({ ...notified, endsAt: null }).fingerprint).toBe(fingerprintOf({ alertname: "A" }));
  });
});

describe("What is pending", () => {
  it.each(["2.42", "3.5"])("is read from Prometheus %s, and nothing else", (version) => {
    const pending = AlertsAnswer.parse(recording(`prometheus-${version}`, "alerts").answer);
    expect(pending.map((alert) => pendingWord(alert, AT))).toMatchObject([
      { state: "PENDING", startsAt: expect.any(Date), fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) },
    ]);
  });
});

describe("A fingerprint", () => {
  it("of no labels, and of others than letters, is as Alertmanager's", () => {
    expect(fingerprintOf({})).toBe("cbf29ce484222325");
    const [first] = recording("alertmanager-0.33", "alerts").answer as {
      labels: Record<string, string>;
      fingerprint: string;
    }[];
    expect(fingerprintOf(first?.labels ?? {})).toBe(first?.fingerprint);
  });
});
