/** The state of the page: what it knows of the city, what the reader chose, and what follows from both. */

import {
  type Answer,
  type AreaCollection,
  type City,
  fetchCity,
  fetchIncident,
  fetchWindow,
  fetchWindowIds,
  type Pulse,
} from "../data/api";
import { at, Incidents, type Put, type Reported } from "../data/incidents";
import { type Connection, LiveFeed } from "../data/live";
import { decodeWindow, nameRows, type Position } from "../data/window";
import { tongue } from "../messages/tongue.svelte";
import { Keeper } from "../offline/keeper";
import { type Ground, placeLine } from "../present/describe";
import { type Formats, formats } from "../present/format";
import { summarise } from "../present/timeline";
import { type Camera, toHash } from "./camera";
import { CityClock, dayIn, endOfDay, LocalHours } from "./clock";
import { type Axis, type Facets, survey } from "./facets";
import {
  axisEnd,
  compile,
  EVERYTHING,
  type Filter,
  fromParams,
  frozen,
  keepsOldOpen,
  RANGES,
  SECTIONS,
  type Section,
  type Spoken,
  sectionsOf,
  timeBounds,
  toParams,
  toServerQuery,
} from "./filter";
import { type Here, keep, recall } from "./here";
import { type Layers, layersFromParams, layersToParams, USUAL_LAYERS } from "./layers";
import { type Listing, listed, listing, type Order } from "./listing";
import { Moments } from "./moments";
import { type Knowledge, knowledge, type Overview, overview } from "./overview";
import { painted, withNextFrame } from "./painted";
import { Past } from "./past";

/** How finely the timeline counts, in seconds, for each range in hours. */
const STEPS: Record<number, number> = { 1: 60, 24: 900, 168: 7200, 720: 21600 };

/** What the server did not give is asked for again after this. */
const AGAIN_MS = 3000;

/** A window begins where it was asked for, a little before what is shown by now. */
const SLACK_S = 120;

/** A retraction and the coarser version that replaces it arrive together; this is more than enough. */
const RETURNS_MS = 1000;

export class Page {
  city = $state.raw<City | null>(null);
  failed = $state(false);
  connection = $state<Connection>("connecting");
  pulse = $state.raw<Pulse | null>(null);
  filter = $state.raw<Filter>(EVERYTHING);
  /** Counts up whenever columns changed. */
  revision = $state(0);
  /** The city's time in whole seconds, and in steps of half a minute for what need not follow each second. */
  second = $state(0);
  halfMinute = $state(0);
  /** Counts up with each incident that arrives. */
  beats = $state(0);
  selected = $state<number | null>(null);
  following = $state(false);
  /** Something to tell the reader once, such as that the incident of a link is no longer public. */
  notice = $state<"gone" | "locating" | "elsewhere" | "noPosition" | null>(null);
  playedAt = $state<number | null>(null);
  layers = $state.raw<Layers>(USUAL_LAYERS);
  areas = $state.raw<Record<string, AreaCollection>>({});
  loadedHours = $state(0);
  /** When this view was kept, milliseconds of this machine's clock, while it is not the server's own answer. */
  keptAt = $state<number | null>(null);
  /** The newest call from before all that is loaded, where that was asked for. */
  older = $state<number | null>(null);
  /** How a time from before the server's window is shown: all of it, its newest, on its way, or not there. */
  past = $state<"none" | "loading" | "whole" | "part" | "failed">("none");
  order = $state<Order>("newest");
  /** What the reader wants to be near to. */
  here = $state.raw<Here | null>(null);

  incidents = new Incidents(0);
  readonly clock = new CityClock();
  readonly #keeper = new Keeper();
  readonly #happened = new Moments(() => this.#soon());
  readonly moments = this.#happened.byRow;
  #hours = new LocalHours("UTC");
  #feed: LiveFeed | null = null;
  #unnamedRetractions = new Set<string>();
  #position: Position = { seq: 0, epoch: "" };
  #sources: ReadonlyMap<string, Reported> = new Map();
  #named = false;
  #wantedId: string | null = null;
  /** The row that was open when it was taken back: a coarser version of it follows at once, if any does. */
  #mayReturn: number | null = null;
  #pending = false;
  readonly #past = new Past();

