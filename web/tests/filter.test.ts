import fc from "fast-check";
import { expect, test } from "vitest";
import type { IncidentFeature } from "../src/data/api";
import { en } from "../src/messages/words";
import { CATEGORIES, type Category, GROUP_IDS, groupOf } from "../src/present/categories";
import { LocalHours } from "../src/state/clock";
import { survey } from "../src/state/facets";
import {
  ALL_DAYS,
  ALL_HOURS,
  axisEnd,
  compile,
  EVERYTHING,
  type Filter,
  fold,
  fromParams,
  frozen,
  isNarrowed,
  RANGES,
  SECTIONS,
  type Section,
  timeBounds,
  toParams,
  toServerQuery,
} from "../src/state/filter";
import { anyFeatures, feature, incidentsOf, iso, NOW } from "./making";

const hours = new LocalHours("America/Los_Angeles");
const hourOfWeek = (time: number) => hours.of(time);
const spoken = {
  category: (id: string) => en.category[id as keyof typeof en.category] ?? id,
  subcategory: (id: string) => en.subcategory[id as keyof typeof en.subcategory] ?? id,
  area: (_kind: string, id: string) => `Beat ${id}`,
};
const axis = { start: NOW - 720 * 3600, step: 21600, count: 121 };

/** Mostly one value, so that a filter made of many choices still lets something through. */
const mostly = <T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
const nullable = <T>(...values: T[]) => mostly<T | null>(null, fc.constantFrom(...values));

const anyFilter: fc.Arbitrary<Filter> = fc
  .record({
    range: fc.constantFrom(...RANGES),
    span: fc.option(fc.tuple(fc.integer({ min: 0, max: 30 * 86400 }), fc.integer({ min: 60, max: 86400 }))),
    openEnded: fc.boolean(),
    hidden: mostly<(typeof GROUP_IDS)[number][]>([], fc.subarray([...GROUP_IDS])),
    categories: mostly<Category[]>([], fc.subarray<Category>(["noise", "fire", "medical"])),
    end: mostly<number | null>(null, fc.integer({ min: NOW - 10 * 86400, max: NOW })),
    status: nullable("open" as const, "closed" as const),
    section: nullable(...SECTIONS, "all" as const),
    agency: nullable("police", "fire"),
    priority: nullable(1, 2),
    area: nullable({ kind: "beat", id: "04X" }),
    words: mostly("", fc.constantFrom("noise", "broadway 04x", "jose", "telegraph collision")),
    hours: mostly(ALL_HOURS, fc.integer({ min: 1, max: ALL_HOURS })),
    weekdays: mostly(ALL_DAYS, fc.integer({ min: 1, max: ALL_DAYS })),
  })
  .map(({ span, openEnded, ...rest }) => ({
    ...rest,
    since: span ? NOW - span[0] : null,
    until: span && !openEnded ? NOW - span[0] + span[1] : null,
  }));

function sectionOf({ properties: p }: IncidentFeature): Section {
  if (p.kind === "request") return "requests";
  return p.origin === "officer" || p.category === "officer_activity" ? "officer" : "calls";
}

/** The same rules once more, in the plainest words, over one feature. */
function shouldShow(filter: Filter, one: IncidentFeature): boolean {
  const { properties: p } = one;
  const received = Date.parse(p.received_at) / 1000;
  const hour = hourOfWeek(received);
  const text = fold(
    [
      p.category,
      spoken.category(p.category),
      p.place?.label ?? "",
      ...Object.entries(p.areas ?? {}).map(([kind, id]) => `${id} ${spoken.area(kind, id)}`),
    ].join(" | "),
  );
  const inTime =
    filter.since === null
      ? received >= (filter.end ?? NOW) - filter.range * 3600 || (filter.end === null && p.status === "open")
      : received >= filter.since;
  return (
    inTime &&
    (filter.until === null || received < filter.until) &&
    (filter.end === null || received < filter.end) &&
    !filter.hidden.includes(groupOf(p.category)) &&
    (filter.categories.length === 0 || filter.categories.includes(p.category as Category)) &&
    (filter.status === null || p.status === filter.status) &&
    (filter.section === null || filter.section === "all" || sectionOf(one) === filter.section) &&
    (filter.agency === null || p.agency === filter.agency) &&
    (filter.priority === null || p.priority === filter.priority) &&
    (filter.area === null || p.areas?.[filter.area.kind] === filter.area.id) &&
    fold(filter.words)
      .split(/\s+/)
      .every((word) => text.includes(word)) &&
    ((filter.hours >> (hour % 24)) & 1) === 1 &&
    ((filter.weekdays >> Math.floor(hour / 24)) & 1) === 1
  );
}

