import { expect, test } from "vitest";
import type { AreaCollection, City } from "../src/data/api";
import { geocoderHost, geocoderQuery, readAnswer } from "../src/data/geocoder";
import { suggest } from "../src/state/suggest";
import { feature, incidentsOf } from "./making";

const city = { bounds: [-122.4, 37.7, -122.1, 37.9] } as City;
const square = (west: number) => [
  [
    [west, 37.8],
    [west + 0.1, 37.8],
    [west + 0.1, 37.85],
    [west, 37.8],
  ],
];
const area = (kind: string, id: string, name: string, west = -122.3) => ({
  type: "Feature" as const,
  id,
  properties: { kind, id, name },
  geometry: { type: "Polygon" as const, coordinates: square(west) },
});
const areas: Record<string, AreaCollection> = {
  beat: { type: "FeatureCollection", features: [area("beat", "04X", "04X")] },
  neighborhood: {
    type: "FeatureCollection",
    features: [area("neighborhood", "7", "Old Temescal"), area("neighborhood", "8", "Temescal")],
  },
};

test("areas are found by their names and ids, those that begin with the words first", () => {
  const incidents = incidentsOf([]);
  const names = (text: string) => suggest(text, areas, incidents, new Uint32Array()).map(({ name }) => name);
  expect(names("temes")).toEqual(["Temescal", "Old Temescal"]);
  expect(names("04x")).toEqual(["04X"]);
  expect(names("  ")).toEqual([]);
  expect(suggest("04x", areas, incidents, new Uint32Array())[0]).toMatchObject({
    kind: "beat",
    box: [-122.3, 37.8, expect.closeTo(-122.2), 37.85],
  });
});

test("places are those of incidents that are shown, each once; what was taken back is not suggested", () => {
  const at = (label: string) => ({ place: { label, kind: "grid" as const, radius_m: 180 } });
  const incidents = incidentsOf([
    feature(1, at("Broadway & 5th")),
    feature(2, at("Broadway & 5th")),
    feature(3, at("100 block of Broadway")),
    feature(4, at("Elsewhere")),
  ]);
  const names = (rows: number[]) =>
    suggest("broadway", {}, incidents, Uint32Array.from(rows)).map(({ name }) => name);
  expect(names([0, 1, 2, 3])).toEqual(["Broadway & 5th", "100 block of Broadway"]);
  incidents.retract("incident3");
  expect(names([0, 1, 2])).toEqual(["Broadway & 5th"]);
});

test("the geocoder is asked with what its address has room for", () => {
  const url = "https://geo.example/search?box={west},{north}&l={language}&x={other}&q={query}";
  expect(geocoderHost(url)).toBe("geo.example");
  expect(geocoderQuery(url, "5 Main St & 2nd", city, "es")).toBe(
    "https://geo.example/search?box=-122.4,37.9&l=es&x={other}&q=5%20Main%20St%20%26%202nd",
  );
});

test("only points inside the city are taken from its answer, whatever it says", () => {
  const point = (lon: unknown, lat: unknown, properties: object) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [lon, lat] },
    properties,
  });
  const answer = {
    features: [
      point(-122.2, 37.8, { display_name: "5 Main St, Smallville" }),
      point(-122.25, 37.8, { housenumber: "5", street: "Main St", city: "Smallville" }),
      point(-122.2, 37.8, { label: "Main Library" }),
      point(-120, 37.8, { label: "Too far" }),
      point("a", 37.8, { label: "No number" }),
      point(-122.2, 37.8, {}),
      null,
    ],
  };
  expect(readAnswer(answer, city.bounds).map(({ name }) => name)).toEqual([
    "5 Main St, Smallville",
    "5 Main St, Smallville",
    "Main Library",
  ]);
  for (const nonsense of [null, "no", {}, { features: "x" }])
    expect(readAnswer(nonsense, city.bounds)).toEqual([]);
});
