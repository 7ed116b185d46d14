import fc from "fast-check";
import { expect, test } from "vitest";
import type { City, Pulse } from "../src/data/api";
import { at, OPEN } from "../src/data/incidents";
import { listed, listing, ORDERS } from "../src/state/listing";
import { knowledge, overview } from "../src/state/overview";
import { anyFeatures, feature, incidentsOf, iso, NOW } from "./making";

const newestFirst = (incidents: ReturnType<typeof incidentsOf>) =>
  incidents.order.slice(0, incidents.length).reverse();

test("every row is listed once: what is open above, and below it what ended last first", () => {
  fc.assert(
    fc.property(anyFeatures, fc.constantFrom(...ORDERS), (features, order) => {
      const incidents = incidentsOf(features);
      const list = listing(incidents, newestFirst(incidents), order, null);
      expect([...listed(list)].sort((a, b) => a - b)).toEqual(features.map((_, row) => row));
      expect([...list.now].every((row) => incidents.state[row] === OPEN)).toBe(true);
      expect([...list.ended].some((row) => incidents.state[row] === OPEN)).toBe(false);
      const ends = [...list.ended].map((row) => incidents.closedAt(row) ?? at(incidents.received, row));
      expect(ends).toEqual([...ends].sort((a, b) => b - a));
      const began = [...list.now].map((row) => at(incidents.received, row));
      expect(began).toEqual([...began].sort((a, b) => (order === "longest" ? a - b : b - a)));
    }),
  );
});

test("the whole city has its own numbers, of one section", () => {
  const incidents = incidentsOf([
    feature(1),
    feature(2, { kind: "request", category: "service" }),
    feature(3, { origin: "officer" }),
    feature(4, { status: "closed", closed_at: iso(NOW - 60) }),
    feature(5, { status: "closed", received_at: iso(NOW - 9000), category: "fire" }),
  ]);
  const calls = overview(incidents, "calls", NOW - 3600);
  expect([calls.open, calls.ended, [...calls.groups]]).toEqual([1, 1, ["disturbance", "fire"]]);
  expect(overview(incidents, "requests", NOW - 3600).open).toBe(1);
  const all = overview(incidents, "all", NOW - 10_000);
  expect([all.open, all.ended]).toEqual([3, 2]);
  incidents.retract("incident1");
  expect(overview(incidents, "calls", NOW - 3600).open).toBe(0);
});

const source = (id: string, kind: "call" | "request", ...stages: string[]) =>
  ({ id, kind, reports: { stages, units: false } }) as unknown as City["sources"][number];
const heard = (id: string, state: string, last_success_at: string | null) => ({ id, state, last_success_at });

test("what nobody tells is not known", () => {
  const sources = [
    source("calls", "call", "received", "closed"),
    source("reports", "call", "received"),
    source("requests", "request", "received", "closed"),
  ];
  const pulse = (...found: unknown[]) => ({ sources: found }) as unknown as Pulse;
  expect(knowledge(sources, null, "calls")).toEqual({ present: true, ends: "some" });
  expect(knowledge(sources, null, "requests")).toEqual({ present: true, ends: "all" });
  expect(knowledge([sources[1] ?? source("", "call")], null, "officer").ends).toBe("none");
  const silent = pulse(heard("calls", "waiting", null), heard("reports", "paused", iso(NOW)));
  expect(knowledge(sources, silent, "calls").present).toBe(false);
  expect(knowledge(sources, silent, "requests").present).toBe(true);
});
