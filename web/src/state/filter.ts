/** What to show: one definition, from which the address bar, the list, the GPU and the server query all follow. */

import { type Incidents, OPEN, RETRACTED } from "../data/incidents";
import {
  CATEGORIES,
  type Category,
  categoriesOf,
  GROUP_IDS,
  type GroupId,
  groupOf,
} from "../present/categories";

export const RANGES = [1, 24, 168, 720] as const;
export type Range = (typeof RANGES)[number];

/** What is listed apart: calls that somebody is answering, what officers began themselves, and 311 requests. */
export const SECTIONS = ["calls", "requests", "officer"] as const;
export type Section = (typeof SECTIONS)[number];

export interface Filter {
  /** Hours back from now that are on the timeline. */
  readonly range: Range;
  /** A span inside the range, epoch seconds: from `since`, up to but without `until`. */
  readonly since: number | null;
  readonly until: number | null;
  /** Groups that are switched off. */
  readonly hidden: readonly GroupId[];
  /** When the timeline ends, epoch seconds: a moment that was frozen, or the end of a day of the past. Null is now. */
  readonly end: number | null;
  /** These categories alone, if their groups are not switched off; none chosen is all of them. */
  readonly categories: readonly Category[];
  readonly status: "open" | "closed" | null;
  /** Null is what most people come for: the calls, or the requests of a city that has no calls. */
  readonly section: Section | "all" | null;
  readonly agency: string | null;
  readonly priority: number | null;
  readonly area: { readonly kind: string; readonly id: string } | null;
  /** Words that must all be found. */
  readonly words: string;
  /** Hours of the day and days of the week (Monday is 0), a bit for each. */
  readonly hours: number;
  readonly weekdays: number;
}

export const ALL_HOURS = 0xffffff;
export const ALL_DAYS = 0x7f;

export const EVERYTHING: Filter = {
  range: 24,
  since: null,
  until: null,
  hidden: [],
  end: null,
  categories: [],
  status: null,
  section: null,
  agency: null,
  priority: null,
  area: null,
  words: "",
  hours: ALL_HOURS,
  weekdays: ALL_DAYS,
};

/** Write a filter as the parameters of this page's address; what is not narrowed is left out. */
export function toParams(filter: Filter): URLSearchParams {
  const params = new URLSearchParams();
  const set = (name: string, value: string | number | null) => {
    if (value !== null && value !== "") params.set(name, String(value));
  };
  if (filter.range !== EVERYTHING.range) set("range", filter.range);
  set("since", filter.since);
  set("until", filter.until);
  set("hide", filter.hidden.join(","));
  set("end", filter.end);
  set("category", filter.categories.join(","));
  set("status", filter.status);
  set("section", filter.section);
  set("agency", filter.agency);
  set("priority", filter.priority);
  if (filter.area) set("area", `${filter.area.kind}:${filter.area.id}`);
  set("q", filter.words.trim());
  if (filter.hours !== ALL_HOURS) set("hours", bitsToText(filter.hours, 24));
  if (filter.weekdays !== ALL_DAYS) set("weekdays", bitsToText(filter.weekdays, 7));
  return params;
}

/** Whether anything is left out of what is shown; time on the axis and section alone leave out nothing. */
export function isNarrowed(filter: Filter): boolean {
  return toParams({ ...filter, range: EVERYTHING.range, end: null, section: null }).size > 0;
}

/** The section that an address names; those from before there were sections named a kind or an origin. */
function sectionOfParams(params: URLSearchParams): Filter["section"] {
  const named = ([...SECTIONS, "all"] as const).find((section) => section === params.get("section"));
  if (named) return named;
  if (params.get("origin") === "officer") return "officer";
  if (params.get("kind") === "request") return "requests";
  return params.get("kind") === "call" || params.get("origin") === "community" ? "calls" : null;
}

/** Read a filter from an address; what cannot be read is as if it were not there. */
export function fromParams(params: URLSearchParams): Filter {
  const number = (name: string) => {
    const value = params.get(name);
    return value !== null && /^\d{1,10}$/.test(value) ? Number(value) : null;
  };
  const oneOf = <T extends string>(name: string, values: readonly T[]): T | null =>
    values.find((value) => value === params.get(name)) ?? null;
  const hidden = new Set((params.get("hide") ?? "").split(","));
  const categories = new Set(params.getAll("category").flatMap((text) => text.split(",")));
  const area = /^([^:]+):(.+)$/.exec(params.get("area") ?? "");
  return {
    range: RANGES.find((range) => range === number("range")) ?? EVERYTHING.range,
    since: number("since"),
    until: number("until"),
    hidden: GROUP_IDS.filter((group) => hidden.has(group)),
    end: number("end"),
    categories: CATEGORIES.filter((category) => categories.has(category)),
    status: oneOf("status", ["open", "closed"]),
    section: sectionOfParams(params),
    agency: params.get("agency") || null,
    priority: number("priority"),
    area: area?.[1] && area[2] ? { kind: area[1], id: area[2] } : null,
    words: (params.get("q") ?? "").trim(),
    hours: textToBits(params.get("hours"), 24) || ALL_HOURS,
    weekdays: textToBits(params.get("weekdays"), 7) || ALL_DAYS,
  };
}

