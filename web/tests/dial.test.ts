import fc from "fast-check";
import { expect, test } from "vitest";
import { partAt, run, swept, turn } from "../src/present/dial";

const dial = fc
  .constantFrom(7, 24)
  .chain((parts) => fc.record({ parts: fc.constant(parts), from: fc.nat(parts - 1), to: fc.nat(parts - 1) }));

test("the part under the hand is where its wedge is drawn", () => {
  for (const parts of [7, 24]) {
    for (let part = 0; part < parts; part++) {
      const angle = ((part + 0.5) / parts) * 2 * Math.PI - Math.PI / 2;
      expect(partAt(Math.cos(angle) * 40, Math.sin(angle) * 40, parts)).toBe(part);
    }
  }
});

test("a turn leads from one part to the other, never more than half round", () => {
  fc.assert(
    fc.property(dial, ({ parts, from, to }) => {
      const turned = turn(from, to, parts);
      expect((from + turned + parts) % parts).toBe(to);
      expect(Math.abs(turned)).toBeLessThanOrEqual(parts / 2);
    }),
  );
});

test("what the hand swept lies side by side and holds both ends", () => {
  fc.assert(
    fc.property(dial, ({ parts, from, to }) => {
      const turned = turn(from, to, parts);
      const bits = swept(from, turned, parts);
      const ends = turned < 0 ? { first: to, last: from } : { first: from, last: to };
      expect(run(bits, parts)).toEqual(ends);
    }),
  );
});

test("parts that lie apart have no two ends", () => {
  expect(run(0b0000101, 7)).toBeNull();
  expect(run(0b1000001, 7)).toEqual({ first: 6, last: 0 });
});
