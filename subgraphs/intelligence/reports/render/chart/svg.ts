import { escaped, inline } from "../text.ts";

type Attributes = Readonly<Record<string, string | number>>;

/** An element, its attributes escaped. Its children are elements already: text goes by `text`. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === "number" ? rounded(value) : escaped(value)}"`,
  );
  const opening = `<${name}${written.join("")}`;
  return children.length === 0 ? `${opening}/>` : `${opening}>${children.join("")}</${name}>`;
}

export const text = (content: string, attributes: Attributes, most = 60): string =>
  element("text", attributes, escaped(inline(content, most)));

/** Two decimals, so that a picture is the same wherever it is drawn, and small. */
export const rounded = (value: number): string => String(Math.round(value * 100) / 100);

/** A label no longer than its room, at the size that axes have. */
export const fitting = (label: string, room: number): string => {
  const shown = inline(label);
  const most = Math.max(4, Math.floor(room / WIDTH_OF_A_LETTER));
  return shown.length <= most ? shown : `${shown.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
};
export const WIDTH_OF_A_LETTER = 5.6;

/** What a picture is drawn with. */
export interface Palette {
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly surface: string;
  readonly bad: string;
  readonly watch: string;
  /** Told apart also by those who do not see all colours. */
  readonly series: readonly string[];
}

export const PAPER: Palette = {
  ink: "#1c2430",
  muted: "#5b6675",
  grid: "#e3e7ec",
  surface: "#ffffff",
  bad: "#b42318",
  watch: "#b54708",
  series: ["#1f6feb", "#c2410c", "#0f766e", "#7c3aed", "#a16207", "#be185d", "#475569", "#15803d"],
};

/** The same, as a page's style says. */
export const BY_STYLE: Palette = {
  ink: "var(--ink)",
  muted: "var(--muted)",
  grid: "var(--grid)",
  surface: "var(--surface)",
  bad: "var(--bad)",
  watch: "var(--watch)",
  series: PAPER.series.map((_, i) => `var(--series-${i + 1})`),
};

export const WIDTH = 720;
const FONT = "Roboto, system-ui, sans-serif";

export const drawing = (title: string, height: number, ...children: readonly string[]): string =>
  element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      role: "img",
      "aria-label": inline(title, 120),
      "font-family": FONT,
      "font-size": 11,
    },
    ...children,
  );
