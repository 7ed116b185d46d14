/** Invented incidents for tests, as features of the live feed. */

import fc from "fast-check";
import type { IncidentFeature } from "../src/data/api";
import { Incidents } from "../src/data/incidents";
import { CATEGORIES } from "../src/present/categories";

/** 2026-03-06 20:00 UTC, a Friday. */
export const NOW = 1772827200;

export const iso = (at: number) => new Date(at * 1000).toISOString();

type Changes = Partial<IncidentFeature["properties"]> & { id?: string; point?: [number, number] | null };

export function feature(firstSeq: number, { id, point, ...properties }: Changes = {}): IncidentFeature {
  const coordinates = point === undefined ? ([-122.25, 37.8] as [number, number]) : point;
  return {
    type: "Feature",
    id: id ?? `incident${firstSeq}`,
    geometry: coordinates && { type: "Point", coordinates },
    properties: {
      first_seq: firstSeq,
      seq: firstSeq,
      kind: "call",
      source: "dispatch",
      agency: "police",
      category: "noise",
      subcategory: null,
      status: "open",
      stage: "received",
      received_at: iso(NOW - 600),
      dispatched_at: null,
      en_route_at: null,
      on_scene_at: null,
      closed_at: null,
      released_at: iso(NOW - 595),
      updated_at: iso(NOW - 595),
      priority: null,
      origin: null,
      units: null,
      disposition: null,
      source_type: null,
      delayed: false,
      time_step_min: null,
      place: coordinates && { label: "1400 block of Broadway", kind: "grid", radius_m: 180 },
      areas: coordinates ? { beat: "04X" } : {},
      ...properties,
    },
  };
}

export function incidentsOf(features: IncidentFeature[]): Incidents {
  const incidents = new Incidents(0);
  for (const one of features) incidents.put(one);
  return incidents;
}

/** Any feature the server could send, numbered by the caller. */
export const anyFeature = fc
  .record({
    kind: fc.constantFrom("call" as const, "request" as const),
    agency: fc.constantFrom("police", "fire", "ems"),
    category: fc.constantFrom(...CATEGORIES),
    origin: fc.constantFrom("community" as const, "officer" as const, null),
    priority: fc.constantFrom(1, 2, 3, null),
    age: fc.integer({ min: 0, max: 40 * 86400 }),
    closedAfter: fc.option(fc.integer({ min: 0, max: 7200 })),
    label: fc.constantFrom("1400 block of Broadway", "Telegraph Ave & 27th St", "José Martí Plaza", null),
    beat: fc.constantFrom("04X", "12Y", null),
    placed: fc.boolean(),
  })
  .map((made) => (firstSeq: number) => {
    const received = NOW - made.age;
    const closed = made.closedAfter === null ? null : received + made.closedAfter;
    return feature(firstSeq, {
      kind: made.kind,
      agency: made.agency,
      category: made.category,
      origin: made.origin,
      priority: made.priority,
      status: closed === null ? "open" : "closed",
      stage: closed === null ? "on_scene" : "closed",
      received_at: iso(received),
      closed_at: closed === null ? null : iso(closed),
      point: made.placed ? [-122.25, 37.8] : null,
      place: made.placed ? { label: made.label, kind: "grid", radius_m: 180 } : null,
      areas: made.placed && made.beat ? { beat: made.beat } : {},
    });
  });

export const anyFeatures = fc
  .array(anyFeature, { minLength: 1, maxLength: 40 })
  .map((makers) => makers.map((make, index) => make(index + 1)));
