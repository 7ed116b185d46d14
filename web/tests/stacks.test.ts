import { expect, test } from "vitest";
import { placed, stacksOf } from "../src/map/stacks";
import { LocalHours } from "../src/state/clock";
import { survey } from "../src/state/facets";
import { compile, EVERYTHING } from "../src/state/filter";
import { feature, incidentsOf, NOW } from "./making";

const hours = new LocalHours("UTC");
const hourOfWeek = (time: number) => hours.of(time);
const spoken = {
  category: (id: string) => id,
  subcategory: (id: string) => id,
  area: (_: string, id: string) => id,
};

function shown(count: number) {
  const at = (lon: number) => ({ point: [lon, 37.8] as [number, number] });
  const features = [
    ...Array.from({ length: count }, (_, index) => feature(index + 1, at(-122.25))),
    feature(900, { ...at(-122.25), status: "closed" }),
    feature(901, at(-122.2)),
    feature(902, { ...at(-122.1), status: "closed" }),
    feature(903, { ...at(-122.1), status: "closed" }),
    feature(904, { point: null }),
    feature(905, { point: null }),
  ];
  const incidents = incidentsOf(features);
  const test = compile(EVERYTHING, incidents, { now: NOW, hourOfWeek, spoken });
  return {
    incidents,
    facets: survey(incidents, test, { start: NOW - 86400, step: 3600, count: 24 }, hourOfWeek),
  };
}

test("a place says how many are drawn at it, and one alone says nothing", () => {
  const { incidents, facets } = shown(40);
  expect(stacksOf(incidents, facets, false).map(({ count }) => count)).toEqual([41, 2]);
  expect(stacksOf(incidents, facets, true).map(({ count }) => count)).toEqual([40]);
});

test("of numbers that would lie over each other the largest is shown, and none beside the screen", () => {
  const stacks = [9, 7, 5, 3].map((count, index) => ({ lon: index, lat: 0, count }));
  const spots = [
    { x: 50, y: 50 },
    { x: 60, y: 50 },
    { x: 200, y: 50 },
    { x: -4, y: 50 },
  ];
  const found = placed(stacks, ({ lon }) => spots[lon] ?? { x: 0, y: 0 }, { width: 300, height: 100 });
  expect(found.map(({ count }) => count)).toEqual([9, 5]);
});