/**
 * Ask `/api/v1/incidents` for the same. Two things differ: it knows only the words of the feed, not those of the reader's
 * language, and open incidents from before the range need a question of their own.
 */
export function toServerQuery(filter: Filter, now: number): URLSearchParams {
  const query = new URLSearchParams();
  const iso = (at: number) => new Date(at * 1000).toISOString().replace(".000Z", "Z");
  const { since, until } = timeBounds(filter, now);
  query.set("since", iso(since));
  if (until !== Number.POSITIVE_INFINITY) query.set("until", iso(until));
  const shown = categoriesOf(GROUP_IDS.filter((id) => !filter.hidden.includes(id)));
  const chosen = new Set(filter.categories);
  const wanted = chosen.size === 0 ? shown : shown.filter((one) => chosen.has(one));
  if (wanted.length < CATEGORIES.length) for (const one of wanted) query.append("category", one);
  // A question without categories is one for all of them: no time at all has none.
  if (wanted.length === 0) query.set("until", iso(since));
  for (const name of ["status", "section", "agency", "priority"] as const) {
    const value = filter[name];
    if (value !== null && value !== "all") query.set(name, String(value));
  }
  if (filter.hours !== ALL_HOURS) query.set("hours", bitsToText(filter.hours, 24));
  if (filter.weekdays !== ALL_DAYS) query.set("weekdays", bitsToText(filter.weekdays, 7));
  if (filter.area) query.set("area", `${filter.area.kind}:${filter.area.id}`);
  if (filter.words.trim()) query.set("q", filter.words.trim());
  return query;
}

/** The times received that a filter lets through, epoch seconds; for the list, the server and the GPU alike. */
export function timeBounds(filter: Filter, now: number): { since: number; until: number } {
  const always = Number.POSITIVE_INFINITY;
  return {
    since: filter.since ?? Math.floor(filter.end ?? now) - filter.range * 3600,
    until: Math.min(filter.until ?? always, filter.end ?? always),
  };
}

/** Whether open incidents from before the range are shown too: yes while nobody chose a time. */
export function keepsOldOpen(filter: Filter): boolean {
  return filter.since === null && filter.end === null;
}

/** When the timeline ends: a span from before its range moves it to where the span is. */
export function axisEnd({ range, since, until, end }: Filter, now: number): number {
  if (end !== null) return Math.min(end, now);
  const length = range * 3600;
  return since !== null && since < now - length ? Math.min(until ?? since + length, now) : now;
}

/** The filter whose address shows the same calls later: those received before this second, in the range as it is now. */
export function frozen(filter: Filter, now: number): Filter {
  return { ...filter, end: Math.floor(axisEnd(filter, now)) };
}

/** Bits of the answer of a `RowTest`: why a row is not shown. 0 means that it is shown. */
export const OUT_OF_TIME = 1;
export const HIDDEN_GROUP = 2;
export const OUT_OF_HOURS = 4;
export const OTHER_SECTION = 8;
export const OTHER_STATUS = 16;
export const OTHERWISE = 32;

export type RowTest = (row: number) => number;

/** The words of a category and of an area in the reader's language, for the search by words. */
export interface Spoken {
  category(category: string): string;
  subcategory(subcategory: string): string;
  area(kind: string, id: string): string;
}

/** Make the test that every view of the incidents goes through. */
export function compile(
  filter: Filter,
  incidents: Incidents,
  context: { now: number; hourOfWeek(at: number): number; spoken: Spoken },
): RowTest {
  const { since, until } = timeBounds(filter, context.now);
  const keepOpen = keepsOldOpen(filter);
  const hidden = incidents.codes.category.texts.map((text) =>
    filter.hidden.includes(groupOf(text ?? "other")),
  );
  const allHours = filter.hours === ALL_HOURS && filter.weekdays === ALL_DAYS;
  const otherwise = compileRest(filter, incidents, context.spoken);
  const { state: states, received: times } = incidents;
  const { category } = incidents.texts;
  const section = sectionsOf(incidents);
  const wantedSection = SECTIONS.indexOf(filter.section as Section);
  const wantedOpen = filter.status === null ? null : filter.status === "open";
  return (row) => {
    const state = states[row];
    if (state === RETRACTED || (otherwise && !otherwise(row))) return OTHERWISE;
    const received = times[row] as number;
    let why = 0;
    if (received >= until || (received < since && !(keepOpen && state === OPEN))) why |= OUT_OF_TIME;
    if (hidden[category[row] as number]) why |= HIDDEN_GROUP;
    if (wantedSection >= 0 && section(row) !== wantedSection) why |= OTHER_SECTION;
    if (wantedOpen !== null && (state === OPEN) !== wantedOpen) why |= OTHER_STATUS;
    if (!allHours) {
      const hour = context.hourOfWeek(received);
      const wanted = (filter.hours >> (hour % 24)) & (filter.weekdays >> Math.floor(hour / 24)) & 1;
      if (!wanted) why |= OUT_OF_HOURS;
    }
    return why;
  };
}