function rowsOf(filter: Filter, features: IncidentFeature[]) {
  const incidents = incidentsOf(features);
  const test = compile(filter, incidents, { now: NOW, hourOfWeek, spoken });
  return { incidents, facets: survey(incidents, test, axis, hourOfWeek) };
}

test("the address holds the whole filter", () => {
  fc.assert(
    fc.property(anyFilter, (filter) => {
      expect(fromParams(new URLSearchParams(toParams(filter).toString()))).toEqual({
        ...filter,
        hidden: GROUP_IDS.filter((id) => filter.hidden.includes(id)),
        categories: CATEGORIES.filter((id) => filter.categories.includes(id)),
      });
    }),
  );
});

test("an unfiltered page has a bare address", () => {
  expect(toParams(EVERYTHING).toString()).toBe("");
});

test("an address that makes no sense shows everything", () => {
  const nonsense =
    "range=99&since=yesterday&hide=crime&category=crime&status=maybe&hours=99-3&area=beat&priority=-1";
  expect(fromParams(new URLSearchParams(nonsense))).toEqual(EVERYTHING);
});

test("the list shows exactly what the filter's plain words say", () => {
  let shown = 0;
  fc.assert(
    fc.property(anyFilter, anyFeatures, (filter, features) => {
      const { incidents, facets } = rowsOf(filter, features);
      const found = [...facets.rows]
        .map((row) => incidents.firstSeq[row])
        .sort((a, b) => Number(a) - Number(b));
      const expected = features
        .filter((one) => shouldShow(filter, one))
        .map((one) => one.properties.first_seq);
      expect(found).toEqual(expected);
      shown += found.length;
    }),
    { numRuns: 400 },
  );
  expect(shown).toBeGreaterThan(100);
});

test("what the GPU draws by its time range is what the list shows", () => {
  fc.assert(
    fc.property(anyFilter, anyFeatures, (filter, features) => {
      const { incidents, facets } = rowsOf(filter, features);
      const { since, until } = timeBounds(filter, NOW);
      const listed = new Set(facets.rows);
      for (let row = 0; row < incidents.length; row++) {
        const received = incidents.received[row] ?? 0;
        const drawn = facets.passes[row] === 1 && received >= since && received < until;
        // Open ones from before the range are drawn by the layer of those alive, from the list itself.
        const oldOpen = listed.has(row) && received < since;
        expect(drawn || oldOpen).toBe(listed.has(row));
      }
    }),
  );
});

test("the server is asked for the same", () => {
  const filter: Filter = {
    ...EVERYTHING,
    since: NOW - 3600,
    until: NOW,
    hidden: GROUP_IDS.filter((id) => id !== "medical"),
    status: "open",
    section: "calls",
    agency: "ems",
    priority: 1,
    area: { kind: "beat", id: "04X" },
    words: " grand ave ",
    hours: 0b11,
    weekdays: 0b1100000,
  };
  expect(toServerQuery(filter, NOW).getAll("category")).toEqual(["medical", "welfare"]);
  expect(Object.fromEntries(toServerQuery(filter, NOW))).toEqual({
    since: iso(NOW - 3600).replace(".000Z", "Z"),
    until: iso(NOW).replace(".000Z", "Z"),
    category: "welfare",
    hours: "0-1",
    weekdays: "5-6",
    status: "open",
    section: "calls",
    agency: "ems",
    priority: "1",
    area: "beat:04X",
    q: "grand ave",
  });
});

test("the server is asked for the chosen categories, and for nothing where that is switched off", () => {
  const noise: Filter = { ...EVERYTHING, categories: ["noise"] };
  expect(toServerQuery(noise, NOW).getAll("category")).toEqual(["noise"]);
  const both: Filter = { ...EVERYTHING, categories: ["medical", "noise"] };
  expect(toServerQuery(both, NOW).getAll("category")).toEqual(["noise", "medical"]);
  for (const nothing of [
    { ...noise, hidden: ["disturbance" as const] },
    { ...EVERYTHING, hidden: [...GROUP_IDS] },
  ]) {
    const query = toServerQuery(nothing, NOW);
    expect(query.get("until")).toBe(query.get("since"));
  }
});

test("a chip counts what its switch would show", () => {
  fc.assert(
    fc.property(anyFilter, anyFeatures, (filter, features) => {
      const { facets } = rowsOf(filter, features);
      GROUP_IDS.forEach((group, index) => {
        const alone = { ...filter, hidden: GROUP_IDS.filter((id) => id !== group) };
        const expected = features.filter((one) => shouldShow(alone, one)).length;
        expect(facets.groups[index]).toBe(expected);
      });
    }),
  );
});

