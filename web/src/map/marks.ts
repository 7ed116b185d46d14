/** Turns the columns of the incidents into the GPU's: one set for all quiet marks, a small one for those alive. */

import { groupIndex } from "../lib/categories";
import type { Facets } from "../lib/facets";
import { at, type Incidents, OPEN } from "../lib/incidents";
import { bytes, type Palette } from "./palette";

/** Something that just happened to a row; `start` in seconds of real time. */
export interface Moment {
  change: "new" | "closed";
  start: number;
}

/** How long a moment keeps a mark among those alive, in seconds. */
export const MOMENT_S = 2.5;

/** Values of the second filter column: not drawn, drawn among the quiet, drawn among those alive. */
export const HIDDEN = 0;
export const QUIET = 1;
export const ALIVE = 2;

const LONG_AGO = -1e6;
const NOT_YET = 1e9;

interface Attribute {
  value: Float32Array | Uint8Array;
  size: number;
  normalized?: boolean;
}

export interface MarkData {
  length: number;
  attributes: Record<string, Attribute>;
}

export interface Scene {
  incidents: Incidents;
  facets: Facets;
  moments: ReadonlyMap<number, Moment>;
  selected: number | null;
  /** Rows that are fanned out, each with its offset in pixels. */
  fan: ReadonlyMap<number, [number, number]>;
  /** Epoch seconds at which the time columns are 0. */
  base: number;
  /** Epoch seconds. */
  now: number;
  palette: Palette;
}

/** Colour and glyph of each category's code, four bytes in one number. */
function looksOf({ incidents, palette }: Scene): Uint32Array {
  const looks = incidents.codes.category.texts.flatMap((text) => {
    const group = groupIndex(text ?? "other");
    return [...bytes(palette.groups[group] ?? "#000000"), group];
  });
  return new Uint32Array(new Uint8Array(looks).buffer);
}

function closedAt(scene: Scene, row: number): number {
  const { incidents, base, now } = scene;
  if (incidents.state[row] === OPEN) return NOT_YET;
  // The window rounds closing times up to a minute, which must not make them times to come.
  return Math.min(incidents.closedAt(row) ?? at(incidents.received, row), now - 1) - base;
}

/** The rows that move or stand out, with those that matter most drawn last. */
export function aliveRows({ incidents, facets, moments, selected, fan }: Scene): number[] {
  const rows: number[] = [];
  for (let index = facets.rows.length - 1; index >= 0; index--) {
    const row = at(facets.rows, index);
    if (incidents.state[row] !== OPEN && (moments.size === 0 || !moments.has(row))) continue;
    if (at(incidents.place, row) >= 0 && row !== selected && !fan.has(row)) rows.push(row);
  }
  for (const row of fan.keys()) if (row !== selected) rows.push(row);
  if (selected !== null && at(incidents.place, selected) >= 0) rows.push(selected);
  return rows;
}

/** The columns of the rows that are alive. */
export function aliveMarks(scene: Scene, rows: number[]): MarkData {
  const { incidents, moments, selected, fan, base } = scene;
  const look = looksOf(scene);
  const points = new Float32Array(rows.length * 2);
  const times = new Float32Array(rows.length * 2);
  const looks = new Uint32Array(rows.length);
  const happened = new Float32Array(rows.length * 4);
  const offsets = new Float32Array(rows.length * 2);
  rows.forEach((row, index) => {
    const moment = moments.get(row);
    points.set(incidents.points.subarray(row * 2, row * 2 + 2), index * 2);
    times.set([at(incidents.received, row) - base, closedAt(scene, row)], index * 2);
    looks[index] = at(look, at(incidents.category, row));
    happened.set(
      [
        moment?.change === "new" ? moment.start : LONG_AGO,
        moment?.change === "closed" ? moment.start : LONG_AGO,
        row === selected ? 1 : 0,
        fan.has(row) ? 2 : 1,
      ],
      index * 4,
    );
    offsets.set(fan.get(row) ?? [0, 0], index * 2);
  });
  return {
    length: rows.length,
    attributes: {
      getPosition: { value: points, size: 2 },
      getTimes: { value: times, size: 2 },
      getLooks: { value: new Uint8Array(looks.buffer), size: 4, normalized: true },
      getMoments: { value: happened, size: 4 },
      getOffsets: { value: offsets, size: 2 },
    },
  };
}

/** The columns of all rows, those alive marked so that the GPU can leave them out. */
export function quietMarks(scene: Scene, alive: number[]): MarkData {
  const { incidents, facets, base } = scene;
  const { received, category, place } = incidents;
  const { length } = facets.passes;
  const look = looksOf(scene);
  const times = new Float32Array(length * 2);
  const looks = new Uint32Array(length);
  const filter = new Float32Array(length * 2);
  for (let row = 0; row < length; row++) {
    const since = at(received, row) - base;
    times[row * 2] = since;
    times[row * 2 + 1] = closedAt(scene, row);
    filter[row * 2] = since;
    filter[row * 2 + 1] = facets.passes[row] && at(place, row) >= 0 ? QUIET : HIDDEN;
    looks[row] = at(look, at(category, row));
  }
  for (const row of alive) filter[row * 2 + 1] = filter[row * 2 + 1] === HIDDEN ? HIDDEN : ALIVE;
  return {
    length,
    attributes: {
      getPosition: { value: incidents.points.subarray(0, length * 2), size: 2 },
      getTimes: { value: times, size: 2 },
      getLooks: { value: new Uint8Array(looks.buffer), size: 4, normalized: true },
      getFilterValue: { value: filter, size: 2 },
    },
  };
}

/** How many of the quiet marks are to be drawn, times of receipt apart. */
export function drawnQuiet({ length, attributes }: MarkData): number {
  const filter = attributes.getFilterValue?.value;
  let count = 0;
  for (let row = 0; row < length; row++) if (filter?.[row * 2 + 1] === QUIET) count++;
  return count;
}
