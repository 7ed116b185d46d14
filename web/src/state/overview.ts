/** What there is in one section of the whole city, whatever the reader has narrowed. */

import type { City, Pulse } from "../data/api";
import { at, type Incidents, OPEN, RETRACTED } from "../data/incidents";
import { GROUP_IDS, type GroupId, groupIndex } from "../present/categories";
import { type Filter, SECTIONS, type Section, sectionsOf } from "./filter";

export interface Overview {
  open: number;
  ended: number;
  /** The groups of which this page knows an incident: a switch for any other would be empty for ever. */
  groups: ReadonlySet<GroupId>;
}

/** Count what is open, and what was received from `since` on and is not; with an `until`, only what was received between. */
export function overview(
  incidents: Incidents,
  section: Filter["section"],
  since: number,
  until: number | null = null,
): Overview {
  const sectionOf = sectionsOf(incidents);
  const wanted = SECTIONS.indexOf(section as Section);
  const groupOfCode = incidents.codes.category.texts.map((text) => groupIndex(text ?? "other"));
  const seen = new Uint8Array(GROUP_IDS.length);
  let open = 0;
  let ended = 0;
  for (let row = 0; row < incidents.length; row++) {
    const state = incidents.state[row];
    if (state === RETRACTED || (wanted >= 0 && sectionOf(row) !== wanted)) continue;
    const received = at(incidents.received, row);
    if (until !== null && (received < since || received >= until)) continue;
    seen[groupOfCode[at(incidents.texts.category, row)] ?? 0] = 1;
    if (state === OPEN) open++;
    else if (received >= since) ended++;
  }
  return { open, ended, groups: new Set(GROUP_IDS.filter((_, index) => seen[index])) };
}

/** What can be known of a section: nothing of feeds that never answered or are paused, no end where none is told. */
export interface Knowledge {
  /** Whether any of its feeds says how things are now. */
  present: boolean;
  /** How many of its feeds tell when something ends: all of them, some or none. */
  ends: "all" | "some" | "none";
}

export function knowledge(
  sources: City["sources"],
  pulse: Pulse | null,
  section: Filter["section"],
): Knowledge {
  const kind = section === "requests" ? "request" : "call";
  const own = sources.filter((source) => section === "all" || source.kind === kind);
  const silent = new Set(
    (pulse?.sources ?? [])
      .filter(({ state, last_success_at }) => state === "paused" || !last_success_at)
      .map(({ id }) => id),
  );
  const telling = own.filter(({ reports }) => reports.stages.includes("closed")).length;
  return {
    present: own.some(({ id }) => !silent.has(id)),
    ends: telling === own.length ? "all" : telling > 0 ? "some" : "none",
  };
}

/** The section that most people come for. */
export function mainSection(city: City | null): Section {
  return city?.sources.some(({ kind }) => kind === "call") === false ? "requests" : "calls";
}