test("the bars of the timeline count what there is without a chosen span", () => {
  const features = [feature(1), feature(2, { status: "closed" }), feature(3, { category: "fire" })];
  const filter: Filter = { ...EVERYTHING, hidden: ["fire"], since: NOW - 60, until: NOW };
  const { facets } = rowsOf(filter, features);
  const sum = (counts: Uint32Array) => counts.reduce((total, count) => total + count, 0);
  expect([sum(facets.openBins), sum(facets.closedBins)]).toEqual([1, 1]);
  expect(facets.rows).toHaveLength(0);
});

test("accents do not matter to the search", () => {
  const features = [feature(1, { place: { label: "José Martí Plaza", kind: "block", radius_m: 60 } })];
  expect(rowsOf({ ...EVERYTHING, words: "jose marti" }, features).facets.rows).toHaveLength(1);
  expect(rowsOf({ ...EVERYTHING, words: "josé broadway" }, features).facets.rows).toHaveLength(0);
});

test("the newest stands first", () => {
  const features = [10, 30, 20].map((minutes, index) =>
    feature(index + 1, { received_at: iso(NOW - minutes * 60) }),
  );
  const { incidents, facets } = rowsOf(EVERYTHING, features);
  expect([...facets.rows].map((row) => incidents.firstSeq[row])).toEqual([1, 3, 2]);
});

test("a section counts what it would show, and status the same", () => {
  fc.assert(
    fc.property(anyFilter, anyFeatures, (filter, features) => {
      const { facets } = rowsOf(filter, features);
      const count = (change: Partial<Filter>) =>
        features.filter((one) => shouldShow({ ...filter, ...change }, one)).length;
      expect([...facets.sections]).toEqual(SECTIONS.map((section) => count({ section })));
      expect([facets.open, facets.ended]).toEqual([count({ status: "open" }), count({ status: "closed" })]);
    }),
  );
});

test("links from before there were sections lead to the section that they meant", () => {
  const section = (query: string) => fromParams(new URLSearchParams(query)).section;
  expect(section("kind=request")).toBe("requests");
  expect(section("kind=call")).toBe("calls");
  expect(section("origin=officer&kind=call")).toBe("officer");
  expect(section("origin=community")).toBe("calls");
  expect(section("section=all&kind=call")).toBe("all");
  expect(section("")).toBeNull();
});

test("range and section alone narrow nothing", () => {
  expect(isNarrowed({ ...EVERYTHING, range: 1, section: "requests" })).toBe(false);
  expect(isNarrowed({ ...EVERYTHING, words: "noise" })).toBe(true);
});

test("a frozen view shows the same calls later, however late, and none that came in since", () => {
  let compared = 0;
  fc.assert(
    fc.property(
      anyFilter,
      anyFeatures,
      fc.integer({ min: 1, max: 40 * 86400 }),
      (filter, features, later) => {
        const incidents = incidentsOf(features);
        const shown = (now: number, held: Filter) => {
          const test = compile(held, incidents, { now, hourOfWeek, spoken });
          return [...survey(incidents, test, axis, hourOfWeek).rows];
        };
        const still = frozen(filter, NOW);
        const now = shown(NOW, still);
        expect(shown(NOW + later, still)).toEqual(now);
        expect(fromParams(toParams(still)).end).toBe(still.end);
        // Open ones from before the range are of the moment, and are left out; all else is what is on screen.
        const { since } = timeBounds(filter, NOW);
        // So are those of the running second, in which more may come in.
        const isKept = (received: number) => received >= since && received < NOW;
        const current = shown(NOW, filter).filter((row) => isKept(incidents.received[row] ?? 0));
        if (filter.since === null && filter.end === null) expect(now).toEqual(current);
        compared += now.length;
      },
    ),
    { numRuns: 600 }, // few of the filters that are drawn show anything
  );
  expect(compared).toBeGreaterThan(20);
});

test("a span from before the range moves the timeline to where it is", () => {
  const day = 86_400;
  const tuesday: Filter = { ...EVERYTHING, since: NOW - 5 * day, until: NOW - 5 * day + 3600 };
  expect(axisEnd(tuesday, NOW)).toBe(NOW - 5 * day + 3600);
  expect(axisEnd({ ...tuesday, until: null }, NOW)).toBe(NOW - 4 * day);
  expect(axisEnd({ ...tuesday, range: 168 }, NOW)).toBe(NOW);
  expect(axisEnd(EVERYTHING, NOW)).toBe(NOW);
  expect(axisEnd({ ...EVERYTHING, end: NOW + 60 }, NOW)).toBe(NOW);
});
