/** Finds the incidents under the pointer. */

import type { Map as LibreMap } from "maplibre-gl";
import { at, type Incidents, OPEN } from "../data/incidents";
import type { Facets } from "../state/facets";

export const REACH_PX = 14;

/** All rows of the place nearest to the pointer, the open ones first; under hexagons the open ones alone. */
export function rowsAt(
  map: LibreMap,
  point: { x: number; y: number },
  { incidents, facets, selected }: { incidents: Incidents; facets: Facets; selected: number | null },
  dense: boolean,
): number[] {
  const corner = map.unproject([point.x - REACH_PX, point.y + REACH_PX]);
  const opposite = map.unproject([point.x + REACH_PX, point.y - REACH_PX]);
  let nearest = Number.POSITIVE_INFINITY;
  let found: number[] = [];
  for (const row of facets.rows) {
    if (dense && incidents.state[row] !== OPEN && row !== selected) continue;
    const lon = at(incidents.points, row * 2);
    const lat = at(incidents.points, row * 2 + 1);
    if (!(lon >= corner.lng && lon <= opposite.lng && lat >= corner.lat && lat <= opposite.lat)) continue;
    const mark = map.project([lon, lat]);
    const distance = Math.hypot(mark.x - point.x, mark.y - point.y);
    if (distance > REACH_PX || distance > nearest + 0.5) continue;
    if (distance < nearest - 0.5) found = [];
    nearest = Math.min(nearest, distance);
    found.push(row);
  }
  return found.sort((a, b) => Number(incidents.state[b] === OPEN) - Number(incidents.state[a] === OPEN));
}
