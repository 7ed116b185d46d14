import { expect, test } from "vitest";
import { claims } from "../src/map/room";
import type { View } from "../src/map/view";
import type { Facets } from "../src/state/facets";
import { feature, incidentsOf } from "./making";

test("names make room for each place with an open mark, once, and for no other", () => {
  const closed = { status: "closed", stage: "closed" } as const;
  const incidents = incidentsOf([
    feature(1, { point: [-122.1, 37.1] }),
    feature(2, { point: [-122.1, 37.1] }),
    feature(3, { point: [-122.2, 37.2], ...closed }),
    feature(4, { point: [-122.3, 37.3] }),
    feature(5, { point: null }),
  ]);
  const rows = Uint32Array.from({ length: incidents.length }, (_, row) => row);
  const found = claims({ incidents, facets: { rows } as Facets } as View, 13.4);
  expect(found.map(({ properties }) => properties.across)).toEqual([27, 27]);
  const longitudes = found.map(({ geometry }) => geometry.coordinates[0]);
  expect(longitudes).toEqual([expect.closeTo(-122.1), expect.closeTo(-122.3)]);
});
