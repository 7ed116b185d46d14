/** The map under the incidents, as one list of layers from bottom to top: local layers, area outlines, labels. */

import type { GeoJSONSourceSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { AreaCollection, BaseKind, City } from "../data/api";
import { fadeParts } from "./fade";
import type { Palette } from "./palette";
import { NAMES_BEGIN, ROOM_LAYER, ROOM_SOURCE } from "./room";

const FONT = ["Inter Semibold"];

/** From `from` at zoom 10 to `to` at zoom 18, by the zoom's doubling. */
function width(from: number, middle: number, to: number): LayerSpecification["paint"] & object {
  return ["interpolate", ["exponential", 1.6], ["zoom"], 10, from, 14, middle, 18, to] as never;
}

/** Where a layer's shapes come from: a source of its own, or a layer of the city's tiles. */
interface Origin {
  /** What its layers' ids begin with. */
  id: string;
  source: string;
  "source-layer"?: string;
}

type Draw = (origin: Origin, palette: Palette) => LayerSpecification[];

/** The part of a layer that says where its shapes come from. */
function from({ source, ...tiles }: Origin): { source: string; "source-layer"?: string } {
  return tiles["source-layer"] ? { source, "source-layer": tiles["source-layer"] } : { source };
}

function roads(
  origin: Origin,
  id: string,
  color: string,
  widths: [number, number, number],
): LayerSpecification {
  return {
    id: `${origin.id}-${id}`,
    type: "line",
    ...from(origin),
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": color, "line-width": width(...widths) as never },
  };
}

/** Which layers each kind of local layer becomes; the order of kinds is the order of drawing. */
const DRAWN: [BaseKind, Draw][] = [
  ["land", (origin, p) => [fill(origin, p.land)]],
  ["park", (origin, p) => [fill(origin, p.park)]],
  ["water", (origin, p) => [fill(origin, p.water)]],
  ["road_minor", (origin, p) => [roads(origin, "casing", p.casing, [0.2, 3.2, 20])]],
  ["road_major", (origin, p) => [roads(origin, "casing", p.casing, [1.6, 6, 30])]],
  ["road_minor", (origin, p) => [roads(origin, "line", p.minor, [0.15, 2.2, 17])]],
  ["road_major", (origin, p) => [roads(origin, "line", p.major, [1, 4.4, 26])]],
  [
    "rail",
    (origin, p) => [
      {
        id: `${origin.id}-line`,
        type: "line",
        ...from(origin),
        paint: {
          "line-color": p.outline,
          "line-opacity": 0.5,
          "line-width": width(0.5, 1.2, 2.5) as never,
          "line-dasharray": [3, 2],
        },
      },
    ],
  ],
];

function fill(origin: Origin, color: string): LayerSpecification {
  return {
    id: `${origin.id}-fill`,
    type: "fill",
    ...from(origin),
    paint: { "fill-color": color, "fill-antialias": true },
  };
}

function label(id: string, origin: Origin, palette: Palette, zoom: number, size: number): LayerSpecification {
  return {
    id,
    type: "symbol",
    ...from(origin),
    minzoom: zoom,
    layout: {
      "text-field": ["coalesce", ["get", "name"], ""],
      "text-font": FONT,
      "text-size": ["interpolate", ["linear"], ["zoom"], 10, size - 1, 16, size + 2],
      "text-max-width": 9,
      "text-padding": 3,
      // A name that a mark would lie on stands beside its place instead, if there is room.
      "text-variable-anchor": ["center", "top", "bottom", "left", "right"],
      "text-radial-offset": 0.9,
      "text-justify": "auto",
      "text-letter-spacing": 0.01,
    },
    paint: {
      "text-color": palette.second,
      "text-halo-color": palette.land,
      "text-halo-width": 1.4,
      "text-halo-blur": 0.4,
    },
  };
}

export interface ShownAreas {
  kind: string;
  areas: AreaCollection;
  chosen: string | null;
}

/** The sources and layers of the areas, which also go over a style from elsewhere. */
export function areaParts(
  shown: ShownAreas | null,
  palette: Palette,
  withLabels: boolean,
): { sources: Record<string, GeoJSONSourceSpecification>; layers: LayerSpecification[] } {
  if (!shown) return { sources: {}, layers: [] };
  const sources: Record<string, GeoJSONSourceSpecification> = {
    areas: { type: "geojson", data: shown.areas as never },
    "area-labels": { type: "geojson", data: labelPoints(shown.areas) as never },
  };
  const layers: LayerSpecification[] = [
    {
      id: "area-chosen",
      type: "fill",
      source: "areas",
      filter: ["==", ["get", "id"], shown.chosen ?? ""],
      paint: { "fill-color": palette.accent, "fill-opacity": 0.08 },
    },
    {
      id: "area-outlines",
      type: "line",
      source: "areas",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": palette.outline,
        "line-opacity": 0.45,
        "line-width": ["interpolate", ["linear"], ["zoom"], 10, 1, 15, 1.8],
        "line-dasharray": [0.1, 2.2],
      },
    },
    {
      id: "area-chosen-outline",
      type: "line",
      source: "areas",
      filter: ["==", ["get", "id"], shown.chosen ?? ""],
      layout: { "line-join": "round" },
      paint: { "line-color": palette.accent, "line-width": 2 },
    },
  ];
  if (withLabels) layers.push(label("area-names", { id: "area", source: "area-labels" }, palette, 11.2, 11));
  return { sources, layers };
}

