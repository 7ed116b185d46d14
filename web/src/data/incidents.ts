/** The incidents this page knows, as columns: a row keeps its number for life and is updated in place. */

import type { IncidentFeature } from "./api";
import type { components } from "./openapi";

/** The stages in order; a row's `stage` is an index into them. */
export const STAGES = ["received", "dispatched", "en_route", "on_scene", "closed"] as const satisfies Stage[];
export type Stage = components["schemas"]["Stage"];

/** Not closed, or nobody told when. */
export const NEVER = -2147483648;

/** Values of `Incidents.state`. */
export const CLOSED = 0;
export const OPEN = 1;
export const RETRACTED = 2;

/** A missing number in a byte column. */
export const NO_BYTE = 255;

export interface Place {
  lon: number;
  lat: number;
  label: string | null;
  kind: string;
  radius_m: number;
  areas: Record<string, string>;
}

/** What a source reports of an incident's life. */
export interface Reported {
  /** In order; without `closed` nobody learns that an incident has ended. */
  stages: readonly Stage[];
  /** What people call the source. */
  label: string | null;
}

/** Text values with small numbers; code 0 is "none". */
export class Codes {
  readonly texts: (string | null)[] = [null];
  readonly #codes = new Map<string, number>();

  code(text: string | null | undefined): number {
    if (text === null || text === undefined) return 0;
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    const code = this.texts.length;
    this.texts.push(text);
    this.#codes.set(text, code);
    return code;
  }

  text(code: number): string | null {
    return this.texts[code] ?? null;
  }
}

/** The columns of words that the server's window has, each with codes of its own `Codes`. */
export type TextColumn = components["schemas"]["WindowText"];
type TextArray = Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** How wide the codes of each are: one that the server adds and that is not here fails the type check. */
const TEXT_ARRAYS: Record<TextColumn, new (length: number) => TextArray> = {
  kind: Uint16Array,
  source: Uint16Array,
  agency: Uint16Array,
  category: Uint16Array,
  subcategory: Uint16Array,
  origin: Uint16Array,
  disposition: Uint16Array,
  // Wider than the others: a feed may write a type of its own for each call.
  source_type: Uint32Array,
};
export const TEXTS = Object.keys(TEXT_ARRAYS) as TextColumn[];

function forEachText<T>(make: (column: TextColumn) => T): Record<TextColumn, T> {
  return Object.fromEntries(TEXTS.map((column) => [column, make(column)])) as Record<TextColumn, T>;
}

/** What one change did to a row. */
export interface Put {
  row: number;
  /** "returned": it was taken back before, as it is whenever a coarser version replaces a finer one. */
  change: "new" | "closed" | "reopened" | "returned" | "updated" | "none";
}

export class Incidents {
  length = 0;
  firstSeq: Uint32Array<ArrayBuffer>;
  received: Uint32Array<ArrayBuffer>;
  /** Seconds after `received`, or `NEVER`. The other stages' times belong to the incident itself. */
  closed: Int32Array<ArrayBuffer>;
  stage: Uint8Array<ArrayBuffer>;
  state: Uint8Array<ArrayBuffer>;
  readonly texts: Record<TextColumn, TextArray>;
  priority: Uint8Array<ArrayBuffer>;
  /** Index into `places`, or -1. */
  place: Int32Array<ArrayBuffer>;
  /** Longitude and latitude in turn; NaN where there is no place. */
  points: Float32Array<ArrayBuffer>;
  /** Rows by time received, oldest first. Retracted rows stay in it. */
  order: Uint32Array<ArrayBuffer>;

  readonly codes: Record<TextColumn, Codes>;
  /** What each source reports. */
  sources: ReadonlyMap<string, Reported> = new Map();
  places: Place[] = [];

  readonly #placeOf = new Map<string, number>();
  #rowOfSeq: Map<number, number> | null = null;
  readonly #rowOfId = new Map<string, number>();
  readonly #idOfRow = new Map<number, string>();

