/** Which areas a point lies in: worked out on this device, so that nobody is asked. */

import type { AreaCollection } from "../data/api";
import type { Spot } from "../present/near";

/** The id of the area of each kind that holds a point. */
export function areasOf(point: Spot, areas: Record<string, AreaCollection>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [kind, { features }] of Object.entries(areas)) {
    const area = features.find(({ geometry }) =>
      (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates).some((rings) =>
        holds(rings as number[][][], point),
      ),
    );
    if (area) found[kind] = area.properties.id;
  }
  return found;
}

/** Whether a polygon holds a point: an even number of crossings to the east is outside, also for holes. */
function holds(rings: number[][][], { lon, lat }: Spot): boolean {
  let isInside = false;
  for (const ring of rings) {
    for (let index = 0, before = ring.length - 1; index < ring.length; before = index++) {
      const [x = 0, y = 0] = ring[index] ?? [];
      const [x0 = 0, y0 = 0] = ring[before] ?? [];
      if (y > lat !== y0 > lat && lon < x + ((lat - y) / (y0 - y)) * (x0 - x)) isInside = !isInside;
    }
  }
  return isInside;
}
