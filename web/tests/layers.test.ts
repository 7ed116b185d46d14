import { expect, test } from "vitest";
import { hexagonRadius, spots } from "../src/map/density";
import { LocalHours } from "../src/state/clock";
import { survey } from "../src/state/facets";
import { compile, EVERYTHING } from "../src/state/filter";
import { DENSITIES, type Layers, layersFromParams, layersToParams, toggleKind } from "../src/state/layers";
import { feature, incidentsOf, NOW } from "./making";

test("the address holds the layers, and nothing of them when they are the usual ones", () => {
  for (const density of DENSITIES) {
    for (const outlines of [undefined, null, "beat"]) {
      const layers: Layers = { density, outlines };
      const params = new URLSearchParams();
      layersToParams(layers, params);
      expect(layersFromParams(params)).toEqual(layers);
      if (density === "auto" && outlines === undefined) expect(params.size).toBe(0);
    }
  }
  expect(layersFromParams(new URLSearchParams("density=thick")).density).toBe("auto");
});

test("of calls and requests one at least is always shown", () => {
  expect(toggleKind("all", "request")).toBe("calls");
  expect(toggleKind("all", "call")).toBe("requests");
  expect(toggleKind("calls", "request")).toBe("all");
  expect(toggleKind("calls", "call")).toBe("requests");
  expect(toggleKind("requests", "call")).toBe("all");
  expect(toggleKind("requests", "request")).toBe("calls");
  expect(toggleKind("officer", "request")).toBe("all");
});

test("the hexagons add up the closed incidents that are shown, at their public places", () => {
  const features = [
    feature(1, { status: "closed", stage: "closed" }),
    feature(2, { status: "closed", stage: "closed" }),
    feature(3, { status: "open" }),
    feature(4, { status: "closed", stage: "closed", category: "fire" }),
    feature(5, { status: "closed", stage: "closed", point: [-122.2, 37.8] }),
  ];
  const incidents = incidentsOf(features);
  const hours = new LocalHours("UTC");
  const hourOfWeek = (time: number) => hours.of(time);
  const spoken = {
    category: (id: string) => id,
    subcategory: (id: string) => id,
    area: (_: string, id: string) => id,
  };
  const test = compile({ ...EVERYTHING, hidden: ["fire"] }, incidents, { now: NOW, hourOfWeek, spoken });
  const facets = survey(incidents, test, { start: NOW - 86400, step: 900, count: 96 }, hourOfWeek);
  expect(spots(incidents, facets).map(({ count }) => count)).toEqual([2, 1]);
});

test("hexagons keep their size within a zoom level and halve with the next", () => {
  expect(hexagonRadius(11.6, 39)).toBe(hexagonRadius(12.4, 39));
  expect(hexagonRadius(13, 39) * 2).toBeCloseTo(hexagonRadius(12, 39));
});