  readonly format: Formats = $derived(formats(tongue.language, this.city?.time_zone ?? "UTC"));

  readonly axis: Axis = $derived.by(() => {
    const step = STEPS[this.filter.range] ?? 900;
    const end = Math.ceil(axisEnd(this.filter, this.halfMinute) / step) * step;
    const count = Math.round((this.filter.range * 3600) / step);
    return { start: end - count * step, step, count };
  });

  readonly spoken: Spoken = {
    subcategory: (id) => tongue.words.subcategory[id as keyof typeof tongue.words.subcategory] ?? id,
    category: (id) => tongue.words.category[id as keyof typeof tongue.words.category] ?? id,
    area: (kind, id) => this.areaName(kind, id),
  };

  readonly facets: Facets = $derived.by(() => {
    void this.revision;
    void tongue.language;
    void this.areas;
    const context = { now: this.halfMinute, hourOfWeek: this.#hourOfWeek, spoken: this.spoken };
    const test = compile(this.chosen, this.incidents, context);
    return survey(this.incidents, test, this.axis, this.#hourOfWeek);
  });

  /** What the timeline shows, in words. */
  readonly summary: string = $derived(
    summarise(this.facets, this.axis, this.filter, this.second, this.format, tongue.words),
  );

  readonly bounds: { since: number; until: number } = $derived(timeBounds(this.filter, this.halfMinute));

  /** What is listed: a choice of the reader, or else what most people come for. */
  readonly section: Section | "all" = $derived(this.filter.section ?? mainSection(this.city));

  /** The filter with the section that is listed. */
  readonly chosen: Filter = $derived({ ...this.filter, section: this.section });

  /** The list in its order. */
  readonly listing: Listing = $derived(listing(this.incidents, this.facets.rows, this.order, this.here));

  /** What there is in this section of the whole city. */
  readonly whole: Overview = $derived.by(() => {
    void this.revision;
    const { end, range } = this.filter;
    return overview(this.incidents, this.section, (end ?? this.halfMinute) - range * 3600, end);
  });

  readonly knowledge: Knowledge = $derived(knowledge(this.city?.sources ?? [], this.pulse, this.section));

  /** The kind of area whose outlines are drawn. */
  readonly areaKind: string | null = $derived.by(() => {
    const kinds = (this.city?.area_kinds ?? []).map((area) => area.kind);
    const { outlines } = this.layers;
    if (outlines === null) return null;
    return kinds.find((kind) => kind === outlines) ?? kinds[0] ?? null;
  });

  readonly #ground: Ground = $derived.by(() => {
    const [west = 0, south = 0, east = 0, north = 0] = this.city?.bounds ?? [];
    return {
      areaName: (kind, id) => this.areaName(kind, id),
      kinds: (this.city?.area_kinds ?? []).map(({ kind }) => kind),
      centre: { lon: (west + east) / 2, lat: (south + north) / 2 },
      format: this.format,
    };
  });

  readonly #hourOfWeek = (time: number) => this.#hours.of(time);

