/** What may be kept for when there is no connection, and for how long: the rules of the service worker, as plain functions. */

/** A kept answer says in this header when it was kept; one from the server never has it. */
export const KEPT_AT = "x-kept-at";

/** What was kept longer ago is thrown away unseen: by then too much may have been taken back. */
export const LONGEST_MS = 24 * 3600 * 1000;

export type Treatment =
  /** Never touched: the live feed, single incidents, everything that is not listed here. */
  | { how: "pass" }
  /** Files whose names change with their content. */
  | { how: "cache" }
  /** Asked of the server whenever it answers; otherwise the last answer under `key`. */
  | { how: "network"; key: string };

export function treatmentOf(method: string, url: URL, own: string, navigates: boolean): Treatment {
  const pass = { how: "pass" } as const;
  if (method !== "GET" || url.origin !== own) return pass;
  const { pathname } = url;
  if (navigates) return pathname === "/" ? { how: "network", key: "/" } : pass;
  if (pathname.startsWith("/assets/")) return { how: "cache" };
  if (/^\/(icon|manifest)[\w.-]*$/.test(pathname)) return { how: "network", key: pathname };
  // One window is kept, whatever its length: a second one could hold what the first has lost.
  if (pathname === "/api/v1/window" || pathname === "/api/v1/window/ids")
    return { how: "network", key: pathname };
  if (pathname === "/api/v1/city" || /^\/api\/v1\/(areas|map)\/[\w-]+$/.test(pathname)) {
    return { how: "network", key: pathname };
  }
  return pass;
}

/** Whether an answer that was kept at this time may still be shown. */
export function isFresh(keptAt: string | null, now: number): boolean {
  const age = now - Date.parse(keptAt ?? "");
  return age >= -60_000 && age < LONGEST_MS;
}

/** The parts of the kept copy that hold incidents. */
export const INCIDENT_KEYS = ["/api/v1/window", "/api/v1/window/ids"] as const;

/** What a page asks of the service worker. */
export type Order =
  /** Keep what these addresses answer now. */
  | { keep: string[] }
  /** Throw every incident away at once, because one of them was taken back; then keep these answers. */
  | { replace: string[] };
