/** Where the map without WebGL looks: Web Mercator, seen from straight above, in pixels of the screen. */

import type { Box } from "../state/suggest";
import type { Insets, Point } from "./view";

/** The same zoom means the same on both maps: the world is 512 pixels wide at zoom 0. */
const WORLD_PX = 512;
const LEAST_ZOOM = 7;
const MOST_ZOOM = 18;

/** A point of the world as fractions of its width, from the north-west corner. */
export function mercator(lon: number, lat: number): [number, number] {
  const sine = Math.sin((lat * Math.PI) / 180);
  return [lon / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

export class FlatCamera {
  x = 0.5;
  y = 0.5;
  zoom = LEAST_ZOOM;
  width = 1;
  height = 1;

  /** Pixels of the screen for the width of the world. */
  get scale(): number {
    return WORLD_PX * 2 ** this.zoom;
  }

  get centre(): Point {
    return this.unproject(this.width / 2, this.height / 2);
  }

  project(lon: number, lat: number): { x: number; y: number } {
    const [x, y] = mercator(lon, lat);
    return { x: this.width / 2 + (x - this.x) * this.scale, y: this.height / 2 + (y - this.y) * this.scale };
  }

  unproject(x: number, y: number): Point {
    const across = this.x + (x - this.width / 2) / this.scale;
    const down = this.y + (y - this.height / 2) / this.scale;
    const lat = (Math.atan(Math.sinh(Math.PI * (1 - 2 * down))) * 180) / Math.PI;
    return { lon: (across - 0.5) * 360, lat };
  }

  pan(dx: number, dy: number): void {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
  }

  /** Change the zoom so that what is at a point of the screen stays there. */
  zoomBy(by: number, x = this.width / 2, y = this.height / 2): void {
    const before = this.scale;
    this.zoom = Math.min(Math.max(this.zoom + by, LEAST_ZOOM), MOST_ZOOM);
    const change = 1 / before - 1 / this.scale;
    this.x += (x - this.width / 2) * change;
    this.y += (y - this.height / 2) * change;
  }

  /** Look at a point in the middle of what no panel covers. */
  lookAt({ lon, lat }: Point, insets: Insets, zoom = this.zoom): void {
    [this.x, this.y] = mercator(lon, lat);
    this.zoom = Math.min(Math.max(zoom, LEAST_ZOOM), MOST_ZOOM);
    this.pan((insets.left - insets.right) / 2, (insets.top - insets.bottom) / 2);
  }

  /** Look at a whole box within what no panel covers. */
  fit([west, south, east, north]: Box, insets: Insets, mostZoom = MOST_ZOOM): void {
    const [left, bottom] = mercator(west, south);
    const [right, top] = mercator(east, north);
    const wide = Math.max(this.width - insets.left - insets.right, 40);
    const high = Math.max(this.height - insets.top - insets.bottom, 40);
    const scale = Math.min(wide / Math.max(right - left, 1e-9), high / Math.max(bottom - top, 1e-9));
    this.zoom = Math.min(Math.max(Math.log2(scale / WORLD_PX), LEAST_ZOOM), mostZoom);
    this.x = (left + right) / 2;
    this.y = (top + bottom) / 2;
    this.pan((insets.left - insets.right) / 2, (insets.top - insets.bottom) / 2);
  }
}