  /** Read the address, load the city and its window, and follow what happens from then on. */
  async start(): Promise<void> {
    this.#readAddress();
    addEventListener("popstate", () => {
      this.#readAddress();
      if (this.city) this.#reach();
    });
    for (let failures = 0; ; failures++) {
      try {
        await this.#load();
        break;
      } catch {
        // Nothing can be shown without a first window: say so and try until there is one.
        this.failed = true;
        await new Promise((done) => setTimeout(done, Math.min(10_000, 1000 * 2 ** failures)));
      }
    }
    setInterval(() => this.#passTime(), 1000);
    this.#keeper.start();
  }

  choose(change: Partial<Filter>): void {
    const before = this.filter;
    this.filter = { ...before, ...change };
    this.#writeAddress();
    this.#reach();
  }

  /** Change what the map shows besides the filter. */
  lay(change: Partial<Layers>): void {
    this.layers = { ...this.layers, ...change };
    this.#writeAddress();
  }

  /** Show everything again; the range stays. */
  showAll(): void {
    this.choose({ ...EVERYTHING, range: this.filter.range, section: this.filter.section });
  }

  /** Select the incident `by` rows further down the list. */
  step(by: number): void {
    const rows = listed(this.listing);
    if (rows.length === 0) return;
    const index = this.selected === null ? -1 : rows.indexOf(this.selected);
    const next = index < 0 ? 0 : Math.min(Math.max(index + by, 0), rows.length - 1);
    this.select(rows[next] ?? null);
  }

  follow(on: boolean): void {
    this.following = on;
    if (on) this.select(this.facets.rows[0] ?? null);
  }

  /** The hour of the week in the city; Monday is day 0. */
  hourOfWeek(time: number): number {
    return this.#hours.of(time);
  }

  /** Draw the city as it was at a time, with the incidents received in the `span` seconds before it. */
  play(time: number, span: number): void {
    this.playedAt = time;
    this.filter = { ...this.filter, since: Math.round(time - span), until: Math.round(time) };
  }

  stopPlaying(): void {
    this.playedAt = null;
    this.#writeAddress();
  }

  /** The day of a time, as a calendar has it in the city: 2026-08-06. */
  dayOf(time: number): string {
    return dayIn(this.city?.time_zone ?? "UTC", time);
  }

  /** Show a day of the calendar. */
  goToDay(day: string): void {
    const end = endOfDay(day, this.city?.time_zone ?? "UTC");
    const isToday = end > this.clock.now() / 1000;
    this.choose({ range: 24, since: null, until: null, end: isToday ? null : end });
  }

  select(row: number | null): void {
    this.selected = row;
    this.notice = null;
    this.#writeAddress();
  }

  /** The public id of the selected incident, for its link. */
  selectedId(): string | null {
    return this.selected === null ? null : (this.incidents.idOf(this.selected) ?? null);
  }

  address(): string {
    return location.href;
  }

  /** The address that shows the same calls later. */
  frozenAddress(): string {
    const url = new URL(location.href);
    url.search = this.#search(frozen(this.filter, this.second)).toString();
    return url.href;
  }

  /** The address of the server's own answer to the same filter. */
  dataAddress(): string {
    return `/api/v1/incidents?${toServerQuery(this.chosen, this.halfMinute)}`;
  }

  /** Remember in the address where the reader moved the map to; null is the whole city. */
  look(camera: Camera | null): void {
    history.replaceState(null, "", location.pathname + location.search + toHash(camera));
  }

  areaName(kind: string, id: string): string {
    const known = this.areas[kind]?.features.find((feature) => feature.properties.id === id);
    return known?.properties.name ?? id;
  }

  /** Where a row is, in words. */
  where(row: number, allAreas = false): string {
    return placeLine(this.incidents, row, tongue.words, this.#ground, allAreas);
  }

  /** Be near to a point of the reader's own, or to none; only this device learns it. */
  beNear(here: Here | null): void {
    this.here = here;
    this.order = here ? "nearest" : "newest";
    keep(storage(), here);
  }

  /** Whether open incidents from before the range count as shown. */
  get keepsOldOpen(): boolean {
    return keepsOldOpen(this.filter);
  }

  async #load(): Promise<void> {
    const hours = this.#hoursWanted();
    const [{ value: city, keptAt }, window] = await Promise.all([fetchCity(), fetchWindow(hours)]);
    this.clock.sync(city.now, city.clock_rate, keptAt === null ? 0 : Date.now() - keptAt);
    this.#hours = new LocalHours(city.time_zone);
    this.failed = false;
    this.#sources = sourcesOf(city);
    const position = this.#adopt(window);
    this.city = city;
    this.here = recall(storage(), city.bounds);
    if (this.here) this.order = "nearest";
    this.#passTime();
    this.#reach();
    this.#feed = new LiveFeed(position, {
      incident: (feature) => {
        this.#unnamedRetractions.delete(feature.id);
        this.#changed(this.incidents.put(feature));
      },
      retract: (id) => this.#retract(id),
      pulse: (pulse) => this.#beat(pulse),
      reset: () => this.#reload(),
      connection: (connection) => {
        this.connection = connection;
        // A view from before is replaced as a whole, here and where it is kept.
        if (connection === "live" && this.keptAt !== null) void this.#widen();
      },
    });
    this.#feed.start();
    // The ids are as large as all the rest of the window and are needed only for links.
    void painted().then(() => this.#nameAll(hours));
  }

