import fc from "fast-check";
import { expect, test } from "vitest";
import type { Incidents } from "../src/data/incidents";
import { HIDDEN, QUIET, QuietMarks, type Scene } from "../src/map/marks";
import type { Palette } from "../src/map/palette";
import { GROUP_IDS } from "../src/present/categories";
import type { Facets } from "../src/state/facets";
import { anyFeatures, feature, incidentsOf, NOW } from "./making";

const palette = { groups: GROUP_IDS.map((_, group) => `#${group}${group}${group}000`) } as Palette;

function scene(incidents: Incidents, shown: (row: number) => boolean, revision = 0): Scene {
  const passes = new Uint8Array(incidents.length).map((_, row) => Number(shown(row)));
  const facets = { passes, rows: new Uint32Array(0) } as unknown as Facets;
  const chosen = { moments: new Map(), selected: null, fan: new Map() };
  return { incidents, facets, revision, base: NOW, now: NOW, palette, ...chosen };
}

test("another filter writes one column anew, and a change of the incidents all of them", () => {
  const incidents = incidentsOf([1, 2, 3].map((seq) => feature(seq, { status: "closed", stage: "closed" })));
  const marks = new QuietMarks();
  const first = marks.columns(
    scene(incidents, () => true),
    [],
  );
  const narrowed = marks.columns(
    scene(incidents, (row) => row === 1),
    [],
  );
  expect([first.drawn, narrowed.drawn]).toEqual([3, 1]);
  for (const name of ["getPosition", "getTimes", "getLooks"]) {
    expect(narrowed.data.attributes[name]?.value).toBe(first.data.attributes[name]?.value);
  }
  expect(narrowed.data.attributes.getFilterValue?.value).not.toBe(
    first.data.attributes.getFilterValue?.value,
  );

  incidents.put(feature(2, { status: "closed", stage: "closed", category: "fire" }));
  const changed = marks.columns(
    scene(incidents, () => true, 1),
    [],
  );
  expect(changed.data.attributes.getLooks?.value).not.toEqual(first.data.attributes.getLooks?.value);
});

test("a row that arrived before its change is told is there, and what is kept equals what is made anew", () => {
  fc.assert(
    fc.property(anyFeatures, fc.integer({ min: 0, max: 3 }), (features, every) => {
      const incidents = incidentsOf(features);
      const marks = new QuietMarks();
      marks.columns(
        scene(incidents, () => true),
        [],
      );
      incidents.put(feature(features.length + 1000, { status: "closed", stage: "closed" }));
      const later = scene(incidents, (row) => row % (every + 1) === 0);
      const kept = marks.columns(later, []);
      expect(kept).toEqual(new QuietMarks().columns(later, []));
      const filter = kept.data.attributes.getFilterValue?.value ?? [];
      expect(filter.length).toBe(incidents.length * 2);
      for (let row = 0; row < incidents.length; row++) {
        const drawn = row % (every + 1) === 0 && (incidents.place[row] ?? -1) >= 0;
        expect(filter[row * 2 + 1]).toBe(drawn ? QUIET : HIDDEN);
      }
    }),
  );
});
