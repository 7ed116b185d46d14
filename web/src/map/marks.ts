/** Turns the columns of the incidents into the GPU's: one set for all quiet marks, a small one for those alive. */

import { at, type Incidents, NEVER, OPEN } from "../data/incidents";
import { groupIndex } from "../present/categories";
import type { Facets } from "../state/facets";
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
  /** Counts up whenever the columns of the incidents changed. */
  revision: number;
}

/** Colour and glyph of each category's code, four bytes in one number. */
function looksOf({ incidents, palette }: Scene): Uint32Array {
  const looks = incidents.codes.category.texts.flatMap((text) => {
    const group = groupIndex(text ?? "other");
    return [...bytes(palette.groups[group] ?? "#000000"), group];
  });
  return new Uint32Array(new Uint8Array(looks).buffer);
}

/** When a closed row was closed, all in seconds on the marks' axis; `after` counts from `received` or is `NEVER`. */
function closedAfter(received: number, after: number, now: number): number {
  // The window rounds closing times up to a minute, which must not make them times to come.
  return Math.min(after === NEVER ? received : received + after, now - 1);
}

/** The rows that move or stand out, with those that matter most drawn last. */
export function aliveRows({ incidents, facets, moments, selected, fan }: Scene): number[] {
  const rows: number[] = [];
  const { state } = incidents;
  for (let index = facets.rows.length - 1; index >= 0; index--) {
    const row = facets.rows[index] as number;
    if (state[row] !== OPEN && (moments.size === 0 || !moments.has(row))) continue;
    if (at(incidents.place, row) >= 0 && row !== selected && !fan.has(row)) rows.push(row);
  }
  for (const row of fan.keys()) if (row !== selected) rows.push(row);
  if (selected !== null && at(incidents.place, selected) >= 0) rows.push(selected);
  return rows;
}

/** The columns of the rows that are alive. */
export function aliveMarks(scene: Scene, rows: number[]): MarkData {
  const { incidents, moments, selected, fan, base, now } = scene;
  const look = looksOf(scene);
  const points = new Float32Array(rows.length * 2);
  const times = new Float32Array(rows.length * 2);
  const looks = new Uint32Array(rows.length);
  const happened = new Float32Array(rows.length * 4);
  const offsets = new Float32Array(rows.length * 2);
  rows.forEach((row, index) => {
    const moment = moments.get(row);
    points.set(incidents.points.subarray(row * 2, row * 2 + 2), index * 2);
    const received = at(incidents.received, row) - base;
    const closed = closedAfter(received, at(incidents.closed, row), now - base);
    times.set([received, incidents.state[row] === OPEN ? NOT_YET : closed], index * 2);
    looks[index] = at(look, at(incidents.texts.category, row));
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

/**
 * The columns of all rows, those alive marked so that the GPU can leave them out. What the incidents alone decide is kept
 * until they change: another filter writes one column anew, and only that one goes to the GPU again.
 */
export class QuietMarks {
  #made: { incidents: Incidents; revision: number; base: number; palette: Palette } | null = null;
  #times = new Float32Array(0);
  #looks = new Uint8Array(0);
  #points = new Float32Array(0);
  /** Times of receipt and zeros in turn. */
  #unfiltered = new Float32Array(0);

  /** The columns, and how many of the marks are to be drawn, times of receipt apart. */
  columns(scene: Scene, alive: number[]): { data: MarkData; drawn: number } {
    const { incidents, revision, base, palette } = scene;
    const made = this.#made;
    const { passes } = scene.facets;
    const same = made?.incidents === incidents && made.revision === revision && made.palette === palette;
    // A row that just arrived may be filtered before its change is told.
    if (!same || made.base !== base || this.#looks.length !== passes.length * 4) this.#make(scene);
    this.#made = { incidents, revision, base, palette };
    const { place } = incidents;
    const filter = new Float32Array(this.#unfiltered);
    let drawn = 0;
    for (let row = 0; row < passes.length; row++) {
      if (passes[row] === 0 || (place[row] as number) < 0) continue;
      filter[row * 2 + 1] = QUIET;
      drawn++;
    }
    for (const row of alive) {
      if (filter[row * 2 + 1] !== QUIET) continue;
      filter[row * 2 + 1] = ALIVE;
      drawn--;
    }
    const attributes = {
      getPosition: { value: this.#points, size: 2 },
      getTimes: { value: this.#times, size: 2 },
      getLooks: { value: this.#looks, size: 4, normalized: true },
      getFilterValue: { value: filter, size: 2 },
    };
    return { data: { length: passes.length, attributes }, drawn };
  }

  #make(scene: Scene): void {
    const { incidents, facets, base, now } = scene;
    const { received, closed, state } = incidents;
    const { category } = incidents.texts;
    const { length } = facets.passes;
    const look = looksOf(scene);
    const times = new Float32Array(length * 2);
    const unfiltered = new Float32Array(length * 2);
    const looks = new Uint32Array(length);
    for (let row = 0; row < length; row++) {
      const since = (received[row] as number) - base;
      times[row * 2] = since;
      times[row * 2 + 1] =
        state[row] === OPEN ? NOT_YET : closedAfter(since, closed[row] as number, now - base);
      unfiltered[row * 2] = since;
      looks[row] = look[category[row] as number] as number;
    }
    this.#times = times;
    this.#unfiltered = unfiltered;
    this.#looks = new Uint8Array(looks.buffer);
    // A copy, as the column itself is written in place and would look unchanged.
    this.#points = incidents.points.slice(0, length * 2);
  }
}