/** The layers under the incidents, each with its kind: those of the city's tiles, then its local ones. */
function groundParts(city: City): (Origin & { kind: BaseKind })[] {
  const tiled = (city.map.tiles?.layers ?? []).map((kind) => ({
    kind,
    id: `tiles-${kind}`,
    source: "tiles",
    "source-layer": kind,
  }));
  const local = city.map.layers.map(({ kind }, index) => ({
    kind,
    id: `base-${index}`,
    source: `base-${index}`,
  }));
  return [...tiled, ...local];
}

/** The style drawn from the city's own layers and tiles; with none it is plain land under the outlines. */
export function localStyle(city: City, shown: ShownAreas | null, palette: Palette): StyleSpecification {
  const parts = groundParts(city);
  const labels = parts.filter(({ kind }) => kind === "label");
  const hasLand = parts.some(({ kind }) => kind === "land");
  const areas = areaParts(shown, palette, labels.length === 0);
  const ground = hasLand ? palette.water : palette.land;
  const fade = fadeParts(city.bounds, city.map.tiles?.bounds ?? null, ground);
  const sources: StyleSpecification["sources"] = { ...areas.sources, ...ROOM_SOURCE, ...fade.sources };
  const absolute = (url: string) => new URL(url, location.href).href;
  if (city.map.tiles) {
    sources.tiles = { type: "vector", url: `pmtiles://${absolute(city.map.tiles.url)}` };
  }
  city.map.layers.forEach(({ url }, index) => {
    sources[`base-${index}`] = { type: "geojson", data: absolute(url), tolerance: 0.4 };
  });
  return {
    version: 8,
    sources,
    layers: [
      {
        id: "ground",
        type: "background",
        paint: { "background-color": ground },
      },
      ...DRAWN.flatMap(([kind, draw]) =>
        parts.filter((part) => part.kind === kind).flatMap((part) => draw(part, palette)),
      ),
      ...fade.layers,
      ...areas.layers.filter(({ type }) => type !== "symbol"),
      NAMES_BEGIN,
      ...areas.layers.filter(({ type }) => type === "symbol"),
      ...labels.map((part) => label(`${part.id}-names`, part, palette, 10.5, 11.5)),
      ROOM_LAYER,
    ],
  };
}

type Ring = [number, number][];

/** A point for each area's name: the centre of its largest outer ring, once, however the tiles cut it. */
export function labelPoints(areas: AreaCollection) {
  return {
    type: "FeatureCollection",
    features: areas.features.map(({ properties, geometry }) => {
      const polygons = (
        geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates
      ) as Ring[][];
      const rings = polygons.map((polygon) => polygon[0] ?? []);
      const centres = rings.map(centroid).sort((a, b) => b.area - a.area);
      return {
        type: "Feature",
        properties: { name: properties.name },
        geometry: { type: "Point", coordinates: centres[0]?.point ?? [0, 0] },
      };
    }),
  };
}

function centroid(ring: Ring): { area: number; point: [number, number] } {
  let area = 0;
  let x = 0;
  let y = 0;
  const [x0, y0] = ring[0] ?? [0, 0];
  for (let index = 0; index + 1 < ring.length; index++) {
    const [ax, ay] = ring[index] ?? [x0, y0];
    const [bx, by] = ring[index + 1] ?? [x0, y0];
    const cross = (ax - x0) * (by - y0) - (bx - x0) * (ay - y0);
    area += cross / 2;
    x += ((ax + bx - 2 * x0) * cross) / 6;
    y += ((ay + by - 2 * y0) * cross) / 6;
  }
  return { area: Math.abs(area), point: area === 0 ? [x0, y0] : [x0 + x / area, y0 + y / area] };
}
