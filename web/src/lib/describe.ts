/** The words for one row: what list, details and a screen reader say about it alike. */

import type { Words } from "../words/en";
import type { Category } from "./categories";
import { at, type Incidents, OPEN, type Stage } from "./incidents";

/** How many of a call's bars received, dispatched, on scene and closed are behind each stage. */
const BARS: Record<Stage, number> = { received: 1, dispatched: 2, en_route: 2, on_scene: 3, closed: 4 };

/** How many bars an incident has and how many of them are behind it; nobody is sent to a request. */
export function barsOf(kind: string | null, stage: Stage): { of: number; reached: number } {
  if (kind === "request") return { of: 2, reached: stage === "closed" ? 2 : 1 };
  return { of: 4, reached: BARS[stage] };
}

export function titleOf(incidents: Incidents, row: number, words: Words): string {
  const category = incidents.text("category", row) ?? "other";
  return words.category[category as Category] ?? category;
}

/** "1400 block of Broadway · Downtown", from what there is. */
export function placeLine(
  incidents: Incidents,
  row: number,
  words: Words,
  areaName: (kind: string, id: string) => string,
  kinds: readonly string[],
): string {
  const place = incidents.placeOf(row);
  if (!place) return words.noPlace;
  const parts = place.label ? [place.label] : [];
  // Most people know their neighbourhood; few know their beat.
  const known = kinds.filter((kind) => place.areas[kind]);
  const kind = known.find((name) => name.startsWith("neighb")) ?? known[0];
  if (kind) parts.push(areaLabel(kind, place.areas[kind] ?? "", words, areaName));
  return parts.join(" · ") || words.unnamedPlace;
}

/** "Downtown", or "beat 04X" where the name is no more than a number. */
export function areaLabel(
  kind: string,
  id: string,
  words: Words,
  areaName: (kind: string, id: string) => string,
): string {
  const name = areaName(kind, id);
  return name === id && /\d/.test(id) ? `${words.areaKind[kind] ?? kind} ${id}` : name;
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
  if (incidents.state[row] === OPEN) return words.stageTitles[incidents.stageOf(row)] ?? "";
  const ending = endingOf(incidents, row, words);
  return ending ? words.closedAs(ending) : (words.stageTitles.closed ?? "");
}

/** Seconds from when an incident was received to when it was closed, if that is known and not yet to come. */
export function tookOf(incidents: Incidents, row: number): number | null {
  const closed = incidents.state[row] === OPEN ? null : incidents.closedAt(row);
  const took = closed === null ? 0 : closed - at(incidents.received, row);
  return took > 0 ? took : null;
}

/** Seconds since an incident was received. */
export function ageOf(incidents: Incidents, row: number, now: number): number {
  return now - at(incidents.received, row);
}
