import type { Unit } from "../model/report.ts";
import type { Cell, Column } from "../model/table.ts";
import { inline, withCommas } from "./text.ts";

export const UNKNOWN = "unknown";

/** With no more digits than matter: three of them, or all before the point. */
function number(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2;
  const [whole = "", fraction] = size.toFixed(digits).split(".");
  const text = withCommasIn(whole) + (fraction === undefined ? "" : `.${fraction}`);
  return value < 0 && /[1-9]/.test(text) ? `-${text}` : text;
}
const withCommasIn = (whole: string): string => (whole.length > 15 ? whole : withCommas(Number(whole)));

const percent = (value: number): string =>
  `${Math.abs(value) < 10 && !Number.isInteger(value) ? value.toFixed(1) : value.toFixed(0)} %`;

const WRITTEN: Readonly<Record<Unit, (value: number) => string>> = {
  COUNT: number,
  NUMBER: number,
  SCORE: number,
  RATIO: (value) => percent(value * 100),
  PERCENT: percent,
  HOURS: (value) => `${number(value)} h`,
  DAYS: (value) => (value > 365 ? "over a year" : `${number(value)} d`),
  COST: (value) => number(value),
  WATTS: (value) => (Math.abs(value) >= 1000 ? `${number(value / 1000)} kW` : `${number(value)} W`),
  MIB: (value) => (Math.abs(value) >= 1024 ? `${number(value / 1024)} GiB` : `${number(value)} MiB`),
};

/** A value as people read it. What is unknown says so. */
export const formatted = (value: number | null, unit: Unit): string =>
  value === null || !Number.isFinite(value) ? UNKNOWN : WRITTEN[unit](value);

export const formattedCell = (cell: Cell, as: Column["as"]): string => {
  if (cell === null) return UNKNOWN;
  if (typeof cell === "number") return formatted(cell, as === "TEXT" || as === "TIME" ? "NUMBER" : as);
  return as === "TIME" ? formattedTime(cell) : inline(cell);
};

export const isNumeric = ({ as }: Column): boolean => as !== "TEXT" && as !== "TIME";

/** "2026-11-23 12:00", in UTC; what is no instant as it is. */
export function formattedTime(instant: string): string {
  const time = new Date(instant);
  return Number.isNaN(time.getTime()) ? inline(instant) : time.toISOString().slice(0, 16).replace("T", " ");
}
