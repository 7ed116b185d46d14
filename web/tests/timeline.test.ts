import fc from "fast-check";
import { expect, test } from "vitest";
import es from "../messages/es/common.ftl";
import { en } from "../src/messages/words";
import { formats } from "../src/present/format";
import { bars, drag, gripAt, scaleOf, ticks } from "../src/present/timeline";
import { LocalHours } from "../src/state/clock";
import { NOW } from "./making";

const axis = { start: NOW - 86400, step: 900, count: 96 };
const end = NOW;

test("however a span is dragged it stays on the axis, on whole steps, and is never empty", () => {
  const time = fc.integer({ min: axis.start - 5000, max: end + 5000 });
  fc.assert(
    fc.property(
      fc.constantFrom("from", "to", "span", "new"),
      fc.integer({ min: 0, max: 90 }),
      fc.integer({ min: 1, max: 6 }),
      time,
      time,
      (grip, first, length, from, to) => {
        const start = { since: axis.start + first * 900, until: axis.start + (first + length) * 900 };
        const { since, until } = drag(grip as "from", start, from, to, axis);
        expect((since - axis.start) % axis.step).toBe(0);
        expect(until - since).toBeGreaterThanOrEqual(axis.step);
        expect(since).toBeGreaterThanOrEqual(axis.start);
        if (grip === "span") expect(until - since).toBe(length * 900);
      },
    ),
  );
});

test("a pointer near a handle takes the handle, inside the span the span, elsewhere a new one", () => {
  const span = { since: NOW - 7200, until: NOW - 3600 };
  expect(gripAt(NOW - 7300, span, 200)).toBe("from");
  expect(gripAt(NOW - 3500, span, 200)).toBe("to");
  expect(gripAt(NOW - 5000, span, 200)).toBe("span");
  expect(gripAt(NOW - 9000, span, 200)).toBe("new");
  expect(gripAt(NOW - 5000, null, 200)).toBe("new");
});

test("marks name noon and midnight and leave room for now", () => {
  const hours = new LocalHours("America/Los_Angeles");
  const format = formats("en", "America/Los_Angeles");
  const found = ticks(axis, 24, format, (time) => hours.of(time), en);
  expect(found.map((tick) => tick.text)).toEqual([
    "3 pm",
    "6 pm",
    "9 pm",
    "midnight",
    "3 am",
    "6 am",
    "9 am",
  ]);
});

test("an interval without incidents has no bar", () => {
  expect(bars(new Uint32Array([0, 2, 0]), 4, 40).match(/M/g)).toHaveLength(1);
});

test("marks that would run into each other are left out", () => {
  const hours = new LocalHours("America/Los_Angeles");
  const found = ticks(axis, 24, formats("es", "America/Los_Angeles"), (time) => hours.of(time), es, 354);
  expect(found.length).toBeGreaterThan(1);
  const longest = 6.6 * Math.max(...found.map((tick) => tick.text.length));
  found.slice(1).forEach((tick, index) => {
    expect((tick.at - (found[index]?.at ?? 0)) * 354).toBeGreaterThan(longest);
  });
});

test("the scale ends at a round number that holds the highest bar, and is less than two and a half times as high", () => {
  expect([0, 5, 6, 10, 11, 20, 21, 51, 100, 101, 1999].map(scaleOf)).toEqual([
    5, 5, 10, 10, 20, 20, 50, 100, 100, 200, 2000,
  ]);
  for (let most = 5; most < 3000; most++) {
    expect(scaleOf(most)).toBeGreaterThanOrEqual(most);
    expect(scaleOf(most)).toBeLessThan(2.5 * most);
  }
});
