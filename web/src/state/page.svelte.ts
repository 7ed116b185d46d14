/** The state of the page: what the reader chose, and what follows from that and from the incidents that are there. */

import { type AreaCollection, type City, fetchIncident, type Pulse } from "../data/api";
import { at, type Incidents, type Put } from "../data/incidents";
import type { Connection } from "../data/live";
import { askedLanguage } from "../messages/asked";
import { tongue } from "../messages/tongue.svelte";
import { type Ground, placeLine } from "../present/describe";
import { type Formats, formats } from "../present/format";
import { summarise } from "../present/timeline";
import { type Camera, toHash } from "./camera";
import { type CityClock, dayIn, endOfDay } from "./clock";
import { type Axis, type Facets, survey } from "./facets";
import {
  axisEnd,
  compile,
  EVERYTHING,
  type Filter,
  fromParams,
  frozen,
  keepsOldOpen,
  SECTIONS,
  type Section,
  type Spoken,
  sectionsOf,
  timeBounds,
  toParams,
  toServerQuery,
} from "./filter";
import { type Here, keep, recall, storage } from "./here";
import { type Layers, layersFromParams, layersToParams, USUAL_LAYERS } from "./layers";
import { type Listing, listed, listing, type Order } from "./listing";
import { LiveWindow } from "./live-window.svelte";
import { Moments } from "./moments";
import { type Knowledge, knowledge, mainSection, type Overview, overview } from "./overview";

/** How finely the timeline counts, in seconds, for each range in hours. */
const STEPS: Record<number, number> = { 1: 60, 24: 900, 168: 7200, 720: 21600 };

/** A retraction and the coarser version that replaces it arrive together; this is more than enough. */
const RETURNS_MS = 1000;

export class Page {
  readonly #window: LiveWindow = new LiveWindow(() => this.filter, {
    arrived: (city) => this.#recallHere(city),
    replaced: (before, goesOn) => this.#replaced(before, goesOn),
    put: (put) => this.#changed(put),
    gone: (row) => this.#gone(row),
    named: () => this.#named(),
    frame: () => this.#happened.forget(),
  });

  filter = $state.raw<Filter>(EVERYTHING);
  /** Counts up with each incident that arrives. */
  beats = $state(0);
  selected = $state<number | null>(null);
  following = $state(false);
  /** Something to tell the reader once, such as that the incident of a link is no longer public. */
  notice = $state<"gone" | "locating" | "elsewhere" | "noPosition" | null>(null);
  playedAt = $state<number | null>(null);
  layers = $state.raw<Layers>(USUAL_LAYERS);
  areas = $state.raw<Record<string, AreaCollection>>({});
  /** The newest call that is known of, also where it lies before all that is loaded and was asked for. */
  older = $state<number | null>(null);
  order = $state<Order>("newest");
  /** What the reader wants to be near to. */
  here = $state.raw<Here | null>(null);

  readonly #happened = new Moments(() => this.#window.soon());
  readonly moments = this.#happened.byRow;
  #wantedId: string | null = null;
  /** The row that was open when it was taken back: a coarser version of it follows at once, if any does. */
  #mayReturn: number | null = null;

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

  get city(): City | null {
    return this.#window.city;
  }

  /** Whether the server did not answer. */
  get failed(): boolean {
    return this.#window.failed;
  }

  get connection(): Connection {
    return this.#window.connection;
  }

  get pulse(): Pulse | null {
    return this.#window.pulse;
  }

  /** What the server wrote into the page holds until the live feed says more. */
  set pulse(pulse: Pulse) {
    this.#window.pulse = pulse;
  }

  /** Counts up whenever columns changed. */
  get revision(): number {
    return this.#window.revision;
  }

  /** The city's time in whole seconds. */
  get second(): number {
    return this.#window.second;
  }

  /** The city's time in steps of half a minute, for what need not follow each second. */
  get halfMinute(): number {
    return this.#window.halfMinute;
  }

  /** When this view was kept, milliseconds of this machine's clock, while it is not the server's own answer. */
  get keptAt(): number | null {
    return this.#window.keptAt;
  }

  /** How a time from before the server's window is shown. */
  get past(): LiveWindow["past"] {
    return this.#window.past;
  }

  get incidents(): Incidents {
    return this.#window.incidents;
  }

  get clock(): CityClock {
    return this.#window.clock;
  }

  readonly #hourOfWeek = (time: number) => this.#window.hours.of(time);

  /** Read the address, load the city and its window, and follow what happens from then on. */
  async start(): Promise<void> {
    this.#readAddress();
    addEventListener("popstate", () => {
      this.#readAddress();
      if (this.city) this.#window.reach();
    });
    await this.#window.start();
  }

  choose(change: Partial<Filter>): void {
    const before = this.filter;
    this.filter = { ...before, ...change };
    this.#writeAddress();
    this.#window.reach();
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
    return this.#window.hours.of(time);
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

  #recallHere(city: City): void {
    this.here = recall(storage(), city.bounds);
    if (this.here) this.order = "nearest";
  }

  /** Take the selection along into another window, by what never changes within an epoch of the log. */
  #replaced(before: Incidents, goesOn: boolean): void {
    const selectedSeq = this.selected === null || !goesOn ? null : at(before.firstSeq, this.selected);
    this.moments.clear();
    this.selected = selectedSeq === null ? null : (this.incidents.rowOfSeq(selectedSeq) ?? null);
  }

  async #named(): Promise<void> {
    if (this.#wantedId) await this.#selectId(this.#wantedId);
    // Whoever chose an incident meanwhile has a link to it from here on.
    if (this.selected !== null) this.#writeAddress();
  }

  #changed({ row, change }: Put): void {
    if (change === "new" || change === "closed") {
      const recent = this.clock.now() / 1000 - at(this.incidents.received, row) < 3600 * this.clock.rate;
      if (change === "closed" || recent) this.#happened.add(row, change);
    }
    if (change === "new") this.beats++;
    if (change === "new" && this.following) this.selected = row;
    if (change === "returned" && row === this.#mayReturn && this.selected === null) this.select(row);
  }

  #gone(row: number): void {
    this.moments.delete(row);
    if (this.selected === row) {
      this.select(null);
      this.#mayReturn = row;
      setTimeout(() => (this.#mayReturn = null), RETURNS_MS);
    }
  }

  #readAddress(): void {
    const params = new URLSearchParams(location.search);
    this.filter = fromParams(params);
    this.layers = layersFromParams(params);
    this.#wantedId = params.get("id");
    if (this.#wantedId && this.#window.named) void this.#selectId(this.#wantedId);
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
    const asked = askedLanguage();
    if (asked) params.set("lang", asked);
    return params;
  }
}

export const page = new Page();
