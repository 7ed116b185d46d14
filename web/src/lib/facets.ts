/** One pass over all rows: which are shown, how many there are of each group, hour and interval. */

import { GROUP_IDS, groupIndex } from "./categories";
import { HIDDEN_GROUP, OUT_OF_HOURS, OUT_OF_TIME, type RowTest } from "./filter";
import { at, type Incidents, OPEN } from "./incidents";

export interface Facets {
  /** The rows that are shown, newest first. */
  rows: Uint32Array;
  /** For each row 1 when everything but its time lets it through: the GPU compares times itself. */
  passes: Uint8Array<ArrayBuffer>;
  /** How many would be shown of each group if only that group's switch were on. */
  groups: Uint32Array;
  /** Open and closed incidents in each interval of the timeline, the chosen span left out of account. */
  openBins: Uint32Array;
  closedBins: Uint32Array;
  /** How many were received in each hour of the day and each day of the week, that choice left out of account. */
  hours: Uint32Array;
  weekdays: Uint32Array;
}

/** The timeline's axis: `count` intervals of `step` seconds from `start`. */
export interface Axis {
  start: number;
  step: number;
  count: number;
}

export function survey(
  incidents: Incidents,
  test: RowTest,
  axis: Axis,
  hourOfWeek: (at: number) => number,
): Facets {
  const { length } = incidents;
  const rows = new Uint32Array(length);
  const facets: Facets = {
    rows,
    passes: new Uint8Array(length),
    groups: new Uint32Array(GROUP_IDS.length),
    openBins: new Uint32Array(axis.count),
    closedBins: new Uint32Array(axis.count),
    hours: new Uint32Array(24),
    weekdays: new Uint32Array(7),
  };
  const groupOfCode = incidents.codes.category.texts.map((text) => groupIndex(text ?? "other"));
  const { order, received: times, state, category } = incidents;
  let shown = 0;
  for (let index = length - 1; index >= 0; index--) {
    const row = at(order, index);
    const why = test(row);
    if (why > OUT_OF_HOURS + HIDDEN_GROUP + OUT_OF_TIME) continue;
    const received = at(times, row);
    if (why === 0) rows[shown++] = row;
    if ((why & ~OUT_OF_TIME) === 0) {
      facets.passes[row] = 1;
      const bin = Math.floor((received - axis.start) / axis.step);
      if (bin >= 0 && bin < axis.count) {
        const bins = state[row] === OPEN ? facets.openBins : facets.closedBins;
        bins[bin] = at(bins, bin) + 1;
      }
    }
    if ((why & ~HIDDEN_GROUP) === 0) {
      const group = groupOfCode[at(category, row)] ?? 0;
      facets.groups[group] = at(facets.groups, group) + 1;
    }
    if ((why & ~OUT_OF_HOURS) === 0) {
      const hour = hourOfWeek(received);
      facets.hours[hour % 24] = at(facets.hours, hour % 24) + 1;
      const day = Math.floor(hour / 24);
      facets.weekdays[day] = at(facets.weekdays, day) + 1;
    }
  }
  facets.rows = rows.subarray(0, shown);
  return facets;
}
