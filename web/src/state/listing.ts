/** The order of the list: what is happening now, and below it what has ended. */

import { at, type Incidents, OPEN } from "../data/incidents";
import type { Spot } from "../present/near";
import { metresTo } from "./here";

export const ORDERS = ["nearest", "newest", "longest"] as const;
export type Order = (typeof ORDERS)[number];

export interface Listing {
  /** Open rows in the order that was asked for. */
  now: Uint32Array;
  /** All others, what ended last first. */
  ended: Uint32Array;
}

/** More rows than any window has, so that a key and a row share one exact number. */
const ROWS = 2 ** 21;
/** Where what has no place stands: below everything that has one. */
const FARTHEST_M = 1e9;

/** Sort `rows`, which come newest first; both lists by distance where that is the order and there is a `here`. */
export function listing(incidents: Incidents, rows: Uint32Array, order: Order, here: Spot | null): Listing {
  const now = rows.filter((row) => incidents.state[row] === OPEN);
  if (order === "longest") now.reverse();
  const ended = rows.filter((row) => incidents.state[row] !== OPEN);
  if (order === "nearest" && here) {
    const far = (row: number) => Math.min(Math.round(metresTo(here, incidents, row)), FARTHEST_M);
    return { now: sorted(now, far), ended: sorted(ended, far) };
  }
  return { now, ended: sorted(ended, (row) => -(incidents.closedAt(row) ?? at(incidents.received, row))) };
}

/** Rows by a whole number of each, the smallest first; those of the same number keep their order. */
function sorted(rows: Uint32Array, keyOf: (row: number) => number): Uint32Array {
  const keys = Float64Array.from(rows, (row, index) => keyOf(row) * ROWS + index).sort();
  return Uint32Array.from(keys, (key) => at(rows, ((key % ROWS) + ROWS) % ROWS));
}

/** All rows in the order in which they are listed. */
export function listed({ now, ended }: Listing): Uint32Array {
  const all = new Uint32Array(now.length + ended.length);
  all.set(now);
  all.set(ended, now.length);
  return all;
}
