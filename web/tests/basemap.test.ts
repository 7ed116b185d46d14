import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { expect, test } from "vitest";
import type { AreaCollection, BaseKind, City } from "../src/data/api";
import { localStyle } from "../src/map/basemap";
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

const KINDS: BaseKind[] = ["land", "water", "park", "road_minor", "road_major", "rail", "label"];

function tiled(kinds: BaseKind[]): City {
  const tiles = { url: "/api/v1/map/tiles", layers: kinds };
  return { map: { style_url: null, attribution: "", layers: [], tiles } } as unknown as City;
}

function city(kinds: BaseKind[]): City {
  const layers = kinds.map((kind, index) => ({ name: kind, kind, url: `http://city.example/map/${index}` }));
  return { map: { style_url: null, attribution: "", layers } } as unknown as City;
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