  constructor(capacity = 1024) {
    this.firstSeq = new Uint32Array(capacity);
    this.received = new Uint32Array(capacity);
    this.closed = new Int32Array(capacity);
    this.stage = new Uint8Array(capacity);
    this.state = new Uint8Array(capacity);
    this.texts = forEachText((column) => new TEXT_ARRAYS[column](capacity));
    this.priority = new Uint8Array(capacity);
    this.place = new Int32Array(capacity);
    this.points = new Float32Array(capacity * 2);
    this.order = new Uint32Array(capacity);
    this.codes = forEachText(() => new Codes());
  }

  /** Say that all columns are filled up to `length`, in order of time received. */
  filled(length: number): void {
    this.length = length;
    let ascending = true;
    for (let row = 0; row < length; row++) {
      this.order[row] = row;
      if (row > 0 && at(this.received, row) < at(this.received, row - 1)) ascending = false;
    }
    if (!ascending)
      this.order.subarray(0, length).sort((a, b) => at(this.received, a) - at(this.received, b));
    this.#rowOfSeq = null;
  }

  /** The number of a place, the same one for equal places. */
  placeIndex(place: Place): number {
    const key = JSON.stringify([
      place.lon,
      place.lat,
      place.kind,
      place.radius_m,
      place.label,
      Object.entries(place.areas).sort(),
    ]);
    const known = this.#placeOf.get(key);
    if (known !== undefined) return known;
    this.places.push(place);
    this.#placeOf.set(key, this.places.length - 1);
    return this.places.length - 1;
  }

  rowOfSeq(firstSeq: number): number | undefined {
    if (this.#rowOfSeq === null) {
      this.#rowOfSeq = new Map();
      for (let row = 0; row < this.length; row++) this.#rowOfSeq.set(at(this.firstSeq, row), row);
    }
    return this.#rowOfSeq.get(firstSeq);
  }

  rowOfId(id: string): number | undefined {
    return this.#rowOfId.get(id);
  }

  idOf(row: number): string | undefined {
    return this.#idOfRow.get(row);
  }

  /** Learn the public id of the incident first published at `firstSeq`. */
  name(firstSeq: number, id: string): void {
    const row = this.rowOfSeq(firstSeq);
    if (row === undefined || this.state[row] === RETRACTED) return;
    this.#rowOfId.set(id, row);
    this.#idOfRow.set(row, id);
  }

  /** Write a feature from the live feed into its row, a new one if need be. */
  put(feature: IncidentFeature): Put {
    const { properties } = feature;
    const known = this.rowOfSeq(properties.first_seq);
    const row = known ?? this.#append(properties.first_seq);
    const before = known === undefined ? undefined : this.state[row];
    const moved = this.received[row];
    this.#write(row, feature);
    if (known === undefined) this.#placeInOrder(row);
    else if (moved !== this.received[row]) this.#reorder(row);
    this.name(properties.first_seq, feature.id);
    if (before === undefined) return { row, change: "new" };
    if (before === RETRACTED) return { row, change: "returned" };
    if (before === this.state[row]) return { row, change: "updated" };
    return { row, change: this.state[row] === CLOSED ? "closed" : "reopened" };
  }

  /** Forget an incident: nothing of what it was stays in memory. Returns its row when it was known. */
  retract(id: string): number | undefined {
    const row = this.#rowOfId.get(id);
    if (row === undefined) return undefined;
    this.#rowOfId.delete(id);
    this.#idOfRow.delete(row);
    this.#scrub(row);
    return row;
  }

