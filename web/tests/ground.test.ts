import { expect, test } from "vitest";
import type { City } from "../src/data/api";
import { missingGround } from "../src/present/ground";

function city(map: Partial<City["map"]>, kinds: string[] = []): City {
  return {
    area_kinds: kinds.map((kind) => ({ kind, label: kind, url: "" })),
    map: { style_url: null, layers: [], tiles: null, ...map },
  } as unknown as City;
}

const tiles = { url: "/api/v1/map/tiles", layers: ["water", "label"], bounds: [0, 0, 1, 1] } as never;

test.each([
  [city({}), ["ground", "names", "areas"]],
  [city({}, ["beat"]), ["ground"]],
  [city({ tiles }), ["areas"]],
  [city({ tiles }, ["zip"]), []],
  [city({ style_url: "https://tiles.example/style.json" }), ["areas"]],
])("the operator reads what is missing", (of, missing) => {
  for (const own of ["localhost", "127.0.0.1", "[::1]"]) expect(missingGround(of, own)).toEqual(missing);
});

test("visitors read nothing of it", () => {
  for (const host of ["calls.example.gov", "localhost.example.gov", "10.0.0.7", ""]) {
    expect(missingGround(city({}), host)).toEqual([]);
  }
});
