/** The map where there is no WebGL: ground, outlines and marks on a 2D canvas, from the same view as the other map. */

import type { City } from "../data/api";
import { at } from "../data/incidents";
import type { Camera } from "../state/camera";
import type { Box } from "../state/suggest";
import { labelPoints, type ShownAreas } from "./basemap";
import { fanOffsets } from "./fan";
import { FlatCamera } from "./flat-camera";
import { FlatGround, type Geometry, type Label, Origin } from "./flat-ground";
import { FlatMarks, type Marks, marksOf, placeOf, rowsUnder } from "./flat-marks";
import { FlatPointer } from "./flat-pointer";
import { readPalette } from "./palette";
import { closedRadius, openRadius } from "./sizes";
import { type Stack, StackNumbers, stacksOf } from "./stacks";
import type { CityMap, Insets, MapEvents, Point, View } from "./view";

const NEAR_ZOOM = 15;
const NAMES_ZOOM = 11;
const NUMBERS_ZOOM = 13.5;

export class FlatMap implements CityMap {
  readonly #canvas = document.createElement("canvas");
  readonly #camera = new FlatCamera();
  readonly #origin: Origin;
  readonly #ground: FlatGround;
  readonly #draws = new FlatMarks();
  readonly #pointers = new Map<string, Point>();
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  readonly #sized: ResizeObserver;
  #palette = readPalette();
  #view: View | null = null;
  #marks: Marks = { rows: [], drawn: 0 };
  #fan = new Map<number, [number, number]>();
  #outlines = new Path2D();
  #chosen = new Path2D();
  #names: Label[] = [];
  #frame = 0;
  #gone = false;
  #stacks: { onlyOpen: boolean; found: Stack[] } | null = null;
  readonly #numbers: StackNumbers;

