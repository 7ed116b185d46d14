import { expect, test } from "vitest";
import { nearby } from "../src/state/nearby";
import { feature, incidentsOf } from "./making";

test("what is nearby is counted by distance, without itself and without those that have no place", () => {
  const incidents = incidentsOf([
    feature(1),
    feature(2, { point: [-122.25, 37.803] }),
    feature(3),
    feature(4, { point: null }),
    feature(5, { point: [-122.25, 37.806] }),
    feature(6, { point: [-122.244, 37.8] }),
  ]);
  const rows = Uint32Array.from([5, 4, 3, 2, 1, 0]);
  expect(nearby(incidents, rows, 0, 500, 9)).toEqual({ count: 2, nearest: [2, 1] });
  expect(nearby(incidents, rows, 0, 600, 1)).toEqual({ count: 3, nearest: [2] });
  expect(nearby(incidents, rows, 3, 600, 9).count).toBe(0);
});
