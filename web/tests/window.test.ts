import {
  bool,
  dictionary,
  float64,
  int32,
  int64,
  struct,
  tableFromArrays,
  tableToIPC,
  uint8,
  uint16,
  uint32,
  utf8,
} from "@uwdata/flechette";
import { expect, test } from "vitest";
import { CLOSED, NEVER, NO_BYTE, OPEN } from "../src/data/incidents";
import { decodeWindow, nameRows } from "../src/data/window";

const place = (lon: number, label: string | null, beat: string | null) => ({
  lon,
  lat: 37.8,
  label,
  kind: "grid",
  radius_m: 180,
  areas: { beat },
});

/** Each column has a dictionary of its own. */
const words = () => dictionary(utf8(), uint8());

function encoded(): Uint8Array {
  const table = tableFromArrays(
    {
      first_seq_delta: [7, 3, -2],
      received_at_delta: [1_772_800_000, 60, 0],
      stage: ["closed", "on_scene", "received"],
      closed_min: [12, null, null],
      kind: ["call", "call", "request"],
      source: ["dispatch", "dispatch", "requests"],
      agency: ["police", "fire", "public_works"],
      category: ["noise", "fire", "service"],
      origin: ["officer", null, null],
      disposition: ["handled", null, null],
      source_type: [null, null, null],
      priority: [2, null, 1],
      place: [place(-122.25, "1400 block of Broadway", "04X"), null, place(-122.26, null, null)],
    },
    {
      types: {
        first_seq_delta: int32(),
        received_at_delta: int32(),
        stage: words(),
        closed_min: uint16(),
        kind: words(),
        source: words(),
        agency: words(),
        category: words(),
        origin: words(),
        disposition: words(),
        source_type: words(),
        priority: uint8(),
        place: struct({
          lon: float64(),
          lat: float64(),
          label: utf8(),
          kind: utf8(),
          radius_m: uint16(),
          areas: struct({ beat: utf8() }),
        }),
      },
    },
  );
  table.schema.metadata = new Map([
    ["seq", "41"],
    ["epoch", "3f9a1c20"],
    ["hours", "24"],
  ]);
  return tableToIPC(table, { format: "stream" }) as Uint8Array;
}

test("a window says up to which change it is exact", () => {
  expect(decodeWindow(encoded())).toMatchObject({ position: HERE, hours: 24 });
});

test("differences become absolute values again", () => {
  const { incidents } = decodeWindow(encoded());
  expect([...incidents.firstSeq.subarray(0, 3)]).toEqual([7, 10, 8]);
  expect([...incidents.received.subarray(0, 3)]).toEqual([1_772_800_000, 1_772_800_060, 1_772_800_060]);
});

test("columns that needed more bytes than usual read alike", () => {
  const words = Array.from({ length: 70_000 }, (_, number) => `KIND ${number}`);
  const table = tableFromArrays(
    {
      first_seq_delta: words.map(() => 1),
      received_at_delta: words.map((_, row) => (row === 0 ? 3_000_000_000 : 1)),
      source_type: words,
    },
    {
      types: {
        first_seq_delta: int64(),
        received_at_delta: int64(),
        source_type: dictionary(utf8(), uint32()),
      },
    },
  );
  const { incidents } = decodeWindow(tableToIPC(table, { format: "stream" }) as Uint8Array);
  expect(incidents.received[0]).toBe(3_000_000_000);
  expect(incidents.received[69_999]).toBe(3_000_069_999);
  expect(incidents.text("source_type", 69_999)).toBe("KIND 69999");
});

test("stages, closing times and words survive the wire", () => {
  const { incidents } = decodeWindow(encoded());
  expect([...incidents.state.subarray(0, 3)]).toEqual([CLOSED, OPEN, OPEN]);
  expect([0, 1, 2].map((row) => incidents.stageOf(row))).toEqual(["closed", "on_scene", "received"]);
  expect([...incidents.closed.subarray(0, 3)]).toEqual([720, NEVER, NEVER]);
  expect([0, 1, 2].map((row) => incidents.text("category", row))).toEqual(["noise", "fire", "service"]);
  expect([0, 1, 2].map((row) => incidents.text("origin", row))).toEqual(["officer", null, null]);
  expect([...incidents.priority.subarray(0, 3)]).toEqual([2, NO_BYTE, 1]);
});

test("a place has its label and areas, and its absence is no point at all", () => {
  const { incidents } = decodeWindow(encoded());
  expect(incidents.placeOf(0)).toEqual({
    ...place(-122.25, "1400 block of Broadway", "04X"),
    areas: { beat: "04X" },
  });
  expect(incidents.placeOf(1)).toBeNull();
  expect(incidents.placeOf(2)?.areas).toEqual({});
  expect(incidents.points[0]).toBeCloseTo(-122.25);
  expect(incidents.points[2]).toBeNaN();
});

const HERE = { seq: 41, epoch: "3f9a1c20" };

function encodedIds(seq: string, epoch: string): Uint8Array {
  const ids = tableFromArrays(
    { first_seq: [7, 8, 10, 99], id: ["a", "c", "b", "stranger"] },
    { types: { first_seq: uint32(), id: utf8() } },
  );
  ids.schema.metadata = new Map([
    ["seq", seq],
    ["epoch", epoch],
  ]);
  return tableToIPC(ids, { format: "stream" }) as Uint8Array;
}

test("ids come later and find their rows", () => {
  const { incidents } = decodeWindow(encoded());
  expect(nameRows(incidents, encodedIds("41", "3f9a1c20"), HERE)).toBe("named");
  expect([0, 1, 2].map((row) => incidents.idOf(row))).toEqual(["a", "b", "c"]);
  expect(incidents.rowOfId("stranger")).toBeUndefined();
});

test("ids from before the window are taken and are not enough", () => {
  const { incidents } = decodeWindow(encoded());
  expect(nameRows(incidents, encodedIds("40", "3f9a1c20"), HERE)).toBe("older");
});

test("ids of a restored database name nothing of a window from before", () => {
  const { incidents } = decodeWindow(encoded());
  expect(nameRows(incidents, encodedIds("55", "another0"), HERE)).toBe("another history");
  expect([0, 1, 2].map((row) => incidents.idOf(row))).toEqual([undefined, undefined, undefined]);
});

test("a column that this page does not know is ignored, and one that is missing is empty", () => {
  const table = tableFromArrays(
    { first_seq_delta: [1], received_at_delta: [5], later: [true] },
    { types: { first_seq_delta: int32(), received_at_delta: int32(), later: bool() } },
  );
  const { incidents } = decodeWindow(tableToIPC(table, { format: "stream" }) as Uint8Array);
  expect(incidents.length).toBe(1);
  expect(incidents.text("category", 0)).toBeNull();
  expect(incidents.placeOf(0)).toBeNull();
});
