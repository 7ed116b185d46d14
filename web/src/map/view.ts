/** What the page hands to the map and what the map tells the page. */

import type { Camera } from "../state/camera";
import type { Density } from "../state/layers";
import type { Box } from "../state/suggest";
import type { ShownAreas } from "./basemap";
import type { Scene } from "./marks";

/** What is to be drawn; the map asks nobody for anything else. */
export type View = Omit<Scene, "fan" | "base" | "now" | "palette"> & {
  since: number;
  until: number;
  range: number;
  density: Density;
  /** Epoch seconds at which the city is drawn while its day is played, otherwise null. */
  playedAt: number | null;
};

export interface MapEvents {
  select(row: number | null): void;
  /** The map moved or the marks changed: what lies beside a mark has to move too. */
  moved(): void;
  /** The reader moved the map: here, or to the whole city. */
  looked(camera: Camera | null): void;
  /** The reader pressed long on a point of the map, or clicked it with the other button. */
  pressed(point: Point): void;
  /** Hexagons are drawn, of so few to so many incidents; null when there are none. */
  dense(counts: [number, number] | null): void;
  /** So many marks went to the GPU. */
  drawn(marks: number): void;
  now(): number;
}

export interface Insets {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

export interface Point {
  lon: number;
  lat: number;
}

/** What the page can ask of a map, whatever it is drawn with. */
export interface CityMap {
  /** Draw these incidents. */
  show(view: View): void;
  /** Draw the outlines of these areas. */
  showAreas(shown: ShownAreas | null): void;
  /** Where a row's mark is, in pixels of the map, or null when it has no place. */
  locate(row: number): { x: number; y: number } | null;
  /** Bring a row's mark into the part of the map that no panel covers. */
  bring(row: number, insets: Insets): void;
  zoom(by: number): void;
  wholeCity(insets: Insets): void;
  /** Look at one place, such as where the reader is, or at a whole box. */
  lookAt(target: Point | Box, insets: Insets): void;
  /** Mark where the reader is, or what they looked up. */
  point(pointer: "here" | "found", at: Point | null): void;
  destroy(): void;
}
