/** Where one point lies from another, in words: how far, and in which of eight directions. */

/** A point in WGS 84 degrees. */
export interface Spot {
  lon: number;
  lat: number;
}

export const COMPASS = ["n", "ne", "e", "se", "s", "sw", "w", "nw"] as const;
export type Direction = (typeof COMPASS)[number];

const METRES_PER_DEGREE = 111_195;

/** Nearer than this to the centre of the city there is no direction that helps. */
export const CENTRE_M = 300;

/** Metres between two points of one city. */
export function metresBetween(from: Spot, to: Spot): number {
  return Math.hypot(...offset(from, to));
}

/** In which direction a point lies from another. */
export function directionOf(from: Spot, to: Spot): Direction {
  const [east, north] = offset(from, to);
  const turn = Math.round((Math.atan2(east, north) / (2 * Math.PI)) * 8);
  return COMPASS[(turn + 8) % 8] ?? "n";
}

/** East and north in metres. */
function offset(from: Spot, to: Spot): [number, number] {
  const shrink = Math.cos((from.lat * Math.PI) / 180);
  return [(to.lon - from.lon) * shrink * METRES_PER_DEGREE, (to.lat - from.lat) * METRES_PER_DEGREE];
}

/** A distance as people say it: no finer than a public place is true, `radius` metres. */
export function roughly(metres: number, radius: number): number {
  const step = metres >= 10_000 ? 1000 : radius > 300 ? 500 : metres >= 1000 ? 100 : 50;
  return Math.max(step, Math.floor(metres / step + 0.5) * step);
}
