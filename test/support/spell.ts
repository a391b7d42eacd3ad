import { CHECKOUT_SPELL } from "../../demo/world/incidents.ts";

const DAY = 86_400;
const at = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** When the checkout last failed for 25 minutes that are over for an hour, in unix seconds. */
export const SPELL = Math.floor((Date.now() / 1000 - CHECKOUT_SPELL.start - 5400) / DAY) * DAY + CHECKOUT_SPELL.start;
/** A day in which it failed only that once. */
export const SPELL_DAY = { start: at(SPELL - 22 * 3600), end: at(SPELL + 3600) };
/** What it shows in. */
export const ERRORS = `sum by (service) (rate(http_requests_total{code=~"5.."}[5m]))`;
