/** Keeps room for open marks among the names on the map: shapes that nobody sees, which names move away from. */

import type { GeoJSONSource, LayerSpecification, Map as LibreMap, SourceSpecification } from "maplibre-gl";
import { at, OPEN } from "../data/incidents";
import type { View } from "./view";

const SOURCE = "mark-room";
const IMAGE = "mark-room";
const IMAGE_PX = 16;

export const ROOM_SOURCE: Record<string, SourceSpecification> = {
  [SOURCE]: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
};

/** Draws nothing: what is drawn below it is below all names. */
export const NAMES_BEGIN: LayerSpecification = {
  id: "names-begin",
  type: "symbol",
  source: SOURCE,
  layout: { visibility: "none" },
};

/** On top of all names, as what is on top is placed first. */
export const ROOM_LAYER: LayerSpecification = {
  id: SOURCE,
  type: "symbol",
  source: SOURCE,
  layout: {
    "icon-image": IMAGE,
    "icon-size": ["/", ["get", "across"], IMAGE_PX],
    "icon-allow-overlap": true,
    "icon-padding": 0,
  },
};

interface Claim {
  type: "Feature";
  geometry: { type: "Point"; coordinates: [number, number] };
  /** Pixels of the screen. */
  properties: { across: number };
}

/** The room that the open marks of a view take up, once for each place. */
export function claims({ incidents, facets }: View, radius: number): Claim[] {
  const open = new Set<number>();
  for (const row of facets.rows) {
    if (incidents.state[row] === OPEN && at(incidents.place, row) >= 0) open.add(at(incidents.place, row));
  }
  return Array.from(open, (place) => {
    const { lon, lat } = incidents.places[place] ?? { lon: 0, lat: 0 };
    return {
      type: "Feature",
      geometry: { type: "Point", coordinates: [lon, lat] },
      properties: { across: Math.round(radius * 2) },
    };
  });
}

/** Tells the map of the room that is claimed, and again after its style was made anew. */
export class Room {
  #claims: Claim[] = [];
  #told = "";

  constructor(private readonly map: LibreMap) {}

  claim(claims: Claim[]): void {
    this.#claims = claims;
    this.tell();
  }

  /** Say it to a style that may not have heard of it. */
  tell(anew = false): void {
    const source = this.map.getSource<GeoJSONSource>(SOURCE);
    if (!source) return;
    if (!this.map.hasImage(IMAGE)) {
      const data = new Uint8Array(IMAGE_PX * IMAGE_PX * 4);
      this.map.addImage(IMAGE, { width: IMAGE_PX, height: IMAGE_PX, data });
    }
    const told = JSON.stringify(this.#claims);
    if (told === this.#told && !anew) return;
    this.#told = told;
    source.setData({ type: "FeatureCollection", features: this.#claims });
  }
}
