/** One pass over all rows: which are shown, how many there are of each group, hour and interval. */

import { type Incidents, OPEN } from "../data/incidents";
import { GROUP_IDS, groupIndex } from "../present/categories";
import {
  HIDDEN_GROUP,
  OTHER_SECTION,
  OTHER_STATUS,
  OTHERWISE,
  OUT_OF_HOURS,
  OUT_OF_TIME,
  type RowTest,
  SECTIONS,
  sectionsOf,
} from "./filter";

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
  /** How many there are in each section, that choice left out of account. */
  sections: Uint32Array;
  /** How many are open and how many are not, the choice of one of them left out of account. */
  open: number;
  ended: number;
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
    sections: new Uint32Array(SECTIONS.length),
    open: 0,
    ended: 0,
  };
  const sectionOf = sectionsOf(incidents);
  const groupOfCode = incidents.codes.category.texts.map((text) => groupIndex(text ?? "other"));
  const { order, received: times, state } = incidents;
  const { category } = incidents.texts;
  const { passes, groups, openBins, closedBins, hours, weekdays, sections } = facets;
  let shown = 0;
  let open = 0;
  let ended = 0;
  // Columns are read without the help of functions: this runs over every row each time a filter changes.
  for (let index = length - 1; index >= 0; index--) {
    const row = order[index] as number;
    const why = test(row);
    if (why >= OTHERWISE) continue;
    const received = times[row] as number;
    if (why === 0) rows[shown++] = row;
    if ((why & ~OUT_OF_TIME) === 0) {
      passes[row] = 1;
      const bin = Math.floor((received - axis.start) / axis.step);
      if (bin >= 0 && bin < axis.count) {
        const bins = state[row] === OPEN ? openBins : closedBins;
        (bins[bin] as number)++;
      }
    }
    if ((why & ~HIDDEN_GROUP) === 0) {
      (groups[groupOfCode[category[row] as number] ?? 0] as number)++;
    }
    if ((why & ~OTHER_SECTION) === 0) (sections[sectionOf(row)] as number)++;
    if ((why & ~OTHER_STATUS) === 0) {
      if (state[row] === OPEN) open++;
      else ended++;
    }
    if ((why & ~OUT_OF_HOURS) === 0) {
      const hour = hourOfWeek(received);
      (hours[hour % 24] as number)++;
      (weekdays[Math.floor(hour / 24)] as number)++;
    }
  }
  facets.open = open;
  facets.ended = ended;
  facets.rows = rows.subarray(0, shown);
  return facets;
}
