/** The words for one row: what list, details and a screen reader say about it alike. */

import type { Words } from "../words/en";
import type { Category } from "./categories";
import { at, type Incidents, OPEN } from "./incidents";

export const STAGE_NAMES = ["received", "dispatched", "on_scene", "closed"] as const;

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
  // The neighbourhood says more than the beat; the last kind in the city's list is the finest it names.
  for (const kind of [...kinds].reverse()) {
    const id = place.areas[kind];
    if (!id) continue;
    const name = areaName(kind, id);
    const kindWord = words.areaKind[kind] ?? kind;
    parts.push(name === id && id.length <= 4 ? `${kindWord} ${id}` : name);
    if (parts.length === (place.label ? 2 : 1)) break;
  }
  return parts.join(" · ") || words.noPlace;
}

/** The stage of an open row or the ending of a closed one. */
export function stageLine(incidents: Incidents, row: number, words: Words): string {
  if (incidents.state[row] === OPEN) return words.stageTitles[stageName(incidents, row)] ?? "";
  const disposition = incidents.text("disposition", row);
  return disposition
    ? words.closedAs(words.dispositions[disposition] ?? disposition)
    : (words.stageTitles.closed ?? "");
}

export function stageName(incidents: Incidents, row: number): string {
  const reached = incidents.stagesReached(row);
  if (reached === 2 && incidents.stageAt("enRoute", row) !== null) return "en_route";
  return STAGE_NAMES[reached - 1] ?? "received";
}

/** Seconds since an incident was received. */
export function ageOf(incidents: Incidents, row: number, now: number): number {
  return now - at(incidents.received, row);
}
