import fc from "fast-check";
import { expect, test } from "vitest";
import { at, CLOSED, Incidents, OPEN, RETRACTED } from "../src/data/incidents";
import { anyFeatures, feature, incidentsOf, iso, NOW } from "./making";

test("an update is written into the row that the incident has", () => {
  const incidents = incidentsOf([feature(5)]);
  const { row, change } = incidents.put(feature(5, { stage: "on_scene", agency: "fire" }));
  expect(change).toBe("updated");
  expect(incidents.length).toBe(1);
  expect(incidents.stageOf(row)).toBe("on_scene");
  expect(incidents.text("agency", row)).toBe("fire");
});

test("closing and reopening are told from other updates", () => {
  const incidents = incidentsOf([feature(5)]);
  const closing = feature(5, { status: "closed", stage: "closed", closed_at: iso(NOW) });
  expect(incidents.put(closing).change).toBe("closed");
  expect(incidents.closedAt(0)).toBe(NOW);
  expect(incidents.put(feature(5)).change).toBe("reopened");
  expect(incidents.state[0]).toBe(OPEN);
});

test("a retracted incident leaves nothing of what it was", () => {
  const incidents = incidentsOf([feature(1), feature(2, { category: "welfare", priority: 1 })]);
  const row = incidents.retract("incident2");
  expect(row).toBe(1);
  expect(incidents.state[1]).toBe(RETRACTED);
  expect(incidents.text("category", 1)).toBeNull();
  expect(incidents.placeOf(1)).toBeNull();
  expect(incidents.points[2]).toBeNaN();
  expect(incidents.rowOfId("incident2")).toBeUndefined();
  expect(incidents.idOf(1)).toBeUndefined();
});

test("a coarser version comes back into the row of the finer one that was taken back", () => {
  const incidents = incidentsOf([feature(1, { category: "alarm", source_type: "CANARY", priority: 1 })]);
  incidents.retract("incident1");
  const { row, change } = incidents.put(feature(1, { category: "medical" }));
  expect([row, change, incidents.length]).toEqual([0, "returned", 1]);
  expect(incidents.rowOfId("incident1")).toBe(0);
  expect(incidents.text("category", 0)).toBe("medical");
  expect(incidents.text("source_type", 0)).toBeNull();
});

test("whatever has no id when all are told is forgotten as if it were taken back", () => {
  const window = new Incidents(4);
  window.firstSeq.set([1, 2, 3]);
  window.filled(3);
  window.name(2, "incident2");
  window.put(feature(4));
  expect(window.retractUnnamed()).toEqual([0, 2]);
  expect([...window.state.subarray(0, 3)]).toEqual([RETRACTED, CLOSED, RETRACTED]);
  expect(window.retractUnnamed()).toEqual([]);
});

test("retracting an id that was never shown does nothing", () => {
  expect(incidentsOf([feature(1)]).retract("stranger")).toBeUndefined();
});

test("places that are alike in everything are kept once", () => {
  expect(incidentsOf([feature(1), feature(2), feature(3)]).places).toHaveLength(1);
  expect(incidentsOf([feature(1), feature(2, { areas: { beat: "12Y" } })]).places).toHaveLength(2);
});

test("rows stay in order of time received, whatever order they come in", () => {
  fc.assert(
    fc.property(anyFeatures, fc.infiniteStream(fc.integer({ min: 0, max: 9e5 })), (features, shifts) => {
      const incidents = incidentsOf(features);
      for (const one of features.slice(0, 5)) {
        incidents.put({
          ...one,
          properties: { ...one.properties, received_at: iso(NOW - Number(shifts.next().value)) },
        });
      }
      const order = [...incidents.order.subarray(0, incidents.length)];
      expect([...order].sort((a, b) => a - b)).toEqual(features.map((_, index) => index));
      for (let index = 1; index < order.length; index++) {
        const [before, after] = [order[index - 1] ?? 0, order[index] ?? 0];
        expect(at(incidents.received, before)).toBeLessThanOrEqual(at(incidents.received, after));
      }
    }),
  );
});

test("growing keeps every row", () => {
  const incidents = incidentsOf(
    Array.from({ length: 3000 }, (_, index) => feature(index + 1, { status: index % 2 ? "open" : "closed" })),
  );
  expect(incidents.length).toBe(3000);
  for (const row of [0, 1023, 1024, 2047, 2048, 2999]) {
    expect(incidents.firstSeq[row]).toBe(row + 1);
    expect(incidents.state[row]).toBe(row % 2 ? OPEN : CLOSED);
    expect(incidents.idOf(row)).toBe(`incident${row + 1}`);
  }
});

test("the newest of a kind is one that was not taken back", () => {
  const incidents = incidentsOf([
    feature(1, { received_at: iso(NOW - 900) }),
    feature(2, { received_at: iso(NOW - 300) }),
    feature(3, { received_at: iso(NOW - 60), kind: "request" }),
  ]);
  expect(incidents.newestOf("call")).toBe(NOW - 300);
  incidents.retract("incident2");
  expect(incidents.newestOf("call")).toBe(NOW - 900);
  expect(incidentsOf([]).newestOf("call")).toBeNull();
});
