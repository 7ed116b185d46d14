/** The sentences of one incident's card: the server's page of it says the same (`tests/golden/sentences.json`). */

import type { IncidentProperties, LifeEvent } from "../data/api";
import { at, type Incidents, NO_BYTE, OPEN, type Stage } from "../data/incidents";
import type { Words } from "../messages/words";
import { barStages, barsOf, categoryOf, stageLine, stageName } from "./describe";
import type { Formats } from "./format";

export interface Step {
  name: string;
  /** When it was reached: a time for the first stage, and for the others how long after it. */
  text: string;
  reached: boolean;
}

/** What a card is made of; `exact` comes from the server after the card has opened. */
export interface Subject {
  incidents: Incidents;
  row: number;
  exact: IncidentProperties | null;
}

/** The stages that its source reports, with their times; one that was passed without a time has a dash. */
export function stepsOf({ incidents, row, exact }: Subject, format: Formats, now: number): Step[] {
  const received = at(incidents.received, row);
  const open = incidents.state[row] === OPEN;
  const reported = incidents.reportedOf(row);
  const { reached } = barsOf(incidents, row);
  const about = exact?.time_step_min ? "≈\u00a0" : "";
  const closed = open ? null : (seconds(exact?.closed_at) ?? incidents.closedAt(row));
  const times: Partial<Record<Stage, number | null>> = {
    dispatched: seconds(exact?.dispatched_at) ?? seconds(exact?.en_route_at),
    on_scene: seconds(exact?.on_scene_at),
    closed,
  };
  return barStages(reported).map((bar, before): Step => {
    if (bar === "received")
      return {
        name: stageName(reported, bar),
        text: `${about}${format.moment(received, now)}`,
        reached: true,
      };
    const onlyEnRoute = bar === "dispatched" && exact && !exact.dispatched_at && exact.en_route_at;
    const time = times[bar] ?? null;
    const unknown = reached > before || !open ? "–" : "…";
    return {
      name: stageName(reported, onlyEnRoute ? "en_route" : bar),
      text: time === null ? unknown : `${about}+${format.span(time - received)}`,
      reached: time !== null,
    };
  });
}

/** What else is known of it, in a few words each. */
export function factsOf({ incidents, row, exact }: Subject, words: Words, format: Formats): string[] {
  const agency = incidents.text("agency", row);
  const priority = at(incidents.priority, row);
  const facts = [
    incidents.text("subcategory", row) === null ? null : categoryOf(incidents, row, words),
    agency === null ? null : (words.agencies[agency] ?? agency),
    priority === NO_BYTE ? null : words.priorityIs({ priority: format.number(priority) }),
    exact?.units ? words.unitsAssigned({ count: exact.units }) : null,
    // A call that units are assigned to is past being received, also where nobody reports since when.
    exact?.units && incidents.stageOf(row) === "received" ? null : stageLine(incidents, row, words),
  ];
  return facts.filter((fact) => fact !== null);
}

/** What was done to its place and its times before anybody saw them. */
export function notesOf({ incidents, row, exact }: Subject, words: Words, format: Formats): string[] {
  const place = incidents.placeOf(row);
  const type = incidents.text("source_type", row);
  const notes = [
    place ? words.placeKinds[place.kind]?.({ metres: format.metres(place.radius_m) }) : words.placeWithheld,
    type === null ? null : words.reportedAs({ text: type }),
    ...unreported(incidents, row, words),
    exact?.delayed ? words.delayed : null,
    exact?.time_step_min ? words.timeStep({ minutes: format.number(exact.time_step_min) }) : null,
  ];
  return notes.filter((note) => note !== null && note !== undefined);
}

/** What the source of an incident does not report. */
function unreported(incidents: Incidents, row: number, words: Words): string[] {
  const { stages, label } = incidents.reportedOf(row);
  const source = label ?? incidents.text("source", row) ?? "";
  const notes: string[] = [];
  if (incidents.text("kind", row) === "call" && !stages.includes("on_scene"))
    notes.push(words.noArrivals({ source }));
  if (!stages.includes("closed")) notes.push(words.noEnds({ source }));
  return notes;
}

/** What one published change set. */
export function changeLine(event: LifeEvent, words: Words, format: Formats): string {
  const parts = Object.entries(event.changed).flatMap(([field, value]) => {
    const name = words.fields[field];
    if (!name || value === null || typeof value === "object") return [];
    return [words.changedTo({ field: name, value: spoken(field, String(value), words, format) })];
  });
  return parts.join(" · ");
}

function spoken(field: string, value: string, words: Words, format: Formats): string {
  if (field.endsWith("_at")) return format.time(Date.parse(value) / 1000);
  const tables: Record<string, { readonly [name: string]: string | undefined }> = {
    status: words.statuses,
    category: words.category,
    subcategory: words.subcategory,
    disposition: words.dispositions,
    agency: words.agencies,
    origin: words.origins,
    kind: words.kinds,
  };
  return tables[field]?.[value] ?? value;
}

function seconds(time: string | null | undefined): number | null {
  return time ? Math.floor(Date.parse(time) / 1000) : null;
}
