export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** What a process shows at /metrics. */
export async function scrape(origin: string): Promise<{ text: string; samples: Sample[] }> {
  const response = await fetch(`${origin}/metrics`);
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}.`);
  const text = await response.text();
  return { text, samples: samplesIn(text) };
}

export const samplesIn = (text: string): Sample[] =>
  Array.from(text.matchAll(/^([a-z]\w*)(?:\{(.*)\})? (\S+)$/gm), ([, name = "", labels = "", value]) => ({
    name,
    labels: Object.fromEntries(
      Array.from(labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g), ([, label = "", text = ""]) => [label, text]),
    ),
    value: Number(value),
  }));

/** The sum over the samples of this name with these labels; null where there is none. */
export function sumOf(samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number | null {
  const meant = samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return meant.length === 0 ? null : meant.reduce((sum, { value }) => sum + value, 0);
}
