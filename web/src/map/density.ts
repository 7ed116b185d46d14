/** How many closed incidents stand at each public place: what the hexagons add up. */

import { at, type Incidents, OPEN } from "../data/incidents";
import type { Facets } from "../state/facets";

export interface Spot {
  position: [number, number];
  count: number;
}

/** The places of the rows that are shown and not open, each with its count; the open ones stay marks. */
export function spots(incidents: Incidents, facets: Facets): Spot[] {
  const counts = new Uint32Array(incidents.places.length);
  const { place: placeOf, state } = incidents;
  for (const row of facets.rows) {
    const place = placeOf[row] as number;
    if (place >= 0 && state[row] !== OPEN) (counts[place] as number)++;
  }
  return incidents.places.flatMap(({ lon, lat }, place) => {
    const count = at(counts, place);
    return count > 0 ? [{ position: [lon, lat] as [number, number], count }] : [];
  });
}

/** Metres from the centre of a hexagon to its corner, for hexagons of one size within a zoom level. */
export function hexagonRadius(zoom: number, latitude: number): number {
  const metresPerPixel = (40_075_017 * Math.cos((latitude * Math.PI) / 180)) / 512 / 2 ** Math.round(zoom);
  return metresPerPixel * RADIUS_PX;
}

const RADIUS_PX = 15;
export const STEPS = 6;

/** Colours from few to many: the accent over the map, ever less of the map shining through. */
export function ramp([red, green, blue]: [number, number, number]): [number, number, number, number][] {
  return Array.from({ length: STEPS }, (_, step) => [
    red,
    green,
    blue,
    Math.round(255 * (0.16 + 0.66 * (step / (STEPS - 1)))),
  ]);
}
