import type { CustomTableLayout, StyleDictionary } from "pdfmake/interfaces.js";
import type { Tone } from "../model/report.ts";
import { PAPER } from "./chart/index.ts";

export const COLOURS: Readonly<Record<Tone, string>> = {
  GOOD: "#15803d",
  WATCH: PAPER.watch,
  BAD: PAPER.bad,
  NEUTRAL: PAPER.muted,
  UNKNOWN: PAPER.muted,
};

export const PANEL = "#f6f8fa";
/** Points between the margins of an A4 page. */
export const PAGE_WIDTH = 515;

export const STYLES: StyleDictionary = {
  title: { fontSize: 21, bold: true, margin: [0, 0, 0, 4] },
  about: { fontSize: 8.5, color: PAPER.muted, margin: [0, 0, 0, 1] },
  heading: { fontSize: 14, bold: true, margin: [0, 18, 0, 6] },
  subheading: { fontSize: 10.5, bold: true, margin: [0, 10, 0, 3] },
  note: { fontSize: 8, color: PAPER.muted, margin: [0, 2, 0, 4] },
  label: { fontSize: 8, color: PAPER.muted },
  headline: { fontSize: 12.5, bold: true, margin: [0, 2, 0, 4] },
  cell: { fontSize: 8 },
  cellHead: { fontSize: 8, bold: true, color: PAPER.muted },
  code: { fontSize: 7.5, color: "#2f3a47" },
};

/** Lines under the rows, and a stronger one under the head. */
export const GRID: CustomTableLayout = {
  hLineWidth: (i, { table: { headerRows = 0 } }) => (i < headerRows ? 0 : i === headerRows && i > 0 ? 1 : 0.5),
  vLineWidth: () => 0,
  hLineColor: () => PAPER.grid,
  paddingLeft: (i) => (i === 0 ? 0 : 4),
  paddingRight: () => 4,
  paddingTop: () => 2.5,
  paddingBottom: () => 2.5,
};

/** A panel with a bar of its colour at the left. */
export const panel = (tone: Tone): CustomTableLayout => ({
  hLineWidth: () => 0,
  vLineWidth: (i) => (i === 0 ? 4 : 0),
  vLineColor: () => COLOURS[tone],
  paddingLeft: () => 12,
  paddingRight: () => 12,
  paddingTop: () => 8,
  paddingBottom: () => 8,
  fillColor: () => PANEL,
});

/** Panels beside each other. */
export const TILES: CustomTableLayout = {
  hLineWidth: () => 3,
  vLineWidth: () => 3,
  hLineColor: () => "#ffffff",
  vLineColor: () => "#ffffff",
  paddingLeft: () => 7,
  paddingRight: () => 7,
  paddingTop: () => 5,
  paddingBottom: () => 5,
  fillColor: () => PANEL,
};
