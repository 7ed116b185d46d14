/** What the words in the search field may mean: areas of the city, and places of incidents that are shown. */

import type { AreaCollection } from "../data/api";
import { at, type Incidents } from "../data/incidents";
import { fold } from "./filter";

export type Found =
  | { what: "area"; kind: string; id: string; name: string; box: Box }
  | { what: "place"; name: string; lon: number; lat: number }
  | { what: "address"; name: string; lon: number; lat: number };

/** West, south, east and north. */
export type Box = [number, number, number, number];

const MOST_AREAS = 4;
const MOST_PLACES = 4;

export function suggest(
  text: string,
  areas: Record<string, AreaCollection>,
  incidents: Incidents,
  rows: Uint32Array,
): Found[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const holds = (name: string) => {
    const folded = fold(name);
    return words.every((word) => folded.includes(word));
  };
  const begins = (name: string) => Number(fold(name).startsWith(words[0] ?? ""));
  const named = Object.values(areas)
    .flatMap(({ features }) => features)
    .filter(({ properties: { id, name } }) => holds(name === id ? id : `${name} ${id}`))
    .sort((a, b) => begins(b.properties.name) - begins(a.properties.name))
    .slice(0, MOST_AREAS);
  return [
    ...named.map(({ properties: { kind, id, name }, geometry }): Found => {
      return { what: "area", kind, id, name, box: boxOf(geometry.coordinates) };
    }),
    ...places(incidents, rows, holds),
  ];
}

/** Rows alone are asked for their places: what was taken back is not suggested. */
function places(incidents: Incidents, rows: Uint32Array, holds: (name: string) => boolean): Found[] {
  const found = new Map<string, Found>();
  const seen = new Set<number>();
  for (const row of rows) {
    const index = at(incidents.place, row);
    if (index < 0 || seen.has(index)) continue;
    seen.add(index);
    const place = incidents.places[index];
    if (!place?.label || found.has(place.label) || !holds(place.label)) continue;
    found.set(place.label, { what: "place", name: place.label, lon: place.lon, lat: place.lat });
    if (found.size === MOST_PLACES) break;
  }
  return [...found.values()];
}

function boxOf(coordinates: unknown): Box {
  const box: Box = [180, 90, -180, -90];
  const visit = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    const [lon, lat] = part;
    if (typeof lon === "number" && typeof lat === "number") {
      box[0] = Math.min(box[0], lon);
      box[1] = Math.min(box[1], lat);
      box[2] = Math.max(box[2], lon);
      box[3] = Math.max(box[3], lat);
    } else for (const inner of part) visit(inner);
  };
  visit(coordinates);
  return box;
}
