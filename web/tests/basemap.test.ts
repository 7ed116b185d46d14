import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import type { FeatureCollection, Polygon } from "geojson";
import { expect, test } from "vitest";
import type { AreaCollection, BaseKind, City } from "../src/data/api";
import { localStyle } from "../src/map/basemap";
import { fadeParts } from "../src/map/fade";
import { bytes, type Palette } from "../src/map/palette";
import { NAMES_BEGIN, ROOM_LAYER } from "../src/map/room";

const color = "#0f6f78";
const palette: Palette = {
  land: color,
  water: color,
  park: color,
  minor: color,
  major: color,
  casing: color,
  outline: color,
  ink: color,
  second: color,
  third: color,
  card: color,
  accent: color,
  groups: [],
  dark: false,
};

const BOUNDS: City["bounds"] = [0, 0, 4, 2];
const KINDS: BaseKind[] = ["land", "water", "park", "road_minor", "road_major", "rail", "label"];

function tiled(kinds: BaseKind[]): City {
  const tiles = { url: "/api/v1/map/tiles", layers: kinds };
  return { bounds: BOUNDS, map: { style_url: null, attribution: "", layers: [], tiles } } as unknown as City;
}

function city(kinds: BaseKind[]): City {
  const layers = kinds.map((kind, index) => ({ name: kind, kind, url: `http://city.example/map/${index}` }));
  return { bounds: BOUNDS, map: { style_url: null, attribution: "", layers } } as unknown as City;
}

const square = [
  [
    [0, 0],
    [4, 0],
    [4, 2],
    [0, 2],
    [0, 0],
  ],
];
const areas: AreaCollection = {
  type: "FeatureCollection",
  features: [
    {
      type: "Feature",
      id: "04X",
      properties: { id: "04X", name: "04X", kind: "beat" },
      geometry: { type: "Polygon", coordinates: square },
    },
  ],
};

test.each([
  ["every kind of layer", KINDS],
  ["nothing but outlines", []],
])("the style with %s is valid", (_, kinds) => {
  globalThis.location ??= { href: "http://city.example/" } as Location;
  const style = localStyle(city(kinds), { kind: "beat", areas, chosen: "04X" }, palette);
  expect(validateStyleMin(style as never)).toEqual([]);
  expect(style.layers.length).toBeGreaterThan(kinds.length);
});

test("the style over the city's tiles is valid, and reads them from its own server", () => {
  globalThis.location ??= { href: "http://city.example/" } as Location;
  const style = localStyle(tiled(KINDS), { kind: "beat", areas, chosen: null }, palette);
  expect(validateStyleMin(style as never)).toEqual([]);
  expect(style.sources.tiles).toEqual({
    type: "vector",
    url: "pmtiles://http://city.example/api/v1/map/tiles",
  });
  const read = style.layers.flatMap((layer) => ("source-layer" in layer ? [layer["source-layer"]] : []));
  expect(new Set(read)).toEqual(new Set(KINDS));
});

test("water lies over parks, and roads over water", () => {
  const ids = localStyle(city(KINDS), null, palette).layers.map((layer) => layer.id);
  const order = [
    "ground",
    "base-0-fill",
    "base-2-fill",
    "base-1-fill",
    "base-3-casing",
    "base-4-line",
    "base-6-names",
  ];
  expect(order.map((id) => ids.indexOf(id))).toEqual(
    [...order.map((id) => ids.indexOf(id))].sort((a, b) => a - b),
  );
  expect(ids).toEqual(expect.arrayContaining(order));
});

test("an area's name stands at the centre of its largest ring", () => {
  const style = localStyle(city([]), { kind: "beat", areas, chosen: null }, palette);
  const source = style.sources["area-labels"] as unknown as { data: AreaCollection };
  expect(source.data.features[0]?.geometry).toEqual({ type: "Point", coordinates: [2, 1] });
});

test("a colour is read whether or not it was shortened", () => {
  expect(bytes("#fff")).toEqual([255, 255, 255]);
  expect(bytes("#0f6f78")).toEqual([15, 111, 120]);
});

test("incidents are drawn between the ground and its names, and open marks claim room before any name", () => {
  for (const kinds of [KINDS, []]) {
    const { layers } = localStyle(city(kinds), { kind: "beat", areas, chosen: null }, palette);
    const begin = layers.findIndex(({ id }) => id === NAMES_BEGIN.id);
    const named = layers.filter((layer) => layer.type === "symbol" && layer.layout?.["text-field"]);
    expect(named.length).toBeGreaterThan(0);
    expect(named.every((layer) => layers.indexOf(layer) > begin)).toBe(true);
    expect(layers.slice(0, begin).every(({ type }) => type !== "symbol")).toBe(true);
    expect(layers.at(-1)?.id).toBe(ROOM_LAYER.id);
  }
});

test.each([
  ["far around the city", null, [-1.8, -0.9, 5.8, 2.9]],
  ["where its shapes end", [-1, 0, 4, 2], [-1, 0, 4, 2]],
] as const)("the map fades, %s, before its tiles end and never over the city's middle", (_, shapes, ends) => {
  const { sources, layers } = fadeParts(BOUNDS, shapes as City["bounds"] | null, color);
  const drawn = sources.fade?.data as FeatureCollection<Polygon, { cover: number }> | undefined;
  const features = drawn?.features ?? [];
  const covers = features.map(({ properties }) => properties.cover);
  expect(covers).toEqual(covers.toSorted((a, b) => a - b));
  expect(covers[0]).toBeLessThan(0.02);
  expect(covers.at(-1)).toBe(1);
  const holes = features.map(({ geometry }) => geometry.coordinates[1] ?? []);
  const last = holes.at(-1) ?? [];
  const [lons, lats] = [0, 1].map((side) => last.map((point) => point[side] ?? 0));
  const reached = [
    Math.min(...(lons ?? [])),
    Math.min(...(lats ?? [])),
    Math.max(...(lons ?? [])),
    Math.max(...(lats ?? [])),
  ];
  reached.forEach((side, index) => {
    expect(side).toBeCloseTo(ends[index] ?? 0, 6);
  });
  for (const [lon = 0, lat = 0] of holes.flat()) {
    expect(Math.abs(lon - 2) / 2 > 0.6 || Math.abs(lat - 1) > 0.6).toBe(true);
  }
  features.slice(0, -1).forEach(({ geometry }, ring) => {
    expect(geometry.coordinates[0]).toEqual(holes[ring + 1]?.toReversed());
  });
  expect(layers.map(({ type }) => type)).toEqual(["fill"]);
});
