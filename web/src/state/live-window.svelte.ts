/** The incidents that this page has: the server's window, kept current by the live feed, and the past that was asked for. */

import { type Answer, type City, fetchCity, fetchWindow, fetchWindowIds, type Pulse } from "../data/api";
import { Incidents, type Put, type Reported } from "../data/incidents";
import { type Connection, LiveFeed } from "../data/live";
import { type LiveWindow as DecodedWindow, decodeWindow, nameRows, type Position } from "../data/window";
import { Keeper } from "../offline/keeper";
import { CityClock, LocalHours } from "./clock";
import { axisEnd, type Filter, RANGES } from "./filter";
import { nextTask, painted, withNextFrame } from "./painted";
import { Past } from "./past";

/** What the server did not give is asked for again after this. */
const AGAIN_MS = 3000;

/** A window begins where it was asked for, a little before what is shown by now. */
const SLACK_S = 120;

/** What is told to whoever shows the incidents. */
export interface Listener {
  /** The first window is there, and with it the city. */
  arrived(city: City): void;
  /** Another window took the place of one; its history goes on, or it is that of a restored database. */
  replaced(before: Incidents, goesOn: boolean): void;
  put(put: Put): void;
  /** An incident was taken back. */
  gone(row: number): void;
  /** Each incident of the window has its id from here on. */
  named(): Promise<void>;
  /** What changed is shown with this frame. */
  frame(): void;
}

function decoded({ value, keptAt }: Answer<Uint8Array>): Answer<DecodedWindow> {
  return { value: decodeWindow(value), keptAt };
}

export class LiveWindow {
  city = $state.raw<City | null>(null);
  failed = $state(false);
  connection = $state<Connection>("connecting");
  pulse = $state.raw<Pulse | null>(null);
  /** Counts up whenever columns changed. */
  revision = $state(0);
  /** The city's time in whole seconds, and in steps of half a minute for what need not follow each second. */
  second = $state(0);
  halfMinute = $state(0);
  /** When this view was kept, milliseconds of this machine's clock, while it is not the server's own answer. */
  keptAt = $state<number | null>(null);
  /** How a time from before the server's window is shown: all of it, its newest, on its way, or not there. */
  past = $state<"none" | "loading" | "whole" | "part" | "failed">("none");

  incidents = new Incidents(0);
  readonly clock = new CityClock();
  hours = new LocalHours("UTC");
  named = false;
  #loadedHours = 0;
  readonly #keeper = new Keeper();
  #feed: LiveFeed | null = null;
  #unnamedRetractions = new Set<string>();
  #position: Position = { seq: 0, epoch: "" };
  #sources: ReadonlyMap<string, Reported> = new Map();
  #pending = false;
  readonly #past = new Past();

  /** `filter` gives the time that is shown: how much is loaded follows from it. */
  constructor(
    private readonly filter: () => Filter,
    private readonly listener: Listener,
  ) {}

  /** Load the city and its window, and follow what happens from then on; resolves at the first answer or without one. */
  async start(): Promise<void> {
    try {
      await this.#load();
    } catch {
      // Nothing can be shown without a first window: say so and try until there is one.
      this.failed = true;
      void this.#tryAgain();
      return;
    }
    this.#goOn();
  }

