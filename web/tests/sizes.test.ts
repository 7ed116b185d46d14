import fc from "fast-check";
import { expect, test } from "vitest";
import { closedRadius, hexagonsSayMore, legible, openRadius } from "../src/map/sizes";

const zooms = fc.double({ min: 8, max: 18, noNaN: true });
const counts = fc.integer({ min: 0, max: 200_000 });

test("a month of a city seen whole is hexagons, a day of it is marks with glyphs", () => {
  const whole = 12.3;
  expect(hexagonsSayMore(closedRadius(whole, 14_400), 14_400)).toBe(true);
  expect(hexagonsSayMore(closedRadius(whole, 420), 420)).toBe(false);
  expect(legible(closedRadius(whole, 420), 1)).toBe(true);
});

test("a week of a city seen whole is hexagons, and marks one step nearer", () => {
  expect(hexagonsSayMore(closedRadius(12.3, 3_400), 3_400)).toBe(true);
  expect(hexagonsSayMore(closedRadius(13.3, 3_400), 3_400)).toBe(false);
});

test("going nearer never turns marks into hexagons, nor do fewer incidents", () => {
  fc.assert(
    fc.property(zooms, zooms, counts, counts, (a, b, c, d) => {
      const [far, near] = [Math.min(a, b), Math.max(a, b)];
      const [few, many] = [Math.min(c, d), Math.max(c, d)];
      const dense = (zoom: number, count: number) => hexagonsSayMore(closedRadius(zoom, count), count);
      if (dense(near, many)) expect(dense(far, many)).toBe(true);
      if (dense(far, few)) expect(dense(far, many)).toBe(true);
    }),
  );
});

test("an open mark is never smaller than a closed one", () => {
  fc.assert(
    fc.property(zooms, counts, fc.boolean(), (zoom, count, dense) => {
      const closed = closedRadius(zoom, count);
      expect(openRadius(closed, dense && hexagonsSayMore(closed, count))).toBeGreaterThan(closed);
    }),
  );
});
