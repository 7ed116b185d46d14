/** What lies under the marks of the map without WebGL: water, parks and streets, from the city's layers or its tiles. */

import type { BaseKind, City } from "../data/api";
import { persist } from "../data/persist";
import type { FlatCamera } from "./flat-camera";
import { mercator } from "./flat-camera";
import type { Palette } from "./palette";

/** Paths count in pixels of this zoom from the middle of the city: a canvas keeps its numbers in single precision. */
export const PATH_ZOOM = 14;
const PATH_SCALE = 512 * 2 ** PATH_ZOOM;
/** Smaller streets are drawn from here on, as there are many of them and they say little before. */
const STREETS_ZOOM = 12.4;
/** A view of the whole city is a few tiles; more would keep an old computer busy. */
const MOST_TILES = 24;

type Position = [number, number];

export interface Geometry {
  type: string;
  coordinates: unknown;
}

interface Feature {
  geometry: Geometry | null;
  properties?: Record<string, unknown> | null;
}

export interface Label {
  name: string;
  lon: number;
  lat: number;
}

/** Where the paths of a city begin to count. */
export class Origin {
  readonly x: number;
  readonly y: number;

  constructor([west = 0, south = 0, east = 0, north = 0]: readonly number[]) {
    [this.x, this.y] = mercator((west + east) / 2, (south + north) / 2);
  }

  /** Add lines and rings to a path. */
  trace(path: Path2D, { type, coordinates }: Geometry): void {
    if (type === "Polygon" || type === "MultiLineString")
      for (const line of coordinates as Position[][]) this.#line(path, line);
    else if (type === "MultiPolygon")
      for (const rings of coordinates as Position[][][]) for (const ring of rings) this.#line(path, ring);
    else if (type === "LineString") this.#line(path, coordinates as Position[]);
  }

  /** Let the canvas count as the paths do, for what a camera sees. */
  frame(context: CanvasRenderingContext2D, camera: FlatCamera, ratio: number): number {
    const factor = (camera.scale / PATH_SCALE) * ratio;
    const left = (camera.width / 2 + (this.x - camera.x) * camera.scale) * ratio;
    const top = (camera.height / 2 + (this.y - camera.y) * camera.scale) * ratio;
    context.setTransform(factor, 0, 0, factor, left, top);
    return ratio / factor;
  }

  #line(path: Path2D, line: Position[]): void {
    let begun = false;
    for (const [lon, lat] of line) {
      const [x, y] = mercator(lon, lat);
      if (begun) path.lineTo((x - this.x) * PATH_SCALE, (y - this.y) * PATH_SCALE);
      else path.moveTo((x - this.x) * PATH_SCALE, (y - this.y) * PATH_SCALE);
      begun = true;
    }
  }
}

/** The features of a layer, none where the server has no such layer; fails while the server is away. */
async function featuresAt(url: string): Promise<Feature[]> {
  const response = await fetch(url);
  if (response.ok) return (await response.json()).features;
  if (response.status >= 500) throw new Error(response.statusText);
  return [];
}

export class FlatGround {
  readonly #paths = new Map<BaseKind, Path2D[]>();
  readonly labels: Label[] = [];

  constructor(
    private readonly origin: Origin,
    private readonly arrived: () => void,
  ) {}

  /** Load what the city has; what does not come is not drawn, and the rest is. */
  load(city: City, gone: () => boolean): void {
    for (const { kind, url } of city.map.layers) {
      void persist(() => featuresAt(url), gone).then((features) => {
        if (features) this.#add(kind, features);
      });
    }
    const { tiles } = city.map;
    if (tiles)
      void import("./flat-tiles")
        .then(({ featuresOf }) =>
          featuresOf(tiles.url, city.bounds, MOST_TILES, (kind, features) => this.#add(kind, features)),
        )
        .catch(() => {});
  }

  draw(context: CanvasRenderingContext2D, camera: FlatCamera, ratio: number, palette: Palette): void {
    const pixel = this.origin.frame(context, camera, ratio);
    context.lineCap = context.lineJoin = "round";
    this.#fill(context, "land", palette.land);
    this.#fill(context, "park", palette.park);
    this.#fill(context, "water", palette.water);
    const by = 1.6 ** (camera.zoom - 12);
    const streets = camera.zoom >= STREETS_ZOOM;
    const main = Math.min(Math.max(2.2 * by, 1.4), 26) * pixel;
    const small = Math.min(Math.max(0.7 * by, 0.5), 17) * pixel;
    if (streets) this.#stroke(context, "road_minor", palette.casing, small + pixel);
    this.#stroke(context, "road_major", palette.casing, main + 1.4 * pixel);
    if (streets) this.#stroke(context, "road_minor", palette.minor, small);
    this.#stroke(context, "road_major", palette.major, main);
    context.setLineDash([3 * pixel, 2 * pixel]);
    this.#stroke(context, "rail", palette.outline, 0.7 * pixel);
    context.setLineDash([]);
  }

  /** Whether the city says where its land is: then the rest is water. */
  get hasLand(): boolean {
    return this.#paths.has("land");
  }

  #add(kind: BaseKind, features: Feature[]): void {
    const paths = this.#paths.get(kind) ?? [];
    this.#paths.set(kind, paths);
    const lines = new Path2D();
    for (const { geometry, properties } of features) {
      if (!geometry) continue;
      if (kind === "label") this.#name(geometry, properties?.name);
      else if (!geometry.type.endsWith("Polygon")) this.origin.trace(lines, geometry);
      else {
        // Each of its own: two that overlap, as they do at the edges of tiles, must not make a hole.
        const area = new Path2D();
        this.origin.trace(area, geometry);
        paths.push(area);
      }
    }
    paths.push(lines);
    this.arrived();
  }

  #name({ type, coordinates }: Geometry, name: unknown): void {
    if (type !== "Point" || typeof name !== "string") return;
    const [lon, lat] = coordinates as Position;
    this.labels.push({ name, lon, lat });
  }

  #fill(context: CanvasRenderingContext2D, kind: BaseKind, color: string): void {
    context.fillStyle = color;
    for (const path of this.#paths.get(kind) ?? []) context.fill(path, "evenodd");
  }

  #stroke(context: CanvasRenderingContext2D, kind: BaseKind, color: string, width: number): void {
    context.strokeStyle = color;
    context.lineWidth = width;
    for (const path of this.#paths.get(kind) ?? []) context.stroke(path);
  }
}
