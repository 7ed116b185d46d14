/** Where the reader is, or what they want to be near to: kept on this device and sent to nobody. */

import { at, type Incidents, OPEN } from "../data/incidents";
import { metresBetween, type Spot } from "../present/near";

export interface Here extends Spot {
  /** How it was set: only a name is shown, and a position or a point on the map has none. */
  what: "position" | "address" | "area" | "point";
  name: string | null;
}

const KEY = "blocklight.here";
const KINDS = ["position", "address", "area", "point"] as const;
const LONGEST_NAME = 160;

/** What was set before, if it lies inside the city. */
export function recall(storage: Storage | null, bounds: readonly number[]): Here | null {
  try {
    const { lon, lat, what, name } = JSON.parse(storage?.getItem(KEY) ?? "null");
    const kind = KINDS.find((one) => one === what);
    if (typeof lon !== "number" || typeof lat !== "number" || !kind || !inside({ lon, lat }, bounds))
      return null;
    return { lon, lat, what: kind, name: typeof name === "string" ? name.slice(0, LONGEST_NAME) : null };
  } catch {
    // A storage that is full of something else, or that may not be read, holds nothing of ours.
    return null;
  }
}

/** Keep it, or forget it. */
export function keep(storage: Storage | null, here: Here | null): void {
  try {
    if (here) storage?.setItem(KEY, JSON.stringify(here));
    else storage?.removeItem(KEY);
  } catch {
    // Without storage it lasts as long as the page.
  }
}

export function inside({ lon, lat }: Spot, bounds: readonly number[]): boolean {
  const [west = -180, south = -90, east = 180, north = 90] = bounds;
  return lon >= west && lon <= east && lat >= south && lat <= north;
}

/** Metres from here to the public point of a row, or infinity where it has none. */
export function metresTo(here: Spot, incidents: Incidents, row: number): number {
  if (at(incidents.place, row) < 0) return Number.POSITIVE_INFINITY;
  return metresBetween(here, { lon: at(incidents.points, row * 2), lat: at(incidents.points, row * 2 + 1) });
}

/** Whoever asks what that siren was means the last hour, and not something nearer of yesterday. */
const RECENT_S = 3600;
const RECENT_M = 3000;
/** Within so many metres it is said whether anything else is open. */
export const AROUND_M = 500;

export interface Nearest {
  row: number;
  metres: number;
  /** How many other open incidents there are within `AROUND_M`. */
  others: number;
}

/** The incident that is meant by "what is happening here", or null where nothing has a place. */
export function nearest(incidents: Incidents, rows: Uint32Array, here: Spot, now: number): Nearest | null {
  let best: { row: number; metres: number } | null = null;
  let recent: { row: number; metres: number } | null = null;
  const around: number[] = [];
  for (const row of rows) {
    const metres = metresTo(here, incidents, row);
    if (!Number.isFinite(metres)) continue;
    const open = incidents.state[row] === OPEN;
    const last = incidents.closedAt(row) ?? at(incidents.received, row);
    if (!best || metres < best.metres) best = { row, metres };
    const isRecent = (open || now - last <= RECENT_S) && metres <= RECENT_M;
    if (isRecent && (!recent || metres < recent.metres)) recent = { row, metres };
    if (open && metres <= AROUND_M) around.push(row);
  }
  const chosen = recent ?? best;
  return chosen && { ...chosen, others: around.filter((row) => row !== chosen.row).length };
}

/** West, south, east and north of here and the nearest `most` rows. */
export function boxAround(
  incidents: Incidents,
  rows: Uint32Array,
  here: Spot,
  most: number,
): [number, number, number, number] {
  const near = Array.from(rows, (row) => ({ row, metres: metresTo(here, incidents, row) }))
    .filter(({ metres }) => Number.isFinite(metres))
    .sort((a, b) => a.metres - b.metres)
    .slice(0, most);
  const lons = [here.lon, ...near.map(({ row }) => at(incidents.points, row * 2))];
  const lats = [here.lat, ...near.map(({ row }) => at(incidents.points, row * 2 + 1))];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

/** Where this device keeps things, if the reader lets it. */
export function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
