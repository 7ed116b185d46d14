/** Marks of the reader's own on the map: where they are, and what they looked up. They exist in this browser only. */

import { type Map as LibreMap, Marker } from "maplibre-gl";
import type { Point } from "./view";

export type Pointer = "here" | "found";

export class Pointers {
  readonly #markers = new Map<Pointer, Marker>();

  constructor(private readonly map: LibreMap) {}

  /** Mark a point; null takes the mark away. */
  set(what: Pointer, point: Point | null): void {
    if (point === null) {
      this.#markers.get(what)?.remove();
      this.#markers.delete(what);
      return;
    }
    const marker = this.#markers.get(what) ?? this.#make(what);
    marker.setLngLat([point.lon, point.lat]).addTo(this.map);
  }

  #make(what: Pointer): Marker {
    const element = document.createElement("div");
    element.className = `pointer ${what}`;
    element.ariaHidden = "true";
    const marker = new Marker({ element, anchor: what === "found" ? "bottom" : "center" });
    this.#markers.set(what, marker);
    return marker;
  }
}
