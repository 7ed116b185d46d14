/** The words for one row: what list, details and a screen reader say about it alike. */

import { at, type Incidents, OPEN, type Place, type Reported, STAGES, type Stage } from "../data/incidents";
import { en, type Words } from "../messages/words";
import type { Category, Subcategory } from "./categories";
import type { Formats } from "./format";
import { CENTRE_M, directionOf, metresBetween, roughly, type Spot } from "./near";

/** What is drawn of an incident's life: the stages that its source reports, and how many of them are behind it. */
export function barsOf(incidents: Incidents, row: number): { of: number; reached: number } {
  const bars = barStages(incidents.reportedOf(row));
  const stage = drawnAs(incidents.stageOf(row));
  const index = bars.indexOf(stage);
  if (index >= 0) return { of: bars.length, reached: index + 1 };
  // A stage that its source does not report, such as an end.
  const before = bars.filter((bar) => STAGES.indexOf(bar) < STAGES.indexOf(stage)).length;
  return { of: bars.length, reached: stage === "closed" ? 1 : before };
}

/** The stages that are drawn: on the way counts as dispatched, as feeds rarely report both. */
export function barStages({ stages }: Reported): Stage[] {
  return [...new Set(stages.map(drawnAs))];
}

function drawnAs(stage: Stage): Stage {
  return stage === "en_route" ? "dispatched" : stage;
}

/** Which word a stage has: reported and ended, where nothing lies between. */
export function stageName(reported: Reported, stage: Stage): string {
  if (barStages(reported).length > 2) return stage;
  return { received: "reported", closed: "ended" }[stage as string] ?? stage;
}

/** The name of the stage that the source of a row reports: no end where that reports none. */
function stageTitle(incidents: Incidents, row: number, words: Words): string {
  const reported = incidents.reportedOf(row);
  const stage = incidents.stageOf(row);
  const known = stage === "closed" && !reported.stages.includes("closed") ? "received" : stage;
  return words.stageTitles[stageName(reported, known)] ?? "";
}

/** What an incident is about, as closely as that is published. */
export function titleOf(incidents: Incidents, row: number, words: Words): string {
  const subcategory = incidents.text("subcategory", row);
  const finer = subcategory === null ? undefined : words.subcategory[subcategory as Subcategory];
  return finer ?? categoryOf(incidents, row, words);
}

/** The name of its category. */
export function categoryOf(incidents: Incidents, row: number, words: Words): string {
  const category = incidents.text("category", row) ?? "other";
  return words.category[category as Category] ?? category;
}

/** "1400 block of Broadway · Downtown", from what there is; with all of its areas where they are asked for. */
export function placeLine(
  incidents: Incidents,
  row: number,
  words: Words,
  { areaName, kinds, centre, format }: Ground,
  allAreas = false,
): string {
  const place = incidents.placeOf(row);
  if (!place) return words.noPlace;
  const parts = place.label ? [labelOf(place.label, words)] : [];
  const known = areaKindsOf(place, kinds).slice(0, allAreas ? kinds.length : 1);
  for (const kind of known) parts.push(areaLabel(kind, place.areas[kind] ?? "", words, areaName));
  if (parts.length > 0) return parts.join(" · ");
  const metres = metresBetween(centre, place);
  if (metres < CENTRE_M) return words.nearCentre;
  return words.fromCentre({
    distance: format.distance(roughly(metres, place.radius_m)),
    direction: words.directions[directionOf(centre, place)],
  });
}

/** The label of a place; a hundred block, and a street near another, are said as the language says it. */
export function labelOf(label: string, words: Words): string {
  const [, number, street] = /^(\d+) block of (.+)$/.exec(label) ?? [];
  if (number && street) return words.blockOf({ number, street });
  const [, along, crossed] = /^(.+) near (.+)$/.exec(label) ?? [];
  return along && crossed ? words.nearStreet({ street: along, crossed }) : label;
}

/** What a city knows of its places. */
export interface Ground {
  areaName: (kind: string, id: string) => string;
  kinds: readonly string[];
  centre: Spot;
  format: Formats;
}

/** The kinds of area that a place lies in, the best known first. */
export function areaKindsOf(place: Place | null, kinds: readonly string[]): string[] {
  const known = kinds.filter((kind) => place?.areas[kind]);
  // Most people know their neighbourhood; few know their beat.
  const best = known.filter((kind) => kind.startsWith("neighb"));
  return [...best, ...known.filter((kind) => !best.includes(kind))];
}

/** "Downtown", or "beat 04X" where the name is no more than a number. */
export function areaLabel(
  kind: string,
  id: string,
  words: Words,
  areaName: (kind: string, id: string) => string,
): string {
  const name = areaName(kind, id);
  if (name === id && /\d/.test(id)) return `${words.areaKind[kind] ?? kind} ${id}`;
  return inWords(name, words);
}

/** "Beat 4X" in another language than English, where what it is has a word there; every other name stays as it is. */
function inWords(name: string, words: Words): string {
  const [, what = "", number] = /^(\D+) (\S*\d\S*)$/.exec(name) ?? [];
  const kind = Object.keys(en.areaKind).find((one) => en.areaKind[one]?.toLowerCase() === what.toLowerCase());
  const own = kind && words.areaKind[kind];
  return own && own !== en.areaKind[kind] ? `${own} ${number}` : name;
}

/** Parts with dots between them, none of which begins a line. */
export function dotted(parts: string[]): string {
  return parts.join(" · ").replaceAll(" ·", "\u00a0·");
}

/** How a closed row ended, where that is known. */
export function endingOf(incidents: Incidents, row: number, words: Words): string | null {
  const disposition = incidents.state[row] === OPEN ? null : incidents.text("disposition", row);
  return disposition ? (words.dispositions[disposition] ?? disposition) : null;
}

/** The stage of an open row or the ending of a closed one. */
export function stageLine(incidents: Incidents, row: number, words: Words): string {
  const ending = endingOf(incidents, row, words);
  const title = stageTitle(incidents, row, words);
  return ending ? words.endedAs({ stage: title, disposition: ending }) : title;
}

/**
 * Seconds from when an incident was received to when it was closed, if that is known and not yet to come: in whole
 * minutes, rounded up, as the window has them.
 */
export function tookOf(incidents: Incidents, row: number): number | null {
  const closed = incidents.state[row] === OPEN ? null : incidents.closedAt(row);
  const took = closed === null ? 0 : closed - at(incidents.received, row);
  return took > 0 ? Math.ceil(took / 60) * 60 : null;
}

/** What a row of the list says of its stage: "Closed in 30 min", or the stage where that is not known. */
export function progressOf(incidents: Incidents, row: number, words: Words, format: Formats): string {
  const took = tookOf(incidents, row);
  if (took === null) return stageTitle(incidents, row, words);
  const isLong = barStages(incidents.reportedOf(row)).length > 2;
  return (isLong ? words.closedIn : words.endedAfter)({ span: format.span(took) });
}

/** Seconds since an incident was received. */
export function ageOf(incidents: Incidents, row: number, now: number): number {
  return now - at(incidents.received, row);
}
