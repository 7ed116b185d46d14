/** Decodes the live window, an Arrow IPC stream, into columns: the only module that knows its encoding. */

import { type Column, type Table, tableFromIPC } from "@uwdata/flechette";
import {
  CLOSED,
  Incidents,
  NEVER,
  NO_BYTE,
  OPEN,
  type Place,
  STAGES,
  type Stage,
  TEXTS,
  type TextColumn,
} from "./incidents";
import type { components } from "./openapi";

/** A place in the change log: a `seq` means something only within its epoch, which a restored backup renews. */
export interface Position {
  seq: number;
  epoch: string;
}

export interface LiveWindow {
  /** The change up to which the window is exact. */
  position: Position;
  hours: number;
  incidents: Incidents;
}

/** The columns as the server declares them: a name that it does not send fails the type check. */
type WireColumn = keyof components["schemas"]["WindowRow"];

/** Room for live arrivals before the columns have to grow. */
const SPARE = 512;

export function decodeWindow(bytes: Uint8Array): LiveWindow {
  const table = tableFromIPC(bytes);
  const metadata = table.schema.metadata ?? new Map<string, string>();
  const incidents = new Incidents(table.numRows + SPARE);
  fillSums(incidents.firstSeq, column(table, "first_seq_delta"));
  fillSums(incidents.received, column(table, "received_at_delta"));
  fillNumbers(incidents.closed, column(table, "closed_min"), NEVER, 60);
  fillNumbers(incidents.priority, column(table, "priority"), NO_BYTE);
  fillStages(incidents, column(table, "stage"));
  for (const name of TEXTS) fillTexts(incidents, name, column(table, name));
  fillPlaces(incidents, column(table, "place"), table.numRows);
  incidents.filled(table.numRows);
  return {
    position: positionOf(table),
    hours: Number(metadata.get("hours") ?? 0),
    incidents,
  };
}

/**
 * Teach the rows of a window their public ids, which come after the first paint. Ids of another history of the log
 * would name other incidents, and are not taken; older ones do not name all rows.
 */
export function nameRows(
  incidents: Incidents,
  bytes: Uint8Array,
  window: Position,
): "named" | "older" | "another history" {
  const table = tableFromIPC(bytes);
  const { seq, epoch } = positionOf(table);
  if (epoch !== window.epoch) return "another history";
  const seqs = column(table, "first_seq");
  const ids = column(table, "id");
  for (let row = 0; row < table.numRows; row++) incidents.name(Number(seqs?.at(row)), String(ids?.at(row)));
  return seq < window.seq ? "older" : "named";
}

function positionOf(table: Table): Position {
  const metadata = table.schema.metadata;
  return { seq: Number(metadata?.get("seq") ?? 0), epoch: metadata?.get("epoch") ?? "" };
}

function column(table: Table, name: WireColumn | "first_seq" | "id"): Column<unknown> | undefined {
  return (table.getChild(name) as Column<unknown> | null) ?? undefined;
}

function fillNumbers(
  target: { [row: number]: number; fill(value: number): unknown },
  source: Column<unknown> | undefined,
  missing: number,
  scale = 1,
): void {
  if (!source) {
    target.fill(missing);
    return;
  }
  for (let row = 0; row < source.length; row++) {
    const value = source.at(row);
    target[row] = value === null || value === undefined ? missing : Number(value) * scale;
  }
}

/** Sorted columns come as differences to the row before. */
function fillSums(target: Uint32Array, source: Column<unknown> | undefined): void {
  let sum = 0;
  for (let row = 0; row < (source?.length ?? 0); row++) {
    sum += Number(source?.at(row));
    target[row] = sum;
  }
}

function fillStages(incidents: Incidents, source: Column<unknown> | undefined): void {
  if (!source) return;
  const code = (value: unknown) => Math.max(0, STAGES.indexOf(value as Stage));
  eachKey(source, code, (row, stage) => {
    incidents.stage[row] = stage;
    incidents.state[row] = STAGES[stage] === "closed" ? CLOSED : OPEN;
  });
}

function fillTexts(incidents: Incidents, name: TextColumn, source: Column<unknown> | undefined): void {
  if (!source) return;
  const codes = incidents.codes[name];
  const target = incidents.texts[name];
  eachKey(
    source,
    (value) => codes.code(value as string | null),
    (row, code) => {
      target[row] = code;
    },
  );
}

function fillPlaces(incidents: Incidents, source: Column<unknown> | undefined, rows: number): void {
  incidents.points.fill(Number.NaN, 0, rows * 2);
  incidents.place.fill(-1, 0, rows);
  if (!source) return;
  const index = (value: unknown) => (value === null ? -1 : incidents.placeIndex(readPlace(value)));
  eachKey(source, index, (row, place) => {
    incidents.place[row] = place;
    const found = incidents.places[place];
    if (!found) return;
    incidents.points[row * 2] = found.lon;
    incidents.points[row * 2 + 1] = found.lat;
  });
}

interface DictionaryBatch {
  length: number;
  dictionary: { length: number; at(key: number): unknown };
  key(row: number): number;
  at(row: number): unknown;
  isValid(row: number): boolean;
  nullCount: number;
}

/** Translate every value of a column, each entry of a dictionary only once. */
function eachKey(
  source: Column<unknown>,
  translate: (value: unknown) => number,
  write: (row: number, translated: number) => void,
): void {
  let start = 0;
  for (const batch of source.data as unknown as DictionaryBatch[]) {
    if (!batch.dictionary) {
      for (let row = 0; row < batch.length; row++) write(start + row, translate(batch.at(row)));
    } else {
      const translated: (number | undefined)[] = new Array(batch.dictionary.length);
      const none = translate(null);
      for (let row = 0; row < batch.length; row++) {
        if (batch.nullCount > 0 && !batch.isValid(row)) {
          write(start + row, none);
          continue;
        }
        const key = batch.key(row);
        let value = translated[key];
        if (value === undefined) {
          value = translate(batch.dictionary.at(key));
          translated[key] = value;
        }
        write(start + row, value);
      }
    }
    start += batch.length;
  }
}

function readPlace(value: unknown): Place {
  const raw = value as Record<string, unknown>;
  return {
    lon: Number(raw.lon),
    lat: Number(raw.lat),
    label: (raw.label as string | null) ?? null,
    kind: String(raw.kind),
    radius_m: Number(raw.radius_m),
    areas: readAreas(raw.areas),
  };
}

/** Areas come as a struct, a map or a list of pairs, whichever measured smallest. */
function readAreas(value: unknown): Record<string, string> {
  if (value === null || value === undefined) return {};
  const pairs =
    value instanceof Map
      ? [...value]
      : Array.isArray(value)
        ? (value as [string, unknown][])
        : Object.entries(value as Record<string, unknown>);
  const areas: Record<string, string> = {};
  for (const [kind, id] of pairs) if (id !== null && id !== undefined) areas[kind] = String(id);
  return areas;
}
