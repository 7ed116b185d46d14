/** What else is shown around an incident. Distances are between public places, which is all that this page knows. */

import { at, type Incidents } from "../data/incidents";

const METRES_PER_DEGREE = 111_195;

export interface Nearby {
  count: number;
  /** The nearest rows, nearest first; of those as near, the newest first. */
  nearest: number[];
}

export function nearby(
  incidents: Incidents,
  rows: Uint32Array,
  row: number,
  metres: number,
  most: number,
): Nearby {
  const { points } = incidents;
  const lon = at(points, row * 2);
  const lat = at(points, row * 2 + 1);
  const shrink = Math.cos((lat * Math.PI) / 180);
  const found: { row: number; far: number }[] = [];
  for (const other of rows) {
    const dx = (at(points, other * 2) - lon) * shrink * METRES_PER_DEGREE;
    const dy = (at(points, other * 2 + 1) - lat) * METRES_PER_DEGREE;
    const far = dx * dx + dy * dy;
    if (other !== row && far <= metres * metres) found.push({ row: other, far });
  }
  // The rows come newest first, and sorting keeps that order among equals.
  found.sort((a, b) => a.far - b.far);
  return { count: found.length, nearest: found.slice(0, most).map((one) => one.row) };
}