  /** Forget every incident that has no id although all were told. Returns their rows. */
  retractUnnamed(): number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.length; row++)
      if (this.state[row] !== RETRACTED && !this.#idOfRow.has(row)) rows.push(row);
    for (const row of rows) this.#scrub(row);
    return rows;
  }

  /** How many were closed at that time, in epoch seconds, or later. */
  closedSince(seconds: number): number {
    let count = 0;
    for (let row = 0; row < this.length; row++)
      if (this.state[row] === CLOSED && (this.closedAt(row) ?? 0) >= seconds) count++;
    return count;
  }

  text(column: TextColumn, row: number): string | null {
    return this.codes[column].text(at(this.texts[column], row));
  }

  placeOf(row: number): Place | null {
    return this.places[this.place[row] ?? -1] ?? null;
  }

  /** What the source of a row reports: everything, where nothing is known to be missing. */
  reportedOf(row: number): Reported {
    return this.sources.get(this.text("source", row) ?? "") ?? { stages: STAGES, label: null };
  }

  /** Epoch seconds at which a row was closed, or null. */
  closedAt(row: number): number | null {
    const after = at(this.closed, row);
    return after === NEVER ? null : at(this.received, row) + after;
  }

  /** When the newest incident of a kind was received, in epoch seconds, or null. */
  newestOf(kind: string): number | null {
    const code = this.codes.kind.texts.indexOf(kind);
    for (let index = this.length - 1; index >= 0 && code > 0; index--) {
      const row = at(this.order, index);
      if (this.state[row] !== RETRACTED && this.texts.kind[row] === code) return at(this.received, row);
    }
    return null;
  }

  stageOf(row: number): Stage {
    return STAGES[at(this.stage, row)] ?? "received";
  }

  #scrub(row: number): void {
    this.state[row] = RETRACTED;
    this.closed[row] = NEVER;
    this.stage[row] = 0;
    for (const column of TEXTS) this.texts[column][row] = 0;
    this.priority[row] = NO_BYTE;
    this.place[row] = -1;
    this.points[row * 2] = Number.NaN;
    this.points[row * 2 + 1] = Number.NaN;
  }

  #append(firstSeq: number): number {
    if (this.length === this.firstSeq.length) this.#grow();
    const row = this.length++;
    this.firstSeq[row] = firstSeq;
    this.#rowOfSeq?.set(firstSeq, row);
    return row;
  }

  #write(row: number, { geometry, properties: p }: IncidentFeature): void {
    const received = seconds(p.received_at) ?? 0;
    this.received[row] = received;
    const closed = seconds(p.closed_at);
    this.closed[row] = closed === null ? NEVER : closed - received;
    this.stage[row] = Math.max(0, STAGES.indexOf(p.stage));
    this.state[row] = p.status === "open" ? OPEN : CLOSED;
    for (const column of TEXTS) this.texts[column][row] = this.codes[column].code(p[column]);
    this.priority[row] = p.priority ?? NO_BYTE;
    const [lon, lat] = geometry?.coordinates ?? [Number.NaN, Number.NaN];
    this.points[row * 2] = lon;
    this.points[row * 2 + 1] = lat;
    this.place[row] =
      geometry && p.place ? this.placeIndex({ lon, lat, ...place(p.place), areas: p.areas }) : -1;
  }

  /** Put the newest row where its time belongs; nearly always that is at the end. */
  #placeInOrder(row: number): void {
    const count = this.length - 1;
    const received = at(this.received, row);
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at(this.received, at(this.order, middle)) <= received) low = middle + 1;
      else high = middle;
    }
    this.order.copyWithin(low + 1, low, count);
    this.order[low] = row;
  }

  #reorder(row: number): void {
    const index = this.order.subarray(0, this.length).indexOf(row);
    this.order.copyWithin(index, index + 1, this.length);
    this.#placeInOrder(row);
  }

  #grow(): void {
    const capacity = Math.max(1024, this.firstSeq.length * 2);
    const bigger = <A extends Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array>(
      old: A,
      make: new (length: number) => A,
      width = 1,
    ): A => {
      const next = new make(capacity * width);
      next.set(old);
      return next;
    };
    this.firstSeq = bigger(this.firstSeq, Uint32Array);
    this.received = bigger(this.received, Uint32Array);
    this.order = bigger(this.order, Uint32Array);
    this.closed = bigger(this.closed, Int32Array);
    this.stage = bigger(this.stage, Uint8Array);
    for (const column of TEXTS)
      this.texts[column] = bigger<TextArray>(this.texts[column], TEXT_ARRAYS[column]);
    this.state = bigger(this.state, Uint8Array);
    this.priority = bigger(this.priority, Uint8Array);
    this.place = bigger(this.place, Int32Array);
    this.points = bigger(this.points, Float32Array, 2);
  }
}

/** Read a column inside its length. */
export function at(column: ArrayLike<number>, row: number): number {
  return column[row] as number;
}

function place({ label, kind, radius_m }: Omit<Place, "lon" | "lat" | "areas">) {
  return { label: label ?? null, kind, radius_m };
}

function seconds(time: string | null | undefined): number | null {
  if (!time) return null;
  const value = Date.parse(time);
  return Number.isFinite(value) ? Math.floor(value / 1000) : null;
}