  /** Take over another window; the selection goes with it, by what never changes within an epoch of the log. */
  #adopt({ value, keptAt }: Answer<Uint8Array>): Position {
    const { position, hours, incidents } = decodeWindow(value);
    const goesOn = position.epoch === this.#position.epoch;
    const selectedSeq = this.selected === null || !goesOn ? null : at(this.incidents.firstSeq, this.selected);
    // What is kept for when there is no connection may hold incidents that this history does not know.
    if (!goesOn && this.#position.epoch !== "") this.#keeper.retracted();
    this.#position = position;
    this.keptAt = keptAt;
    this.#keeper.shows(hours);
    incidents.sources = this.#sources;
    this.incidents = incidents;
    this.#past.forget();
    if (this.city) void this.#loadPast();
    this.loadedHours = hours;
    this.#named = false;
    this.moments.clear();
    this.selected = selectedSeq === null ? null : (incidents.rowOfSeq(selectedSeq) ?? null);
    this.revision++;
    return position;
  }

  async #reload(): Promise<Position> {
    const hours = Math.max(this.#hoursWanted(), this.loadedHours);
    const position = this.#adopt(await fetchWindow(hours));
    // What arrived while the window was on its way is replayed from its seq.
    this.#feed?.resumeFrom(position);
    void this.#nameAll(hours);
    return position;
  }

