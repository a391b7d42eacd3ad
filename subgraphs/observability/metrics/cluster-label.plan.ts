/**
 * The label that says, over all clusters, which one a series is of. A series' own label of that name keeps its value as
 * `original_<name>`, and one of that name as `original_original_<name>`: so every label has one name inside a cluster and one
 * outside, and no two meet.
 */
export class ClusterLabel {
  readonly name: string;
  readonly #own: RegExp;

  constructor(name: string) {
    this.name = name;
    this.#own = new RegExp(`^(?:original_)*${name}$`);
  }

  /** A label's name inside the clusters, from its name outside. Not for the cluster label: inside there is none. */
  inside(label: string): string {
    return this.#own.test(label) ? label.slice("original_".length) : label;
  }

  /** The labels of a series outside its cluster. */
  outside(metric: Readonly<Record<string, string>>, cluster: string): Record<string, string> {
    const labels: Record<string, string> = {};
    for (const [label, value] of Object.entries(metric)) {
      labels[this.#own.test(label) ? `original_${label}` : label] = value;
    }
    labels[this.name] = cluster;
    return labels;
  }

  /** The labels of a list as they are inside, without the cluster label. */
  readonly listInside = (labels: readonly string[]): string[] =>
    labels.filter((label) => label !== this.name).map((label) => this.inside(label));
}
