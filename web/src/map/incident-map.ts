/** The map itself: MapLibre below, the marks of deck.gl above; loaded after the list can be read. */

import "maplibre-gl/dist/maplibre-gl.css";
import { MapboxOverlay } from "@deck.gl/mapbox";
import { Map as LibreMap, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { City } from "../data/api";
import { at } from "../data/incidents";
import type { Camera } from "../state/camera";
import type { Box } from "../state/suggest";
import { loadAgain } from "./again";
import { drawAtlas } from "./atlas";
import { areaParts, localStyle, type ShownAreas } from "./basemap";
import { hexagonRadius, type Spot, spots } from "./density";
import type { Hexagons, hexagonLayer } from "./density-layer";
import { fanOffsets } from "./fan";
import { onLongPress } from "./long-press";
import { aliveMarks, aliveRows, type MarkData, MOMENT_S, QuietMarks, type Scene } from "./marks";
import { Motion } from "./motion";
import { layersOverNames, layersUnderNames, OVER_NAMES_DEVICE } from "./overlay";
import { bytes, readPalette, unit } from "./palette";
import { REACH_PX, rowsAt } from "./pick";
import { type Pointer, Pointers } from "./pointers";
import { claims, NAMES_BEGIN, Room } from "./room";
import { closedRadius, hexagonsSayMore, legible, openRadius } from "./sizes";
import { type Stack, StackNumbers, stacksOf } from "./stacks";
import "./tiles";
import type { CityMap, Insets, MapEvents, Point, View } from "./view";

setWorkerUrl(workerUrl);

const NEAR_ZOOM = 15;

export class IncidentMap implements CityMap {
  readonly #map: LibreMap;
  readonly #under = new MapboxOverlay({ interleaved: true, layers: [] });
  readonly #over = new MapboxOverlay({ interleaved: false, layers: [], deviceProps: OVER_NAMES_DEVICE });
  readonly #atlas = drawAtlas();
  readonly #base: number;
  readonly #pointers: Pointers;
  readonly #room: Room;
  readonly #numbers: StackNumbers;
  #palette = readPalette();
  #view: View | null = null;
  #shown: ShownAreas | null = null;
  #fan = new Map<number, [number, number]>();
  readonly #quietMarks = new QuietMarks();
  #quiet: MarkData | null = null;
  #alive: MarkData | null = null;
  #spots: Spot[] | null = null;
  #stacks: { onlyOpen: boolean; found: Stack[] } | null = null;
  #hexagonLayer: typeof hexagonLayer | null = null;
  #dense = false;
  #styled = false;
  #frame = 0;
  readonly #motion = new Motion();
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");

  constructor(
    container: HTMLElement,
    private readonly city: City,
    private readonly events: MapEvents,
    insets: Insets,
    camera: Camera | null = null,
  ) {
    this.#base = Math.floor(events.now());
    const [west, south, east, north] = city.bounds;
    this.#map = new LibreMap({
      container,
      style: city.map.style_url ?? localStyle(city, null, this.#palette),
      ...(camera
        ? { center: [camera.lon, camera.lat], zoom: camera.zoom }
        : { bounds: [west, south, east, north], fitBoundsOptions: { padding: insets } }),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxZoom: 18,
      fadeDuration: this.#motion.duration(150),
    });
    loadAgain(this.#map);
    this.#pointers = new Pointers(this.#map);
    this.#room = new Room(this.#map);
    this.#numbers = new StackNumbers(this.#map.getContainer(), ({ lon, lat }) =>
      this.#map.project([lon, lat]),
    );
    this.#map.on("move", () => this.#numbers.place());
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    // Drawing among the map's own layers, deck.gl asks an older MapLibre's map for its height.
    Object.defineProperty(this.#map, "transform", { get: () => ({ height: container.clientHeight }) });
    this.#map.addControl(this.#under as never);
    // Each canvas readies its GPU's programs in one go: one after the other, the page can answer in between.
    this.#map.once("render", () => this.#map.addControl(this.#over as never));
    this.#map.on("click", (event) => this.#clicked(event.point));
    onLongPress(this.#map, ({ lng, lat }) => events.pressed({ lon: lng, lat }));
    this.#map.on("mousemove", (event) => {
      this.#map.getCanvas().style.cursor = this.#pick(event.point).length > 0 ? "pointer" : "";
    });
    this.#map.on("move", () => events.moved());
    this.#map.on("moveend", (event) => {
      // What the page does by itself, such as showing where the reader is, stays out of the address.
      if ("originalEvent" in event && event.originalEvent) this.#tellCamera();
    });
    this.#map.on("zoom", () => {
      if (this.#fan.size > 0) this.#spread([]);
      this.#draw();
    });
    this.#map.on("zoomend", () => this.#claim());
    this.#tellWhenIdle(container);
    this.#map.on("styledata", () => this.#room.tell(true));
    this.#map.on("style.load", () => {
      this.#styled = true;
      this.#restyle();
    });
    this.#scheme.addEventListener("change", this.#recolour);
    this.#motion.listen(this.#tick);
  }

  /** Draw these incidents. */
  show(view: View): void {
    this.#view = view;
    for (const row of this.#fan.keys()) {
      if (!view.facets.passes[row]) this.#fan.delete(row);
    }
    this.#gather();
    // Where nothing just happened, one picture is enough.
    if (view.moments.size > 0) this.#motion.keepBusy(MOMENT_S * 1000);
    this.#tick();
    this.events.moved();
  }

  /** Draw the outlines of these areas. */
  showAreas(shown: ShownAreas | null): void {
    this.#shown = shown;
    this.#restyle();
  }

  /** Where a row's mark is, in pixels of the map, or null when it has no place. */
  locate(row: number): { x: number; y: number } | null {
    const incidents = this.#view?.incidents;
    if (!incidents || at(incidents.place, row) < 0) return null;
    const { x, y } = this.#map.project([at(incidents.points, row * 2), at(incidents.points, row * 2 + 1)]);
    const [dx, dy] = this.#fan.get(row) ?? [0, 0];
    return { x: x + dx, y: y + dy };
  }

  /** Bring a row's mark into the part of the map that no panel covers. */
  bring(row: number, insets: Insets): void {
    const point = this.locate(row);
    const incidents = this.#view?.incidents;
    if (!point || !incidents) return;
    const { clientWidth: width, clientHeight: height } = this.#map.getContainer();
    const inside =
      point.x > insets.left &&
      point.x < width - insets.right &&
      point.y > insets.top &&
      point.y < height - insets.bottom;
    if (inside) return;
    this.#map.easeTo({
      center: [at(incidents.points, row * 2), at(incidents.points, row * 2 + 1)],
      padding: insets,
      duration: this.#motion.duration(500),
    });
  }

  zoom(by: number): void {
    this.#map.once("moveend", () => this.#tellCamera());
    this.#map.easeTo({ zoom: this.#map.getZoom() + by, duration: this.#motion.duration(200) });
  }

  wholeCity(insets: Insets): void {
    this.events.looked(null);
    const [west, south, east, north] = this.city.bounds;
    this.#map.fitBounds([west, south, east, north], { padding: insets, animate: !this.#motion.isReduced });
  }

  /** Look at one place, such as where the reader is, or at a whole box. */
  lookAt(target: Point | Box, insets: Insets): void {
    const animate = !this.#motion.isReduced;
    if (Array.isArray(target)) {
      this.#map.fitBounds(target, { padding: insets, animate, maxZoom: 15 });
      return;
    }
    const zoom = Math.max(this.#map.getZoom(), NEAR_ZOOM);
    this.#map.flyTo({ center: [target.lon, target.lat], zoom, padding: insets, animate });
  }

  /** Mark where the reader is, or what they looked up. */
  point(pointer: Pointer, at: Point | null): void {
    this.#pointers.set(pointer, at);
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#scheme.removeEventListener("change", this.#recolour);
    this.#motion.unlisten(this.#tick);
    this.#map.remove();
  }

  /** Say on the page whether all of the map is drawn and nothing of it is on its way. */
  #tellWhenIdle(container: HTMLElement): void {
    const busy = () => container.removeAttribute("data-idle");
    this.#map.on("dataloading", busy);
    this.#map.on("movestart", busy);
    this.#map.on("idle", () => container.setAttribute("data-idle", ""));
  }

  #tellCamera(): void {
    const { lng, lat } = this.#map.getCenter();
    this.events.looked({ zoom: this.#map.getZoom(), lat, lon: lng });
  }

  readonly #recolour = () => {
    this.#palette = readPalette();
    this.#restyle();
    this.#gather();
    this.#draw();
  };

  #restyle(): void {
    if (!this.#styled) return;
    if (this.city.map.style_url) this.#layAreas();
    else this.#map.setStyle(localStyle(this.city, this.#shown, this.#palette), { diff: true });
  }

  /** A style from elsewhere is not ours to rebuild: the areas are laid over it. */
  #layAreas(): void {
    const { sources, layers } = areaParts(this.#shown, this.#palette, false);
    for (const id of ["area-chosen", "area-outlines", "area-chosen-outline"]) {
      if (this.#map.getLayer(id)) this.#map.removeLayer(id);
    }
    for (const id of ["areas", "area-labels"]) if (this.#map.getSource(id)) this.#map.removeSource(id);
    for (const [id, source] of Object.entries(sources)) this.#map.addSource(id, source);
    for (const layer of layers) this.#map.addLayer(layer);
  }

  #gather(): void {
    if (!this.#view) return;
    const scene: Scene = {
      ...this.#view,
      fan: this.#fan,
      base: this.#base,
      now: this.events.now(),
      palette: this.#palette,
    };
    this.#spots = null;
    this.#stacks = null;
    const rows = aliveRows(scene);
    this.#alive = aliveMarks(scene, rows);
    const { data, drawn } = this.#quietMarks.columns(scene, rows);
    this.#quiet = data;
    this.events.drawn(rows.length + drawn);
    this.#claim();
  }

  /** Names stand beside open marks, and need not follow them through a day that is played. */
  #claim(): void {
    const view = this.#view;
    if (!view || view.playedAt !== null) return;
    const closed = closedRadius(this.#map.getZoom(), view.facets.rows.length);
    this.#room.claim(claims(view, openRadius(closed, this.#dense)));
  }

  /** Draw now, and again as long as something moves. */
  readonly #tick = () => {
    cancelAnimationFrame(this.#frame);
    this.#draw();
    if (this.#moves()) this.#frame = requestAnimationFrame(this.#step);
  };

  readonly #step = (time: number) => {
    if (!this.#moves()) return;
    this.#frame = requestAnimationFrame(this.#step);
    if (this.#motion.isDue(time)) this.#draw({ alone: "alive" });
  };

  #moves(): boolean {
    return this.#motion.moves(this.#alive?.length ?? 0);
  }

  /** Draw all, or only those that are alive: then the map itself need not be drawn anew. */
  #draw(only?: { alone: "alive" }): void {
    const view = this.#view;
    if (!view || !this.#quiet || !this.#alive) return;
    const now = view.playedAt ?? this.events.now();
    const played = view.playedAt !== null;
    const count = view.facets.rows.length;
    const quietSize = closedRadius(this.#map.getZoom(), count);
    const marks = {
      at: now - this.#base,
      wall: this.#motion.wall(),
      fadeSpan: Math.min(view.range, 24) * 3600,
      fillSpan: played ? Math.max(60, view.range * 12) : 1,
      quietSize,
      openSize: openRadius(quietSize, this.#dense),
      breathing: this.#motion.breath(),
      glyphs: legible(quietSize, devicePixelRatio),
      surface: unit(this.#palette.card),
      accent: unit(this.#palette.accent),
      atlas: this.#atlas,
    };
    const overlay = {
      hexagons: this.#hexagons(view, hexagonsSayMore(quietSize, count)),
      hexagonLayer: this.#hexagonLayer,
      quiet: this.#quiet,
      alive: this.#alive,
      marks,
      first: (Number.isFinite(view.since) ? view.since : 0) - this.#base,
      last: (Number.isFinite(view.until) ? view.until : this.#base + 1e8) - this.#base,
      played,
    };
    if (!only) this.#count(view, marks.openSize, quietSize);
    const over = layersOverNames(overlay);
    if (this.city.map.style_url) {
      // Names of a style from elsewhere are not ours to draw over, and incidents do not wait for it.
      this.#over.setProps({ layers: [...layersUnderNames(overlay), ...over] });
      return;
    }
    this.#over.setProps({ layers: over });
    if (!only) this.#under.setProps({ layers: layersUnderNames(overlay, NAMES_BEGIN.id) });
  }

  /** Say how many stand at one place, where a mark is large enough to bear a number. */
  #count(view: View, openSize: number, quietSize: number): void {
    if (view.playedAt !== null || this.#fan.size > 0) {
      this.#numbers.show(null, openSize);
      return;
    }
    const onlyOpen = this.#dense || !legible(quietSize, devicePixelRatio);
    if (this.#stacks?.onlyOpen !== onlyOpen)
      this.#stacks = { onlyOpen, found: stacksOf(view.incidents, view.facets, onlyOpen) };
    this.#numbers.show(this.#stacks.found, openSize);
  }

  /** What the hexagons show, where they stand for the closed marks. */
  #hexagons(view: View, better: boolean): Hexagons | null {
    const wanted = view.density === "always" || (view.density === "auto" && better);
    if (wanted && !this.#hexagonLayer) this.#loadHexagons().catch(() => {}); // the next drawing asks again
    const spotted = wanted && view.playedAt === null && this.#hexagonLayer !== null;
    if (spotted) this.#spots ??= spots(view.incidents, view.facets);
    const dense = spotted && this.#spots !== null && this.#spots.length > 0;
    if (this.#dense && !dense) this.events.dense(null);
    this.#dense = dense;
    if (!dense || !this.#spots) return null;
    const [, south, , north] = this.city.bounds;
    return {
      spots: this.#spots,
      radius: hexagonRadius(this.#map.getZoom(), (south + north) / 2),
      accent: bytes(this.#palette.accent),
      told: (least, most) => this.events.dense([least, most]),
    };
  }

  async #loadHexagons(): Promise<void> {
    this.#hexagonLayer = (await import("./density-layer")).hexagonLayer;
    this.#draw();
  }

  #clicked(point: { x: number; y: number }): void {
    const rows = this.#pick(point);
    const [first] = rows;
    if (first === undefined) {
      this.#spread([]);
      this.events.select(null);
      // A hexagon is opened by going nearer to it.
      if (this.#dense) this.#approach(point);
    } else if (rows.length > 1 && !this.#fan.has(first)) {
      this.#spread(rows);
    } else {
      this.events.select(first);
    }
  }

  #approach(point: { x: number; y: number }): void {
    this.#map.once("moveend", () => this.#tellCamera());
    this.#map.easeTo({
      center: this.#map.unproject([point.x, point.y]),
      zoom: this.#map.getZoom() + 1.5,
      duration: this.#motion.duration(400),
    });
  }

  #spread(rows: number[]): void {
    const offsets = fanOffsets(rows.length);
    this.#map.getContainer().dataset.fan = String(rows.length);
    this.#fan = new Map(offsets.map((offset, index) => [rows[index] ?? 0, offset]));
    this.#gather();
    this.#tick();
    this.events.moved();
  }

  #pick(point: { x: number; y: number }): number[] {
    const view = this.#view;
    if (!view || view.playedAt !== null) return [];
    for (const row of this.#fan.keys()) {
      const mark = this.locate(row);
      if (mark && Math.hypot(mark.x - point.x, mark.y - point.y) < REACH_PX) return [row];
    }
    return rowsAt(this.#map, point, view, this.#dense);
  }
}