  /** When the time that is shown begins, as far as the timeline reaches. */
  #since(): number {
    const end = axisEnd(this.filter, this.clock.now() / 1000);
    return Math.min(this.filter.since ?? end, end - this.filter.range * 3600);
  }

  /** The shortest window that holds all that is shown, or the longest there is. */
  #hoursWanted(): number {
    const age = this.clock.now() / 1000 - this.#since();
    const longest = this.city?.window_hours ?? Math.max(...RANGES);
    const wanted = RANGES.find((hours) => hours * 3600 + SLACK_S >= age) ?? longest;
    return Math.max(this.filter.range, Math.min(wanted, longest));
  }

  /** Load what the filter shows and the page has not: a longer window, or what lies before the longest. */
  #reach(): void {
    if (this.#hoursWanted() > this.loadedHours) void this.#widen();
    void this.#loadPast();
  }

  async #loadPast(): Promise<void> {
    const [since, now] = [Math.floor(this.#since()), this.clock.now() / 1000];
    if (!this.city || since + SLACK_S >= now - this.city.window_hours * 3600) {
      this.#past.forget();
      this.past = "none";
      return;
    }
    const { incidents } = this;
    const answer = await this.#past.load(since, Math.ceil(axisEnd(this.filter, now)), () => {
      this.past = "loading";
    });
    // Another window has loaded its own past by now.
    if (answer === null || incidents !== this.incidents) return;
    if (answer === "failed") {
      this.past = answer;
      return;
    }
    for (const feature of answer.features) incidents.put(feature);
    this.past = answer.whole ? "whole" : "part";
    this.#soon();
  }

  /** Load the window anew, as far back as the range asks for, as soon as the server gives it. */
  async #widen(): Promise<void> {
    try {
      await this.#reload();
    } catch {
      setTimeout(() => {
        if (this.#hoursWanted() > this.loadedHours || this.keptAt !== null) void this.#widen();
      }, AGAIN_MS);
    }
  }

  /** Teach the window its ids: without them nothing in it has a link, and nothing could be taken back. */
  async #nameAll(hours: number): Promise<void> {
    const { incidents } = this;
    const bytes = await fetchWindowIds(hours).catch(() => null);
    if (incidents !== this.incidents) return;
    const outcome = bytes ? nameRows(incidents, bytes, this.#position) : "no answer";
    if (outcome !== "named") {
      setTimeout(() => {
        if (incidents !== this.incidents) return;
        // Ids of a restored database belong to another window.
        void (outcome === "another history" ? this.#widen() : this.#nameAll(hours));
      }, AGAIN_MS);
      return;
    }
    this.#named = true;
    for (const id of this.#unnamedRetractions) this.#retract(id);
    this.#unnamedRetractions.clear();
    // What came later comes with its id: these were taken back between the two answers.
    for (const row of incidents.retractUnnamed()) this.#gone(row);
    if (this.#wantedId) await this.#selectId(this.#wantedId);
    // Whoever chose an incident meanwhile has a link to it from here on.
    if (this.selected !== null) this.#writeAddress();
    this.revision++;
  }

  async #selectId(id: string): Promise<void> {
    this.#wantedId = null;
    let row = this.incidents.rowOfId(id);
    if (row === undefined) {
      const feature = await fetchIncident(id).catch(() => null);
      if (feature) row = this.incidents.put(feature).row;
      else this.notice = "gone";
    }
    if (row === undefined) return;
    this.selected = row;
    // Whoever follows a link to a request wants to see it listed too.
    const section = SECTIONS[sectionsOf(this.incidents)(row)];
    if (section && this.section !== "all" && section !== this.section)
      this.filter = { ...this.filter, section };
  }

  #changed({ row, change }: Put): void {
    if (change === "new" || change === "closed") {
      const recent = this.clock.now() / 1000 - at(this.incidents.received, row) < 3600 * this.clock.rate;
      if (change === "closed" || recent) this.#happened.add(row, change);
    }
    if (change === "new") this.beats++;
    if (change === "new" && this.following) this.selected = row;
    if (change === "returned" && row === this.#mayReturn && this.selected === null) this.select(row);
    this.#soon();
  }

  #retract(id: string): void {
    this.#keeper.retracted();
    const row = this.incidents.retract(id);
    if (row === undefined) {
      if (!this.#named) this.#unnamedRetractions.add(id);
      return;
    }
    this.#gone(row);
  }

  #gone(row: number): void {
    this.moments.delete(row);
    if (this.selected === row) {
      this.select(null);
      this.#mayReturn = row;
      setTimeout(() => (this.#mayReturn = null), RETURNS_MS);
    }
    this.#soon();
  }

  #beat(pulse: Pulse): void {
    this.clock.sync(pulse.now, pulse.clock_rate);
    this.pulse = pulse;
    this.#passTime();
  }

  /** Show what changed: all that arrived by the next frame together, and never a frame later. */
  #soon(): void {
    if (this.#pending) return;
    this.#pending = true;
    withNextFrame(() => {
      this.#pending = false;
      this.#happened.forget();
      this.revision++;
    });
  }

  #passTime(): void {
    this.second = Math.floor(this.clock.now() / 1000);
    this.halfMinute = Math.floor(this.second / 30) * 30;
  }

  #readAddress(): void {
    const params = new URLSearchParams(location.search);
    this.filter = fromParams(params);
    this.layers = layersFromParams(params);
    this.#wantedId = params.get("id");
    if (this.#wantedId && this.#named) void this.#selectId(this.#wantedId);
    else if (!this.#wantedId) this.selected = null;
  }

  #writeAddress(): void {
    const search = this.#search(this.filter).toString();
    history.replaceState(null, "", (search ? `?${search}` : location.pathname) + location.hash);
  }

  /** What stands in the address of a view. */
  #search(filter: Filter): URLSearchParams {
    const params = toParams(filter);
    layersToParams(this.layers, params);
    const id = this.selectedId();
    if (id) params.set("id", id);
    const asked = new URLSearchParams(location.search).get("lang");
    if (asked) params.set("lang", asked);
    return params;
  }
}

/** Where this device keeps things, if the reader lets it. */
function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** The section that most people come for. */
function mainSection(city: City | null): Section {
  return city?.sources.some(({ kind }) => kind === "call") === false ? "requests" : "calls";
}

/** What each source of a city reports, by its id. */
function sourcesOf(city: City): ReadonlyMap<string, Reported> {
  return new Map(city.sources.map(({ id, label, reports }) => [id, { stages: reports.stages, label }]));
}

export const page = new Page();