  async #tryAgain(): Promise<void> {
    for (let failures = 0; ; failures++) {
      await new Promise((done) => setTimeout(done, Math.min(10_000, 1000 * 2 ** failures)));
      try {
        await this.#load();
        break;
      } catch {
        // As before.
      }
    }
    this.#goOn();
  }

  #goOn(): void {
    setInterval(() => this.#passTime(), 1000);
    this.#keeper.start();
  }

  /** Load what the filter shows and the page has not: a longer window, or what lies before the longest. */
  reach(): void {
    if (this.#hoursWanted() > this.#loadedHours) void this.#widen();
    void this.#loadPast();
  }

  /** Show what changed: all that arrived by the next frame together, and never a frame later. */
  soon(): void {
    if (this.#pending) return;
    this.#pending = true;
    withNextFrame(() => {
      this.#pending = false;
      this.listener.frame();
      this.revision++;
    });
  }

  async #load(): Promise<void> {
    const hours = this.#hoursWanted();
    const [{ value: city, keptAt }, answer] = await Promise.all([fetchCity(), fetchWindow(hours)]);
    // Each in a task of its own, so that a touch does not wait for all of it.
    await nextTask();
    const window = decoded(answer);
    await nextTask();
    this.clock.sync(city.now, city.clock_rate, keptAt === null ? 0 : Date.now() - keptAt);
    this.hours = new LocalHours(city.time_zone);
    this.failed = false;
    this.#sources = sourcesOf(city);
    const position = this.#adopt(window);
    this.city = city;
    this.listener.arrived(city);
    this.#passTime();
    this.reach();
    this.#feed = new LiveFeed(position, {
      incident: (feature) => {
        this.#unnamedRetractions.delete(feature.id);
        this.listener.put(this.incidents.put(feature));
        this.soon();
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

  /** Take over another window. */
  #adopt({ value, keptAt }: Answer<DecodedWindow>): Position {
    const { position, hours, incidents } = value;
    const goesOn = position.epoch === this.#position.epoch;
    const before = this.incidents;
    // What is kept for when there is no connection may hold incidents that this history does not know.
    if (!goesOn && this.#position.epoch !== "") this.#keeper.retracted();
    this.#position = position;
    this.keptAt = keptAt;
    this.#keeper.shows(hours);
    incidents.sources = this.#sources;
    this.incidents = incidents;
    this.#past.forget();
    if (this.city) void this.#loadPast();
    this.#loadedHours = hours;
    this.named = false;
    this.listener.replaced(before, goesOn);
    this.revision++;
    return position;
  }

  async #reload(): Promise<Position> {
    const hours = Math.max(this.#hoursWanted(), this.#loadedHours);
    const position = this.#adopt(decoded(await fetchWindow(hours)));
    // What arrived while the window was on its way is replayed from its seq.
    this.#feed?.resumeFrom(position);
    void this.#nameAll(hours);
    return position;
  }

  /** When the time that is shown begins, as far as the timeline reaches. */
  #since(): number {
    const end = axisEnd(this.filter(), this.clock.now() / 1000);
    return Math.min(this.filter().since ?? end, end - this.filter().range * 3600);
  }

  /** The shortest window that holds all that is shown, or the longest there is. */
  #hoursWanted(): number {
    const age = this.clock.now() / 1000 - this.#since();
    const longest = this.city?.window_hours ?? Math.max(...RANGES);
    const wanted = RANGES.find((hours) => hours * 3600 + SLACK_S >= age) ?? longest;
    return Math.max(this.filter().range, Math.min(wanted, longest));
  }

  async #loadPast(): Promise<void> {
    const [since, now] = [Math.floor(this.#since()), this.clock.now() / 1000];
    if (!this.city || since + SLACK_S >= now - this.city.window_hours * 3600) {
      this.#past.forget();
      this.past = "none";
      return;
    }
    const { incidents } = this;
    const answer = await this.#past.load(since, Math.ceil(axisEnd(this.filter(), now)), () => {
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
    this.soon();
  }

  /** Load the window anew, as far back as the range asks for, as soon as the server gives it. */
  async #widen(): Promise<void> {
    try {
      await this.#reload();
    } catch {
      setTimeout(() => {
        if (this.#hoursWanted() > this.#loadedHours || this.keptAt !== null) void this.#widen();
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
    this.named = true;
    for (const id of this.#unnamedRetractions) this.#retract(id);
    this.#unnamedRetractions.clear();
    // What came later comes with its id: these were taken back between the two answers.
    for (const row of incidents.retractUnnamed()) this.#gone(row);
    await this.listener.named();
    this.revision++;
  }

  #gone(row: number): void {
    this.listener.gone(row);
    this.soon();
  }

  #retract(id: string): void {
    this.#keeper.retracted();
    const row = this.incidents.retract(id);
    if (row === undefined) {
      if (!this.named) this.#unnamedRetractions.add(id);
      return;
    }
    this.#gone(row);
  }

  #beat(pulse: Pulse): void {
    this.clock.sync(pulse.now, pulse.clock_rate);
    this.pulse = pulse;
    this.#passTime();
  }

  #passTime(): void {
    this.second = Math.floor(this.clock.now() / 1000);
    this.halfMinute = Math.floor(this.second / 30) * 30;
  }
}

/** What each source of a city reports, by its id. */
function sourcesOf(city: City): ReadonlyMap<string, Reported> {
  return new Map(city.sources.map(({ id, label, reports }) => [id, { stages: reports.stages, label }]));
}