/** Tells in which section a row is listed, as an index into `SECTIONS`. */
export function sectionsOf(incidents: Incidents): (row: number) => number {
  const { kind, origin, category } = incidents.texts;
  const request = incidents.codes.kind.texts.indexOf("request");
  const officer = incidents.codes.origin.texts.indexOf("officer");
  const activity = incidents.codes.category.texts.indexOf("officer_activity");
  return (row) => (kind[row] === request ? 1 : origin[row] === officer || category[row] === activity ? 2 : 0);
}

/** The tests that every count leaves a row out by, or null when there are none. */
function compileRest(
  filter: Filter,
  incidents: Incidents,
  spoken: Spoken,
): ((row: number) => boolean) | null {
  const tests: ((row: number) => boolean)[] = [];
  if (filter.categories.length > 0) {
    const chosen = new Set<string | null>(filter.categories);
    const wanted = incidents.codes.category.texts.map((text) => chosen.has(text));
    const column = incidents.texts.category;
    tests.push((row) => wanted[column[row] as number] === true);
  }
  if (filter.agency !== null) {
    const code = incidents.codes.agency.texts.indexOf(filter.agency);
    const column = incidents.texts.agency;
    tests.push((row) => column[row] === code);
  }
  if (filter.priority !== null) tests.push((row) => incidents.priority[row] === filter.priority);
  if (filter.area) {
    const { kind, id } = filter.area;
    const inside = incidents.places.map((place) => place.areas[kind] === id);
    const { place } = incidents;
    tests.push((row) => inside[place[row] as number] === true);
  }
  if (filter.words.trim()) tests.push(compileWords(filter.words, incidents, spoken));
  if (tests.length < 2) return tests[0] ?? null;
  return (row) => tests.every((test) => test(row));
}

/** Every word must stand in the category or its subcategory, the place, its areas or the source type; looked up once per value. */
function compileWords(text: string, incidents: Incidents, spoken: Spoken): (row: number) => boolean {
  const words = fold(text).split(/\s+/).filter(Boolean).slice(0, 30);
  const all = 2 ** words.length - 1;
  const bits = (value: string) => {
    const folded = fold(value);
    return words.reduce((found, word, bit) => (folded.includes(word) ? found | (1 << bit) : found), 0);
  };
  const categories = incidents.codes.category.texts.map((id) =>
    bits(id ? `${id} ${spoken.category(id)}` : ""),
  );
  const finer = incidents.codes.subcategory.texts.map((id) =>
    bits(id ? `${id} ${spoken.subcategory(id)}` : ""),
  );
  const types = incidents.codes.source_type.texts.map((type) => bits(type ?? ""));
  const places = incidents.places.map((place) => {
    const areas = Object.entries(place.areas).map(([kind, id]) => `${id} ${spoken.area(kind, id)}`);
    return bits([place.label ?? "", ...areas].join(" · "));
  });
  const { place: placeOf } = incidents;
  const { category, subcategory, source_type: sourceType } = incidents.texts;
  return (row) => {
    const place = placeOf[row] as number;
    const found =
      (categories[category[row] as number] ?? 0) |
      (finer[subcategory[row] as number] ?? 0) |
      (types[sourceType[row] as number] ?? 0) |
      (place < 0 ? 0 : (places[place] ?? 0));
    return found === all;
  };
}

/** Lower case without accents, so that "jose" finds "José". */
export function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLocaleLowerCase("en");
}

function bitsToText(bits: number, count: number): string {
  const parts: string[] = [];
  for (let first = 0; first < count; first++) {
    if (!((bits >> first) & 1)) continue;
    let last = first;
    while (last + 1 < count && (bits >> (last + 1)) & 1) last++;
    parts.push(first === last ? `${first}` : `${first}-${last}`);
    first = last;
  }
  return parts.join(".");
}

function textToBits(text: string | null, count: number): number {
  let bits = 0;
  for (const part of (text ?? "").split(".")) {
    const match = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(part);
    if (!match) continue;
    const last = Math.min(Number(match[2] ?? match[1]), count - 1);
    for (let bit = Number(match[1]); bit <= last; bit++) bits |= 1 << bit;
  }
  return bits;
}
