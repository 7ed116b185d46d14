import fc from "fast-check";
import { expect, test } from "vitest";
import type { AreaCollection } from "../src/data/api";
import { COMPASS, directionOf, metresBetween, roughly } from "../src/present/near";
import { boxAround, type Here, inside, keep, metresTo, nearest, recall } from "../src/state/here";
import { areasOf } from "../src/state/inside";
import { listing } from "../src/state/listing";
import { feature, incidentsOf, iso, NOW } from "./making";

const BOUNDS = [-122.4, 37.6, -122.0, 37.9];
const HERE: Here = { lon: -122.25, lat: 37.75, what: "address", name: "12 Main St" };

function shelf(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage;
}

test("what was set is there again, until it is forgotten", () => {
  const storage = shelf();
  expect(recall(storage, BOUNDS)).toBeNull();
  keep(storage, HERE);
  expect(recall(storage, BOUNDS)).toEqual(HERE);
  expect(recall(storage, [-100, 30, -99, 31])).toBeNull();
  keep(storage, null);
  expect(recall(storage, BOUNDS)).toBeNull();
});

test("what somebody else left there, or no storage at all, is no place", () => {
  for (const text of [
    "{",
    "[]",
    '{"lon":"1","lat":2,"what":"point"}',
    '{"lon":-122.25,"lat":37.75,"what":"spy"}',
  ]) {
    const storage = shelf();
    storage.setItem("blocklight.here", text);
    expect(recall(storage, BOUNDS)).toBeNull();
  }
  const broken = { getItem: () => JSON.parse("{"), setItem: () => JSON.parse("{") } as unknown as Storage;
  expect(recall(broken, BOUNDS)).toBeNull();
  expect(() => keep(broken, HERE)).not.toThrow();
  expect(() => keep(null, HERE)).not.toThrow();
});

test("directions go round the compass, and back the other way", () => {
  const around = [
    [0, 0.01],
    [0.0126, 0.01],
    [0.01, 0],
    [0.0126, -0.01],
    [0, -0.01],
    [-0.0126, -0.01],
    [-0.01, 0],
    [-0.0126, 0.01],
  ] as const;
  const to = (east: number, north: number) => ({ lon: HERE.lon + east, lat: HERE.lat + north });
  expect(around.map(([east, north]) => directionOf(HERE, to(east, north)))).toEqual([...COMPASS]);
  fc.assert(
    fc.property(
      fc.double({ min: -0.2, max: 0.2, noNaN: true }),
      fc.double({ min: -0.2, max: 0.2, noNaN: true }),
      (e, n) => {
        if (Math.hypot(e, n) > 1e-6) expect(metresBetween(HERE, to(e, n))).toBeGreaterThan(0);
        expect(COMPASS).toContain(directionOf(HERE, to(e, n)));
      },
    ),
  );
  expect(metresBetween(HERE, to(0, 0.01))).toBeCloseTo(1111.95, 0);
});

test("a distance is no finer than a public place is true", () => {
  expect([3, 340, 360, 1234, 12_345].map((metres) => roughly(metres, 201))).toEqual([
    50, 350, 350, 1200, 12_000,
  ]);
  expect([40, 700, 1900].map((metres) => roughly(metres, 530))).toEqual([500, 500, 2000]);
});

const place = { label: null, kind: "grid" as const, radius_m: 201 };
const incidents = incidentsOf([
  feature(1, {
    point: [-122.25, 37.7505],
    received_at: iso(NOW - 20 * 3600),
    status: "closed",
    closed_at: iso(NOW - 19 * 3600),
    place,
  }),
  feature(2, {
    point: [-122.25, 37.753],
    received_at: iso(NOW - 900),
    status: "closed",
    closed_at: iso(NOW - 300),
    place,
  }),
  feature(3, { point: [-122.25, 37.7535], received_at: iso(NOW - 60), place }),
  feature(4, { point: [-122.25, 37.77], received_at: iso(NOW - 60), place }),
  feature(5, { point: null }),
]);
const rows = (...chosen: number[]) => Uint32Array.from(chosen);

test("the siren that just ended is meant, and not what was nearer yesterday", () => {
  expect(nearest(incidents, rows(3, 2, 1, 0, 4), HERE, NOW)).toMatchObject({ row: 1, others: 1 });
  expect(nearest(incidents, rows(2, 0), HERE, NOW)).toMatchObject({ row: 2, others: 0 });
  expect(nearest(incidents, rows(0), HERE, NOW)).toMatchObject({ row: 0, others: 0 });
  expect(nearest(incidents, rows(4), HERE, NOW)).toBeNull();
});

test("the list goes by distance, and what has no place stands last", () => {
  const { now, ended } = listing(incidents, rows(3, 4, 2, 1, 0), "nearest", HERE);
  expect([...now]).toEqual([2, 3, 4]);
  expect([...ended]).toEqual([0, 1]);
  expect(metresTo(HERE, incidents, 4)).toBe(Number.POSITIVE_INFINITY);
});

test("the nearest few and the point itself are in sight", () => {
  const [west, south, east, north] = boxAround(incidents, rows(0, 1, 2, 3, 4), HERE, 2);
  expect([west, south, east]).toEqual([-122.25, 37.75, -122.25]);
  expect(north).toBeCloseTo(37.753, 4);
  expect(inside({ lon: west, lat: north }, BOUNDS)).toBe(true);
  expect(boxAround(incidents, rows(4), HERE, 10)).toEqual([-122.25, 37.75, -122.25, 37.75]);
});

test("a point lies in the areas that hold it, and not in their holes", () => {
  const square = (x: number, y: number, size: number) => [
    [x, y],
    [x + size, y],
    [x + size, y + size],
    [x, y + size],
    [x, y],
  ];
  const collection = (kind: string, ...features: [string, string, unknown][]) =>
    ({
      type: "FeatureCollection",
      features: features.map(([id, type, coordinates]) => ({
        type: "Feature",
        id,
        properties: { id, name: id, kind },
        geometry: { type, coordinates },
      })),
    }) as unknown as AreaCollection;
  const areas = {
    beat: collection(
      "beat",
      ["01X", "Polygon", [square(0, 0, 4), square(1, 1, 1)]],
      ["02Y", "Polygon", [square(4, 0, 4)]],
    ),
    ward: collection("ward", ["7", "MultiPolygon", [[square(9, 9, 1)], [square(0, 0, 3)]]]),
  };
  expect(areasOf({ lon: 2.5, lat: 2.5 }, areas)).toEqual({ beat: "01X", ward: "7" });
  expect(areasOf({ lon: 1.5, lat: 1.5 }, areas)).toEqual({ ward: "7" });
  expect(areasOf({ lon: 5, lat: 1 }, areas)).toEqual({ beat: "02Y" });
  expect(areasOf({ lon: 50, lat: 1 }, areas)).toEqual({});
});