  constructor(
    private readonly container: HTMLElement,
    private readonly city: City,
    private readonly events: MapEvents,
    insets: Insets,
    camera: Camera | null = null,
  ) {
    this.#origin = new Origin(city.bounds);
    this.#ground = new FlatGround(this.#origin, () => this.#draw());
    this.#canvas.className = "flat";
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute("role", "img");
    container.append(this.#canvas);
    this.#size();
    if (camera) this.#camera.lookAt(camera, { top: 0, right: 0, bottom: 0, left: 0 }, camera.zoom);
    else this.#camera.fit(city.bounds as Box, insets);
    new FlatPointer(this.#canvas, {
      pan: (dx, dy) => this.#moved(() => this.#camera.pan(dx, dy)),
      zoom: (by, x, y) => this.#moved(() => this.#camera.zoomBy(by, x, y)),
      done: () => this.#tellCamera(),
      click: (x, y) => this.#clicked(x, y),
      press: (x, y) => events.pressed(this.#camera.unproject(x, y)),
    });
    this.#scheme.addEventListener("change", this.#recolour);
    this.#sized = new ResizeObserver(() => this.#moved(() => this.#size()));
    this.#sized.observe(container);
    this.#numbers = new StackNumbers(container, ({ lon, lat }) => this.#camera.project(lon, lat));
    this.#ground.load(city, () => this.#gone);
    this.#draw();
  }

  show(view: View): void {
    this.#view = view;
    for (const row of this.#fan.keys()) if (!view.facets.passes[row]) this.#fan.delete(row);
    this.#marks = marksOf(view);
    this.#stacks = null;
    this.events.drawn(this.#marks.drawn);
    this.#draw();
    this.events.moved();
  }

  showAreas(shown: ShownAreas | null): void {
    this.#outlines = new Path2D();
    this.#chosen = new Path2D();
    for (const { properties, geometry } of shown?.areas.features ?? []) {
      this.#origin.trace(this.#outlines, geometry as Geometry);
      if (properties.id === shown?.chosen) this.#origin.trace(this.#chosen, geometry as Geometry);
    }
    this.#names = shown ? namesOf(shown) : [];
    this.#draw();
  }

  locate(row: number): { x: number; y: number } | null {
    const incidents = this.#view?.incidents;
    if (!incidents || at(incidents.place, row) < 0) return null;
    return placeOf(this.#camera, incidents, row, this.#fan);
  }

  bring(row: number, insets: Insets): void {
    const point = this.locate(row);
    const incidents = this.#view?.incidents;
    if (!point || !incidents) return;
    const { width, height } = this.#camera;
    const inside =
      point.x > insets.left &&
      point.x < width - insets.right &&
      point.y > insets.top &&
      point.y < height - insets.bottom;
    if (inside) return;
    const [lon, lat] = [at(incidents.points, row * 2), at(incidents.points, row * 2 + 1)];
    this.#moved(() => this.#camera.lookAt({ lon, lat }, insets));
  }

  zoom(by: number): void {
    this.#moved(() => this.#camera.zoomBy(by));
    this.#tellCamera();
  }

  wholeCity(insets: Insets): void {
    this.events.looked(null);
    this.#moved(() => this.#camera.fit(this.city.bounds as Box, insets));
  }

  lookAt(target: Point | Box, insets: Insets): void {
    this.#moved(() => {
      if (Array.isArray(target)) this.#camera.fit(target, insets, NEAR_ZOOM);
      else this.#camera.lookAt(target, insets, Math.max(this.#camera.zoom, NEAR_ZOOM));
    });
  }

  point(pointer: string, where: Point | null): void {
    if (where) this.#pointers.set(pointer, where);
    else this.#pointers.delete(pointer);
    this.#draw();
  }

  destroy(): void {
    this.#gone = true;
    this.#numbers.remove();
    cancelAnimationFrame(this.#frame);
    this.#scheme.removeEventListener("change", this.#recolour);
    this.#sized.disconnect();
    this.#canvas.remove();
  }

  readonly #recolour = () => {
    this.#palette = readPalette();
    this.#draw();
  };

  #size(): void {
    const { clientWidth: width, clientHeight: height } = this.container;
    Object.assign(this.#camera, { width, height });
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
  }

  #moved(move: () => void): void {
    const before = this.#camera.zoom;
    move();
    if (this.#camera.zoom !== before) this.#fan.clear();
    this.#draw();
    this.events.moved();
  }

  #tellCamera(): void {
    this.events.looked({ zoom: this.#camera.zoom, ...this.#camera.centre });
  }

  #clicked(x: number, y: number): void {
    const incidents = this.#view?.incidents;
    if (!incidents) return;
    const rows = rowsUnder(this.#camera, this.#marks, incidents, this.#fan, x, y);
    const [first] = rows;
    if (first !== undefined && rows.length > 1 && !this.#fan.has(first)) this.#spread(rows);
    else {
      if (first === undefined) this.#spread([]);
      this.events.select(first ?? null);
    }
  }

  #spread(rows: number[]): void {
    this.#fan = new Map(fanOffsets(rows.length).map((offset, index) => [rows[index] ?? 0, offset]));
    this.#draw();
  }

  /** Draw with the next frame, once for all that changed until then. */
  #draw(): void {
    this.container.removeAttribute("data-idle");
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    const ratio = devicePixelRatio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = this.#ground.hasLand ? this.#palette.water : this.#palette.land;
    context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#ground.draw(context, this.#camera, ratio, this.#palette);
    this.#drawOutlines(context, ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#drawNames(context);
    if (this.#view)
      this.#draws.draw(context, this.#camera, this.#marks, this.#view, this.#fan, this.#palette);
    this.#drawPointers(context);
    this.#number();
    this.container.setAttribute("data-idle", "");
  }

  /** Beside the marks of a place how many there are; of the ended ones, which are dots from afar, only near by. */
  #number(): void {
    const view = this.#view;
    if (!view || view.playedAt !== null || this.#fan.size > 0) {
      this.#numbers.show(null, 0);
      return;
    }
    const onlyOpen = this.#camera.zoom < NUMBERS_ZOOM;
    if (this.#stacks?.onlyOpen !== onlyOpen)
      this.#stacks = { onlyOpen, found: stacksOf(view.incidents, view.facets, onlyOpen) };
    this.#numbers.show(
      this.#stacks.found,
      openRadius(closedRadius(this.#camera.zoom, this.#marks.rows.length), false),
    );
  }

  #drawOutlines(context: CanvasRenderingContext2D, ratio: number): void {
    const pixel = this.#origin.frame(context, this.#camera, ratio);
    context.strokeStyle = this.#palette.outline;
    context.lineWidth = 1.2 * pixel;
    context.globalAlpha = 0.55;
    context.setLineDash([0.1 * pixel, 3 * pixel]);
    context.stroke(this.#outlines);
    context.setLineDash([]);
    context.globalAlpha = 0.08;
    context.fillStyle = context.strokeStyle = this.#palette.accent;
    context.fill(this.#chosen, "evenodd");
    context.globalAlpha = 1;
    context.lineWidth = 2 * pixel;
    context.stroke(this.#chosen);
  }

  /** Names that have room; the first ones are those of the city's own layers. */
  #drawNames(context: CanvasRenderingContext2D): void {
    if (this.#camera.zoom < NAMES_ZOOM) return;
    const names = this.#ground.labels.length > 0 ? this.#ground.labels : this.#names;
    const taken: [number, number, number, number][] = [];
    context.font = "600 12px Inter, system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 3;
    context.strokeStyle = this.#palette.land;
    context.fillStyle = this.#palette.second;
    for (const { name, lon, lat } of names) {
      const { x, y } = this.#camera.project(lon, lat);
      const half = context.measureText(name).width / 2 + 4;
      const box: [number, number, number, number] = [x - half, y - 9, x + half, y + 9];
      if (taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      context.strokeText(name, x, y);
      context.fillText(name, x, y);
    }
  }

  #drawPointers(context: CanvasRenderingContext2D): void {
    for (const { lon, lat } of this.#pointers.values()) {
      const { x, y } = this.#camera.project(lon, lat);
      context.beginPath();
      context.arc(x, y, 8, 0, 2 * Math.PI);
      context.fillStyle = this.#palette.accent;
      context.fill();
      context.lineWidth = 3;
      context.strokeStyle = this.#palette.card;
      context.stroke();
    }
  }
}

function overlap(a: readonly number[], b: readonly number[]): boolean {
  const [left = 0, top = 0, right = 0, bottom = 0] = a;
  const [west = 0, north = 0, east = 0, south = 0] = b;
  return left < east && right > west && top < south && bottom > north;
}

function namesOf({ areas }: ShownAreas): Label[] {
  return labelPoints(areas).features.map(({ properties: { name }, geometry }) => {
    const [lon = 0, lat = 0] = geometry.coordinates;
    return { name, lon, lat };
  });
}
