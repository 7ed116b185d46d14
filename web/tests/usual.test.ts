import fc from "fast-check";
import { expect, test } from "vitest";
import { chosenPart, stripOf, type UsualKind, type UsualPart, whatOf, worthSaying } from "../src/data/usual";

function part(change: Partial<UsualPart> = {}): UsualPart {
  const past = [9, 12, null, 7].map((count) => ({ from: "", to: "", count, missing: null }));
  return { origin: null, now: 10, mean: 9.3, low: 2, high: 20, verdict: "usual", past, ...change };
}

test("the strip goes from the oldest week to now and marks weeks that are not compared", () => {
  const { bars, band } = stripOf(part());
  expect(bars.map((bar) => bar.height)).toEqual([7 / 20, null, 12 / 20, 9 / 20, 10 / 20]);
  expect(bars.map((bar) => bar.now)).toEqual([false, false, false, false, true]);
  expect(band).toEqual({ low: 0.1, high: 1 });
});

test("nothing of a strip is higher than it", () => {
  const count = fc.nat(5000);
  fc.assert(
    fc.property(fc.array(fc.option(count)), count, fc.option(count), (past, now, high) => {
      const weeks = past.map((one) => ({ from: "", to: "", count: one, missing: null }));
      const { bars, band } = stripOf(part({ past: weeks, now, high, low: high === null ? null : 0 }));
      for (const { height } of bars) expect(height ?? 0).toBeLessThanOrEqual(1);
      for (const { height } of bars) expect(height ?? 0).toBeGreaterThanOrEqual(0);
      expect(band?.high ?? 0).toBeLessThanOrEqual(1);
      expect(bars).toHaveLength(past.length + 1);
    }),
  );
});

test("the part of the incident's own origin is meant, or else what the community asked for", () => {
  const parts = [part({ origin: "officer" }), part({ origin: "community" })];
  expect(chosenPart(parts, "officer").main?.origin).toBe("officer");
  expect(chosenPart(parts, null).main?.origin).toBe("community");
  expect(chosenPart(parts, null).others.map((other) => other.origin)).toEqual(["officer"]);
  expect(chosenPart([], null).main).toBeUndefined();
  expect(whatOf("call", "officer")).toBe("officer");
  expect(whatOf("request", "community")).toBe("request");
});

test("of the city nothing is said but a verdict on the whole day", () => {
  const to = "2026-01-31T05:02:00Z";
  const told = (verdict: UsualPart["verdict"]): UsualKind => ({
    kind: "call",
    from: "",
    to,
    weeks: 8,
    size: null,
    parts: [part({ verdict })],
  });
  for (const verdict of ["fewer", "usual", "more"] as const) {
    expect(worthSaying(told(verdict))).toEqual({ part: part({ verdict }), until: Date.parse(to) / 1000 });
  }
  for (const verdict of ["too_few_weeks", "incomplete"] as const)
    expect(worthSaying(told(verdict))).toBeNull();
  expect(worthSaying({ ...told("usual"), to: null })).toBeNull();
  expect(worthSaying({ ...told("usual"), parts: [] })).toBeNull();
  expect(worthSaying(undefined)).toBeNull();
});
