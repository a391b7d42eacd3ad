/**
 * Whether a browser's page at `origin` may use this server: one of this very host, or one the operator allowed. Clients that
 * are not browsers send no origin.
 */
export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();
}

/**
 * Whether a browser says that another site's page made this request, and sends no origin along: it loads an address as an image or
 * a script, or follows a link. Nobody needs credentials on a developer's own machine, so nothing here may be asked that way.
 */
export const isForeignWithoutOrigin = (origin: string | undefined, fetchSite: unknown): boolean =>
  origin === undefined && (fetchSite === "cross-site" || fetchSite === "same-site");
